"""Funnel limits with over-dispersion, and bands without false ranks."""

from __future__ import annotations

import math
import random

import numpy as np
import pandas as pd
import pytest

from lib.metrics.arithmetic import wilson
from lib.metrics.comparison import additive_dispersion, bands, funnel_limits


def sample(seed: int, units: int, spread: float = 0.0) -> tuple[pd.Series, pd.Series]:
    """Units of 30 to 400 answers around 0.9, their true rates differing by `spread`."""
    r = np.random.default_rng(seed)
    trials = r.integers(30, 400, units)
    rates = np.clip(0.9 + r.normal(0, spread, units), 0.01, 0.99)
    return pd.Series(r.binomial(trials, rates)), pd.Series(trials)


def spiegelhalter(successes: pd.Series, trials: pd.Series) -> float:
    """τ² written out number by number, as the paper has it."""
    y = [s / n for s, n in zip(successes, trials, strict=True)]
    centre = sum(successes) / sum(trials)
    s = [math.sqrt(centre * (1 - centre) / n) for n in trials]
    z = [(a - centre) / b for a, b in zip(y, s, strict=True)]
    lower, upper = np.quantile(z, 0.1), np.quantile(z, 0.9)
    z = [min(max(v, lower), upper) for v in z]
    count = len(z)
    phi = sum(v * v for v in z) / count
    w = [1 / (v * v) for v in s]
    if phi <= (count - 1) / count:
        return 0.0
    return (count * phi - (count - 1)) / (sum(w) - sum(v * v for v in w) / sum(w))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("spread", [0.0, 0.03, 0.06])
def test_dispersion_equals_the_paper_written_out(seed: int, spread: float) -> None:
    successes, trials = sample(seed, 80, spread)
    centre = successes.sum() / trials.sum()
    assert additive_dispersion(successes, trials, centre) == pytest.approx(spiegelhalter(successes, trials))


def test_units_that_differ_more_than_chance_widen_the_limits() -> None:
    same, wide = funnel_limits(*sample(1, 200)), funnel_limits(*sample(1, 200, 0.05))
    assert (wide["high95"] - wide["low95"]).mean() > 1.5 * (same["high95"] - same["low95"]).mean()
    outside = (wide["verdict"] != "inside").mean()
    assert outside < 0.15, "without over-dispersion most units would fall outside"


def test_limits_are_nested_clipped_and_narrower_for_larger_units() -> None:
    successes, trials = sample(2, 60, 0.04)
    limits = funnel_limits(successes, trials)
    assert (limits["low998"] <= limits["low95"]).all()
    assert (limits["high95"] <= limits["high998"]).all()
    assert limits[["low95", "low998", "high95", "high998"]].stack().between(0, 1).all()
    small, large = trials.idxmin(), trials.idxmax()
    assert limits["low998"][small] < limits["low998"][large]


def test_a_unit_far_below_is_named_and_units_without_trials_have_no_verdict() -> None:
    successes = pd.Series([90, 91, 89, 90, 92, 90, 88, 91, 90, 45, 0])
    trials = pd.Series([100] * 10 + [0])
    limits = funnel_limits(successes, trials)
    assert limits["verdict"][9] == "below998"
    assert set(limits["verdict"][:9]) == {"inside"}
    assert limits["verdict"][10] is None
    assert math.isnan(limits["low95"][10])


def test_no_units_give_an_empty_funnel() -> None:
    empty = funnel_limits(pd.Series([], dtype=float), pd.Series([], dtype=float))
    assert empty.empty
    assert {"low95", "verdict"} <= set(empty.columns)


def test_a_band_runs_while_intervals_overlap_that_of_its_first_member() -> None:
    frame = pd.DataFrame(
        {
            "value": [0.99, 0.95, 0.90, 0.70, 0.68],
            "low": [0.97, 0.92, 0.80, 0.60, 0.58],
            "high": [1, 0.98, 0.96, 0.79, 0.77],
        }
    )
    # The third overlaps the second but not the first: it opens a band of its own.
    assert list(bands(frame["value"], frame["low"], frame["high"])) == [1, 1, 2, 3, 3]


def test_bands_do_not_depend_on_the_order_of_rows_and_skip_missing_values() -> None:
    r = random.Random(4)
    rows = [(s, 60) for s in r.choices(range(30, 60), k=20)]
    frame = pd.DataFrame([(a / n, *wilson(a, n)) for a, n in rows], columns=["value", "low", "high"])
    frame.loc[20] = [math.nan, math.nan, math.nan]
    straight = bands(frame["value"], frame["low"], frame["high"])
    mixed = frame.sample(frac=1, random_state=1)
    again = bands(mixed["value"], mixed["low"], mixed["high"])
    assert straight.drop(index=20).equals(again.sort_index().drop(index=20))
    assert math.isnan(straight[20])


def test_where_low_is_good_the_lowest_come_first() -> None:
    frame = pd.DataFrame({"value": [0.3, 0.01], "low": [0.25, 0.0], "high": [0.35, 0.05]})
    assert list(bands(frame["value"], frame["low"], frame["high"], best_first=False)) == [2, 1]
