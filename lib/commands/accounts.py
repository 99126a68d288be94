"""Accounts: add, disable, enable, reset, change role; one's own password and sessions.

系统管理员 add, disable, enable and reset; 安全管理员 change roles; administrators are appointed by 安全管理员 or on
the command line. The three administrators exclude one another, nobody acts on their own role, and one 系统管理员
always remains. Demo, kiosk and single-sign-on accounts have no password here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from lib.access import accounts as signing
from lib.access import audit, passwords, sessions
from lib.access.audit import Act, Verbatim
from lib.access.moments import utc
from lib.access.passwords import STANDARD, Hashing
from lib.access.roles import ROLES, Identity, NotAllowedError, Role, require
from lib.assessment_store import AssessmentStore
from lib.commands import CommandError, ConflictError
from lib.schema import assessment as a

ADMINISTRATORS: frozenset[str] = frozenset({"system_admin", "security_admin", "audit_admin"})
# Projection devices get their account with the device.
ASSIGNABLE: tuple[Role, ...] = tuple(role for role in ROLES if role != "kiosk")
_NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")
_RESERVED = re.compile(r"system|command-line|demo-.*|kiosk-.*|oidc-.*")


@dataclass(frozen=True)
class AddAccount:
    """A new account with its first role. password: a first one instead of one made by chance; both are temporary.
    subject: issuer and subject at the identity provider (as accounts.subject keeps them); then there is no password.
    """

    name: str
    display_name: str
    role: str
    unit_code: str | None = None
    password: str | None = None
    subject: str | None = None


@dataclass(frozen=True)
class DisableAccount:
    """Close an account and its sessions."""

    name: str
    opened_version: int


@dataclass(frozen=True)
class EnableAccount:
    """Open a closed account again, and lift a lock."""

    name: str
    opened_version: int


@dataclass(frozen=True)
class ResetPassword:
    """Give an account a temporary password; ends its sessions and its lock. password: as in AddAccount."""

    name: str
    opened_version: int
    password: str | None = None


@dataclass(frozen=True)
class ChangeRole:
    """Give an account another role, or another unit; ends its sessions."""

    name: str
    role: str
    unit_code: str | None
    opened_version: int


@dataclass(frozen=True)
class ChangeOwnPassword:
    """Replace one's own password; ends one's other sessions."""

    current: str
    new: str


@dataclass(frozen=True)
class EndSession:
    """End another of one's own sessions."""

    session_ref: str


Command = AddAccount | DisableAccount | EnableAccount | ResetPassword | ChangeRole | ChangeOwnPassword | EndSession


@dataclass(frozen=True)
class Done:
    """What came of it. temporary_password: to be shown once, kept nowhere."""

    version: int = 0
    temporary_password: str | None = None


@dataclass(frozen=True)
class _Task:
    """What a handler works with."""

    store: AssessmentStore
    actor: Identity
    now: datetime
    hashing: Hashing

    @property
    def is_command_line(self) -> bool:
        return self.actor == audit.COMMAND_LINE

    def record(self, conn: Connection, act: Act) -> None:
        audit.append(conn, self.actor, act, at=utc(self.now))


def handle(
    store: AssessmentStore, command: Command, actor: Identity, *, now: datetime | None = None,
    hashing: Hashing = STANDARD,
) -> Done:  # fmt: skip
    """Carry out a command. Raises CommandError, ConflictError, NotAllowedError: then nothing was changed."""
    return _HANDLERS[type(command)](_Task(store, actor, now or datetime.now(UTC), hashing), command)


def _add(task: _Task, command: AddAccount) -> Done:
    require(task.actor, "accounts", "write")
    name, display_name = signing.normal_name(command.name), " ".join(command.display_name.split())
    if not _NAME.fullmatch(name) or _RESERVED.fullmatch(name):
        raise CommandError("账号名须为2至32位小写字母、数字或 . _ -，以字母开头，且不能是系统保留的名称")
    if not display_name or len(display_name) > 64 or not display_name.isprintable():
        raise CommandError("请填写姓名，最多64个字")
    unit_code = _valid_unit(command.role, command.unit_code)
    if command.role in ADMINISTRATORS and not task.is_command_line:
        raise NotAllowedError(f"{_role(command.role)}由安全管理员授予，或在服务器上执行 python -m lib user add")
    values: dict[str, Any] = {
        "name": name, "display_name": display_name, "role": command.role, "unit_code": unit_code,
        "failed_count": 0, "created_at": utc(task.now), "version": 1,
    }  # fmt: skip
    temporary = None
    if command.subject is None:
        temporary = _temporary(command.password, name, display_name)
        values |= {"origin": "local", **_new_password(task.hashing.hash(temporary), task, must_change=True)}
    else:
        values |= {"origin": "oidc", "subject": _valid_subject(command.subject), "must_change_password": False}
    try:
        with task.store.writing() as conn:
            if command.subject is not None:
                _refuse_known_subject(conn, command.subject)
            conn.execute(insert(a.accounts).values(values))
            task.record(conn, Act("account_added", name, after=_said(_row(conn, name), task.now)))
    except IntegrityError as error:
        raise CommandError(f"账号名 {name} 已被使用，请换一个") from error
    return Done(1, temporary)


