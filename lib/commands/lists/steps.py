"""Steps that lead an item through its life without a request: listing, assigning, signing, escalating, reopening."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, update

from lib.access.moments import city_time
from lib.assessment_store import AssessmentStore
from lib.commands import CommandError
from lib.commands.lists import desk as d
from lib.commands.lists import units
from lib.commands.lists.desk import Desk, Taken
from lib.commands.lists.items import set_lead, set_supporting
from lib.lists.fields import fields_of
from lib.schema import lists as t


@dataclass(frozen=True)
class Enlist:
    """Put a proposed item on the list (审核列入)."""

    item_no: str
    opened_version: int
    note: str = ""
    form_key: str | None = None


@dataclass(frozen=True)
class Decline:
    """Decide that a proposed item is not put on the list (不予列入)."""

    item_no: str
    opened_version: int
    reason: str
    form_key: str | None = None


@dataclass(frozen=True)
class Assign:
    """Give the item to its lead unit with a limit (立项交办). What is None stays as the item says; where that says
    no limit, it is the city's usual one.
    """

    item_no: str
    opened_version: int
    lead_unit_code: str | None = None
    due_on: date | None = None
    supporting_unit_codes: Sequence[str] | None = None
    form_key: str | None = None


@dataclass(frozen=True)
class Sign:
    """The lead unit signs for the item (签收). signed_by, signed_on: as on the paper receipt."""

    item_no: str
    opened_version: int
    signed_by: str = ""
    signed_on: date | None = None
    form_key: str | None = None


@dataclass(frozen=True)
class Resume:
    """Take a suspended item up again (恢复办理), with a limit."""

    item_no: str
    opened_version: int
    reason: str
    due_on: date
    form_key: str | None = None


@dataclass(frozen=True)
class Escalate:
    """Raise the item to the next level of supervision (提级督办). approver: leader who approved, as on the paper."""

    item_no: str
    opened_version: int
    reason: str
    approver: str
    form_key: str | None = None


@dataclass(frozen=True)
class Void:
    """Strike out an item that should not have been entered (作废); its number stays visible."""

    item_no: str
    opened_version: int
    reason: str
    form_key: str | None = None


@dataclass(frozen=True)
class Reopen:
    """Take up again an item that was closed out and came back (反弹重启), with a limit."""

    item_no: str
    opened_version: int
    reason: str
    due_on: date
    form_key: str | None = None


def enlist(store: AssessmentStore, desk: Desk, command: Enlist) -> int:
    """拟列 → 待交办; returns the new version. Raises NotAllowedError, CommandError, ConflictError."""
    note = d.written(command.note, "审核意见")

    def act(taken: Taken) -> None:
        taken.text = note

    return d.take_step(store, desk, "enlist", command, act, asked_by=_proposed_by)


def _proposed_by(_conn: Connection, item: Row[Any]) -> str | None:
    return str(item.created_by)


def decline(store: AssessmentStore, desk: Desk, command: Decline) -> int:
    """拟列 → 不予列入; returns the new version. Raises NotAllowedError, CommandError, ConflictError."""
    return _with_reason(store, desk, "decline", command, "不予列入的理由")


def void(store: AssessmentStore, desk: Desk, command: Void) -> int:
    """→ 已作废; returns the new version. Raises NotAllowedError, CommandError, ConflictError."""
    return _with_reason(store, desk, "void", command, "作废原因")


def _with_reason(store: AssessmentStore, desk: Desk, step: str, command: Decline | Void, label: str) -> int:
    reason = d.written(command.reason, label, required=True)

    def act(taken: Taken) -> None:
        taken.text = reason

    return d.take_step(store, desk, step, command, act)


def assign(store: AssessmentStore, desk: Desk, command: Assign) -> int:
    """待交办 → 待签收; returns the new version. The lead unit and the limit must stand by then.

    Raises NotAllowedError, CommandError, ConflictError.
    """

    def act(taken: Taken) -> None:
        item, conn = taken.item, taken.conn
        now = units.responsible(conn, item.item_id)
        label = fields_of(item.list_kind, desk.profile)["lead_unit_code"].label(item.list_kind)
        lead = command.lead_unit_code or now.lead
        if lead is None:
            raise CommandError(f"请先选择{label}，再交办")
        if lead != now.lead:
            set_lead(conn, desk, item.item_id, {"unit_code": d.known_unit(lead, desk, label)})
        codes = now.supporting if command.supporting_unit_codes is None else command.supporting_unit_codes
        supporting = tuple(dict.fromkeys(d.known_unit(code, desk, "配合单位") for code in codes if code != lead))
        set_supporting(conn, desk, item.item_id, supporting)
        due_on = _limit(desk, item, command.due_on)
        taken.changes.update(assigned_on=desk.today, first_due_on=due_on, due_on=due_on)
        taken.facts[label] = desk.names.get(lead, lead)
        if supporting:
            taken.facts["配合单位"] = "、".join(desk.names.get(code, code) for code in supporting)
        taken.facts["办结时限"] = due_on.isoformat()

    return d.take_step(store, desk, "assign", command, act)


def _limit(desk: Desk, item: Any, given: date | None) -> date:
    """The limit that an item is assigned with. One taken over from an older ledger may have run out long ago; one
    that ran out while the item waited to be assigned must be set anew.
    """
    if given is not None:
        return d.not_before_today(given, desk, "办结时限")
    if item.due_on is None:
        return desk.profile.days.after(desk.today, desk.profile.due_days[item.list_kind])
    if item.due_on < desk.today and item.due_on >= city_time(item.created_at).date():
        raise CommandError(f"原定办结时限{item.due_on:%Y年%-m月%-d日}已过，请重新确定办结时限后交办")
    standing: date = item.due_on
    return standing


def sign(store: AssessmentStore, desk: Desk, command: Sign) -> int:
    """待签收 → 办理中; returns the new version. Raises NotAllowedError, CommandError, ConflictError."""
    signed_by = d.written(command.signed_by, "签收人", longest=64)
    signed_on = d.not_after_today(command.signed_on, desk, "签收日期")

    def act(taken: Taken) -> None:
        if signed_on < taken.item.assigned_on:
            raise CommandError(f"签收日期不能早于交办日期（{taken.item.assigned_on:%Y年%-m月%-d日}）")
        unit = units.speaking_unit(taken.conn, desk, taken.item.item_id, None, lead_only=True)
        taken.facts.update({"签收单位": desk.names.get(unit or "", ""), "签收日期": signed_on.isoformat()})
        if signed_by:
            taken.facts["签收人"] = signed_by

    return d.take_step(store, desk, "sign", command, act)


def resume(store: AssessmentStore, desk: Desk, command: Resume) -> int:
    """挂账 → 办理中; returns the new version. Raises NotAllowedError, CommandError, ConflictError."""

    def act(taken: Taken) -> None:
        _again(taken, desk, command, "恢复办理的理由")
        taken.changes["suspended_until_on"] = None

    return d.take_step(store, desk, "resume", command, act)


def reopen(store: AssessmentStore, desk: Desk, command: Reopen) -> int:
    """已销号 → 办理中, and the re-inspections that were still due fall away; returns the new version.

    Raises NotAllowedError, CommandError, ConflictError.
    """

    def act(taken: Taken) -> None:
        _again(taken, desk, command, "反弹情况")
        taken.changes.update(closed_on=None, reopened_count=taken.item.reopened_count + 1)
        r = t.list_reinspections
        due = r.c.done_at.is_(None) & r.c.cancelled_at.is_(None)
        taken.conn.execute(
            update(r).where(r.c.item_id == taken.item.item_id, due).values(cancelled_at=desk.moment)
        )  # fmt: skip

    return d.take_step(store, desk, "reopen", command, act)


def _again(taken: Taken, desk: Desk, command: Resume | Reopen, label: str) -> None:
    """What taking an item up again has in common: words and a limit ahead."""
    taken.text = d.written(command.reason, label, required=True)
    taken.changes["due_on"] = d.not_before_today(command.due_on, desk, "办结时限")
    taken.facts["办结时限"] = command.due_on.isoformat()


def escalate(store: AssessmentStore, desk: Desk, command: Escalate) -> int:
    """One level up; returns the new version. Raises NotAllowedError, CommandError at the top, ConflictError."""
    reason = d.written(command.reason, "提级理由", required=True)
    approver = d.written(command.approver, "批准人", required=True, longest=64)
    levels = desk.profile.escalation_levels

    def act(taken: Taken) -> None:
        level = taken.item.level + 1
        if level >= len(levels):
            raise CommandError(f"该事项已是最高一级（{levels[-1]}），不能再提级")
        taken.changes["level"] = level
        taken.text = reason
        taken.facts.update({"提级": f"{levels[level - 1]} → {levels[level]}", "批准人": approver})

    return d.take_step(store, desk, "escalate", command, act)
