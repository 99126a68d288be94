"""From when to when there is data."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, func, select

from lib.schema.rollups import rollup_channel


def first_day(conn: Connection) -> date | None:
    """The first day with a received ticket; None when there is none."""
    return conn.execute(select(func.min(rollup_channel.c.day)).where(rollup_channel.c.received > 0)).scalar()


def last_day(conn: Connection) -> date | None:
    """The last day with a received ticket; None when there is none."""
    return conn.execute(select(func.max(rollup_channel.c.day)).where(rollup_channel.c.received > 0)).scalar()
