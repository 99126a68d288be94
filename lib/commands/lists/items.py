"""Putting an item on a list and changing what it says."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from lib.access import audit
from lib.access.audit import Act, Verbatim
from lib.assessment_store import AssessmentStore
from lib.city import load_city
from lib.commands import CommandError, ConflictError
from lib.commands.lists import desk as d
from lib.commands.lists.desk import Desk, TicketKey
from lib.lists.fields import OWN, FieldRule, fields_of, in_words
from lib.lists.process import OPEN
from lib.schema import lists as t
from lib.schema.list_terms import FLAGS, LIST_KINDS

_ITEM_DEFAULTS = {"source": "other", "urgency": "normal"}
_CODE_LENGTH = 32


@dataclass(frozen=True)
class AddItem:
    """Propose an item (拟列). values: key of lists.fields → value; units and districts as codes, dates as dates,
    flags as bool, own columns under `own:<key>`. tickets: tickets it is about. form_key: key of the form; sent twice,
    one item is made. origin_item_id: the problem-list item it comes from. is_backlog: taken over from an older
    ledger, so that limits may lie in the past.
    """

    list_kind: str
    values: Mapping[str, Any]
    tickets: Sequence[TicketKey] = ()
    form_key: str | None = None
    origin_item_id: int | None = None
    is_backlog: bool = False


@dataclass(frozen=True)
class EditItem:
    """Change what an item says. values: only the fields that change, as in AddItem."""

    item_no: str
    opened_version: int
    values: Mapping[str, Any]
    form_key: str | None = None


@dataclass(frozen=True)
class Split:
    """Values by the place they are stored in."""

    item: dict[str, Any] = field(default_factory=dict)
    lead: dict[str, Any] = field(default_factory=dict)
    supporting: tuple[str, ...] | None = None
    own: dict[str, str] = field(default_factory=dict)

    def by_key(self) -> dict[str, Any]:
        """The same values under the keys of lists.fields, as `values_of` gives those that stand."""
        lead = {"lead_unit_code" if key == "unit_code" else key: value for key, value in self.lead.items()}
        supporting = {} if self.supporting is None else {"supporting_unit_codes": self.supporting}
        return {**self.item, **lead, **supporting, **{OWN + key: text for key, text in self.own.items()}}


def add(store: AssessmentStore, desk: Desk, command: AddItem) -> str:
    """Make the item, state 拟列, and return its number; for a form that was sent before, the number it made then.

    Raises NotAllowedError, CommandError.
    """
    d.refuse("propose", desk, d.chosen(command.list_kind, LIST_KINDS, "清单"), None)
    try:
        with store.writing() as conn:
            if command.origin_item_id is not None:
                conn.execute(select(t.list_items.c.item_id).where(t.list_items.c.item_id == command.origin_item_id)
                             .with_for_update())  # fmt: skip
            if command.form_key is not None:
                # The same form sent twice at once: the second waits until the first is through.
                d.lock_history(conn)
                d.done_before(conn, command.form_key)
            return insert_item(conn, desk, command)
    except d.DoneBefore as before:
        return before.item_no


def insert_item(
    conn: Connection, desk: Desk, command: AddItem, *, state: str = "proposed", step: str = "propose"
) -> str:
    """Make the item in the caller's transaction; for commands that make one besides (a hand-over, a suggestion).

    Raises CommandError.
    """
    kind = command.list_kind
    split = checked(command.values, kind, desk, past=command.is_backlog)
    rules = fields_of(kind, desk.profile)
    for rule in rules.values():
        if rule.required and not command.values.get(rule.key) and rule.key not in _ITEM_DEFAULTS:
            raise CommandError(f"请填写{rule.label(kind)}")
    if nowhere := people_without_unit(command.values, kind, desk):
        raise CommandError(nowhere)
    tickets = d.check_tickets(command.tickets, desk)
    number = d.take_number(conn, f"item:{kind}:{desk.today.year}")
    item_no = f"{desk.profile.number_words[kind]}{desk.today.year}-{number:04d}"
    empty = {"manifestation": "", "source_note": "", "target": "", "measures": "", "remarks": ""}
    values = {
        **empty, **_ITEM_DEFAULTS, **dict.fromkeys(FLAGS, False), **split.item,
        "item_no": item_no, "list_kind": kind, "state": state, "level": 0, "urged_count": 0, "extended_count": 0,
        "reopened_count": 0, "own_values": json.dumps(split.own, ensure_ascii=False, sort_keys=True),
        "first_due_on": split.item.get("due_on"), "origin_item_id": command.origin_item_id,
        "created_by": desk.person.account, "created_at": desk.moment, "updated_at": desk.moment,
        "state_since": desk.moment, "version": 1,
    }  # fmt: skip
    item_id = conn.execute(insert(t.list_items).values(**values).returning(t.list_items.c.item_id)).scalar_one()
    if split.lead.get("unit_code"):
        set_lead(conn, desk, item_id, split.lead)
    if split.supporting:
        set_supporting(conn, desk, item_id, split.supporting)
    link_tickets(conn, desk, item_id, tickets)
    d.add_step(conn, desk, item_id, step, None, state, form_key=command.form_key)
    said = {rule.label(kind): in_words(rule, command.values.get(key), desk.names)
            for key, rule in rules.items() if command.values.get(key)}  # fmt: skip
    after = {**said, "关联工单": [Verbatim(no) for _, no in tickets]}
    audit.append(conn, desk.person, Act("item_added", item_no, after=after), at=desk.moment)
    return item_no


def edit(store: AssessmentStore, desk: Desk, command: EditItem) -> int:
    """Change the item and return its new version. Raises NotAllowedError, CommandError, ConflictError with both
    versions in words when somebody else was faster.
    """
    try:
        with d.taking(store, desk, "change", command.item_no, None, form_key=command.form_key) as taken:
            _rewrite(taken, desk, command)
            return int(taken.item.version) + 1
    except d.DoneBefore:
        return command.opened_version + 1


def _rewrite(taken: d.Taken, desk: Desk, command: EditItem) -> None:
    item, conn, names = taken.item, taken.conn, desk.names
    rules = fields_of(item.list_kind, desk.profile)
    # A limit that has run out meanwhile may be sent along unchanged; a new one lies ahead.
    split = checked(command.values, item.list_kind, desk, past=True)
    new, old = split.by_key(), values_of(conn, item)
    labels = {key: rules[key].label(item.list_kind) for key in new}
    was = {key: in_words(rules[key], old.get(key), names) for key in new}
    now = {key: in_words(rules[key], value, names) for key, value in new.items()}
    if item.version != command.opened_version:
        raise ConflictError(item.item_no, {labels[k]: was[k] for k in new}, {labels[k]: now[k] for k in new})
    changed = {key for key, value in new.items() if (old.get(key) or None) != (value or None)}
    if not changed:
        raise CommandError("没有改动，无须保存")
    for key in changed:
        _still_editable(rules[key], item)
    checked({key: command.values[key] for key in changed}, item.list_kind, desk)
    taken.changes.update({key: value for key, value in split.item.items() if key in changed})
    if "due_on" in changed:
        taken.changes["first_due_on"] = new["due_on"]
    if any(rules[key].place == "own" for key in changed):
        own = {**json.loads(item.own_values), **split.own}
        taken.changes["own_values"] = json.dumps(own, ensure_ascii=False, sort_keys=True)
    if any(rules[key].place == "lead" for key in changed):
        # People belong to their unit: another lead unit begins with nobody named.
        standing = {} if "lead_unit_code" in changed else _lead(conn, item.item_id)
        set_lead(conn, desk, item.item_id, {**standing, **split.lead})
    if "supporting_unit_codes" in changed:
        set_supporting(conn, desk, item.item_id, split.supporting or ())
    taken.facts.update({labels[k]: f"{was[k] or '—'} → {now[k] or '—'}" for k in new if k in changed})


def _still_editable(rule: FieldRule, item: Row[Any]) -> None:
    if rule.until is not None and OPEN.index(item.state) > OPEN.index(rule.until):
        raise CommandError(
            f"“{rule.label(item.list_kind)}”在交办之后不能直接修改：时限请走延期审批，责任单位请走职责异议"
        )


def checked(values: Mapping[str, Any], list_kind: str, desk: Desk, *, past: bool = False) -> Split:
    """Values as they are stored, by place. past: limits may lie in the past. Raises CommandError naming the field."""
    rules = fields_of(list_kind, desk.profile)
    unknown = set(values) - set(rules)
    if unknown:
        raise CommandError(f"{LIST_KINDS[list_kind]}没有这些栏目：{'、'.join(sorted(unknown))}")
    item: dict[str, Any] = {}
    lead: dict[str, Any] = {}
    own: dict[str, str] = {}
    supporting: tuple[str, ...] | None = None
    for key, value in values.items():
        rule = rules[key]
        stored = _stored(rule, value, list_kind, desk, past)
        if rule.place == "item":
            item[key] = stored
        elif rule.place == "lead":
            lead["unit_code" if key == "lead_unit_code" else key] = stored
        elif rule.place == "own":
            own[key.removeprefix(OWN)] = stored.isoformat() if isinstance(stored, date) else str(stored or "")
        else:
            supporting = stored
    return Split(item, lead, supporting, own)


def _stored(rule: FieldRule, value: Any, list_kind: str, desk: Desk, past: bool) -> Any:
    label = rule.label(list_kind)
    if rule.kind in ("line", "text"):
        text = d.written(value, label, required=rule.required, longest=rule.longest)
        text = text if rule.kind == "text" else " ".join(text.split())
        return text if rule.place != "item" or not t.list_items.c[rule.key].nullable else text or None
    if rule.kind == "flag":
        if value not in (True, False, None):
            raise CommandError(f"{label}只能是“是”或“否”，现在是“{value}”")
        return bool(value)
    if rule.kind == "units":
        return tuple(dict.fromkeys(d.known_unit(code, desk, label) for code in value or ()))
    if value is None or value == "":
        if rule.required:
            raise CommandError(f"请填写{label}")
        return _ITEM_DEFAULTS.get(rule.key)
    if rule.kind == "choice":
        return d.chosen(value, rule.choices or {}, label)
    if rule.kind == "unit":
        return d.known_unit(value, desk, label)
    if rule.kind == "date":
        return _stored_date(rule, value, label, desk, past)
    text = d.written(str(value), label, longest=_CODE_LENGTH)
    if rule.kind == "number" and not re.fullmatch(r"-?\d{1,12}(\.\d{1,4})?", text):
        raise CommandError(f"{label}须为数字，现在是“{text}”")
    if rule.kind == "district" and text not in set(load_city(desk.profile.city).districts["district_code"]):
        raise CommandError(f"{label}“{text}”不在区县表中，请从列表中选择")
    return text


def _stored_date(rule: FieldRule, value: Any, label: str, desk: Desk, past: bool) -> date:
    if not isinstance(value, date):
        raise CommandError(f"{label}不是日期：{value}")
    day = value.date() if isinstance(value, datetime) else value
    if rule.key == "instructed_on":
        return d.not_after_today(day, desk, label)
    ahead = rule.key in ("due_on", "reply_by_on") and not past
    return d.not_before_today(day, desk, label) if ahead else day


def values_of(conn: Connection, item: Row[Any]) -> dict[str, Any]:
    """What the item says now, under the keys of lists.fields."""
    lead = _lead(conn, item.item_id)
    r = t.list_responsibilities.c
    rows = conn.execute(
        select(r.unit_code)
        .where(r.item_id == item.item_id, r.ended_at.is_(None), r.is_lead.is_(False))
        .order_by(r.responsibility_id)
    )
    own = {OWN + key: text for key, text in json.loads(item.own_values).items()}
    supporting = tuple(row.unit_code for row in rows)
    people = {k: lead.get(k) for k in ("leader", "person", "phone", "duty")}
    return {**item._mapping, **people, **own, "lead_unit_code": lead.get("unit_code"),
            "supporting_unit_codes": supporting}  # fmt: skip


def people_without_unit(values: Mapping[str, Any], list_kind: str, desk: Desk) -> str | None:
    """Why people or a duty without a lead unit are refused; None where there are none. values: as in AddItem."""
    rules = fields_of(list_kind, desk.profile)
    said = {key: str(values.get(key) or "").strip() for key, rule in rules.items() if rule.place == "lead"}
    named = [rules[key].label(list_kind) for key, text in said.items() if text]
    if not named or values.get("lead_unit_code"):
        return None
    return f"填写了{'、'.join(named)}，请同时选择{rules['lead_unit_code'].label(list_kind)}，否则这些内容无处可存"


def _lead(conn: Connection, item_id: int) -> dict[str, Any]:
    r = t.list_responsibilities
    row = conn.execute(select(r).where(r.c.item_id == item_id, r.c.ended_at.is_(None), r.c.is_lead)).first()
    if row is None:
        return {}
    return {k: row._mapping[k] for k in ("unit_code", "leader", "person", "phone", "duty", "due_on")}


def set_lead(conn: Connection, desk: Desk, item_id: int, lead: Mapping[str, Any]) -> None:
    """Give the item another lead unit, or other people of it; the row before is ended. Raises CommandError."""
    d.known_unit(lead.get("unit_code"), desk, "牵头单位")
    r = t.list_responsibilities
    standing = update(r).where(r.c.item_id == item_id, r.c.ended_at.is_(None), r.c.is_lead)
    conn.execute(standing.values(ended_at=desk.moment))
    named = {k: lead.get(k) or "" for k in ("leader", "person", "phone", "duty")}
    conn.execute(
        insert(r).values(item_id=item_id, is_lead=True, unit_code=lead["unit_code"], due_on=lead.get("due_on"),
                         added_at=desk.moment, **named)
    )  # fmt: skip


def set_supporting(conn: Connection, desk: Desk, item_id: int, codes: Sequence[str]) -> None:
    """Make exactly these units the supporting ones; rows of others are ended."""
    r = t.list_responsibilities
    standing = {
        row.unit_code
        for row in conn.execute(
            select(r.c.unit_code).where(r.c.item_id == item_id, r.c.ended_at.is_(None), r.c.is_lead.is_(False))
        )
    }
    gone = standing - set(codes)
    if gone:
        ended = update(r).where(r.c.item_id == item_id, r.c.ended_at.is_(None), r.c.is_lead.is_(False))
        conn.execute(ended.where(r.c.unit_code.in_(gone)).values(ended_at=desk.moment))
    for code in codes:
        if code not in standing:
            conn.execute(
                insert(r).values(item_id=item_id, is_lead=False, unit_code=code, leader="", person="", phone="",
                                 duty="", added_at=desk.moment)
            )  # fmt: skip


def link_tickets(conn: Connection, desk: Desk, item_id: int, keys: Sequence[TicketKey]) -> list[TicketKey]:
    """Link tickets that are not linked yet; returns those that were new."""
    k = t.list_tickets
    rows = conn.execute(select(k.c.source_code, k.c.ticket_no).where(k.c.item_id == item_id, k.c.unlinked_at.is_(None)))
    standing = {(row.source_code, row.ticket_no) for row in rows}
    new = [key for key in keys if key not in standing]
    for source, number in new:
        conn.execute(
            insert(k).values(item_id=item_id, source_code=source, ticket_no=number, linked_at=desk.moment,
                             linked_by=desk.person.account)
        )  # fmt: skip
    return new
