"""Who has an account, and who used mine? Asked of the assessment database, with the person who asks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import pandas as pd
from sqlalchemy import Connection

from lib.access.accounts import state
from lib.access.moments import city_time
from lib.access.roles import ROLES, Identity, Role, require
from lib.access.sessions import is_over
from lib.queries import account_list as queries
from lib.schema.assessment import ACCOUNT_ORIGINS, SIGN_IN_OUTCOMES

SHOWN_SIGN_INS = 200
_COLUMNS = (
    "name", "display_name", "role", "role_label", "unit_code", "origin", "origin_label", "state", "is_disabled",
    "is_locked", "last_sign_in_at", "created_at", "version",
)  # fmt: skip
# The first that a browser names itself by is what it is; most name themselves Chrome and Safari besides.
_BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
_SYSTEMS = {"Windows": "Windows", "Android": "Android", "iPhone": "iPhone", "Mac OS": "macOS", "Linux": "Linux"}


@dataclass(frozen=True)
class OpenSession:
    """One open session of a person. Moments on the city's clock."""

    session_ref: str
    started_at: datetime
    last_seen_at: datetime
    peer: str
    browser: str
    is_current: bool


def accounts(conn: Connection, person: Identity, now: datetime) -> pd.DataFrame:
    """One row per account, by name: name, display_name, role, role_label, unit_code, origin, origin_label, state,
    is_disabled, is_locked, last_sign_in_at and created_at (the city's clock), version.

    Raises NotAllowedError for whom the matrix shows no accounts.
    """
    require(person, "accounts")
    rows = []
    for row in queries.account_rows(conn):
        said = state(row, now)
        last = row.last_sign_in_at
        rows.append({
            "name": row.name, "display_name": row.display_name, "role": row.role,
            "role_label": ROLES[cast(Role, row.role)], "unit_code": row.unit_code, "origin": row.origin,
            "origin_label": ACCOUNT_ORIGINS[row.origin], "state": said, "is_disabled": row.disabled_at is not None,
            "is_locked": said.startswith("已锁定"), "last_sign_in_at": city_time(last) if last else None,
            "created_at": city_time(row.created_at), "version": row.version,
        })  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    for column in ("last_sign_in_at", "created_at"):
        frame[column] = pd.to_datetime(frame[column])
    return frame


def has_password(conn: Connection, person: Identity) -> bool:
    """Whether the person signs in with a password kept here, rather than through an identity provider."""
    return queries.has_password(conn, person.account)


def own_sign_ins(conn: Connection, person: Identity) -> pd.DataFrame:
    """One row per attempt to sign in to the person's account, newest first: at (the city's clock), outcome, peer,
    browser.
    """
    frame = queries.sign_in_rows(conn, person.account, SHOWN_SIGN_INS)
    return pd.DataFrame({
        "at": pd.to_datetime([city_time(at) for at in frame["at"]]),
        "outcome": [SIGN_IN_OUTCOMES[outcome] for outcome in frame["outcome"]],
        "peer": frame["peer"],
        "browser": [browser(text) for text in frame["user_agent"]],
    })  # fmt: skip


def own_sessions(conn: Connection, person: Identity, now: datetime) -> list[OpenSession]:
    """The person's open sessions, newest first."""
    return [
        OpenSession(
            row.session_ref, city_time(row.started_at), city_time(row.last_seen_at), row.peer,
            browser(row.user_agent), row.session_ref == person.session_ref,
        )
        for row in queries.session_rows(conn, person.account)
        if not is_over(row.last_seen_at, row.expires_at, now)
    ]  # fmt: skip


def browser(user_agent: str) -> str:
    """Edge 118 · Windows: what a browser says of itself, shortened; 未知浏览器 when it says nothing known."""
    found = (re.search(rf"{token}/(\d+)", user_agent) for token in _BROWSERS)
    names = [f"{label} {m[1]}" for label, m in zip(_BROWSERS.values(), found, strict=True) if m]
    systems = [label for token, label in _SYSTEMS.items() if token in user_agent]
    return " · ".join([*names[:1], *systems[:1]]) if names else "未知浏览器"
