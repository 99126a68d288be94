"""Cards of figures: what stands on them, and that red is kept for what calls for action."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from lib.answers import Compared, Figure
from lib.metrics.catalogue import CATALOGUE
from lib.period import Period
from lib.ui.figures import _beneath, _calls_for_action, _drawable, _shown

MONTH = Period.month(2026, 10)
RATE = CATALOGUE["satisfaction_rate"]
HOURS = CATALOGUE["handling_hours_median"]


def _figure(key: str = "satisfaction_rate", **overrides: object) -> Figure:
    past = Compared("上月", Period.month(2026, 9), 0.93, 93.0, 100.0)
    given = {
        "metric_key": key, "label": CATALOGUE[key].label, "value": 0.94, "numerator": 94.0, "denominator": 100.0,
        "low": 0.9, "high": 0.97, "target": 0.95, "mature": 0.94, "today": 0.94, "previous": past,
        "last_year": replace(past, label="上年同期"), "as_of": datetime(2026, 11, 1), "period": MONTH, "basis": "all",
        "version": "1.0", **overrides,
    }  # fmt: skip
    return Figure(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "before", "target", "red"),
    [
        (0.94, 0.95, 0.95, True),  # missed and falling
        (0.94, 0.94, 0.95, True),  # missed and standing
        (0.94, 0.93, 0.95, False),  # missed, but on the way
        (0.96, 0.97, 0.95, False),  # reached, though falling
        (0.94, None, 0.95, True),  # missed, nothing to compare with
        (0.94, 0.99, None, False),  # no target: nothing to miss
        (None, 0.95, 0.95, False),  # no figure
    ],
)
def test_red_is_a_missed_target_that_nothing_moves_towards(
    value: float | None, before: float | None, target: float | None, red: bool
) -> None:
    past = Compared("上月", Period.month(2026, 9), before, None, None)
    assert _calls_for_action(RATE, _figure(value=value, previous=past, target=target)) is red


def test_for_hours_down_is_good() -> None:
    past = Compared("上月", Period.month(2026, 9), 10.0, None, None)
    assert _calls_for_action(HOURS, _figure("handling_hours_median", value=12.0, target=8.0, previous=past))
    assert not _calls_for_action(HOURS, _figure("handling_hours_median", value=9.0, target=8.0, previous=past))


def test_beneath_stand_last_year_and_the_target_in_words() -> None:
    assert _beneath(RATE, _figure()) == "同比+1.0个百分点 · :red[未达目标95.0%]"
    assert _beneath(RATE, _figure(value=0.96)) == "同比+3.0个百分点 · 目标95.0%"
    assert _beneath(RATE, _figure(target=None)) == "同比+1.0个百分点"


def test_an_estimate_says_so_and_a_missing_value_is_a_dash() -> None:
    assert _shown(HOURS, _figure("handling_hours_median", value=12.34, is_approximate=True)) == "约12.3小时"
    assert _shown(HOURS, _figure("handling_hours_median", value=None, is_approximate=True)) == "—"


def test_two_points_are_no_trend() -> None:
    assert _drawable([0.9, None, 0.95]) is None
    assert _drawable([0.9, float("nan"), 0.95, 0.96]) == [0.9, 0.95, 0.96]
    assert _drawable(None) is None
