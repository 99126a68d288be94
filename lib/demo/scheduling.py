"""The monthly scheduling of the demo city: its meetings since 2024-05, played once by the commands that people use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import yaml
from sqlalchemy import Connection, func, select

from lib.access.accounts import demo_account, demo_display_name, demo_name
from lib.access.masking import mask_text
from lib.access.moments import CITY_TIME, city_time, utc
from lib.access.roles import Identity, Role
from lib.assessment_store import open_assessment
from lib.city import City, load_city
from lib.commands.lists import steps
from lib.commands.lists.desk import Desk
from lib.commands.scheduling import mechanisms, meetings, outcomes, tasks, topics
from lib.config import CITIES_DIR, DEMO_CITY, Settings
from lib.demo.list_matters import Matter
from lib.demo.list_plan import Days, Event, Plan
from lib.demo.list_player import City as ListCity
from lib.demo.list_player import Life, Player
from lib.demo.lists import OneTransaction
from lib.demo.truths import FIRST_MEETING, MEETINGS
from lib.lists.process import SUPERVISION
from lib.lists.profile import ListProfile, load_lists
from lib.period import add_months
from lib.schema import scheduling as t
from lib.schema import tickets
from lib.store import open_store

_CASES, _VIDEO = 2, 3
_TICKETS_BEFORE = timedelta(days=60)
_PROMISED, _KEPT = 2, 0.8
# Since which meeting the first task goes over the 督办清单: about as long as the demo's lists reach back.
_LISTED_SINCE = 12
_SETTLED = timedelta(days=29)
# What becomes of such an item: days after the meeting, step, words.
_LIFE: tuple[tuple[int, str, Mapping[str, Any]], ...] = (
    (1, "sign", {}), (7, "report", {}), (14, "evidence", {}), (14, "ask_close_out", {}),
    (16, "verify_close_out", {"verdict": "granted"}), (46, "reinspect", {"kind": "day30", "verdict": "held"}),
    (106, "reinspect", {"kind": "day90", "verdict": "held"}),
)  # fmt: skip
# Who prepares the meetings and works on what they ask for.
_ACCOUNTS = ("hotline", "supervision", "supervision-2")


@dataclass(frozen=True)
class Case:
    """A ticket of the topic's category received shortly before its meeting: key, masked title and text."""

    source_code: str
    ticket_no: str
    title: str
    text: str


@dataclass(frozen=True)
class Held:
    """One meeting: its number, its day, the category by name and code, cases, and how many tickets came before it."""

    number: int
    held_on: date
    category: str
    code: str
    cases: tuple[Case, ...]
    volume: int


def fill_scheduling(settings: Settings, seed: int) -> int | None:
    """Play the meetings that fit the demo's days; returns how many, None where something stands already, which
    stays. The same seed and demo city give the same meetings.
    """
    store = open_assessment(settings, "demo")
    try:
        with store.writing() as conn:
            for table in (t.meetings, t.topics, t.mechanisms):
                if conn.execute(select(next(iter(table.primary_key.columns))).limit(1)).first() is not None:
                    return None
            held, today = _meetings(settings), city_time(utc(datetime.now(UTC))).date()
            if held:
                _Player(OneTransaction(store.engine, store.pair, conn), seed, today).play(held, today)
            return len(held)
    finally:
        store.dispose()


def said(made: int | None) -> str:
    """What came of it, for the command line."""
    return "月调度中已有内容，保持不变" if made is None else f"月调度已生成：会议 {made} 次"


def _meetings(settings: Settings) -> list[Held]:
    """Meetings whose two months before and whose day lie within the tickets, oldest first."""
    frame = load_city(DEMO_CITY).categories
    second = frame[frame["level"] == 2]
    codes = dict(zip(second["name"], second["category_code"], strict=True))
    opened = open_store(settings, "demo")
    try:
        with opened.engine.connect() as conn:
            first = conn.execute(select(func.min(tickets.tickets.c.received_at))).scalar()
            found = []
            for number, (name, _) in enumerate(MEETINGS):
                day = add_months(FIRST_MEETING, number)
                if first is not None and first.date() <= day and day < opened.pointer.as_of.date():
                    found.append(_held(conn, number + 1, day, name, codes[name]))
            return found
    finally:
        opened.dispose()


