"""Townships that whistle for departments (吹哨、报到), as rows."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Connection, select

from lib.queries.frames import fetch
from lib.schema import lists as t

W, IT = t.list_whistles.c, t.list_items.c


def whistle_frame(conn: Connection) -> pd.DataFrame:
    """One row per department that was whistled for about an item that is not voided, newest first: whistle_id,
    item_no, list_kind, title, unit_code, called_unit_code, whistled_at, arrived_at (UTC), reason, note.
    """
    statement = (
        select(W.whistle_id, IT.item_no, IT.list_kind, IT.title, W.unit_code, W.called_unit_code, W.whistled_at,
               W.arrived_at, W.reason, W.note)
        .join_from(t.list_whistles, t.list_items)
        .where(IT.state != "voided")
        .order_by(W.whistle_id.desc())
    )  # fmt: skip
    return fetch(conn, statement)


def linked_keys(conn: Connection) -> set[tuple[str, str]]:
    """(source_code, ticket_no) of every ticket that stands on an item that is still open or was closed out."""
    k = t.list_tickets.c
    statement = (
        select(k.source_code, k.ticket_no)
        .join_from(t.list_tickets, t.list_items)
        .where(k.unlinked_at.is_(None), IT.state.not_in(("voided", "declined")))
    )
    return {(row.source_code, row.ticket_no) for row in conn.execute(statement)}
