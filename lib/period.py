"""A statistical period (统计期) is a value: half-open days, with its neighbours."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

Kind = Literal["day", "month", "quarter", "year", "custom"]
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def add_months(day: date, months: int) -> date:
    """The same day of the month `months` later, clamped to the month's last day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError("unreachable: every month has 28 days")


def cut_day(as_of: datetime) -> date:
    """First day that lies wholly after `as_of`: where a running period ends.

    An extraction at midnight belongs to the day before it.
    """
    midnight = datetime(as_of.year, as_of.month, as_of.day)
    return as_of.date() if as_of == midnight else as_of.date() + timedelta(days=1)


@dataclass(frozen=True, order=True)
class Period:
    """Days from `start` (included) to `end` (excluded)."""

    start: date
    end: date
    kind: Kind = "custom"

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise ValueError(f"统计期起止颠倒：{self.start} 至 {self.end}")

    @classmethod
    def month(cls, year: int, month: int) -> Period:
        """One calendar month."""
        start = date(year, month, 1)
        return cls(start, add_months(start, 1), "month")

    @classmethod
    def quarter(cls, year: int, quarter: int) -> Period:
        """One calendar quarter, 1 to 4."""
        start = date(year, 3 * quarter - 2, 1)
        return cls(start, add_months(start, 3), "quarter")

    @classmethod
    def year(cls, year: int) -> Period:
        """One calendar year."""
        return cls(date(year, 1, 1), date(year + 1, 1, 1), "year")

    @classmethod
    def of(cls, day: date, kind: Literal["month", "quarter", "year"] = "month") -> Period:
        """The calendar period that contains `day`."""
        if kind == "year":
            return cls.year(day.year)
        if kind == "quarter":
            return cls.quarter(day.year, (day.month + 2) // 3)
        return cls.month(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> Period:
        """`2026`, `2026-Q3`, `2026-10`, `2026-10-05` or `2026-10-01..2026-10-15` (both included).

        Raises ValueError with a Chinese sentence.
        """
        text = text.strip()
        try:
            if re.fullmatch(r"\d{4}", text):
                return cls.year(int(text))
            if m := re.fullmatch(r"(\d{4})-?[Qq]([1-4])", text):
                return cls.quarter(int(m[1]), int(m[2]))
            if m := re.fullmatch(r"(\d{4})-(\d{1,2})", text):
                return cls.month(int(m[1]), int(m[2]))
            if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
                day = date.fromisoformat(text)
                return cls(day, day + timedelta(days=1), "day")
            if m := re.fullmatch(r"(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})", text):
                return cls(date.fromisoformat(m[1]), date.fromisoformat(m[2]) + timedelta(days=1))
        except ValueError as error:
            raise ValueError(f"统计期“{text}”不是有效日期") from error
        raise ValueError(f"看不懂统计期“{text}”，请写成 2026、2026-Q3、2026-10 或 2026-10-01..2026-10-15")

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.end - self.start).days

    @property
    def token(self) -> str:
        """The text `parse` reads back; used in addresses."""
        if self.kind == "year":
            return f"{self.start.year}"
        if self.kind == "quarter":
            return f"{self.start.year}-Q{(self.start.month + 2) // 3}"
        if self.kind == "month":
            return f"{self.start:%Y-%m}"
        if self.kind == "day":
            return self.start.isoformat()
        return f"{self.start.isoformat()}..{(self.end - timedelta(days=1)).isoformat()}"

    @property
    def label(self) -> str:
        """As officials write it: 2026年10月."""
        s, last = self.start, self.end - timedelta(days=1)
        if self.kind == "year":
            return f"{s.year}年"
        if self.kind == "quarter":
            return f"{s.year}年第{'一二三四'[(s.month + 2) // 3 - 1]}季度"
        if self.kind == "month":
            return f"{s.year}年{s.month}月"
        if self.kind == "day":
            return f"{s.year}年{s.month}月{s.day}日"
        return f"{s.year}年{s.month}月{s.day}日至{last.year}年{last.month}月{last.day}日"

    def is_running(self, as_of: datetime) -> bool:
        """True while the period is not over at `as_of`."""
        return self.start < cut_day(as_of) < self.end

    def cut(self, as_of: datetime) -> Period:
        """What has elapsed of the period by `as_of`: cohorts end at min(period end, as_of).

        A period that lies wholly in the future is returned unchanged: it simply holds nothing yet.
        """
        end = min(self.end, cut_day(as_of))
        if end <= self.start or end == self.end:
            return self
        return Period(self.start, end)

    def previous(self, as_of: datetime) -> Period:
        """环比: the preceding calendar period; for a running one its same number of elapsed days."""
        if self.kind in _MONTHS:
            start = add_months(self.start, -_MONTHS[self.kind])
            whole = Period(start, self.start, self.kind)
        else:
            whole = Period(self.start - timedelta(days=self.days), self.start, self.kind)
        if not self.is_running(as_of):
            return whole
        end = min(whole.start + timedelta(days=self.cut(as_of).days), whole.end)
        return whole if end == whole.end else Period(whole.start, end)

    def last_year(self, as_of: datetime) -> Period:
        """同比: the same period last year; for a running one the same elapsed days."""
        cut = self.cut(as_of)
        kind = self.kind if cut == self else "custom"
        return Period(add_months(cut.start, -12), self._year_back(cut.end), kind)

    @staticmethod
    def _year_back(end: date) -> date:
        last = add_months(end - timedelta(days=1), -12)
        if end.month == 3 and end.day == 1:  # the end of February, leap year or not
            return add_months(end, -12)
        return last + timedelta(days=1)


def recent_months(last: date, count: int) -> list[Period]:
    """`count` calendar months, the last of which contains `last`; oldest first."""
    first = date(last.year, last.month, 1)
    starts = [add_months(first, -k) for k in range(count - 1, -1, -1)]
    return [Period.of(s) for s in starts]


def default_period(as_of: datetime) -> Period:
    """The calendar month that holds the newest data."""
    return Period.of(cut_day(as_of) - timedelta(days=1))
