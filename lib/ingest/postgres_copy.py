"""Copy a finished DuckDB version into PostgreSQL: for what is generated faster than it could be inserted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyarrow as pa
from sqlalchemy import Table, select

from lib.config import Settings
from lib.ingest import versions
from lib.ingest.bulk import arrow_type, insert_frame
from lib.ingest.draft import index_postgres, postgres_successor
from lib.schema import tickets as t
from lib.store import PairName, open_store

_BATCH_ROWS = 100_000


def copy_version(settings: Settings, pair: PairName, progress: Callable[[int, int, str], None] | None = None) -> int:
    """Replace the pair on the server of `settings.tickets_url` by the pair's current DuckDB version.

    Readers of the server see the old rows until the end. progress is called with (tables done, tables,
    words). Returns the number of tickets copied. Raises NoDataError when there is no DuckDB version,
    BusyError when somebody else is publishing.
    """
    assert settings.tickets_url
    tables = (*versions.MAIN_TABLES, *t.SEGMENT_TABLES)
    source = open_store(replace(settings, tickets_url=None), pair)
    copied = {}
    try:
        with source.engine.connect() as reader, postgres_successor(settings, pair) as conn:
            raw: Any = reader.connection.dbapi_connection
            for done, table in enumerate(tables):
                if progress:
                    progress(done, len(tables), "正在写入 PostgreSQL")
                sql = str(_live_rows(table).compile(dialect=reader.dialect))
                batches = raw.sql(sql).to_arrow_reader(_BATCH_ROWS)
                schema = pa.schema([(c.name, arrow_type(c.type)) for c in table.c])
                copied[table.name] = sum(
                    insert_frame(conn, table, pa.Table.from_batches([batch]).cast(schema)) for batch in batches
                )
            index_postgres(conn)
    finally:
        source.dispose()
    return copied[t.tickets.name]


def _live_rows(table: Table) -> Any:
    """All rows; of histories only those that count, because on the server nothing else is kept."""
    rows = select(table)
    if table not in t.SEGMENT_TABLES:
        return rows
    T = t.tickets.c
    return rows.join(t.tickets, (T.ticket_id == table.c.ticket_id) & (T.segment_no == table.c.segment_no))
