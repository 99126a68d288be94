"""Build the rollups from the facts: all of them, or only what an import changes.

Conditions come from schema.measures, so a rollup and a direct scan cannot differ. Every cohort is
grouped by its own day; the cohorts are then joined on day and dimensions. (Stacking them with UNION ALL
and adding up costs three times as much: an accumulator per measure and group does not fit any cache.)

An import changes few tickets on many days. Counts add up, so it subtracts what its tickets contributed
before and adds what they contribute now, instead of counting all tickets of those days again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    DateTime,
    Float,
    Insert,
    Integer,
    MetaData,
    Select,
    Table,
    and_,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    union,
)
from sqlalchemy.schema import CreateTable, DropTable
from sqlalchemy.sql.visitors import replacement_traverse

from lib.schema import tickets as t
from lib.schema.dialect import day_of, next_month_start
from lib.schema.measures import COHORTS, MEASURES, Cohort, Measure, counted, source_of
from lib.schema.rollups import (
    BUCKET_BASE,
    BUCKET_FLOOR_HOURS,
    MATURE,
    ROLLUPS,
    rollup_channel,
    rollup_hours,
    rollup_place,
    rollup_unit,
)

T = t.tickets.c
SPAN_TICKETS = 1_000_000
_MEASURE_NAMES = {m.key for m in MEASURES.values()} | {m.key + MATURE for m in MEASURES.values()} | {"tickets"}


def build(conn: Connection, as_of: datetime) -> None:
    """Replace all rollup rows. Only what happened by `as_of` is counted.

    Built in spans of days, so that memory does not grow with the volume and rows lie in order of days.
    """
    spans = _spans(conn, as_of)
    for rollup in ROLLUPS:
        conn.execute(delete(rollup))
        for start, end in spans:
            conn.execute(_building(rollup), {"start": start, "end": end})


@cache
def _building(rollup: Table) -> Insert:
    """Fill the rollup with what counts from `start` up to, not including, `end`."""
    start, end = bindparam("start", type_=DateTime()), bindparam("end", type_=DateTime())
    rows = contributions(rollup, lambda time: and_(time >= start, time < end))
    return insert(rollup).from_select([c.name for c in rollup.c], rows)


def _spans(conn: Connection, as_of: datetime) -> list[tuple[datetime, datetime]]:
    """Half-open spans of whole days up to `as_of` (included), about SPAN_TICKETS tickets each.

    The first begins before any cohort time, because a wrong time may lie long before the first receipt.
    """
    first, last, rows = conn.execute(select(func.min(T.received_at), func.max(T.received_at), func.count())).one()
    end = as_of + timedelta(microseconds=1)
    if first is None or min(last, as_of) <= first:
        return [(datetime.min, end)]
    count = max(1, rows // SPAN_TICKETS)
    step = (min(last, as_of) - first) / count
    cuts = [datetime.combine((first + step * k).date(), datetime.min.time()) for k in range(1, count)]
    edges = [datetime.min, *sorted(set(cuts)), end]
    return [(start, stop) for start, stop in pairwise(edges) if start < stop]


def contributions(rollup: Table, within: Any, facts: dict[Table, Table] | None = None) -> Select[Any]:
    """One row per key of the rollup with its counts; `within` says for a cohort's time which rows count.

    facts: other tables of the same columns to count instead of the fact tables.
    """
    if rollup is rollup_hours:
        return _over(_hours_rows(within), facts)
    return _count_rows(rollup, within, facts)


def keys_of(rollup: Table) -> list[str]:
    """Names of the rollup's day and dimensions: everything that is no measure."""
    return [c.name for c in rollup.c if c.name not in _MEASURE_NAMES]


def bucket_of(hours: ColumnElement[Any]) -> ColumnElement[Any]:
    """The log bucket that handling hours fall into: floor(ln(max(hours, floor) / floor) / ln(base))."""
    share = func.ln(func.greatest(hours, literal(BUCKET_FLOOR_HOURS)) / literal(BUCKET_FLOOR_HOURS))
    return cast(func.floor(share / func.ln(literal(BUCKET_BASE))), Integer)


def _insert(conn: Connection, rollup: Table, rows: Select[Any]) -> None:
    conn.execute(insert(rollup).from_select([c.name for c in rollup.c], rows))


