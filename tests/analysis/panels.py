"""Daily counts with a known truth: a few categories and places, a season, and whatever a test adds."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd

from lib.analysis.daily import daily_panel

FIRST, LAST = date(2023, 11, 1), date(2026, 10, 31)
HEATING = {11: 2.5, 12: 2.8, 1: 2.6, 2: 2.0, 3: 1.0}
# Tickets a day of each category in the whole city, and the shares of the divisions.
USUAL = {"heat": 12.0, "noise": 20.0, "roads": 8.0}
SHARES = {"east": 0.5, "west": 0.3, "south": 0.2}


def factor(category: str, days: pd.DatetimeIndex) -> np.ndarray:
    """Season of a category: heating follows the winter, all else is even."""
    if category != "heat":
        return np.ones(len(days))
    return np.array([HEATING.get(day.month, 0.15 if 5 <= day.month <= 8 else 0.4) for day in days])


def counts(seed: int = 1, first: date = FIRST, last: date = LAST, scale: float = 1.0, **bursts: object) -> pd.DataFrame:
    """One row per day, category and division: day, category_code, district_code, tickets, drawn by chance alone.

    bursts: category=(division or None, first day, last day, size) multiplies what is expected.
    """
    days = pd.date_range(first, last)
    rng = np.random.default_rng(seed)
    rows = []
    for category, usual in USUAL.items():
        for place, share in SHARES.items():
            expected = scale * usual * share * factor(category, days)
            for where, begins, ends, size in [bursts[category]] if category in bursts else []:
                hit = (days >= pd.Timestamp(begins)) & (days <= pd.Timestamp(ends)) & (where in (None, place))
                expected = np.where(hit, expected * size, expected)
            drawn = pd.DataFrame({"day": days.date, "category_code": category, "district_code": place})
            rows.append(drawn.assign(tickets=rng.poisson(expected)))
    frame = pd.concat(rows, ignore_index=True)
    return frame[frame["tickets"] > 0]


@lru_cache(maxsize=32)
def panel(seed: int = 1, first: date = FIRST, last: date = LAST, scale: float = 1.0, **bursts: object) -> pd.DataFrame:
    """The same as a daily_panel; kept, so leave it as it is."""
    return daily_panel(counts(seed, first, last, scale, **bursts), last)
