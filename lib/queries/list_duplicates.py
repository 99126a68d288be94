"""What may be on a list already: open items of the same tickets, and open titles of the same unit."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd
from sqlalchemy import Connection, select, tuple_

from lib.lists.process import OPEN
from lib.queries.frames import fetch
from lib.schema import lists as t

_I, _K, _R = t.list_items.c, t.list_tickets.c, t.list_responsibilities.c


def open_items_of_tickets(conn: Connection, keys: Collection[tuple[str, str]]) -> pd.DataFrame:
    """One row per open item and ticket of these that it is linked to: item_no, list_kind, title, state, ticket_no."""
    statement = (
        select(_I.item_no, _I.list_kind, _I.title, _I.state, _K.ticket_no)
        .join(t.list_tickets, _K.item_id == _I.item_id)
        .where(_K.unlinked_at.is_(None), _I.state.in_(OPEN), tuple_(_K.source_code, _K.ticket_no).in_(list(keys)))
        .order_by(_I.item_no, _K.ticket_no)
    )
    return fetch(conn, statement)


def open_titles(conn: Connection, list_kind: str) -> pd.DataFrame:
    """One row per open item of the list: item_no, title, state, unit_code (of the lead unit, None where none is)."""
    lead = (_R.item_id == _I.item_id) & _R.ended_at.is_(None) & _R.is_lead
    statement = (
        select(_I.item_no, _I.title, _I.state, _R.unit_code)
        .join(t.list_responsibilities, lead, isouter=True)
        .where(_I.list_kind == list_kind, _I.state.in_(OPEN))
        .order_by(_I.item_no)
    )
    return fetch(conn, statement)


def made_by_form(conn: Connection, form_key: str) -> str | None:
    """Number of the item on which the form of this key was carried out; None where it was not."""
    statement = (
        select(_I.item_no)
        .join(t.list_steps, t.list_steps.c.item_id == _I.item_id)
        .where(t.list_steps.c.form_key == form_key)
    )
    return conn.execute(statement).scalar()
