"""Whom the demo's one-click account of role unit speaks for."""

from __future__ import annotations

from lib.config import Settings
from lib.queries.busiest import busiest_unit
from lib.store import DamagedDataError, NoDataError, open_store

# A department or county unit: it has units below it, and tickets enough to show something.
LEVEL = 2


def demo_unit(settings: Settings) -> str | None:
    """Code of the demo city's busiest unit of that level; None while there is no demo data."""
    try:
        store = open_store(settings, "demo")
    except (NoDataError, DamagedDataError):
        return None
    try:
        with store.engine.connect() as conn:
            return busiest_unit(conn, LEVEL)
    finally:
        store.dispose()
