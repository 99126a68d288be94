"""Segments at the end of a publish: drop an empty one, merge the small ones when there are many."""

from __future__ import annotations

from pathlib import Path

import duckdb
from sqlalchemy import func, insert, literal, select, update

from lib.ingest import versions
from lib.ingest.draft import Draft
from lib.schema import tickets as t

MOST_SEGMENTS = 12

T = t.tickets.c


def settle(draft: Draft, root: duckdb.DuckDBPyConnection, folder: Path, segments: dict[int, str]) -> dict[int, str]:
    """The segments the version will name, its views set accordingly.

    With more than MOST_SEGMENTS, what still counts of all but the largest moves into the new one.
    """
    new = draft.segment_no
    left = dict(segments)
    if len(left) > MOST_SEGMENTS:
        old = [number for number in left if number != new]
        largest = max(old, key=lambda number: (folder / left[number]).stat().st_size)
        merged = [number for number in old if number != largest]
        _move(draft, merged)
        left = {number: left[number] for number in (largest, new)}
    written = draft.conn.scalar(select(func.count()).select_from(draft.texts))
    if not written and len(left) > 1:
        del left[new]
    versions.create_views(root, list(left))
    root.execute(f"CHECKPOINT {versions.segment_name(new)}")
    for number in segments:
        if number not in left:
            root.execute(f"DETACH {versions.segment_name(number)}")
            if number == new:
                (folder / segments[new]).unlink()
    return left


def _move(draft: Draft, numbers: list[int]) -> None:
    """Copy rows that count from these segments into the draft's, then point their tickets to it."""
    conn = draft.conn
    for number in numbers:
        tables = versions.segment_tables(number)
        for target in (draft.texts, draft.events, draft.rounds):
            source = tables[target.name]
            counts = select(T.ticket_id).where(T.segment_no == number)
            columns = [c for c in source.c if c.name != "segment_no"]
            rows = (
                select(literal(draft.segment_no), *columns)
                .where(source.c.ticket_id.in_(counts))
                .order_by(source.c.ticket_id)
            )
            conn.execute(insert(target).from_select(["segment_no", *(c.name for c in columns)], rows))
        conn.execute(update(t.tickets).where(T.segment_no == number).values(segment_no=draft.segment_no))
