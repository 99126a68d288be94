"""What an answer is asked of: an open connection to one version of the tickets, and the city."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pandas as pd
from sqlalchemy import Connection

from lib.period import Period, add_months, default_period
from lib.queries import dimensions as queries
from lib.queries.span import first_day, last_day
from lib.scope import Scope
from lib.store import Pointer

if TYPE_CHECKING:
    from lib.city import City

NOW, PREVIOUS, LAST_YEAR = "now", "previous", "last_year"
# Data that begin a few days into a period still make it comparable.
_TOLERATED_GAP = timedelta(days=3)


@dataclass(frozen=True)
class Source:
    """One open version: `conn` to read, `pointer` for as-of and version, `city` for rules and targets."""

    conn: Connection
    pointer: Pointer
    city: City

    @property
    def as_of(self) -> datetime:
        """Extraction time of the data: the as-of of every figure."""
        return self.pointer.as_of

    def target(self, metric_key: str, period: Period) -> float | None:
        """The city's target of that metric in the period's year; None when it set none."""
        return self.city.target(metric_key, period.start.year)

    def windows(self, scope: Scope) -> dict[str, Period]:
        """The elapsed part of the period (now), 环比 (previous) and 同比 (last_year)."""
        return {
            NOW: scope.period.cut(self.as_of),
            PREVIOUS: scope.period.previous(self.as_of),
            LAST_YEAR: scope.period.last_year(self.as_of),
        }

    def covered(self, windows: dict[str, Period]) -> set[str]:
        """Keys of the windows that the data cover from their beginning: only these may be compared."""
        start = first_day(self.conn)
        if start is None:
            return {NOW}
        return {NOW} | {key for key, period in windows.items() if start - _TOLERATED_GAP <= period.start}


def newest_month(source: Source) -> Period:
    """The month in which somebody begins who asks for none: the newest with tickets received.

    That is the month of the as-of, except where the newest event of an old export is no new ticket.
    """
    month, last = default_period(source.as_of), last_day(source.conn)
    return month if last is None or last >= month.start else Period.of(last)


def compared_with(period: Period, as_of: datetime) -> str:
    """How officials name the preceding period: 上月, 上月同期, 上季度, 上年, 上期."""
    name = {"day": "前一日", "month": "上月", "quarter": "上季度", "year": "上年"}.get(period.kind, "上期")
    return f"{name}同期" if period.is_running(as_of) and name != "前一日" else name


def population_of(source: Source, scope: Scope) -> float | None:
    """Residents of the scope's division, or of the whole city; None where unknown or by unit."""
    if scope.unit_code is not None:
        return None
    districts = queries.dimension(source.conn, "districts")
    if scope.district_code is not None:
        districts = districts[districts["district_code"] == scope.district_code]
    known = pd.to_numeric(districts["population"]).dropna()
    return None if known.empty else float(known.sum())


def for_unit(source: Source, scope: Scope, unit_code: str) -> Scope:
    """The scope narrowed to a unit and everything below it."""
    units = queries.dimension(source.conn, "units")
    return replace(scope, unit_code=unit_code, unit_codes=queries.unit_subtree(units, unit_code))


def for_category(scope: Scope, category_code: str, level: int) -> Scope:
    """The scope narrowed to a category of that level."""
    return replace(scope, category_code=category_code, category_level=level)


def month_of(day: date, months_back: int = 0) -> date:
    """First day of the month of `day`, some months back."""
    return add_months(date(day.year, day.month, 1), -months_back)
