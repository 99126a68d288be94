"""Parts of 民情日记: writing a note, the notes, and what becomes an item of a list."""

from __future__ import annotations

from typing import Any

import streamlit as st

from lib import answers, loaders
from lib.commands.lists.visits import NoteVisit, VisitToItem, note_visit, visit_to_item
from lib.ui import empty, list_actions, list_register, list_rows, show
from lib.ui.form_drafts import FormDraft, Part
from lib.ui.words import plain

NAME = "民情日记"
COLUMNS: show.Columns = {
    "visited_on": show.column("走访日期", "date"), "visitor": show.column("走访人", width=12),
    "district": show.column("县区", width=12), "place": show.column("地点", width=24),
    "text": show.column("群众反映", width=60), "item_no": show.column("转为事项", width=14),
}  # fmt: skip


def writing() -> None:
    """The form of a new note; it stays filled in until it is stored."""
    if not list_register.may_write():
        return
    with st.expander("记一篇民情日记", icon=":material/edit_note:", key="visit_new"):
        key = list_register.form_key(NAME, lambda known: _widget(known, "by"))
        draft = _draft(key)
        draft.offer()
        st.session_state.setdefault(_widget(key, "day"), draft.parts["day"].begins)
        with st.form(f"visit_{key}", border=False, enter_to_submit=False):
            with st.grid(4, min_column_width=180, gap="small"):
                day = st.date_input("走访日期（必填）", None, format="YYYY-MM-DD", key=f"visit_day_{key}")
                visitor = st.text_input("走访人（必填）", max_chars=64, key=f"visit_by_{key}", autocomplete="off")
                district = list_register.district(f"visit_district_{key}")
                place = st.text_input("走访地点（必填）", max_chars=100, key=f"visit_place_{key}", autocomplete="off",
                                      placeholder="村、社区或小区")  # fmt: skip
            text = st.text_area("群众反映（必填）", max_chars=5000, height=110, key=f"visit_text_{key}",
                                placeholder="群众说了什么、想要什么；电话、身份证号和门牌保存时自动隐去")  # fmt: skip
            sent = st.form_submit_button("保存", type="primary")
        draft.keep("visit_new")
        if not sent:
            return
        command = NoteVisit(list_register.day(day), visitor, place, text, district, key)
        if list_actions.tried(note_visit, command)[0]:
            draft.drop()
            list_register.next_form(NAME)
            list_actions.say("民情日记已保存")
            st.rerun()


def _widget(key: str, field: str) -> str:
    return f"visit_{field}_{key}"


def _draft(key: str) -> FormDraft:
    parts = {
        "day": Part("date", loaders.list_view().today), "by": Part(),
        "district": Part("choice", None, list_register.districts()),
        "place": Part(), "text": Part(),
    }  # fmt: skip
    return FormDraft("visit:new", key, parts, _widget, lambda other: list_register.go_on(NAME, other))


def notes() -> None:
    """Every note, newest first; a click opens it."""
    frame = loaders.ask_records(answers.visits, loaders.list_view())
    if frame.empty:
        empty.state(
            "还没有民情日记", "走访中听到的问题记在这里，需要督促解决的可以转为清单事项。", icon=":material/edit_note:"
        )
        return
    turned = int((frame["item_no"] != "").sum())
    title = f"共{len(frame)}篇，已转为事项{turned}篇（点击一行查看或转为事项）"
    list_rows.table(frame, COLUMNS, NAME, title=title, height=560, is_scoped=False)
    opened = list_rows.opened(NAME)
    if opened is not None:
        st.dialog("民情日记", width="medium", on_dismiss=lambda: list_rows.close(NAME))(_note)(opened)


def _note(note: dict[str, Any]) -> None:
    st.caption(plain(f"{note['visited_on']}　{note['visitor']}　{note['district']}{note['place']}"))
    st.text(note["text"])
    if note["item_no"]:
        list_rows.item_link(note["item_no"])
        return
    form = note[list_rows.FORM]
    entered = list_register.to_item(form, str(note["text"])[:60])
    if entered is None:
        return
    kind, values = entered
    command = VisitToItem(int(note["note_id"]), int(note["version"]), values, kind, form)
    done, item_no = list_actions.tried(visit_to_item, command)
    if done:
        list_rows.close(NAME)
        list_actions.say(f"已转为事项 {item_no}（拟列），请补充责任单位和时限")
        st.rerun()
