"""People whom an identity provider vouches for: their accounts, roles and sessions.

An account belongs to issuer and subject, never to a name: a person at the provider who is called like somebody
here gets no hold of that account. Where roles are mapped, the provider decides them at every sign-in.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from lib.access import audit, sessions
from lib.access.accounts import DISABLED, Refused, SignedIn, Visit, admit, refuse
from lib.access.audit import Act
from lib.access.moments import utc
from lib.access.roles import Role
from lib.assessment_store import AssessmentStore
from lib.schema import assessment as a

_SUBJECT_LENGTH = 255
# Who may no longer come in may not stay in, either.
_END_REASONS = {"disabled": "disabled", "not_allowed": "role_changed"}
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,40}")
# Names under which the history records others.
_NOT_FOR_PEOPLE = re.compile(r"system|command-line|(?:demo|kiosk|oidc)-.*")

UNKNOWN = "您的统一身份认证账号还没有在本系统登记，请联系系统管理员登记后再登录"
NO_ROLE = "您在统一身份认证中没有对应本系统的角色，请联系统一身份认证的管理员授权后再登录"
NO_UNIT = "您在统一身份认证中没有单位代码，请联系统一身份认证的管理员补充后再登录"


@dataclass(frozen=True)
class Person:
    """Whom the provider vouches for, as its checked claims say.

    name: what the person is called at sign-in there. is_mapped: the provider decides the role; role None then
    means that it gives none.
    """

    issuer: str
    subject: str
    name: str
    display_name: str
    is_mapped: bool
    role: Role | None = None
    unit_code: str | None = None

    @property
    def key(self) -> str:
        """Issuer and subject as accounts.subject keeps them."""
        return f"{self.issuer}|{self.subject}"


def sign_in(store: AssessmentStore, person: Person, visit: Visit, *, may_create: bool) -> SignedIn | Refused:
    """Find or make the account, take over the role, open a session; one transaction, recorded either way.

    may_create: a person without an account gets one when the mapping gives a role. Raises ValueError for a
    subject that no account can keep.
    """
    if not person.subject or len(person.key) > _SUBJECT_LENGTH:
        raise ValueError("a subject at the provider is 1 to 255 characters, issuer included")
    person = replace(person, name=sessions.plain(person.name, 64), display_name=sessions.plain(person.display_name, 64))
    with store.writing() as conn:
        row = conn.execute(select(a.accounts).where(a.accounts.c.subject == person.key).with_for_update()).first()
        outcome, sentence = _objection(person, row, may_create)
        if outcome:
            if row is not None:
                sessions.end_all(conn, row.account_id, _END_REASONS[outcome], now=visit.now)
            return refuse(conn, person.name if row is None else row.name, row, outcome, sentence, visit)
        row = _made(conn, person, visit.now) if row is None else _refreshed(conn, person, row, visit.now)
        return admit(conn, row, visit)


def _objection(person: Person, row: Any, may_create: bool) -> tuple[str, str]:
    """Why the person may not come in: key of SIGN_IN_OUTCOMES and a sentence that says whom to ask; ("", "")."""
    if row is not None and row.disabled_at is not None:
        return "disabled", DISABLED
    if row is None and not (may_create and person.is_mapped):
        return "not_allowed", UNKNOWN
    if person.is_mapped and person.role is None:
        return "not_allowed", NO_ROLE
    if person.is_mapped and person.role == "unit" and not person.unit_code:
        return "not_allowed", NO_UNIT
    return "", ""


def _made(conn: Connection, person: Person, now: datetime) -> Any:
    """A new account from the claims."""
    name = _free_name(conn, person)
    values = {
        "name": name, "display_name": person.display_name or name, "role": person.role,
        "unit_code": person.unit_code if person.role == "unit" else None, "origin": "oidc", "subject": person.key,
        "must_change_password": False, "failed_count": 0, "created_at": utc(now), "version": 1,
    }  # fmt: skip
    try:
        with conn.begin_nested():
            row = conn.execute(insert(a.accounts).values(values).returning(a.accounts)).one()
    except IntegrityError:
        # The same person came in by another tab at the same moment.
        return conn.execute(select(a.accounts).where(a.accounts.c.subject == person.key).with_for_update()).one()
    after = {"display_name": row.display_name, "role": row.role, "unit_code": row.unit_code, "origin": "oidc"}
    act = Act("account_added", name, after=after, reason="首次通过统一身份认证登录")
    audit.append(conn, audit.SYSTEM, act, at=utc(now))
    return row


def _free_name(conn: Connection, person: Person) -> str:
    """A sign-in name that nobody has: what the provider calls the person, or with a mark of the subject."""
    mark = hashlib.sha256(person.key.encode()).hexdigest()
    wanted = person.name.lower()
    if not _NAME.fullmatch(wanted) or _NOT_FOR_PEOPLE.fullmatch(wanted):
        return f"oidc-{mark[:16]}"
    taken = conn.execute(select(a.accounts.c.account_id).where(a.accounts.c.name == wanted)).first()
    return wanted if taken is None else f"{wanted}-{mark[:12]}"


def _refreshed(conn: Connection, person: Person, row: Any, now: datetime) -> Any:
    """Take over role and unit where the provider decides them, and the name as shown."""
    values: dict[str, Any] = {}
    if person.display_name and person.display_name != row.display_name:
        values["display_name"] = person.display_name
    if person.is_mapped:
        unit_code = person.unit_code if person.role == "unit" else None
        if (person.role, unit_code) != (row.role, row.unit_code):
            values |= {"role": person.role, "unit_code": unit_code}
    if not values:
        return row
    changed = conn.execute(
        update(a.accounts)
        .where(a.accounts.c.account_id == row.account_id)
        .values(values | {"version": a.accounts.c.version + 1})
        .returning(a.accounts)
    ).one()
    before = {name: getattr(row, name) for name in values}
    action = "role_changed" if "role" in values else "account_changed"
    audit.append(conn, audit.SYSTEM, Act(action, row.name, before, values, "以统一身份认证的声明为准"), at=utc(now))
    if action == "role_changed":
        sessions.end_all(conn, row.account_id, "role_changed", now=now)
    return changed
