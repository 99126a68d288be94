"""From a statement to a frame."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import Connection, Executable


def fetch(conn: Connection, statement: Executable) -> pd.DataFrame:
    """All rows of the statement, columns named as it labels them; an empty result keeps its columns."""
    result = conn.execute(statement)
    columns = list(result.keys())
    rows: list[Any] = [tuple(row) for row in result.fetchall()]
    return pd.DataFrame.from_records(rows, columns=columns)


def numeric(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """The frame with these columns as numbers: whole ones as int64, others as float; never NULL."""
    for column in columns:
        frame[column] = pd.to_numeric(frame[column]).fillna(0)
        if frame.empty:
            frame[column] = frame[column].astype("int64")
    return frame
