"""Everything about one ticket."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Table, or_, select

from lib.queries.extent import may_open
from lib.queries.frames import fetch
from lib.schema import tickets as t

T = t.tickets.c
RELATED_LIMIT = 20


def ticket_row(
    conn: Connection, source_code: str, ticket_no: str, *, reach: tuple[str, ...] | None
) -> dict[str, Any] | None:
    """The ticket's row as a dict of the columns of `tickets`; None when there is none that may be opened.

    Everything else about a ticket is asked with this row, so reach is settled here (see extent.may_open).
    """
    statement = select(t.tickets).where(T.source_code == source_code, T.ticket_no == ticket_no, may_open(reach))
    row = conn.execute(statement).mappings().first()
    return None if row is None else dict(row)


def known_keys(
    conn: Connection, keys: Collection[tuple[str, str]], *, reach: tuple[str, ...] | None
) -> set[tuple[str, str]]:
    """Those of the keys (source_code, ticket_no) that are tickets which may be opened."""
    if not keys:
        return set()
    numbers = sorted({number for _, number in keys})
    statement = select(T.source_code, T.ticket_no).where(T.ticket_no.in_(numbers), may_open(reach))
    return {(row.source_code, row.ticket_no) for row in conn.execute(statement)} & set(keys)


def keys_of_numbers(
    conn: Connection, numbers: Collection[str], *, reach: tuple[str, ...] | None
) -> list[tuple[str, str]]:
    """(source_code, ticket_no) of every ticket with one of these numbers which may be opened, in order."""
    statement = select(T.source_code, T.ticket_no).where(T.ticket_no.in_(sorted(numbers)), may_open(reach))
    return sorted((row.source_code, row.ticket_no) for row in conn.execute(statement)) if numbers else []


def ticket_text(conn: Connection, ticket: dict[str, Any]) -> dict[str, Any]:
    """Raw texts of the ticket's current segment: title, content, reply, address, answer_comment."""
    x = t.ticket_texts.c
    statement = select(x.title, x.content, x.reply, x.address, x.answer_comment).where(
        x.ticket_id == ticket["ticket_id"], x.segment_no == ticket["segment_no"]
    )
    row = conn.execute(statement).mappings().first()
    return dict(row) if row else dict.fromkeys(("title", "content", "reply", "address", "answer_comment"))


def ticket_events(conn: Connection, ticket: dict[str, Any]) -> pd.DataFrame:
    """One row per event of the ticket, in order: columns of `ticket_events`."""
    return _of_ticket(conn, t.ticket_events, ticket, ("happened_at", "event_no"), in_segment=True)


def ticket_rounds(conn: Connection, ticket: dict[str, Any]) -> pd.DataFrame:
    """One row per handling round of the ticket, in order."""
    return _of_ticket(conn, t.handling_rounds, ticket, ("round_no",), in_segment=True)


def ticket_callbacks(conn: Connection, ticket: dict[str, Any]) -> pd.DataFrame:
    """One row per callback attempt of the ticket, in order."""
    return _of_ticket(conn, t.callbacks, ticket, ("called_at", "attempt_no"))


def ticket_returns(conn: Connection, ticket: dict[str, Any]) -> pd.DataFrame:
    """One row per return of the ticket, in order."""
    return _of_ticket(conn, t.ticket_returns, ticket, ("returned_at", "return_no"))


def ticket_exclusions(conn: Connection, ticket: dict[str, Any]) -> pd.DataFrame:
    """One row per exclusion asked for on the ticket."""
    x = t.ticket_exclusions.c
    return fetch(
        conn,
        select(t.ticket_exclusions).where(x.source_code == ticket["source_code"], x.ticket_no == ticket["ticket_no"]),
    )


def related_tickets(conn: Connection, ticket: dict[str, Any], *, reach: tuple[str, ...] | None) -> pd.DataFrame:
    """One row per ticket of the same matter that may be opened: the earlier one, later repeats of either, and
    reminders.

    Columns: source_code, ticket_no, received_at, handling_type, unit_code, is_closed, relation ("earlier",
    "repeat", "urging"). At most RELATED_LIMIT, newest first.
    """
    origin = ticket["repeat_of_id"]
    chain = [T.repeat_of_id == ticket["ticket_id"]]
    if origin is not None:
        chain += [T.ticket_id == origin, T.repeat_of_id == origin]
    reminder = T.source_code == ticket["source_code"]
    statement = (
        select(
            T.ticket_id, T.source_code, T.ticket_no, T.parent_ticket_no, T.received_at, T.handling_type, T.unit_code,
            T.is_closed,
        )
        .where(
            T.ticket_id != ticket["ticket_id"],
            or_(*chain, reminder & (T.parent_ticket_no == ticket["ticket_no"])),
            may_open(reach),
        )
        .order_by(T.received_at.desc().nulls_last())
        .limit(RELATED_LIMIT)
    )  # fmt: skip
    frame = fetch(conn, statement)
    relation = pd.Series("repeat", index=frame.index, dtype=object)
    relation[frame["parent_ticket_no"] == ticket["ticket_no"]] = "urging"
    if origin is not None:
        relation[frame["ticket_id"] == origin] = "earlier"
    return frame.assign(relation=relation).drop(columns=["ticket_id", "parent_ticket_no"])


def _of_ticket(
    conn: Connection, table: Table, ticket: dict[str, Any], order: tuple[str, ...], in_segment: bool = False
) -> pd.DataFrame:
    statement = select(table).where(table.c.ticket_id == ticket["ticket_id"])
    if in_segment:
        statement = statement.where(table.c.segment_no == ticket["segment_no"])
    return fetch(conn, statement.order_by(*(table.c[name] for name in order)))
