"""What waits for this person on the dual lists?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from lib.access.moments import city_time
from lib.answers.list_detail import urging_words
from lib.answers.list_items import ListView, items_of, may_look
from lib.lists.process import OPEN, RESOURCES, UNDER_WAY, VERDICT_STEPS, refusal
from lib.queries import list_items as queries
from lib.queries.list_items import ItemFilter
from lib.schema.list_terms import REINSPECTION_KINDS

# Pages on which it is done.
ITEM, REINSPECTION = "list_item", "reinspection"
RECEIVE = "待签收移交"
# What may wait, tier by tier: what others wait for this person to do, what was promised to leaders, what runs out,
# what is to be looked at again.
TIERS = (
    (RECEIVE, "待复核销号", "待审批延期", "待审批挂账", "待裁定职责异议", "待审核列入", "待交办", "待签收",
     "催办待回复"),
    ("批示待报告", "挂账到期复查", "包案到期"),
    ("已逾期", "即将到期"),
    ("待回头看",),
)  # fmt: skip
KINDS = tuple(what for tier in TIERS for what in tier)
_TIER = {what: place for place, tier in enumerate(TIERS) for what in tier}
# What is looked at of an item: thousands of rows are not taken apart for what nobody asks.
_LOOKED_AT = ["item_id", "item_no", "list_kind", "title", "state", "state_since", "created_by", "due_on", "light",
              "suspended_until_on", "reply_by_on", "instructed_by", "sponsor", "sponsor_zero_by_on"]  # fmt: skip
_ASKED = {"extension": "待审批延期", "suspension": "待审批挂账", "duty": "待裁定职责异议", "close_out": "待复核销号"}


@dataclass(frozen=True)
class ToDo:
    """One thing that waits. what: of KINDS. since: since when it waits. due_on: by when; None where no limit runs.
    days_left: working days, negative when overdue. slug: the page it is done on. note: a word more.
    """

    what: str
    item_no: str
    title: str
    list_kind: str
    since: datetime | None
    due_on: date | None
    slug: str = ITEM
    note: str = ""
    days_left: int | None = None


def to_do(conn: Connection, view: ListView) -> list[ToDo]:
    """What waits for the person, most pressing first; nothing for those who only read."""
    person, kinds = view.person, [kind for kind in RESOURCES if may_look(view.person, kind)]
    if not any(person.may(RESOURCES[kind], right) for kind in kinds for right in ("write", "reply", "receive")):
        return []
    asked = ItemFilter(states=OPEN)
    items = items_of(conn, view, kinds, asked)
    rows: list[dict[str, Any]] = [{str(k): v for k, v in row.items()} for row in items[_LOOKED_AT].to_dict("records")]
    clock = _Clock(view)
    waiting: dict[int, list[Any]] = {}
    for request in queries.open_request_rows(conn, queries.conditions(kinds, view.reach, asked), view.reach):
        waiting.setdefault(request.item_id, []).append(request)
    found = [todo for row in rows for todo in _of_item(row, waiting.get(row["item_id"], []), view, clock)]
    if view.reach is not None:
        found += _unanswered(conn, view, kinds, asked, rows)
    found += _received(conn, view)
    found += _reinspections(conn, view)
    return sorted(found, key=lambda t: (_TIER[t.what], t.due_on or date.max, KINDS.index(t.what), t.item_no))


class _Clock:
    """Working days from today, counted once per day: items share their limits, and counting takes its time."""

    def __init__(self, view: ListView) -> None:
        self._view, self._left = view, dict[date, int]()
        self._near_until = view.profile.days.after(view.today, view.profile.near_days)

    def left(self, day: date | None) -> int | None:
        """Working days to that day."""
        if day is None:
            return None
        if day not in self._left:
            self._left[day] = self._view.profile.days.between(self._view.today, day)
        return self._left[day]

    def is_near(self, day: Any) -> bool:
        """The day is there, and passed or at most near_days working days away."""
        by = _day(day)
        return by is not None and by <= self._near_until


def _of_item(row: dict[str, Any], requests: list[Any], view: ListView, clock: _Clock) -> list[ToDo]:
    """What an item asks of the person now."""
    person, kind, state = view.person, row["list_kind"], row["state"]
    due_on, since = _day(row["due_on"]), row["state_since"]

    def may(step: str, asked_by: str | None = None) -> bool:
        seconds = view.profile.second_persons
        return refusal(step, person, kind, state, asked_by=asked_by, second_persons=seconds) is None

    def one(what: str, *, by: date | None = due_on, at: datetime | None = since, note: str = "") -> ToDo:
        return ToDo(what, row["item_no"], row["title"], kind, at, by, note=note, days_left=clock.left(by))

    found: list[ToDo] = []
    if state == "proposed" and may("enlist", row["created_by"]):
        found.append(one("待审核列入"))
    if state == "listed" and may("assign"):
        found.append(one("待交办"))
    if state == "assigned" and person.role == "unit":
        found.append(one("待签收"))
    for request in requests:
        if may(VERDICT_STEPS[request.kind], request.asked_by):
            found.append(one(_ASKED[request.kind], at=city_time(request.asked_at)))
    if state in UNDER_WAY and state != "closing" and may("report"):
        if row["light"] in ("overdue", "near") and not found:
            found.append(one("已逾期" if row["light"] == "overdue" else "即将到期"))
        if may("resume") and clock.is_near(row["suspended_until_on"]):
            found.append(one("挂账到期复查", by=_day(row["suspended_until_on"])))
    if state in UNDER_WAY and may("change"):
        if clock.is_near(row["reply_by_on"]):
            found.append(one("批示待报告", by=_day(row["reply_by_on"]), note=row["instructed_by"]))
        if clock.is_near(row["sponsor_zero_by_on"]):
            found.append(one("包案到期", by=_day(row["sponsor_zero_by_on"]), note=row["sponsor"]))
    return found


def _day(value: Any) -> date | None:
    return None if value is None or pd.isna(value) else value


def _unanswered(
    conn: Connection, view: ListView, kinds: list[str], asked: ItemFilter, rows: list[dict[str, Any]]
) -> list[ToDo]:
    """Urgings of the person's units to which they have not replied."""
    titles = {row["item_id"]: row for row in rows}
    where = queries.conditions(kinds, view.reach, asked)
    found = []
    for row in queries.unanswered_urgings(conn, where, view.reach or ()):
        item = titles[row.item_id]
        left = None if row.reply_by_on is None else view.profile.days.between(view.today, row.reply_by_on)
        found.append(
            ToDo("催办待回复", item["item_no"], item["title"], item["list_kind"], city_time(row.at), row.reply_by_on,
                 note=urging_words(view.profile, row.level), days_left=left)
        )  # fmt: skip
    return found


def _received(conn: Connection, view: ListView) -> list[ToDo]:
    """Hand-overs that wait for the person's office."""
    if not view.person.may("problem_list", "receive"):
        return []
    rows = (row for row in queries.waiting_hand_overs(conn) if row.receiver == view.person.role)
    return [ToDo(RECEIVE, row.item_no, row.title, row.list_kind, city_time(row.handed_at), None) for row in rows]


def _reinspections(conn: Connection, view: ListView) -> list[ToDo]:
    """Re-inspections due within the days that count as near: of items on lists the person keeps, and of tickets."""
    own = {kind for kind, resource in RESOURCES.items() if view.person.may(resource, "write")}
    if not own:
        return []
    until = view.profile.days.after(view.today, view.profile.near_days)
    found = []
    for row in queries.due_reinspections(conn, until):
        if row.list_kind is None or row.list_kind in own:
            left = view.profile.days.between(view.today, row.due_on)
            found.append(
                ToDo("待回头看", row.item_no or "", row.title or f"工单 {row.ticket_no}", row.list_kind or "", None,
                     row.due_on, REINSPECTION, REINSPECTION_KINDS[row.kind], left)
            )  # fmt: skip
    return found
