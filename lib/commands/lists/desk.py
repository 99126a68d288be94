"""What every write of the lists begins and ends with: the item locked, the step allowed, the timeline, the history."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import Connection, Row, insert, select, update

from lib.access import audit
from lib.access.audit import Act
from lib.access.moments import city_time, utc
from lib.access.roles import Identity, NotAllowedError, require
from lib.assessment_store import AssessmentStore
from lib.city import load_city
from lib.commands import CommandError, ConflictError
from lib.lists import process
from lib.lists.fields import fields_of, in_words
from lib.lists.profile import ListProfile
from lib.schema import assessment as a
from lib.schema import lists as t
from lib.schema.list_terms import STATES

TicketKey = tuple[str, str]
# As wide as its columns in lib.schema.lists.
LONGEST_FORM_KEY = 64
LONGEST_TEXT = 5000
# A limit beyond is a slip of the pen (2062 for 2026), not a limit.
LATEST_LIMIT = timedelta(days=3660)


@dataclass(frozen=True)
class Desk:
    """Who acts, when, and how far.

    reach: units the person may act for (role unit: its own and those below it); None means all. units: code → name
    of every unit. tickets_known: which of these tickets (source_code, ticket_no) exist within that reach.
    """

    person: Identity
    reach: tuple[str, ...] | None
    profile: ListProfile
    units: Mapping[str, str]
    tickets_known: Callable[[Collection[TicketKey]], set[TicketKey]]
    now: datetime

    @property
    def today(self) -> date:
        """Today in the city."""
        return city_time(utc(self.now)).date()

    @property
    def moment(self) -> datetime:
        """Now as it is stored: UTC without zone."""
        return utc(self.now)

    @property
    def names(self) -> dict[str, str]:
        """Code → name of units, districts and categories, for words people read."""
        return {**_places_and_matters(self.profile.city), **self.units}


@lru_cache(maxsize=8)
def _places_and_matters(name: str) -> dict[str, str]:
    city = load_city(name)
    districts = dict(zip(city.districts["district_code"], city.districts["name"], strict=True))
    categories = dict(zip(city.categories["category_code"], city.categories["name"], strict=True))
    return {**categories, **districts}


@dataclass
class Taken:
    """A step while it is being taken. item: the row as it stood, locked. changes: columns to set; text, facts: for
    the timeline. A handler fills it in; leaving the block writes all of it.
    """

    conn: Connection
    item: Any
    changes: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    facts: dict[str, str] = field(default_factory=dict)


class OfItem(Protocol):
    """What every command on one item says: which item, and the key of its form."""

    @property
    def item_no(self) -> str:
        """编号 of the item."""

    @property
    def form_key(self) -> str | None:
        """Key of the form; sent twice, it is carried out once."""


class DoneBefore(Exception):
    """The same form was carried out already; item_no says on which item. Nothing is done again."""

    def __init__(self, item_no: str) -> None:
        self.item_no = item_no
        super().__init__(item_no)


@contextmanager
def taking(
    store: AssessmentStore,
    desk: Desk,
    step: str,
    item_no: str,
    opened_version: int | None,
    *,
    form_key: str | None = None,
    asked_by: Callable[[Connection, Row[Any]], str | None] | None = None,
    wanted: Mapping[str, str] | None = None,
) -> Iterator[Taken]:
    """One transaction for one step of one item: locks it, refuses what must be refused, and after the block writes
    the changes with the next version, the row of the timeline and the entry of the history.

    opened_version: version the form was opened with; None for steps that only add (a report, a file) and do not
    depend on what else stands there. asked_by: who proposed or asked, where a second person is needed. wanted:
    what the form would have made of it (label → text), for the two versions of a conflict.

    Raises NotAllowedError, CommandError, ConflictError; DoneBefore for a form that was carried out already.
    """
    with store.writing() as conn:
        item = locked_item(conn, desk, item_no)
        # Asked with the lock in hand: the same form sent twice at once waits here for its twin.
        done_before(conn, form_key)
        require_right(step, desk, item.list_kind)
        if opened_version is not None and item.version != opened_version:
            raise ConflictError(item.item_no, current_state(conn, item), wanted or {"办理": process.STEPS[step].label})
        refuse(step, desk, item.list_kind, item.state)
        if asked_by is not None:
            refuse(step, desk, item.list_kind, item.state, asked_by=asked_by(conn, item))
        taken = Taken(conn, item)
        yield taken
        finish(desk, step, taken, form_key)


def take_step(
    store: AssessmentStore,
    desk: Desk,
    step: str,
    command: OfItem,
    act: Callable[[Taken], None],
    *,
    asked_by: Callable[[Connection, Row[Any]], str | None] | None = None,
) -> int:
    """Carry out a command that takes one step of one item: `act` fills in what the step changes. Returns the new
    version of the item; for a form that was carried out before, the version it stands at now.

    Raises like `taking`.
    """
    opened_version: int | None = getattr(command, "opened_version", None)
    try:
        with taking(
            store, desk, step, command.item_no, opened_version, form_key=command.form_key, asked_by=asked_by
        ) as taken:
            act(taken)
            return int(taken.item.version) + 1
    except DoneBefore as before:
        with store.reading() as conn:
            version = select(t.list_items.c.version).where(t.list_items.c.item_no == before.item_no)
            return int(conn.execute(version).scalar_one())


def require_right(step: str, desk: Desk, list_kind: str) -> None:
    """Raises NotAllowedError when the role has none of the rights that the step asks for on that list, in any state."""
    rights = process.STEPS[step].rights.get(list_kind)
    if rights is not None and not any(desk.person.may(process.RESOURCES[list_kind], right) for right in rights):
        raise NotAllowedError(process.refusal(step, desk.person, list_kind, None) or "")


def refuse(step: str, desk: Desk, list_kind: str, state: str | None, *, asked_by: str | None = None) -> None:
    """Raises NotAllowedError when the role may not, CommandError when the state forbids the step."""
    require_right(step, desk, list_kind)
    why = process.refusal(
        step, desk.person, list_kind, state, asked_by=asked_by, second_persons=desk.profile.second_persons
    )
    if why is not None:
        raise CommandError(why)


def done_before(conn: Connection, form_key: str | None) -> None:
    """Raises DoneBefore when the form of this key was carried out already; ValueError for a key that does not fit:
    of the databases only some would say so.
    """
    if form_key is None:
        return
    if len(form_key) > LONGEST_FORM_KEY:
        raise ValueError(f"a form key has at most {LONGEST_FORM_KEY} characters: {form_key}")
    known = conn.execute(
        select(t.list_items.c.item_no)
        .join(t.list_steps, t.list_steps.c.item_id == t.list_items.c.item_id)
        .where(t.list_steps.c.form_key == form_key)
    ).scalar()
    if known is not None:
        raise DoneBefore(known)


def locked_item(conn: Connection, desk: Desk, item_no: str) -> Any:
    """The item's row, locked. Raises CommandError when there is none within reach."""
    i = t.list_items
    row = conn.execute(select(i).where(i.c.item_no == item_no).with_for_update()).first()
    if row is None or not within_reach(conn, desk, row.item_id):
        # Somebody else's item and no item look alike: a unit learns nothing by trying numbers.
        raise CommandError(f"没有编号为 {item_no} 的事项，请核对编号")
    return row


