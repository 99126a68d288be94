"""How figures are written."""

from __future__ import annotations

import pytest

from lib.metrics.catalogue import CATALOGUE
from lib.metrics.formats import show_change, show_count, show_moved, show_value

RATE, COUNT = CATALOGUE["satisfaction_rate"], CATALOGUE["received"]
HOURS, STOCK, PER_10K = CATALOGUE["handling_hours_median"], CATALOGUE["overdue_open"], CATALOGUE["per_10k"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (999, "999"), (23_974, "23,974"), (99_999, "99,999"), (100_000, "10.0万"), (130_000, "13.0万"),
     (12_345_678, "1,234.6万"), (None, "—"), (float("nan"), "—")],
)  # fmt: skip
def test_counts_have_separators_and_wan_from_a_hundred_thousand(value, shown: str) -> None:
    assert show_count(value) == shown


@pytest.mark.parametrize(
    ("metric", "value", "shown"),
    [(RATE, 0.96157, "96.2%"), (RATE, 1, "100.0%"), (RATE, None, "—"), (COUNT, 52_000, "52,000"),
     (STOCK, 0, "0"), (HOURS, 12.34, "12.3小时"), (HOURS, None, "—"), (PER_10K, 91.26, "91.3")],
)  # fmt: skip
def test_values_are_written_in_their_unit(metric, value, shown: str) -> None:
    assert show_value(metric, value) == shown


@pytest.mark.parametrize(
    ("metric", "now", "before", "shown", "moved"),
    [
        (RATE, 0.924, 0.911, "+1.3个百分点", "提高1.3个百分点"),
        (RATE, 0.911, 0.924, "-1.3个百分点", "下降1.3个百分点"),
        (RATE, 0.9111, 0.9112, "持平", "持平"),
        (RATE, 0.9, None, "—", "—"),
        (COUNT, 105, 100, "+5.0%", "上升5.0%"),
        (COUNT, 90, 100, "-10.0%", "下降10.0%"),
        (COUNT, 5, 0, "—", "—"),
    ],
)
def test_changes_of_rates_are_points_and_of_counts_shares(metric, now, before, shown: str, moved: str) -> None:
    assert show_change(metric, now, before) == shown
    assert show_moved(metric, now, before) == moved
