"""Lists of tickets: newest first, by keyset, never more than asked for."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
from sqlalchemy import BigInteger, ColumnElement, Connection, and_, cast, func, or_, select

from lib.queries.frames import fetch
from lib.schema import tickets as t

T = t.tickets.c
# Where a page ended: received_at (None for tickets without it, which come last) and ticket_id.
Key = tuple[datetime | None, int]
LIST_COLUMNS = (
    "ticket_id", "source_code", "ticket_no", "received_at", "handling_type", "request_type", "urgency",
    "restricted_class", "is_enterprise", "is_group_event", "district_code", "district_raw", "township_code",
    "category1_code", "category2_code", "category_code", "category_raw", "channel_code", "unit_code", "unit_raw",
    "due_at", "is_closed", "closed_at", "handling_hours", "round_count", "satisfaction", "resolution", "is_repeat",
    "is_excluded",
)  # fmt: skip


def ticket_page(conn: Connection, conditions: list[ColumnElement[bool]], after: Key | None, limit: int) -> pd.DataFrame:
    """One row per ticket that meets the conditions, newest first, at most `limit`, beginning behind `after`.

    Columns: LIST_COLUMNS and title (raw text: mask before showing).
    """
    order = (T.received_at.desc().nulls_last(), T.ticket_id.desc())
    page = select(T.ticket_id).where(*conditions).order_by(*order).limit(limit)
    if after is not None:
        page = page.where(_behind(after))
    # Only the keys are sorted; the wide columns are then read for one page alone.
    ids = [row[0] for row in conn.execute(page)]
    if not ids:
        return pd.DataFrame(columns=[*LIST_COLUMNS, "title"])
    x = t.ticket_texts.c
    frame = fetch(conn, select(*(T[name] for name in LIST_COLUMNS), T.segment_no).where(T.ticket_id.in_(ids)))
    texts = fetch(conn, select(x.ticket_id, x.segment_no, x.title).where(x.ticket_id.in_(ids)))
    frame = frame.merge(texts, on=["ticket_id", "segment_no"], how="left").drop(columns="segment_no")
    return frame.set_index("ticket_id").loc[ids].reset_index()


def _behind(after: Key) -> ColumnElement[bool]:
    received_at, ticket_id = after
    if received_at is None:
        return and_(T.received_at.is_(None), T.ticket_id < ticket_id)
    return or_(
        T.received_at < received_at,
        and_(T.received_at == received_at, T.ticket_id < ticket_id),
        T.received_at.is_(None),
    )


def ticket_count(conn: Connection, conditions: list[ColumnElement[bool]]) -> int:
    """How many tickets meet the conditions."""
    return int(
        conn.execute(select(cast(func.count(), BigInteger)).select_from(t.tickets).where(*conditions)).scalar_one()
    )
