"""Re-inspections and samples, as rows."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from sqlalchemy import Connection, and_, case, func, select

from lib.queries.frames import fetch
from lib.schema import assessment as a
from lib.schema import lists as t

R, I_, S = t.list_reinspections.c, t.list_items.c, t.list_samples.c
# Who did it, as people know them; accounts are never deleted, so that the name of the account is a last resort.
_DONE_BY = func.coalesce(a.accounts.c.display_name, R.done_by).label("done_by")


def of_items(conn: Connection, kinds: Sequence[str]) -> pd.DataFrame:
    """One row per standing re-inspection of an item of these lists, by day: reinspection_id, kind, due_on, done_at
    (UTC), done_by, verdict, note, and of the item item_no, list_kind, title, state, closed_on, lead_unit_code.
    """
    r = t.list_responsibilities
    lead = and_(r.c.item_id == I_.item_id, r.c.is_lead, r.c.ended_at.is_(None))
    statement = (
        select(R.reinspection_id, R.kind, R.due_on, R.done_at, _DONE_BY, R.verdict, R.note, I_.item_no, I_.list_kind,
               I_.title, I_.state, I_.closed_on, r.c.unit_code.label("lead_unit_code"))
        .join_from(t.list_reinspections, t.list_items)
        .outerjoin(r, lead)
        .outerjoin(a.accounts, a.accounts.c.name == R.done_by)
        .where(R.cancelled_at.is_(None), I_.list_kind.in_(kinds))
        .order_by(R.due_on, R.reinspection_id)
    )  # fmt: skip
    return fetch(conn, statement)


def of_tickets(conn: Connection, kind: str, sample_id: int | None = None) -> pd.DataFrame:
    """One row per standing re-inspection of a ticket of that kind (of that sample), oldest first: reinspection_id,
    source_code, ticket_no, due_on, done_at (UTC), done_by, verdict, note.
    """
    shown = (R.reinspection_id, R.source_code, R.ticket_no, R.due_on, R.done_at, _DONE_BY, R.verdict, R.note)
    people = a.accounts.c.name == R.done_by
    statement = select(*shown).outerjoin_from(t.list_reinspections, a.accounts, people)
    statement = statement.where(R.kind == kind, R.cancelled_at.is_(None), R.ticket_no.is_not(None))
    if sample_id is not None:
        statement = statement.where(R.sample_id == sample_id)
    return fetch(conn, statement.order_by(R.reinspection_id))


def sample_frame(conn: Connection) -> pd.DataFrame:
    """One row per sample, newest first: the columns of list_samples, due_on, and how many of its tickets were found
    held, relapsed, unreachable.
    """
    counts = [func.sum(case((R.verdict == v, 1), else_=0)).label(v) for v in ("held", "relapsed", "unreachable")]
    found = select(R.sample_id, func.min(R.due_on).label("due_on"), *counts).group_by(R.sample_id).subquery()
    statement = (
        select(t.list_samples, found.c.due_on, found.c.held, found.c.relapsed, found.c.unreachable)
        .outerjoin_from(t.list_samples, found, found.c.sample_id == S.sample_id)
        .order_by(S.sample_id.desc())
    )
    return fetch(conn, statement)
