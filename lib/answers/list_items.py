"""What stands on the 问题清单 and the 督办清单? Asked of the assessment database, by the person and reach of a view."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date
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
    records = [_record(row, facts, view) for row in queries.item_rows(conn, where)]
    records.sort(key=lambda r: (_ORDER.index(r["light"]), r["due_on"] or date.max, r["item_no"]))
    own = [OWN + column.key for kind in kinds for column in view.profile.own_columns[kind]]
    frame = pd.DataFrame(records, columns=[*COLUMNS, *dict.fromkeys(own)])
    frame["days_left"] = frame["days_left"].astype("Int64")
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
            key = _light(view, {}, row.state, row.due_on)
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
    lights: dict[Any, str]
    days: dict[date, int]


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
        lights={},
        days={},
    )


def _record(row: Any, facts: _Facts, view: ListView) -> dict[str, Any]:
    """One item as a row of the frame."""
    key, names, is_unit = row.item_id, view.names, view.reach is not None
    lead, report, sponsor = facts.leads.get(key), facts.reports.get(key), facts.sponsors.get(key)
    request, supporting = facts.requests.get(key), facts.supporting.get(key, [])
    tickets = facts.tickets.get(key, [])
    shown = _light(view, facts.lights, row.state, row.due_on)
    runs = row.due_on is not None and shown in ("overdue", "near", "normal")
    if runs and row.due_on not in facts.days:
        facts.days[row.due_on] = view.profile.days.between(view.today, row.due_on)
    record = {
        **row._mapping,
        "state_label": STATES[row.state],
        "problem_type_label": PROBLEM_TYPES.get(row.problem_type or "", ""),
        "source_label": SOURCES[row.source],
        "district": names.get(row.district_code or "", row.district_code or ""),
        "category": names.get(row.category_code or "", row.category_code or ""),
        "lead_unit_code": lead.unit_code if lead else None,
        "lead_unit": names.get(lead.unit_code, lead.unit_code) if lead else "",
        **{k: getattr(lead, k) if lead else "" for k in ("leader", "person", "phone", "duty")},
        "supporting_unit_codes": tuple(supporting),
        "supporting": "、".join(names.get(code, code) for code in supporting),
        "instructed_by": row.instructed_by or "", "instruction": row.instruction or "",
        "sponsor": sponsor.name if sponsor else "",
        "sponsor_post": sponsor.post if sponsor else "",
        "sponsor_zero_by_on": sponsor.zero_by_on if sponsor else None,
        "light": shown, "light_label": LIGHT_WORDS[shown],
        "days_left": facts.days[row.due_on] if runs else None,
        **{k: getattr(report, k) if report else "" for k in ("progress", "problems", "next_steps")},
        "reported_on": report.reported_on if report else None,
        "level_label": level_words(view.profile, row.level),
        "ticket_count": len(tickets), "tickets": "、".join(tickets),
        "evidence_count": facts.evidence.get(key, 0),
        "open_request": request.kind if request else None,
        "open_request_by": request.asked_by if request else None,
        "open_request_at": request.asked_at if request else None,
        "document_no": facts.notices.get(key, ""),
        "origin_item_no": "" if is_unit else row.origin_item_no or "",
        "created_by": "" if is_unit else row.created_by,
    }  # fmt: skip
    if row.own_values != "{}":
        record |= {OWN + name: text for name, text in json.loads(row.own_values).items()}
    return record


def city_times(moments: pd.Series) -> pd.Series:
    """Moments as they are stored, on the city's clock; NaT where there is none."""
    return pd.to_datetime(moments).dt.tz_localize(UTC).dt.tz_convert(CITY_TIME).dt.tz_localize(None)


def level_words(profile: ListProfile, level: int) -> str:
    """Name of a level of 提级督办."""
    return profile.escalation_levels[min(level, len(profile.escalation_levels) - 1)]


def _light(view: ListView, known: dict[Any, str], state: str, due_on: date | None) -> str:
    """Light of a state and a limit; a ledger has few different ones, and working days take their time."""
    if (state, due_on) not in known:
        known[state, due_on] = light(state, due_on, view.today, view.profile.days, view.profile.near_days)
    return known[state, due_on]
