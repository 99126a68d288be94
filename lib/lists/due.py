"""Limits in working days, and the light of an item: 正常, 临期, 逾期."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import chinese_calendar

from lib.calendar_cn import known_years

LIGHTS = {
    "normal": "正常",
    "near": "临期",
    "overdue": "逾期",
    "suspended": "挂账",
    "done": "已办结",
    "none": "未定时限",
}
_YEARS = known_years()


@dataclass(frozen=True)
class WorkingDays:
    """The city's working days. overrides: day → whether it is one, before the announced calendar."""

    overrides: Mapping[date, bool]

    def is_one(self, day: date) -> bool:
        """Whether people work that day; plain weekdays in years that have not been announced."""
        if day in self.overrides:
            return self.overrides[day]
        return _announced(day)

    def after(self, day: date, days: int) -> date:
        """The day that lies so many working days after `day`; days ≥ 0, 0 gives the day itself."""
        if days < 0:
            raise ValueError("days must not be negative")
        while days:
            day += timedelta(days=1)
            days -= self.is_one(day)
        return day

    def between(self, first: date, last: date) -> int:
        """Working days after `first` up to and with `last`; negative where last lies before first."""
        if last < first:
            return -self.between(last, first)
        return sum(self.is_one(first + timedelta(days=k)) for k in range(1, (last - first).days + 1))


@lru_cache(maxsize=20_000)
def _announced(day: date) -> bool:
    # The calendar takes its time over a day, and a ledger asks for thousands of the same ones.
    return bool(chinese_calendar.is_workday(day)) if day.year in _YEARS else day.weekday() < 5


def light(state: str, due_on: date | None, today: date, days: WorkingDays, near_days: int) -> str:
    """Key of LIGHTS. An item is overdue the day after its limit; near when at most near_days working days are left."""
    if state in ("closed", "declined", "handed_over", "voided"):
        return "done"
    if state == "suspended":
        return "suspended"
    if due_on is None:
        return "none"
    if due_on < today:
        return "overdue"
    return "near" if days.between(today, due_on) <= near_days else "normal"


def time_left(due_on: date | None, today: date, days: WorkingDays) -> str:
    """还有3个工作日, 今天到期, 已逾期2个工作日; "" without a limit. Over days off the count may be nothing: the day of
    the limit itself then decides what is said.
    """
    if due_on is None:
        return ""
    if due_on == today:
        return "今天到期"
    count = abs(days.between(today, due_on))
    if due_on < today:
        return f"已逾期{count}个工作日" if count else "已逾期"
    return f"还有{count}个工作日" if count else f"还有{(due_on - today).days}天，均为休息日"
