"""Long-term mechanisms (长效机制): noted into 政策库 or 工具箱, ended when they are no longer in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lib.assessment_store import AssessmentStore
from lib.commands import CommandError
from lib.commands.lists import desk as d
from lib.commands.lists import registers
from lib.commands.lists.desk import Desk
from lib.commands.scheduling import room
from lib.commands.scheduling.topics import TOPIC
from lib.schema import scheduling as t
from lib.schema.scheduling_terms import LIBRARIES

_MECHANISM = room.Kind(
    t.mechanisms, "长效机制", "mechanism_noted",
    {"library": "库", "title": "名称", "document_no": "文号", "unit_code": "单位", "issued_on": "施行日期",
     "ended_on": "停止执行", "text": "内容"},
    {"library": lambda value, _: LIBRARIES[value], "unit_code": room.unit_name},
)  # fmt: skip


@dataclass(frozen=True)
class NoteMechanism:
    """A mechanism with the topic it came from; document_no empty where it has none."""

    library: str
    title: str
    issued_on: date | None
    text: str
    topic_id: int | None = None
    document_no: str = ""
    unit_code: str | None = None
    form_key: str | None = None


@dataclass(frozen=True)
class EndMechanism:
    """A mechanism is no longer in force, with the reason."""

    mechanism_id: int
    opened_version: int
    ended_on: date | None
    reason: str


def note_mechanism(store: AssessmentStore, desk: Desk, command: NoteMechanism) -> int:
    """Store the mechanism and return its mechanism_id; for a form that was sent before, that of then.

    Raises NotAllowedError, CommandError.
    """
    room.require_clerk(desk)
    values = {
        "library": d.chosen(command.library, LIBRARIES, "所属库"),
        "title": room.line(command.title, "机制名称", required=True),
        "document_no": room.line(command.document_no, "文号", longest=64),
        "unit_code": d.known_unit(command.unit_code, desk, "发文单位") if command.unit_code else None,
        "issued_on": room.far_day(command.issued_on, desk, "施行日期"),
        "text": d.written(command.text, "主要内容", required=True), "topic_id": command.topic_id,
    }  # fmt: skip
    with store.writing() as conn:
        known = registers.sent_before(conn, t.mechanisms, command.form_key)
        if known is not None:
            return int(known.mechanism_id)
        if command.topic_id is not None:
            room.row_of(conn, TOPIC, command.topic_id)
        stored = {**values, **registers.made(desk), "form_key": command.form_key}
        return room.add(conn, desk, _MECHANISM, stored, str(values["title"]))


def end_mechanism(store: AssessmentStore, desk: Desk, command: EndMechanism) -> int:
    """Store until when it was in force and return the new version. Raises NotAllowedError, CommandError,
    ConflictError.
    """
    room.require_clerk(desk)
    day = d.not_after_today(room.far_day(command.ended_on, desk, "停止执行日期"), desk, "停止执行日期")
    reason = d.written(command.reason, "停止执行的原因", required=True, longest=500)
    with store.writing() as conn:
        row = room.row_of(conn, _MECHANISM, command.mechanism_id)
        if day < row.issued_on:
            raise CommandError(f"停止执行日期不能早于施行日期（{row.issued_on:%Y年%-m月%-d日}）")
        new = {"ended_on": day}
        return room.change(conn, desk, _MECHANISM, row, command.opened_version, new, f"“{row.title}”", reason)
