"""Files of a pair of databases: names that are never reused, the lock, views over segments, the sweep."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
from duckdb_sqlalchemy import ConnectionWrapper
from sqlalchemy import Engine, MetaData, Table
from sqlalchemy.pool import StaticPool
from sqlalchemy.schema import CreateIndex, CreateTable, SetColumnComment, SetTableComment

from lib.config import Settings
from lib.schema import tickets as t
from lib.schema.rollups import ROLLUPS
from lib.store import Pointer, duckdb_dialect, duckdb_engine, pair_dir, replace_file, without_constraints

WRITER_MEMORY = "2GB"
KEPT_VERSIONS = 2
MAIN_TABLES = (*t.DIMENSIONS, *t.FACTS, *t.LOGS, *ROLLUPS)


class BusyError(Exception):
    """Another import of the same pair is publishing; the message says so in Chinese."""


BUSY = "另一个导入或生成任务正在发布数据，请等它结束后再试"


def new_version_name() -> str:
    """A version name that tells when it was made and is never given twice."""
    return f"{datetime.now():%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"


def main_file(version: str) -> str:
    """Main file of a version, relative to the pair's folder."""
    return f"tickets-{version}.duckdb"


def segment_file(number: int, version: str) -> str:
    """File of the segment that a version adds, relative to the pair's folder."""
    return f"segments/segment-{number}-{version}.duckdb"


def segment_name(number: int) -> str:
    """The name under which a segment is attached."""
    return f"segment_{number}"


@contextmanager
def publishing(settings: Settings, pair: str) -> Iterator[Path]:
    """Hold the pair's publish lock; yields the pair's folder. Raises BusyError at once when taken.

    The lock is the kernel's: a killed publisher never leaves it behind.
    """
    folder = pair_dir(settings, pair)  # type: ignore[arg-type]
    (folder / "segments").mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / "publish.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError(BUSY) from error
        yield folder
    finally:
        os.close(handle)


def open_writer(path: Path) -> tuple[duckdb.DuckDBPyConnection, Engine]:
    """Open a new main file for writing. Every statement commits by itself: DuckDB writes to one file
    per transaction, and what makes a version visible is the pointer, not a commit.
    """
    root = duckdb.connect(str(path), config={"memory_limit": WRITER_MEMORY, "threads": 2})
    engine = duckdb_engine(lambda: ConnectionWrapper(root), StaticPool, isolation_level="AUTOCOMMIT")
    return root, engine


def attach(root: duckdb.DuckDBPyConnection, path: Path, number: int, readonly: bool) -> None:
    """Attach a segment under its name."""
    mode = " (READ_ONLY)" if readonly else ""
    quoted = str(path).replace("'", "''")
    root.execute(f"ATTACH '{quoted}' AS {segment_name(number)}{mode}")


def segment_tables(number: int) -> dict[str, Table]:
    """The segment's tables by plain name, addressed through the attached name."""
    plain = MetaData(schema=segment_name(number))
    return {table.name: table.to_metadata(plain, schema=segment_name(number)) for table in t.SEGMENT_TABLES}


def create_main(root: duckdb.DuckDBPyConnection) -> None:
    """All tables of the main file, with their comments, without keys and indexes."""
    root.execute(_main_script())


def create_segment(root: duckdb.DuckDBPyConnection, number: int) -> None:
    """The tables of an attached, empty segment."""
    root.execute(_segment_script().replace(segment_name(0), segment_name(number)))


# Hundreds of columns, each with its comment: written once, and run as one.
@cache
def _main_script() -> str:
    return _script(without_constraints(MAIN_TABLES).sorted_tables)


@cache
def _segment_script() -> str:
    return _script(segment_tables(0).values())


def _script(tables: Iterable[Table]) -> str:
    statements: list[Any] = []
    for table in tables:
        statements += [CreateTable(table), SetTableComment(table), *(SetColumnComment(c) for c in table.columns)]
        statements += [CreateIndex(index) for index in table.indexes]
    return ";\n".join(str(statement.compile(dialect=duckdb_dialect())) for statement in statements)


def create_views(root: duckdb.DuckDBPyConnection, numbers: list[int]) -> None:
    """Views that read a table from all attached segments."""
    for table in t.SEGMENT_TABLES:
        columns = ", ".join(c.name for c in table.c)
        parts = " UNION ALL ".join(
            f"SELECT {columns} FROM {segment_name(n)}.main.{table.name}" for n in sorted(numbers)
        )
        root.execute(f"CREATE OR REPLACE VIEW {table.name} AS {parts}")


def repack(path: Path, segment: Path) -> None:
    """Write a finished main file of a first version anew, without the blocks that building it left free.

    They are a fifth of a large file, and every later import copies the whole file.
    """
    fresh = path.with_name(f"{path.stem}-repacked.duckdb")
    root, engine = open_writer(fresh)
    try:
        create_main(root)
        quoted = str(path).replace("'", "''")
        root.execute(f"ATTACH '{quoted}' AS built (READ_ONLY)")
        for table in MAIN_TABLES:
            root.execute(f"INSERT INTO {table.name} SELECT * FROM built.main.{table.name}")
        root.execute("DETACH built")
        attach(root, segment, 1, readonly=True)
        create_views(root, [1])
        root.execute("CHECKPOINT")
    except BaseException:
        discard(fresh)
        raise
    finally:
        engine.dispose()
        root.close()
    os.replace(fresh, path)


def sync(path: Path) -> None:
    """Push a file, or the entries of a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(folder: Path, current: Pointer) -> list[str]:
    """Delete files that no kept version needs, leftovers of killed publishers included.

    Kept: the current version, the one before it (readers may still be on it) and every version that
    `frozen.json` names: `{"<version>": {"file": …, "segments": {…}}}`. Returns the names deleted.
    Call it only with the publish lock held.
    """
    kept_file = folder / "kept.json"
    kept: dict[str, Any] = json.loads(kept_file.read_text("utf-8")) if kept_file.exists() else {}
    kept.pop(current.version, None)
    kept[current.version] = {"file": current.file, "segments": current.segments}
    # In the order of publishing, which names do not tell when the clock was set back.
    kept = dict(list(kept.items())[-KEPT_VERSIONS:])
    replace_file(kept_file, json.dumps(kept, indent=1))
    frozen_file = folder / "frozen.json"
    frozen: dict[str, Any] = json.loads(frozen_file.read_text("utf-8")) if frozen_file.exists() else {}
    needed: set[str] = set()
    for entry in (*kept.values(), *frozen.values()):
        needed.update(files_of(entry))
    deleted = []
    for path in (*folder.glob("tickets-*"), *folder.glob("segments/*"), *folder.glob(".*.part")):
        name = path.relative_to(folder).as_posix()
        if name not in needed:
            _remove(path)
            deleted.append(name)
    return deleted


def discard(*paths: Path) -> None:
    """Delete the files of a draft that is not kept, with what DuckDB left beside them."""
    for path in paths:
        for leftover in path.parent.glob(path.name + "*"):
            _remove(leftover)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def files_of(entry: Mapping[str, Any]) -> list[str]:
    """Files that a kept or frozen version consists of."""
    return [entry["file"], *entry["segments"].values()]
