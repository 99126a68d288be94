"""What the figures about the dual lists are counted from, as rows."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from sqlalchemy import Connection, Select, and_, or_, select

from lib.queries.frames import fetch
from lib.schema import lists as t

L = t.list_items.c
# States that never count: they ask nothing of anybody, or belong to another list now.
LEFT_OUT = ("declined", "voided", "handed_over")


def item_frame(conn: Connection, list_kind: str) -> pd.DataFrame:
    """One row per item of the list that counts: item_id, item_no, title, state, level,
    assigned_on, first_due_on, due_on, closed_on, reopened_count, lead_unit_code (None without).
    """
    r = t.list_responsibilities
    lead = and_(r.c.item_id == L.item_id, r.c.is_lead, r.c.ended_at.is_(None))
    shown = (L.item_id, L.item_no, L.title, L.state, L.level, L.assigned_on, L.first_due_on, L.due_on, L.closed_on,
             L.reopened_count)  # fmt: skip
    statement = (
        select(*shown, r.c.unit_code.label("lead_unit_code"))
        .outerjoin_from(t.list_items, r, lead)
        .where(L.list_kind == list_kind, L.state.not_in((*LEFT_OUT, "proposed")))
        .order_by(L.item_id)
    )
    return fetch(conn, statement)


def closing_frame(conn: Connection, list_kind: str) -> pd.DataFrame:
    """One row per close-out and per reopening of the list's items, in their order: item_id, step, at (UTC)."""
    s = t.list_steps.c
    closed = and_(s.step == "verify_close_out", s.to_state == "closed")
    statement = (
        select(s.item_id, s.step, s.at)
        .join_from(t.list_steps, t.list_items)
        .where(L.list_kind == list_kind, L.state.not_in(LEFT_OUT), or_(closed, s.step == "reopen"))
        .order_by(s.step_no)
    )
    return fetch(conn, statement)


def relapse_frame(conn: Connection, list_kind: str) -> pd.DataFrame:
    """One row per re-inspection that found a relapse of an item of the list: item_id, at (UTC)."""
    r = t.list_reinspections.c
    statement = (
        select(r.item_id, r.done_at.label("at"))
        .join_from(t.list_reinspections, t.list_items)
        .where(L.list_kind == list_kind, r.verdict == "relapsed", r.done_at.is_not(None))
    )
    return fetch(conn, statement)


def hand_over_frame(conn: Connection) -> pd.DataFrame:
    """One row per hand-over: item_no, title, receiver, handed_at, received_at (UTC), is_accepted."""
    h = t.list_hand_overs.c
    statement = select(L.item_no, L.title, h.receiver, h.handed_at, h.received_at, h.is_accepted)
    return fetch(conn, statement.join_from(t.list_hand_overs, t.list_items, h.item_id == L.item_id))


def asked_frame(conn: Connection, list_kind: str, letters: Sequence[str]) -> pd.DataFrame:
    """One row per urging and per standing letter of these kinds that a unit got about an item of the list:
    unit_code, at (UTC), what ("urging" or the kind of the letter), item_no.
    """
    u, d = t.list_urgings.c, t.list_documents.c
    urgings = fetch(conn, _of(select(u.unit_code, u.at, L.item_no), t.list_urgings, list_kind)).assign(what="urging")
    papers = _of(
        select(d.unit_code, d.made_at.label("at"), d.kind.label("what"), L.item_no), t.list_documents, list_kind
    ).where(d.kind.in_(letters), d.voided_at.is_(None), d.unit_code.is_not(None))
    return pd.concat([urgings, fetch(conn, papers)], ignore_index=True)


def _of(statement: Select, table: object, list_kind: str) -> Select:
    joined: Select = statement.join_from(table, t.list_items).where(L.list_kind == list_kind)  # type: ignore[arg-type]
    return joined


def instruction_frame(conn: Connection) -> pd.DataFrame:
    """One row per item that a leader instructed, voided and declined ones left out: item_no, list_kind, title, state,
    instructed_by, instructed_on, reply_by_on, due_on, closed_on.
    """
    shown = (L.item_no, L.list_kind, L.title, L.state, L.instructed_by, L.instructed_on, L.reply_by_on, L.due_on,
             L.closed_on)  # fmt: skip
    said = or_(L.source == "instruction", L.instruction.is_not(None))
    return fetch(conn, select(*shown).where(said, L.state.not_in(LEFT_OUT), L.instructed_by.is_not(None)))


def awaited_frame(conn: Connection) -> pd.DataFrame:
    """One row per department that was whistled for and has not come: item_id, called_unit_code, whistled_at (UTC)."""
    w = t.list_whistles.c
    return fetch(conn, select(w.item_id, w.called_unit_code, w.whistled_at).where(w.arrived_at.is_(None)))
