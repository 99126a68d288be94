"""When people call: received tickets by weekday and hour."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
from sqlalchemy import BigInteger, Connection, cast, func, select

from lib.period import Period
from lib.queries.extent import during, fact_conditions
from lib.queries.frames import fetch, numeric
from lib.schema.dialect import hour_of, weekday_of
from lib.schema.measures import COHORTS
from lib.scope import Scope


def hour_profile(conn: Connection, scope: Scope, period: Period, *, as_of: datetime) -> pd.DataFrame:
    """One row per ISO weekday (1 = Monday) and hour of the day (0-23) that occurs: received tickets."""
    cohort = COHORTS["received"]
    weekday, hour = weekday_of(cohort.time), hour_of(cohort.time)
    statement = (
        select(weekday.label("weekday"), hour.label("hour"), cast(func.count(), BigInteger).label("received"))
        .where(
            cohort.where,
            *during(cohort.time, period.start, period.end, as_of),
            *fact_conditions(scope, cohort.unit),
        )
        .group_by(weekday, hour)
    )
    return numeric(fetch(conn, statement), ["weekday", "hour", "received"])
