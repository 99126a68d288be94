"""A table of another database as a source: allowed dialects, read-only, incremental by its updated-at column."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Column, DateTime, Engine, MetaData, Table, create_engine, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, NoSuchTableError, SQLAlchemyError
from sqlalchemy.types import Date, String

from lib.ingest.mapping import MappingFile
from lib.ingest.readers import Limits, Progress, ReadError, Row, Sheet
from lib.ingest.readers.base import cell_text, checked
from lib.ingest.tables import RawTable, clean_heading, raw_table

# Dialects a source may have; their drivers are part of the product.
DIALECTS = ("postgresql+psycopg", "sqlite", "duckdb", "mysql+pymysql")
_BATCH = 5_000


def source_url(text: str) -> URL:
    """The address, or that of the environment variable NAME in `env:NAME`. Raises ReadError without the password."""
    if text.startswith("env:"):
        name = text.removeprefix("env:")
        text = os.environ.get(name, "")
        if not text:
            raise ReadError(f"环境变量 {name} 没有设置，请把数据库地址放进去")
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise ReadError("数据库地址写法不对，应形如 postgresql+psycopg://用户:密码@主机:5432/库名") from error
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in DIALECTS:
        raise ReadError(f"不支持的数据库类型“{url.drivername}”，可用：{'、'.join(DIALECTS)}")
    return url


def read_only_engine(url: URL) -> Engine:
    """An engine that cannot write: by the way the file is opened or by the session. Raises ReadError."""
    name = url.get_backend_name()
    if name in ("sqlite", "duckdb"):
        path = Path(url.database or "")
        if not path.is_file():
            raise ReadError(f"找不到数据库文件“{path.name}”，请检查地址")
    if name == "sqlite":
        return create_engine(f"sqlite:///file:{Path(url.database or '').resolve()}?mode=ro&uri=true")
    if name == "duckdb":
        return create_engine(url, connect_args={"read_only": True})
    if name == "postgresql":
        options = {"options": "-cdefault_transaction_read_only=on -cstatement_timeout=600000"}
        return create_engine(url, connect_args={**options, "connect_timeout": 15})
    engine = create_engine(url, connect_args={"connect_timeout": 15})
    event.listen(engine, "connect", _mysql_read_only)
    return engine


def _mysql_read_only(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("SET SESSION TRANSACTION READ ONLY")
    cursor.close()


def read_source(
    url_text: str,
    table_name: str,
    mapping: MappingFile | None,
    since: datetime | None,
    progress: Progress | None = None,
) -> RawTable:
    """The table (all of it, or rows changed at or after `since`) as a raw table. Raises ReadError.

    since needs the mapping's source_updated_at column; rows of that very moment are read again, because
    several may carry it, and turn out unchanged.
    """
    url = source_url(url_text)
    engine = read_only_engine(url)
    schema, _, name = table_name.rpartition(".")
    try:
        table = Table(name, MetaData(), schema=schema or None, autoload_with=engine)
        stmt = select(table)
        changed = updated_column(table, mapping)
        if since is not None and changed is not None:
            stmt = stmt.where(
                changed >= (since if isinstance(changed.type, DateTime | Date) else _as_text(since, changed))
            )
        if changed is not None:
            stmt = stmt.order_by(changed)
        with engine.connect() as conn:
            total = conn.execute(select(func.count()).select_from(stmt.order_by(None).subquery())).scalar_one()
            result = conn.execution_options(stream_results=True, yield_per=_BATCH).execute(stmt)
            rows = _rows(result, list(table.columns.keys()), int(total), name, progress)
            found = raw_table(Sheet(f"数据库表 {table_name}", "", checked(rows, table_name, Limits()), has_header=True))
    except NoSuchTableError as error:
        raise ReadError(f"数据库里没有表“{table_name}”，请检查表名（可写成 模式.表名）") from error
    except SQLAlchemyError as error:
        where = url.render_as_string(hide_password=True)
        raise ReadError(f"无法读取 {where} 的表“{table_name}”：请检查地址、账号权限和网络") from error
    finally:
        engine.dispose()
    if found is None:
        raise ReadError(f"数据库表“{table_name}”没有列")
    return found


def updated_column(table: Table, mapping: MappingFile | None) -> Column[Any] | None:
    """The column the mapping names as source_updated_at, when the table has it."""
    rule = mapping.tickets.fields.get("source_updated_at") if mapping else None
    if rule is None:
        return None
    by_name = {clean_heading(column.name): column for column in table.columns}
    return next((by_name[name] for name in rule.columns if name in by_name), None)


def _as_text(since: datetime, column: Column[Any]) -> str:
    """The moment as text for a column that keeps ISO times as text (SQLite often does)."""
    if not isinstance(column.type, String):
        raise ReadError(f"列“{column.name}”不是时间，不能用于增量导入")
    return since.isoformat(sep=" ", timespec="seconds")


def _rows(result: Any, names: list[str], total: int, name: str, progress: Progress | None) -> Iterator[Row]:
    yield Row(1, names)
    for line, values in enumerate(result, start=2):
        yield Row(line, [cell_text(value) for value in values])
        if progress and line % 1000 == 0:
            progress(line - 1, total, f"正在读取 {name}")
