"""Parts of 月调度: the chain, the next meeting, every meeting, topics and what is decided on them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from lib import answers, loaders
from lib.answers import ListView
from lib.commands.scheduling.meetings import AddMeeting, add_meeting
from lib.commands.scheduling.topics import DecideTopic, Place, ProposeTopic, decide_topic, propose_topic
from lib.schema.scheduling_terms import FIELDS, TOPIC_STATES
from lib.ui import empty, layout, list_actions, list_register, list_rows, show
from lib.ui.form_keys import form_key, next_form
from lib.ui.words import plain

MEETINGS, TOPICS = "月调度会议", "选题"
ASKED = "meeting"
TEXTS = {"data_support": "数据支撑", "opinion_basis": "民意基础", "solution_path": "解决路径"}
COLUMNS: show.Columns = {
    "meeting_no": show.column("会次", "text", 6), "held_on": show.column("日期", "date"),
    "state_label": show.column("状态", width=8), "topics": show.column("选题", width=26),
    "tasks": "任务", "listed": "列入督办清单", "closed": "已销号", "promises": "公开承诺", "kept": "已兑现",
    "mechanisms": "长效机制", "place": show.column("地点", width=22), "chair": show.column("主持人", width=18),
}  # fmt: skip
_UNIT_COLUMNS = ("meeting_no", "held_on", "state_label", "tasks", "listed", "closed")
TOPIC_COLUMNS: show.Columns = {
    "title": show.column("选题", width=22), "state_label": show.column("状态", width=8),
    "month": show.column("拟上会月份", width=12), "field_label": show.column("领域", width=10),
    "categories": show.column("事项类别", width=30), "places": show.column("地域", width=14),
    "meetings": show.column("上会", width=16), "decision": show.column("研判理由", width=36),
    "renamed": show.column("类别变动", width=30),
}  # fmt: skip


def may_write() -> bool:
    """Whether the person prepares the meetings."""
    return loaders.identity().may("scheduling", "write")


def sees_all() -> bool:
    """Whether the person sees whole meetings, not only an own part."""
    return loaders.identity().may("scheduling")


def chain(view: ListView) -> None:
    """选题—调度—督办—闭环 with their counts."""
    c = loaders.ask_records(answers.chain, view)
    steps = (
        ("选题", f"{c.chosen}个已选定", f"候选{c.candidates}个"),
        ("调度", f"{c.held}次已召开", f"筹备中{c.planned}次，任务{c.tasks}项"),
        ("督办", f"{c.listed}项列入清单", f"在办{c.open_items}项，逾期{c.overdue}项"),
        ("闭环", f"{c.kept}/{c.promises}项承诺兑现", f"已销号或兑现{c.done}项，长效机制{c.mechanisms}项"),
    )
    with st.grid(4, min_column_width=220, gap="small"):
        for number, (name, value, note) in enumerate(steps, 1):
            with layout.card(f"chain_{number}"):
                st.markdown(f":gray[{number}　{name}]")
                st.markdown(f"**{value}**")
                st.caption(note)


def upcoming(frame: pd.DataFrame, view: ListView) -> None:
    """The next meeting, on top; what is missing to hold it."""
    planned = frame[frame["state"] == "planned"].sort_values("held_on")
    with layout.card("next_meeting"):
        if planned.empty:
            st.markdown("**下一次会议**")
            st.caption("还没有筹备中的会议。" + ("请在下面新建会议。" if may_write() else ""))
            return
        row = planned.iloc[0]
        days = (row["held_on"] - view.today).days
        when = f"还有{days}天" if days > 0 else "就在今天" if days == 0 else f"▲ 已过{-days}天，请登记召开情况"
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**下一次：{plain(row['title'])}**", width="content")
            st.caption(
                f"{row['held_on']:%Y年%-m月%-d日}　{when}　选题：{plain(row['topics'] or '尚未选定')}", width="content"
            )
            link(int(row["meeting_no"]), "打开会议")


def link(number: int, label: str) -> None:
    """A link to a meeting."""
    st.page_link("pages/scheduling.py", label=label, icon=":material/event:", query_params={ASKED: str(number)})


def listing(frame: pd.DataFrame) -> None:
    """Every meeting, newest first; a click opens it."""
    with layout.card("meetings"):
        if frame.empty:
            why = (
                "新建会议后，选题、议程和任务都记在会议里。" if sees_all() else "会议给本单位布置任务后，会出现在这里。"
            )
            empty.state("还没有月调度会议", why, icon=":material/event:")
            return
        columns = COLUMNS if sees_all() else {key: COLUMNS[key] for key in _UNIT_COLUMNS}
        shown = frame.assign(meeting_no=[f"第{n}次" for n in frame["meeting_no"]], number=frame["meeting_no"])
        list_rows.table(
            shown, columns, MEETINGS, title=f"共{len(frame)}次会议（点击一行打开）", height=460, is_scoped=False
        )
        opened = list_rows.opened(MEETINGS)
        if opened is not None:
            list_rows.close(MEETINGS)
            st.query_params[ASKED] = str(opened["number"])
            st.rerun()


def new_meeting(frame: pd.DataFrame, view: ListView) -> None:
    """The form of a new meeting; it stays filled in until it is stored."""
    if not may_write():
        return
    with st.expander("新建会议", icon=":material/add:", key="meeting_new"):
        key = form_key(MEETINGS)
        with st.form(f"meeting_{key}", border=False, enter_to_submit=False):
            last = int(frame["meeting_no"].max()) if len(frame) else 0
            with st.grid(4, min_column_width=180, gap="small"):
                number = st.number_input("会次（必填）", 1, 9999, last + 1, key=f"meeting_no_{key}")
                day = st.date_input("会议日期（必填）", None, format="YYYY-MM-DD", key=f"meeting_day_{key}")
                place = st.text_input("地点", max_chars=100, key=f"meeting_place_{key}", autocomplete="off")
                chair = st.text_input("主持人", max_chars=64, key=f"meeting_chair_{key}", autocomplete="off")
            title = st.text_input("会议名称（必填）", f"第{last + 1}次未诉先办月调度会", max_chars=100,
                                  key=f"meeting_title_{key}", autocomplete="off")  # fmt: skip
            sent = st.form_submit_button("保存", type="primary")
        if not sent:
            return
        command = AddMeeting(int(number), list_register.day(day), title, place, chair, form_key=key)
        if list_actions.tried(add_meeting, command)[0]:
            next_form(MEETINGS)
            list_actions.say(f"第{int(number)}次会议已建立，请选定选题、排定议程")
            st.rerun()


def topics(view: ListView) -> None:
    """Topics with their state; a click opens the decision."""
    frame = loaders.ask_records(answers.topics, view)
    with layout.card("topics"):
        if frame.empty:
            empty.state("还没有选题", "选题记录事项类别、数据支撑、民意基础和解决路径，研判选定后才能上会。",
                        icon=":material/topic:")  # fmt: skip
        else:
            months = [f"{day:%Y年%-m月}" for day in frame["month_on"]]
            title = f"共{len(frame)}个选题（点击一行查看或研判）"
            list_rows.table(frame.assign(month=months), TOPIC_COLUMNS, TOPICS, title=title, height=420, is_scoped=False)
        _new_topic(view)
        opened = list_rows.opened(TOPICS)
        if opened is not None:
            st.dialog("选题", width="medium", on_dismiss=lambda: list_rows.close(TOPICS))(_topic)(opened)


def topic_words(topic: Any) -> None:
    """数据支撑, 民意基础 and 解决路径 of a topic; what its categories are called today where that differs."""
    st.caption(plain(f"{topic['field_label']}　{topic['categories']}　{topic['places']}"))
    if topic["renamed"]:
        st.caption(plain(f"事项类别已调整：{topic['renamed']}"))
    for key, label in TEXTS.items():
        st.markdown(f"**{label}**")
        st.text(topic[key] or "未填写")


def _topic(topic: dict[str, Any]) -> None:
    st.markdown(f"**{plain(topic['title'])}**　{topic['state_label']}")
    topic_words(topic)
    if not may_write() or topic["meetings"]:
        return
    form = topic[list_rows.FORM]
    with st.form(f"decide_{form}", border=False, enter_to_submit=False):
        states = [key for key in TOPIC_STATES if key != "candidate"]
        state = st.segmented_control(
            "研判结果（必填）", states, format_func=TOPIC_STATES.__getitem__, key=f"state_{form}"
        )
        reason = st.text_area("研判理由（必填）", max_chars=5000, height=80, key=f"reason_{form}")
        sent = st.form_submit_button("保存研判结果", type="primary")
    if sent:
        command = DecideTopic(int(topic["topic_id"]), int(topic["version"]), state or "", reason)
        if list_actions.tried(decide_topic, command)[0]:
            list_rows.close(TOPICS)
            list_actions.say(f"选题“{topic['title']}”研判结果已保存")
            st.rerun()


def _new_topic(view: ListView) -> None:
    if not may_write():
        return
    categories = {str(code): name for code, name in loaders.ask(answers.category_paths).items()}
    _, districts = loaders.list_names(view)
    with st.expander("提出选题", icon=":material/add:", key="topic_new"):
        key = form_key(TOPICS)
        with st.form(f"topic_{key}", border=False, enter_to_submit=False):
            with st.grid(3, min_column_width=200, gap="small"):
                title = st.text_input("选题（必填）", max_chars=100, key=f"topic_title_{key}", autocomplete="off")
                month = st.date_input("拟上会月份（必填）", view.today, format="YYYY-MM-DD", key=f"topic_month_{key}")
                field = st.selectbox("领域（必填）", list(FIELDS), index=None, format_func=FIELDS.__getitem__,
                                     placeholder="请选择", key=f"topic_field_{key}")  # fmt: skip
            chosen = st.multiselect("事项类别（必填，可多选）", list(categories), format_func=categories.__getitem__,
                                    placeholder="输入名称查找", select_all=False,
                                    key=f"topic_categories_{key}")  # fmt: skip
            places = st.multiselect("县区（不选为全市）", list(districts), format_func=districts.__getitem__,
                                    placeholder="可不选", select_all=False, key=f"topic_places_{key}")  # fmt: skip
            texts = {name: st.text_area(label, max_chars=5000, height=80, key=f"topic_{name}_{key}")
                     for name, label in TEXTS.items()}  # fmt: skip
            note = st.text_input("重叠说明", max_chars=500, key=f"topic_note_{key}", autocomplete="off",
                                 help="与已有选题的事项和地域重叠时填写")  # fmt: skip
            sent = st.form_submit_button("保存", type="primary")
        if not sent:
            return
        there: list[str | None] = [*places] or [None]
        scopes = tuple(Place(code, place) for code in chosen for place in there)
        version = loaders.pointer().version
        command = ProposeTopic(title, _month(month), field or "", scopes,
                               texts["data_support"], texts["opinion_basis"], texts["solution_path"],
                               data_version=version,
                               overlap_note=note, form_key=key)  # fmt: skip
        if list_actions.tried(propose_topic, command)[0]:
            next_form(TOPICS)
            list_actions.say(f"选题“{title}”已列为候选")
            st.rerun()


def _month(value: Any) -> date | None:
    day = list_register.day(value)
    return None if day is None else day.replace(day=1)
