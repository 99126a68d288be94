"""Division, intervals and quantiles against published and hand-made numbers."""

from __future__ import annotations

import random

import pandas as pd
import pytest

from lib.metrics.arithmetic import (
    change,
    counts_differ,
    difference,
    differs,
    divide,
    divide_columns,
    per_population,
    quantile_of_buckets,
    wilson,
    wilson_columns,
)
from lib.metrics.formats import show_interval, show_rate
from lib.schema.rollups import BUCKET_BASE, BUCKET_FLOOR_HOURS


@pytest.mark.parametrize(
    ("numerator", "denominator", "published"), [(23_974, 24_932, "96.16"), (22_345, 24_932, "89.62")]
)
def test_published_sums_are_reproduced(numerator: int, denominator: int, published: str) -> None:
    assert f"{divide(numerator, denominator) * 100:.2f}" == published


def test_wilson_of_five_of_six_is_as_published() -> None:
    assert show_interval(*wilson(5, 6)) == "43.6%–97.0%"


@pytest.mark.parametrize(("numerator", "denominator"), [(0, 0), (5, 0), (None, 3), (3, None), (float("nan"), 2)])
def test_what_cannot_be_divided_is_none_and_shows_a_dash(numerator, denominator) -> None:
    assert divide(numerator, denominator) is None
    assert show_rate(divide(numerator, denominator)) == "—"
    assert wilson(0, 0) == (None, None)


def test_zero_of_some_is_zero_not_a_dash() -> None:
    assert divide(0, 7) == 0.0
    assert show_rate(0.0) == "0.0%"


def test_columns_divide_as_single_numbers_do() -> None:
    above, below = pd.Series([3, 0, 5, 2]), pd.Series([4, 0, 0, 2])
    found = divide_columns(above, below)
    assert [None if pd.isna(v) else v for v in found] == [divide(a, b) for a, b in zip(above, below, strict=True)]
    low, high = wilson_columns(above, below)
    for i in (0, 3):
        assert (low[i], high[i]) == pytest.approx(wilson(above[i], below[i]))
    assert low[1:3].isna().all()
    assert high[1:3].isna().all()


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 0.88, 1.0])
def test_wilson_stays_inside_and_holds_the_rate(share: float) -> None:
    low, high = wilson(share * 40, 40)
    assert 0 <= low <= share <= high <= 1
    assert high - low < 0.32


def test_wilson_covers_at_about_its_level() -> None:
    """20,000 samples of 60 with a true rate of 0.9: the interval holds the truth in 93 to 97 %."""
    r = random.Random(3)
    held = 0
    for _ in range(20_000):
        low, high = wilson(sum(r.random() < 0.9 for _ in range(60)), 60)
        held += low <= 0.9 <= high
    assert 0.93 < held / 20_000 < 0.97


def test_only_clear_differences_of_rates_are_claimed() -> None:
    assert differs((950, 1000), (900, 1000))
    assert not differs((19, 20), (18, 20))
    assert not differs((5, 5), (0, 0))
    # Newcombe (1998), example (a): 56/70 against 48/80 has the interval 0.0524 to 0.3339, which excludes 0.
    assert differs((56, 70), (48, 80))
    # Example (b): 9/10 against 3/10 excludes 0; 5/56 against 0/29 (c) does not.
    assert differs((9, 10), (3, 10))
    assert not differs((5, 56), (0, 29))


def test_counts_differ_only_beyond_chance() -> None:
    assert counts_differ(150, 100)
    assert not counts_differ(105, 100)
    assert not counts_differ(0, 0)


def test_changes_and_populations() -> None:
    assert change(120, 100) == pytest.approx(0.2)
    assert change(120, 0) is None
    assert difference(0.95, 0.9) == pytest.approx(0.05)
    assert difference(None, 0.9) is None
    assert per_population(547, 5_477_614) == pytest.approx(0.99861, abs=1e-5)
    assert per_population(547, None) is None


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_quantiles_of_buckets_are_within_two_per_cent(share: float) -> None:
    r = random.Random(5)
    hours = [r.lognormvariate(3, 1.2) for _ in range(40_000)]
    exact = float(pd.Series(hours).quantile(share))
    buckets: dict[int, int] = {}
    position = 0
    for value in hours:
        position, edge = 0, BUCKET_FLOOR_HOURS * BUCKET_BASE
        while value >= edge:
            position, edge = position + 1, edge * BUCKET_BASE
        buckets[position] = buckets.get(position, 0) + 1
    found = quantile_of_buckets(list(buckets), list(buckets.values()), share, BUCKET_BASE, BUCKET_FLOOR_HOURS)
    assert found == pytest.approx(exact, rel=0.02)


def test_no_buckets_have_no_quantile() -> None:
    assert quantile_of_buckets([], [], 0.5, BUCKET_BASE, BUCKET_FLOOR_HOURS) is None
