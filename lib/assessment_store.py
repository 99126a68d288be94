"""Where the assessment database lies and how it is opened.

Each pair (demo, city) has its own: embedded SQLite in `<data_dir>/<pair>/assessment.db` (WAL, synchronous FULL),
or with ASSESSMENT_URL a PostgreSQL schema `assessment_<pair>`. Accounts belong to a pair, so that those of the
demo city do not exist in the real one.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, String, column, create_engine, event, inspect, select, table, text

from lib.config import ConfigError, Settings
from lib.schema import assessment as a
from lib.schema import migrations
from lib.store import PairName, active_pair, pair_dir

FILE = "assessment.db"
BUSY_SECONDS = 30
# Any number, the same for all: who migrates on a PostgreSQL server holds the advisory lock of this number.
_MIGRATION_LOCK = 770_412_345
# Execution option of every connection: the algorithm that new entries of the history are hashed with.
AUDIT_HASH = "minsheng_audit_hash"


@dataclass(frozen=True)
class AssessmentStore:
    """An opened assessment database."""

    engine: Engine
    pair: PairName

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the database, however long it reads."""
        with self.engine.connect() as conn:
            if conn.dialect.name != "sqlite":
                conn = conn.execution_options(isolation_level="REPEATABLE READ")
            with conn.begin():
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


def has_assessment(settings: Settings, pair: PairName) -> bool:
    """Whether the pair has an assessment database already; looking makes none."""
    if not settings.assessment_url:
        return database_file(settings, pair).exists()
    engine = _engine(settings, pair)
    try:
        return bool(inspect(engine).has_schema(postgres_schema(pair)))
    finally:
        engine.dispose()


def migrate(store: AssessmentStore) -> None:
    """Bring the tables to the newest revision; several processes may try at once.

    Raises ConfigError when a newer release of this software made the database, or none at all.
    """
    if _revision(store) == migrations.HEAD:
        return
    with store.writing() as conn:
        if conn.dialect.name != "sqlite":
            conn.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _MIGRATION_LOCK})
            # Asked first: making a schema needs a right on the database even where the schema is there.
            if not inspect(conn).has_schema(postgres_schema(store.pair)):
                conn.execute(text(f"CREATE SCHEMA {postgres_schema(store.pair)}"))
        migrations.upgrade(conn)


def _revision(store: AssessmentStore) -> str | None:
    """Revision of the database, None for an empty one. Raises ConfigError for one this release cannot read."""
    with store.reading() as conn:
        found = inspect(conn)
        if not found.has_table("alembic_version"):
            if found.has_table(a.accounts.name):
                raise ConfigError("考核库不是由本系统的正式版本建立的，无法升级：请从备份恢复，或移走后重新建立")
            return None
        stamp = table("alembic_version", column("version_num", String))
        revision: str | None = conn.execute(select(stamp.c.version_num)).scalar()
    if revision is not None and revision not in migrations.REVISIONS:
        raise ConfigError(
            f"考核库由更新版本的软件建立（版本 {revision}，本软件只认到 {migrations.HEAD}）："
            "请升级软件，或恢复与本软件对应的备份，不要继续使用"
        )
    return revision


def _engine(settings: Settings, pair: PairName) -> Engine:
    if settings.assessment_url:
        return create_engine(
            settings.assessment_url,
            connect_args={"options": f"-csearch_path={postgres_schema(pair)}"},
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,
            execution_options={AUDIT_HASH: settings.audit_hash},
        )
    path = database_file(settings, pair)
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        execution_options={AUDIT_HASH: settings.audit_hash},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # SQLAlchemy begins transactions itself (see _begin_sqlite), so the driver must not.
    connection.isolation_level = None
    cursor = connection.cursor()
    _use_wal(cursor)
    # recursive_triggers: INSERT OR REPLACE must not go round the triggers that refuse deletion.
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _use_wal(cursor: Any) -> None:
    """Switch a new file to WAL. Unlike other statements this one fails at once when somebody else does the same."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _begin_sqlite(conn: Connection) -> None:
    writes = conn.get_execution_options().get("minsheng_write", False)
    conn.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
