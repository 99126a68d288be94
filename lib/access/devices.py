"""Projection devices: browsers that open the meeting pages without a person signing in.

What is bound is one browser profile, by a random token in a cookie that scripts cannot read; the row holds its
SHA-256. A browser has no better mark of itself: whoever copies its profile copies the device. So a device has
one session at a time (a copy and the original throw one another out, which is seen), opens the meeting pages
only, and can be revoked at any moment.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from lib.access import audit, sessions
from lib.access.accounts import Refused, SignedIn, Visit, admit, refuse
from lib.access.audit import Act
from lib.access.moments import utc
from lib.access.roles import Identity
from lib.assessment_store import AssessmentStore
from lib.schema import assessment as a

PAIRING = timedelta(minutes=10)
STATES = {"waiting": "等待绑定", "lapsed": "配对码已过期", "bound": "已绑定", "revoked": "已停用"}
# Without signs that are taken for one another on a screen: 12 of 30 are 58 bits, for ten minutes.
_SIGNS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_LENGTH = 12
_NAME = "投影设备"

WRONG_CODE = "配对码不正确、已使用或已超过10分钟，请系统管理员重新登记设备"
NOT_BOUND = "本浏览器没有绑定为投影设备，或已被停用"


@dataclass(frozen=True)
class Device:
    """A registered device. state: key of STATES. last_seen_at: last sign of life. Moments are UTC without zone."""

    device_ref: str
    label: str
    state: str
    created_at: datetime
    bound_at: datetime | None
    last_seen_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True)
class Bound:
    """A browser became the device; token goes into its device cookie and cannot be had again."""

    token: str
    label: str


def new_code() -> str:
    """A one-time pairing code, in groups as it is read out: ABCD-EFGH-JKMN."""
    signs = "".join(secrets.choice(_SIGNS) for _ in range(_CODE_LENGTH))
    return "-".join(signs[i : i + 4] for i in range(0, _CODE_LENGTH, 4))


def code_hash(code: str) -> str:
    """SHA-256 of a code as typed: case, spaces and hyphens do not matter."""
    return _hashed("".join(ch for ch in code.upper() if ch.isalnum()))


def bind(store: AssessmentStore, code: str, visit: Visit) -> Bound | Refused:
    """Make the visiting browser the device of the code, once; a refusal is recorded."""
    moment = utc(visit.now)
    d = a.kiosk_devices.c
    with store.writing() as conn:
        row = conn.execute(
            select(a.kiosk_devices)
            .where(d.pairing_hash == code_hash(code), d.pairing_until > moment, d.revoked_at.is_(None))
            .with_for_update()
        ).first()
        if row is None:
            return refuse(conn, _NAME, None, "not_allowed", WRONG_CODE, visit)
        token = secrets.token_urlsafe(32)
        conn.execute(
            update(a.kiosk_devices)
            .where(d.device_ref == row.device_ref)
            .values(pairing_hash=None, pairing_until=None, token_hash=_hashed(token), bound_at=moment)
        )
        account = _account(conn, row.account_id)
        after = {"peer": sessions.plain(visit.peer, 64), "browser": sessions.plain(visit.user_agent, 255)}
        actor = Identity(account.name, account.display_name, "kiosk")
        audit.append(conn, actor, Act("device_bound", row.label, after=after), at=moment)
        return Bound(token, row.label)


def open_session(store: AssessmentStore, token: str, visit: Visit) -> SignedIn | Refused:
    """A session of role kiosk for the browser that holds a device's token; its earlier session ends."""
    d = a.kiosk_devices.c
    with store.writing() as conn:
        row = conn.execute(
            select(a.kiosk_devices).where(d.token_hash == _hashed(token), d.revoked_at.is_(None))
        ).first()
        if row is None:
            return refuse(conn, _NAME, None, "not_allowed", NOT_BOUND, visit)
        sessions.end_all(conn, row.account_id, "ended_elsewhere", now=visit.now)
        return admit(conn, _account(conn, row.account_id), visit)


def all_devices(conn: Connection, *, now: datetime) -> list[Device]:
    """Every device that was ever registered, the newest first."""
    seen: dict[int, datetime] = {}
    for account_id, last_seen_at in conn.execute(
        select(a.sessions.c.account_id, a.sessions.c.last_seen_at)
        .join(a.kiosk_devices, a.kiosk_devices.c.account_id == a.sessions.c.account_id)
        .order_by(a.sessions.c.last_seen_at)
    ):
        seen[account_id] = last_seen_at
    rows = conn.execute(select(a.kiosk_devices).order_by(a.kiosk_devices.c.created_at.desc())).all()
    return [
        Device(
            row.device_ref, row.label, _state(row, utc(now)), row.created_at, row.bound_at,
            seen.get(row.account_id), row.revoked_at,
        )
        for row in rows
    ]  # fmt: skip


def _state(row: Any, moment: datetime) -> str:
    if row.revoked_at is not None:
        return "revoked"
    if row.token_hash is not None:
        return "bound"
    return "waiting" if row.pairing_until is not None and row.pairing_until > moment else "lapsed"


def _account(conn: Connection, account_id: int) -> Any:
    return conn.execute(select(a.accounts).where(a.accounts.c.account_id == account_id)).one()


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
