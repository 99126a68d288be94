"""Entries of the history: newest first, by keyset, and only those that the asker may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from sqlalchemy import ColumnElement, Connection, func, literal, select

from lib.queries.frames import fetch
from lib.schema import assessment as a

E = a.audit_entries.c


@dataclass(frozen=True)
class Seen:
    """Whose entries may be seen. account: these of one account alone, None of all. reserved: reserved ones, too."""

    account: str | None
    reserved: bool


@dataclass(frozen=True)
class EntryFilter:
    """What is looked for: half-open bounds of the time (UTC), a sign-in name, acts, words in the subject."""

    start: datetime | None = None
    end: datetime | None = None
    account: str = ""
    actions: tuple[str, ...] = ()
    subject: str = ""


def entry_page(conn: Connection, seen: Seen, wanted: EntryFilter, before: int | None, limit: int) -> pd.DataFrame:
    """One row per entry, newest first, at most `limit`, with numbers below `before`.

    Columns: entry_no, at (UTC), account, role, action, subject, text.
    """
    columns = (E.entry_no, E.at, E.account, E.role, E.action, E.subject, E.text)
    page = select(*columns).where(*_conditions(seen, wanted)).order_by(E.entry_no.desc()).limit(limit)
    return fetch(conn, page if before is None else page.where(E.entry_no < before))


def entry_count(conn: Connection, seen: Seen, wanted: EntryFilter, most: int) -> int:
    """How many entries there are, counted up to `most`."""
    some = select(literal(1)).select_from(a.audit_entries).where(*_conditions(seen, wanted)).limit(most).subquery()
    return int(conn.execute(select(func.count()).select_from(some)).scalar_one())


def chain_length(conn: Connection) -> int:
    """Number of the last entry, by the row of the end."""
    return int(conn.execute(select(func.coalesce(func.max(a.audit_head.c.entry_no), 0))).scalar_one())


def _conditions(seen: Seen, wanted: EntryFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if seen.account is not None:
        conditions.append(E.account == seen.account)
    if not seen.reserved:
        conditions.append(E.is_reserved.is_(False))
    if wanted.start is not None:
        conditions.append(E.at >= wanted.start)
    if wanted.end is not None:
        conditions.append(E.at < wanted.end)
    if wanted.account:
        conditions.append(E.account == wanted.account)
    if wanted.actions:
        conditions.append(E.action.in_(wanted.actions))
    if wanted.subject:
        conditions.append(E.subject.contains(wanted.subject, autoescape=True))
    return conditions