def within_reach(conn: Connection, desk: Desk, item_id: int) -> bool:
    """Whether one of the units responsible now is among those the person may act for."""
    if desk.reach is None:
        return True
    r = t.list_responsibilities.c
    found = select(r.unit_code).where(r.item_id == item_id, r.ended_at.is_(None), r.unit_code.in_(desk.reach))
    return conn.execute(found.limit(1)).first() is not None


def finish(desk: Desk, step: str, taken: Taken, form_key: str | None = None) -> None:
    """Write the changes, the row of the timeline and the entry of the history of a step."""
    conn, item = taken.conn, taken.item
    target = process.STEPS[step].target
    state = taken.changes.get("state") or target or item.state
    values = {**taken.changes, "state": state, "version": item.version + 1, "updated_at": desk.moment}
    if state != item.state:
        values["state_since"] = desk.moment
    conn.execute(update(t.list_items).where(t.list_items.c.item_id == item.item_id).values(**values))
    add_step(conn, desk, item.item_id, step, item.state, state, taken.text, taken.facts, form_key)
    told = [key for key in values if key not in _NOT_TOLD]
    before = _said(desk, item.list_kind, {key: item._mapping[key] for key in told})
    # The value itself before the words that a handler found for it: the history shows both sides of a change.
    after = {"办理": process.STEPS[step].label, **taken.facts,
             **_said(desk, item.list_kind, {key: values[key] for key in told})}  # fmt: skip
    act = Act("item_step", item.item_no, before=before, after=after, reason=taken.text[:500])
    audit.append(conn, desk.person, act, at=desk.moment)


# The timeline tells the city's own columns by name; the moments are those of the entry itself.
_NOT_TOLD = ("updated_at", "state_since", "own_values")
_CALLED = {
    "state": "状态", "version": "版本", "assigned_on": "交办日期", "first_due_on": "首次确定的时限",
    "suspended_until_on": "挂账复核日期", "closed_on": "销号日期", "level": "督办级别", "urged_count": "催办次数",
    "extended_count": "延期次数", "reopened_count": "反弹重启次数",
}  # fmt: skip


def _said(desk: Desk, list_kind: str, values: Mapping[str, Any]) -> dict[str, str]:
    """Columns of an item in the words of people: label → text."""
    rules = fields_of(list_kind, desk.profile)
    said = {}
    for key, value in values.items():
        if key in rules:
            said[rules[key].label(list_kind)] = in_words(rules[key], value, desk.names)
        elif key == "state":
            said[_CALLED[key]] = STATES[value]
        elif key == "level":
            said[_CALLED[key]] = desk.profile.escalation_levels[value]
        else:
            said[_CALLED[key]] = "" if value is None else str(value)
    return said


