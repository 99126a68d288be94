"""The words of a letter about an item, by placeholder: what the item, its requests and its urgings say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from lib.answers import ItemDetail
from lib.documents.docx_template import NOTHING, Groups, Words
from lib.lists import letters, reply
from lib.lists.due import time_left
from lib.lists.profile import ListProfile
from lib.lists.reply import day_words
from lib.schema.list_terms import LIST_KINDS, PROBLEM_TYPES, RECEIVERS, URGENCIES

# Item column → placeholder, where the words are taken as they are.
_PLAIN = {
    "item_no": "编号", "title": "事项", "target": "目标要求", "measures": "整改措施", "lead_unit": "牵头单位",
    "supporting": "配合单位", "leader": "责任领导", "person": "责任人", "phone": "联系电话", "sponsor": "包案领导",
    "district": "所属县区", "state_label": "状态", "level_label": "督办层级", "progress": "进展情况",
    "problems": "存在问题", "next_steps": "下步措施",
}  # fmt: skip
_DAYS = {
    "assigned_on": "交办日期", "first_due_on": "首次时限", "due_on": "办结时限", "reported_on": "报告日期",
}  # fmt: skip


def item_words(detail: ItemDetail, profile: ListProfile, today: date) -> dict[str, str]:
    """Words of letters.OF_ITEM but 主送单位 and 回复编号; "—" for what is not known."""
    row = detail.row
    said = {name: str(row[column] or "") for column, name in _PLAIN.items()}
    said |= {name: day_words(row[column]) for column, name in _DAYS.items()}
    said |= {
        "来源": "：".join(filter(None, (row["source_label"], row["source_note"]))),
        "批示": instruction(row),
        "主要内容": _with_type(row),
        "紧急程度": URGENCIES.get(row["urgency"], ""),
        "关联工单": tickets(row),
        "剩余时间": time_left(row["due_on"], today, profile.days),
        **_urged(int(row["urged_count"])),
        "延期次数": str(row["extended_count"]),
    }
    return {name: text or NOTHING for name, text in said.items()}


def instruction(row: Mapping[str, Any]) -> str:
    """批示 in a line: who, when, what."""
    who = "".join(filter(None, (row["instructed_by"], day_words(row["instructed_on"]))))
    return "：".join(filter(None, (f"{who}批示" if who else "", row["instruction"])))


def _with_type(row: Mapping[str, Any]) -> str:
    kind = PROBLEM_TYPES.get(row["problem_type"] or "", "")
    return "：".join(filter(None, (kind, row["manifestation"])))


def tickets(row: Mapping[str, Any]) -> str:
    """The first linked ticket by its number, and how many there are."""
    numbers = str(row["tickets"] or "").split("、")
    return f"{numbers[0]}等{row['ticket_count']}件" if row["ticket_count"] > 1 else numbers[0]


def _urged(times: int) -> dict[str, str]:
    return {"催办次数": str(times), "催办情况": f"已催办{times}次" if times else "未催办"}


def about_item(
    key: str,
    detail: ItemDetail,
    profile: ListProfile,
    today: date,
    unit_code: str | None,
    units: Mapping[str, str],
    said: Words,
) -> tuple[dict[str, str], Groups]:
    """Words and groups of one letter about an item, but 文号 and 标题. said: what the clerk added, by placeholder."""
    row, kind = detail.row, detail.row["list_kind"]
    unit = units.get(unit_code or "", "")
    words = {
        **item_words(detail, profile, today),
        "日期": day_words(today), "城市": profile.label, "发文单位": profile.offices[kind], "清单": LIST_KINDS[kind],
        "主送单位": unit, "回复编号": reply.number(profile.city, row["item_no"], unit_code) if unit_code else NOTHING,
    }  # fmt: skip
    more, groups = _OF_LETTER.get(key, _nothing_more)(detail, profile)
    added = {name: text.strip() for name, text in said.items() if name in letters.placeholders(key) and text.strip()}
    return {**words, **dict.fromkeys(letters.LETTERS[key].asks, ""), **more, **added}, groups


def _nothing_more(detail: ItemDetail, profile: ListProfile) -> tuple[dict[str, str], Groups]:
    return {}, {}


def _urging(detail: ItemDetail, profile: ListProfile) -> tuple[dict[str, str], Groups]:
    """The newest urging; before the first the level that comes first."""
    newest = first_of(detail.urgings)
    if newest is None:
        return {"催办级别": profile.urging_levels[0], "催办要求": "", "回复时限": NOTHING}, {}
    return {
        "催办级别": newest["level_label"], "催办要求": newest["text"], "回复时限": _day(newest["reply_by_on"]),
        # This urging is one of those counted.
        **_urged(max(int(detail.row["urged_count"]) - 1, 0)),
    }, {}  # fmt: skip


def _escalation(detail: ItemDetail, profile: ListProfile) -> tuple[dict[str, str], Groups]:
    steps = detail.steps[detail.steps["step"] == "escalate"]
    text = str(steps["text"].iloc[-1]) if len(steps) else ""
    return {"提级原因": text or NOTHING, "批准人": NOTHING}, {}


def _request(detail: ItemDetail, kind: str) -> dict[str, str]:
    """申请单位, 申请日期, 申请理由, 审批意见 of the newest request of that kind."""
    asked = first_of(detail.requests[detail.requests["kind"] == kind])
    if asked is None:
        return dict.fromkeys(("申请单位", "申请日期", "申请理由", "审批意见", "申请延至"), NOTHING)
    decision = "：".join(filter(None, (asked["verdict_label"], asked["decision"] or "")))
    return {
        "申请单位": asked["unit"] or detail.row["lead_unit"] or NOTHING, "申请日期": _day(asked["asked_at"]),
        "申请理由": asked["text"] or NOTHING, "审批意见": decision, "申请延至": _day(asked["wanted_on"]),
    }  # fmt: skip


def _chain(profile: ListProfile) -> list[Words]:
    return [{"环节": name} for name in profile.approval_chain]


def _files(detail: ItemDetail) -> list[Words]:
    standing = detail.evidence[detail.evidence["withdrawn_at"].isna()]
    shown = zip(standing["file_name"], standing["note"], standing["purpose_label"], strict=True)
    return [{"序号": str(n), "名称": name, "说明": note or purpose}
            for n, (name, note, purpose) in enumerate(shown, start=1)]  # fmt: skip


def _extension(detail: ItemDetail, profile: ListProfile) -> tuple[dict[str, str], Groups]:
    return _request(detail, "extension"), {"审批": _chain(profile)}


def _close_out(detail: ItemDetail, profile: ListProfile) -> tuple[dict[str, str], Groups]:
    return _request(detail, "close_out"), {"审批": _chain(profile), "佐证": _files(detail)}


def _hand_over(detail: ItemDetail, profile: ListProfile) -> tuple[dict[str, str], Groups]:
    newest = first_of(detail.hand_overs)
    files: Groups = {"佐证": _files(detail)}
    if newest is None:
        return {"移交理由": NOTHING, "批准人": NOTHING, "移交日期": NOTHING}, files
    return {
        "移交理由": newest["reason"], "批准人": newest["approver"], "移交日期": _day(newest["handed_at"]),
    }, files  # fmt: skip


def receiver_names(profile: ListProfile) -> dict[str, str]:
    """Receiver of a hand-over → how a letter addresses it."""
    return {key: profile.offices["supervision"] if key == "supervision" else f"{profile.label}{RECEIVERS[key]}"
            for key in profile.hand_over_to}  # fmt: skip


def first_of(frame: pd.DataFrame) -> Mapping[str, Any] | None:
    """The first row of a frame, newest first as they are; missing values None."""
    if frame.empty:
        return None
    return {str(k): None if pd.isna(v) else v for k, v in frame.iloc[0].to_dict().items()}


def _day(value: Any) -> str:
    return NOTHING if value is None or pd.isna(value) else day_words(pd.Timestamp(value).date())


_OF_LETTER = {
    "urging": _urging, "escalation": _escalation, "extension": _extension, "close_out": _close_out,
    "hand_over": _hand_over,
}  # fmt: skip
