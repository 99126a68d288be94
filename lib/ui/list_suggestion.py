"""One suggestion with its evidence chain, and the decision about it; several declined together."""

from __future__ import annotations

import uuid
from typing import Any

import pandas as pd
import streamlit as st

from lib import answers, loaders
from lib.answers import ListView, SuggestionDetail
from lib.commands.lists.desk import Desk
from lib.commands.lists.suggestions import (
    LONGEST_REASON,
    AcceptSuggestion,
    DeclineSuggestion,
    DeclineSuggestions,
    MergeSuggestion,
    accept,
    decline,
    decline_many,
    merge,
)
from lib.lists.fields import fields_of
from lib.lists.process import RESOURCES
from lib.lists.rules import read_rules
from lib.schema.list_terms import LIST_KINDS
from lib.ui import show, sitemap
from lib.ui.list_actions import tried
from lib.ui.list_entry_form import fields_form
from lib.ui.words import as_of, moment, plain

# Session keys: the suggestion that is open with the key of its form, whether several are being declined, what the
# last act did, and how many dialogs there were.
_OPEN, _MANY, _SAID, _ROUND = "_suggestion_open", "_suggestion_many", "_suggestion_said", "_suggestion_round"
ACCEPT, MERGE, DECLINE = "采纳", "并入已有事项", "不采纳"
TICKETS: show.Columns = {
    "no": show.column("工单编号", width=19), "received_at": show.column("受理", width=17),
    "closed_at": show.column("办结", width=17), "remark": show.column("情况", width=20),
    "title": show.column("标题", width=36), "reply": show.column("办理答复", width=90),
    "unit": show.column("承办单位", width=24), "due_at": show.column("时限", width=17),
}  # fmt: skip
FIGURES: show.Columns = {
    "label": show.column("数字", width=18), "value": show.column("数值", width=14),
    "meaning": show.column("含义", width=50),
}  # fmt: skip
# What the form of 采纳 asks; the rest can be filled in on the item.
_ASKED = ("title", "problem_type", "lead_unit_code", "due_on", "district_code", "category_code", "manifestation")


def ask_for(suggestion_id: int) -> None:
    """Open a suggestion with this run or the next; every opening is a form of its own."""
    st.session_state[_OPEN] = (suggestion_id, uuid.uuid4().hex)


def ask_for_many() -> None:
    """Open the dialog that declines several."""
    st.session_state[_MANY] = uuid.uuid4().hex


def opened_before() -> int:
    """How many dialogs were closed: the list is drawn anew after each, or a second click would only take the mark
    away.
    """
    return int(st.session_state.get(_ROUND, 0))


def said() -> None:
    """Say what the last act did, once."""
    text = st.session_state.pop(_SAID, None)
    if text:
        st.success(plain(text), icon=":material/check:")


def said_version(rules_version: str) -> str:
    """What the rule file calls itself; its hash stands in exports and in the history."""
    return rules_version.partition("·")[0]


def opened(desk: Desk, view: ListView) -> None:
    """Draw the suggestion that is open, if one is."""
    if _OPEN in st.session_state:
        _dialog(desk, view)


def _close() -> None:
    if st.session_state.pop(_OPEN, None) or st.session_state.pop(_MANY, None):
        st.session_state[_ROUND] = opened_before() + 1


@st.dialog("拟列建议", width="large", on_dismiss=_close)
def _dialog(desk: Desk, view: ListView) -> None:
    suggestion_id, key = st.session_state[_OPEN]
    detail = loaders.ask_records(answers.suggestion, view, suggestion_id)
    if detail is None:
        st.text("没有这条建议，可能数据已切换，请刷新页面。")
        return
    _chain(detail)
    row = detail.row
    if row["state"] != "open":
        item = f"，清单编号 {plain(row['item_no'])}" if row["item_no"] else ""
        st.markdown(f"**{row['state_label']}**　{moment(row['decided_at'])}　{plain(row['decided_by'])}{item}")
        st.text(f"理由：{row['reason']}")
    elif desk.person.may("suggestions", "write"):
        _decide(detail, desk, view, key)
    else:
        st.caption("由热线中心或督查局研判。")


def _chain(detail: SuggestionDetail) -> None:
    """What was found, by which 口径, in figures, dates and texts."""
    row = detail.row
    st.markdown(f"**{plain(row['title'])}**")
    st.caption(detail.words)
    st.text(f"口径：{detail.definition}")
    st.caption(f"数据截至 {as_of(detail.as_of)}　规则版本 {plain(said_version(row['rules_version']))}")
    show.grid(detail.figures, FIGURES, f"数字_{row['suggestion_id']}", height="content")
    for sentence in detail.standing:
        st.info(f"其中有工单已关联 {plain(sentence)}", icon=":material/link:")
    st.markdown(f"**证据链**　:gray[工单{len(detail.tickets)}件，个人信息已脱敏；点击一行可打开工单]")
    grid = f"证据链_{row['suggestion_id']}"
    height: Any = 300 if len(detail.tickets) > 7 else "content"
    # What is said of no ticket, or the one unit of all of them, would only take the place of their texts.
    few = {name for name in TICKETS if not detail.tickets[name].any()}
    few |= {"unit"} if detail.tickets["unit"].nunique() == 1 else set()
    shown = {name: field for name, field in TICKETS.items() if name not in few}
    chosen = show.grid(detail.tickets, shown, grid, height=height, select=True)
    if detail.restricted:
        st.caption(f"含限制件{detail.restricted}件：只计数，内容不显示。")
    for position in chosen:
        _ticket(detail.tickets.iloc[position])


