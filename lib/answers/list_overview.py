"""What 总体情况 says of the dual lists: one line, what leaders instructed, and what only they can settle."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from lib.answers.hard_cases import CROSS
from lib.answers.list_items import ListView, city_times, items_of
from lib.answers.list_reinspections import may_read_all
from lib.lists.process import OPEN
from lib.queries import list_figures as queries
from lib.queries.list_items import ItemFilter

MOST = 3
# Working days after which a department that was whistled for is missed.
MISSED_AFTER = 3


@dataclass(frozen=True)
class ToCoordinate:
    """One item that needs a city leader: which, why, who leads, the working days past its limit (0 within it)."""

    item_no: str
    title: str
    reason: str
    unit: str
    days_late: int


@dataclass(frozen=True)
class Instructions:
    """批示落实: items that leaders instructed, settled (销号) and open ones, those past the day of their report."""

    total: int
    settled: int
    late: int


@dataclass(frozen=True)
class ListsAtAGlance:
    """counts: list → (open, near, overdue). coordination: at most MOST, of `waiting` that need it."""

    counts: dict[str, tuple[int, int, int]]
    instructions: Instructions
    coordination: tuple[ToCoordinate, ...]
    waiting: int


def lists_at_a_glance(conn: Connection, view: ListView) -> ListsAtAGlance | None:
    """The lists in short, for those who read them as a whole; None for others: there is nothing to say to them."""
    kinds = may_read_all(view.person)
    if not kinds:
        return None
    items = items_of(conn, view, kinds, ItemFilter(states=OPEN))
    items = items[items["state"] != "proposed"]
    counts = {}
    for kind in kinds:
        lights = items.loc[items["list_kind"] == kind, "light"]
        counts[kind] = (len(lights), int((lights == "near").sum()), int((lights == "overdue").sum()))
    missed = _missed(conn, view)
    rows: list[dict[str, Any]] = [{str(k): v for k, v in row.items()} for row in items.to_dict("records")]
    needing = [(row, why) for row in rows if (why := _why(row, missed, view))]
    needing.sort(key=lambda pair: (-int(pair[0]["level"]), -_days_late(pair[0]), pair[0]["item_no"]))
    shown = tuple(
        ToCoordinate(str(row["item_no"]), str(row["title"]), why, str(row["lead_unit"]), _days_late(row))
        for row, why in needing[:MOST]
    )
    return ListsAtAGlance(counts, _instructions(conn, kinds, view.today), shown, len(needing))


def _why(row: dict[str, Any], missed: dict[int, int], view: ListView) -> str:
    """Why only a city leader can settle it; "" where an office can."""
    late = row["light"] == "overdue"
    top = len(view.profile.escalation_levels) - 1
    if row["level"] >= top > 0:
        return f"已提级至{row['level_label']}" + (f"，逾期{_days_late(row)}个工作日" if late else "")
    if row["open_request"] == "duty":
        return "职责异议待裁定" + (f"，已逾期{_days_late(row)}个工作日" if late else "")
    if late and row["is_duty_unclear"]:
        return f"职责不清，逾期{_days_late(row)}个工作日"
    if late and sum(bool(row[flag]) for flag in CROSS):
        return f"四跨事项，逾期{_days_late(row)}个工作日"
    if late and row["reopened_count"]:
        return f"反弹重启后又逾期{_days_late(row)}个工作日"
    if row["item_id"] in missed:
        return f"吹哨{missed[row['item_id']]}个工作日，部门未报到"
    return ""


def _days_late(row: dict[str, Any]) -> int:
    return 0 if row["light"] != "overdue" or pd.isna(row["days_left"]) else -int(row["days_left"])


def _missed(conn: Connection, view: ListView) -> dict[int, int]:
    """item_id → working days that a department which was whistled for has not come, where they are too many."""
    frame = queries.awaited_frame(conn)
    days = [view.profile.days.between(day, view.today) for day in city_times(frame["whistled_at"]).dt.date]
    missed: dict[int, int] = {}
    for item_id, waited in zip(frame["item_id"], days, strict=True):
        if waited > MISSED_AFTER:
            missed[int(item_id)] = max(waited, missed.get(int(item_id), 0))
    return missed


def _instructions(conn: Connection, kinds: list[str], today: date) -> Instructions:
    frame = queries.instruction_frame(conn)
    frame = frame[frame["list_kind"].isin(kinds)]
    settled = frame["state"] == "closed"
    report_by = [reply or due for reply, due in zip(frame["reply_by_on"], frame["due_on"], strict=True)]
    late = [isinstance(day, date) and day < today and not done for day, done in zip(report_by, settled, strict=True)]
    return Instructions(len(frame), int(settled.sum()), sum(late))
