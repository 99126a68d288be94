"""Parts of the page of a list item: what it is about, and everything that happened, by kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from lib.answers import ItemDetail, ListView
from lib.lists.fields import OWN
from lib.ui import empty, layout, list_actions, list_documents, list_item_files, show
from lib.ui.words import plain

c = show.column
_RESPONSIBLE = {
    "part": c("分工", width=9), "unit": c("单位", width=26), "leader": c("责任领导", width=10),
    "person": c("责任人", width=10), "phone": c("联系电话", width=14), "duty": c("责任内容", width=30),
    "added_at": c("起", "moment"), "ended_at": c("止", "moment"),
}  # fmt: skip
_REPORTS = {
    "reported_on": c("填报日期", "date"), "unit": c("填报单位", width=22), "reporter": c("填报人", width=9),
    "progress": c("进展情况", width=40), "problems": c("存在问题", width=26),
    "next_steps": c("下步措施", width=26), "origin_label": c("填报方式", width=13),
}  # fmt: skip
_REQUESTS = {
    "kind_label": c("申请", width=9), "asked_at": c("申请时间", "moment"), "unit": c("申请单位", width=20),
    "by_name": c("经办", width=12), "text": c("理由", width=32), "wanted_on": c("申请至", "date"),
    "wanted_unit": c("建议单位", width=16), "verdict_label": c("决定", width=8),
    "decided_name": c("决定人", width=12), "decided_at": c("决定时间", "moment"),
    "decision": c("决定意见", width=28),
}  # fmt: skip
_URGINGS = {
    "at": c("催办时间", "moment"), "level_label": c("催办方式", width=10), "unit": c("催办单位", width=24),
    "text": c("催办内容", width=44), "reply_by_on": c("回复时限", "date"), "by_name": c("催办人", width=12),
}  # fmt: skip
_HAND_OVERS = {
    "item_no": c("问题清单", width=12), "handed_at": c("移交时间", "moment"),
    "receiver_label": c("接收单位", width=10), "reason": c("移交理由", width=34),
    "approver": c("批准人", width=10), "verdict": c("签收", width=8), "received_name": c("签收人", width=12),
    "received_at": c("签收时间", "moment"), "receipt": c("签收意见", width=24),
    "new_item_no": c("督办清单", width=12),
}  # fmt: skip
_WHISTLES = {
    "unit": c("吹哨单位", width=22), "called_unit": c("报到部门", width=22), "reason": c("吹哨事由", width=34),
    "whistled_at": c("吹哨时间", "moment"), "verdict": c("报到", width=8), "arrived_at": c("报到时间", "moment"),
    "note": c("报到情况", width=28),
}  # fmt: skip
_REINSPECTIONS = {
    "kind_label": c("回头看", width=13), "due_on": c("应于", "date"), "verdict_label": c("结果", width=14),
    "note": c("核查情况", width=44), "done_at": c("办理时间", "moment"), "by_name": c("办理人", width=12),
}  # fmt: skip
_SPONSORS = {
    "name": c("包案领导", width=10), "post": c("职务", width=20), "zero_by_on": c("清零时限", "date"),
    "added_at": c("起", "moment"), "ended_at": c("止", "moment"),
}  # fmt: skip


def content(row: Mapping[str, Any], view: ListView) -> None:
    """What the item is about on the left, how it goes on the right; people's words stand in plain text."""
    problem = row["list_kind"] == "problem"
    left = {
        "问题表现" if problem else "主要内容": row["manifestation"], "批示内容": row["instruction"],
        "目标要求": row["target"], "整改措施" if problem else "工作要求": row["measures"],
        "责任内容": row["duty"], "来源说明": row["source_note"],
        **{column.label: row.get(OWN + column.key) for column in view.profile.own_columns[row["list_kind"]]},
        "备注": row["remarks"],
    }  # fmt: skip
    right = {"最新进展": row["progress"], "存在问题": row["problems"], "下步措施": row["next_steps"]}
    first, second = st.columns(2, gap="small")
    with first, layout.card("item_about"):
        _texts(left, "还没有填写具体内容")
    with second, layout.card("item_progress"):
        if row["reported_on"]:
            st.caption(f"{row['reported_on']} 填报")
        _texts(right, "还没有进展报告")


