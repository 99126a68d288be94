"""Meetings (月调度会): planned, prepared with topics, agenda, participants and typical cases, and held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, update

from lib.access.masking import mask_text
from lib.assessment_store import AssessmentStore
from lib.commands import CommandError
from lib.commands.lists import desk as d
from lib.commands.lists import registers
from lib.commands.lists.desk import Desk
from lib.commands.scheduling import room
from lib.commands.scheduling.topics import TOPIC
from lib.schema import scheduling as t
from lib.schema.scheduling_terms import MEETING_STATES

_TEXTS = {"plan": "方案", "script": "主持词", "experts": "专家论证", "citizens": "群众参与"}
MEETING = room.Kind(
    t.meetings, "会议", "meeting_changed",
    {"meeting_no": "会次", "held_on": "会议日期", "title": "会议名称", "state": "状态", "place": "地点",
     "chair": "主持人", **_TEXTS},
    {"state": lambda value, _: MEETING_STATES[value]},
)  # fmt: skip
_CASE = room.Kind(t.meeting_cases, "典型案例", "meeting_changed", {"ticket_no": "工单", "dissection": "解剖麻雀"})
MOST_POINTS = 100


@dataclass(frozen=True)
class AddMeeting:
    """Plan a meeting; one that is past may be entered as held."""

    meeting_no: int | None
    held_on: date | None
    title: str
    place: str = ""
    chair: str = ""
    plan: str = ""
    script: str = ""
    experts: str = ""
    citizens: str = ""
    state: str = "planned"
    form_key: str | None = None


@dataclass(frozen=True)
class EditMeeting:
    """Change a meeting. values: columns of AddMeeting, only those that change."""

    meeting_id: int
    opened_version: int
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Point:
    """One point of an agenda; minutes None where no time is planned."""

    title: str
    speaker: str = ""
    minutes: int | None = None


@dataclass(frozen=True)
class SetAgenda:
    """Let the agenda say exactly this."""

    meeting_id: int
    opened_version: int
    points: Sequence[Point]


@dataclass(frozen=True)
class Participant:
    """A department or a division, on site or by video, with its 汇报提纲."""

    unit_code: str | None = None
    district_code: str | None = None
    is_on_site: bool = True
    outline: str = ""


@dataclass(frozen=True)
class SetAttendance:
    """Let exactly these take part."""

    meeting_id: int
    opened_version: int
    participants: Sequence[Participant]


@dataclass(frozen=True)
class PutTopic:
    """Put a chosen topic on the meeting, behind those that stand."""

    meeting_id: int
    opened_version: int
    topic_id: int


@dataclass(frozen=True)
class TakeOffTopic:
    """Take a topic off a meeting that was not held yet."""

    meeting_id: int
    opened_version: int
    topic_id: int


@dataclass(frozen=True)
class AddCase:
    """Show a ticket as a typical case. title, text: as answers gave them, masked."""

    topic_id: int
    source_code: str
    ticket_no: str
    title: str
    text: str
    dissection: str = ""
    meeting_id: int | None = None


def add_meeting(store: AssessmentStore, desk: Desk, command: AddMeeting) -> int:
    """Store the meeting and return its meeting_id; for a form that was sent before, that of then.

    Raises NotAllowedError, CommandError.
    """
    room.require_clerk(desk)
    asked = {key: getattr(command, key) for key in MEETING.labels}
    with store.writing() as conn:
        known = registers.sent_before(conn, t.meetings, command.form_key)
        if known is not None:
            return int(known.meeting_id)
        values = _values(conn, asked, desk, None)
        stored = {**values, **registers.made(desk), "form_key": command.form_key}
        return room.add(conn, desk, MEETING, stored, f"第{values['meeting_no']}次")


def edit_meeting(store: AssessmentStore, desk: Desk, command: EditMeeting) -> int:
    """Change the meeting and return its new version. Raises NotAllowedError, CommandError, ConflictError."""
    room.require_clerk(desk)
    unknown = set(command.values) - set(MEETING.labels)
    if unknown:
        raise CommandError(f"会议没有这些栏目：{'、'.join(sorted(unknown))}")
    with store.writing() as conn:
        row = room.row_of(conn, MEETING, command.meeting_id)
        whole = {key: command.values.get(key, row._mapping[key]) for key in MEETING.labels}
        values = _values(conn, whole, desk, row)
        return room.change(conn, desk, MEETING, row, command.opened_version, values, f"第{row.meeting_no}次")


def set_agenda(store: AssessmentStore, desk: Desk, command: SetAgenda) -> int:
    """Store the agenda and return the meeting's new version. Raises NotAllowedError, CommandError, ConflictError."""
    room.require_clerk(desk)
    rows = []
    for point in command.points:
        if point.minutes is not None and not 0 < point.minutes <= 600:
            raise CommandError(f"议程“{point.title}”的用时应在1到600分钟之间，现在是{point.minutes}")
        rows.append({"title": room.line(point.title, "议程", required=True), "minutes": point.minutes,
                     "speaker": room.line(point.speaker, "发言人", longest=100)})  # fmt: skip
    return _replaced(store, desk, command.meeting_id, command.opened_version, t.meeting_agenda, rows, "议程")


