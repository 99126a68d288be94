"""Size and precision of random samples."""

import math
import random

import pytest

from lib.metrics.sampling import margin, size_for


def test_sizes_of_the_tables():
    # Krejcie and Morgan (1970), ±5 points at 95 %, chi-square 3.841.
    for population, size in ((50, 44), (100, 80), (500, 217), (1000, 278), (5000, 357), (100_000, 383)):
        # The table rounds to the nearest, we go up: never less than was wanted.
        assert 0 <= size_for(0.05, population) - size <= 1
    assert size_for(0.05, 10**9) == 385


@pytest.mark.parametrize("population", [2, 17, 400, 12_345])
@pytest.mark.parametrize("wanted", [0.01, 0.05, 0.13])
def test_the_size_is_the_smallest_that_reaches_the_margin(population, wanted):
    size = size_for(wanted, population)
    assert margin(size, population) <= wanted
    assert size == 1 or margin(size - 1, population) > wanted


def test_the_margin_holds_in_samples_drawn():
    population = [1] * 300 + [0] * 700
    lots, width = random.Random(3), margin(200, 1000, 0.3)
    within = sum(abs(sum(lots.sample(population, 200)) / 200 - 0.3) <= width for _ in range(2000))
    assert 0.93 <= within / 2000 <= 0.97


def test_the_ends():
    assert margin(0, 10) is None
    assert margin(11, 10) is None
    assert margin(10, 10) == 0
    assert margin(1, 1) == 0
    assert (size_for(0.05, 0), size_for(0.05, 1)) == (0, 1)
    assert math.isclose(margin(100, 10**12), 0.098, abs_tol=1e-4)
    with pytest.raises(ValueError, match="above 0"):
        size_for(0, 100)
