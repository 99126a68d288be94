"""Accounts, attempts to sign in and sessions of the assessment database, as rows."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import Connection, func, select

from lib.queries.frames import fetch
from lib.schema import assessment as a


def account_rows(conn: Connection) -> list[Any]:
    """One row per account, by name: the columns of accounts without the password, and last_sign_in_at (UTC; None for
    who never came).
    """
    s = a.sign_ins.c
    last = (
        select(s.account_id, func.max(s.at).label("last_sign_in_at"))
        .where(s.outcome == "succeeded")
        .group_by(s.account_id)
        .subquery()
    )
    shown = [column for column in a.accounts.c if column.name not in ("password_hash", "subject")]
    statement = (
        select(*shown, last.c.last_sign_in_at)
        .outerjoin_from(a.accounts, last, last.c.account_id == a.accounts.c.account_id)
        .order_by(a.accounts.c.name)
    )
    return list(conn.execute(statement).all())


def has_password(conn: Connection, account: str) -> bool:
    """Whether the account has a password of its own."""
    c = a.accounts.c
    return conn.execute(select(c.account_id).where(c.name == account, c.password_hash.is_not(None))).first() is not None


def sign_in_rows(conn: Connection, account: str, limit: int) -> pd.DataFrame:
    """One row per attempt to sign in to the account, newest first: at (UTC), outcome, peer, user_agent."""
    s = a.sign_ins.c
    statement = (
        select(s.at, s.outcome, s.peer, s.user_agent)
        .join_from(a.sign_ins, a.accounts)
        .where(a.accounts.c.name == account)
        .order_by(s.sign_in_no.desc())
        .limit(limit)
    )
    return fetch(conn, statement)


def session_rows(conn: Connection, account: str) -> list[Any]:
    """One row per session of the account that nobody ended, newest first; it may have run out meanwhile."""
    s = a.sessions.c
    statement = (
        select(s.session_ref, s.started_at, s.last_seen_at, s.expires_at, s.peer, s.user_agent)
        .join_from(a.sessions, a.accounts)
        .where(a.accounts.c.name == account, s.ended_at.is_(None))
        .order_by(s.started_at.desc())
    )
    return list(conn.execute(statement).all())