def add_step(
    conn: Connection,
    desk: Desk,
    item_id: int,
    step: str,
    from_state: str | None,
    to_state: str,
    text: str = "",
    facts: Mapping[str, str] | None = None,
    form_key: str | None = None,
) -> None:
    """Append one row to the timeline of an item."""
    conn.execute(
        insert(t.list_steps).values(
            item_id=item_id, at=desk.moment, account=desk.person.account, display_name=desk.person.display_name,
            role=desk.person.role, step=step, from_state=from_state, to_state=to_state, text=text,
            facts=json.dumps(dict(facts or {}), ensure_ascii=False, sort_keys=True), form_key=form_key,
        )
    )  # fmt: skip


def lock_history(conn: Connection) -> None:
    """Wait until no other write is under way. Every write ends by locking the end of the history; who must know
    before that what others have just done (a number, a form) locks it now. Rows of items are locked before it, never
    after: the other order could leave two writers waiting for each other.
    """
    conn.execute(select(a.audit_head.c.head_no).with_for_update())


def take_number(conn: Connection, counter: str) -> int:
    """The next number of a series, 1, 2, 3 …, without gaps: a transaction that fails gives its number back."""
    lock_history(conn)
    c = t.list_counters
    last = conn.execute(select(c.c.last).where(c.c.counter == counter).with_for_update()).scalar()
    if last is None:
        conn.execute(insert(c).values(counter=counter, last=1))
        return 1
    conn.execute(update(c).where(c.c.counter == counter).values(last=last + 1))
    return int(last) + 1


def current_state(conn: Connection, item: Any) -> dict[str, str]:
    """What stands now, in words, for whoever was overtaken: state, who changed it last, when, and how."""
    s = t.list_steps.c
    last = conn.execute(
        select(t.list_steps).where(s.item_id == item.item_id).order_by(s.step_no.desc()).limit(1)
    ).first()
    said = {"状态": STATES[item.state], "版本": str(item.version)}
    if last is not None:
        said["最近一步"] = process.STEPS[last.step].label
        said["办理人"] = last.display_name
        said["时间"] = city_time(last.at).strftime("%Y-%m-%d %H:%M")
    return said


def written(value: str | None, label: str, *, required: bool = False, longest: int = LONGEST_TEXT) -> str:
    """A text as it is stored: trimmed, line ends alike, without control characters. Raises CommandError."""
    text = (value or "").replace("\r\n", "\n").replace("\r", "\n").strip()
    # The wide space between Chinese words counts as unprintable; it is kept.
    text = "".join(c for c in text if c in "\n\t\u3000" or (c.isprintable() and not 0xD800 <= ord(c) <= 0xDFFF))
    if required and not text:
        raise CommandError(f"请填写{label}")
    if len(text) > longest:
        raise CommandError(f"{label}最多{longest}字，现在有{len(text)}字，请精简后再保存")
    return text


def chosen(value: str | None, known: Mapping[str, str], label: str) -> str:
    """A key of a fixed table. Raises CommandError."""
    if value is None or value not in known:
        raise CommandError(f"{label}请从列表中选择：{'、'.join(known.values())}")
    return value


def not_before_today(day: date | None, desk: Desk, label: str) -> date:
    """A limit that lies ahead. Raises CommandError."""
    if day is None:
        raise CommandError(f"请填写{label}")
    if day < desk.today:
        raise CommandError(f"{label}不能早于今天（{desk.today:%Y年%-m月%-d日}）")
    if day - desk.today > LATEST_LIMIT:
        raise CommandError(f"{label}是{day:%Y年%-m月%-d日}，请核对年份")
    return day


def not_after_today(day: date | None, desk: Desk, label: str) -> date:
    """A day on which something happened, today where none is given. Raises CommandError."""
    if day is not None and day > desk.today:
        raise CommandError(f"{label}不能晚于今天（{desk.today:%Y年%-m月%-d日}）")
    return day or desk.today


def known_unit(code: str | None, desk: Desk, label: str = "单位") -> str:
    """Code of a unit that exists. Raises CommandError."""
    if not code or code not in desk.units:
        raise CommandError(f"{label}“{code or ''}”不在单位表中，请从列表中选择")
    return code


def check_tickets(keys: Sequence[TicketKey], desk: Desk) -> list[TicketKey]:
    """The tickets, each once. Raises CommandError naming those that do not exist."""
    asked = list(dict.fromkeys(keys))
    known = desk.tickets_known(asked) if asked else set()
    missing = [key[1] for key in asked if key not in known]
    if missing:
        raise CommandError(f"工单库中没有这些工单：{'、'.join(missing[:10])}，请核对工单编号")
    return asked


def require_list(desk: Desk, list_kind: str, right: str) -> None:
    """Raises NotAllowedError when the matrix does not give the person the right on that list."""
    require(desk.person, process.RESOURCES[list_kind], right)
