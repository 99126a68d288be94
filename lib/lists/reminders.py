"""每日催办: which units are reminded of what, in words that may go to a chat group: no personal data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from lib.access.masking import mask_text
from lib.lists.due import WorkingDays, time_left
from lib.lists.process import PROBLEM, SUPERVISION
from lib.lists.profile import ListProfile

# Items that a unit has in hand, near their limit or past it.
_STATES, _LIGHTS = ("assigned", "handling"), ("overdue", "near")
_TITLE_MAX = 40
_HEADS = {PROBLEM: "问题整改提醒", SUPERVISION: "督办提醒"}


@dataclass(frozen=True)
class Reminder:
    """One unit with what it is reminded of. leader, person, phone: for the phone list, never in the text."""

    unit_code: str
    unit: str
    leader: str
    person: str
    phone: str
    item_nos: tuple[str, ...]
    overdue: int
    near: int
    text: str


def by_unit(rows: Iterable[Mapping[str, Any]], list_kind: str, profile: ListProfile, today: date) -> list[Reminder]:
    """One reminder per lead unit with items near their limit or past it, the most overdue first.

    rows: items of the list as answers.list_items gives them.
    """
    units: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["state"] in _STATES and row["light"] in _LIGHTS and row["lead_unit_code"]:
            units.setdefault(row["lead_unit_code"], []).append(row)
    found = [_reminder(code, items, list_kind, profile, today) for code, items in units.items()]
    return sorted(found, key=lambda r: (-r.overdue, -r.near, r.unit))


def _reminder(code: str, items: list[Mapping[str, Any]], list_kind: str, profile: ListProfile, today: date) -> Reminder:
    days = profile.days
    ordered = sorted(items, key=lambda row: (row["due_on"], row["item_no"]))
    lines = [f"{n}．{_line(row, today, days)}" for n, row in enumerate(ordered, start=1)]
    unit = str(ordered[0]["lead_unit"])
    demo = "（演示数据）" if profile.is_fictional else ""
    text = "\n".join((
        f"【{_HEADS[list_kind]}】{unit}：截至{today.month}月{today.day}日，你单位有{len(ordered)}件事项需要抓紧办理。{demo}",
        *lines,
        f"请按时限办结并报告进展。{profile.offices[list_kind]}",
    ))  # fmt: skip
    return Reminder(
        unit_code=code, unit=unit, leader=_joined(ordered, "leader"), person=_joined(ordered, "person"),
        phone=_joined(ordered, "phone"), item_nos=tuple(str(row["item_no"]) for row in ordered),
        overdue=sum(row["light"] == "overdue" for row in ordered),
        near=sum(row["light"] == "near" for row in ordered), text=text,
    )  # fmt: skip


def _line(row: Mapping[str, Any], today: date, days: WorkingDays) -> str:
    title = mask_text(" ".join(str(row["title"]).split()))
    short = title if len(title) <= _TITLE_MAX else f"{title[: _TITLE_MAX - 1]}…"
    due: date = row["due_on"]
    return f"{row['item_no']} {short}，时限{due.month}月{due.day}日，{time_left(due, today, days)}"


def _joined(rows: Iterable[Mapping[str, Any]], column: str) -> str:
    """Different texts of several items, each once."""
    return "、".join(dict.fromkeys(str(row[column]) for row in rows if row[column]))
