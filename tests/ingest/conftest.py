"""What the tests of publishing share: a pair to publish into, on either database, and ways to read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import psycopg
import pytest
from sqlalchemy import Table, func, select

from lib.config import Settings
from lib.ingest.publish import publish
from lib.ingest.staged import PublishResult
from lib.schema import tickets as t
from lib.store import TicketStore, open_store


@dataclass
class Pair:
    """The city pair of a test."""

    settings: Settings

    def publish(self, staged: Any, **options: Any) -> PublishResult:
        """Publish and hold the sum that always holds."""
        result = publish(self.settings, "city", staged, **options)
        assert result.read == result.inserted + result.updated + result.unchanged + result.rejected
        return result

    def open(self) -> TicketStore:
        return open_store(self.settings, "city")

    def rows(self, table: Table, **where: Any) -> list[dict[str, Any]]:
        """Rows of a table; of histories only those that count."""
        store = self.open()
        try:
            stmt = select(table)
            if "segment_no" in table.c and table is not t.tickets:
                same = (t.tickets.c.ticket_id == table.c.ticket_id) & (t.tickets.c.segment_no == table.c.segment_no)
                stmt = stmt.join(t.tickets, same)
            for name, value in where.items():
                stmt = stmt.where(table.c[name] == value)
            with store.engine.connect() as conn:
                rows = [dict(r) for r in conn.execute(stmt).mappings()]
        finally:
            store.dispose()
        order = [c.name for c in table.c if c.name.endswith(("_id", "_no"))]
        return sorted(rows, key=lambda r: [str(r[c]).zfill(20) for c in order])

    def ticket(self, number: str = "A1") -> dict[str, Any]:
        found = self.rows(t.tickets, ticket_no=number)
        assert len(found) == 1
        return found[0]

    def total(self, column: Any) -> Any:
        store = self.open()
        try:
            with store.engine.connect() as conn:
                return conn.scalar(select(func.sum(column)))
        finally:
            store.dispose()

    def frame(self, table: Table) -> pd.DataFrame:
        return pd.DataFrame(self.rows(table))


@pytest.fixture
def pair(settings: Settings) -> Pair:
    """A pair on DuckDB."""
    return Pair(settings)


@pytest.fixture(params=["duckdb", "postgres"])
def both(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Pair]:
    """A pair on DuckDB, then one on PostgreSQL."""
    if request.param == "duckdb":
        yield Pair(settings)
        return
    url = request.getfixturevalue("postgres_url")
    drop_pairs(url)
    yield Pair(replace(settings, tickets_url=url))
    drop_pairs(url)


def drop_pairs(url: str) -> None:
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True) as conn:
        conn.execute("DROP SCHEMA IF EXISTS minsheng_city CASCADE")
