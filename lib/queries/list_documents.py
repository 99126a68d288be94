"""Numbered documents as rows, of every item and of whole lists."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from sqlalchemy import Connection, or_, select

from lib.queries.frames import fetch
from lib.queries.list_items import Reach
from lib.schema import assessment as a
from lib.schema import lists as t


def document_register(conn: Connection, year: int, kinds: Sequence[str], words: Sequence[str], reach: Reach
                      ) -> pd.DataFrame:  # fmt: skip
    """One row per number of a year, newest first, void ones included: document_id, kind, word, number, document_no,
    title, unit_code, made_at (UTC), by_name, voided_at, void_reason, item_no, item_title, list_kind (None for letters
    about a whole list, which are found by their 机关代字).

    kinds: lists whose items' documents are wanted; reach: units, whose own letters alone they see.
    """
    d, i, account = t.list_documents, t.list_items, a.accounts
    statement = (
        select(
            d.c.document_id, d.c.kind, d.c.word, d.c.number, d.c.document_no, d.c.title, d.c.unit_code, d.c.made_at,
            account.c.display_name.label("by_name"), d.c.voided_at, d.c.void_reason, i.c.item_no,
            i.c.title.label("item_title"), i.c.list_kind,
        )
        .outerjoin_from(d, i, i.c.item_id == d.c.item_id)
        .outerjoin(account, account.c.name == d.c.made_by)
        .where(d.c.year == year, or_(i.c.list_kind.in_(kinds), d.c.item_id.is_(None) & d.c.word.in_(words)))
        .order_by(d.c.document_id.desc())
    )  # fmt: skip
    if reach is not None:
        statement = statement.where(d.c.unit_code.in_(reach or ("",)))
    return fetch(conn, statement)


def document_years(conn: Connection) -> list[int]:
    """Years in which numbers were given, newest first."""
    year = t.list_documents.c.year
    return list(conn.execute(select(year).distinct().order_by(year.desc())).scalars())
