"""What the topic radar reads beyond the counts of days: who handled a matter, and how often it was passed on."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
from sqlalchemy import BigInteger, Connection, and_, case, cast, func, or_, select

from lib.queries.extent import during, fact_conditions
from lib.queries.frames import fetch, numeric
from lib.schema import tickets as t
from lib.scope import Scope

T = t.tickets.c


def handled_counts(conn: Connection, scope: Scope, as_of: datetime) -> pd.DataFrame:
    """One row per second-level category, division and lead unit of the final round, over tickets received in the
    scope's period (reminders aside): category_code, district_code, unit_code, tickets, referred, moved (referred ones
    transferred or returned at least once). Codes as stored, unmapped ones included.
    """
    referred = T.handling_type == t.REFERRED
    moved = and_(referred, or_(T.transfer_count > 0, T.return_count > 0))
    keys = (T.category2_code, T.district_code, T.unit_code)
    statement = (
        select(
            T.category2_code.label("category_code"), T.district_code, T.unit_code,
            cast(func.count(), BigInteger).label("tickets"),
            *(cast(func.sum(case((condition, 1), else_=0)), BigInteger).label(name)
              for name, condition in (("referred", referred), ("moved", moved))),
        )
        .where(T.handling_type != t.URGING, *during(T.received_at, scope.period.start, scope.period.end, as_of))
        .where(*fact_conditions(scope, T.unit_code))
        .group_by(*keys)
    )  # fmt: skip
    return numeric(fetch(conn, statement), ["tickets", "referred", "moved"])
