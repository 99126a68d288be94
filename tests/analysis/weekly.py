"""Weekly counts made by hand: every series says what it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from lib.analysis.effect_weeks import Topic

FIRST = date(2023, 1, 2)
MEETING = date(2024, 9, 20)
TOPIC = Topic("t", "供暖", ("0101",), MEETING)
CONTROLS = tuple(f"02{k:02d}" for k in range(1, 7))


def weeks(count: int = 150) -> pd.DatetimeIndex:
    """Mondays from 2023-01-02 on. The meeting is in week 89, the first week after its month is the 92nd."""
    return pd.date_range(FIRST, periods=count, freq="7D")


def is_after(index: pd.DatetimeIndex) -> np.ndarray:
    return np.asarray(index >= pd.Timestamp(2024, 10, 1))


def last_day(index: pd.DatetimeIndex) -> date:
    return (index[-1] + pd.Timedelta(days=6)).date()


def frame(index: pd.DatetimeIndex, series: Mapping[str, np.ndarray], district: str = "A") -> pd.DataFrame:
    """Rows as the effect wants them; the parent is the first two digits."""
    parts = [
        pd.DataFrame({"week": index, "category": code, "parent": code[:2], "district": district, "count": values})
        for code, values in series.items()
    ]
    return pd.concat(parts, ignore_index=True)


def panel_of(
    change: float = 0.0, seed: int = 1, count: int = 150, level: float = 60, controls: tuple[str, ...] = CONTROLS
) -> pd.DataFrame:
    """A topic around `level` a week whose expectation changes after the meeting, and calm controls."""
    r = np.random.default_rng(seed)
    index = weeks(count)
    factor = np.where(is_after(index), 1 + change, 1.0)
    series = {"0101": r.poisson(level * factor)} | {
        code: r.poisson(40 + 10 * k, count) for k, code in enumerate(controls)
    }
    return frame(index, series)
