"""The page of one list item: where it stands, what may be done next, everything that happened."""

from __future__ import annotations

from typing import Any

import streamlit as st

from lib import answers, loaders
from lib.answers import ItemDetail, ListView
from lib.lists.process import STEPS, refusal
from lib.schema.list_terms import FLAGS, LIST_KINDS, URGENCIES
from lib.ui import (
    empty,
    layout,
    list_actions,
    list_item_edit,
    list_item_files,
    list_item_parts,
    list_page_table,
    sitemap,
)
from lib.ui.list_actions_forms import ASKED_KINDS, FORMS, Context, makes_sense
from lib.ui.words import plain

# State → steps that stand as buttons, the first one filled; the others are folded.
NEXT = {
    "proposed": ("enlist", "decline", "change"), "listed": ("assign", "hand_over", "change"),
    "assigned": ("sign", "urge", "report"), "handling": ("report", "ask_close_out", "urge", "attach"),
    "suspended": ("resume", "report"), "closing": ("verify_close_out", "withdraw_close_out"),
    "closed": ("reinspect", "reopen"), "handed_over": ("receive",), "declined": ("void",), "voided": (),
}  # fmt: skip
# Verdicts that wait come before everything else.
VERDICTS_FIRST = ("decide_extension", "decide_duty", "decide_suspension", "verify_close_out", "receive")
# The exception, not the usual way on.
NEVER_FIRST = ("reopen", "void", "decline", "withdraw_close_out")
# Done in a dialog of their own.
OWN_DIALOGS = ("change", "attach", "link")


def page() -> None:
    """The item that the address names (`no=`)."""
    number = st.query_params.get("no", "").strip()
    view = loaders.list_view()
    detail = loaders.ask_records(answers.list_item, view, number) if number else None
    if detail is None:
        why = (
            f"没有编号为 {number} 的事项，或者不在您的查看范围内。"
            if number
            else "请从问题清单或督办清单中点击一件事项打开。"
        )
        empty.state("没有这件事项", why, icon=":material/search_off:")
        _back("supervision")
        return
    list_actions.said()
    with layout.card("item_header"):
        _header(detail, view)
        _buttons(detail, view)
    list_item_parts.content(detail.row, view)
    list_item_parts.sections(detail, view)
    list_actions.dialog(detail, view)
    list_item_edit.dialog(detail, view)
    list_item_files.dialogs(detail, view)


def _back(list_kind: str) -> None:
    slug = f"{list_kind}_list"
    if sitemap.may_open(loaders.identity(), slug):
        # The list as it was left: its filters stand in its address.
        query = st.session_state.get(f"_{list_kind}_query") or {}
        st.page_link(f"pages/{slug}.py", label=f"返回{LIST_KINDS[list_kind]}", icon=":material/arrow_back:",
                     query_params=query)  # fmt: skip


def _header(detail: ItemDetail, view: ListView) -> None:
    row = detail.row
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
            st.markdown(f"**{plain(row['item_no'])}**", width="content")
            st.badge(row["state_label"], color="blue")
            light = list_page_table.light_words(
                row["light"], row["light_label"], row["days_left"], row["due_on"] == view.today
            )
            if row["light"] != "done":
                st.badge(light, color="red" if row["light"] == "overdue" else "gray")
            if row["level"]:
                st.badge(row["level_label"], color="orange")
            if row["urgency"] != "normal":
                st.badge(URGENCIES[row["urgency"]], color="orange")
        _back(row["list_kind"])
    st.markdown(f"#### {plain(row['title'])}")
    with st.grid(4, min_column_width=200, gap="xxsmall"):
        for label, text in _facts(row).items():
            st.markdown(f":gray[{label}]　{plain(text)}")


def _facts(row: dict[str, Any]) -> dict[str, str]:
    """What the header says, empty ones left out."""
    problem = row["list_kind"] == "problem"
    instructed = "　".join(str(part) for part in (row["instructed_by"], row["instructed_on"]) if part)
    said = {
        "责任单位" if problem else "牵头单位": row["lead_unit"],
        "整改时限" if problem else "办结时限": _changed(row["due_on"], row["first_due_on"]),
        "责任人": "　".join(part for part in (row["leader"], row["person"], row["phone"]) if part),
        "包案领导": "　".join(str(part) for part in (row["sponsor"], row["sponsor_post"]) if part),
        "配合单位": row["supporting"], "交办日期": row["assigned_on"], "来源": row["source_label"],
        "批示": instructed, "批示报告时限": row["reply_by_on"], "清零时限": row["sponsor_zero_by_on"],
        "复核日期": row["suspended_until_on"] if row["state"] == "suspended" else None,
        "销号日期": row["closed_on"], "县区": row["district"], "类别": row["category"],
        "问题类型": row["problem_type_label"], "标识": "、".join(word for key, word in FLAGS.items() if row[key]),
        "督办文号": row["document_no"],
        "次数": "、".join(f"{label}{row[key]}次" for key, label in
                        (("urged_count", "催办"), ("extended_count", "延期"), ("reopened_count", "重启")) if row[key]),
    }  # fmt: skip
    return {label: str(text) for label, text in said.items() if text}


def _changed(now: Any, first: Any) -> str:
    if not now:
        return ""
    return f"{now}（原{first}）" if first and first != now else str(now)


def _buttons(detail: ItemDetail, view: ListView) -> None:
    """The next steps: what the person may do, and of what waits why not."""
    row = detail.row
    context = Context(row, view, {}, "", detail)
    allowed, refused = _offered(context)
    wanted = (*VERDICTS_FIRST, *NEXT[row["state"]])
    first = [step for step in dict.fromkeys(wanted) if step in allowed]
    rest = [step for step in allowed if step not in first]
    if not (first or rest or refused):
        return
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        for position, step in enumerate(first):
            _button(step, row["item_no"], primary=position == 0 and step not in NEVER_FIRST)
        for step, why in refused.items():
            st.button(STEPS[step].label, key=f"act_{step}", disabled=True, help=plain(why))
            st.caption(plain(why), width="content")
        if rest:
            # Another key once a form opens: the menu would stand over it.
            with st.popover("更多办理", icon=":material/more_horiz:", key=f"more_steps_{list_actions.opened_before()}"):
                for step in rest:
                    _button(step, row["item_no"], wide=True)


def _button(step: str, item_no: str, *, primary: bool = False, wide: bool = False) -> None:
    st.button(STEPS[step].label, key=f"act_{step}", type="primary" if primary else "secondary",
              width="stretch" if wide else "content", on_click=list_actions.begin, args=(step, item_no))  # fmt: skip


def _offered(context: Context) -> tuple[list[str], dict[str, str]]:
    """Steps that may be taken now, in the order of the table; and those that wait for another person, with why."""
    row, view = context.row, context.view
    allowed: list[str] = []
    refused: dict[str, str] = {}
    for step in STEPS:
        if step not in (*FORMS, *OWN_DIALOGS) or (step in FORMS and not makes_sense(step, context)):
            continue
        asked = context.request(ASKED_KINDS[step]) if step in ASKED_KINDS else None
        asker = asked["asked_by"] if asked else row["created_by"] if step == "enlist" else None
        seconds = view.profile.second_persons
        why = refusal(step, view.person, row["list_kind"], row["state"], asked_by=asker, second_persons=seconds)
        if why is None:
            allowed.append(step)
        elif refusal(step, view.person, row["list_kind"], row["state"], second_persons=seconds) is None:
            refused[step] = why
    return allowed, refused
