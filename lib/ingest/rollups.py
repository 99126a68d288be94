"""Build the rollups from the facts: all of them, or only the days that an import touched.

Every rollup is one INSERT … SELECT: one SELECT per cohort, each grouped by its own day, joined by
UNION ALL and added up. Conditions come from schema.measures, so a rollup and a direct scan cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Float,
    Integer,
    Select,
    Table,
    and_,
    cast,
    delete,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    union_all,
)

from lib.schema import tickets as t
from lib.schema.dialect import day_of, next_month_start
from lib.schema.measures import COHORTS, MEASURES, Cohort, Measure, counted, source_of
from lib.schema.rollups import (
    BUCKET_BASE,
    BUCKET_FLOOR_HOURS,
    COUNT_ROLLUPS,
    MATURE,
    rollup_channel,
    rollup_hours,
    rollup_place,
    rollup_unit,
)

T = t.tickets.c
# Days that lie closer together than this are deleted and scanned as one range.
_GAP = timedelta(days=7)


def build(conn: Connection, as_of: datetime, days: Iterable[date] | None = None) -> None:
    """Replace the rollup rows of all days, or of the given days, from the facts.

    Only what happened by `as_of` is counted. Both forms leave the same rows for the same facts. No
    TRUNCATE: readers of a shared server are never blocked.
    """
    ranges = None if days is None else list(day_ranges(days))
    if ranges == []:
        return
    for rollup in COUNT_ROLLUPS:
        _replace(conn, rollup, _count_rows(rollup, as_of, ranges), ranges)
    _replace(conn, rollup_hours, _hours_rows(as_of, ranges), ranges)


def day_ranges(days: Iterable[date]) -> Iterator[tuple[date, date]]:
    """Half-open ranges that cover the days; days a week apart or less share one.

    Ranges, not lists, because a scan skips blocks by ranges of time.
    """
    start: date | None = None
    last = date.min
    for day in sorted(set(days)):
        if start is not None and day - last > _GAP:
            yield start, last + timedelta(days=1)
            start = day
        start = start or day
        last = day
    if start is not None:
        yield start, last + timedelta(days=1)


def _replace(conn: Connection, rollup: Table, rows: Select[Any], ranges: list[tuple[date, date]] | None) -> None:
    old = delete(rollup)
    if ranges is not None:
        old = old.where(or_(*(and_(rollup.c.day >= start, rollup.c.day < end) for start, end in ranges)))
    conn.execute(old)
    conn.execute(insert(rollup).from_select([c.name for c in rollup.c], rows))


def _within(time: ColumnElement[Any], as_of: datetime, ranges: list[tuple[date, date]] | None) -> ColumnElement[bool]:
    known = time <= as_of
    if ranges is None:
        return known
    midnight = datetime.min.time()
    return and_(
        known,
        or_(
            *(
                and_(time >= datetime.combine(start, midnight), time < datetime.combine(end, midnight))
                for start, end in ranges
            )
        ),
    )


def _dimensions(rollup: Table, cohort: Cohort) -> list[ColumnElement[Any]]:
    if rollup is rollup_place:
        return [T.district_code, T.category1_code, T.category2_code, T.is_excluded]
    if rollup is rollup_unit:
        return [cohort.unit.label("unit_code"), T.is_excluded]
    assert rollup is rollup_channel
    return [T.channel_code, T.request_type, T.is_enterprise, T.is_excluded]


def _columns(measure: Measure, moment: ColumnElement[Any]) -> Iterator[tuple[str, ColumnElement[Any]]]:
    yield measure.key, counted(measure, measure.condition)
    if measure.mature is not None:
        yield measure.key + MATURE, counted(measure, measure.mature(moment))


def _cohort_rows(rollup: Table, cohort: Cohort, as_of: datetime, ranges: list[tuple[date, date]] | None) -> Select[Any]:
    """One row per cohort day and the rollup's dimensions; measures of other cohorts are NULL."""
    day = day_of(cohort.time)
    dimensions = _dimensions(rollup, cohort)
    known: dict[str, ColumnElement[Any]] = {}
    for measure in MEASURES.values():
        if measure.cohort == cohort.key:
            known.update(_columns(measure, next_month_start(cohort.time)))
    columns = [
        known[c.name].label(c.name) if c.name in known else cast(null(), c.type).label(c.name)
        for c in rollup.c
        if c.name not in _keys(rollup)
    ]
    return (
        select(day.label("day"), *dimensions, *columns)
        .select_from(source_of(cohort))
        .where(cohort.where, _within(cohort.time, as_of, ranges))
        .group_by(day, *dimensions)
    )


def _keys(rollup: Table) -> list[str]:
    """Names of the rollup's dimensions, the day included: everything that is no measure."""
    measures = {m.key for m in MEASURES.values()} | {m.key + MATURE for m in MEASURES.values()}
    return [c.name for c in rollup.c if c.name not in measures]


def _count_rows(rollup: Table, as_of: datetime, ranges: list[tuple[date, date]] | None) -> Select[Any]:
    parts = union_all(*(_cohort_rows(rollup, c, as_of, ranges) for c in COHORTS.values())).subquery()
    keys = _keys(rollup)
    sums = []
    for column in rollup.c:
        if column.name in keys:
            continue
        zero = literal(0.0) if isinstance(column.type, Float) else literal(0)
        sums.append(cast(func.coalesce(func.sum(parts.c[column.name]), zero), column.type).label(column.name))
    return select(*(parts.c[k] for k in keys), *sums).group_by(*(parts.c[k] for k in keys))


def bucket_of(hours: ColumnElement[Any]) -> ColumnElement[Any]:
    """The log bucket that handling hours fall into: floor(ln(max(hours, floor) / floor) / ln(base))."""
    share = func.ln(func.greatest(hours, literal(BUCKET_FLOOR_HOURS)) / literal(BUCKET_FLOOR_HOURS))
    return cast(func.floor(share / func.ln(literal(BUCKET_BASE))), Integer)


def _hours_rows(as_of: datetime, ranges: list[tuple[date, date]] | None) -> Select[Any]:
    cohort, timed = COHORTS["closed"], MEASURES["closed_timed"]
    day, bucket = day_of(cohort.time), bucket_of(T.handling_hours)
    return (
        select(
            day.label("day"),
            T.district_code,
            T.is_excluded,
            bucket.label("bucket"),
            cast(func.count(), BigInteger).label("tickets"),
        )
        .select_from(source_of(cohort))
        .where(cohort.where, timed.condition, _within(cohort.time, as_of, ranges))
        .group_by(day, T.district_code, T.is_excluded, bucket)
    )
