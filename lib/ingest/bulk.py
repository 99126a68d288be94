"""Many rows at once into a table: Arrow into DuckDB, COPY into PostgreSQL."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Float,
    Integer,
    MetaData,
    Table,
    column,
    insert,
    select,
)
from sqlalchemy import table as table_clause
from sqlalchemy.schema import CreateTable, DropTable

_ROWS = "rows_to_insert"
_COPY_ROWS = 50_000
# BigInteger is a kind of Integer: the first match wins.
_ARROW: tuple[tuple[Any, pa.DataType], ...] = (
    (BigInteger, pa.int64()),
    (Integer, pa.int32()),
    (Boolean, pa.bool_()),
    (Float, pa.float64()),
    (DateTime, pa.timestamp("us")),
    (Date, pa.date32()),
)


def arrow_type(kind: Any) -> pa.DataType:
    """The Arrow type of a column type; text for everything that is neither number, flag nor time."""
    return next((arrow for sql, arrow in _ARROW if isinstance(kind, sql)), pa.string())


def to_arrow(table: Table, frame: pd.DataFrame) -> pa.Table:
    """The frame's columns that the table has, in the table's order and types.

    Missing values of any spelling (None, NaN, NaT, NA) become NULL. Raises pyarrow.ArrowInvalid or
    ArrowTypeError when a value does not fit its column.
    """
    names = [c.name for c in table.c if c.name in frame.columns]
    return pa.table({n: pa.array(frame[n], arrow_type(table.c[n].type), from_pandas=True) for n in names})


def insert_frame(conn: Connection, table: Table, frame: pd.DataFrame | pa.Table) -> int:
    """Insert all rows of a frame; columns of the table that the frame lacks become NULL. Returns the rows."""
    rows = frame if isinstance(frame, pa.Table) else to_arrow(table, frame)
    if rows.num_rows == 0:
        return 0
    if conn.dialect.name == "postgresql":
        _copy(conn, table, rows)
    else:
        raw: Any = conn.connection.dbapi_connection
        raw.register(_ROWS, rows)
        try:
            source = table_clause(_ROWS, *(column(n) for n in rows.column_names))
            conn.execute(insert(table).from_select(rows.column_names, select(*source.c)))
        finally:
            raw.unregister(_ROWS)
    return int(rows.num_rows)


def _copy(conn: Connection, table: Table, rows: pa.Table) -> None:
    """COPY as CSV in which every value is quoted and NULL is not, so that '' stays an empty text."""
    quote = conn.dialect.identifier_preparer
    names = ", ".join(quote.quote(n) for n in rows.column_names)
    driver: Any = conn.connection.driver_connection
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="all_valid")
    with driver.cursor() as cursor:
        command = f"COPY {quote.format_table(table)} ({names}) FROM STDIN WITH (FORMAT csv, NULL '')"
        with cursor.copy(command) as copy:
            for start in range(0, rows.num_rows, _COPY_ROWS):
                part = io.BytesIO()
                pyarrow.csv.write_csv(rows.slice(start, _COPY_ROWS), part, options)
                copy.write(part.getvalue())


def temporary(conn: Connection, name: str, columns: Iterable[Column], frame: pd.DataFrame) -> Table:
    """A temporary table filled with the frame: how many keys enter a statement on both databases."""
    table = Table(name, MetaData(), *columns, prefixes=["TEMPORARY"])
    conn.execute(DropTable(table, if_exists=True))
    conn.execute(CreateTable(table))
    insert_frame(conn, table, frame)
    return table
