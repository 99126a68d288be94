"""Topics (选题): proposed with their categories and places, changed, chosen or rejected with a reason."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as with_default
from datetime import date
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from lib.assessment_store import AssessmentStore
from lib.city import City, load_city
from lib.commands import CommandError
from lib.commands.lists import desk as d
from lib.commands.lists import registers
from lib.commands.lists.desk import Desk
from lib.commands.scheduling import room
from lib.schema import scheduling as t
from lib.schema.scheduling_terms import FIELDS, TOPIC_STATES

_TEXTS = {"data_support": "数据支撑", "opinion_basis": "民意基础", "solution_path": "解决路径"}
TOPIC = room.Kind(
    t.topics, "选题", "topic_step",
    {"title": "选题", "month_on": "拟上会月份", "field": "领域", "state": "状态", **_TEXTS},
    {"field": lambda value, _: FIELDS[value], "state": lambda value, _: TOPIC_STATES[value]},
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """One category and place of a topic. None: every category, the whole city, the whole division."""

    category_code: str | None
    district_code: str | None = None
    township_code: str | None = None


@dataclass(frozen=True)
class ProposeTopic:
    """Propose a topic for a month. score: parts of the radar's score, {} without; data_version: of the tickets it was
    made from. overlap_note: why the topic is wanted although another one has the same categories and places.
    """

    title: str
    month_on: date | None
    field: str
    scopes: Sequence[Place]
    data_support: str = ""
    opinion_basis: str = ""
    solution_path: str = ""
    score: Mapping[str, Any] = with_default(default_factory=dict)
    data_version: str = ""
    overlap_note: str = ""
    form_key: str | None = None


@dataclass(frozen=True)
class EditTopic:
    """Change what a topic says; scopes None leaves its categories and places."""

    topic_id: int
    opened_version: int
    title: str
    month_on: date | None
    field: str
    data_support: str = ""
    opinion_basis: str = ""
    solution_path: str = ""
    scopes: Sequence[Place] | None = None
    overlap_note: str = ""


@dataclass(frozen=True)
class DecideTopic:
    """Choose, reject or withdraw a topic, with the reason."""

    topic_id: int
    opened_version: int
    state: str
    reason: str


def propose_topic(store: AssessmentStore, desk: Desk, command: ProposeTopic) -> int:
    """Store the topic, state 候选, and return its topic_id; for a form that was sent before, that of then.

    Raises NotAllowedError, CommandError: without categories, or overlapping another topic without a note.
    """
    room.require_clerk(desk)
    city = load_city(desk.profile.city)
    values, scopes = _values(command, desk), _scopes(command.scopes, city)
    with store.writing() as conn:
        known = registers.sent_before(conn, t.topics, command.form_key)
        if known is not None:
            return int(known.topic_id)
        _said_overlap(conn, city, scopes, command.overlap_note, values)
        stored = {
            **values, **registers.made(desk), "state": "candidate", "decision": "", "form_key": command.form_key,
            "score": json.dumps(dict(command.score), ensure_ascii=False, sort_keys=True),
            "data_version": room.line(command.data_version, "数据版本", longest=64),
        }  # fmt: skip
        number = room.add(conn, desk, TOPIC, stored, values["title"])
        _store(conn, number, scopes)
        return number


def edit_topic(store: AssessmentStore, desk: Desk, command: EditTopic) -> int:
    """Change the topic and return its new version. Raises NotAllowedError, CommandError when categories of a topic
    would change that a meeting has dealt with, ConflictError.
    """
    room.require_clerk(desk)
    city, values = load_city(desk.profile.city), _values(command, desk)
    scopes = None if command.scopes is None else _scopes(command.scopes, city)
    with store.writing() as conn:
        row = room.row_of(conn, TOPIC, command.topic_id)
        if scopes is not None and _standing(conn, row.topic_id) != _plain(scopes):
            words = {"事项类别": "、".join(scope["category_name"] for scope in scopes)}
            room.same_version(row, command.opened_version, f"选题“{row.title}”", {}, words)
            if _was_held(conn, row.topic_id):
                raise CommandError("这个选题已经上会，事项类别和地域不能再改，否则成效无法比较；如需调整请另立选题")
            _said_overlap(conn, city, scopes, command.overlap_note, values, but=row.topic_id)
            conn.execute(delete(t.topic_scopes).where(t.topic_scopes.c.topic_id == row.topic_id))
            _store(conn, row.topic_id, scopes)
            room.tell(conn, desk, TOPIC, row.title, after=words)
        return room.change(conn, desk, TOPIC, row, command.opened_version, values, f"“{row.title}”")


def decide_topic(store: AssessmentStore, desk: Desk, command: DecideTopic) -> int:
    """Store the decision and return the new version. Raises NotAllowedError, CommandError, ConflictError."""
    room.require_clerk(desk)
    state = d.chosen(command.state, {k: v for k, v in TOPIC_STATES.items() if k != "candidate"}, "研判结果")
    reason = d.written(command.reason, "研判理由", required=True)
    with store.writing() as conn:
        row = room.row_of(conn, TOPIC, command.topic_id)
        if (row.state, row.decision) == (state, reason):
            return int(row.version)
        if state != "chosen" and meetings_of(conn, row.topic_id):
            raise CommandError("这个选题已列入会议，请先从会议中移出再改研判结果")
        new = {"state": state, "decision": reason, "decided_by": desk.person.account, "decided_at": desk.moment}
        return room.change(conn, desk, TOPIC, row, command.opened_version, new, f"“{row.title}”", reason)


def overlapping(conn: Connection, city: City, scopes: Sequence[Mapping[str, Any]], but: int | None = None) -> list[str]:
    """Titles of the candidate and chosen topics that share a category and a place with these, oldest first."""
    above = dict(zip(city.categories["category_code"], city.categories["parent_code"], strict=True))
    s, o = t.topic_scopes, t.topics
    rows = conn.execute(
        select(s, o.c.title, o.c.month_on).join(o, o.c.topic_id == s.c.topic_id)
        .where(o.c.state.in_(("candidate", "chosen")), o.c.topic_id != (but or 0)).order_by(o.c.topic_id)
    ).all()  # fmt: skip
    found = [f"{row.title}（{row.month_on:%Y年%-m月}）" for row in rows
             if any(_meets(scope, dict(row._mapping), above) for scope in scopes)]  # fmt: skip
    return list(dict.fromkeys(found))


def meetings_of(conn: Connection, topic_id: int, state: str | None = None) -> list[int]:
    """Numbers of the meetings that have the topic on their agenda and were not cancelled."""
    k, m = t.meeting_topics, t.meetings
    rows = select(k.c.meeting_id).join(m, m.c.meeting_id == k.c.meeting_id)
    rows = rows.where(k.c.topic_id == topic_id, k.c.removed_at.is_(None), m.c.state != "cancelled")
    return list(conn.execute(rows if state is None else rows.where(m.c.state == state)).scalars())


def _was_held(conn: Connection, topic_id: int) -> bool:
    return bool(meetings_of(conn, topic_id, "held"))


def _values(command: ProposeTopic | EditTopic, desk: Desk) -> dict[str, Any]:
    month = room.far_day(command.month_on, desk, "拟上会月份").replace(day=1)
    texts = {key: d.written(getattr(command, key), label) for key, label in _TEXTS.items()}
    title = room.line(command.title, "选题", required=True, longest=100)
    return {"title": title, "month_on": month, "field": d.chosen(command.field, FIELDS, "领域"), **texts}


def _scopes(asked: Sequence[Place], city: City) -> list[dict[str, Any]]:
    """Rows of topic_scopes, each once, with the category's name of today. Raises CommandError."""
    if not any(place.category_code for place in asked):
        raise CommandError("请至少选择一个事项类别，否则无法统计这个选题的工单")
    paths = dict(zip(city.categories["category_code"], city.categories["full_name"], strict=True))
    districts = set(city.districts["district_code"])
    above = dict(zip(city.townships["township_code"], city.townships["district_code"], strict=True))
    rows = []
    for place in dict.fromkeys(asked):
        if place.category_code and place.category_code not in paths:
            raise CommandError(f"事项类别“{place.category_code}”不在事项分类表中，请从列表中选择")
        if place.district_code and place.district_code not in districts:
            raise CommandError(f"县区“{place.district_code}”不在区县表中，请从列表中选择")
        if place.township_code and above.get(place.township_code) != place.district_code:
            raise CommandError(f"乡镇街道“{place.township_code}”不属于所选县区，请重新选择")
        name = str(paths[place.category_code])[:100] if place.category_code else "全部事项"
        rows.append({"category_code": place.category_code or None, "district_code": place.district_code or None,
                     "township_code": place.township_code or None, "category_name": name})  # fmt: skip
    return rows


