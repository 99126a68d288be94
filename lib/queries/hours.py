"""Handling hours: exact quantiles from the facts, or log buckets from the rollup when the set is large."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import pandas as pd
from sqlalchemy import BigInteger, Connection, Float, cast, func, literal, literal_column, or_, select, union_all

from lib.period import Period, cut_day
from lib.queries.extent import (
    GRAINS,
    dimensions_of,
    during,
    fact_conditions,
    fact_dimension,
    midnight,
    time_grain,
)
from lib.queries.frames import fetch, numeric
from lib.schema.dialect import hours_between, quantile
from lib.schema.measures import COHORTS, MEASURES
from lib.schema.rollups import rollup_hours
from lib.schema.tickets import REFERRED, tickets
from lib.scope import Scope

T = tickets.c


def exact_hours(
    conn: Connection, scope: Scope, windows: Mapping[str, Period], by: Sequence[str] = (), *, as_of: datetime
) -> pd.DataFrame:
    """One row per window and combination of `by`: tickets, median and p90 of handling hours.

    Referred tickets closed in the window with valid working hours. Hours are working hours.
    """
    cohort, timed = COHORTS["closed"], MEASURES["closed_timed"]
    parts = []
    for key, period in windows.items():
        dims = [fact_dimension(name, cohort) for name in by]
        parts.append(
            select(
                literal(key).label("window"),
                *(dim.label(name) for dim, name in zip(dims, by, strict=True)),
                cast(func.count(), BigInteger).label("tickets"),
                quantile(T.handling_hours, literal_column("0.5")).label("median"),
                quantile(T.handling_hours, literal_column("0.9")).label("p90"),
            )
            .where(
                cohort.where,
                timed.condition,
                *during(cohort.time, period.start, period.end, as_of),
                *fact_conditions(scope, cohort.unit),
            )
            .group_by(*dims)
        )
    return numeric(fetch(conn, union_all(*parts)), ["tickets"])


def buckets_can_answer(scope: Scope, by: Sequence[str] = ()) -> bool:
    """True when the rollup of hours knows every dimension asked for: the division and time only."""
    return dimensions_of(scope) | (set(by) - set(GRAINS)) <= {"district"}


def hour_buckets(
    conn: Connection, scope: Scope, windows: Mapping[str, Period], by: Sequence[str] = (), *, as_of: datetime
) -> pd.DataFrame:
    """One row per window, combination of `by` (district or a time grain) and log bucket: tickets.

    Raises ValueError where the rollup does not know what the scope restricts (see buckets_can_answer).
    """
    if not buckets_can_answer(scope, by):
        raise ValueError("the rollup of hours knows the division and time only")
    r = rollup_hours.c
    parts = []
    for key, period in windows.items():
        dims = [time_grain(name, r.day) if name in GRAINS else r.district_code for name in by]
        where = [r.day >= period.start, r.day < min(period.end, cut_day(as_of))]
        if scope.district_code is not None:
            where.append(r.district_code == scope.district_code)
        if scope.basis == "assessed":
            where.append(r.is_excluded.is_(False))
        parts.append(
            select(
                literal(key).label("window"),
                *(dim.label(name) for dim, name in zip(dims, by, strict=True)),
                r.bucket.label("bucket"),
                cast(func.sum(r.tickets), BigInteger).label("tickets"),
            )
            .where(*where)
            .group_by(*dims, r.bucket)
        )
    return numeric(fetch(conn, union_all(*parts)), ["bucket", "tickets"])


def open_ages(conn: Connection, scope: Scope, end: datetime, *, only_reopened: bool = False) -> pd.DataFrame:
    """One row: tickets open at `end`, median and P90 of the calendar hours since they were received.

    Referred tickets received before `end` and not closed by then; the age of the open ones is what the
    hours of the closed ones cannot show. only_reopened: of these, the ones that the rework rate of the scope's
    period counts: first closed in the period, and sent back into handling by `end`.
    """
    age = hours_between(T.received_at, literal(end))
    statement = select(
        cast(func.count(), BigInteger).label("tickets"),
        cast(quantile(age, literal_column("0.5")), Float).label("median"),
        cast(quantile(age, literal_column("0.9")), Float).label("p90"),
    ).where(
        T.handling_type == REFERRED,
        T.received_at < end,
        or_(T.is_closed.is_(False), T.closed_at >= end),
        *fact_conditions(scope, T.unit_code),
    )
    if only_reopened:
        reworked = MEASURES["reworked"]
        assert reworked.mature is not None
        first_closed = during(COHORTS[reworked.cohort].time, scope.period.start, scope.period.end, end)
        statement = statement.where(reworked.mature(end), *first_closed)
    return numeric(fetch(conn, statement), ["tickets"])


def period_end(period: Period, as_of: datetime) -> datetime:
    """The moment a period's stock is taken: its end, or as_of while it runs."""
    return min(midnight(period.end), as_of)
