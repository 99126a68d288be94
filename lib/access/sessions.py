"""Sessions: the server's side of a cookie, one row each.

The browser holds a random token; the row holds its SHA-256 only, so that whoever reads the database cannot sign
in with it. Role, unit and state of the account are read at each check: a change takes effect at once. Moments are
UTC, with or without zone; those that are returned carry none.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, insert, select, update

from lib.access.moments import utc
from lib.access.roles import Identity, Role
from lib.schema import assessment as a

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=8)
_TOKEN_BYTES = 32
_REF_BYTES = 16


@dataclass(frozen=True)
class Session:
    """An open session and whose it is. Moments are UTC without zone."""

    identity: Identity
    must_change_password: bool
    started_at: datetime
    last_seen_at: datetime
    expires_at: datetime


def start(conn: Connection, account_id: int, *, peer: str, user_agent: str, now: datetime) -> str:
    """Open a session and return the token for the cookie (256 bit); it cannot be had again."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    moment = utc(now)
    conn.execute(
        insert(a.sessions).values(
            session_ref=secrets.token_hex(_REF_BYTES),
            token_hash=_hashed(token),
            account_id=account_id,
            started_at=moment,
            last_seen_at=moment,
            expires_at=moment + ABSOLUTE,
            peer=plain(peer, 64),
            user_agent=plain(user_agent, 255),
        )
    )
    return token


def by_token(conn: Connection, token: str, *, now: datetime) -> Session | None:
    """The open session of a cookie; None when there is none, or it ended, idled out, expired, or its account is
    disabled. In a writing transaction a session found over is marked as ended, with the reason.
    """
    return _checked(conn, a.sessions.c.token_hash == _hashed(token), utc(now))


def by_ref(conn: Connection, session_ref: str, *, now: datetime) -> Session | None:
    """The same by the session's public name: what every run, fragment and write asks."""
    return _checked(conn, a.sessions.c.session_ref == session_ref, utc(now))


def open_refs(conn: Connection, session_refs: Iterable[str], *, now: datetime) -> frozenset[str]:
    """Those of the sessions that are open, in one question: whose websockets may stay."""
    moment = utc(now)
    s = a.sessions.c
    still_open = (
        select(s.session_ref)
        .join_from(a.sessions, a.accounts)
        .where(s.session_ref.in_(list(session_refs)), s.ended_at.is_(None), a.accounts.c.disabled_at.is_(None))
        .where(s.last_seen_at > moment - IDLE, s.expires_at > moment)
    )
    return frozenset(conn.execute(still_open).scalars())


def touch(conn: Connection, session_ref: str, *, now: datetime) -> None:
    """A person acted: idle time begins anew. A session that is over stays over."""
    moment = utc(now)
    s = a.sessions.c
    conn.execute(
        update(a.sessions)
        .where(s.session_ref == session_ref, s.ended_at.is_(None), s.expires_at > moment)
        .where(s.last_seen_at > moment - IDLE, s.last_seen_at < moment)
        .values(last_seen_at=moment)
    )


def end(conn: Connection, session_ref: str, reason: str, *, now: datetime) -> None:
    """Close one session for good. Raises ValueError for a reason that SESSION_ENDS does not know."""
    _end(conn, a.sessions.c.session_ref == session_ref, reason, utc(now))


def end_all(conn: Connection, account_id: int, reason: str, *, now: datetime, but: str | None = None) -> None:
    """Close every open session of an account, except the one named `but`. Raises ValueError as `end`."""
    which = a.sessions.c.account_id == account_id
    if but is not None:
        which = which & (a.sessions.c.session_ref != but)
    _end(conn, which, reason, utc(now))


def end_overdue(conn: Connection, *, now: datetime) -> None:
    """Mark every session that idled out or expired as ended, at the moment when it did. For a writing transaction."""
    moment = utc(now)
    s = a.sessions.c
    overdue = (
        select(s.session_ref, s.last_seen_at, s.expires_at)
        .where(s.ended_at.is_(None), (s.expires_at <= moment) | (s.last_seen_at <= moment - IDLE))
        # Whoever is ending one of them just now need not be waited for.
        .with_for_update(skip_locked=True)
    )
    for row in conn.execute(overdue).all():
        reason, ended_at = _over(row.last_seen_at, row.expires_at, moment)
        _end(conn, s.session_ref == row.session_ref, reason, ended_at)


def plain(text: str, length: int) -> str:
    """What a client sent, fit for a column: printable characters only, cut. (NUL is no text for PostgreSQL.)"""
    return "".join(ch for ch in text if ch.isprintable())[:length]


def is_over(last_seen_at: datetime, expires_at: datetime, now: datetime) -> bool:
    """Whether a session with these moments idled out or expired."""
    return bool(_over(last_seen_at, expires_at, utc(now))[0])


def _checked(conn: Connection, which: ColumnElement[bool], moment: datetime) -> Session | None:
    row = conn.execute(
        select(a.sessions, a.accounts).join_from(a.sessions, a.accounts).where(which, a.sessions.c.ended_at.is_(None))
    ).first()
    if row is None:
        return None
    reason, ended_at = _over(row.last_seen_at, row.expires_at, moment)
    if not reason and row.disabled_at is not None:
        reason, ended_at = "disabled", moment
    if reason:
        # A reading transaction on SQLite cannot become a writing one under contention; the next sign-in marks it.
        if conn.get_execution_options().get("minsheng_write", False):
            _end(conn, a.sessions.c.session_ref == row.session_ref, reason, ended_at)
        return None
    return Session(_identity(row), row.must_change_password, row.started_at, row.last_seen_at, row.expires_at)


def _over(last_seen_at: datetime, expires_at: datetime, moment: datetime) -> tuple[str, datetime]:
    """Why and when a session came to its end, whichever end was first; ("", moment) while it has not."""
    ends = [("idle", last_seen_at + IDLE), ("expired", expires_at)]
    reason, ended_at = min(ends, key=lambda found: found[1])
    return (reason, ended_at) if ended_at <= moment else ("", moment)


def _identity(row: Any) -> Identity:
    role = cast(Role, row.role)
    unit_code = row.unit_code if role == "unit" else None
    return Identity(row.name, row.display_name, role, unit_code, row.session_ref)


def _end(conn: Connection, which: ColumnElement[bool], reason: str, moment: datetime) -> None:
    if reason not in a.SESSION_ENDS:
        raise ValueError(f"unknown end of a session: {reason}")
    conn.execute(
        update(a.sessions).where(which, a.sessions.c.ended_at.is_(None)).values(ended_at=moment, end_reason=reason)
    )


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
