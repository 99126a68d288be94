"""Near-identical texts: which replies of a unit are one text with small changes?

Texts are compared by the pairs of neighbouring characters they share (Jaccard), digits, spaces and punctuation aside.
Candidates come from minhash signatures in bands, so that the work grows with the number of texts, not of pairs; every
accepted pair was compared exactly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

LONGEST, SHORTEST = 400, 2
BANDS, ROWS_PER_BAND = 12, 5
_HASHES = BANDS * ROWS_PER_BAND
# Signatures of that many texts are computed at once.
_CHUNK = 20_000
# How far an estimate from signatures may fall short before the exact comparison is spared.
_ESTIMATE_SLACK = 0.1
# Of a cluster that matters, at least this part meets in a bucket of some band.
BUCKET_PART = 0.15
_NOT_WORDS = re.compile(r"[\W\d_]+")
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], dtype=np.uint64)


def gist(text: str) -> str:
    """What of a text is compared: its letters and characters, at most LONGEST."""
    return _NOT_WORDS.sub("", text[: 2 * LONGEST])[:LONGEST]


def clusters(groups: Sequence[object], texts: Sequence[str], similarity: float, share: float = 0.0) -> np.ndarray:
    """One number per text: the same for texts of one group (a unit) that are alike, directly or through others.

    similarity: smallest share of common pairs of characters (0–1). share: clusters that hold a smaller part of
    their group do not matter and may come out in pieces, which spares most of the work. Texts too short to be
    compared get -1.
    """
    frame = pd.DataFrame(
        {"group": pd.factorize(np.array(groups, dtype=object))[0], "gist": [gist(text) for text in texts]}
    )
    frame["long"] = [len(text) >= SHORTEST for text in frame["gist"]]
    result = np.full(len(frame), -1, dtype=np.int64)
    if not frame["long"].any():
        return result
    kinds = frame[frame["long"]].groupby(["group", "gist"], sort=False).ngroup()
    first = frame.loc[kinds.drop_duplicates().index]
    needed = frame["group"].value_counts() * share * BUCKET_PART
    weights = kinds.value_counts().reindex(range(len(first))).to_numpy()
    own = first["group"].to_numpy()
    parents = _united(own, list(first["gist"]), similarity, weights, needed.loc[own].to_numpy())
    result[kinds.index.to_numpy()] = parents[kinds.to_numpy()]
    return result


def likeness(first: str, second: str) -> float:
    """Share of the pairs of neighbouring characters that two gists have in common, 0–1."""
    return _jaccard(_pairs(first), _pairs(second))


def _united(
    groups: np.ndarray, gists: list[str], similarity: float, weights: np.ndarray, needed: np.ndarray
) -> np.ndarray:
    """For each distinct gist the number of its cluster."""
    signatures = np.concatenate(list(_signatures(gists)))
    parent = np.arange(len(gists))

    def root(k: int) -> int:
        while parent[k] != k:
            parent[k] = parent[parent[k]]
            k = int(parent[k])
        return k

    known: dict[int, frozenset[str]] = {}

    def pairs(k: int) -> frozenset[str]:
        if k not in known:
            known[k] = _pairs(gists[k])
        return known[k]

    for first, second in _candidates(groups, signatures, similarity, weights, needed):
        if root(first) != root(second) and _jaccard(pairs(first), pairs(second)) >= similarity:
            parent[root(second)] = root(first)
    return np.array([root(k) for k in range(len(gists))])


def _signatures(gists: list[str]) -> Iterator[np.ndarray]:
    """Minhash signatures, one row per gist, a chunk after the other."""
    rng = np.random.default_rng(20260101)
    factors = rng.integers(1, 2**63, _HASHES, dtype=np.uint64) | np.uint64(1)
    offsets = rng.integers(0, 2**63, _HASHES, dtype=np.uint64)
    for start in range(0, len(gists), _CHUNK):
        part = gists[start : start + _CHUNK]
        lengths = np.array([len(text) for text in part])
        points = np.frombuffer("".join(part).encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
        mixed = points[:-1] * _MIX[0] + points[1:] * _MIX[1]
        mixed ^= mixed >> np.uint64(29)
        ends = np.cumsum(lengths)
        # A pair across the border of two texts belongs to neither.
        inside = np.ones(len(mixed), dtype=bool)
        inside[ends[:-1] - 1] = False
        mixed = mixed[inside]
        starts = np.concatenate([[0], np.cumsum(lengths - 1)[:-1]])
        found = np.empty((len(part), _HASHES), dtype=np.uint32)
        for k in range(_HASHES):
            hashed = ((mixed * factors[k] + offsets[k]) >> np.uint64(32)).astype(np.uint32)
            found[:, k] = np.minimum.reduceat(hashed, starts)
        yield found


def _candidates(
    groups: np.ndarray, signatures: np.ndarray, similarity: float, weights: np.ndarray, needed: np.ndarray
) -> Iterator[tuple[int, int]]:
    """Pairs of one group that agree in a band and may be alike: each text with the heaviest of its bucket, and with
    its neighbour there. Buckets that stand for less than `needed` tickets are passed over.
    """
    seen = []
    for band in range(BANDS):
        key = groups.astype(np.uint64)
        for column in signatures[:, band * ROWS_PER_BAND : (band + 1) * ROWS_PER_BAND].T.astype(np.uint64):
            key = (key * _MIX[0]) ^ (column * _MIX[1])
            key ^= key >> np.uint64(31)
        order = np.lexsort((-weights, key))
        begins = np.concatenate([[True], key[order][1:] != key[order][:-1]])
        bucket = np.cumsum(begins) - 1
        heavy = np.bincount(bucket, weights=weights[order])[bucket] >= needed[order]
        leaders = order[begins][bucket]
        joined = ~begins & heavy
        seen.append(np.stack([leaders, order], axis=1)[joined])
        seen.append(np.stack([np.roll(order, 1), order], axis=1)[joined])
    pairs = np.unique(np.sort(np.concatenate(seen), axis=1), axis=0)
    pairs = pairs[groups[pairs[:, 0]] == groups[pairs[:, 1]]]
    for first, second in pairs[_agree(signatures, pairs) >= similarity - _ESTIMATE_SLACK]:
        yield int(first), int(second)


def _agree(signatures: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Share of equal places of the two signatures of each pair."""
    parts = [
        (signatures[part[:, 0]] == signatures[part[:, 1]]).mean(axis=1)
        for part in np.array_split(pairs, max(1, len(pairs) // _CHUNK))
    ]
    return np.concatenate(parts)


def _pairs(text: str) -> frozenset[str]:
    return frozenset(text[k : k + 2] for k in range(len(text) - 1))


def _jaccard(first: frozenset[str], second: frozenset[str]) -> float:
    common = len(first & second)
    return common / (len(first) + len(second) - common)