def set_attendance(store: AssessmentStore, desk: Desk, command: SetAttendance) -> int:
    """Store who takes part and return the meeting's new version. Raises NotAllowedError, CommandError for somebody
    named twice or not known, ConflictError.
    """
    room.require_clerk(desk)
    rows: list[dict[str, Any]] = []
    for one in command.participants:
        if bool(one.unit_code) == bool(one.district_code):
            raise CommandError("参会单位请选择一个部门或者一个县区")
        unit = d.known_unit(one.unit_code, desk, "参会单位") if one.unit_code else None
        row = {"unit_code": unit, "district_code": registers.known_district(one.district_code, desk),
               "is_on_site": bool(one.is_on_site), "outline": d.written(one.outline, "汇报提纲")}  # fmt: skip
        if any((row["unit_code"], row["district_code"]) == (r["unit_code"], r["district_code"]) for r in rows):
            raise CommandError(f"“{desk.names.get(one.unit_code or one.district_code or '', '')}”重复，请删去一行")
        rows.append(row)
    return _replaced(store, desk, command.meeting_id, command.opened_version, t.meeting_attendance, rows, "参会单位")


def put_topic(store: AssessmentStore, desk: Desk, command: PutTopic) -> int:
    """Put the topic on the meeting and return the meeting's new version. Raises NotAllowedError, CommandError for a
    topic that was not chosen, ConflictError.
    """
    room.require_clerk(desk)
    k = t.meeting_topics
    with store.writing() as conn:
        row = room.row_of(conn, MEETING, command.meeting_id)
        topic = room.row_of(conn, TOPIC, command.topic_id)
        links = conn.execute(select(k.c.topic_id, k.c.sort_no).where(k.c.meeting_id == row.meeting_id,
                                                                     k.c.removed_at.is_(None))).all()  # fmt: skip
        if topic.topic_id in {link.topic_id for link in links}:
            return int(row.version)
        if topic.state != "chosen":
            raise CommandError(f"选题“{topic.title}”尚未选定，请先在选题中研判为“已选定”再上会")
        if row.state == "cancelled":
            raise CommandError("会议已取消，不能再列入选题")
        last = max((link.sort_no for link in links), default=0)
        conn.execute(insert(k).values(meeting_id=row.meeting_id, topic_id=topic.topic_id, sort_no=last + 1))
        return _next(conn, desk, row, command.opened_version, {"列入选题": topic.title})


def take_off_topic(store: AssessmentStore, desk: Desk, command: TakeOffTopic) -> int:
    """Take the topic off and return the meeting's new version. Raises NotAllowedError, CommandError when the meeting
    was held, ConflictError.
    """
    room.require_clerk(desk)
    k = t.meeting_topics
    with store.writing() as conn:
        row = room.row_of(conn, MEETING, command.meeting_id)
        here = (k.c.meeting_id == row.meeting_id, k.c.topic_id == command.topic_id, k.c.removed_at.is_(None))
        if conn.execute(select(k.c.link_id).where(*here)).first() is None:
            return int(row.version)
        if row.state == "held":
            raise CommandError("会议已召开，议过的选题不能移出")
        topic = room.row_of(conn, TOPIC, command.topic_id)
        conn.execute(update(k).where(*here).values(removed_at=desk.moment))
        return _next(conn, desk, row, command.opened_version, {"移出选题": topic.title})


