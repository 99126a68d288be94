"""What belongs to one item of the dual lists, as frames. What a unit must not see is left out here."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Connection, Select, Table, and_, case, false, func, or_, select, true

from lib.queries.frames import fetch
from lib.queries.list_items import Reach
from lib.schema import assessment as a
from lib.schema import lists as t

# Steps that speak of other units, or of what the offices weigh among themselves.
OFFICE_STEPS = (
    "propose", "change", "enlist", "decline", "hand_over", "receive", "object_duty", "decide_duty", "ask_suspension",
    "document", "void_document", "link", "void", "reinspect",
)  # fmt: skip

# Steps whose words are said to every unit that answers for the item.
SAID_TO_UNITS = ("assign", "resume", "reopen", "escalate", "verify_close_out")


def _within(column: Any, reach: Reach) -> ColumnElement[bool]:
    if reach is None:
        return true()
    return column.in_(reach) if reach else false()


def _office(reach: Reach) -> ColumnElement[bool]:
    """What only those see who see every unit."""
    return true() if reach is None else false()


def _named(statement: Select[Any], table: Table, by: Any) -> Select[Any]:
    """With `by_name`: how the account that did it is shown; None for one that is not an account."""
    known = a.accounts.alias("known")
    return statement.add_columns(known.c.display_name.label("by_name")).outerjoin_from(table, known, known.c.name == by)


def step_frame(conn: Connection, item_id: int, reach: Reach) -> pd.DataFrame:
    """One row per step, oldest first: at, display_name, role, step, from_state, to_state, text, facts (JSON).

    A unit sees what happened since it answers for the item, with the words that are meant for all units and those
    of its own accounts: the others' words are theirs.
    """
    s = t.list_steps.c
    columns = [s.step_no, s.at, s.display_name, s.role, s.step, s.from_state, s.to_state]
    if reach is None:
        statement = select(*columns, s.text, s.facts).where(s.item_id == item_id)
        return fetch(conn, statement.order_by(s.step_no))
    r, who = t.list_responsibilities.c, a.accounts.c
    since = select(func.min(r.added_at)).where(r.item_id == item_id, r.ended_at.is_(None), _within(r.unit_code, reach))
    own = and_(s.role == "unit", who.unit_code.is_not(None), _within(who.unit_code, reach))
    statement = (
        select(
            *columns,
            case((or_(own, s.step.in_(SAID_TO_UNITS)), s.text), else_="").label("text"),
            case((own, s.facts), else_="{}").label("facts"),
        )
        .outerjoin_from(t.list_steps, a.accounts, who.name == s.account)
        .where(s.item_id == item_id, s.step.not_in(OFFICE_STEPS), s.at >= since.scalar_subquery())
    )
    return fetch(conn, statement.order_by(s.step_no))


def ticket_frame(conn: Connection, item_id: int) -> pd.DataFrame:
    """One row per linked ticket: source_code, ticket_no, linked_at, by_name."""
    k = t.list_tickets
    statement = select(k.c.source_code, k.c.ticket_no, k.c.linked_at)
    named = _named(statement, k, k.c.linked_by).where(k.c.item_id == item_id, k.c.unlinked_at.is_(None))
    return fetch(conn, named.order_by(k.c.link_id))


def responsibility_frame(conn: Connection, item_id: int, reach: Reach) -> pd.DataFrame:
    """One row per responsibility, the standing ones first; for a unit the standing ones only."""
    r = t.list_responsibilities.c
    statement = select(t.list_responsibilities).where(r.item_id == item_id, or_(r.ended_at.is_(None), _office(reach)))
    return fetch(conn, statement.order_by(r.ended_at.is_not(None), r.is_lead.desc(), r.responsibility_id))


def sponsor_frame(conn: Connection, item_id: int) -> pd.DataFrame:
    """One row per sponsor, newest first."""
    s = t.list_sponsors.c
    return fetch(conn, select(t.list_sponsors).where(s.item_id == item_id).order_by(s.sponsor_id.desc()))


def report_frame(conn: Connection, item_id: int, reach: Reach) -> pd.DataFrame:
    """One row per progress report, newest first."""
    r = t.list_reports
    named = _named(select(r), r, r.c.account).where(r.c.item_id == item_id, _within(r.c.unit_code, reach))
    return fetch(conn, named.order_by(r.c.report_id.desc()))


def request_frame(conn: Connection, item_id: int, reach: Reach) -> pd.DataFrame:
    """One row per request with its verdict, newest first; by_name asked, decided_name decided."""
    q, decider = t.list_requests, a.accounts.alias("decider")
    named = _named(select(q), q, q.c.asked_by).add_columns(decider.c.display_name.label("decided_name"))
    statement = named.outerjoin(decider, decider.c.name == q.c.decided_by)
    own = (q.c.item_id == item_id, _within(q.c.unit_code, reach))
    return fetch(conn, statement.where(*own).order_by(q.c.request_id.desc()))


def hand_over_frame(conn: Connection, item_id: int, reach: Reach) -> pd.DataFrame:
    """One row per hand-over that made the item or that it went into, newest first; none for a unit."""
    h, receiver = t.list_hand_overs, a.accounts.alias("receiver")
    old, new = t.list_items.alias("old"), t.list_items.alias("new")
    statement = (
        select(h, receiver.c.display_name.label("received_name"), old.c.item_no, new.c.item_no.label("new_item_no"))
        .join_from(h, old, old.c.item_id == h.c.item_id)
        .outerjoin(new, new.c.item_id == h.c.new_item_id)
        .outerjoin(receiver, receiver.c.name == h.c.received_by)
    )
    named = _named(statement, h, h.c.handed_by)
    about = or_(h.c.item_id == item_id, h.c.new_item_id == item_id)
    return fetch(conn, named.where(about, _office(reach)).order_by(h.c.hand_over_id.desc()))


def urging_frame(conn: Connection, item_id: int, reach: Reach) -> pd.DataFrame:
    """One row per urging of one unit, newest first."""
    u = t.list_urgings
    named = _named(select(u), u, u.c.account).where(u.c.item_id == item_id, _within(u.c.unit_code, reach))
    return fetch(conn, named.order_by(u.c.urging_id.desc()))


def whistle_frame(conn: Connection, item_id: int, reach: Reach) -> pd.DataFrame:
    """One row per department that was whistled for, newest first; for a unit those it called or is called by."""
    w = t.list_whistles.c
    own = or_(_within(w.unit_code, reach), _within(w.called_unit_code, reach))
    statement = select(t.list_whistles).where(w.item_id == item_id, own)
    return fetch(conn, statement.order_by(w.whistle_id.desc()))


def evidence_frame(conn: Connection, item_id: int, reach: Reach) -> pd.DataFrame:
    """One row per evidence file, newest first, withdrawn ones included; size in bytes. A unit sees its own."""
    e, f, uploader = t.list_evidence, t.list_files, a.accounts.alias("uploader")
    statement = (
        select(e, f.c.size, uploader.c.display_name.label("by_name"))
        .join_from(e, f)
        .outerjoin(uploader, uploader.c.name == e.c.added_by)
        .where(e.c.item_id == item_id, _within(uploader.c.unit_code, reach))
    )
    return fetch(conn, statement.order_by(e.c.evidence_id.desc()))


def document_frame(conn: Connection, item_id: int, reach: Reach) -> pd.DataFrame:
    """One row per numbered document, newest first, void ones included; a unit sees those addressed to it."""
    d = t.list_documents
    named = _named(select(d), d, d.c.made_by).where(d.c.item_id == item_id, _within(d.c.unit_code, reach))
    return fetch(conn, named.order_by(d.c.document_id.desc()))


def reinspection_frame(conn: Connection, item_id: int, reach: Reach) -> pd.DataFrame:
    """One row per re-inspection, next one first; none for a unit."""
    s = t.list_reinspections
    named = _named(select(s), s, s.c.done_by).where(s.c.item_id == item_id, _office(reach))
    return fetch(conn, named.order_by(s.c.due_on, s.c.reinspection_id))
