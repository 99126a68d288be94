"""Items of the dual lists as rows, within the reach of who asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, false, func, or_, select, true

from lib.schema import lists as t
from lib.schema.list_terms import FLAGS

ITEM, R = t.list_items.c, t.list_responsibilities.c
Reach = tuple[str, ...] | None


@dataclass(frozen=True)
class ItemFilter:
    """Which items of a list are asked for; everything is optional. Codes and keys, days included at both ends.

    states, districts, sources, problem_types: any of these. units: the item's lead or supporting unit is any of
    these (a unit and those below it are given as one tuple). flags: all of these. words: every word stands in the
    number, the title, the problem, the instruction or the remarks. due_from, due_to: the limit lies between.
    item_nos: these numbers only.
    """

    states: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    problem_types: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    words: str = ""
    due_from: date | None = None
    due_to: date | None = None
    item_nos: tuple[str, ...] = ()


EVERY_ITEM = ItemFilter()


def visible(reach: Reach) -> ColumnElement[bool]:
    """Items that may be seen. A unit sees what it answers for now, from the day it was given to somebody."""
    if reach is None:
        return true()
    return and_(_answered_by(reach), ITEM.assigned_on.is_not(None), ITEM.state != "voided")


def _answered_by(units: tuple[str, ...]) -> ColumnElement[bool]:
    """One of the units is responsible now. An empty list is said plainly: databases disagree about an empty IN."""
    r = t.list_responsibilities.alias("answering").c
    return exists().where(r.item_id == ITEM.item_id, r.ended_at.is_(None), r.unit_code.in_(units)) if units else false()


def conditions(kinds: Sequence[str], reach: Reach, asked: ItemFilter) -> list[ColumnElement[bool]]:
    """The filter as conditions on list_items."""
    found = [ITEM.list_kind.in_(kinds), visible(reach)]
    for column, wanted in (
        (ITEM.state, asked.states), (ITEM.district_code, asked.districts), (ITEM.source, asked.sources),
        (ITEM.problem_type, asked.problem_types), (ITEM.item_no, asked.item_nos),
    ):  # fmt: skip
        if wanted:
            found.append(column.in_(wanted))
    if asked.units:
        found.append(_answered_by(asked.units))
    found += [t.list_items.c[flag].is_(True) for flag in asked.flags if flag in FLAGS]
    for word in asked.words.split():
        places = (ITEM.item_no, ITEM.title, ITEM.manifestation, ITEM.instruction, ITEM.remarks)
        found.append(or_(*(place.icontains(word, autoescape=True) for place in places)))
    if asked.due_from is not None:
        found.append(ITEM.due_on >= asked.due_from)
    if asked.due_to is not None:
        found.append(ITEM.due_on <= asked.due_to)
    return found


def item_rows(conn: Connection, where: list[ColumnElement[bool]]) -> list[Any]:
    """One row per item: the columns of list_items and origin_item_no."""
    origin = t.list_items.alias("origin")
    statement = select(t.list_items, origin.c.item_no.label("origin_item_no")).outerjoin_from(
        t.list_items, origin, origin.c.item_id == ITEM.origin_item_id
    )
    return list(conn.execute(statement.where(*where)).all())


def responsibility_rows(conn: Connection, where: list[ColumnElement[bool]]) -> list[Any]:
    """One row per standing responsibility of these items, in the order they were given."""
    r = t.list_responsibilities
    statement = select(R.item_id, R.is_lead, R.unit_code, R.leader, R.person, R.phone, R.duty)
    return _of(conn, statement, r, where, R.ended_at.is_(None), order=R.responsibility_id)


def report_rows(conn: Connection, where: list[ColumnElement[bool]], reach: Reach) -> list[Any]:
    """One row per item that has reports: the newest of them (of a unit's own where reach is given)."""
    r = t.list_reports
    own = [r.c.unit_code.in_(reach)] if reach is not None else []
    newest = select(func.max(r.c.report_id).label("report_id")).where(*own).group_by(r.c.item_id).subquery()
    statement = (
        select(r.c.item_id, r.c.progress, r.c.problems, r.c.next_steps, r.c.reported_on)
        .join_from(newest, r, r.c.report_id == newest.c.report_id)
        .join(t.list_items, r.c.item_id == ITEM.item_id)
    )
    return list(conn.execute(statement.where(*where)).all())


def sponsor_rows(conn: Connection, where: list[ColumnElement[bool]]) -> list[Any]:
    """One row per standing sponsor."""
    s = t.list_sponsors
    statement = select(s.c.item_id, s.c.name, s.c.post, s.c.zero_by_on)
    return _of(conn, statement, s, where, s.c.ended_at.is_(None), order=s.c.sponsor_id)


def ticket_rows(conn: Connection, where: list[ColumnElement[bool]]) -> list[Any]:
    """One row per linked ticket, in the order of linking."""
    k = t.list_tickets
    statement = select(k.c.item_id, k.c.source_code, k.c.ticket_no)
    return _of(conn, statement, k, where, k.c.unlinked_at.is_(None), order=k.c.link_id)


def evidence_counts(conn: Connection, where: list[ColumnElement[bool]]) -> list[Any]:
    """One row per item with standing evidence: item_id, number."""
    e = t.list_evidence
    statement = select(e.c.item_id, func.count().label("number")).group_by(e.c.item_id)
    return _of(conn, statement, e, where, e.c.withdrawn_at.is_(None))


def open_request_rows(conn: Connection, where: list[ColumnElement[bool]], reach: Reach) -> list[Any]:
    """One row per open request (of a unit's own where reach is given), oldest first."""
    q = t.list_requests
    own = [q.c.unit_code.in_(reach)] if reach is not None else []
    statement = select(q.c.item_id, q.c.request_id, q.c.kind, q.c.asked_at, q.c.asked_by, q.c.wanted_on)
    return _of(conn, statement, q, where, q.c.decided_at.is_(None), *own, order=q.c.request_id)


def notice_rows(conn: Connection, where: list[ColumnElement[bool]], kind: str) -> list[Any]:
    """One row per standing numbered document of that kind, oldest first: item_id, document_no."""
    d = t.list_documents
    statement = select(d.c.item_id, d.c.document_no)
    return _of(conn, statement, d, where, d.c.kind == kind, d.c.voided_at.is_(None), order=d.c.document_id)


def waiting_hand_overs(conn: Connection) -> list[Any]:
    """One row per hand-over that nobody signed for or sent back: item_no, title, list_kind, receiver, handed_at."""
    h = t.list_hand_overs
    statement = select(h.c.hand_over_id, h.c.receiver, h.c.handed_at, ITEM.item_no, ITEM.title, ITEM.list_kind)
    return list(
        conn.execute(
            statement.join_from(h, t.list_items, h.c.item_id == ITEM.item_id).where(h.c.received_at.is_(None))
        ).all()
    )


def due_reinspections(conn: Connection, until: date) -> list[Any]:
    """One row per re-inspection that is due by that day: kind, due_on, ticket_no, item_no and title where it has."""
    s = t.list_reinspections
    statement = (
        select(s.c.reinspection_id, s.c.kind, s.c.due_on, s.c.ticket_no, ITEM.item_no, ITEM.title, ITEM.list_kind)
        .outerjoin_from(s, t.list_items)
        .where(s.c.done_at.is_(None), s.c.cancelled_at.is_(None), s.c.due_on <= until)
        .order_by(s.c.due_on, s.c.reinspection_id)
    )
    return list(conn.execute(statement).all())


def unanswered_urgings(conn: Connection, where: list[ColumnElement[bool]], units: tuple[str, ...]) -> list[Any]:
    """One row per item: the newest urging of these units after which they reported nothing."""
    u, r = t.list_urgings.c, t.list_reports.c
    answered = exists().where(r.item_id == u.item_id, r.unit_code == u.unit_code, r.at >= u.at)
    newest = select(func.max(u.urging_id)).where(u.unit_code.in_(units)).group_by(u.item_id)
    statement = select(u.item_id, u.at, u.reply_by_on, u.level)
    return _of(conn, statement, t.list_urgings, where, u.urging_id.in_(newest), ~answered)


def hand_over_rows(conn: Connection) -> list[Any]:
    """One row per hand-over, newest first, with item_no, title, the item's state and new_item_no."""
    h, new = t.list_hand_overs, t.list_items.alias("new")
    statement = (
        select(h, ITEM.item_no, ITEM.title, ITEM.state, new.c.item_no.label("new_item_no"))
        .join_from(h, t.list_items, h.c.item_id == ITEM.item_id)
        .outerjoin(new, new.c.item_id == h.c.new_item_id)
        .order_by(h.c.hand_over_id.desc())
    )
    return list(conn.execute(statement).all())


def state_counts(conn: Connection) -> list[Any]:
    """One row per list, state and limit: list_kind, state, due_on, number."""
    statement = select(ITEM.list_kind, ITEM.state, ITEM.due_on, func.count().label("number"))
    return list(conn.execute(statement.group_by(ITEM.list_kind, ITEM.state, ITEM.due_on)).all())


def _of(
    conn: Connection,
    statement: Select[Any],
    table: Any,
    where: list[ColumnElement[bool]],
    *more: ColumnElement[bool],
    order: ColumnElement[Any] | None = None,
) -> list[Any]:
    """Rows of a table that belongs to items, for the items that are asked for: one statement however many."""
    joined = statement.join_from(table, t.list_items, table.c.item_id == ITEM.item_id).where(*where, *more)
    return list(conn.execute(joined if order is None else joined.order_by(order)).all())
