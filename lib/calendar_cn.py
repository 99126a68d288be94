"""Chinese working days, 调休 included, as a table that turns differences of time into working hours.

`chinesecalendar` knows the years the State Council has announced; the city's override table completes
or corrects it. Where neither knows a year, the plain weekday rule is used and `is_known` says so, so
that pages can show a banner instead of a silently wrong figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta

import chinese_calendar
import pandas as pd
from chinese_calendar.constants import holidays, workdays


def known_years() -> range:
    """Years the calendar library has announcements for."""
    years = {day.year for day in [*holidays, *workdays]}
    return range(min(years), max(years) + 1)


def workday_table(first: date, last: date, overrides: pd.DataFrame, hours_per_day: float) -> pd.DataFrame:
    """One row per calendar day from `first` to `last`, both included.

    Columns as in schema.tickets.workdays: day, is_workday, is_known, hours_before (working hours of
    all earlier days of the table). `overrides` has the columns day, is_workday, reason and wins over
    the library. Raises ValueError when the days are reversed.
    """
    if first > last:
        raise ValueError(f"日历起止颠倒：{first} 至 {last}")
    years = known_years()
    decided = {row.day: bool(row.is_workday) for row in overrides.itertuples()}
    rows = []
    before = 0.0
    day = first
    while day <= last:
        known = day in decided or day.year in years
        if day in decided:
            works = decided[day]
        elif known:
            works = chinese_calendar.is_workday(day)
        else:
            works = day.weekday() < 5
        rows.append((day, works, known, before))
        before += hours_per_day if works else 0.0
        day += timedelta(days=1)
    return pd.DataFrame(rows, columns=["day", "is_workday", "is_known", "hours_before"])


def hours_into_day(moment: time, working_hours: Sequence[tuple[time, time]]) -> float:
    """Working hours that have passed at a time of day, on a working day."""
    now = _hours(moment)
    return sum(min(max(now - _hours(start), 0.0), _hours(end) - _hours(start)) for start, end in working_hours)


def _hours(moment: time) -> float:
    return moment.hour + moment.minute / 60 + moment.second / 3600
