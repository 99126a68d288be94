"""疑难包案: which matters need more than one office, who sponsors them, and how far the count is from zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from lib.access.roles import ROLES, NotAllowedError
from lib.answers.list_items import ListView, city_times, items_of
from lib.answers.list_reinspections import may_read_all
from lib.lists.process import OPEN
from lib.queries import list_whistles as queries
from lib.queries.list_items import ItemFilter
from lib.schema.list_terms import FLAGS

CROSS = ("is_cross_industry", "is_cross_department", "is_cross_level", "is_cross_region")
# States that no longer count: what was refused or voided, and what another list carries on.
_GONE = ("voided", "declined", "handed_over")


@dataclass(frozen=True)
class HardCases:
    """items: one row per open hard item (columns of list_items, reasons, days_to_zero in calendar days), the most
    pressing first. whistles: one row per department that was called (item_no, title, unit, called, whistled_at,
    arrived_at, hours, reason, note). sponsored, cleared: 动态清零, items with a sponsor and those of them closed out;
    past_zero: those still open past their day.
    """

    items: pd.DataFrame
    whistles: pd.DataFrame
    sponsored: int
    cleared: int
    past_zero: int


# What makes an item hard is told by these.
_TELLING = [*FLAGS, "item_no", "level", "level_label", "reopened_count", "sponsor"]


def hard_cases(conn: Connection, view: ListView) -> HardCases:
    """Hard items of the lists that the person reads as a whole. Raises NotAllowedError."""
    kinds = may_read_all(view.person)
    if not kinds:
        raise NotAllowedError(f"{ROLES[view.person.role]}不能查看疑难包案，如工作需要请联系系统管理员")
    found = items_of(conn, view, kinds, ItemFilter())
    found = found[~found["state"].isin(_GONE)]
    whistles = _whistles(conn, view, kinds)
    called = set(whistles["item_no"])
    records: list[dict[str, Any]] = [{str(k): v for k, v in row.items()} for row in found[_TELLING].to_dict("records")]
    reasons = [_reasons(row, row["item_no"] in called) for row in records]
    found = found.assign(
        reasons=["、".join(words) for words in reasons],
        days_to_zero=pd.array(
            [None if day is None else (day - view.today).days for day in found["sponsor_zero_by_on"]], dtype="Int64"
        ),
    )
    hard = found[pd.Series([bool(words) for words in reasons], index=found.index, dtype=bool)]
    is_open = hard["state"].isin(OPEN)
    sponsored = hard[hard["sponsor"] != ""]
    items = hard[is_open].sort_values(["days_to_zero", "due_on"], na_position="last", kind="stable")
    return HardCases(
        items=items.reset_index(drop=True), whistles=whistles, sponsored=len(sponsored),
        cleared=int((sponsored["state"] == "closed").sum()),
        past_zero=int(((items["sponsor"] != "") & (items["days_to_zero"] < 0).fillna(False)).sum()),
    )  # fmt: skip


def _reasons(row: dict[str, Any], is_called: bool) -> list[str]:
    """Why an item is hard, in words; nothing for others."""
    crossing = [FLAGS[flag] for flag in CROSS if row[flag]]
    words = [f"四跨（{'、'.join(crossing)}）"] if crossing else []
    words += [FLAGS[flag] for flag in ("is_duty_unclear", "is_legacy") if row[flag]]
    if row["level"]:
        words.append(row["level_label"])
    if row["reopened_count"]:
        words.append(f"反弹重启{row['reopened_count']}次")
    if is_called:
        words.append("吹哨")
    if row["sponsor"]:
        words.append("包案")
    return words


def _whistles(conn: Connection, view: ListView, kinds: list[str]) -> pd.DataFrame:
    frame = queries.whistle_frame(conn)
    frame = frame[frame["list_kind"].isin(kinds)].reset_index(drop=True)
    frame["unit"], frame["called"] = (
        [view.names.get(code, code) for code in frame[column]] for column in ("unit_code", "called_unit_code")
    )
    for column in ("whistled_at", "arrived_at"):
        frame[column] = city_times(frame[column])
    frame["hours"] = (frame["arrived_at"] - frame["whistled_at"]).dt.total_seconds() / 3600
    return frame


def listed_tickets(conn: Connection, view: ListView) -> frozenset[tuple[str, str]]:
    """Tickets (source_code, ticket_no) that stand on an item already. Raises NotAllowedError."""
    if not may_read_all(view.person):
        raise NotAllowedError(f"{ROLES[view.person.role]}不能查看疑难包案，如工作需要请联系系统管理员")
    return frozenset(queries.linked_keys(conn))