def _held(conn: Connection, number: int, day: date, name: str, code: str) -> Held:
    c, w = tickets.tickets.c, tickets.ticket_texts.c
    end = datetime.combine(day, time())
    recent = (c.category2_code == code, c.received_at >= end - _TICKETS_BEFORE, c.received_at < end)
    volume = conn.execute(select(func.count()).where(*recent)).scalar_one()
    shown = (
        select(c.source_code, c.ticket_no, w.title, w.content)
        .join_from(tickets.tickets, tickets.ticket_texts, w.ticket_id == c.ticket_id)
        .where(*recent, c.restricted_class.is_(None), c.is_closed)
        .order_by(c.round_count.desc(), c.ticket_no).limit(_CASES)
    )  # fmt: skip
    cases = tuple(Case(row.source_code, row.ticket_no, mask_text(row.title) or name, mask_text(row.content) or "")
                  for row in conn.execute(shown))  # fmt: skip
    return Held(number, day, name, code, cases, int(volume))


class _Player:
    """Plays meetings in their order."""

    def __init__(self, store: OneTransaction, seed: int, today: date) -> None:
        self._store = store
        self._city: City = load_city(DEMO_CITY)
        self._profile: ListProfile = load_lists(DEMO_CITY)
        units = self._city.units
        self._units = dict(zip(units["unit_code"], units["name"], strict=True))
        self._rng = np.random.default_rng([seed, 5])
        self._words = yaml.safe_load((CITIES_DIR / DEMO_CITY / "scheduling.yaml").read_text("utf-8"))
        self._names = yaml.safe_load((CITIES_DIR / DEMO_CITY / "list_words.yaml").read_text("utf-8"))
        self._topics: dict[str, int] = {}
        own = ListCity(self._profile, self._units, frozenset(), ("S01",), self._names)
        self._lists = Player(store, own, Days(self._profile.days, today), self._rng)

    def play(self, held: list[Held], today: date) -> None:
        """Every meeting with its topic, tasks, what came of them, and what remains."""
        for key in _ACCOUNTS:
            demo_account(self._store.conn, key, None, _at(held[0].held_on - timedelta(days=21)))
        owed: list[tuple[int, int]] = []
        for meeting in held:
            self._settle(owed, meeting.held_on - timedelta(days=1))
            owed = self._meeting(meeting)
        last = held[-1]
        if last.held_on + _SETTLED < today:
            self._settle(owed, last.held_on + _SETTLED)
        self._next(last, today)

    def _desk(self, role: Role, day: date, hour: int = 10) -> Desk:
        person = Identity(demo_name(role), demo_display_name(role), role)
        return Desk(person, None, self._profile, self._units, set, _at(day, hour))

    def _meeting(self, held: Held) -> list[tuple[int, int]]:
        """Prepare and hold one meeting; returns the tasks it promised in public, with their versions."""
        said = self._words["topics"][held.category]
        early = self._desk("hotline", held.held_on - timedelta(days=12))
        topic = self._topic(held, said, early)
        store, title = self._store, said["title"]
        number = meetings.add_meeting(store, early, meetings.AddMeeting(
            held.number, held.held_on, f"第{held.number}次未诉先办月调度会", self._words["place"], self._words["chair"],
            self._words["plan"], self._words["script"].format(number=held.number, title=title),
            self._words["expert"], self._words["citizens"],
        ))  # fmt: skip
        meetings.put_topic(store, early, meetings.PutTopic(number, 1, topic))
        districts = self._districts()
        lead, others = said["lead"], said["others"]
        fill = {"lead": self._units[lead], "districts": "、".join(districts.values())}
        points = [meetings.Point(name, by.format(**fill), minutes) for name, by, minutes in self._words["agenda"]]
        meetings.set_agenda(store, early, meetings.SetAgenda(number, 2, points))
        outline = self._words["outline"].format(title=title)
        there = [meetings.Participant(code, None, True, outline) for code in (lead, *others)]
        there += [meetings.Participant(None, code, False, outline) for code in districts]
        meetings.set_attendance(store, early, meetings.SetAttendance(number, 3, there))
        for case in held.cases:
            command = meetings.AddCase(topic, case.source_code, case.ticket_no, case.title, case.text,
                                       self._words["dissection"], number)  # fmt: skip
            meetings.add_case(store, early, command)
        desk = self._desk("supervision", held.held_on, 17)
        meetings.edit_meeting(store, desk, meetings.EditMeeting(number, 4, {"state": "held"}))
        return self._tasks(held, number, topic, said, desk)

    def _topic(self, held: Held, said: Mapping[str, Any], desk: Desk) -> int:
        """The topic of the category, proposed when it is first scheduled."""
        if held.category in self._topics:
            return self._topics[held.category]
        support = f"会前两个月受理{said['title']}相关工单{held.volume}件。"
        command = topics.ProposeTopic(
            said["title"], held.held_on, said["field"], (topics.Place(held.code),), support,
            f"群众反映集中在{said['cause']}。", "；".join(said["tasks"]) + "。",
        )  # fmt: skip
        number = topics.propose_topic(self._store, desk, command)
        reason = self._words["reasons"]["chosen"]
        topics.decide_topic(self._store, desk, topics.DecideTopic(number, 1, "chosen", reason))
        self._topics[held.category] = number
        return number

    def _tasks(
        self, held: Held, meeting: int, topic: int, said: Mapping[str, Any], desk: Desk
    ) -> list[tuple[int, int]]:
        """The 任务分解表, what was achieved a month later, and the mechanisms; returns the promised tasks."""
        promised = []
        again = held.category in {name for name, _ in MEETINGS[: held.number - 1]}
        for place, title in enumerate(said["tasks"]):
            unit = (said["lead"], *said["others"])[place]
            others = tuple(code for code in (said["lead"], *said["others"]) if code != unit)[:2]
            due = self._profile.days.after(held.held_on, (15, 20, 40)[place])
            title = f"{title}（再次调度）" if again else title
            words = tasks.TaskWords(title, topic, unit, others, self._person(), due, place < _PROMISED)
            number = tasks.add_task(self._store, desk, tasks.AddTask(meeting, words))
            is_listed = place == 0 and held.number >= _LISTED_SINCE
            if is_listed:
                self._listed(number, title, unit, held.held_on)
            if place < _PROMISED:
                promised.append((number, 2 if is_listed else 1))
        later = self._desk("supervision", held.held_on + timedelta(days=25))
        outcomes.note_outcome(self._store, later, outcomes.NoteOutcome(
            topic, "problems", f"会后解决{said['title']}问题", later.today, "热线工单办结和回访记录",
            float(int(held.volume * self._rng.uniform(0.55, 0.85))), "件", meeting))  # fmt: skip
        day = held.held_on + timedelta(days=20)
        for library, key, unit in (("policy", "mechanism", said["lead"]), ("tool", "tool", said["others"][0])):
            if not again:
                text = f"针对{said['cause']}，明确责任单位、办理时限和验收办法。"
                command = mechanisms.NoteMechanism(library, said[key], day, text, topic, "", unit)
                mechanisms.note_mechanism(self._store, later, command)
        return promised

    def _settle(self, owed: list[tuple[int, int]], day: date) -> None:
        """Before a meeting: say of the promises of the one before (task, version) whether they were kept."""
        desk = self._desk("supervision", day)
        for number, version in owed:
            # What went over the list was closed out there.
            kept = version > 1 or bool(self._rng.random() < _KEPT)
            words = self._words["delivered" if kept else "undelivered"]
            tasks.deliver(self._store, desk, tasks.Deliver(number, version, kept, words, desk.today if kept else None))

    def _listed(self, task: int, title: str, unit: str, day: date) -> None:
        """A task on the 督办清单, worked on, closed out and looked at again: the steps of every item."""
        item_no = tasks.task_to_item(self._store, self._desk("supervision", day, 17), tasks.TaskToItem(task, 1))
        matter = Matter(title, "", "other", (), unit, None, None, "service")
        life = Life(Plan(SUPERVISION, []), matter, item_no)
        steps.assign(self._store, self._desk("supervision", day, 18), steps.Assign(item_no, 1))
        for after, step, words in _LIFE:
            self._lists.play(life, Event(0, step, words), _at(day + timedelta(days=after), 11))

    def _next(self, last: Held, today: date) -> None:
        """The meeting that is being prepared: its day is the next usual one, its topic is still open."""
        day = today.replace(day=FIRST_MEETING.day)
        day = day if day > today else add_months(day, 1)
        command = meetings.AddMeeting(last.number + 1, day, f"第{last.number + 1}次未诉先办月调度会",
                                      self._words["place"], self._words["chair"], self._words["plan"])  # fmt: skip
        meetings.add_meeting(self._store, self._desk("hotline", last.held_on + _SETTLED), command)

    def _districts(self) -> dict[str, str]:
        """Divisions that report by video, each meeting others: code → name."""
        known = self._city.districts
        places = sorted(self._rng.choice(len(known), _VIDEO, replace=False).tolist())
        return {str(known["district_code"].iloc[n]): str(known["name"].iloc[n]) for n in places}

    def _person(self) -> str:
        surname, given = self._names["surnames"], self._names["given"]
        return f"{surname[int(self._rng.integers(len(surname)))]}{given[int(self._rng.integers(len(given)))]}"


def _at(day: date, hour: int = 10) -> datetime:
    return datetime.combine(day, time(hour, 20), tzinfo=CITY_TIME).astimezone(UTC)