def _dimensions(rollup: Table, cohort: Cohort) -> list[ColumnElement[Any]]:
    if rollup is rollup_place:
        return [T.district_code, T.category1_code, T.category2_code, T.is_enterprise, T.is_excluded]
    if rollup is rollup_unit:
        return [cohort.unit.label("unit_code"), T.is_enterprise, T.is_excluded]
    assert rollup is rollup_channel
    return [T.channel_code, T.request_type, T.is_enterprise, T.is_excluded]


def _columns(measure: Measure, moment: ColumnElement[Any]) -> Iterator[tuple[str, ColumnElement[Any]]]:
    yield measure.key, counted(measure, measure.condition)
    if measure.mature is not None:
        yield measure.key + MATURE, counted(measure, measure.mature(moment))


def _cohort_rows(rollup: Table, cohort: Cohort, within: Any) -> Select[Any]:
    """One row per cohort day and the rollup's dimensions, with the cohort's own measures."""
    day = day_of(cohort.time)
    dimensions = _dimensions(rollup, cohort)
    known: dict[str, ColumnElement[Any]] = {}
    for measure in MEASURES.values():
        if measure.cohort == cohort.key:
            known.update(_columns(measure, next_month_start(cohort.time)))
    return (
        select(day.label("day"), *dimensions, *(value.label(name) for name, value in known.items()))
        .select_from(source_of(cohort))
        .where(cohort.where, within(cohort.time))
        .group_by(day, *dimensions)
    )


def _count_rows(rollup: Table, within: Any, facts: dict[Table, Table] | None) -> Select[Any]:
    keys = keys_of(rollup)
    cohorts = [_over(_cohort_rows(rollup, c, within), facts).cte(f"{c.key}_rows") for c in COHORTS.values()]
    every = union(*(select(*(rows.c[k] for k in keys)) for rows in cohorts)).cte("every_key")
    source: Any = every
    counts: dict[str, ColumnElement[Any]] = {}
    for rows in cohorts:
        source = source.outerjoin(rows, and_(*(rows.c[k] == every.c[k] for k in keys)))
        for column in rows.c:
            if column.name not in keys:
                zero = literal(0.0) if isinstance(rollup.c[column.name].type, Float) else literal(0)
                counts[column.name] = func.coalesce(column, cast(zero, rollup.c[column.name].type))
    values = [counts[c.name].label(c.name) for c in rollup.c if c.name in counts]
    return select(*(every.c[k] for k in keys), *values).select_from(source).where(_any_of(list(counts.values())))


def _any_of(counts: list[ColumnElement[Any]]) -> ColumnElement[bool]:
    """A row without a single count says nothing and is not kept. Counts are never negative."""
    return func.greatest(*counts) > 0


def _hours_rows(within: Any) -> Select[Any]:
    cohort, timed = COHORTS["closed"], MEASURES["closed_timed"]
    day, bucket = day_of(cohort.time), bucket_of(T.handling_hours)
    total = cast(func.count(), BigInteger).label("tickets")
    return (
        select(day.label("day"), T.district_code, T.is_excluded, bucket.label("bucket"), total)
        .select_from(source_of(cohort))
        .where(cohort.where, timed.condition, within(cohort.time))
        .group_by(day, T.district_code, T.is_excluded, bucket)
    )


# --- what an import changes -----------------------------------------------------------------


def _like(table: Table, name: str, scratch: MetaData) -> Table:
    columns = [c.copy() for c in table.columns]
    for column in columns:
        column.primary_key, column.comment = False, None
    return Table(name, scratch, *columns, prefixes=["TEMPORARY"])


# Temporary tables of a change, the same for every import, so that its statements are built and compiled once.
_SCRATCH = MetaData()
_DELTA = {r.name: _like(r, f"{r.name}_change", _SCRATCH) for r in ROLLUPS}
_TOUCHED = {f: _like(f, f"{f.name}_touched", _SCRATCH) for f in (t.tickets, t.callbacks, t.ticket_returns)}


@cache
def _collecting(rollup: Table) -> Insert:
    """Add what the touched tickets count by `as_of`, times `sign`, to the change of the rollup."""
    as_of, sign = bindparam("as_of", type_=DateTime()), bindparam("sign", type_=Integer())
    rows = contributions(rollup, lambda time: time <= as_of, _TOUCHED).subquery()
    signed = select(*(rows.c[k] for k in keys_of(rollup)), *(sign * rows.c[m] for m in _measures(rollup)))
    return insert(_DELTA[rollup.name]).from_select([*keys_of(rollup), *_measures(rollup)], signed)


