"""任务分解表 of a meeting: entered, changed, put on the 督办清单 with one click, delivered or not."""

from __future__ import annotations

from typing import Any

import streamlit as st

from lib import loaders
from lib.answers import ListView, MeetingDetail
from lib.commands.scheduling.tasks import (
    AddTask,
    Deliver,
    EditTask,
    StrikeTask,
    TaskToItem,
    TaskWords,
    add_task,
    deliver,
    edit_task,
    strike_task,
    task_to_item,
)
from lib.lists.process import RESOURCES, SUPERVISION
from lib.ui import empty, list_actions, list_register, list_rows, show
from lib.ui.form_keys import form_key, next_form
from lib.ui.scheduling import may_write
from lib.ui.words import plain

COLUMNS: show.Columns = {
    "sort_no": show.column("序号", "text", 5), "title": show.column("任务", width=34),
    "lead_unit": show.column("牵头单位", width=24), "responsible": show.column("责任单位", width=32),
    "person": show.column("责任人", width=10), "due_on": show.column("时限", "date"),
    "promise": show.column("公开承诺", width=9), "item_no": show.column("督办事项", width=14),
    "state_label": show.column("办理状态", width=9), "light_label": show.column("时限状态", width=9),
    "delivery": show.column("兑现情况", width=36),
}  # fmt: skip


def tasks(detail: MeetingDetail, view: ListView) -> None:
    """The table with its export; a click opens a task; the form of a new one."""
    name = f"第{detail.row['meeting_no']}次任务分解表"
    if detail.tasks.empty:
        empty.state("还没有任务", "会议议定的任务记在这里，逐项列入督办清单。", icon=":material/checklist:")
    else:
        shown = detail.tasks.assign(sort_no=detail.tasks["sort_no"].astype(str))
        on_list = int((shown["item_no"] != "").sum())
        title = f"共{len(shown)}项任务，已列入督办清单{on_list}项（点击一行办理）"
        list_rows.table(shown, COLUMNS, name, title=title, is_scoped=False)
        opened = list_rows.opened(name)
        if opened is not None:
            st.dialog("调度任务", width="medium", on_dismiss=lambda: list_rows.close(name))(_task)(
                opened, detail, view, name
            )
    if may_write():
        with st.expander("添加任务", icon=":material/add:", key="task_new"):
            key = form_key(name)
            words = _form(key, {}, detail, view, "添加任务")
            if words is not None and list_actions.tried(add_task, AddTask(_number(detail), words, key))[0]:
                next_form(name)
                list_actions.say(f"任务“{words.title}”已添加")
                st.rerun()


def topics_of(detail: MeetingDetail) -> dict[int, str]:
    """Number → title of the topics of the meeting."""
    rows = detail.topics.to_dict("records")
    return {int(row["topic_id"]): str(row["title"]) for row in rows}


def _number(detail: MeetingDetail) -> int:
    return int(detail.row["meeting_id"])


def _task(task: dict[str, Any], detail: MeetingDetail, view: ListView, name: str) -> None:
    st.markdown(f"**{plain(task['title'])}**")
    st.caption(
        plain(
            f"牵头：{task['lead_unit'] or '未定'}　责任：{task['responsible'] or '—'}　责任人：{task['person'] or '—'}"
        )
    )
    if task["delivery"]:
        st.text(f"{'已兑现' if task['is_kept'] else '未兑现'}：{task['delivery']}")
    if task["item_no"]:
        list_rows.item_link(task["item_no"])
    if not may_write():
        return
    number, version, form = int(task["task_id"]), int(task["version"]), task[list_rows.FORM]

    def done(said: str) -> None:
        list_rows.close(name)
        list_actions.say(said)
        st.rerun()

    if not task["item_no"]:
        if loaders.identity().may(RESOURCES[SUPERVISION], "write"):
            if st.button("列入督办清单", type="primary", icon=":material/playlist_add:", key=f"list_{form}"):
                ok, item_no = list_actions.tried(task_to_item, TaskToItem(number, version, form))
                if ok:
                    done(f"任务已列入督办清单：{item_no}（待交办）")
        else:
            st.caption("列入督办清单由督查局办理。")
        with st.expander("修改任务", key=f"edit_{form}"):
            words = _form(form, task, detail, view, "保存修改")
            if words is not None and list_actions.tried(edit_task, EditTask(number, version, words))[0]:
                done("任务已修改")
        with st.expander("删除任务", key=f"strike_{form}"), st.form(f"strike_form_{form}", border=False):
            reason = st.text_input("删除理由（必填）", max_chars=500, key=f"why_{form}", autocomplete="off")
            if (
                st.form_submit_button("删除")
                and list_actions.tried(strike_task, StrikeTask(number, version, reason))[0]
            ):
                done("任务已删除")
    with st.expander("登记兑现情况", key=f"deliver_{form}"), st.form(f"deliver_form_{form}", border=False):
        kept = st.radio("是否兑现", [True, False], format_func=lambda k: "已兑现" if k else "未兑现", horizontal=True,
                        key=f"kept_{form}")  # fmt: skip
        words_said = st.text_area("兑现情况，或未兑现的原因（必填）", max_chars=5000, height=80, key=f"words_{form}")
        day = st.date_input("兑现日期", view.today, format="YYYY-MM-DD", key=f"day_{form}")
        if st.form_submit_button("保存", type="primary"):
            command = Deliver(number, version, bool(kept), words_said, list_register.day(day))
            if list_actions.tried(deliver, command)[0]:
                done("兑现情况已登记")


def _form(key: str, task: dict[str, Any], detail: MeetingDetail, view: ListView, button: str) -> TaskWords | None:
    """The fields of a task; what was entered once it is sent."""
    units, _ = loaders.list_names(view)
    known = list(units)
    topics = (
        dict(zip(detail.topics["topic_id"].astype(int), detail.topics["title"], strict=True))
        if len(detail.topics)
        else {}
    )
    lead, topic = task.get("lead_unit_code"), task.get("topic_id")
    with st.form(f"task_{key}", border=False, enter_to_submit=False):
        title = st.text_input(
            "任务（必填）", task.get("title", ""), max_chars=200, key=f"task_title_{key}", autocomplete="off"
        )
        with st.grid(2, min_column_width=220, gap="small"):
            unit = st.selectbox("牵头单位", known, index=known.index(lead) if lead in units else None,
                                format_func=units.__getitem__, placeholder="输入名称查找",
                                key=f"task_lead_{key}")  # fmt: skip
            person = st.text_input(
                "责任人", task.get("person", ""), max_chars=64, key=f"task_person_{key}", autocomplete="off"
            )
            due = st.date_input("时限", task.get("due_on"), format="YYYY-MM-DD", key=f"task_due_{key}")
            about = st.selectbox("选题", list(topics), format_func=topics.__getitem__, placeholder="可不选",
                                 index=list(topics).index(int(topic)) if topic and int(topic) in topics else None,
                                 key=f"task_topic_{key}")  # fmt: skip
        begun = [code for code in task.get("responsible_codes", ()) if code in units]
        others = st.multiselect("责任单位", known, begun, format_func=units.__getitem__, placeholder="输入名称查找",
                                select_all=False, key=f"task_units_{key}")  # fmt: skip
        promised = st.checkbox("公开承诺（下次会议首项通报）", bool(task.get("is_promise")), key=f"task_promise_{key}")
        sent = st.form_submit_button(button, type="primary")
    if not sent:
        return None
    return TaskWords(title, about, unit, tuple(others), person, list_register.day(due), promised)
