"""The ledgers (台账) of both lists as tables: their columns, and what each column holds of an item.

One table of columns serves the file that goes out, the file that comes back, rows that are pasted and last year's
sheets, so that none of them can disagree.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from lib.lists.cells import tidy
from lib.lists.fields import OWN
from lib.lists.profile import ListProfile

Kind = Literal["text", "date", "count"]
# What a cell does when it was changed in a file: it changes a field, makes a progress report, counts for new rows
# only, or nothing.
Use = Literal["field", "report", "new", "shown"]
NUMBER, TICKETS, INSTRUCTED = "item_no", "tickets", "instructed"


@dataclass(frozen=True)
class LedgerColumn:
    """One column. key: field of lists.fields, or a fact of the item. label: heading, as officials have it. width: in
    characters, Chinese ones count double. use: what a change in the file does; instead: what to do where it does
    nothing.
    """

    key: str
    label: str
    width: int
    kind: Kind = "text"
    use: Use = "shown"
    instead: str = "由系统自动生成"


_BY_STEP = "请在事项页办理相应步骤"
_PROBLEM = (
    LedgerColumn("seq", "序号", 5, "count"),
    LedgerColumn(NUMBER, "编号", 12, instead="编号由系统编排"),
    LedgerColumn("title", "问题", 18, use="field"),
    LedgerColumn("problem_type", "问题类型", 9, use="field"),
    LedgerColumn("manifestation", "问题表现", 28, use="field"),
    LedgerColumn(TICKETS, "关联工单号", 14, use="new", instead="请在事项页关联或取消关联工单"),
    LedgerColumn("ticket_count", "诉求次数", 5, "count"),
    LedgerColumn("district_code", "所属县区", 9, use="field"),
    LedgerColumn("lead_unit_code", "责任单位", 14, use="field"),
    LedgerColumn("leader", "责任领导", 8, use="field"),
    LedgerColumn("person", "责任人", 8, use="field"),
    LedgerColumn("measures", "整改措施", 24, use="field"),
    LedgerColumn("due_on", "整改时限", 11, "date", use="field"),
    LedgerColumn("progress", "整改进展", 26, use="report"),
    LedgerColumn("is_closed", "是否销号", 5, instead="销号须申请并复核，请在事项页办理"),
    LedgerColumn("remarks", "备注", 12, use="field"),
)  # fmt: skip
_SUPERVISION = (
    LedgerColumn("seq", "序号", 5, "count"),
    LedgerColumn(NUMBER, "编号", 12, instead="编号由系统编排"),
    LedgerColumn("document_no", "督办文号", 13, instead="文号在出具督办通知单时产生"),
    LedgerColumn("source", "事项来源", 8, use="field"),
    LedgerColumn(INSTRUCTED, "批示领导及内容", 16, use="field"),
    LedgerColumn("title", "督办事项", 19, use="field"),
    LedgerColumn("target", "目标要求", 15, use="field"),
    LedgerColumn("sponsor", "包案领导", 8, instead=_BY_STEP),
    LedgerColumn("lead_unit_code", "牵头单位", 12, use="field"),
    LedgerColumn("supporting_unit_codes", "配合单位", 12, use="field"),
    LedgerColumn("person", "责任人", 8, use="field"),
    LedgerColumn("phone", "联系电话", 13, use="field"),
    LedgerColumn("assigned_on", "交办日期", 11, "date", instead="交办时产生"),
    LedgerColumn("due_on", "办结时限", 11, "date", use="field"),
    LedgerColumn("progress", "进展情况", 21, use="report"),
    LedgerColumn("problems", "存在问题", 14, use="report"),
    LedgerColumn("next_steps", "下步措施", 14, use="report"),
    LedgerColumn("urged_count", "催办次数", 5, "count", instead="催办请用“催办”"),
    LedgerColumn("light_label", "亮灯", 5, instead="由时限自动判定"),
    LedgerColumn("closed_on", "销号日期", 11, "date", instead="销号须申请并复核，请在事项页办理"),
    LedgerColumn("remarks", "备注", 10, use="field"),
)  # fmt: skip
# Column of the ledger → column of the items' frame that holds its words, where it is called otherwise.
_WORDS = {
    "problem_type": "problem_type_label", "district_code": "district", "lead_unit_code": "lead_unit",
    "supporting_unit_codes": "supporting", "source": "source_label",
}  # fmt: skip


def columns(list_kind: str, profile: ListProfile) -> tuple[LedgerColumn, ...]:
    """Columns of a list's ledger, the city's own before 备注."""
    known = _PROBLEM if list_kind == "problem" else _SUPERVISION
    own = tuple(
        LedgerColumn(
            OWN + c.key, c.label, 11 if c.kind == "date" else 9, "date" if c.kind == "date" else "text", use="field"
        )
        for c in profile.own_columns[list_kind]
    )
    return (*known[:-1], *own, known[-1])


def enterable(list_kind: str, profile: ListProfile) -> tuple[LedgerColumn, ...]:
    """Columns that somebody may fill in for a new item, in the ledger's order."""
    return tuple(column for column in columns(list_kind, profile) if column.use in ("field", "new"))


def cells_of(row: Mapping[str, Any], list_kind: str, profile: ListProfile, position: int = 0) -> dict[str, str]:
    """Key of the column → text, of one row of answers.list_items; position: counted from 1, for 序号."""
    found = {}
    for column in columns(list_kind, profile):
        if column.key == "seq":
            value: Any = position
        elif column.key == INSTRUCTED:
            value = "：".join(part for part in (row["instructed_by"], row["instruction"]) if part)
        elif column.key == "is_closed":
            value = "是" if row["state"] == "closed" else "否"
        else:
            value = row.get(_WORDS.get(column.key, column.key))
        found[column.key] = _text(value)
    return found


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)) or str(value) in ("NaT", "<NA>"):
        return ""
    if isinstance(value, datetime):
        value = value.date()
    return value.isoformat() if isinstance(value, date) else tidy(str(value))


def instructed_of(text: str) -> dict[str, str]:
    """批示领导及内容 as its two fields: what stands before the first colon is the leader, unless it is too long."""
    who, colon, words = tidy(text).replace(":", "：", 1).partition("：")
    if colon and len(who) <= 20:
        return {"instructed_by": who.strip(), "instruction": words.strip()}
    whole = tidy(text)
    return (
        {"instructed_by": whole, "instruction": ""} if len(whole) <= 6 else {"instructed_by": "", "instruction": whole}
    )
