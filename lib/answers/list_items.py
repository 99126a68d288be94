"""What stands on the 问题清单 and the 督办清单? Asked of the assessment database, by the person and reach of a view."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date
from types import SimpleNamespace
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from lib.access.moments import CITY_TIME
from lib.access.roles import ROLES, Identity, NotAllowedError
from lib.lists.due import light
from lib.lists.fields import OWN
from lib.lists.process import RESOURCES
from lib.lists.profile import ListProfile
from lib.queries import list_items as queries
from lib.queries.list_items import EVERY_ITEM, ItemFilter
from lib.schema.list_terms import FLAGS, LIST_KINDS, PROBLEM_TYPES, SOURCES, STATES

# How a light reads where the state says more than the limit: an item that waits for its verdict, or for a decision.
LIGHT_WORDS = {
    "overdue": "逾期", "near": "临期", "normal": "正常", "suspended": "挂账", "none": "未定时限", "done": "已办结",
}  # fmt: skip
_ORDER = tuple(LIGHT_WORDS)
# Numbered document that puts an item on a unit's desk, key of lists.letters.LETTERS.
NOTICE = "notice"
COLUMNS = (
    "item_id", "item_no", "list_kind", "state", "state_label", "title", "manifestation", "problem_type",
    "problem_type_label", "source", "source_label", "source_note", "district_code", "district", "category_code",
    "category", "urgency", "lead_unit_code", "lead_unit", "leader", "person", "phone", "duty",
    "supporting_unit_codes", "supporting", "target", "measures", "instructed_by", "instructed_on", "instruction",
    "reply_by_on", "sponsor", "sponsor_post", "sponsor_zero_by_on", "assigned_on", "first_due_on", "due_on",
    "suspended_until_on", "light", "light_label", "days_left", "progress", "problems", "next_steps", "reported_on",
    "urged_count", "extended_count", "reopened_count", "level", "level_label", "closed_on", "ticket_count",
    "tickets", "evidence_count", "open_request", "open_request_by", "open_request_at", "document_no", "remarks",
    *FLAGS, "origin_item_no", "created_at", "created_by", "state_since", "updated_at", "version",
)  # fmt: skip


# What stands in list_items as it is shown.
_STORED = (
    "item_id", "item_no", "list_kind", "state", "title", "manifestation", "problem_type", "source", "source_note",
    "district_code", "category_code", "urgency", "target", "measures", "instructed_by", "instructed_on",
    "instruction", "reply_by_on", "assigned_on", "first_due_on", "due_on", "suspended_until_on", "urged_count",
    "extended_count", "reopened_count", "level", "closed_on", "remarks", "created_at", "created_by", "state_since",
    "updated_at", "version",
)  # fmt: skip
_COUNTS = ("item_id", "urged_count", "extended_count", "reopened_count", "level", "ticket_count", "evidence_count",
           "version")  # fmt: skip
_KINDS = {**dict.fromkeys(_COUNTS, "int64"), **dict.fromkeys(FLAGS, "bool"), "days_left": "Int64"}
# What belongs to an item that has none.
_NOBODY = SimpleNamespace(unit_code=None, leader="", person="", phone="", duty="")
_NO_REPORT = SimpleNamespace(progress="", problems="", next_steps="", reported_on=None)
_NO_SPONSOR = SimpleNamespace(name="", post="", zero_by_on=None)
_NO_REQUEST = SimpleNamespace(kind=None, asked_by=None, asked_at=None)
_MOMENTS = ("open_request_at", "created_at", "state_since", "updated_at")


@dataclass(frozen=True)
class ListView:
    """Who looks at the lists, and how far.

    reach: as in Desk. today: of the city. names: code → name of units, districts and categories.
    """

    person: Identity
    reach: tuple[str, ...] | None
    today: date
    profile: ListProfile
    names: Mapping[str, str]


def may_look(person: Identity, list_kind: str) -> bool:
    """Whether the person may see items of the list: all of them, or those of the own unit."""
    resource = RESOURCES[list_kind]
    return person.may(resource) or person.may(resource, "own_unit")


def require_look(person: Identity, list_kind: str) -> None:
    """Raises NotAllowedError for who may not see items of the list."""
    if not may_look(person, list_kind):
        raise NotAllowedError(f"{ROLES[person.role]}不能查看{LIST_KINDS[list_kind]}，如工作需要请联系系统管理员")


def list_items(conn: Connection, view: ListView, list_kind: str, asked: ItemFilter = EVERY_ITEM) -> pd.DataFrame:
    """One row per item of the list within reach that the filter asks for: overdue first, then by limit.

    Columns: COLUMNS and `own:<key>` for each column of the city's own. Days are dates, created_at, state_since and
    updated_at are the city's clock; days_left counts working days, negative when overdue, None where no limit
    runs. light is a key of lists.due.LIGHTS; tickets and supporting are joined by 、; texts that are missing are "".
    A unit reads its own reports and requests only. Raises NotAllowedError.
    """
    require_look(view.person, list_kind)
    return items_of(conn, view, (list_kind,), asked)


def items_of(conn: Connection, view: ListView, kinds: Sequence[str], asked: ItemFilter) -> pd.DataFrame:
    """The same for several lists at once; the caller has asked whether the person may look."""
    where = queries.conditions(kinds, view.reach, asked)
    facts = _facts(conn, view, where)
    rows = queries.item_rows(conn, where)
    places = {key: place for place, key in enumerate(_ORDER)}
    rows.sort(key=lambda r: (places[facts.light(view, r.state, r.due_on)], r.due_on or date.max, r.item_no))
    own = [OWN + column.key for kind in kinds for column in view.profile.own_columns[kind]]
    known = _columns(rows, facts, view)
    # Thousands of texts: pandas need not look into each what it might be.
    frame = pd.DataFrame({name: pd.Series(known[name], dtype=_KINDS.get(name, "object")) for name in COLUMNS})
    said = {text: json.loads(text) for text in {row.own_values for row in rows}}
    for name in dict.fromkeys(own):
        frame[name] = pd.Series([said[row.own_values].get(name.removeprefix(OWN), "") for row in rows], dtype="object")
    for column in _MOMENTS:
        frame[column] = city_times(frame[column])
    return frame


def item_counts(conn: Connection, view: ListView, list_kind: str) -> dict[str, int]:
    """How many open items of the list stand under each light (key of lists.due.LIGHTS), for everybody whom the
    matrix shows at least the count. A unit counts its own. Raises NotAllowedError.
    """
    if not view.person.may(RESOURCES[list_kind], "count"):
        return dict(list_items(conn, view, list_kind)["light"].value_counts())
    counts: dict[str, int] = {}
    for row in queries.state_counts(conn):
        if row.list_kind == list_kind and row.state != "proposed":
            key = light(row.state, row.due_on, view.today, view.profile.days, view.profile.near_days)
            counts[key] = counts.get(key, 0) + row.number
    return counts


@dataclass(frozen=True)
class _Facts:
    """What belongs to the items, by item_id."""

    leads: dict[int, Any]
    supporting: dict[int, list[str]]
    reports: dict[int, Any]
    sponsors: dict[int, Any]
    tickets: dict[int, list[str]]
    evidence: dict[int, int]
    requests: dict[int, Any]
    notices: dict[int, str]
    lights: dict[Any, str] = field(default_factory=dict)
    days: dict[date, int] = field(default_factory=dict)

    def light(self, view: ListView, state: str, due_on: date | None) -> str:
        """Light of a state and a limit; a ledger has few different ones, and working days take their time."""
        key = state, due_on
        if key not in self.lights:
            self.lights[key] = light(state, due_on, view.today, view.profile.days, view.profile.near_days)
        return self.lights[key]

    def days_left(self, view: ListView, shown: str, due_on: date | None) -> int | None:
        """Working days to the limit; None where none runs."""
        if due_on is None or shown not in ("overdue", "near", "normal"):
            return None
        if due_on not in self.days:
            self.days[due_on] = view.profile.days.between(view.today, due_on)
        return self.days[due_on]


def _facts(conn: Connection, view: ListView, where: list[Any]) -> _Facts:
    leads: dict[int, Any] = {}
    supporting: dict[int, list[str]] = {}
    tickets: dict[int, list[str]] = {}
    for row in queries.responsibility_rows(conn, where):
        if row.is_lead:
            leads[row.item_id] = row
        else:
            supporting.setdefault(row.item_id, []).append(row.unit_code)
    for row in queries.ticket_rows(conn, where):
        tickets.setdefault(row.item_id, []).append(row.ticket_no)
    return _Facts(
        leads=leads,
        supporting=supporting,
        reports={row.item_id: row for row in queries.report_rows(conn, where, view.reach)},
        sponsors={row.item_id: row for row in queries.sponsor_rows(conn, where)},
        tickets=tickets,
        evidence={row.item_id: row.number for row in queries.evidence_counts(conn, where)},
        requests={row.item_id: row for row in queries.open_request_rows(conn, where, view.reach)},
        notices={row.item_id: row.document_no for row in queries.notice_rows(conn, where, NOTICE)},
    )


def _columns(rows: list[Any], facts: _Facts, view: ListView) -> dict[str, Sequence[Any]]:
    """The frame column by column, for rows in their order: row by row it takes twice as long."""
    names, is_unit = view.names, view.reach is not None
    item: dict[str, Sequence[Any]] = dict.fromkeys((*_STORED, *FLAGS, "origin_item_no"), ())
    if rows:
        item |= zip(rows[0]._fields, zip(*rows, strict=True), strict=True)
    keys = item["item_id"]
    leads = [facts.leads.get(key, _NOBODY) for key in keys]
    reports = [facts.reports.get(key, _NO_REPORT) for key in keys]
    sponsors = [facts.sponsors.get(key, _NO_SPONSOR) for key in keys]
    requests = [facts.requests.get(key, _NO_REQUEST) for key in keys]
    supporting = [tuple(facts.supporting.get(key, ())) for key in keys]
    tickets = [facts.tickets.get(key, ()) for key in keys]
    lights = [facts.light(view, *key) for key in zip(item["state"], item["due_on"], strict=True)]
    levels = view.profile.escalation_levels

    def named(codes: Sequence[str | None]) -> list[str]:
        return [names.get(code, code) if code else "" for code in codes]

    def texts(name: str) -> list[str]:
        return [text or "" for text in item[name]]

    return {
        **item,
        "state_label": [STATES[state] for state in item["state"]],
        "problem_type_label": [PROBLEM_TYPES.get(key or "", "") for key in item["problem_type"]],
        "source_label": [SOURCES[key] for key in item["source"]],
        "district": named(item["district_code"]), "category": named(item["category_code"]),
        "instructed_by": texts("instructed_by"), "instruction": texts("instruction"),
        "lead_unit_code": [lead.unit_code for lead in leads], "lead_unit": named([lead.unit_code for lead in leads]),
        "leader": [lead.leader for lead in leads], "person": [lead.person for lead in leads],
        "phone": [lead.phone for lead in leads], "duty": [lead.duty for lead in leads],
        "supporting_unit_codes": supporting, "supporting": ["、".join(named(codes)) for codes in supporting],
        "sponsor": [sponsor.name for sponsor in sponsors], "sponsor_post": [sponsor.post for sponsor in sponsors],
        "sponsor_zero_by_on": [sponsor.zero_by_on for sponsor in sponsors],
        "light": lights, "light_label": [LIGHT_WORDS[key] for key in lights],
        "days_left": [facts.days_left(view, *key) for key in zip(lights, item["due_on"], strict=True)],
        "progress": [report.progress for report in reports], "problems": [report.problems for report in reports],
        "next_steps": [report.next_steps for report in reports],
        "reported_on": [report.reported_on for report in reports],
        "level_label": [levels[min(level, len(levels) - 1)] for level in item["level"]],
        "ticket_count": [len(linked) for linked in tickets], "tickets": ["、".join(linked) for linked in tickets],
        "evidence_count": [facts.evidence.get(key, 0) for key in keys],
        "open_request": [request.kind for request in requests],
        "open_request_by": [request.asked_by for request in requests],
        "open_request_at": [request.asked_at for request in requests],
        "document_no": [facts.notices.get(key, "") for key in keys],
        "origin_item_no": [""] * len(rows) if is_unit else texts("origin_item_no"),
        "created_by": [""] * len(rows) if is_unit else item["created_by"],
    }  # fmt: skip


def city_times(moments: pd.Series) -> pd.Series:
    """Moments as they are stored, on the city's clock; NaT where there is none."""
    return pd.to_datetime(moments).dt.tz_localize(UTC).dt.tz_convert(CITY_TIME).dt.tz_localize(None)
