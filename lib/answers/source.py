"""What an answer is asked of: an open connection to one version of the tickets, and the city."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pandas as pd
from sqlalchemy import Connection

from lib.access.roles import EVERYTHING, Access
from lib.period import Period, add_months, default_period
from lib.queries import dimensions as queries
from lib.queries import span
from lib.scope import Scope
from lib.store import Pointer

if TYPE_CHECKING:
    from lib.city import City

NOW, PREVIOUS, LAST_YEAR = "now", "previous", "last_year"
# Data that begin a few days into a period still make it comparable.
_TOLERATED_GAP = timedelta(days=3)


@dataclass(frozen=True)
class Source:
    """One open version: `conn` to read, `pointer` for as-of and version, `city` for rules and targets.

    access: how far the asker may read. Answers that take a scope read as far as its reach, which is the same
    (loaders.ask sees to it); answers that take none, and every name of a unit, keep to this one.
    """

    conn: Connection
    pointer: Pointer
    city: City
    access: Access = EVERYTHING

    @property
    def as_of(self) -> datetime:
        """Extraction time of the data: the as-of of every figure."""
        return self.pointer.as_of

    def target(self, metric_key: str, period: Period) -> float | None:
        """The city's target of that metric in the period's year; None when it set none."""
        return self.city.target(metric_key, period.start.year)

    def first_day(self) -> date | None:
        """The first day with a received ticket within reach; None when there is none."""
        return span.first_day(self.conn, self.access.reach)

    def dimension(self, name: str) -> pd.DataFrame:
        """The members of a dimension table (see queries.dimensions), of units those within reach."""
        return queries.dimension(self.conn, name, reach=self.access.reach)

    def windows(self, scope: Scope) -> dict[str, Period]:
        """The elapsed part of the period (now), 环比 (previous) and 同比 (last_year)."""
        return {
            NOW: scope.period.cut(self.as_of),
            PREVIOUS: scope.period.previous(self.as_of),
            LAST_YEAR: scope.period.last_year(self.as_of),
        }

    def covered(self, windows: dict[str, Period]) -> set[str]:
        """Keys of the windows that the data cover from their beginning: only these may be compared."""
        start = self.first_day()
        if start is None:
            return {NOW}
        return {NOW} | {key for key, period in windows.items() if start - _TOLERATED_GAP <= period.start}


def newest_month(source: Source) -> Period:
    """The month in which somebody begins who asks for none: the newest with tickets received.

    That is the month of the as-of, except where the newest event of an old export is no new ticket.
    """
    month, last = default_period(source.as_of), span.last_day(source.conn, source.access.reach)
    return month if last is None or last >= month.start else Period.of(last)


def compared_with(period: Period, as_of: datetime) -> str:
    """How officials name the preceding period: 上月, 上月同期, 上季度, 上年, 上期."""
    name = {"day": "前一日", "month": "上月", "quarter": "上季度", "year": "上年"}.get(period.kind, "上期")
    return f"{name}同期" if period.is_running(as_of) and name != "前一日" else name


def population_of(source: Source, scope: Scope) -> float | None:
    """Residents of the scope's division, or of the whole city; None where unknown or by unit."""
    if "unit" in scope.filters:
        return None
    districts = source.dimension("districts")
    if scope.district_code is not None:
        districts = districts[districts["district_code"] == scope.district_code]
    known = pd.to_numeric(districts["population"]).dropna()
    return None if known.empty else float(known.sum())


def for_unit(source: Source, scope: Scope, unit_code: str) -> Scope:
    """The scope narrowed to a unit and everything below it."""
    below = queries.unit_subtree(source.dimension("units"), unit_code)
    return replace(scope, unit_code=unit_code, unit_codes=below)


def reach_of(source: Source, unit_code: str) -> tuple[str, ...]:
    """Codes of the unit and everything below it: the reach of whoever speaks for it. Empty for an unknown unit."""
    units = source.dimension("units")
    known = bool((units["unit_code"] == unit_code).any())
    return queries.unit_subtree(units, unit_code) if known else ()


def for_category(scope: Scope, category_code: str, level: int) -> Scope:
    """The scope narrowed to a category of that level."""
    return replace(scope, category_code=category_code, category_level=level)


def month_of(day: date, months_back: int = 0) -> date:
    """First day of the month of `day`, some months back."""
    return add_months(date(day.year, day.month, 1), -months_back)
