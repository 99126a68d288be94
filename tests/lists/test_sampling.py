"""Random samples: the same for everybody, and every ticket equally likely."""

import hashlib
from collections import Counter

import pytest

from lib.lists.sampling import draw

POPULATION = [("hotline", f"T{number:04d}") for number in range(40)]


def test_a_sample_can_be_drawn_again_by_hand():
    lots = {number: hashlib.sha256(f"2026\nhotline\n{number}".encode()).hexdigest() for _, number in POPULATION}
    by_hand = sorted(lots, key=lots.__getitem__)[:5]
    assert [number for _, number in draw(POPULATION, 5, 2026)] == by_hand
    assert draw(list(reversed(POPULATION)) * 2, 5, 2026) == draw(POPULATION, 5, 2026)
    assert draw(POPULATION, 5, 2027) != draw(POPULATION, 5, 2026)


def test_every_ticket_is_as_likely_as_any_other():
    draws = 2000
    counts = Counter(key for seed in range(draws) for key in draw(POPULATION, 10, seed))
    # 500 each are expected; five standard deviations of a binomial count lie 97 away.
    assert set(counts) == set(POPULATION)
    assert all(abs(count - draws * 10 / 40) < 97 for count in counts.values())


@pytest.mark.parametrize("size", [0, -1, 41])
def test_a_size_that_cannot_be_drawn_is_refused(size):
    with pytest.raises(ValueError, match="size"):
        draw(POPULATION, size, 1)
