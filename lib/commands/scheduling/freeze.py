"""Figures as they were shown at a meeting: frozen, never changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from lib.access.audit import canonical
from lib.assessment_store import AssessmentStore
from lib.commands import CommandError
from lib.commands.lists.desk import Desk
from lib.commands.scheduling import room
from lib.commands.scheduling.meetings import MEETING
from lib.commands.scheduling.topics import TOPIC
from lib.schema import scheduling as t

_FROZEN = room.Kind(t.frozen_figures, "定格数据", "figures_frozen", {"what": "内容", "definition_version": "口径版本"})
# What may be frozen → what it is called.
WHAT = {"volume": "选题工单数据", "effect": "成效"}


@dataclass(frozen=True)
class FreezeFigures:
    """Keep figures as they are shown at a meeting. what: key of WHAT; figures: small JSON values by name; data_version,
    definition_version and as_of (the city's clock) say what they were made from.
    """

    meeting_id: int
    topic_id: int | None
    what: str
    figures: Mapping[str, Any]
    data_version: str
    definition_version: str
    as_of: datetime


def freeze_figures(store: AssessmentStore, desk: Desk, command: FreezeFigures) -> int:
    """Store the figures and return their freeze_id; the same figures of the same data are stored once. Before the
    meeting newer ones may follow, afterwards those that were shown stay and none are made up.

    Raises NotAllowedError, CommandError.
    """
    room.require_clerk(desk)
    if command.what not in WHAT:
        raise CommandError(f"不能定格这类数据，可定格：{'、'.join(WHAT.values())}")
    if not command.figures:
        raise CommandError("没有可以定格的数据，请先确认本选题有工单")
    figures = canonical(dict(command.figures))
    digest = hashlib.sha256(figures.encode()).hexdigest()
    f = t.frozen_figures.c
    with store.writing() as conn:
        meeting = room.row_of(conn, MEETING, command.meeting_id)
        if meeting.state == "cancelled":
            raise CommandError("会议已取消，不需要定格数据")
        if command.topic_id is not None:
            room.row_of(conn, TOPIC, command.topic_id)
        topic = f.topic_id.is_(None) if command.topic_id is None else f.topic_id == command.topic_id
        last = conn.execute(
            select(t.frozen_figures).where(f.meeting_id == meeting.meeting_id, topic, f.what == command.what)
            .order_by(f.freeze_id.desc()).limit(1)
        ).first()  # fmt: skip
        if last is not None and (last.sha256, last.data_version) == (digest, command.data_version):
            return int(last.freeze_id)
        if last is None and meeting.held_on < desk.today:
            raise CommandError("会议已经开过，现在的数字不是会上所用的数字，不能补作定格")
        if last is not None and (meeting.state == "held" or meeting.held_on < desk.today):
            raise CommandError("会议数据已经定格，会后不能更改；与现在的差异请看“定格与现在”")
        values = {
            "meeting_id": meeting.meeting_id, "topic_id": command.topic_id, "what": command.what,
            "frozen_at": desk.moment, "frozen_by": desk.person.account, "as_of": command.as_of, "figures": figures,
            "data_version": command.data_version, "definition_version": command.definition_version,
            "sha256": digest,
        }  # fmt: skip
        return room.add(conn, desk, _FROZEN, values, f"第{meeting.meeting_no}次会议")
