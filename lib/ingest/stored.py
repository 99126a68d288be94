"""What a pair already holds of some tickets: read by key, and written back whole."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from sqlalchemy import Connection, Table, and_, delete, select

from lib.ingest.bulk import insert_frame, temporary
from lib.ingest.draft import Draft
from lib.ingest.frames import empty_of, key_columns, read
from lib.schema import tickets as t

T = t.tickets.c


@dataclass
class Stored:
    """Rows of some tickets. tickets, texts: indexed by ticket_id; the others carry it as a column."""

    tickets: pd.DataFrame
    texts: pd.DataFrame
    events: pd.DataFrame
    rounds: pd.DataFrame
    callbacks: pd.DataFrame
    returns: pd.DataFrame


def nothing() -> Stored:
    """Of a pair that holds no tickets yet."""
    frames = [empty_of(x) for x in (t.ticket_events, t.handling_rounds, t.callbacks, t.ticket_returns)]
    keyed = [empty_of(x).set_index("ticket_id") for x in (t.tickets, t.ticket_texts)]
    return Stored(*keyed, *frames)


def by_number(conn: Connection, keys: pd.DataFrame) -> Stored:
    """Of the tickets with these keys (source_code, ticket_no)."""
    wanted = temporary(conn, "wanted_keys", key_columns(t.tickets, "source_code", "ticket_no"), keys)
    same = and_(T.source_code == wanted.c.source_code, T.ticket_no == wanted.c.ticket_no)
    rows = read(conn, select(t.tickets).join(wanted, same))
    return _with_histories(conn, rows)


def by_id(conn: Connection, ids: pd.Index) -> Stored:
    """Of the tickets with these ids."""
    wanted = wanted_ids(conn, ids)
    rows = read(conn, select(t.tickets).where(T.ticket_id.in_(select(wanted.c.ticket_id))))
    return _with_histories(conn, rows)


def wanted_ids(conn: Connection, ids: pd.Index, name: str = "wanted_ids") -> Table:
    """A temporary table of ticket ids."""
    return temporary(conn, name, key_columns(t.tickets, "ticket_id"), pd.DataFrame({"ticket_id": ids}))


def _with_histories(conn: Connection, rows: pd.DataFrame) -> Stored:
    if rows.empty:
        return nothing()
    columns = key_columns(t.tickets, "ticket_id", "segment_no")
    mine = temporary(conn, "wanted_histories", columns, rows[["ticket_id", "segment_no"]])
    histories = []
    for table in t.SEGMENT_TABLES:
        same = and_(table.c.ticket_id == mine.c.ticket_id, table.c.segment_no == mine.c.segment_no)
        histories.append(read(conn, select(table).join(mine, same)).drop(columns="segment_no"))
    facts = [
        read(conn, select(table).where(table.c.ticket_id.in_(select(mine.c.ticket_id))))
        for table in (t.callbacks, t.ticket_returns)
    ]
    texts, events, rounds = histories
    callbacks = facts[0].sort_values(["ticket_id", "attempt_no"]).reset_index(drop=True)
    return Stored(rows.set_index("ticket_id"), texts.set_index("ticket_id"), events, rounds, callbacks, facts[1])


def write(draft: Draft, rows: Stored) -> None:
    """Replace everything stored of these tickets by the given rows, histories in the draft's segment."""
    conn = draft.conn
    if rows.tickets.empty:
        return
    ids = select(wanted_ids(conn, rows.tickets.index).c.ticket_id)
    for table in (t.tickets, t.callbacks, t.ticket_returns):
        conn.execute(delete(table).where(table.c.ticket_id.in_(ids)))
    tickets = rows.tickets.assign(segment_no=draft.segment_no).sort_values("received_at", kind="stable")
    insert_frame(conn, t.tickets, tickets.reset_index())
    insert_frame(conn, t.callbacks, rows.callbacks)
    insert_frame(conn, t.ticket_returns, rows.returns)
    write_histories(draft, rows)


def write_histories(draft: Draft, rows: Stored) -> None:
    """Write texts, events and rounds of these tickets into the draft's segment, replacing what it holds."""
    ids = select(wanted_ids(draft.conn, rows.tickets.index).c.ticket_id)
    for table, frame in (
        (draft.texts, rows.texts.reset_index()),
        (draft.events, rows.events),
        (draft.rounds, rows.rounds),
    ):
        draft.conn.execute(delete(table).where(table.c.ticket_id.in_(ids)))
        ordered = frame.sort_values("ticket_id", kind="stable").assign(segment_no=draft.segment_no)
        insert_frame(draft.conn, table, ordered)
