"""Chinese working days, 调休 included, as a table that turns differences of time into working hours.

`chinesecalendar` knows the years the State Council has announced; the city's override table completes
or corrects it. Where neither knows a year, the plain weekday rule is used and `is_known` says so, so
that pages can show a banner instead of a silently wrong figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta

import chinese_calendar
import numpy as np
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


class WorkCalendar:
    """Arithmetic in working time over whole columns.

    table: as from workday_table; it must reach from the earliest start to the latest result.
    working_hours: opening and closing times of a working day.
    """

    def __init__(self, table: pd.DataFrame, working_hours: Sequence[tuple[time, time]]) -> None:
        self._first = np.datetime64(table["day"].iloc[0], "D")
        self._works = table["is_workday"].to_numpy(dtype=bool)
        self._before = table["hours_before"].to_numpy(dtype=float)
        self._spans = [(_hours(start), _hours(end)) for start, end in working_hours]
        self._closes = max(end for _, end in self._spans)
        self._workdays = np.flatnonzero(self._works)

    def hours(self, start: pd.Series, end: pd.Series) -> pd.Series:
        """Working hours from start to end; missing where either is missing, negative when reversed."""
        return self._elapsed(end) - self._elapsed(start)

    def due(self, start: pd.Series, amount: pd.Series, unit: pd.Series, next_day: pd.Series) -> pd.Series:
        """The moment a time limit runs out (办理时限); missing where start is missing.

        unit workday: with next_day the closing time of the amount-th working day after the start's
        day; else the start's time of day on it, a start on a day off counting as the evening before.
        unit day: with next_day the last second of the amount-th day after; else amount × 24 hours.
        unit hour: amount hours by the clock.
        """
        given = pd.to_datetime(start)
        days = self._index(given)
        known = given.notna().to_numpy()
        amounts = amount.to_numpy(dtype=float)
        before = np.searchsorted(self._workdays, np.where(known, days, 0), side="right")
        target = np.clip(before + np.ceil(amounts).astype(int) - 1, 0, len(self._workdays) - 1)
        workday = pd.Series(self._first + self._workdays[target], index=start.index).astype("datetime64[us]")
        clock = given - given.dt.normalize()
        closing = pd.Timedelta(hours=self._closes)
        by_workday = workday + clock.where(~next_day.to_numpy(dtype=bool), closing)
        last_second = given.dt.normalize() + pd.to_timedelta(np.ceil(amounts) + 1, unit="D") - pd.Timedelta(seconds=1)
        elapsed = given + pd.to_timedelta(amounts * np.where(unit == "hour", 1.0, 24.0), unit="h")
        by_day = elapsed.where(~next_day.to_numpy(dtype=bool), last_second)
        result = by_workday.where(unit == "workday", by_day.where(unit == "day", elapsed))
        return result.where(known).astype("datetime64[us]")

    def _index(self, moments: pd.Series) -> np.ndarray:
        days = moments.to_numpy().astype("datetime64[D]")
        return np.where(moments.notna(), (days - self._first).astype(int), 0)

    def _elapsed(self, moments: pd.Series) -> pd.Series:
        given = pd.to_datetime(moments)
        index = self._index(given)
        if len(index) and (index.min() < 0 or index.max() >= len(self._works)):
            raise ValueError("日历没有覆盖全部日期")
        clock = ((given - given.dt.normalize()) / pd.Timedelta(hours=1)).to_numpy()
        inside = sum(np.clip(clock - start, 0.0, end - start) for start, end in self._spans)
        hours = self._before[index] + np.where(self._works[index], inside, 0.0)
        return pd.Series(hours, index=moments.index).where(given.notna())