class Change:
    """The difference that an import makes to the rollups, collected in temporary tables.

    Call `subtract` with the tickets about to be touched while their old rows still stand, `add` once
    their new rows stand, then `apply`. Every ticket is subtracted and added at most once.
    """

    def __init__(self, conn: Connection, old_as_of: datetime | None, new_as_of: datetime) -> None:
        self.conn, self.old_as_of, self.new_as_of = conn, old_as_of, new_as_of
        for table in _SCRATCH.tables.values():
            conn.execute(DropTable(table, if_exists=True))
            conn.execute(CreateTable(table))

    def subtract(self, ids: Select[Any]) -> None:
        """Take away what the tickets of these ids count for now (by the old extraction time)."""
        if self.old_as_of is not None:
            self._collect(ids, self.old_as_of, -1)

    def add(self, ids: Select[Any]) -> None:
        """Count the tickets of these ids as they stand now (by the new extraction time)."""
        self._collect(ids, self.new_as_of, 1)

    def add_newly_past(self, ids: Select[Any]) -> None:
        """Count what untouched tickets enter only because the extraction time moved on (limits that came)."""
        if self.old_as_of is None or self.new_as_of <= self.old_as_of:
            return
        old, new = self.old_as_of, self.new_as_of
        for rollup in ROLLUPS:
            rows = contributions(
                rollup, lambda time: and_(time > old, time <= new, T.ticket_id.not_in(ids.scalar_subquery()))
            )
            _insert(self.conn, _DELTA[rollup.name], rows)

    def _collect(self, ids: Select[Any], as_of: datetime, sign: int) -> None:
        for fact, touched in _TOUCHED.items():
            self.conn.execute(delete(touched))
            mine = select(fact).where(fact.c.ticket_id.in_(ids))
            self.conn.execute(insert(touched).from_select([c.name for c in fact.c], mine))
        if not self.conn.scalar(select(func.count()).select_from(_TOUCHED[t.tickets])):
            return
        for rollup in ROLLUPS:
            self.conn.execute(_collecting(rollup), {"as_of": as_of, "sign": sign})

    def apply(self) -> None:
        """Add the difference to the rollups: only rows whose day and dimensions it names are written."""
        for rollup in ROLLUPS:
            delta = _DELTA[rollup.name]
            first, last = self.conn.execute(select(func.min(delta.c.day), func.max(delta.c.day))).one()
            if first is None:
                continue
            keys = keys_of(rollup)
            named = select(*(delta.c[k] for k in keys)).distinct().subquery()
            # The range of days lets a scan skip what lies outside; equality alone would not.
            mine = and_(
                rollup.c.day.between(first, last),
                select(literal(1)).where(*(named.c[k] == rollup.c[k] for k in keys)).exists(),
            )
            _insert(self.conn, delta, select(rollup).where(mine))
            self.conn.execute(delete(rollup).where(mine))
            _insert(self.conn, rollup, _added_up(rollup, delta))


def _measures(rollup: Table) -> list[str]:
    return [c.name for c in rollup.c if c.name in _MEASURE_NAMES]


def _added_up(rollup: Table, delta: Table) -> Select[Any]:
    keys = [delta.c[k] for k in keys_of(rollup)]
    sums: dict[str, ColumnElement[Any]] = {m: cast(func.sum(delta.c[m]), rollup.c[m].type) for m in _measures(rollup)}
    if "handling_hours_sum" in sums:  # what is left of a float after subtraction is not exactly nothing
        sums["handling_hours_sum"] = case((sums["closed_timed"] == 0, literal(0.0)), else_=sums["handling_hours_sum"])
    counts = [value for name, value in sums.items() if name != "handling_hours_sum"]
    some = _any_of(counts) if len(counts) > 1 else counts[0] > 0
    labelled = (sums[c.name].label(c.name) for c in rollup.c if c.name in sums)
    return select(*keys, *labelled).group_by(*keys).having(some)


def _over(stmt: Select[Any], swapped: dict[Table, Table] | None) -> Select[Any]:
    """The same statement over other tables of the same columns."""
    if swapped is None:
        return stmt

    def swap(element: Any, **_: Any) -> Any:
        if isinstance(element, Table):
            return swapped.get(element)
        table = getattr(element, "table", None)
        return swapped[table].c[element.name] if table in swapped else None

    swapped_stmt: Any = replacement_traverse(stmt, {}, swap)
    return swapped_stmt
