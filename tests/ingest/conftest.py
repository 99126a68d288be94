"""What the tests of publishing share: a pair to publish into, on either database, and ways to read it."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import psycopg
import pymysql
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


@pytest.fixture(scope="session")
def mysql_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an empty database of a MySQL relative that this session starts; skips where none is installed.

    TEST_MYSQL_URL names a database that is already there.
    """
    given = os.environ.get("TEST_MYSQL_URL")
    if given:
        yield given
        return
    if shutil.which("mariadbd") is None or shutil.which("mariadb-install-db") is None:
        pytest.skip("no MariaDB on this machine (Debian: apt-get install -y mariadb-server)")
    folder = tmp_path_factory.mktemp("mysql")
    user = getpass.getuser()
    own = [f"--datadir={folder / 'data'}", f"--user={user}"]
    subprocess.run(
        ["mariadb-install-db", "--no-defaults", *own, f"--auth-root-socket-user={user}", "--skip-test-db"],
        check=True,
        capture_output=True,
    )
    socket = folder / "s"
    server = subprocess.Popen(
        ["mariadbd", "--no-defaults", *own, f"--socket={socket}", f"--pid-file={folder / 'pid'}", "--skip-networking"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _create_database(socket, user)
        yield f"mysql+pymysql://{user}@localhost/source?unix_socket={socket}&charset=utf8mb4"
    finally:
        server.terminate()
        server.wait(timeout=30)


def _create_database(socket: Path, user: str) -> None:
    """Wait until the server answers, then make the database."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with pymysql.connect(unix_socket=str(socket), user=user) as conn, conn.cursor() as cursor:
                cursor.execute("CREATE DATABASE source CHARACTER SET utf8mb4")
            return
        except pymysql.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
