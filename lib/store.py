"""Where the ticket data lies and how a reader opens it: pairs, pointer, versions, engines.

Embedded: `<data_dir>/<pair>/current.json` points at one immutable `tickets-<version>.duckdb` and the
append-only `segments/segment-<no>.duckdb` files that hold long texts and histories. A publish
(lib/ingest/publish.py) writes new files and then replaces the pointer; a reader that holds an old
version keeps reading it. Shared server: with TICKETS_URL, a PostgreSQL schema per pair; the newest
row of `publications` is the version, and readers use REPEATABLE READ.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

import duckdb
from duckdb_sqlalchemy import ConnectionWrapper
from sqlalchemy import Dialect, Engine, MetaData, Table, create_engine, func, inspect, select
from sqlalchemy.pool import NullPool, Pool
from sqlalchemy.util import LRUCache

from lib.config import DEMO_CITY, Settings
from lib.schema import rollups as _rollups  # noqa: F401 - registers its tables
from lib.schema import tickets as t

PairName = Literal["demo", "city"]
READER_MEMORY = "600MB"
# A version written by an older release lacks what newer queries read: it must be published anew.
SCHEMA_REVISION = 1
DAMAGED = "数据文件缺失或损坏，请从备份恢复或重新导入"


class NoDataError(Exception):
    """Nothing has been published yet; the message says what to do."""


class DamagedDataError(Exception):
    """The pointer or the file it names cannot be read: no figure may be shown."""


@dataclass(frozen=True)
class Pointer:
    """What `current.json` says: one published version.

    file is relative to the pair's folder; segments maps segment number to file, likewise relative.
    """

    version: str
    file: str
    segments: dict[int, str]
    as_of: datetime
    city: str
    is_demo: bool
    exclusion_revision: int
    published_at: datetime
    schema_revision: int = SCHEMA_REVISION

    def to_json(self) -> str:
        """Text of current.json."""
        raw = asdict(self)
        raw["as_of"], raw["published_at"] = self.as_of.isoformat(), self.published_at.isoformat()
        return json.dumps(raw, ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Pointer:
        """Read back. Raises DamagedDataError."""
        try:
            raw = json.loads(text)
            raw["as_of"] = datetime.fromisoformat(raw["as_of"])
            raw["published_at"] = datetime.fromisoformat(raw["published_at"])
            raw["segments"] = {int(k): v for k, v in raw["segments"].items()}
            return cls(**raw)
        except (ValueError, KeyError, TypeError) as error:
            raise DamagedDataError("数据指针文件损坏，请从备份恢复或重新导入") from error


@dataclass(frozen=True)
class TicketStore:
    """An opened version: `engine` for queries, `pointer` for its version, as-of and city."""

    engine: Engine
    pointer: Pointer
    pair: PairName
    _keep: Any = field(default=None, repr=False, compare=False)

    @property
    def version(self) -> str:
        """Version of the ticket data; part of every cache key."""
        return self.pointer.version

    def count_tickets(self) -> int:
        """Rows of the ticket table. Reads the facts: a truncated file may open and still be unreadable.

        Raises sqlalchemy.exc.SQLAlchemyError.
        """
        with self.engine.connect() as conn:
            return int(conn.execute(select(func.count(t.tickets.c.ticket_id))).scalar_one())

    def dispose(self) -> None:
        """Close every connection of this version."""
        self.engine.dispose()
        if self._keep is not None:
            self._keep.close()


def pair_dir(settings: Settings, pair: PairName) -> Path:
    """Folder of a pair's databases."""
    return settings.data_dir / pair


def active_pair(settings: Settings) -> PairName:
    """The pair that pages show: the one chosen last, else the one that exists, else demo."""
    chosen = settings.data_dir / "active.json"
    if chosen.exists():
        name = json.loads(chosen.read_text("utf-8"))["pair"]
        return "city" if name == "city" else "demo"
    return "demo"


def choose_pair(settings: Settings, pair: PairName) -> None:
    """Make `pair` the one that pages show."""
    replace_file(settings.data_dir / "active.json", json.dumps({"pair": pair}))


