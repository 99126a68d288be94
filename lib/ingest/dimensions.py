"""Dimensions of a pair: rows of the city profile, and words of a source turned into codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete

from lib.ingest.bulk import insert_frame
from lib.schema import tickets as t

if TYPE_CHECKING:
    from lib.city import City


PROFILE_TABLES = (
    t.districts,
    t.townships,
    t.units,
    t.channels,
    t.categories,
    t.time_limit_rules,
    t.workday_overrides,
)


def load_profile(conn: Connection, city: City) -> None:
    """Replace the dimension rows by those of the city profile (working days apart)."""
    for table in PROFILE_TABLES:
        conn.execute(delete(table))
        insert_frame(conn, table, getattr(city, table.name))
