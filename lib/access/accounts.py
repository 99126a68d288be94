"""Signing in: the one way from a name and a password to a session, and the demo's one click.

Every attempt leaves a row of sign_ins and an entry in the history. Who does not know the password learns nothing
about an account: unknown, passwordless and disabled ones get the same words after the same time as a wrong
password, until the fifth failure locks a real one.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any, cast

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from lib.access import audit, sessions
from lib.access.audit import Act, Verbatim
from lib.access.moments import clock, utc
from lib.access.passwords import STANDARD, Hashing
from lib.access.roles import Identity, Role
from lib.access.sessions import plain
from lib.assessment_store import AssessmentStore
from lib.schema import assessment as a

MAX_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)
# Who may sign in to the demo with one click.
DEMO_ROLES: tuple[Role, ...] = (
    "leader", "supervision", "discipline", "organisation", "hotline", "unit", "system_admin",
)  # fmt: skip
# Second persons, for steps that one person asks for and another decides: key of the account → role and words.
DEMO_SECONDS: dict[str, tuple[Role, str]] = {"supervision-2": ("supervision", "复核"), "hotline-2": ("hotline", "审核")}
WRONG = "账号或密码不正确"
DISABLED = "该账号已停用，如需使用请联系系统管理员"
DEMO_NAME = "演示账号"
DEMO_ONLY = "演示账号只能用于演示数据"


@dataclass(frozen=True)
class SignedIn:
    """A session was opened: the cookie's token, the session's public name, whether a new password comes first."""

    token: str
    session_ref: str
    must_change: bool


@dataclass(frozen=True)
class Refused:
    """No session: outcome (key of SIGN_IN_OUTCOMES) and the Chinese sentence for the person."""

    outcome: str
    sentence: str


@dataclass(frozen=True)
class Visit:
    """Who knocks: network address, browser and moment."""

    peer: str
    user_agent: str
    now: datetime


def sign_in(
    store: AssessmentStore, name: str, password: str, *, peer: str, user_agent: str, now: datetime,
    hashing: Hashing = STANDARD,
) -> SignedIn | Refused:  # fmt: skip
    """Check name and password; open a session or say why not. Five failures in a row lock for 15 minutes."""
    visit = Visit(peer, user_agent, now)
    given = normal_name(name)
    with store.reading() as conn:
        found = _account(conn, given)
    # Outside of any transaction: it takes long, and nobody else should wait for it.
    is_right = hashing.matches(found.password_hash if found else None, password)
    renewed = hashing.hash(password) if found and is_right and hashing.is_outdated(found.password_hash) else None
    with store.writing() as conn:
        account = _account(conn, given, for_update=True)
        if account is None:
            return refuse(conn, given, None, "unknown_account", WRONG, visit)
        if found is None or account.password_changed_at != found.password_changed_at:
            is_right = False  # The password was set anew since it was checked.
        if is_locked(account, now):
            return refuse(conn, given, account, "locked", locked_sentence(account.locked_until), visit)
        if not is_right:
            return _failed(conn, account, visit)
        if account.disabled_at is not None:
            return refuse(conn, given, account, "disabled", DISABLED, visit)
        if renewed is not None:
            conn.execute(_update(account).values(password_hash=renewed))
        return admit(conn, account, visit)


def demo_sign_in(
    store: AssessmentStore, key: str, *, unit_code: str | None = None, peer: str, user_agent: str, now: datetime
) -> SignedIn | Refused:
    """One click in the demo: the account is made when it is first used, in the demo pair only.

    key: a role of DEMO_ROLES, or a key of DEMO_SECONDS. unit_code: whom role unit speaks for. The caller has made
    sure that the visitor sits at this very machine. Raises ValueError for role unit without a unit.
    """
    role = DEMO_SECONDS[key][0] if key in DEMO_SECONDS else key
    if store.pair != "demo" or role not in DEMO_ROLES:
        return Refused("not_allowed", DEMO_ONLY)
    if role == "unit" and not unit_code:
        raise ValueError("role unit needs a unit_code")
    visit = Visit(peer, user_agent, now)
    with store.writing() as conn:
        account = demo_account(conn, key, unit_code, now)
        if role == "unit" and account.unit_code != unit_code:
            # The demo city was made anew with other units.
            conn.execute(_update(account).values(unit_code=unit_code, version=account.version + 1))
        return admit(conn, account, visit)


def has_accounts(store: AssessmentStore) -> bool:
    """Whether anybody could sign in here: an open account that is neither of the demo nor a device's."""
    people = select(a.accounts.c.account_id).where(
        a.accounts.c.disabled_at.is_(None), a.accounts.c.origin.in_(("local", "oidc"))
    )
    with store.reading() as conn:
        return conn.execute(people.limit(1)).first() is not None


def demo_name(key: str) -> str:
    """Sign-in name of the demo account of a role, or of a second person: demo-leader, demo-hotline-2."""
    return f"demo-{key.replace('_', '-')}"


def demo_display_name(key: str) -> str:
    """What the demo account of a role or of a second person is called: 演示账号, 演示账号·审核."""
    return f"{DEMO_NAME}·{DEMO_SECONDS[key][1]}" if key in DEMO_SECONDS else DEMO_NAME


