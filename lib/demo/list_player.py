"""Taking the steps of the demo city's lists, one after the other, through the same commands that people use."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
from sqlalchemy import select

from lib.access.accounts import demo_display_name, demo_name
from lib.access.moments import CITY_TIME
from lib.access.roles import Identity, Role
from lib.assessment_store import AssessmentStore
from lib.commands.lists import evidence, hand_over, items, reinspections, reports, requests, steps
from lib.commands.lists.desk import Desk
from lib.demo.list_matters import Matter, Matters
from lib.demo.list_plan import Days, Event, Plan
from lib.lists.process import PROBLEM
from lib.lists.profile import ListProfile
from lib.schema import lists as t

# Keeper of the list and step → who takes it: a key of the demo's accounts.
_SECOND = {"enlist", "decline", "verify_close_out", "decide_extension", "decide_duty", "decide_suspension"}
_KEEPERS: Mapping[str, Role] = {"problem": "hotline", "supervision": "supervision"}
_OPENING_MINUTES = 9 * 60 + 5


@dataclass
class Life:
    """An item while its plan is played."""

    plan: Plan
    matter: Matter
    item_no: str = ""
    reported: int = 0

    @property
    def is_last_report(self) -> bool:
        """Whether the next report is the last of an item that goes on to its close-out."""
        planned = [event.step for event in self.plan.events]
        return "ask_close_out" in planned and self.reported == planned.count("report") - 1


@dataclass(frozen=True)
class City:
    """What the steps need to know of the demo city. own_units: those that the demo's unit account speaks for;
    departments: units that are called or named besides the lead unit.
    """

    profile: ListProfile
    units: Mapping[str, str]
    own_units: frozenset[str]
    departments: tuple[str, ...]
    words: Mapping[str, Any]


class Player:
    """Plays events in the order in which they are given."""

    def __init__(self, store: AssessmentStore, city: City, days: Days, rng: np.random.Generator) -> None:
        self._store = store
        self._city = city
        self._days = days
        self._rng = rng

    def begin(self, plan: Plan, matters: Matters) -> Life | None:
        """Give a plan its matter; None where no matter is left for it."""
        own = self._city.own_units if "own_unit" in plan.traits else None
        matter = matters.take(self._days.day(plan.events[0].days), self._rng, own)
        return None if matter is None else Life(plan, matter)

    def moment(self, days: int, place: int) -> datetime:
        """When the place-th step of an item on that day is taken (UTC); places of a day lie apart."""
        minutes = _OPENING_MINUTES + 65 * place + int(self._rng.integers(0, 50))
        local = datetime.combine(self._days.day(days), time(minutes // 60, minutes % 60, int(self._rng.integers(60))))
        return local.replace(tzinfo=CITY_TIME).astimezone(UTC)

    def play(self, life: Life, event: Event, now: datetime) -> str | None:
        """Take one step; returns the number of the item that a receipt made."""
        role = event.said.get("receiver") if event.step == "receive" else _KEEPERS[life.plan.kind]
        desk = self.desk(f"{role}-2" if event.step in _SECOND else str(role), now)
        if event.step == "add":
            life.item_no = items.add(self._store, desk, self._new_item(life, desk))
            if "sponsor" in life.plan.traits:
                self._sponsor(life, desk)
        elif event.step == "receive":
            return self._receive(life, event, desk)
        else:
            handler, command = self._step(life, event, desk)
            handler(self._store, desk, command)
        return None

    def desk(self, key: str, now: datetime) -> Desk:
        """The desk of a demo account at a moment."""
        role: Any = key.removesuffix("-2")
        person = Identity(demo_name(key), demo_display_name(key), role)
        return Desk(person, None, self._city.profile, self._city.units, set, now)

    def _word(self, name: str) -> str:
        words = self._city.words[name]
        return str(words[int(self._rng.integers(len(words)))])

    def _person(self) -> str:
        return self._word("surnames") + self._word("given")

    def _approver(self, life: Life) -> str:
        words = self._city.words["approvers"][life.plan.kind]
        return str(words[int(self._rng.integers(len(words)))])

    def _leader(self) -> tuple[str, str]:
        leaders = self._city.words["leaders"]
        found = leaders[int(self._rng.integers(len(leaders)))]
        return str(found["name"]), str(found["post"])

    def _new_item(self, life: Life, desk: Desk) -> items.AddItem:
        matter, kind = life.matter, life.plan.kind
        values: dict[str, Any] = {
            "title": matter.title, "manifestation": matter.manifestation, "lead_unit_code": matter.unit_code,
            "leader": self._person(), "person": self._person(),
            "phone": f"0300-555{int(self._rng.integers(10_000)):04d}",
            "measures": self._city.words["remedies"][matter.remedy]["measures"], "target": self._word("targets"),
            "district_code": matter.district_code, "category_code": matter.category_code,
            "urgency": ("normal", "normal", "normal", "urgent")[int(self._rng.integers(4))], **self._source(life, desk),
        }  # fmt: skip
        if kind == PROBLEM:
            values["problem_type"] = matter.problem_type
        else:
            values["own:group"] = ("督查一科", "督查二科", "督查三科")[int(self._rng.integers(3))]
        if "hard" in life.plan.traits:
            flags = ("is_cross_department", "is_duty_unclear", "is_legacy", "is_cross_level", "is_cross_industry")
            values |= dict.fromkeys(self._rng.choice(flags, 2, replace=False).tolist(), True)
            values["supporting_unit_codes"] = self._other_units(matter.unit_code, 2)
        return items.AddItem(kind, values, matter.tickets)

    def _source(self, life: Life, desk: Desk) -> dict[str, Any]:
        if "instruction" in life.plan.traits:
            name, post = self._leader()
            reply_by = desk.profile.days.after(desk.today, 20)
            return {"source": "instruction", "instructed_by": f"{name}（{post}）", "instructed_on": desk.today,
                    "instruction": self._word("instructions"), "reply_by_on": reply_by}  # fmt: skip
        kinds = ("tickets",) * 5 if life.plan.kind == PROBLEM else ("scheduling", "hotline_report", "petition")
        source = str(self._rng.choice((*kinds, "scheduling", "media", "proposal")))
        note = self._word("meetings") if source == "scheduling" else self._city.words["papers"][source]
        return {"source": source, "source_note": note}

    def _other_units(self, but: str, count: int) -> tuple[str, ...]:
        others = [code for code in self._city.departments if code != but]
        return tuple(self._rng.choice(others, count, replace=False).tolist())

    def _sponsor(self, life: Life, desk: Desk) -> None:
        name, post = self._leader()
        zero_by_on = desk.profile.days.after(desk.today, 40)
        version = self._version(life)
        reports.sponsor(self._store, desk, reports.Sponsor(life.item_no, version, name, post, zero_by_on))

    def _step(self, life: Life, event: Event, desk: Desk) -> tuple[Any, Any]:
        """Handler and command of a step that an item which stands takes."""
        no, version, said = life.item_no, self._version(life), event.said
        remedy = self._city.words["remedies"][life.matter.remedy]
        match event.step:
            case "enlist":
                return steps.enlist, steps.Enlist(no, version, "情况属实，同意列入。")
            case "decline":
                return steps.decline, steps.Decline(no, version, self._word("decline_reasons"))
            case "void":
                return steps.void, steps.Void(no, version, self._word("void_reasons"))
            case "assign":
                return steps.assign, steps.Assign(no, version, due_on=self._days.day(said["due"]))
            case "sign":
                return steps.sign, steps.Sign(no, version, self._person())
            case "report":
                return reports.report, self._report(life, remedy)
            case "urge":
                return reports.urge, reports.Urge(no)
            case "escalate":
                approver = self._approver(life)
                return steps.escalate, steps.Escalate(no, version, self._word("escalation_reasons"), approver)
            case "whistle":
                unit, called = life.matter.unit_code, self._other_units(life.matter.unit_code, 1)[0]
                return reports.whistle, reports.Whistle(no, unit, called, self._word("whistles"))
            case "arrive":
                return reports.arrive, reports.Arrive(no, self._newest(life, t.list_whistles), self._word("arrivals"))
            case "evidence":
                name, content = (
                    "整改情况说明.docx",
                    _paper(life.matter.title, remedy["reports"][2], desk.today.isoformat()),
                )
                return evidence.add_evidence, evidence.AddEvidence(no, name, content, "close_out")
            case "reinspect":
                return self._reinspection(life, said)
            case "reopen":
                reason = self._word("reopen_reasons")
                return steps.reopen, steps.Reopen(no, version, reason, self._days.day(said["due"]))
            case "hand_over":
                reason, approver = self._word("hand_over_reasons"), self._approver(life)
                return hand_over.hand_over, hand_over.HandOver(no, version, reason, approver, said["receivers"])
            case _:
                return self._request(life, event, version)

    def _report(self, life: Life, remedy: Mapping[str, Any]) -> reports.Report:
        begun, further, done = remedy["reports"]
        number, is_last = life.reported, life.is_last_report
        life.reported += 1
        if number == 1 and not is_last:
            return reports.Report(life.item_no, further, remedy["problem"], remedy["next"], origin="sheet")
        words = done if is_last else begun if number == 0 else self._word("further_reports")
        return reports.Report(life.item_no, words, origin="sheet")

    def _request(self, life: Life, event: Event, version: int) -> tuple[Any, Any]:
        """Handler and command of what one asks and another decides."""
        no, said = life.item_no, event.said
        match event.step:
            case "ask_extension":
                reason = self._word("extension_reasons")
                wanted = self._days.day(said["wanted"])
                return requests.ask_extension, requests.AskExtension(no, version, reason, wanted)
            case "object_duty":
                other = self._other_units(life.matter.unit_code, 1)[0]
                reason = self._word("objection_reasons")
                return requests.object_duty, requests.ObjectDuty(no, version, reason, other)
            case "ask_suspension":
                reason, review = self._word("suspension_reasons"), self._days.day(said["review"])
                return requests.ask_suspension, requests.AskSuspension(no, version, reason, review)
            case "ask_close_out":
                return requests.ask_close_out, requests.AskCloseOut(no, version, self._word("close_out_reasons"))
        asked = self._newest(life, t.list_requests)
        match event.step:
            case "decide_extension":
                return requests.decide_extension, requests.DecideExtension(
                    no, version, asked, "granted", "理由属实，同意延期。"
                )
            case "decide_duty":
                words = "经核对职责清单，异议成立，由新的单位承办。"
                return requests.decide_duty, requests.DecideDuty(no, version, asked, "granted", words)
            case "decide_suspension":
                approver = self._approver(life)
                command = requests.DecideSuspension(no, version, asked, "granted", "同意挂账，到期复核。", approver)
                return requests.decide_suspension, command
            case "verify_close_out":
                words = self._word("verified" if said["verdict"] == "granted" else "refusals")
                return requests.verify_close_out, requests.VerifyCloseOut(no, version, asked, said["verdict"], words)
        raise ValueError(f"unknown step {event.step}")

    def _reinspection(self, life: Life, said: Mapping[str, Any]) -> tuple[Any, Any]:
        r = t.list_reinspections.c
        with self._store.reading() as conn:
            due = select(r.reinspection_id).join(t.list_items, t.list_items.c.item_id == r.item_id)
            due = due.where(t.list_items.c.item_no == life.item_no, r.kind == said["kind"], r.done_at.is_(None))
            number = conn.execute(due.order_by(r.reinspection_id)).scalars().first()
        if number is None:
            raise ValueError(f"{life.item_no} has no such re-inspection")
        notes = self._city.words["reinspections"][said["verdict"]]
        note = str(notes[int(self._rng.integers(len(notes)))])
        return reinspections.reinspect, reinspections.Reinspect(number, said["verdict"], note)

    def _receive(self, life: Life, event: Event, desk: Desk) -> str | None:
        h = t.list_hand_overs.c
        with self._store.reading() as conn:
            mine = select(h.hand_over_id).join(t.list_items, t.list_items.c.item_id == h.item_id)
            mine = mine.where(t.list_items.c.item_no == life.item_no, h.receiver == event.said["receiver"])
            number = conn.execute(mine.where(h.received_at.is_(None))).scalar_one()
        accepted = bool(event.said["accepted"])
        words = "已签收，按程序办理。" if accepted else "责任单位明确，请热线中心继续督促，暂不列入督办清单。"
        return hand_over.receive(self._store, desk, hand_over.Receive(number, accepted, words))

    def _version(self, life: Life) -> int:
        i = t.list_items.c
        with self._store.reading() as conn:
            return int(conn.execute(select(i.version).where(i.item_no == life.item_no)).scalar_one())

    def _newest(self, life: Life, table: Any) -> int:
        """Number of the newest row of the item in a table."""
        key = next(iter(table.primary_key.columns))
        with self._store.reading() as conn:
            rows = select(key).join(t.list_items, t.list_items.c.item_id == table.c.item_id)
            rows = rows.where(t.list_items.c.item_no == life.item_no).order_by(key.desc()).limit(1)
            return int(conn.execute(rows).scalar_one())


_TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)


def _paper(*lines: str) -> bytes:
    """A DOCX of some lines, the same bytes for the same lines."""
    said = "".join(f"<w:p><w:r><w:t>{escape(line)}</w:t></w:r></w:p>" for line in ("整改情况说明（演示）", *lines))
    main = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = f'<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="{main}"><w:body>{said}</w:body></w:document>'
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        parts = {"[Content_Types].xml": _TYPES, "_rels/.rels": _RELATIONS, "word/document.xml": body}
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text)
    return content.getvalue()
