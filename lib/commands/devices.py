"""Registering and revoking projection devices."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from lib.access import audit, devices, sessions
from lib.access.audit import Act
from lib.access.moments import utc
from lib.access.roles import Identity, require
from lib.assessment_store import AssessmentStore
from lib.commands import CommandError
from lib.schema import assessment as a

LABEL_LENGTH = 32


@dataclass(frozen=True)
class RegisterDevice:
    """label: where the device stands, e.g. 市委一号会议室."""

    label: str


@dataclass(frozen=True)
class RevokeDevice:
    """device_ref: which one; reason: why, for the history."""

    device_ref: str
    reason: str = ""


@dataclass(frozen=True)
class Registered:
    """code binds one browser until `until` (UTC without zone); it is stored nowhere and shown once."""

    device_ref: str
    label: str
    code: str
    until: datetime


def register(store: AssessmentStore, actor: Identity, command: RegisterDevice, *, now: datetime) -> Registered:
    """Make the device, its account of role kiosk and a one-time code. Raises NotAllowedError, CommandError."""
    require(actor, "accounts", "write")
    label = " ".join(command.label.split())
    if not label or len(label) > LABEL_LENGTH or not label.isprintable():
        raise CommandError(f"请填写设备所在位置，1 到 {LABEL_LENGTH} 个字，例如“市委一号会议室”")
    device_ref, code = secrets.token_hex(8), devices.new_code()
    moment, until = utc(now), utc(now) + devices.PAIRING
    d = a.kiosk_devices.c
    with store.writing() as conn:
        same = select(d.device_ref).where(d.label == label, d.revoked_at.is_(None))
        if conn.execute(same).first() is not None:
            raise CommandError(f"已经有名为“{label}”的投影设备；要重新绑定请先停用原来的设备")
        account_id = conn.execute(
            insert(a.accounts)
            .values(
                name=f"kiosk-{device_ref}", display_name=label, role="kiosk", origin="kiosk",
                must_change_password=False, failed_count=0, created_at=moment, version=1,
            )
            .returning(a.accounts.c.account_id)
        ).scalar_one()  # fmt: skip
        conn.execute(
            insert(a.kiosk_devices).values(
                device_ref=device_ref, label=label, account_id=account_id, pairing_hash=devices.code_hash(code),
                pairing_until=until, created_at=moment,
            )
        )  # fmt: skip
        audit.append(conn, actor, Act("device_added", label, after={"device": device_ref}), at=moment)
    return Registered(device_ref, label, code, until)


def revoke(store: AssessmentStore, actor: Identity, command: RevokeDevice, *, now: datetime) -> None:
    """Shut the device out for good and end its sessions. Raises NotAllowedError, CommandError."""
    require(actor, "accounts", "write")
    moment = utc(now)
    d = a.kiosk_devices.c
    with store.writing() as conn:
        row = conn.execute(select(a.kiosk_devices).where(d.device_ref == command.device_ref).with_for_update()).first()
        if row is None:
            raise CommandError(f"没有编号为 {command.device_ref} 的投影设备")
        if row.revoked_at is not None:
            raise CommandError(f"投影设备“{row.label}”早已停用")
        conn.execute(
            update(a.kiosk_devices)
            .where(d.device_ref == row.device_ref)
            .values(revoked_at=moment, pairing_hash=None, pairing_until=None)
        )
        conn.execute(
            update(a.accounts)
            .where(a.accounts.c.account_id == row.account_id)
            .values(disabled_at=moment, version=a.accounts.c.version + 1)
        )
        sessions.end_all(conn, row.account_id, "disabled", now=now)
        act = Act("device_revoked", row.label, before={"device": row.device_ref}, reason=command.reason)
        audit.append(conn, actor, act, at=moment)