def _ticket(ticket: pd.Series) -> None:
    """The whole text of one ticket of the chain, and the way to it."""
    if ticket["reply"]:
        st.text(f"{ticket['title']}\n{ticket['reply']}")
    if sitemap.may_open(loaders.identity(), "tickets"):
        named = {"ticket": f"{ticket['source']}~{ticket['no']}"}
        st.page_link("pages/tickets.py", label=f"在工单查询中打开 {plain(ticket['no'])}", query_params=named,
                     icon=":material/open_in_new:")  # fmt: skip


def _decide(detail: SuggestionDetail, desk: Desk, view: ListView, key: str) -> None:
    own = [kind for kind, resource in RESOURCES.items() if desk.person.may(resource, "write")]
    act = st.segmented_control("研判", [ACCEPT, MERGE, DECLINE], key=f"suggestion_act_{key}")
    number, version = int(detail.row["suggestion_id"]), int(detail.row["version"])
    if act == ACCEPT:
        _accept(detail, desk, own[0], key)
    elif act == MERGE:
        targets = loaders.ask_records(answers.merge_targets, view)
        item_no = st.selectbox("并入哪个事项", list(targets), index=None, format_func=lambda no: targets[no],
                               placeholder="输入编号或事项查找", filter_mode="contains",
                               key=f"suggestion_target_{key}")  # fmt: skip
        reason = _reason("并入理由", key)
        if st.button("确认并入", type="primary"):
            command = MergeSuggestion(number, version, item_no or "", reason, key)
            _finish(*tried(merge, command), f"已并入 {item_no}，工单已关联")
    elif act == DECLINE:
        reason = _reason("不采纳的理由", key)
        if st.button("确认不采纳", type="primary"):
            _finish(*tried(decline, DeclineSuggestion(number, version, reason)), "已记为未采纳")


def _accept(detail: SuggestionDetail, desk: Desk, list_kind: str, key: str) -> None:
    row = detail.row
    rules = {name: rule for name, rule in fields_of(list_kind, desk.profile).items() if name in _ASKED}
    figures = "；".join(f"{f['label']}{f['value']}" for f in detail.figures.to_dict("records"))
    numbers = "、".join(detail.tickets["no"].head(10))
    newest = next((rule for rule in reversed(read_rules().rules) if rule.key == row["rule"]), None)
    values = {
        "title": row["title"], "lead_unit_code": row["unit_code"], "district_code": row["district_code"],
        "category_code": row["category_code"], "problem_type": newest.problem_type if newest else "other",
        "due_on": desk.profile.days.after(desk.today, desk.profile.due_days[list_kind]),
        "manifestation": f"{figures}。涉及工单：{numbers}{'等' if len(detail.tickets) > 10 else ''}。",
    }  # fmt: skip
    st.markdown(f"列入**{LIST_KINDS[list_kind]}**（拟列）　:gray[关联证据链中的{len(detail.tickets)}件工单]")
    filled = fields_form(list_kind, values, rules, f"suggestion_{key}")
    reason = _reason("采纳理由", key)
    if st.button("确认采纳", type="primary"):
        values = {name: value for name, value in filled.items() if value not in (None, "", ())}
        values["source_note"] = f"拟列建议第{row['suggestion_id']}号"
        command = AcceptSuggestion(int(row["suggestion_id"]), int(row["version"]), list_kind, values, reason, key)
        done, item_no = tried(accept, command)
        _finish(done, item_no, f"已采纳，列入{LIST_KINDS[list_kind]}：{item_no}")


def _reason(label: str, key: str) -> str:
    return st.text_area(f"{label}（必填）", key=f"suggestion_reason_{key}_{label}", max_chars=LONGEST_REASON, height=80)


def _finish(done: bool, _result: Any, words: str) -> None:
    if done:
        _close()
        st.session_state[_SAID] = words
        st.rerun()


def many(frame: pd.DataFrame) -> None:
    """Draw the dialog that declines several of the listed suggestions, if it is open."""
    if _MANY in st.session_state:
        _many(frame)


@st.dialog("批量不采纳", width="large", on_dismiss=_close)
def _many(frame: pd.DataFrame) -> None:
    key = st.session_state[_MANY]
    st.caption("勾选要一并不采纳的建议（点表头左侧可全选），写明理由。每条都单独留痕。")
    shown = frame[["rule_label", "title", "unit", "ticket_count"]]
    labels = {"rule_label": "规则", "title": "疑点提示", "unit": "承办单位", "ticket_count": "工单"}
    event: Any = st.dataframe(
        shown, hide_index=True, height=320, column_config=labels, on_select="rerun", selection_mode="multi-row",
        key=f"suggestion_many_{key}", alt="批量不采纳",
    )  # fmt: skip
    rows = frame.iloc[list(event.selection.rows)]
    reason = _reason("不采纳的理由", key)
    if st.button(f"不采纳选中的{len(rows)}条", type="primary", disabled=rows.empty):
        chosen = tuple((int(i), int(v)) for i, v in zip(rows["suggestion_id"], rows["version"], strict=True))
        _finish(*tried(decline_many, DeclineSuggestions(chosen, reason)), f"已将{len(rows)}条建议记为未采纳")