def _texts(texts: Mapping[str, Any], nothing: str) -> None:
    said = {label: str(text) for label, text in texts.items() if text}
    for label, text in said.items():
        with st.container(gap=None):
            st.caption(label)
            st.text(text)
    if not said:
        st.caption(nothing)


def sections(detail: ItemDetail, view: ListView) -> None:
    """What belongs to the item, one tab a kind; kinds without anything are left out, but those that are always
    asked for.
    """
    number = detail.row["item_no"]
    parts: list[tuple[str, pd.DataFrame, bool, Callable[[], None]]] = [
        ("办理过程", detail.steps, True, lambda: _timeline(detail.steps)),
        ("进展报告", detail.reports, True, lambda: _table(detail.reports, _REPORTS, "进展报告", number)),
        ("申请与审批", detail.requests, True, lambda: _table(detail.requests, _REQUESTS, "申请与审批", number)),
        ("佐证材料", detail.evidence, True, lambda: list_item_files.evidence(detail, view)),
        ("关联工单", detail.tickets, True, lambda: list_item_files.tickets(detail, view)),
        ("责任单位", detail.responsibilities, True,
         lambda: _table(detail.responsibilities, _RESPONSIBLE, "责任单位", number)),
        ("催办", detail.urgings, False, lambda: _table(detail.urgings, _URGINGS, "催办", number)),
        ("包案", detail.sponsors, False, lambda: _table(detail.sponsors, _SPONSORS, "包案", number)),
        (list_documents.PART, detail.documents, True, lambda: list_documents.panel(detail, view)),
        ("移交与签收", detail.hand_overs, False, lambda: _hand_overs(detail, number)),
        ("吹哨报到", detail.whistles, False, lambda: _table(detail.whistles, _WHISTLES, "吹哨报到", number)),
        ("回头看", detail.reinspections, False,
         lambda: _table(detail.reinspections, _REINSPECTIONS, "回头看", number)),
    ]  # fmt: skip
    shown = [part for part in parts if part[2] or not part[1].empty]
    names = [f"{name} {len(frame)}" if len(frame) else name for name, frame, _, _ in shown]
    with layout.card("item_sections"):
        first = next((n for n, part in zip(names, shown, strict=True) if part[0] == list_actions.looked_at()), None)
        for tab, (_, _, _, draw) in zip(st.tabs(names, default=first), shown, strict=True):
            with tab:
                draw()


def _table(frame: pd.DataFrame, columns: Mapping[str, Any], name: str, number: str) -> None:
    """A table of one kind; columns that hold nothing are left out."""
    if frame.empty:
        empty.not_shown(name, "还没有记录")
        return
    said = {key: field for key, field in columns.items() if not _is_blank(frame[key])}
    show.grid(frame, said, f"{name}_{number}", height="content")


def _is_blank(values: pd.Series) -> bool:
    return bool((values.isna() | (values.astype(str) == "")).all())


def _hand_overs(detail: ItemDetail, number: str) -> None:
    _table(detail.hand_overs, _HAND_OVERS, "移交与签收", number)
    for other in dict.fromkeys([*detail.hand_overs["item_no"], *detail.hand_overs["new_item_no"]]):
        if isinstance(other, str) and other != number:
            st.page_link("pages/list_item.py", label=f"打开 {other}", query_params={"no": other})


def _timeline(steps: pd.DataFrame) -> None:
    """Every step, the newest first, one line each and its words below."""
    if steps.empty:
        empty.not_shown("办理过程", "还没有记录")
    with st.container(gap="xsmall"):
        for step in steps.iloc[::-1].to_dict("records"):
            moved = f"　→ {step['to_state_label']}" if step["from_state"] != step["to_state"] else ""
            st.markdown(f":gray[{step['at']:%Y-%m-%d %H:%M}]　**{step['label']}**{moved}　"
                        f":gray[{plain(step['display_name'])}（{step['role_label']}）]")  # fmt: skip
            if step["text"] or step["said"]:
                st.text("\n".join(part for part in (step["text"], step["said"]) if part))
