"""Frames in the types of the tables: typed alike whether a file or the database gave them, so that they compare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Boolean, Column, Connection, Date, DateTime, Float, Integer, Select, Table


def typed(values: pd.Series, kind: Any) -> pd.Series:
    """A column in the one pandas type of its SQL type; missing values in that type's own spelling."""
    if isinstance(kind, Boolean):
        return values.astype("boolean")
    if isinstance(kind, Integer):
        return values.astype("Int64")
    if isinstance(kind, Float):
        return pd.to_numeric(values).astype("Float64").round(6)
    if isinstance(kind, DateTime):
        return pd.to_datetime(values).astype("datetime64[us]")
    if isinstance(kind, Date):
        days = pd.to_datetime(values)
        return days.dt.date.astype(object).where(days.notna(), None)
    text = values.astype(object)
    return text.where(text.notna(), None)


def in_types_of(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Those columns of the frame that the table has, typed."""
    return pd.DataFrame({c.name: typed(frame[c.name], c.type) for c in table.c if c.name in frame}, index=frame.index)


def empty_of(table: Table, more: Sequence[str] = ()) -> pd.DataFrame:
    """No rows, all columns of the table in their types."""
    columns = {c.name: typed(pd.Series(dtype=object), c.type) for c in table.c}
    return pd.DataFrame(columns | {name: pd.Series(dtype=object) for name in more})


def read(conn: Connection, stmt: Select[Any]) -> pd.DataFrame:
    """The rows of a statement, typed by its columns."""
    kinds = {name: column.type for name, column in stmt.selected_columns.items()}
    rows = pd.DataFrame(conn.execute(stmt).fetchall(), columns=list(kinds), dtype=object)
    return pd.DataFrame({name: typed(rows[name], kind) for name, kind in kinds.items()}, index=rows.index)


def differ(left: pd.Series, right: pd.Series) -> np.ndarray:
    """IS DISTINCT FROM of two columns of one type and order of rows: two missing values do not differ."""
    left, right = left.reset_index(drop=True), right.reset_index(drop=True)
    empty_left, empty_right = left.isna().to_numpy(), right.isna().to_numpy()
    same = (left == right).fillna(False).to_numpy(dtype=bool)
    return ~(same | (empty_left & empty_right))


def signature(frame: pd.DataFrame, key: str, columns: Sequence[str]) -> pd.Series:
    """One number per key for its set of rows, whatever their order: equal sets have equal numbers."""
    if frame.empty:
        return pd.Series(dtype="uint64")
    spelled = pd.DataFrame({c: frame[c].astype("string").fillna("\0") for c in columns}).astype(object)
    hashed = pd.util.hash_pandas_object(spelled, index=False)
    return hashed.groupby(frame[key].to_numpy()).sum().astype("uint64")


def different_sets(left: pd.DataFrame, right: pd.DataFrame, key: str, columns: Sequence[str]) -> pd.Index:
    """Keys whose sets of rows differ between two frames."""
    a, b = signature(left, key, columns), signature(right, key, columns)
    every = a.index.union(b.index)
    return every[a.reindex(every, fill_value=0).to_numpy() != b.reindex(every, fill_value=0).to_numpy()]


def key_columns(table: Table, *names: str) -> list[Column]:
    """Bare copies of columns, for a temporary table of keys."""
    return [Column(name, table.c[name].type) for name in names]