def add_case(store: AssessmentStore, desk: Desk, command: AddCase) -> int:
    """Store the case with its masked words and return its case_id; a ticket that is one of the topic already stays.

    Raises NotAllowedError, CommandError.
    """
    room.require_clerk(desk)
    [key] = d.check_tickets([(command.source_code, command.ticket_no)], desk)
    c = t.meeting_cases
    with store.writing() as conn:
        topic = room.row_of(conn, TOPIC, command.topic_id)
        if command.meeting_id is not None:
            room.row_of(conn, MEETING, command.meeting_id)
        here = (c.c.topic_id == topic.topic_id, c.c.removed_at.is_(None))
        same = (c.c.source_code == key[0], c.c.ticket_no == key[1])
        known = conn.execute(select(c.c.case_id).where(*here, *same)).scalar()
        if known is not None:
            return int(known)
        last = conn.execute(select(func.max(c.c.sort_no)).where(*here)).scalar() or 0
        values = {
            "topic_id": topic.topic_id, "meeting_id": command.meeting_id, "source_code": key[0], "ticket_no": key[1],
            "title": mask_text(room.line(command.title, "案例标题", required=True)),
            "text": mask_text(d.written(command.text, "案例内容")), "sort_no": int(last) + 1,
            "dissection": mask_text(d.written(command.dissection, "解剖麻雀")),
        }  # fmt: skip
        return room.add(conn, desk, _CASE, values, topic.title)


def _values(conn: Connection, asked: Mapping[str, Any], desk: Desk, row: Any) -> dict[str, Any]:
    """Columns as they are stored. row: as the meeting stands, None for a new one. Raises CommandError."""
    number = asked["meeting_no"]
    if not isinstance(number, int) or not 0 < number < 10_000:
        raise CommandError("请填写会次，如20")
    taken = select(t.meetings.c.meeting_id).where(t.meetings.c.meeting_no == number)
    other = conn.execute(taken).scalar()
    if other is not None and (row is None or other != row.meeting_id):
        raise CommandError(f"第{number}次会议已经登记，请核对会次")
    day = room.far_day(asked["held_on"], desk, "会议日期")
    state = d.chosen(asked["state"], MEETING_STATES, "会议状态")
    if state == "held" and day > desk.today:
        raise CommandError(f"会议日期是{day:%Y年%-m月%-d日}，还没有到，只能登记为筹备中")
    if row is not None and row.state == "held" and state != "held":
        raise CommandError("会议已召开，不能再改为筹备中或已取消")
    texts = {key: d.written(asked[key], label) for key, label in _TEXTS.items()}
    return {
        "meeting_no": number, "held_on": day, "state": state, **texts,
        "title": room.line(asked["title"], "会议名称", required=True, longest=100),
        "place": room.line(asked["place"], "地点", longest=100),
        "chair": room.line(asked["chair"], "主持人", longest=64),
    }  # fmt: skip


def _replaced(store: AssessmentStore, desk: Desk, meeting_id: int, opened_version: int, table: Table,
              rows: Sequence[Mapping[str, Any]], called: str) -> int:  # fmt: skip
    """Let the meeting's rows of the table be exactly these; those before are ended."""
    if len(rows) > MOST_POINTS:
        raise CommandError(f"{called}最多{MOST_POINTS}行，现在有{len(rows)}行")
    with store.writing() as conn:
        meeting = room.row_of(conn, MEETING, meeting_id)
        here = (table.c.meeting_id == meeting.meeting_id, table.c.removed_at.is_(None))
        key = next(iter(table.primary_key.columns))
        standing = conn.execute(select(table).where(*here).order_by(key)).all()
        names = list(rows[0]) if rows else []
        if [{name: row._mapping[name] for name in names} for row in standing] == [dict(row) for row in rows]:
            return int(meeting.version)
        conn.execute(update(table).where(*here).values(removed_at=desk.moment))
        sorted_too = "sort_no" in table.c
        for place, row in enumerate(rows, 1):
            numbered = {"sort_no": place} if sorted_too else {}
            conn.execute(insert(table).values(meeting_id=meeting.meeting_id, **row, **numbered))
        return _next(conn, desk, meeting, opened_version, {called: f"{len(standing)}项 → {len(rows)}项"})


def _next(conn: Connection, desk: Desk, row: Any, opened_version: int, said: Mapping[str, str]) -> int:
    """Count the meeting's version on, with the entry of the history. Raises ConflictError."""
    subject = f"第{row.meeting_no}次"
    room.same_version(row, opened_version, f"{subject}会议", {"状态": MEETING_STATES[row.state]}, said)
    m = t.meetings
    conn.execute(update(m).where(m.c.meeting_id == row.meeting_id).values(version=row.version + 1))
    room.tell(conn, desk, MEETING, subject, after=dict(said))
    return int(row.version) + 1
