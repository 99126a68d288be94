"""The dimension tables as frames, and the unit tree."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Connection, Table, select

from lib.queries.extent import within_reach
from lib.queries.frames import fetch
from lib.schema import tickets as t

_TABLES: dict[str, tuple[Table, tuple[str, ...]]] = {
    "districts": (t.districts, ("sort_no", "district_code")),
    "townships": (t.townships, ("township_code",)),
    "units": (t.units, ("level", "unit_code")),
    "channels": (t.channels, ("sort_no", "channel_code")),
    "categories": (t.categories, ("category_code",)),
    "time_limit_rules": (t.time_limit_rules, ("rule_no",)),
}


def dimension(conn: Connection, name: str, *, reach: tuple[str, ...] | None) -> pd.DataFrame:
    """One row per member of the dimension table, columns as in schema.tickets, in list order.

    name: districts, townships, units, channels, categories or time_limit_rules. Raises KeyError.
    reach: of units only those that the asker may see; what lies above them is left unsaid.
    """
    table, order = _TABLES[name]
    statement = select(table).order_by(*(table.c[c] for c in order))
    if table is not t.units or reach is None:
        return fetch(conn, statement)
    frame = fetch(conn, statement.where(within_reach(t.units.c.unit_code, reach)))
    return frame.assign(parent_code=frame["parent_code"].where(frame["parent_code"].isin(reach), None))


def unit_subtree(units: pd.DataFrame, unit_code: str) -> tuple[str, ...]:
    """Codes of the unit and everything below it, from the frame of `dimension(conn, "units")`."""
    children = units.groupby("parent_code")["unit_code"].agg(list).to_dict()
    found: dict[str, None] = {}
    waiting = [unit_code]
    while waiting:
        code = waiting.pop()
        if code not in found:
            found[code] = None
            waiting += children.get(code, [])
    return tuple(sorted(found))


def unknown_workday_years(conn: Connection) -> list[int]:
    """Years of which neither the calendar library nor the override table knows the working days."""
    rows = conn.execute(select(t.workdays.c.day).where(t.workdays.c.is_known.is_(False)))
    return sorted({day.year for (day,) in rows})
