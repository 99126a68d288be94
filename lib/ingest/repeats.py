"""重复诉求: which tickets follow an earlier one of the same matter.

Same matter: the same requester (keyed hash of the phone) or the same place, the same second-level
category, received at most `repeat_days` days (to the second) after the earlier ticket. A ticket is
linked to the latest such ticket. 催办 rows are never repeats and never repeated; an unmapped category is
no matter at all.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select, true, update

from lib.schema import tickets as t
from lib.schema.dialect import hours_between

T = t.tickets.c


def _matter() -> ColumnElement[Any]:
    """Second-level category, or the first-level one where the source knows no second; NULL if unmapped."""
    return func.coalesce(func.nullif(T.category2_code, t.UNMAPPED), func.nullif(T.category1_code, t.UNMAPPED))


def _earlier(key: ColumnElement[Any], repeat_days: int, scope: ColumnElement[bool]) -> Select[Any]:
    """One row per ticket that follows another with the same key: its id, the earlier id and time."""
    window: dict[str, Any] = {"partition_by": (key, _matter()), "order_by": (T.received_at, T.ticket_id)}
    rows = (
        select(
            T.ticket_id,
            T.received_at,
            func.lag(T.ticket_id).over(**window).label("earlier_id"),
            func.lag(T.received_at).over(**window).label("earlier_at"),
        )
        .where(key.is_not(None), _matter().is_not(None), T.handling_type != t.URGING, T.received_at.is_not(None), scope)
        .subquery()
    )
    return select(rows.c.ticket_id, rows.c.earlier_id, rows.c.earlier_at).where(
        hours_between(rows.c.earlier_at, rows.c.received_at) <= 24.0 * repeat_days
    )


def links(repeat_days: int, scope: ColumnElement[bool] | None = None) -> Select[Any]:
    """One row per repeat: ticket_id, earlier_id (the latest earlier ticket of the same matter).

    scope restricts the tickets looked at; it must hold whole groups of requester and place.
    """
    looked_at = true() if scope is None else scope
    parts = (
        _earlier(T.requester_hash, repeat_days, looked_at)
        .union_all(_earlier(T.place_key, repeat_days, looked_at))
        .subquery()
    )
    latest: dict[str, Any] = {
        "partition_by": parts.c.ticket_id,
        "order_by": (parts.c.earlier_at.desc(), parts.c.earlier_id.desc()),
    }
    ranked = select(
        parts.c.ticket_id, parts.c.earlier_id, func.row_number().over(**latest).label("place_in_line")
    ).subquery()
    return select(ranked.c.ticket_id, ranked.c.earlier_id).where(ranked.c.place_in_line == 1)


def changed_links(found: Select[Any], scope: ColumnElement[bool]) -> Select[Any]:
    """One row per ticket in scope whose link is to change: ticket_id, earlier_id (NULL: no repeat)."""
    repeated = found.subquery()
    return (
        select(T.ticket_id, repeated.c.earlier_id)
        .select_from(t.tickets.outerjoin(repeated, repeated.c.ticket_id == T.ticket_id))
        .where(scope, or_(T.is_repeat.is_(None), T.repeat_of_id.is_distinct_from(repeated.c.earlier_id)))
    )


def write_links(conn: Connection, changed: Select[Any]) -> None:
    """Write the links that `changed` lists."""
    wanted = changed.subquery()
    conn.execute(
        update(t.tickets)
        .where(T.ticket_id == wanted.c.ticket_id)
        .values(repeat_of_id=wanted.c.earlier_id, is_repeat=wanted.c.earlier_id.is_not(None))
    )


def link_all(conn: Connection, repeat_days: int) -> None:
    """Set is_repeat and repeat_of_id of every ticket."""
    write_links(conn, changed_links(links(repeat_days), true()))
