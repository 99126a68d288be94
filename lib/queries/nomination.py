"""Tickets that the threshold rules (拟列规则) point to, and what the fuzzy ones weigh. One text for both databases.

`moment` is the first moment that is not known: just after the as-of. All counts leave out reminders (催办).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

import pandas as pd
from sqlalchemy import BigInteger, ColumnElement, Connection, Table, and_, case, cast, func, literal, or_, select
from sqlalchemy import union_all as union_of

from lib.queries.frames import fetch, numeric
from lib.schema import tickets as t
from lib.schema.dialect import hours_between

T, C, X, E = t.tickets.c, t.callbacks.c, t.ticket_texts.c, t.ticket_events.c
FOUND_COLUMNS = (
    "ticket_id", "source_code", "ticket_no", "segment_no", "unit_code", "district_code", "category2_code",
    "category_code", "place_key", "restricted_class", "received_at", "due_at", "is_closed", "closed_at",
    "round_count", "transfer_count",
)  # fmt: skip
_FOUND = tuple(T[name] for name in FOUND_COLUMNS)
# A unit that answers these has taken the ticket on.
TAKING = ("acknowledge", "contact", "reply", "closure", "arrival")
NOT_A_PROBLEM = ("咨询", "建议", "表扬")
NOT_A_REPEAT = ("咨询", "表扬")
# Limits shorter than a day are met within hours by everybody: closing late in them says nothing.
SHORTEST_LIMIT_HOURS = 24
_IDS_AT_ONCE = 5000


def _referred(moment: datetime) -> ColumnElement[bool]:
    return and_(T.handling_type == t.REFERRED, T.received_at < moment)


def _open(moment: datetime) -> ColumnElement[bool]:
    return or_(T.is_closed.is_(False), T.closed_at >= moment)


def _closed_within(moment: datetime, days: int) -> ColumnElement[bool]:
    return and_(_referred(moment), T.is_closed, T.closed_at >= moment - timedelta(days=days), T.closed_at < moment)


def reworked(conn: Connection, moment: datetime, *, window_days: int, rounds: int) -> pd.DataFrame:
    """One row per ticket received in the window with so many handling rounds: FOUND_COLUMNS."""
    recent = T.received_at >= moment - timedelta(days=window_days)
    return fetch(conn, select(*_FOUND).where(_referred(moment), recent, T.round_count >= rounds))


def transferred(conn: Connection, moment: datetime, *, transfers: int) -> pd.DataFrame:
    """One row per open ticket transferred so often that no unit has taken on since, or that has no unit:
    FOUND_COLUMNS.
    """
    candidates = (
        select(*_FOUND).where(_referred(moment), _open(moment), T.transfer_count >= transfers).cte("candidates")
    )
    passed = (
        select(
            E.ticket_id,
            func.max(case((E.kind == "transfer", E.happened_at))).label("transferred_at"),
            func.max(case((E.kind.in_(TAKING), E.happened_at))).label("taken_at"),
        )
        .join(candidates, and_(candidates.c.ticket_id == E.ticket_id, candidates.c.segment_no == E.segment_no))
        .where(E.happened_at < moment)
        .group_by(E.ticket_id)
        .subquery()
    )
    unit = candidates.c.unit_code
    not_taken = or_(passed.c.taken_at.is_(None), passed.c.taken_at < passed.c.transferred_at)
    nobody = or_(unit == t.UNMAPPED, unit.is_(None), and_(passed.c.transferred_at.is_not(None), not_taken))
    return fetch(
        conn,
        select(candidates).outerjoin(passed, passed.c.ticket_id == candidates.c.ticket_id).where(nobody),
    )


def overdue(conn: Connection, moment: datetime, *, due_before: datetime) -> pd.DataFrame:
    """One row per open ticket whose limit passed before `due_before`: FOUND_COLUMNS."""
    return fetch(conn, select(*_FOUND).where(_referred(moment), _open(moment), T.due_at < due_before))


def repeated(conn: Connection, moment: datetime, *, days: int, tickets: int) -> pd.DataFrame:
    """One row per ticket and matter that was brought up so often in the last days: FOUND_COLUMNS, same (place or
    requester) and matter (the key of the place or the requester).
    """
    recent = (
        select(*_FOUND, T.requester_hash)
        .where(T.received_at >= moment - timedelta(days=days), T.received_at < moment, T.handling_type != t.URGING)
        .where(T.request_type.not_in(NOT_A_REPEAT), T.category2_code != t.UNMAPPED)
        .cte("recent")
    )
    parts = []
    for same, key in (("place", recent.c.place_key), ("requester", recent.c.requester_hash)):
        often = (
            select(key.label("matter"), recent.c.category2_code)
            .where(key.is_not(None))
            .group_by(key, recent.c.category2_code)
            .having(func.count() >= tickets)
            .subquery()
        )
        parts.append(
            select(*(recent.c[name] for name in FOUND_COLUMNS), literal(same).label("same"), often.c.matter)
            .join(often, and_(often.c.matter == key, often.c.category2_code == recent.c.category2_code))
        )  # fmt: skip
    return fetch(conn, union_of(*parts))


def unsolved(conn: Connection, moment: datetime, *, window_days: int, answers: int) -> pd.DataFrame:
    """One row per closed ticket of which the citizen said so often that it is not solved, last in the window:
    FOUND_COLUMNS, answers, last_answer_at.
    """
    said = (
        select(C.ticket_id, cast(func.count(), BigInteger).label("answers"), func.max(C.called_at).label("last_at"))
        .where(C.is_valid, C.resolution == t.UNRESOLVED, C.called_at < moment)
        .group_by(C.ticket_id)
        .having(func.count() >= answers, func.max(C.called_at) >= moment - timedelta(days=window_days))
        .subquery()
    )
    return fetch(
        conn,
        select(*_FOUND, said.c.answers, said.c.last_at.label("last_answer_at"))
        .join(said, said.c.ticket_id == T.ticket_id)
        .where(T.handling_type != t.URGING, T.is_closed, or_(T.closed_at.is_(None), T.closed_at < moment)),
    )


def without_contact(
    conn: Connection, moment: datetime, *, window_days: int, tickets: int, share_percent: int
) -> pd.DataFrame:
    """One row per ticket closed in the window without contact to the citizen, of units that did so often:
    FOUND_COLUMNS and unit_closed (tickets that the unit closed in the window). Sources of which fewer than half of
    the tickets say anything about contacts are left out.
    """
    closed = select(*_FOUND, T.first_contacted_at).where(_closed_within(moment, window_days)).cte("closed")
    spoken = func.sum(case((closed.c.first_contacted_at.is_not(None), 1), else_=0))
    sources = select(closed.c.source_code).group_by(closed.c.source_code).having(spoken * 2 >= func.count())
    silent = func.sum(case((closed.c.first_contacted_at.is_(None), 1), else_=0))
    units = (
        select(closed.c.unit_code, cast(func.count(), BigInteger).label("unit_closed"))
        .where(closed.c.source_code.in_(sources), closed.c.unit_code != t.UNMAPPED)
        .group_by(closed.c.unit_code)
        .having(silent >= tickets, silent * 100 >= func.count() * share_percent)
        .subquery()
    )
    return fetch(
        conn,
        select(*(closed.c[name] for name in FOUND_COLUMNS), units.c.unit_closed)
        .join(units, units.c.unit_code == closed.c.unit_code)
        .where(closed.c.first_contacted_at.is_(None), closed.c.source_code.in_(sources)),
    )


def replies(conn: Connection, moment: datetime, *, window_days: int, at_least: int) -> pd.DataFrame:
    """One row per ticket closed in the window with a reply, of units that gave at least so many: ticket_id, unit_code,
    category_code, category2_code, place_key, received_at, closed_at, reply (raw: mask before showing).

    Enquiries, suggestions and praise get standard answers rightly, texts of restricted classes are not read.
    """
    wanted = and_(
        _closed_within(moment, window_days), T.request_type.not_in(NOT_A_PROBLEM), T.restricted_class.is_(None),
        T.unit_code != t.UNMAPPED,
    )  # fmt: skip
    busy = select(T.unit_code).where(wanted).group_by(T.unit_code).having(func.count() >= at_least)
    columns = (T.ticket_id, T.unit_code, T.category_code, T.category2_code, T.place_key, T.received_at, T.closed_at)
    statement = (
        select(*columns, X.reply)
        .join(t.ticket_texts, and_(X.ticket_id == T.ticket_id, X.segment_no == T.segment_no))
        .where(wanted, T.unit_code.in_(busy), X.reply.is_not(None))
        .order_by(T.ticket_id)
    )
    return fetch(conn, statement)


def late_closings(conn: Connection, moment: datetime, *, window_days: int, hours: int) -> pd.DataFrame:
    """One row per ticket closed in the window at most so many hours before its limit: ticket_id, unit_code,
    category2_code, place_key, received_at, closed_at, due_at.
    """
    left = hours_between(T.closed_at, T.due_at)
    columns = (T.ticket_id, T.unit_code, T.category2_code, T.place_key, T.received_at, T.closed_at, T.due_at)
    statement = (
        select(*columns)
        .where(_closed_within(moment, window_days), T.unit_code != t.UNMAPPED, T.due_at >= T.closed_at)
        .where(left <= hours, hours_between(T.dispatched_at, T.due_at) >= SHORTEST_LIMIT_HOURS)
        .order_by(T.ticket_id)
    )
    return fetch(conn, statement)


def unit_closings(conn: Connection, moment: datetime, *, window_days: int) -> dict[str, int]:
    """Unit code → referred tickets that it closed in the window."""
    statement = select(T.unit_code, cast(func.count(), BigInteger).label("closed")).where(
        _closed_within(moment, window_days)
    )
    frame = numeric(fetch(conn, statement.group_by(T.unit_code)), ["closed"])
    return dict(zip(frame["unit_code"], frame["closed"], strict=True))


def found_tickets(conn: Connection, ticket_ids: Collection[int]) -> pd.DataFrame:
    """One row per ticket of these: FOUND_COLUMNS."""
    frames = [fetch(conn, select(*_FOUND).where(T.ticket_id.in_(ids))) for ids in _portions(ticket_ids)]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(FOUND_COLUMNS))


def texts_of(conn: Connection, ticket_ids: Collection[int]) -> pd.DataFrame:
    """One row per ticket of these that is not of a restricted class: ticket_id, title, reply (raw)."""
    frames = [
        fetch(
            conn,
            select(T.ticket_id, X.title, X.reply)
            .join(t.ticket_texts, and_(X.ticket_id == T.ticket_id, X.segment_no == T.segment_no))
            .where(T.ticket_id.in_(ids), X.ticket_id.in_(ids), T.restricted_class.is_(None)),
        )
        for ids in _portions(ticket_ids)
    ]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["ticket_id", "title", "reply"])


def _portions(ticket_ids: Collection[int]) -> Iterator[list[int]]:
    ordered = sorted(set(ticket_ids))
    for start in range(0, len(ordered), _IDS_AT_ONCE):
        yield ordered[start : start + _IDS_AT_ONCE]


def whole(conn: Connection, table: Table, columns: Sequence[str]) -> pd.DataFrame:
    """One row per row of the table, for proofs that evaluate a rule by other means. Not for large databases."""
    return fetch(conn, select(*(table.c[name] for name in columns)))
