"""How demand moves with the calendar: months, weekdays, holidays and hours."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
import numpy as np

# Demand of each month against an ordinary one, January first. Names are the column `season` of matters.csv.
SEASONS: dict[str, tuple[float, ...]] = {
    "flat": (1.0,) * 12,
    "grow": (1.0,) * 12,
    "heat": (2.9, 2.3, 1.3, 0.3, 0.15, 0.12, 0.12, 0.15, 0.3, 0.8, 2.6, 3.0),
    "power": (0.8, 0.7, 0.7, 0.7, 0.9, 1.5, 2.3, 2.2, 1.1, 0.7, 0.7, 0.9),
    "summer": (0.7, 0.7, 0.85, 1.0, 1.15, 1.35, 1.4, 1.35, 1.15, 1.0, 0.8, 0.7),
    "winter": (1.5, 1.3, 1.1, 0.9, 0.8, 0.75, 0.75, 0.75, 0.85, 1.0, 1.25, 1.45),
    "school": (0.6, 0.6, 0.7, 0.8, 1.0, 1.3, 2.0, 3.0, 1.9, 0.6, 0.5, 0.5),
    "term": (0.7, 0.5, 1.3, 1.2, 1.2, 1.1, 0.4, 0.5, 1.6, 1.3, 1.2, 1.1),
    "farm": (0.5, 0.5, 0.8, 0.9, 1.1, 2.3, 1.0, 0.9, 1.3, 2.4, 0.9, 0.5),
    "october": (0.7, 0.7, 0.9, 0.9, 1.0, 1.1, 1.0, 1.0, 1.3, 1.8, 1.1, 0.8),
    "november": (0.9, 0.8, 0.9, 0.9, 0.9, 1.3, 0.9, 0.9, 1.0, 1.0, 1.8, 1.2),
    "spring": (0.6, 0.8, 1.4, 2.0, 1.6, 1.0, 0.8, 0.8, 0.8, 0.8, 0.7, 0.6),
    "fall": (0.8, 0.7, 0.9, 0.9, 0.9, 1.0, 1.0, 1.2, 1.3, 1.2, 1.1, 1.0),
    "august": (0.8, 0.9, 1.1, 0.9, 0.9, 1.2, 1.4, 1.5, 1.1, 0.8, 0.7, 0.7),
    "holiday": (1.0, 1.4, 0.8, 1.0, 1.5, 0.9, 1.1, 1.1, 0.9, 1.7, 0.7, 0.7),
    "wage": (2.1, 1.4, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.9, 1.0, 1.2, 1.9),
    "decjan": (1.6, 1.2, 0.9, 0.8, 0.8, 0.8, 0.9, 0.9, 1.0, 1.1, 1.3, 1.9),
    "newyear": (2.6, 3.2, 0.8, 0.4, 0.3, 0.3, 0.3, 0.3, 0.5, 0.7, 0.8, 1.4),
    "storm": (0.4, 0.4, 0.5, 0.7, 1.0, 1.5, 2.2, 2.1, 1.3, 0.7, 0.4, 0.4),
}
WEEKDAYS = (1.13, 1.07, 1.04, 1.02, 1.0, 0.85, 0.81)
MADE_UP_WORKDAY = 1.02  # a weekend day worked in exchange (调休)
HOLIDAY = 0.72
SPRING_FESTIVAL = 0.6
GROWTH_PER_YEAR = {"grow": 0.10}
HEATING_STARTS = (11, 15)  # the first weeks of heating bring most complaints
HEATING_ENDS = (3, 15)

# Share of tickets by hour of the day: an ordinary day, and matters that keep people awake.
HOURS_DAY = (
    0.6, 0.35, 0.25, 0.2, 0.3, 0.6, 1.4, 3.2, 7.4, 9.2, 9.0, 7.0,
    4.6, 4.2, 6.4, 8.2, 8.0, 7.0, 5.4, 4.6, 4.2, 3.4, 2.2, 1.2,
)  # fmt: skip
HOURS_NIGHT = (
    4.5, 3.0, 1.8, 1.0, 0.8, 1.4, 2.2, 2.8, 4.4, 4.8, 4.4, 3.6,
    3.4, 3.4, 3.4, 3.6, 3.8, 4.0, 5.0, 7.0, 9.0, 10.2, 8.6, 6.2,
)  # fmt: skip
NIGHT_MATTERS = ("噪声污染", "施工扰民", "养犬管理", "烟花爆竹")


def season_factor(season: str, days: list[date]) -> np.ndarray:
    """One factor per day for a season of matters.csv: months blend into each other at their middles.

    Heating also jumps when the boilers start and falls when they stop. Raises KeyError for an unknown season.
    """
    months = np.array(SEASONS[season])
    position = np.array([day.month - 1 + (day.day - 15.5) / 31 for day in days])
    low = np.floor(position).astype(int)
    share = position - low
    factor = months[low % 12] * (1 - share) + months[(low + 1) % 12] * share
    if season == "heat":
        factor = factor * np.array([_heating(day) for day in days])
    return factor


def _heating(day: date) -> float:
    start = date(day.year, *HEATING_STARTS)
    if start <= day < start + timedelta(days=14):
        return 1.6
    return 1.0 if (day.month, day.day) >= HEATING_STARTS or (day.month, day.day) < HEATING_ENDS else 0.7


def day_factor(day: date, is_workday: bool) -> float:
    """How many people call on a day, against an average one."""
    if is_workday:
        return MADE_UP_WORKDAY if day.weekday() >= 5 else WEEKDAYS[day.weekday()]
    if day.weekday() >= 5:
        return WEEKDAYS[day.weekday()]
    name = chinese_calendar.get_holiday_detail(day)[1]
    return SPRING_FESTIVAL if name == chinese_calendar.Holiday.spring_festival.value else HOLIDAY
