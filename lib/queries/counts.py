"""Counts of measures over a scope: from the smallest rollup that can answer, else from the facts.

Both ways use the expressions of schema.measures, so they cannot differ (a test compares them).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import pandas as pd
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Float,
    Select,
    Table,
    and_,
    cast,
    func,
    literal,
    literal_column,
    select,
    union_all,
)

from lib.period import Period, cut_day
from lib.queries.extent import (
    DIMENSIONS,
    GRAINS,
    dimensions_of,
    during,
    fact_conditions,
    fact_dimension,
    is_calendar_month,
    midnight,
    rollup_conditions,
    rollup_for,
    time_grain,
)
from lib.queries.frames import fetch, numeric
from lib.schema.dialect import next_month_start
from lib.schema.measures import COHORTS, MEASURES, Cohort, Measure, counted, source_of
from lib.schema.rollups import MATURE
from lib.schema.tickets import call_days, callbacks, tickets
from lib.scope import Scope

MatureBy = Literal["period", "month"] | None
NOW = "now"
# Stocks are counted from the first day on record up to the end of the period: entered minus left.
STOCK_MEASURES = frozenset({"overdue_entered", "overdue_left"})


def counts(
    conn: Connection,
    scope: Scope,
    by: Sequence[str] = (),
    measures: Sequence[str] = ("received",),
    mature_by: MatureBy = None,
    *,
    as_of: datetime,
    windows: Mapping[str, Period] | None = None,
) -> pd.DataFrame:
    """One row per window and combination of `by` that occurs; no row where nothing happened.

    Columns: window, *by, one per measure (as known now) and, with mature_by, `<measure>_mature` where
    the measure can change after its period: "period" is what was true at the end of the window (or at
    as_of), "month" at the end of the calendar month of each row's day. `windows` names several periods
    answered by one statement; without it the scope's period is the window "now".
    by: names of extent.DIMENSIONS or of extent.GRAINS. Stocks run from the first day to the window's end.
    """
    unknown = set(by) - {*DIMENSIONS, *GRAINS}
    if unknown:
        raise ValueError(f"不支持按 {'、'.join(sorted(unknown))} 统计")
    question = _Question(scope, tuple(by), tuple(dict.fromkeys(measures)), mature_by, as_of)
    asked = windows or {NOW: scope.period}
    chosen = rollup_for(dimensions_of(scope) | (set(by) - set(GRAINS)))
    parts: list[Select[Any]] = []
    for key, period in asked.items():
        if chosen is None:
            parts += question.fact_parts(key, period)
        else:
            parts += question.rollup_parts(key, period, *chosen)
    frame = numeric(fetch(conn, question.total(parts)), list(question.columns))
    # Groups that a scan passed but the scope does not hold count nothing.
    return frame[frame[list(question.columns)].any(axis=1)].reset_index(drop=True) if by else frame


def matured(key: str) -> str:
    """Column that holds the measure at equal maturity: `<key>_mature`, or the measure itself."""
    return key + MATURE if MEASURES[key].mature is not None else key


class _Question:
    """What is asked, and the SELECT parts that answer it for one window."""

    def __init__(
        self, scope: Scope, by: tuple[str, ...], measures: tuple[str, ...], mature_by: MatureBy, as_of: datetime
    ) -> None:
        self.scope, self.by, self.mature_by, self.as_of = scope, by, mature_by, as_of
        self.measures = [MEASURES[key] for key in measures]
        self.columns: dict[str, type] = {}
        for m in self.measures:
            self.columns[m.key] = float if m.value is not None else int
            if mature_by and m.mature is not None:
                self.columns[m.key + MATURE] = self.columns[m.key]

    def _select(self, key: str, dims: list[ColumnElement[Any]], known: dict[str, ColumnElement[Any]]) -> Select[Any]:
        """The common shape of every part: window, by, all columns; what the part does not know is 0."""
        columns = [
            (known[name] if name in known else literal_column("0.0" if kind is float else "0")).label(name)
            for name, kind in self.columns.items()
        ]
        labelled = [dim.label(name) for dim, name in zip(dims, self.by, strict=True)]
        return select(literal(key).label("window"), *labelled, *columns).group_by(*dims)

    def total(self, parts: list[Select[Any]]) -> Select[Any]:
        """Parts added up per window and `by`."""
        rows = union_all(*parts).subquery()
        keys = [rows.c.window, *(rows.c[name] for name in self.by)]
        sums = [
            cast(func.sum(rows.c[name]), Float if kind is float else BigInteger).label(name)
            for name, kind in self.columns.items()
        ]
        # A part without groups always yields a row, so an unfiltered total is never an empty frame.
        return select(*keys, *sums).group_by(*keys)

    # --- rollups ------------------------------------------------------------------------------

    def rollup_parts(self, key: str, period: Period, rollup: Table, names: dict[str, str]) -> list[Select[Any]]:
        """Rollup sums; where no stored form fits the window's end, what happened across it from the facts."""
        running = period.end >= cut_day(self.as_of)
        stored = self.mature_by == "month" or (is_calendar_month(period) and not running)
        dims = [time_grain(n, rollup.c.day) if n in GRAINS else rollup.c[names[n]] for n in self.by]
        flows = [m for m in self.measures if m.key not in STOCK_MEASURES]
        stocks = [m for m in self.measures if m.key in STOCK_MEASURES]
        parts = []
        for group, start in ((flows, period.start), (stocks, None)):
            if not group:
                continue
            known: dict[str, ColumnElement[Any]] = {}
            for m in group:
                known[m.key] = self._sum(rollup.c[m.key])
                if m.key + MATURE in self.columns:
                    known[m.key + MATURE] = self._sum(rollup.c[m.key + MATURE if stored else m.key])
            where = [rollup.c.day < period.end, *rollup_conditions(self.scope, rollup, names)]
            if start is not None:
                where.append(rollup.c.day >= start)
            parts.append(self._select(key, dims, known).where(*where))
        if self.mature_by and not stored and not running:
            parts += self._straddling(key, period)
        return parts

    @staticmethod
    def _sum(column: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.coalesce(func.sum(column), literal_column("0.0" if isinstance(column.type, Float) else "0"))

    def _straddling(self, key: str, period: Period) -> list[Select[Any]]:
        """What to add to today's counts to get those at the end of the period: only rows of the period
        whose deciding event lies at or after its end, which zone maps and indexes find quickly.
        """
        moment = midnight(period.end)
        groups: dict[str, list[Measure]] = {}
        for m in self.measures:
            if m.mature is not None and m.event is not None:
                groups.setdefault(f"{m.cohort}/{m.event}", []).append(m)
        parts = []
        for members in groups.values():
            cohort, event = COHORTS[members[0].cohort], members[0].event
            assert event is not None
            during_it = during(cohort.time, period.start, period.end, self.as_of)
            known = {m.key + MATURE: _difference(m, moment) for m in members}
            parts.append(self._from_facts(key, cohort, known, [event >= moment, *during_it]))
        return parts

    # --- facts --------------------------------------------------------------------------------

    def fact_parts(self, key: str, period: Period) -> list[Select[Any]]:
        """One SELECT per cohort, with the cohort's time range on the raw column so that scans skip blocks."""
        groups: dict[tuple[str, bool], list[Measure]] = {}
        for m in self.measures:
            groups.setdefault((m.cohort, m.key in STOCK_MEASURES), []).append(m)
        parts = []
        for (name, is_stock), members in groups.items():
            cohort = COHORTS[name]
            start: date | None = None if is_stock else period.start
            conditions: dict[str, _Counting] = {}
            for m in members:
                conditions[m.key] = _Counting(m, m.condition)
                if m.key + MATURE in self.columns and m.mature is not None:
                    moment = next_month_start(cohort.time) if self.mature_by == "month" else midnight(period.end)
                    conditions[m.key + MATURE] = _Counting(m, m.mature(moment))
            parts.append(self._from_facts(key, cohort, conditions, during(cohort.time, start, period.end, self.as_of)))
        return parts

    def _from_facts(
        self, key: str, cohort: Cohort, counting: Mapping[str, _Counting], where: list[ColumnElement[bool]]
    ) -> Select[Any]:
        """One scan of a cohort for its rows that meet `where`, the cohort and the scope."""
        dims = [fact_dimension(n, cohort) for n in self.by]
        belongs = [cohort.where, *fact_conditions(self.scope, cohort.unit)]
        if cohort.source == "callbacks":
            # Few callbacks meet many tickets. Conditions on tickets in WHERE make DuckDB believe that few
            # tickets remain and hash them all; inside the sums they leave it to start from the callbacks.
            known = {name: c.total(*belongs) for name, c in counting.items()}
            part = self._select(key, dims, known).select_from(
                callbacks.outerjoin(tickets, tickets.c.ticket_id == callbacks.c.ticket_id)
            )
            return part.where(callbacks.c.is_valid, *where)
        known = {name: c.total() for name, c in counting.items()}
        return self._select(key, dims, known).select_from(source_of(cohort)).where(*belongs, *where)


@dataclass(frozen=True)
class _Counting:
    """What one column counts: the measure under `condition`, less what it counts under `less`."""

    measure: Measure
    condition: ColumnElement[bool]
    less: ColumnElement[bool] | None = None

    def total(self, *more: ColumnElement[bool]) -> ColumnElement[Any]:
        """The sum over rows that also meet `more`."""
        added = counted(self.measure, and_(*more, self.condition))
        return added if self.less is None else added - counted(self.measure, and_(*more, self.less))


def _difference(measure: Measure, moment: datetime) -> _Counting:
    """What was true at the moment, less what is true now."""
    assert measure.mature is not None
    return _Counting(measure, measure.mature(moment), less=measure.condition)


def call_counts(
    conn: Connection, windows: Mapping[str, Period], by: Sequence[str] = (), *, as_of: datetime
) -> pd.DataFrame:
    """One row per window (and time grain in `by`) with calls_inbound and calls_answered.

    Calls have no dimension but time. No row where no call statistics exist.
    """
    parts = []
    for key, period in windows.items():
        grains = [time_grain(name, call_days.c.day) for name in by]
        parts.append(
            select(
                literal(key).label("window"),
                *(grain.label(name) for grain, name in zip(grains, by, strict=True)),
                cast(func.sum(call_days.c.inbound), BigInteger).label("calls_inbound"),
                cast(func.sum(call_days.c.answered), BigInteger).label("calls_answered"),
            )
            .where(call_days.c.day >= period.start, call_days.c.day < min(period.end, cut_day(as_of)))
            .group_by(*grains)
            .having(func.count() > 0)
        )
    return numeric(fetch(conn, union_all(*parts)), ["calls_inbound", "calls_answered"])
