"""Whether two titles say the same matter: shared pairs of characters, after dates, numbers and filling words."""

from __future__ import annotations

import re

LIKE = 0.6
_NUMBER = re.compile(r"\d+")
# Titles that name different numbers (3号楼, 5号楼) speak of different places, however much else they share.
_OTHER_NUMBERS = 0.5
_EMPTY = re.compile(r"[\W_\d]|关于|问题|情况|反映|有关|市民|群众|居民|投诉|诉求|的|了")


def likeness(one: str, other: str) -> float:
    """0 (nothing in common) to 1 (the same): Dice's share of the pairs of characters of both titles."""
    first, second = _pairs(one), _pairs(other)
    if not first or not second:
        return 1.0 if one.strip() == other.strip() and one.strip() else 0.0
    share = 2 * len(first & second) / (len(first) + len(second))
    numbers = [set(_NUMBER.findall(title)) for title in (one, other)]
    return share * _OTHER_NUMBERS if numbers[0] != numbers[1] else share


def _pairs(title: str) -> set[str]:
    bare = _EMPTY.sub("", title)
    return {bare[k : k + 2] for k in range(len(bare) - 1)}
