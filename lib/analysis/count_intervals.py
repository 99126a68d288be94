"""Intervals for counts that scatter more than chance: negative binomial, by mean and extra scatter.

mean: expected count. scatter: standard deviation beyond chance, as a share of the mean, so that the variance is
mean + (scatter × mean)². Computed exactly by summing the distribution, without further libraries.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

SMALLEST_MEAN = 0.05
SMALLEST_SCATTER = 0.02
# Beyond that many standard deviations nothing of weight is left.
_REACH = 6
_CELLS_AT_ONCE = 4_000_000


def quantiles(mean: np.ndarray, scatter: np.ndarray, shares: Sequence[float]) -> np.ndarray:
    """Smallest counts whose probability of being reached from below is at least each share: shape (n, shares)."""
    return placed(mean, scatter, shares, np.zeros(len(mean)))[0]


def placed(
    mean: np.ndarray, scatter: np.ndarray, shares: Sequence[float], value: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The quantiles, and where a value stands: probability of less than it, and of at most it, per cell."""
    mean, scatter = _usable(mean, scatter)
    found = np.zeros((len(mean), len(shares)))
    less, upto = np.zeros(len(mean)), np.zeros(len(mean))
    at = np.asarray(value, dtype=int)
    for part, below in _distributions(mean, scatter):
        for number, share in enumerate(shares):
            found[part, number] = (below < share).sum(axis=1)
        inside = np.minimum(at[part], below.shape[1] - 1)
        rows = np.arange(len(part))
        upto[part] = below[rows, inside]
        less[part] = np.where(inside > 0, below[rows, np.maximum(inside - 1, 0)], 0.0)
    return found, less, upto


def _usable(mean: np.ndarray, scatter: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return (
        np.maximum(np.asarray(mean, dtype=float), SMALLEST_MEAN),
        np.maximum(np.asarray(scatter, dtype=float), SMALLEST_SCATTER),
    )


def _distributions(mean: np.ndarray, scatter: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Parts of the cells, and for each the probability of at most 0, 1, 2, … (columns)."""
    size = 1 / scatter**2
    longest = np.ceil(mean + _REACH * np.sqrt(mean + (scatter * mean) ** 2) + 10).astype(int)
    order = np.argsort(longest)
    start = 0
    while start < len(order):
        stop = start + 1
        while stop < len(order) and (stop + 1 - start) * longest[order[stop]] <= _CELLS_AT_ONCE:
            stop += 1
        part = order[start:stop]
        r, m = size[part][:, None], mean[part][:, None]
        k = np.arange(1, longest[part[-1]] + 1)[None, :]
        steps = np.log((r + k - 1) / k) + np.log(m / (r + m))
        none = r * np.log(r / (r + m))
        logs = np.concatenate([none, none + steps.cumsum(axis=1)], axis=1)
        yield part, np.exp(logs).cumsum(axis=1)
        start = stop
