"""Time to repeat after close-out, per mechanism, against sums done by hand."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from lib.analysis.repeat_time import quiet_after

CLOSED = date(2025, 1, 1)


def closed(mechanism: str, days: list[int | None], on: date = CLOSED) -> pd.DataFrame:
    """One close-out per entry; None = not repeated."""
    again = [None if d is None else on + timedelta(days=d) for d in days]
    return pd.DataFrame({"mechanism": mechanism, "closed_on": on, "repeated_on": again})


def test_shares_by_hand() -> None:
    """Of 20 watched for a year two repeat in each of the days 10, 60, 120: quiet 90 %, 80 %, 70 %."""
    frame = closed("甲", [10, 10, 60, 60, 120, 120] + [None] * 14)
    table, curve = quiet_after(frame, date(2026, 1, 10))
    row = table.iloc[0]
    assert (row["closed"], row["repeated"]) == (20, 6)
    assert row[["quiet_30", "quiet_90", "quiet_180", "quiet_365"]].tolist() == pytest.approx([0.9, 0.8, 0.7, 0.7])
    assert row["low_90"] < 0.8 < row["high_90"]
    assert math.isnan(row["median_days"])
    assert curve["at_risk"].tolist() == [20, 18, 16]


def test_what_is_not_watched_long_enough_says_nothing() -> None:
    table, _ = quiet_after(closed("甲", [5] * 3 + [None] * 20), CLOSED + timedelta(days=60))
    assert table["quiet_30"].iloc[0] == pytest.approx(20 / 23)
    assert table[["quiet_90", "quiet_180", "quiet_365"]].isna().all(axis=None)


def test_a_better_mechanism_stays_quiet_longer() -> None:
    r = np.random.default_rng(1)
    frame = pd.concat(
        [closed(name, [int(d) for d in r.exponential(mean, 300)]) for name, mean in (("旧", 60), ("新", 200))]
    )
    table = quiet_after(frame, date(2030, 1, 1))[0].set_index("mechanism")
    assert table.loc["旧", "median_days"] == pytest.approx(60 * math.log(2), rel=0.2)
    assert table.loc["新", "median_days"] == pytest.approx(200 * math.log(2), rel=0.2)


def test_the_future_is_not_known() -> None:
    later = pd.concat([closed("甲", [30, None]), closed("甲", [1], date(2025, 6, 1))])
    table, curve = quiet_after(later, CLOSED + timedelta(days=20))
    assert table[["closed", "repeated"]].iloc[0].tolist() == [2, 0]
    assert curve.empty


def test_no_mechanism_no_row_and_reversed_days_are_refused() -> None:
    nobody = closed("甲", [3]).assign(mechanism=None)
    table, curve = quiet_after(nobody, date(2026, 1, 1))
    assert table.empty
    assert curve.empty
    with pytest.raises(ValueError, match="before its close-out"):
        quiet_after(closed("甲", [-3]), date(2026, 1, 1))
