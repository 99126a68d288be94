"""问题清单 and 督办清单: what waits for the person, the counts by light, the items."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from lib import answers, loaders
from lib.answers import ListView, ToDo
from lib.answers.list_items import LIGHT_WORDS
from lib.answers.to_do import RECEIVE
from lib.lists.process import OPEN, RESOURCES
from lib.schema.list_terms import FLAGS, LIST_KINDS, PROBLEM_TYPES, SOURCES, STATES
from lib.ui import (
    address,
    empty,
    layout,
    list_actions,
    list_leaders,
    list_page_batch,
    list_page_filters,
    list_page_table,
    list_page_views,
    show,
)
from lib.ui.words import plain

SHOWN_TO_DOS = 4
LIGHTS = ("overdue", "near", "normal", "none", "suspended")
LISTED_STATES = ("proposed", "listed", "assigned", "closing", "handed_over", "closed", "declined", "voided")
ALWAYS = ("overdue", "near", "normal")
PART, ITEM = "part", "no"
_TO_DO_COLUMNS = {
    "what": show.column("办理", width=12), "when": show.column("时限", width=12),
    "item_no": show.column("编号", width=12), "title": show.column("事项", width=60),
    "note": show.column("说明", width=16), "since": show.column("等待自", "moment"),
}  # fmt: skip


def page(list_kind: str, question: str) -> None:
    """The whole page."""
    if ITEM in st.query_params:
        # The browser's way back from an item brings the item's address along instead of the filters.
        st.query_params.from_dict(st.session_state.get(f"_{list_kind}_query") or {})
    layout.records_header(LIST_KINDS[list_kind], question)
    view = loaders.list_view()
    list_actions.said()
    _to_do(list_kind, view)
    list_leaders.panel(list_kind)
    with layout.card("items"):
        _items(list_kind, view)


def _to_do(list_kind: str, view: ListView) -> None:
    """What waits for the person on this list, the most pressing first."""
    todos = [t for t in loaders.ask_records(answers.to_do, view) if t.list_kind in (list_kind, "") or t.what == RECEIVE]
    if not todos:
        if any(view.person.may(RESOURCES[list_kind], right) for right in ("write", "reply", "receive")):
            empty.not_shown("待我办理", "没有等待您办理的事项")
        return
    with layout.card("to_do"):
        counts: dict[str, int] = {}
        for todo in todos:
            counts[todo.what] = counts.get(todo.what, 0) + 1
        key = f"{list_kind}_to_do_kind"
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.markdown(f"**待我办理 {len(todos)} 件**", width="content")
            chosen = st.pills("待办类别", list(counts), key=key, format_func=lambda what: f"{what} {counts[what]}",
                              label_visibility="collapsed")  # fmt: skip
            listed = [todo for todo in todos if chosen in (None, todo.what)]
            rest = len(listed) - SHOWN_TO_DOS
            open_all = f"{list_kind}_to_do_all"
            all_shown = rest > 0 and bool(st.session_state.get(open_all))
            if rest > 0:
                st.button("收起" if all_shown else f"还有 {rest} 件", key=f"{open_all}_button", type="tertiary",
                          on_click=lambda: st.session_state.update({open_all: not all_shown}))  # fmt: skip
        _to_do_table(listed if all_shown else listed[:SHOWN_TO_DOS], f"to_do_{list_kind}", view)


def _to_do_table(todos: list[ToDo], key: str, view: ListView) -> None:
    frame = pd.DataFrame({
        "what": [t.what for t in todos], "when": [_when(t, view) for t in todos], "item_no": [t.item_no for t in todos],
        "title": [t.title for t in todos], "note": [t.note for t in todos],
        "since": pd.to_datetime(pd.Series([t.since for t in todos], dtype="object")),
    })  # fmt: skip
    columns = {name: c for name, c in _TO_DO_COLUMNS.items() if name != "note" or any(frame["note"])}
    clicked = show.grid(frame, columns, "待我办理", select=True, key=key,
                        height=list_page_table.height(len(todos), 12))  # fmt: skip
    if clicked:
        todo = todos[clicked[0]]
        if todo.item_no:
            list_page_table.open_item(todo.item_no)
        st.switch_page(f"pages/{todo.slug}.py")


def _when(todo: ToDo, view: ListView) -> str:
    """By when, in working days."""
    if todo.due_on is None or todo.days_left is None:
        return "—"
    near = "near" if todo.days_left <= view.profile.near_days else "normal"
    light = "overdue" if todo.due_on < view.today else near
    return list_page_table.light_words(light, "", todo.days_left, todo.due_on == view.today)


def _items(list_kind: str, view: ListView) -> None:
    asked = list_page_filters.bar(list_kind, view)
    everything = loaders.ask_records(answers.list_items, view, list_kind, asked.asked)
    found = asked.narrowed(everything, view.person.account)
    key = f"{list_kind}_parts"
    counts = _counts(found)
    parts = _parts(key, counts)
    shown = _of_parts(found, parts)
    query = dict(asked.query) | ({PART: ",".join(parts)} if parts else {})
    st.session_state[f"_{list_kind}_query"] = query
    words = _described(query, view, list_kind)
    table_key = f"table_{list_kind}_{st.session_state.get(list_page_batch.ROUND, 0)}"
    ticked = shown.iloc[[row for row in show.ticked(table_key) if row < len(shown)]]
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(horizontal=True, gap="small", vertical_alignment="center", width="content"):
            st.markdown(f"符合条件 **{len(shown):,}** 件" if query else _open_ones(shown), width="content")
            list_page_batch.buttons(ticked, list_kind, view)
        with st.container(horizontal=True, gap="small", vertical_alignment="center", width="content"):
            list_page_views.menu(list_kind, view, query, key)
            list_page_table.export(shown, list_kind, view, words)
    if shown.empty:
        _nothing(list_kind, view, query)
        return
    ticks = bool(list_page_batch.offered(list_kind, view))
    list_page_table.table(shown, list_kind, view, table_key, ticks=ticks)
    st.caption("亮灯天数为工作日。点击一行打开事项" + ("；勾选左边的方框可以批量办理。" if ticks else "。"))
    list_page_batch.dialog(list_kind, view)


def _open_ones(frame: pd.DataFrame) -> str:
    """How many are under way. 在办 counts what is on the list, here as on 总体情况: 拟列 stands beside it."""
    proposed = int((frame["state"] == "proposed").sum())
    words = f"在办 **{len(frame) - proposed:,}** 件"
    return words + (f"，拟列 **{proposed:,}** 件" if proposed else "")


def _counts(frame: pd.DataFrame) -> dict[str, int]:
    """Number of items by light (open ones) and by state."""
    opened = frame[frame["state"].isin(OPEN)]
    lights, states = opened["light"].value_counts(), frame["state"].value_counts()
    return {key: int(lights.get(key, 0)) for key in LIGHTS} | {key: int(states.get(key, 0)) for key in LISTED_STATES}


def _parts(key: str, counts: Mapping[str, int]) -> list[str]:
    """The counts as a line of pills; those that are chosen, which also stand in the address."""
    memory = f"_{key}_written"
    taken = address.taken((PART,), (key,), memory)
    if taken is not None:
        st.session_state[key] = [part for part in taken[PART].split(",") if part in counts]
    chosen = st.session_state.get(key) or []
    offered = [key for key in counts if counts[key] or key in ALWAYS or key in chosen]
    words = {**LIGHT_WORDS, **STATES}

    def said(part: str) -> str:
        sign = f"{list_page_table.SIGNS[part]} " if part in LIGHTS else ""
        text = f"{sign}{words[part]} {counts[part]}"
        return f":red[**{text}**]" if part == "overdue" and counts[part] else text

    parts = st.pills("亮灯和状态", offered, selection_mode="multi", key=key, format_func=said,
                     label_visibility="collapsed")  # fmt: skip
    address.write({PART: ",".join(parts)} if parts else {}, (PART,), memory)
    return list(parts)


def _of_parts(frame: pd.DataFrame, parts: list[str]) -> pd.DataFrame:
    """Items of any chosen light and any chosen state; the open ones where nothing is chosen."""
    lights = [part for part in parts if part in LIGHTS]
    states = [part for part in parts if part not in LIGHTS]
    kept = frame["state"].isin(states or OPEN)
    return frame[kept & frame["light"].isin(lights)] if lights else frame[kept]


def _described(query: Mapping[str, str], view: ListView, list_kind: str) -> str:
    """The filters in words, for exports."""
    words = {**LIGHT_WORDS, **STATES, **FLAGS}
    names = {
        "words": "关键词", "lead": "单位", "place": "县区", "source": "来源", "mark": "标识", "matter": "问题类型",
        "sponsor": "包案领导", "after": "时限从", "before": "时限至", "mine": "只看我录入的", PART: "亮灯和状态",
    }  # fmt: skip
    names |= {list_page_filters.OWN_PARAMETER + c.key: c.label for c in view.profile.own_columns[list_kind]}
    known = {**SOURCES, **PROBLEM_TYPES, **words, **view.names}
    said = []
    for name, text in query.items():
        value = "是" if name == "mine" else "、".join(known.get(part, part) for part in text.split(","))
        said.append(f"{names[name]}：{value}")
    return "；".join(said)


def _nothing(list_kind: str, view: ListView, query: Mapping[str, str]) -> None:
    """An empty list says why and what to do."""
    name = LIST_KINDS[list_kind]
    if query:
        empty.state("没有符合条件的事项", "可以清除部分筛选条件，或点上面的亮灯、状态看其他事项。",
                    icon=":material/filter_alt_off:")  # fmt: skip
    elif view.person.may(RESOURCES[list_kind], "write"):
        empty.state(f"{name}还没有在办事项", "可以到“清单录入”逐条录入、从表格粘贴，或导入原有台账。")
        st.page_link("pages/list_entry.py", label="去“清单录入”", icon=":material/edit_note:")
    elif view.reach is not None:
        empty.state("没有交办给本单位的事项", f"{name}中有事项交办给本单位后，会显示在这里。")
    else:
        empty.state(f"{name}没有在办事项", f"由{plain(view.profile.offices[list_kind])}录入后显示在这里。")
