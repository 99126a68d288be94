"""Where the assessment database lies and how it is opened.

Each pair (demo, city) has its own: embedded SQLite in `<data_dir>/<pair>/assessment.db` (WAL, synchronous FULL),
or with ASSESSMENT_URL a PostgreSQL schema `assessment_<pair>`. Accounts belong to a pair, so that those of the
demo city do not exist in the real one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text

from lib.config import Settings
from lib.schema import assessment as a
from lib.store import PairName, active_pair, pair_dir

FILE = "assessment.db"
BUSY_SECONDS = 30


@dataclass(frozen=True)
class AssessmentStore:
    """An opened assessment database."""

    engine: Engine
    pair: PairName

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the database."""
        with self.engine.connect() as conn, conn.begin():
            yield conn

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: everything in it happens, or nothing. SQLite takes the write lock at once, because
        writers in deferred mode fail under contention instead of waiting.
        """
        with self.engine.connect() as conn, conn.execution_options(minsheng_write=True).begin():
            yield conn

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def database_file(settings: Settings, pair: PairName) -> Path:
    """Path of the embedded database of a pair."""
    return pair_dir(settings, pair) / FILE


def postgres_schema(pair: PairName) -> str:
    """PostgreSQL schema that holds a pair's assessment database."""
    return f"assessment_{pair}"


_migrated: set[tuple[str, PairName]] = set()
_migrating = threading.Lock()


def open_assessment(settings: Settings, pair: PairName | None = None) -> AssessmentStore:
    """Open the pair's database (the active one by default), made or brought up to date when needed."""
    pair = pair or active_pair(settings)
    store = AssessmentStore(_engine(settings, pair), pair)
    place = (settings.assessment_url or str(database_file(settings, pair)), pair)
    with _migrating:
        if place not in _migrated or not (settings.assessment_url or database_file(settings, pair).exists()):
            migrate(store)
            _migrated.add(place)
    return store


def migrate(store: AssessmentStore) -> None:
    """Bring the tables to the newest revision."""
    if store.engine.dialect.name == "postgresql":
        with store.engine.begin() as conn:
            conn.execute(text(f"CREATE SCHEMA IF NOT EXISTS {postgres_schema(store.pair)}"))
    with store.writing() as conn:
        a.metadata.create_all(conn)


def _engine(settings: Settings, pair: PairName) -> Engine:
    if settings.assessment_url:
        return create_engine(
            settings.assessment_url,
            connect_args={"options": f"-csearch_path={postgres_schema(pair)}"},
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,
        )
    path = database_file(settings, pair)
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # SQLAlchemy begins transactions itself (see _begin_sqlite), so the driver must not.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(conn: Connection) -> None:
    writes = conn.get_execution_options().get("minsheng_write", False)
    conn.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
