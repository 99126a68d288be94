"""Suggestions and runs of the rules, as the assessment database holds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Connection, func, select

from lib.queries.frames import fetch
from lib.schema import lists as t

S, R = t.list_suggestions.c, t.nomination_runs.c


@dataclass(frozen=True)
class SuggestionFilter:
    """Which suggestions are asked for; None means any. state: key of SUGGESTION_STATES."""

    state: str | None = "open"
    rule: str | None = None
    unit_code: str | None = None
    district_code: str | None = None


def suggestion_rows(conn: Connection, wanted: SuggestionFilter) -> pd.DataFrame:
    """One row per suggestion, those with most tickets first: all columns but the chain, found_at (UTC) and item_no."""
    shown = [column for column in t.list_suggestions.c if column.name != "chain"]
    asked = {S.state: wanted.state, S.rule: wanted.rule, S.unit_code: wanted.unit_code,
             S.district_code: wanted.district_code}  # fmt: skip
    statement = (
        select(*shown, R.at.label("found_at"), t.list_items.c.item_no)
        .join(t.nomination_runs, R.run_id == S.run_id)
        .outerjoin(t.list_items, t.list_items.c.item_id == S.item_id)
        .where(*(column == value for column, value in asked.items() if value is not None))
        .order_by(S.ticket_count.desc(), S.suggestion_id)
    )
    return fetch(conn, statement)


def suggestion_row(conn: Connection, suggestion_id: int) -> Any:
    """The suggestion with its chain, found_at (UTC), as_of of the run that found it first, and item_no; None where
    there is none.
    """
    statement = (
        select(t.list_suggestions, R.at.label("found_at"), R.as_of, t.list_items.c.item_no)
        .join(t.nomination_runs, R.run_id == S.run_id)
        .outerjoin(t.list_items, t.list_items.c.item_id == S.item_id)
        .where(S.suggestion_id == suggestion_id)
    )
    return conn.execute(statement).first()


def rule_counts(conn: Connection) -> pd.DataFrame:
    """One row per rule and state: rule, state, suggestions."""
    return fetch(conn, select(S.rule, S.state, func.count().label("suggestions")).group_by(S.rule, S.state))


def suggested_codes(conn: Connection, state: str | None) -> pd.DataFrame:
    """One row per rule, unit and district that suggestions of that state are about: rule, unit_code, district_code."""
    statement = select(S.rule, S.unit_code, S.district_code).distinct()
    return fetch(conn, statement if state is None else statement.where(S.state == state))


def last_run(conn: Connection) -> Any:
    """The newest run: columns of nomination_runs; None before the first."""
    return conn.execute(select(t.nomination_runs).order_by(R.run_id.desc()).limit(1)).first()


def items_of_tickets(conn: Connection, suggestion_tickets: list[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """(item_no, state, title) of items that one of these tickets is linked to, the newest first."""
    k, i = t.list_tickets.c, t.list_items.c
    numbers = sorted({number for _, number in suggestion_tickets})
    rows = conn.execute(
        select(i.item_no, i.state, i.title, k.source_code, k.ticket_no)
        .join(t.list_items, i.item_id == k.item_id)
        .where(k.unlinked_at.is_(None), k.ticket_no.in_(numbers))
        .order_by(i.item_id.desc())
    )
    asked = set(suggestion_tickets)
    found = [(row.item_no, row.state, row.title) for row in rows if (row.source_code, row.ticket_no) in asked]
    return list(dict.fromkeys(found))


def item_choices(conn: Connection, states: tuple[str, ...], kinds: tuple[str, ...]) -> list[tuple[str, str]]:
    """(item_no, title) of the items of these lists in these states, the newest first."""
    i = t.list_items.c
    statement = select(i.item_no, i.title).where(i.state.in_(states), i.list_kind.in_(kinds)).order_by(i.item_id.desc())
    return [(row.item_no, row.title) for row in conn.execute(statement)]
