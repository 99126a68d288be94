"""Outcomes of a topic: problems solved, households, projects."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

from lib.assessment_store import AssessmentStore
from lib.commands import CommandError
from lib.commands.lists import desk as d
from lib.commands.lists import registers
from lib.commands.lists.desk import Desk
from lib.commands.scheduling import room
from lib.commands.scheduling.meetings import MEETING
from lib.commands.scheduling.topics import TOPIC
from lib.schema import scheduling as t
from lib.schema.scheduling_terms import OUTCOME_KINDS

_OUTCOME = room.Kind(
    t.topic_outcomes, "成效", "outcome_noted",
    {"kind": "类型", "title": "成效", "amount": "数量", "unit_of_amount": "单位", "achieved_on": "日期",
     "evidence": "依据"},
    {"kind": lambda value, _: OUTCOME_KINDS[value]},
)  # fmt: skip


@dataclass(frozen=True)
class NoteOutcome:
    """What a topic achieved. amount None where it cannot be counted; evidence: what shows it."""

    topic_id: int
    kind: str
    title: str
    achieved_on: date | None
    evidence: str
    amount: float | None = None
    unit_of_amount: str = ""
    meeting_id: int | None = None
    form_key: str | None = None


def note_outcome(store: AssessmentStore, desk: Desk, command: NoteOutcome) -> int:
    """Store the outcome and return its outcome_id; for a form that was sent before, that of then.

    Raises NotAllowedError, CommandError.
    """
    room.require_clerk(desk)
    amount = command.amount
    if amount is not None and not (math.isfinite(amount) and amount >= 0):
        raise CommandError("成效数量不能是负数")
    unit = room.line(command.unit_of_amount, "数量单位", required=amount is not None, longest=16)
    values = {
        "kind": d.chosen(command.kind, OUTCOME_KINDS, "成效类型"), "amount": amount, "unit_of_amount": unit,
        "title": room.line(command.title, "成效", required=True),
        "achieved_on": d.not_after_today(room.far_day(command.achieved_on, desk, "成效日期"), desk, "成效日期"),
        "evidence": d.written(command.evidence, "成效依据", required=True),
    }  # fmt: skip
    with store.writing() as conn:
        known = registers.sent_before(conn, t.topic_outcomes, command.form_key)
        if known is not None:
            return int(known.outcome_id)
        topic = room.row_of(conn, TOPIC, command.topic_id)
        if command.meeting_id is not None:
            room.row_of(conn, MEETING, command.meeting_id)
        made = {key: value for key, value in registers.made(desk).items() if key != "version"}
        stored = {**values, **made, "topic_id": topic.topic_id, "meeting_id": command.meeting_id,
                  "form_key": command.form_key}  # fmt: skip
        return room.add(conn, desk, _OUTCOME, stored, topic.title)
