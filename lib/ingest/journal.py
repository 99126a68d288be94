"""The log of imports inside the database, and call days."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
from sqlalchemy import Connection, delete, insert, select

from lib.ingest.bulk import insert_frame, temporary
from lib.ingest.draft import Draft
from lib.ingest.frames import differ, in_types_of, key_columns, read
from lib.ingest.staged import Staged
from lib.ingest.upsert import Counts
from lib.schema import tickets as t

_LONGEST_VALUE = 200


def record_run(
    draft: Draft, staged: Staged, counts: Counts, import_no: int, started_at: datetime, warnings: pd.DataFrame
) -> None:
    """One import_runs row, its refused rows and its warnings."""
    conn = draft.conn
    conn.execute(
        insert(t.import_runs).values(
            import_no=import_no,
            started_at=started_at,
            finished_at=datetime.now().replace(microsecond=0),
            source_code=staged.source_code,
            mapping_name=staged.mapping_name,
            file_names="、".join(staged.file_names),
            file_sha256=",".join(staged.file_sha256),
            as_of=staged.as_of,
            read_rows=staged.read_rows,
            inserted_rows=counts.inserted,
            updated_rows=counts.updated,
            unchanged_rows=counts.unchanged,
            rejected_rows=len(staged.rejected),
            warning_count=int(warnings["row_count"].sum()) if len(warnings) else 0,
            version=draft.version,
        )
    )
    for table, frame in ((t.rejected_rows, staged.rejected), (t.import_warnings, warnings)):
        rows = frame.assign(import_no=import_no, value=frame["value"].astype("string").str[:_LONGEST_VALUE])
        insert_frame(conn, table, rows)


def store_calls(conn: Connection, calls: pd.DataFrame | None) -> int:
    """Insert or replace call days. Returns the days that changed."""
    if calls is None or calls.empty:
        return 0
    names = [c.name for c in t.call_days.c]
    new = in_types_of(t.call_days, calls.reindex(columns=names)).drop_duplicates("day", keep="last")
    both = new.merge(read(conn, select(t.call_days)), on="day", how="left", suffixes=("", "_old"), indicator=True)
    changed = (both["_merge"] == "left_only").to_numpy(copy=True)
    for column in ("inbound", "answered"):
        changed |= differ(both[column], both[f"{column}_old"])
    rows = both[changed]
    days = temporary(conn, "changed_call_days", key_columns(t.call_days, "day"), rows[["day"]])
    conn.execute(delete(t.call_days).where(t.call_days.c.day.in_(select(days.c.day))))
    insert_frame(conn, t.call_days, rows[names])
    return len(rows)
