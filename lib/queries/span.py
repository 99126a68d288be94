"""From when to when there is data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from sqlalchemy import Connection, Function, Table, func, select

from lib.queries.extent import within_reach
from lib.schema.rollups import rollup_channel, rollup_unit


def first_day(conn: Connection, reach: tuple[str, ...] | None) -> date | None:
    """The first day with a received ticket of the units within reach; None when there is none."""
    return _day(conn, func.min, reach)


def last_day(conn: Connection, reach: tuple[str, ...] | None) -> date | None:
    """The last day with a received ticket of the units within reach; None when there is none."""
    return _day(conn, func.max, reach)


def _day(conn: Connection, pick: Callable[..., Function[date]], reach: tuple[str, ...] | None) -> date | None:
    rollup: Table = rollup_channel if reach is None else rollup_unit
    statement = select(pick(rollup.c.day)).where(rollup.c.received > 0)
    if reach is not None:
        statement = statement.where(within_reach(rollup.c.unit_code, reach))
    return conn.execute(statement).scalar()
