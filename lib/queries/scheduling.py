"""Topics, meetings and what belongs to them, as rows of the assessment database."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import Connection, Table, select

from lib.queries.frames import fetch
from lib.schema import lists
from lib.schema import scheduling as t


def topic_frame(conn: Connection) -> pd.DataFrame:
    """One row per topic, newest month first: the columns of topics."""
    return fetch(conn, _all(t.topics).order_by(t.topics.c.month_on.desc(), t.topics.c.topic_id.desc()))


def scope_frame(conn: Connection) -> pd.DataFrame:
    """One row per category and place of a topic: the columns of topic_scopes."""
    return fetch(conn, _all(t.topic_scopes).order_by(t.topic_scopes.c.scope_id))


def meeting_frame(conn: Connection) -> pd.DataFrame:
    """One row per meeting, newest first: the columns of meetings."""
    return fetch(conn, _all(t.meetings).order_by(t.meetings.c.held_on.desc(), t.meetings.c.meeting_no.desc()))


def meeting_topic_frame(conn: Connection) -> pd.DataFrame:
    """One row per standing topic of a meeting, in its order: meeting_id, topic_id, title, field."""
    k, o = t.meeting_topics.c, t.topics.c
    joined = t.meeting_topics.join(t.topics, o.topic_id == k.topic_id)
    statement = select(k.meeting_id, k.topic_id, o.title, o.field).select_from(joined)
    return fetch(conn, statement.where(k.removed_at.is_(None)).order_by(k.meeting_id, k.sort_no))


def agenda_frame(conn: Connection, meeting_id: int) -> pd.DataFrame:
    """One row per standing point of the agenda, in order: the columns of meeting_agenda."""
    a = t.meeting_agenda.c
    return fetch(conn, _standing(t.meeting_agenda).where(a.meeting_id == meeting_id).order_by(a.sort_no))


def attendance_frame(conn: Connection, meeting_id: int) -> pd.DataFrame:
    """One row per participant, those on site first: the columns of meeting_attendance."""
    p = t.meeting_attendance.c
    chosen = _standing(t.meeting_attendance).where(p.meeting_id == meeting_id)
    return fetch(conn, chosen.order_by(p.is_on_site.desc(), p.attendance_id))


def case_frame(conn: Connection, meeting_id: int) -> pd.DataFrame:
    """One row per typical case of the meeting or, without a meeting, of one of its topics: columns of meeting_cases."""
    c, k = t.meeting_cases.c, t.meeting_topics.c
    own = select(k.topic_id).where(k.meeting_id == meeting_id, k.removed_at.is_(None))
    here = (c.meeting_id == meeting_id) | (c.meeting_id.is_(None) & c.topic_id.in_(own))
    return fetch(conn, _standing(t.meeting_cases).where(here).order_by(c.topic_id, c.sort_no))


def task_frame(conn: Connection, meeting_id: int | None = None) -> pd.DataFrame:
    """One row per standing task, of one meeting or of all: the columns of meeting_tasks; item_no, item_state and
    item_due_on of what it became (missing without).
    """
    k, i = t.meeting_tasks, lists.list_items
    columns = [c for c in k.c if c.name not in ("form_key", "removed_at")]
    statement = select(*columns, i.c.item_no, i.c.state.label("item_state"), i.c.due_on.label("item_due_on"))
    joined = statement.outerjoin_from(k, i, i.c.item_id == k.c.item_id).where(k.c.removed_at.is_(None))
    if meeting_id is not None:
        joined = joined.where(k.c.meeting_id == meeting_id)
    return fetch(conn, joined.order_by(k.c.meeting_id, k.c.sort_no))


def outcome_frame(conn: Connection) -> pd.DataFrame:
    """One row per standing outcome, newest first: the columns of topic_outcomes."""
    o = t.topic_outcomes.c
    return fetch(conn, _standing(t.topic_outcomes).order_by(o.achieved_on.desc(), o.outcome_id.desc()))


def mechanism_frame(conn: Connection) -> pd.DataFrame:
    """One row per mechanism, newest first: the columns of mechanisms."""
    m = t.mechanisms.c
    return fetch(conn, _all(t.mechanisms).order_by(m.issued_on.desc(), m.mechanism_id.desc()))


def frozen_frame(conn: Connection, meeting_id: int) -> pd.DataFrame:
    """One row per set of figures frozen for the meeting, newest first: the columns of frozen_figures."""
    f = t.frozen_figures.c
    return fetch(conn, _all(t.frozen_figures).where(f.meeting_id == meeting_id).order_by(f.freeze_id.desc()))


def _all(table: Table) -> Any:
    return select(*(c for c in table.c if c.name not in ("form_key", "removed_at")))


def _standing(table: Table) -> Any:
    return _all(table).where(table.c.removed_at.is_(None))