def _valid_subject(subject: str) -> str:
    issuer, _, name = subject.partition("|")
    if not issuer or not name or len(subject) > 255 or not subject.isprintable():
        raise CommandError("统一身份认证的主体标识须为1个以上可见字符，连同签发者地址不超过255个字符")
    return subject


def _refuse_known_subject(conn: Connection, subject: str) -> None:
    known = conn.execute(select(a.accounts.c.name).where(a.accounts.c.subject == subject)).scalar()
    if known is not None:
        raise CommandError(f"这个统一身份认证的主体标识已登记为账号 {known}")


def _disable(task: _Task, command: DisableAccount) -> Done:
    require(task.actor, "accounts", "write")
    with task.store.writing() as conn:
        account = _opened(conn, task, command.name, command.opened_version, {"状态": "已停用"})
        if account.name == task.actor.account:
            raise NotAllowedError("不能停用自己的账号，请由另一位系统管理员办理")
        if account.disabled_at is not None:
            raise CommandError(f"账号 {account.name} 已经停用")
        _keep_an_administrator(conn, account)
        done = _change(conn, task, account, "account_disabled", {"disabled_at": utc(task.now)})
        sessions.end_all(conn, account.account_id, "disabled", now=task.now)
    return done


def _enable(task: _Task, command: EnableAccount) -> Done:
    require(task.actor, "accounts", "write")
    with task.store.writing() as conn:
        account = _opened(conn, task, command.name, command.opened_version, {"状态": "正常"})
        if account.disabled_at is None and account.locked_until is None:
            raise CommandError(f"账号 {account.name} 没有停用，也没有锁定")
        values = {"disabled_at": None, "locked_until": None, "failed_count": 0}
        return _change(conn, task, account, "account_enabled", values)


def _reset(task: _Task, command: ResetPassword) -> Done:
    require(task.actor, "accounts", "write")
    with task.store.reading() as conn:
        known = _row(conn, command.name)
    temporary = _temporary(command.password, known.name, known.display_name)
    stored = task.hashing.hash(temporary)
    with task.store.writing() as conn:
        account = _opened(conn, task, command.name, command.opened_version, {"密码": "重置"})
        if account.name == task.actor.account:
            raise NotAllowedError("自己的密码请在“我的账号”页修改")
        if account.role in ADMINISTRATORS - {"system_admin"} and not task.is_command_line:
            # Else 系统管理员 could sign in as the administrators who watch over them.
            raise NotAllowedError(f"{_role(account.role)}的密码只能在服务器上执行 python -m lib user reset")
        if account.origin != "local":
            raise CommandError(f"{a.ACCOUNT_ORIGINS[account.origin]}在本系统没有密码，不需要重置")
        done = _change(conn, task, account, "password_reset", _new_password(stored, task, must_change=True))
        sessions.end_all(conn, account.account_id, "password_changed", now=task.now)
    return Done(done.version, temporary)


def _change_role(task: _Task, command: ChangeRole) -> Done:
    if not task.is_command_line:
        require(task.actor, "accounts", "roles")
    unit_code = _valid_unit(command.role, command.unit_code)
    wanted = {"角色": _role(command.role), "单位": unit_code or ""}
    with task.store.writing() as conn:
        account = _opened(conn, task, command.name, command.opened_version, wanted)
        if account.name == task.actor.account:
            raise NotAllowedError("不能变更自己的角色，请由另一位安全管理员办理")
        if (account.role, account.unit_code) == (command.role, unit_code):
            raise CommandError(f"账号 {account.name} 的角色和单位没有变化")
        if account.origin == "kiosk":
            raise CommandError("投影设备的账号只能用于投影")
        if {account.role, command.role} <= ADMINISTRATORS:
            raise CommandError("系统管理员、安全管理员、审计管理员不能由同一账号先后担任，请另建账号")
        _keep_an_administrator(conn, account)
        done = _change(conn, task, account, "role_changed", {"role": command.role, "unit_code": unit_code})
        sessions.end_all(conn, account.account_id, "role_changed", now=task.now)
    return done


def _change_own_password(task: _Task, command: ChangeOwnPassword) -> Done:
    with task.store.reading() as conn:
        known = _row(conn, task.actor.account)
    if known.password_hash is None:
        raise CommandError(f"{a.ACCOUNT_ORIGINS[known.origin]}在本系统没有密码，不需要修改")
    if signing.is_locked(known, task.now):
        raise CommandError(signing.locked_sentence(known.locked_until))
    if not task.hashing.matches(known.password_hash, command.current):
        raise _wrong_password(task, known.name)
    found = passwords.faults(command.new, known.name, known.display_name)
    if task.hashing.matches(known.password_hash, command.new):
        found.append("新密码不能与原密码相同")
    if found:
        raise CommandError("；".join(found))
    stored = task.hashing.hash(command.new)
    with task.store.writing() as conn:
        account = _row(conn, known.name, for_update=True)
        if account.password_changed_at != known.password_changed_at or account.disabled_at is not None:
            raise CommandError("密码刚被重置或账号已停用，请重新登录")
        done = _change(conn, task, account, "password_changed", _new_password(stored, task, must_change=False))
        but = task.actor.session_ref
        sessions.end_all(conn, account.account_id, "password_changed", now=task.now, but=but)
    return done


