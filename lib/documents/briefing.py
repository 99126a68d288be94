"""The words of 督查专报 and 督查通报, from the items of a list: how many, on time, overdue, and whose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from lib.documents.docx_template import Groups
from lib.lists.profile import ListProfile
from lib.lists.reply import day_words
from lib.schema.list_terms import LIST_KINDS

# Items that were never given to a unit do not count as handled.
_LEFT_OUT = ("proposed", "declined", "voided")
_UNDER_WAY = ("assigned", "handling", "suspended", "closing")
OVERDUE_SHOWN = 20
_COUNTED = {
    "all": "事项数", "closed": "已销号", "under_way": "在办", "near": "临期", "overdue": "逾期", "urged": "催办次数",
}  # fmt: skip


@dataclass(frozen=True)
class Tally:
    """Numbers of a list. Those of the period are named so; the others stand as of today.

    closed_on_time: closed in the period by the limit that stood then; closed_with_limit: closed in it with a limit.
    """

    listed: int
    under_way: int
    near: int
    overdue: int
    suspended: int
    closed: int
    handed_over: int
    assigned_in_period: int
    closed_in_period: int
    closed_with_limit: int
    closed_on_time: int
    urged: int
    extended: int
    reopened: int


def tally(items: pd.DataFrame, first: date, last: date) -> Tally:
    """Count the items (as answers.list_items gives them); first and last day of the period included."""
    known = items[~items["state"].isin(_LEFT_OUT)]
    done = [_within(day, first, last) for day in known["closed_on"]]
    closed = known[pd.Series(done, index=known.index, dtype=bool)]
    limited = closed[closed["due_on"].notna()]
    return Tally(
        listed=len(known),
        under_way=int(known["state"].isin(_UNDER_WAY).sum()),
        near=int((known["light"] == "near").sum()),
        overdue=int((known["light"] == "overdue").sum()),
        suspended=int((known["state"] == "suspended").sum()),
        closed=int((known["state"] == "closed").sum()),
        handed_over=int((known["state"] == "handed_over").sum()),
        assigned_in_period=sum(_within(day, first, last) for day in known["assigned_on"]),
        closed_in_period=len(closed),
        closed_with_limit=len(limited),
        closed_on_time=sum(day <= due for day, due in zip(limited["closed_on"], limited["due_on"], strict=True)),
        urged=int(known["urged_count"].sum()),
        extended=int(known["extended_count"].sum()),
        reopened=int(known["reopened_count"].sum()),
    )


def _within(day: date | None, first: date, last: date) -> bool:
    return day is not None and not pd.isna(day) and first <= day <= last


def about_list(
    key: str,
    items: pd.DataFrame,
    list_kind: str,
    profile: ListProfile,
    today: date,
    period: tuple[date, date],
    said: Mapping[str, str],
) -> tuple[dict[str, str], Groups]:
    """Words and groups of a letter about a list, but 文号 and 标题. items: as answers.list_items gives them; period:
    first and last day. said: what the clerk added, by the names of letters.LETTERS[key].asks.
    """
    found = tally(items, *period)
    words = {
        "日期": day_words(today), "城市": profile.label, "发文单位": profile.offices[list_kind],
        "清单": LIST_KINDS[list_kind], "期间": f"{day_words(period[0])}至{day_words(period[1])}",
        "总体情况": _overall(found, LIST_KINDS[list_kind], today),
    }  # fmt: skip
    if key == "report":
        words["移交与督办情况"] = _pressed(found, list_kind)
        return words, {"逾期": _overdue(items), "建议": _lines("内容", said.get("工作建议", ""))}
    return words, {"单位": _by_unit(items), "要求": _lines("内容", said.get("工作要求", ""))}


def _overall(found: Tally, name: str, today: date) -> str:
    on_time = ""
    if found.closed_with_limit:
        share = found.closed_on_time / found.closed_with_limit
        on_time = f"，其中有办结时限的{found.closed_with_limit}件，按期{found.closed_on_time}件，按期率{share:.1%}"
    return (
        f"截至{day_words(today)}，{name}共列入{found.listed}件，已销号{found.closed}件，在办{found.under_way}件"
        f"（临期{found.near}件、逾期{found.overdue}件、挂账{found.suspended}件）。"
        f"本期交办{found.assigned_in_period}件，销号{found.closed_in_period}件{on_time}。"
    )


def _pressed(found: Tally, list_kind: str) -> str:
    handed = f"，移交{found.handed_over}件" if list_kind == "problem" else ""
    late = f"下表为逾期最久的{OVERDUE_SHOWN}件，其余见台账。" if found.overdue > OVERDUE_SHOWN else ""
    return (
        f"已列入的事项累计催办{found.urged}次，同意延期{found.extended}次{handed}，"
        f"销号后反弹重启{found.reopened}次。{late}"
    )


def _overdue(items: pd.DataFrame) -> list[dict[str, str]]:
    late = items[items["light"] == "overdue"].sort_values(["days_left", "item_no"])
    return [
        {
            "序号": str(number), "编号": row["item_no"], "事项": row["title"], "牵头单位": row["lead_unit"],
            "办结时限": row["due_on"].isoformat(), "逾期工作日": str(-int(row["days_left"])),
        }
        for number, row in enumerate(late.head(OVERDUE_SHOWN).to_dict("records"), start=1)
    ]  # fmt: skip


def _by_unit(items: pd.DataFrame) -> list[dict[str, str]]:
    """One entry per lead unit, the most overdue first, then by the number under way."""
    known = items[~items["state"].isin(_LEFT_OUT) & (items["lead_unit"].fillna("") != "")]
    counted = pd.DataFrame({
        "name": known["lead_unit"], "all": 1, "closed": known["state"] == "closed",
        "under_way": known["state"].isin(_UNDER_WAY), "near": known["light"] == "near",
        "overdue": known["light"] == "overdue", "urged": known["urged_count"],
    })  # fmt: skip
    by_unit = counted.groupby("name", as_index=False).sum()
    ordered = by_unit.sort_values(["overdue", "under_way", "name"], ascending=[False, False, True])
    return [
        {
            "序号": str(number), "名称": row["name"],
            **{label: str(row[column]) for column, label in _COUNTED.items()},
        }
        for number, row in enumerate(ordered.to_dict("records"), start=1)
    ]  # fmt: skip


def _lines(name: str, text: str) -> list[dict[str, str]]:
    """One entry per line that says something."""
    return [{name: line.strip()} for line in text.splitlines() if line.strip()]