def replace_file(path: Path, text: str) -> None:
    """Write a small file so that a reader sees the old or the new text, never a part; durable."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    with open(partial, "w", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(partial, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def pair_city(settings: Settings, pair: PairName) -> str:
    """The city profile a pair is described by."""
    return DEMO_CITY if pair == "demo" else settings.city


def read_pointer(settings: Settings, pair: PairName) -> Pointer:
    """The current version of a pair. Raises NoDataError, DamagedDataError."""
    if settings.tickets_url and settings.tickets_url.startswith("postgresql"):
        return _postgres_pointer(settings, pair)
    path = pair_dir(settings, pair) / "current.json"
    if not path.exists():
        raise NoDataError("尚无数据：请在“数据导入与质量”页导入工单，或运行 python -m lib demo 生成演示数据")
    return Pointer.from_json(path.read_text("utf-8"))


def open_store(settings: Settings, pair: PairName | None = None, pointer: Pointer | None = None) -> TicketStore:
    """Open the current (or the given) version for reading. Raises NoDataError, DamagedDataError."""
    pair = pair or active_pair(settings)
    pointer = pointer or read_pointer(settings, pair)
    if pointer.schema_revision != SCHEMA_REVISION:
        raise DamagedDataError("数据由其他版本的软件生成，请重新生成演示数据或重新导入")
    if settings.tickets_url and settings.tickets_url.startswith("postgresql"):
        return TicketStore(postgres_engine(settings, pair, readonly=True), pointer, pair)
    root = _open_files(pair_dir(settings, pair), pointer)
    engine = duckdb_engine(lambda: ConnectionWrapper(root.cursor()))
    return TicketStore(engine, pointer, pair, root)


# Statements once compiled serve every version: an engine of its own for each would compile them all anew.
_COMPILED: Any = LRUCache(2000)


@cache
def _prototype() -> Engine:
    engine = create_engine("duckdb://", poolclass=NullPool)
    with engine.connect():  # the dialect looks at its database once, when it is first connected
        return engine


def duckdb_dialect() -> Dialect:
    """The dialect all engines share, for statements written as text."""
    return _prototype().dialect


def duckdb_engine(
    connect: Callable[[], ConnectionWrapper], pool_class: type[Pool] = NullPool, **options: Any
) -> Engine:
    """An engine that connects by `connect`; it shares dialect and compiled statements with all others.

    options: execution options of every connection.
    """
    prototype = _prototype()
    pool = pool_class(cast(Any, connect), dialect=prototype.dialect)
    return Engine(pool, prototype.dialect, prototype.url, execution_options={"compiled_cache": _COMPILED, **options})


# One process has one DuckDB instance per file: whoever opens a version that is open already (a page while
# health looks) shares it, with its segments attached and its settings locked.
_opening = threading.Lock()


def _open_files(folder: Path, pointer: Pointer) -> duckdb.DuckDBPyConnection:
    """A connection to the main file with its segments attached, unable to write or reach outside."""
    with _opening:
        try:
            root = duckdb.connect(
                str(folder / pointer.file), read_only=True, config={"memory_limit": READER_MEMORY, "threads": 2}
            )
        except duckdb.Error as error:
            raise DamagedDataError(DAMAGED) from error
        try:
            locked = root.execute("SELECT value FROM duckdb_settings() WHERE name = 'lock_configuration'").fetchone()
            if locked != ("true",):
                for number, name in pointer.segments.items():
                    root.execute(f"ATTACH '{_quoted(folder / name)}' AS segment_{int(number)} (READ_ONLY)")
                root.execute("SET enable_external_access=false")
                root.execute("SET lock_configuration=true")
        except duckdb.Error as error:
            root.close()
            raise DamagedDataError(DAMAGED) from error
    return root


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


# --- PostgreSQL -----------------------------------------------------------------------------


def postgres_schema(pair: PairName) -> str:
    """PostgreSQL schema that holds a pair."""
    return f"minsheng_{pair}"


def postgres_engine(settings: Settings, pair: PairName, readonly: bool = False) -> Engine:
    """Engine whose connections see only the pair's schema; readers get REPEATABLE READ."""
    assert settings.tickets_url
    options = {"options": f"-csearch_path={postgres_schema(pair)}"}
    if readonly:
        return create_engine(settings.tickets_url, connect_args=options, isolation_level="REPEATABLE READ")
    return create_engine(settings.tickets_url, connect_args=options)


def _postgres_pointer(settings: Settings, pair: PairName) -> Pointer:
    engine = postgres_engine(settings, pair, readonly=True)
    try:
        if not inspect(engine).has_table("publications", schema=postgres_schema(pair)):
            raise NoDataError("尚无数据：请先导入工单，或运行 python -m lib demo 生成演示数据")
        with engine.connect() as conn:
            row = conn.execute(select(t.publications).order_by(t.publications.c.publication_no.desc()).limit(1)).first()
    finally:
        engine.dispose()
    if row is None:
        raise NoDataError("尚无数据：请先导入工单，或运行 python -m lib demo 生成演示数据")
    return Pointer(
        version=row.version,
        file="",
        segments={},
        as_of=row.as_of,
        city=row.city,
        is_demo=row.is_demo,
        exclusion_revision=row.exclusion_revision,
        published_at=row.published_at,
        schema_revision=row.schema_revision,
    )


def without_constraints(tables: tuple[Table, ...]) -> MetaData:
    """Copies of the tables without keys and indexes, as DuckDB files hold them (scans need none,
    and every index would be copied at each publish).
    """
    plain = MetaData()
    for table in tables:
        columns = [c.copy() for c in table.columns]
        for column in columns:
            column.primary_key = False
        Table(table.name, plain, *columns, comment=table.comment)
    return plain