def _new_password(stored: str, task: _Task, *, must_change: bool) -> dict[str, Any]:
    return {
        "password_hash": stored, "password_changed_at": utc(task.now), "must_change_password": must_change,
        "failed_count": 0, "locked_until": None,
    }  # fmt: skip


def _wrong_password(task: _Task, name: str) -> CommandError:
    """Counted like a failed sign-in: an unattended browser must not help to guess a password."""
    with task.store.writing() as conn:
        account = _row(conn, name, for_update=True)
        until = signing.count_failure(conn, account, task.now)
        task.record(conn, Act("sign_in_failed", name, after={"outcome": "修改密码时原密码错误"}))
    return CommandError("原密码不正确" if until is None else signing.locked_sentence(until))


def _end_session(task: _Task, command: EndSession) -> Done:
    if command.session_ref == task.actor.session_ref:
        raise CommandError("这是当前会话，请使用“退出”")
    with task.store.writing() as conn:
        found = sessions.by_ref(conn, command.session_ref, now=task.now)
        if found is None or found.identity.account != task.actor.account:
            raise CommandError("这个会话已经结束")
        reason = "ended_elsewhere"
        sessions.end(conn, command.session_ref, reason, now=task.now)
        named = {"session": Verbatim(command.session_ref)}
        task.record(conn, Act("session_ended", task.actor.account, before=named, reason=a.SESSION_ENDS[reason]))
    return Done()


_HANDLERS: dict[type, Callable[[_Task, Any], Done]] = {
    AddAccount: _add, DisableAccount: _disable, EnableAccount: _enable, ResetPassword: _reset,
    ChangeRole: _change_role, ChangeOwnPassword: _change_own_password, EndSession: _end_session,
}  # fmt: skip


def _said(account: Any, now: datetime) -> dict[str, str]:
    """What the history and a conflict say about an account (a row): label → text."""
    return {"角色": _role(account.role), "单位": account.unit_code or "", "状态": signing.state(account, now)}


def _role(role: str) -> str:
    return ROLES[cast(Role, role)]


def _opened(conn: Connection, task: _Task, name: str, opened_version: int, wanted: dict[str, str]) -> Any:
    """The account, locked until the end of the transaction, still as the person saw it."""
    # First, and in one order: two administrators who disable each other at once must not both succeed.
    _active_administrators(conn)
    account = _row(conn, name, for_update=True)
    if account.origin == "demo":
        raise CommandError("演示账号由系统自动维护，不能修改")
    if account.version != opened_version:
        raise ConflictError(f"账号 {account.name} ", _said(account, task.now), wanted)
    return account


def _change(conn: Connection, task: _Task, account: Any, action: str, values: dict[str, Any]) -> Done:
    """Store the values, count the version, and record both states."""
    before, version = _said(account, task.now), account.version + 1
    which = a.accounts.c.account_id == account.account_id
    conn.execute(update(a.accounts).where(which).values(**values, version=version))
    after = _said(_row(conn, account.name), task.now)
    task.record(conn, Act(action, account.name, before=before, after=after))
    return Done(version)


def _row(conn: Connection, name: str, *, for_update: bool = False) -> Any:
    statement = select(a.accounts).where(a.accounts.c.name == signing.normal_name(name))
    account = conn.execute(statement.with_for_update() if for_update else statement).first()
    if account is None:
        raise CommandError(f"没有账号 {signing.normal_name(name)}")
    return account


def _active_administrators(conn: Connection) -> list[int]:
    c = a.accounts.c
    statement = select(c.account_id).where(c.role == "system_admin", c.disabled_at.is_(None), c.origin != "demo")
    return list(conn.execute(statement.order_by(c.account_id).with_for_update()).scalars())


def _keep_an_administrator(conn: Connection, account: Any) -> None:
    if account.role == "system_admin" and _active_administrators(conn) == [account.account_id]:
        raise CommandError("这是最后一个可用的系统管理员账号，请先另建一个")


def _valid_unit(role: str, unit_code: str | None) -> str | None:
    """The unit that goes with the role: role unit has one, the others none."""
    if role not in ASSIGNABLE:
        raise CommandError("请选择角色")
    unit_code = (unit_code or "").strip() or None
    if role == "unit" and unit_code is None:
        raise CommandError("承办单位的账号须指明单位")
    if role != "unit" and unit_code is not None:
        raise CommandError("只有承办单位的账号需要指明单位")
    return unit_code


def _temporary(given: str | None, name: str, display_name: str) -> str:
    if given is None:
        return passwords.generate()
    found = passwords.faults(given, name, display_name)
    if found:
        raise CommandError("；".join(found))
    return given
