"""What comes in and goes out while an item is under way: reports, urgings, sponsors, whistles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, insert, select, update

from lib.assessment_store import AssessmentStore
from lib.commands import CommandError
from lib.commands.lists import desk as d
from lib.commands.lists import units
from lib.commands.lists.desk import Desk, Taken
from lib.schema import lists as t
from lib.schema.list_terms import REPORT_ORIGINS


@dataclass(frozen=True)
class Report:
    """What a unit has done (填报进展). unit_code: who reports, the lead unit by default; reporter: person as named on
    the sheet; reported_on: day it reports for, today by default; origin: key of REPORT_ORIGINS, always `unit` from an
    account of a unit.
    """

    item_no: str
    progress: str
    problems: str = ""
    next_steps: str = ""
    unit_code: str | None = None
    reporter: str = ""
    reported_on: date | None = None
    origin: str = "entered"
    form_key: str | None = None


@dataclass(frozen=True)
class Urge:
    """Urge a unit (催办), at the next of the city's levels. unit_code: the lead unit by default."""

    item_no: str
    text: str = ""
    unit_code: str | None = None
    form_key: str | None = None


@dataclass(frozen=True)
class Sponsor:
    """Give the item a leader who sees it through (包案); one before is relieved. zero_by_on: cleared by then."""

    item_no: str
    opened_version: int
    name: str
    post: str
    zero_by_on: date | None = None
    form_key: str | None = None


@dataclass(frozen=True)
class Whistle:
    """A township calls the department it needs (吹哨)."""

    item_no: str
    unit_code: str
    called_unit_code: str
    reason: str
    form_key: str | None = None


@dataclass(frozen=True)
class Arrive:
    """The department that was called has come (报到)."""

    item_no: str
    whistle_id: int
    note: str = ""
    form_key: str | None = None


def report(store: AssessmentStore, desk: Desk, command: Report) -> int:
    """Add a progress report; returns the new version. Raises NotAllowedError, CommandError."""
    said = {
        "progress": d.written(command.progress, "进展情况", required=True),
        "problems": d.written(command.problems, "存在问题"),
        "next_steps": d.written(command.next_steps, "下步措施"),
        "reporter": d.written(command.reporter, "填报人", longest=64),
        "reported_on": d.not_after_today(command.reported_on, desk, "填报日期"),
    }
    d.chosen(command.origin, REPORT_ORIGINS, "填报方式")
    origin = "unit" if desk.person.role == "unit" else command.origin
    if origin == "unit" and desk.person.role != "unit":
        raise CommandError(f"由承办单位账号填报的才记为“{REPORT_ORIGINS['unit']}”")

    def act(taken: Taken) -> None:
        unit = units.speaking_unit(taken.conn, desk, taken.item.item_id, command.unit_code, lead_only=False)
        taken.conn.execute(
            insert(t.list_reports).values(
                item_id=taken.item.item_id, at=desk.moment, unit_code=unit, origin=origin,
                account=desk.person.account, **said,
            )
        )  # fmt: skip
        taken.text = str(said["progress"])
        taken.facts.update({"填报单位": desk.names.get(unit or "", ""), "填报方式": REPORT_ORIGINS[origin]})
        further = {"存在问题": str(said["problems"]), "下步措施": str(said["next_steps"])}
        taken.facts.update({label: words for label, words in further.items() if words})

    return d.take_step(store, desk, "report", command, act)


def urge(store: AssessmentStore, desk: Desk, command: Urge) -> int:
    """Urge a responsible unit; returns the new version. Each urging of the unit is one level above its last, up to
    the highest, and asks for a reply within the working days of that level. Raises NotAllowedError, CommandError.
    """
    text = d.written(command.text, "催办内容", longest=2000)
    names, reply_days = desk.profile.urging_levels, desk.profile.urging_reply_days

    def act(taken: Taken) -> None:
        now = units.responsible(taken.conn, taken.item.item_id)
        unit = command.unit_code or now.lead
        if unit is None or unit not in (now.lead, *now.supporting):
            raise CommandError("只能催办该事项的责任单位或配合单位，请重新选择")
        u = t.list_urgings
        last = select(func.max(u.c.level)).where(u.c.item_id == taken.item.item_id, u.c.unit_code == unit)
        level = min(int(taken.conn.execute(last).scalar() or 0) + 1, len(names))
        reply_by_on = desk.profile.days.after(desk.today, reply_days[level - 1])
        words = text or f"请于{reply_by_on:%Y年%-m月%-d日}前报告办理进展。"
        taken.conn.execute(
            insert(u).values(
                item_id=taken.item.item_id, level=level, at=desk.moment, account=desk.person.account, unit_code=unit,
                text=words, reply_by_on=reply_by_on,
            )
        )  # fmt: skip
        taken.changes["urged_count"] = taken.item.urged_count + 1
        taken.text = words
        taken.facts.update({"催办方式": names[level - 1], "被催办单位": desk.names.get(unit, unit),
                            "回复时限": reply_by_on.isoformat()})  # fmt: skip

    return d.take_step(store, desk, "urge", command, act)


