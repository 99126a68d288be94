"""Notes of visits and warnings, as rows."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Connection, select

from lib.queries.frames import fetch
from lib.schema import lists as t


def visit_frame(conn: Connection) -> pd.DataFrame:
    """One row per note of a visit, newest first: the columns of visit_notes, item_no of what it became."""
    n, i = t.visit_notes, t.list_items
    statement = select(*(c for c in n.c if c.name != "form_key"), i.c.item_no)
    joined = statement.outerjoin_from(n, i, i.c.item_id == n.c.item_id)
    return fetch(conn, joined.order_by(n.c.visited_on.desc(), n.c.note_id.desc()))


def warning_frame(conn: Connection) -> pd.DataFrame:
    """One row per warning, newest first: the columns of list_warnings, item_no of what it became."""
    w, i = t.list_warnings, t.list_items
    statement = select(*(c for c in w.c if c.name != "form_key"), i.c.item_no)
    joined = statement.outerjoin_from(w, i, i.c.item_id == w.c.item_id)
    return fetch(conn, joined.order_by(w.c.noticed_on.desc(), w.c.warning_id.desc()))
