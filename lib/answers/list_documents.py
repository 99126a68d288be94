"""Which letters were issued? Asked of the assessment database, by the person and reach of a view."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Connection

from lib.answers.list_items import ListView, city_times, may_look
from lib.lists.letters import FORMS_SERIES, LETTERS
from lib.queries import list_documents as queries
from lib.schema.list_terms import LIST_KINDS


def document_register(conn: Connection, view: ListView, year: int, list_kind: str) -> pd.DataFrame:
    """One row per number of the list in that year within reach, newest first, void ones included: document_id, kind,
    kind_label, document_no, title, about (title of the item, else of the letter), unit, made_at (the city's clock),
    by_name, standing (有效, 已作废), void_reason, item_no. A unit sees the letters addressed to it. Empty for whom the
    list does not concern.
    """
    kinds = [list_kind] if may_look(view.person, list_kind) else []
    word = view.profile.document_words[list_kind]
    words = (word, word + FORMS_SERIES) if kinds else ()
    frame = queries.document_register(conn, year, kinds, words, view.reach)
    frame["kind_label"] = [LETTERS[kind].label for kind in frame["kind"]]
    frame["about"] = frame["item_title"].fillna(frame["title"])
    frame["unit"] = [view.names.get(code, code) if code else "" for code in frame["unit_code"]]
    frame["standing"] = ["有效" if pd.isna(at) else "已作废" for at in frame["voided_at"]]
    frame["made_at"] = city_times(frame["made_at"])
    return frame.drop(columns=["voided_at", "unit_code", "list_kind", "word", "item_title"])


def document_years(conn: Connection, view: ListView) -> list[int]:
    """Years with numbers, newest first, the present one always."""
    known = set(queries.document_years(conn)) if any(may_look(view.person, kind) for kind in LIST_KINDS) else set()
    return sorted({*known, view.today.year}, reverse=True)