def sponsor(store: AssessmentStore, desk: Desk, command: Sponsor) -> int:
    """Name the sponsor; returns the new version. Raises NotAllowedError, CommandError, ConflictError."""
    name = d.written(command.name, "包案领导", required=True, longest=32)
    post = d.written(command.post, "职务", required=True, longest=64)
    zero_by_on = command.zero_by_on and d.not_before_today(command.zero_by_on, desk, "清零时限")

    def act(taken: Taken) -> None:
        s = t.list_sponsors
        standing = s.c.item_id == taken.item.item_id, s.c.ended_at.is_(None)
        before = taken.conn.execute(select(s.c.name, s.c.post).where(*standing)).first()
        taken.conn.execute(update(s).where(*standing).values(ended_at=desk.moment))
        taken.conn.execute(
            insert(s).values(
                item_id=taken.item.item_id, name=name, post=post, zero_by_on=zero_by_on, added_at=desk.moment
            )
        )
        taken.facts["包案领导"] = f"{name}（{post}）"
        if before is not None:
            taken.facts["原包案领导"] = f"{before.name}（{before.post}）"
        if zero_by_on:
            taken.facts["清零时限"] = zero_by_on.isoformat()

    return d.take_step(store, desk, "sponsor", command, act)


def whistle(store: AssessmentStore, desk: Desk, command: Whistle) -> int:
    """Call a department; returns the new version. Raises NotAllowedError, CommandError while it is awaited already."""
    reason = d.written(command.reason, "吹哨事由", required=True, longest=2000)
    called = d.known_unit(command.called_unit_code, desk, "被吹哨部门")
    if called == command.unit_code:
        raise CommandError("吹哨单位和被吹哨部门不能是同一个单位")

    def act(taken: Taken) -> None:
        unit = units.speaking_unit(taken.conn, desk, taken.item.item_id, command.unit_code, lead_only=False)
        w = t.list_whistles
        awaited = select(w.c.whistle_id).where(
            w.c.item_id == taken.item.item_id, w.c.called_unit_code == called, w.c.arrived_at.is_(None)
        )
        if taken.conn.execute(awaited).first() is not None:
            raise CommandError(f"{desk.names[called]}已被吹哨、尚未报到，无须重复吹哨")
        taken.conn.execute(
            insert(w).values(
                item_id=taken.item.item_id, unit_code=unit, called_unit_code=called, whistled_at=desk.moment,
                reason=reason, note="",
            )
        )  # fmt: skip
        taken.text = reason
        taken.facts.update({"吹哨单位": desk.names.get(unit or "", ""), "被吹哨部门": desk.names[called]})

    return d.take_step(store, desk, "whistle", command, act)


def arrive(store: AssessmentStore, desk: Desk, command: Arrive) -> int:
    """Note that the department has come; returns the new version. Raises NotAllowedError, CommandError."""
    note = d.written(command.note, "报到情况", longest=2000)

    def act(taken: Taken) -> None:
        w = t.list_whistles
        here = w.c.whistle_id == command.whistle_id, w.c.item_id == taken.item.item_id
        found: Any = taken.conn.execute(select(w).where(*here)).first()
        if found is None:
            raise CommandError("该事项没有这次吹哨，请刷新后核对")
        if found.arrived_at is not None:
            raise CommandError(f"{desk.names.get(found.called_unit_code, '该部门')}已经报到，无须重复登记")
        taken.conn.execute(update(w).where(*here).values(arrived_at=desk.moment, note=note))
        taken.text = note
        taken.facts["报到部门"] = desk.names.get(found.called_unit_code, found.called_unit_code)

    return d.take_step(store, desk, "arrive", command, act)