def _store(conn: Connection, topic_id: int, scopes: Sequence[Mapping[str, Any]]) -> None:
    conn.execute(insert(t.topic_scopes), [{**scope, "topic_id": topic_id} for scope in scopes])


_CODES = ("category_code", "district_code", "township_code")


def _plain(scopes: Sequence[Mapping[str, Any]]) -> set[tuple[Any, ...]]:
    return {tuple(scope[key] for key in _CODES) for scope in scopes}


def _standing(conn: Connection, topic_id: int) -> set[tuple[Any, ...]]:
    rows = conn.execute(select(t.topic_scopes).where(t.topic_scopes.c.topic_id == topic_id)).all()
    return _plain([dict(row._mapping) for row in rows])


def _said_overlap(conn: Connection, city: City, scopes: Sequence[Mapping[str, Any]], note: str,
                  values: dict[str, Any], but: int | None = None) -> None:  # fmt: skip
    """Raises CommandError for an overlap that nobody explained; the explanation joins the public-opinion basis."""
    others = overlapping(conn, city, scopes, but)
    if not others:
        return
    words = d.written(note, "重叠说明", longest=500)
    if not words:
        raise CommandError(f"与已有选题重叠：{'、'.join(others)}。确需另立，请填写重叠说明；否则请将已有选题再次上会")
    added = f"与{'、'.join(others)}重叠：{words}"
    values["opinion_basis"] = f"{values['opinion_basis']}\n{added}".strip()


def _meets(one: Mapping[str, Any], other: Mapping[str, Any], above: Mapping[str, Any]) -> bool:
    def same(key: str) -> bool:
        return one[key] is None or other[key] is None or one[key] == other[key]

    categories = (one["category_code"], other["category_code"])
    either = None in categories or _within(*categories, above) or _within(*categories[::-1], above)
    return bool(either and same("district_code") and same("township_code"))


def _within(code: Any, ancestor: Any, above: Mapping[str, Any]) -> bool:
    while isinstance(code, str):
        if code == ancestor:
            return True
        code = above.get(code)
    return False
