"""Where tickets with coordinates lie, on a fine grid that is then gathered into hexagons."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
from sqlalchemy import BigInteger, Connection, Integer, cast, func, literal, select

from lib.period import Period
from lib.queries.extent import during, fact_conditions
from lib.queries.frames import fetch, numeric
from lib.schema import tickets as t
from lib.schema.measures import COHORTS
from lib.scope import Scope

T = t.tickets.c
# Cells of about 100 m: far smaller than any hexagon shown, so that gathering them is exact enough.
CELLS_PER_DEGREE = 1000


def grid_counts(conn: Connection, scope: Scope, period: Period, *, as_of: datetime) -> pd.DataFrame:
    """One row per grid cell with received tickets: longitude, latitude (WGS84, of its centre), received."""
    cohort = COHORTS["received"]
    column = cast(func.floor(T.longitude * literal(float(CELLS_PER_DEGREE))), Integer)
    row = cast(func.floor(T.latitude * literal(float(CELLS_PER_DEGREE))), Integer)
    cells = (
        select(column.label("x"), row.label("y"))
        .where(
            cohort.where,
            T.longitude.is_not(None),
            T.latitude.is_not(None),
            *during(cohort.time, period.start, period.end, as_of),
            *fact_conditions(scope, cohort.unit),
        )
        .subquery()
    )
    statement = select(cells.c.x, cells.c.y, cast(func.count(), BigInteger).label("received"))
    frame = numeric(fetch(conn, statement.group_by(cells.c.x, cells.c.y)), ["x", "y", "received"])
    return pd.DataFrame({
        "longitude": (frame["x"] + 0.5) / CELLS_PER_DEGREE, "latitude": (frame["y"] + 0.5) / CELLS_PER_DEGREE,
        "received": frame["received"],
    })  # fmt: skip