def demo_account(conn: Connection, key: str, unit_code: str | None, now: datetime) -> Any:
    """The row of a demo account (key as in demo_sign_in), made when it is first asked for; two clicks at once make
    one. unit_code: whom role unit speaks for.
    """
    name, role = demo_name(key), DEMO_SECONDS[key][0] if key in DEMO_SECONDS else key
    known = _account(conn, name, for_update=True)
    if known is not None:
        return known
    values = {
        "name": name, "display_name": demo_display_name(key), "role": role,
        "unit_code": unit_code if role == "unit" else None, "origin": "demo", "must_change_password": False,
        "failed_count": 0, "created_at": utc(now), "version": 1,
    }  # fmt: skip
    try:
        with conn.begin_nested():
            conn.execute(insert(a.accounts).values(values))
    except IntegrityError:
        return _account(conn, name, for_update=True)
    audit.append(conn, audit.SYSTEM, Act("account_added", name, after={"role": role}), at=utc(now))
    return _account(conn, name, for_update=True)


def normal_name(name: str) -> str:
    """A sign-in name as it is kept: half-width, lower case, without spaces around it."""
    return plain(unicodedata.normalize("NFKC", name).strip().lower(), 64)


def is_locked(account: Any, now: datetime) -> bool:
    """Whether the account (a row of accounts) takes no password at this moment."""
    return account.locked_until is not None and account.locked_until > utc(now)


def locked_sentence(until: datetime) -> str:
    """What a person is told whose account is locked."""
    return f"密码连续错误{MAX_FAILURES}次，账号已锁定至{clock(until)}，请到时再试，或请系统管理员重置密码"


def state(account: Any, now: datetime) -> str:
    """已停用, 已锁定至…, 待改密码 or 正常, of a row of accounts."""
    if account.disabled_at is not None:
        return "已停用"
    if is_locked(account, now):
        return f"已锁定至{clock(account.locked_until)}"
    return "待改密码" if account.must_change_password else "正常"


def count_failure(conn: Connection, account: Any, now: datetime) -> datetime | None:
    """Count one wrong password of a locked-for-update row; returns until when the account is now locked, if it is."""
    moment = utc(now)
    # A lock that has run out begins the count anew.
    count = (0 if account.locked_until is not None else account.failed_count) + 1
    until = moment + LOCKED_FOR if count >= MAX_FAILURES else None
    conn.execute(_update(account).values(failed_count=count, locked_until=until))
    return until


def admit(conn: Connection, account: Any, visit: Visit) -> SignedIn | Refused:
    """Open a session for an account (a row) that was vouched for, by password or otherwise; refuses disabled ones."""
    if account.disabled_at is not None:
        return refuse(conn, account.name, account, "disabled", DISABLED, visit)
    conn.execute(_update(account).values(failed_count=0, locked_until=None))
    token = sessions.start(conn, account.account_id, peer=visit.peer, user_agent=visit.user_agent, now=visit.now)
    session = sessions.by_token(conn, token, now=visit.now)
    assert session is not None
    _record(conn, account.name, account, "succeeded", visit)
    after = {"peer": _said_peer(visit.peer), "session": Verbatim(session.identity.session_ref)}
    audit.append(conn, session.identity, Act("sign_in", account.name, after=after), at=utc(visit.now))
    sessions.end_overdue(conn, now=visit.now)
    return SignedIn(token, session.identity.session_ref, session.must_change_password)


def refuse(conn: Connection, name: str, account: Any | None, outcome: str, sentence: str, visit: Visit) -> Refused:
    """Record an attempt that did not succeed. account: its row, where there is one."""
    _record(conn, name, account, outcome, visit)
    actor = audit.SYSTEM if account is None else _identity(account)
    after = {"outcome": a.SIGN_IN_OUTCOMES[outcome], "peer": _said_peer(visit.peer)}
    audit.append(conn, actor, Act("sign_in_failed", name, after=after), at=utc(visit.now))
    return Refused(outcome, sentence)


def _failed(conn: Connection, account: Any, visit: Visit) -> Refused:
    if account.password_hash is None:
        # Nothing to guess, so nothing to lock: others vouch for this account.
        return refuse(conn, account.name, account, "not_allowed", WRONG, visit)
    until = count_failure(conn, account, visit.now)
    sentence = WRONG if until is None else locked_sentence(until)
    return refuse(conn, account.name, account, "wrong_password", sentence, visit)


def _record(conn: Connection, name: str, account: Any | None, outcome: str, visit: Visit) -> None:
    conn.execute(
        insert(a.sign_ins).values(
            at=utc(visit.now),
            name=plain(name, 64),
            account_id=account.account_id if account is not None else None,
            outcome=outcome,
            peer=plain(visit.peer, 64),
            user_agent=plain(visit.user_agent, 255),
        )
    )


def _account(conn: Connection, name: str, *, for_update: bool = False) -> Any:
    statement = select(a.accounts).where(a.accounts.c.name == name)
    return conn.execute(statement.with_for_update() if for_update else statement).first()


def _update(account: Any) -> Any:
    return update(a.accounts).where(a.accounts.c.account_id == account.account_id)


def _said_peer(peer: str) -> str:
    """A network address as it is: masking would take 192.168.10.200 for a phone number."""
    try:
        return Verbatim(ip_address(peer))
    except ValueError:
        return plain(peer, 64)


def _identity(account: Any) -> Identity:
    return Identity(account.name, account.display_name, cast(Role, account.role), account.unit_code)
