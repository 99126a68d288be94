"""Approved exclusions (剔除) among the tickets of a cohort."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
from sqlalchemy import BigInteger, Connection, and_, cast, distinct, func, or_, select

from lib.queries.extent import during, fact_conditions, midnight
from lib.queries.frames import fetch, numeric
from lib.schema import tickets as t
from lib.schema.measures import COHORTS, MEASURES, source_of
from lib.scope import Scope


def exclusion_counts(
    conn: Connection, scope: Scope, measures: tuple[str, ...], *, is_stock: bool = False, as_of: datetime
) -> pd.DataFrame:
    """One row per exclusion code: tickets of the cohort that the measures count (at the period's end)
    and that an approved exclusion names. A ticket with two codes stands in both rows.
    """
    members = [MEASURES[key] for key in measures]
    cohort = COHORTS[members[0].cohort]
    moment = midnight(scope.period.end)
    x = t.ticket_exclusions.c
    named = and_(x.source_code == t.tickets.c.source_code, x.ticket_no == t.tickets.c.ticket_no)
    statement = (
        select(x.exclusion_code, cast(func.count(distinct(t.tickets.c.ticket_id)), BigInteger).label("tickets"))
        .select_from(source_of(cohort).join(t.ticket_exclusions, named))
        .where(
            x.approved_by.is_not(None),
            cohort.where,
            *during(cohort.time, None if is_stock else scope.period.start, scope.period.end, as_of),
            *fact_conditions(scope, cohort.unit),
            or_(*(m.condition if m.mature is None else m.mature(moment) for m in members)),
        )
        .group_by(x.exclusion_code)
        .order_by(x.exclusion_code)
    )
    return numeric(fetch(conn, statement), ["tickets"])
