"""Parts of 预警: registering an early sign or a deviation, following it, making it an item of a list."""

from __future__ import annotations

from typing import Any

import streamlit as st

from lib import answers, loaders
from lib.commands.lists.warnings import (
    FollowWarning,
    NoteWarning,
    WarningToItem,
    follow_warning,
    note_warning,
    warning_to_item,
)
from lib.schema.list_terms import WARNING_KINDS, WARNING_STATES
from lib.ui import empty, list_actions, list_register, list_rows, show
from lib.ui.form_drafts import FormDraft, Part
from lib.ui.words import plain

NAME = "预警"
COLUMNS: show.Columns = {
    "noticed_on": show.column("发现日期", "date"), "kind_label": show.column("类型", width=12),
    "source_department": show.column("来源部门", width=14), "title": show.column("预警事项", width=40),
    "unit": show.column("涉及单位", width=22), "district": show.column("县区", width=12),
    "state_label": show.column("状态", width=9), "outcome": show.column("处置结果", width=36),
    "shared_with": show.column("共享部门", width=20), "item_no": show.column("转为事项", width=14),
}  # fmt: skip


def registering() -> None:
    """The form of a new warning; it stays filled in until it is stored."""
    if not list_register.may_write():
        return
    with st.expander("登记预警", icon=":material/add_alert:", key="warning_new"):
        key = list_register.form_key(NAME, lambda known: _widget(known, "source"))
        draft = _draft(key)
        draft.offer()
        st.session_state.setdefault(_widget(key, "day"), draft.parts["day"].begins)
        with st.form(f"warning_{key}", border=False, enter_to_submit=False):
            with st.grid(4, min_column_width=180, gap="small"):
                day = st.date_input("发现日期（必填）", None, format="YYYY-MM-DD", key=f"warning_day_{key}")
                kind = st.selectbox("类型（必填）", list(WARNING_KINDS), format_func=WARNING_KINDS.__getitem__,
                                    key=f"warning_kind_{key}")  # fmt: skip
                source = st.text_input("来源部门（必填）", max_chars=64, key=f"warning_source_{key}",
                                       autocomplete="off", placeholder="审计、信访、组织部等")  # fmt: skip
                shared = st.text_input("共享部门", max_chars=200, key=f"warning_shared_{key}", autocomplete="off")
                title = st.text_input("预警事项（必填）", max_chars=200, key=f"warning_title_{key}", autocomplete="off")
                unit = list_register.unit(f"warning_unit_{key}", "涉及单位")
                district = list_register.district(f"warning_district_{key}")
            text = st.text_area("具体情况", max_chars=5000, height=96, key=f"warning_text_{key}",
                                placeholder="只写工作情况，不登记问题线索和案件")  # fmt: skip
            sent = st.form_submit_button("保存", type="primary")
        draft.keep("warning_new")
        if not sent:
            return
        command = NoteWarning(list_register.day(day), kind, source, title, text, unit, district, shared, key)
        if list_actions.tried(note_warning, command)[0]:
            draft.drop()
            list_register.next_form(NAME)
            list_actions.say("预警已登记")
            st.rerun()


def _widget(key: str, field: str) -> str:
    return f"warning_{field}_{key}"


def _draft(key: str) -> FormDraft:
    parts = {
        "day": Part("date", loaders.list_view().today),
        "kind": Part("choice", next(iter(WARNING_KINDS)), WARNING_KINDS), "source": Part(), "shared": Part(),
        "title": Part(), "unit": Part("choice", None, list_register.units()),
        "district": Part("choice", None, list_register.districts()), "text": Part(),
    }  # fmt: skip
    return FormDraft("warning:new", key, parts, _widget, lambda other: list_register.go_on(NAME, other))


def register() -> None:
    """Every warning, newest first, by state; a click opens it."""
    frame = loaders.ask_records(answers.warnings, loaders.list_view())
    if frame.empty:
        empty.state(
            "还没有预警", "苗头性问题、执行偏差和虚假整改登记在这里，逐条跟进到有结果。", icon=":material/add_alert:"
        )
        return
    state = st.segmented_control("状态", list(WARNING_STATES), format_func=WARNING_STATES.__getitem__,
                                 key="warning_state", label_visibility="collapsed")  # fmt: skip
    shown = frame if state is None else frame[frame["state"] == state]
    words = "，".join(f"{label}{int((frame['state'] == key).sum())}条" for key, label in WARNING_STATES.items())
    list_rows.table(
        shown, COLUMNS, NAME, title=f"共{len(frame)}条：{words}（点击一行跟进）", height=560, is_scoped=False
    )
    opened = list_rows.opened(NAME)
    if opened is not None:
        st.dialog("跟进预警", width="medium", on_dismiss=lambda: list_rows.close(NAME))(_warning)(opened)


def _warning(row: dict[str, Any]) -> None:
    st.markdown(f"**{plain(row['title'])}**")
    said = (row["noticed_on"], row["kind_label"], row["source_department"], row["unit"], row["district"])
    st.caption(plain("　".join(str(word) for word in said if word)))
    if row["text"]:
        st.text(row["text"])
    if row["item_no"]:
        list_rows.item_link(row["item_no"])
    if not list_register.may_write():
        st.markdown(plain(f"{row['state_label']}　{row['outcome']}"))
        return
    _following(row)
    if not row["item_no"]:
        _turning(row)


def _following(row: dict[str, Any]) -> None:
    form = row[list_rows.FORM]
    with st.form(f"follow_{form}", border=False, enter_to_submit=False):
        state = st.segmented_control("状态", list(WARNING_STATES), default=row["state"], required=True,
                                     format_func=WARNING_STATES.__getitem__, key=f"follow_state_{form}")  # fmt: skip
        outcome = st.text_area("处置结果", row["outcome"], max_chars=5000, height=90, key=f"follow_outcome_{form}")
        shared = st.text_input("共享部门", row["shared_with"], max_chars=200, key=f"follow_shared_{form}",
                               autocomplete="off")  # fmt: skip
        sent = st.form_submit_button("保存跟进情况", type="primary")
    if not sent:
        return
    command = FollowWarning(int(row["warning_id"]), int(row["version"]), state, outcome, shared, form)
    if list_actions.tried(follow_warning, command)[0]:
        list_rows.close(NAME)
        list_actions.say("跟进情况已保存")
        st.rerun()


def _turning(row: dict[str, Any]) -> None:
    form = row[list_rows.FORM]
    entered = list_register.to_item(form, row["title"])
    if entered is None:
        return
    kind, values = entered
    command = WarningToItem(int(row["warning_id"]), int(row["version"]), kind, values, form)
    done, item_no = list_actions.tried(warning_to_item, command)
    if done:
        list_rows.close(NAME)
        list_actions.say(f"已转为事项 {item_no}（拟列）")
        st.rerun()
