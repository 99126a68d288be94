"""Tasks of a meeting (任务分解表): entered, changed, struck, put on the 督办清单 with one click, delivered or not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select, update

from lib.assessment_store import AssessmentStore
from lib.commands import CommandError
from lib.commands.lists import desk as d
from lib.commands.lists import registers
from lib.commands.lists.desk import Desk
from lib.commands.lists.items import AddItem, insert_item
from lib.commands.scheduling import room
from lib.commands.scheduling.meetings import MEETING
from lib.commands.scheduling.topics import TOPIC
from lib.lists.process import SUPERVISION
from lib.schema import lists
from lib.schema import scheduling as t

TASK = room.Kind(
    t.meeting_tasks, "调度任务", "task_changed",
    {"title": "任务", "lead_unit_code": "牵头单位", "responsible_unit_codes": "责任单位", "person": "责任人",
     "due_on": "时限", "is_promise": "公开承诺", "delivered_on": "兑现日期", "delivery": "兑现情况"},
    {"lead_unit_code": room.unit_name,
     "responsible_unit_codes": lambda codes, desk: "、".join(room.unit_name(c, desk) for c in json.loads(codes))},
)  # fmt: skip


@dataclass(frozen=True)
class TaskWords:
    """What a task says. is_promise: made in public, so that the next meeting begins with it."""

    title: str
    topic_id: int | None = None
    lead_unit_code: str | None = None
    responsible_unit_codes: Sequence[str] = ()
    person: str = ""
    due_on: date | None = None
    is_promise: bool = False


@dataclass(frozen=True)
class AddTask:
    """Add a task to a meeting, behind those that stand."""

    meeting_id: int
    words: TaskWords
    form_key: str | None = None


@dataclass(frozen=True)
class EditTask:
    """Let a task say this; once it is on the 督办清单 only its item is changed."""

    task_id: int
    opened_version: int
    words: TaskWords


@dataclass(frozen=True)
class StrikeTask:
    """Strike a task that is not on the 督办清单."""

    task_id: int
    opened_version: int
    reason: str


@dataclass(frozen=True)
class TaskToItem:
    """Put a task on the 督办清单 (待交办)."""

    task_id: int
    opened_version: int
    form_key: str | None = None


@dataclass(frozen=True)
class Deliver:
    """Say of a task whether it was delivered, with words: what, or why not."""

    task_id: int
    opened_version: int
    is_delivered: bool
    delivery: str
    delivered_on: date | None = None


def add_task(store: AssessmentStore, desk: Desk, command: AddTask) -> int:
    """Store the task and return its task_id; for a form that was sent before, that of then.

    Raises NotAllowedError, CommandError.
    """
    room.require_clerk(desk)
    values = _values(command.words, desk)
    k = t.meeting_tasks
    with store.writing() as conn:
        known = registers.sent_before(conn, k, command.form_key)
        if known is not None:
            return int(known.task_id)
        meeting = room.row_of(conn, MEETING, command.meeting_id)
        if values["topic_id"] is not None:
            room.row_of(conn, TOPIC, values["topic_id"])
        last = conn.execute(select(func.max(k.c.sort_no)).where(k.c.meeting_id == meeting.meeting_id)).scalar() or 0
        stored = {**values, "meeting_id": meeting.meeting_id, "sort_no": int(last) + 1, "delivery": "", "version": 1,
                  "form_key": command.form_key}  # fmt: skip
        return room.add(conn, desk, TASK, stored, f"第{meeting.meeting_no}次会议")


def edit_task(store: AssessmentStore, desk: Desk, command: EditTask) -> int:
    """Change the task and return its new version. Raises NotAllowedError, CommandError when it is on the list,
    ConflictError.
    """
    room.require_clerk(desk)
    values = _values(command.words, desk)
    with store.writing() as conn:
        row = room.row_of(conn, TASK, command.task_id)
        if values["topic_id"] is not None:
            room.row_of(conn, TOPIC, values["topic_id"])
        changed = any(row._mapping[key] != value for key, value in values.items() if key != "is_promise")
        if row.item_id is not None and changed:
            raise CommandError(f"任务已列入督办清单（{_item_no(conn, row.item_id)}），请在该事项中修改")
        return room.change(conn, desk, TASK, row, command.opened_version, values, f"“{row.title}”")


def strike_task(store: AssessmentStore, desk: Desk, command: StrikeTask) -> int:
    """Strike the task and return its new version. Raises NotAllowedError, CommandError, ConflictError."""
    room.require_clerk(desk)
    reason = d.written(command.reason, "删除理由", required=True, longest=500)
    with store.writing() as conn:
        row = room.row_of(conn, TASK, command.task_id)
        if row.item_id is not None:
            raise CommandError(f"任务已列入督办清单（{_item_no(conn, row.item_id)}），不能删除")
        new = {"removed_at": desk.moment}
        return room.change(conn, desk, TASK, row, command.opened_version, new, f"“{row.title}”", f"删除：{reason}")


def task_to_item(store: AssessmentStore, desk: Desk, command: TaskToItem) -> str:
    """Make the supervision item, state 待交办, and return its number; the task names it from then on, and a second
    click gives the same number.

    Raises NotAllowedError, CommandError for a task without lead unit or with a limit that is past, ConflictError.
    """
    room.require_clerk(desk)
    d.require_list(desk, SUPERVISION, "write")
    with store.writing() as conn:
        row = room.row_of(conn, TASK, command.task_id)
        if row.item_id is not None:
            return _item_no(conn, row.item_id)
        room.same_version(row, command.opened_version, "该任务", {"任务": row.title}, {"办理": "列入督办清单"})
        if row.lead_unit_code is None:
            raise CommandError(f"任务“{row.title}”还没有牵头单位，请先填写牵头单位再列入督办清单")
        added = AddItem(SUPERVISION, _item_values(conn, row), form_key=command.form_key)
        item_no = insert_item(conn, desk, added, state="listed", step="enlist")
        i = lists.list_items.c
        item_id = int(conn.execute(select(i.item_id).where(i.item_no == item_no)).scalar_one())
        k = t.meeting_tasks
        conn.execute(update(k).where(k.c.task_id == row.task_id).values(item_id=item_id, version=row.version + 1))
        room.tell(conn, desk, TASK, f"“{row.title}”（{row.task_id}）", after={"列入督办清单": item_no})
        return item_no


def deliver(store: AssessmentStore, desk: Desk, command: Deliver) -> int:
    """Store what became of the task and return its new version. Raises NotAllowedError, CommandError,
    ConflictError.
    """
    room.require_clerk(desk)
    label = "兑现情况" if command.is_delivered else "未兑现的原因和下步安排"
    words = d.written(command.delivery, label, required=True)
    day = d.not_after_today(command.delivered_on, desk, "兑现日期") if command.is_delivered else None
    with store.writing() as conn:
        row = room.row_of(conn, TASK, command.task_id)
        new = {"delivered_on": day, "delivery": words}
        return room.change(conn, desk, TASK, row, command.opened_version, new, f"“{row.title}”")


def _values(words: TaskWords, desk: Desk) -> dict[str, Any]:
    codes = [d.known_unit(code, desk, "责任单位") for code in dict.fromkeys(words.responsible_unit_codes)]
    return {
        "title": room.line(words.title, "任务", required=True), "topic_id": words.topic_id,
        "lead_unit_code": d.known_unit(words.lead_unit_code, desk, "牵头单位") if words.lead_unit_code else None,
        "responsible_unit_codes": json.dumps(codes), "person": room.line(words.person, "责任人", longest=64),
        "due_on": None if words.due_on is None else room.far_day(words.due_on, desk, "时限"),
        "is_promise": bool(words.is_promise),
    }  # fmt: skip


def _item_values(conn: Connection, task: Any) -> dict[str, Any]:
    """What the item says: the task's words, and category and place of its topic where there is one of each."""
    meeting = conn.execute(select(t.meetings).where(t.meetings.c.meeting_id == task.meeting_id)).one()
    codes = [code for code in json.loads(task.responsible_unit_codes) if code != task.lead_unit_code]
    values = {
        "title": task.title, "source": "scheduling", "lead_unit_code": task.lead_unit_code, "due_on": task.due_on,
        "source_note": f"第{meeting.meeting_no}次月调度会（{meeting.held_on:%Y-%m-%d}）任务{task.sort_no}",
        "supporting_unit_codes": tuple(codes), "person": task.person[:32],
    }  # fmt: skip
    if task.topic_id is None:
        return values
    topic = conn.execute(select(t.topics).where(t.topics.c.topic_id == task.topic_id)).one()
    scopes = conn.execute(select(t.topic_scopes).where(t.topic_scopes.c.topic_id == task.topic_id)).all()
    categories, districts = {s.category_code for s in scopes}, {s.district_code for s in scopes}
    return {
        **values, "manifestation": f"选题：{topic.title}\n{topic.solution_path}".strip(),
        "category_code": categories.pop() if len(categories) == 1 else None,
        "district_code": districts.pop() if len(districts) == 1 else None,
    }  # fmt: skip


def _item_no(conn: Connection, item_id: int) -> str:
    i = lists.list_items.c
    return str(conn.execute(select(i.item_no).where(i.item_id == item_id)).scalar_one())
