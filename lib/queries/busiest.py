"""Which handling unit has most to do: whom the demo's account of role unit speaks for."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from lib.schema import tickets as t


def busiest_unit(conn: Connection, level: int) -> str | None:
    """Code of the unit of that level with most tickets among those that have units below them, the lower code
    where two have as many; None without any.
    """
    count = func.count()
    parents = select(t.units.c.parent_code).where(t.units.c.parent_code.is_not(None))
    own = select(t.units.c.unit_code).where(t.units.c.level == level, t.units.c.unit_code.in_(parents))
    statement = (
        select(t.tickets.c.unit_code)
        .where(t.tickets.c.unit_code.in_(own))
        .group_by(t.tickets.c.unit_code)
        .order_by(count.desc(), t.tickets.c.unit_code)
        .limit(1)
    )
    code: str | None = conn.execute(statement).scalar()
    return code
