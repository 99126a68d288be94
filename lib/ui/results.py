"""Parts of 历次成效 and 政策库与工具箱: every meeting with what it came to, and the mechanisms that remain."""

from __future__ import annotations

from typing import Any

import streamlit as st

from lib import answers, loaders
from lib.answers import ListView
from lib.commands.scheduling.mechanisms import EndMechanism, NoteMechanism, end_mechanism, note_mechanism
from lib.schema.scheduling_terms import FIELDS, LIBRARIES
from lib.ui import address, empty, layout, list_actions, list_register, list_rows, show
from lib.ui.form_keys import form_key, next_form
from lib.ui.scheduling import may_write
from lib.ui.words import plain

RESULTS, MECHANISMS = "历次成效", "政策库与工具箱"
EVERY = "全部"
COLUMNS: show.Columns = {
    "meeting": show.column("会次", width=8), "held_on": show.column("日期", "date"),
    "topics": show.column("选题", width=24), "field_labels": show.column("领域", width=12),
    "solved": show.column("解决问题（件）", "count"), "promised": show.column("承诺兑现", width=9),
    "tasks": "任务", "listed": "列入督办清单", "closed": "已销号", "mechanisms": "长效机制",
    "relapsed": show.column("反弹情况", width=36),
}  # fmt: skip
MECHANISM_COLUMNS: show.Columns = {
    "title": show.column("名称", width=34), "library_label": show.column("所属库", width=8),
    "topic": show.column("来自选题", width=18), "unit": show.column("单位", width=26),
    "document_no": show.column("文号", width=20), "issued_on": show.column("施行日期", "date"),
    "state_label": show.column("状态", width=10), "text": show.column("主要内容", width=60),
}  # fmt: skip
_WIDGET = "_{}_choice"


def choice(name: str, label: str, known: dict[str, str]) -> str | None:
    """A filter of one value that stands in the address under `name`; None is all of them."""
    key = _WIDGET.format(name)
    asked = address.taken((name,), (key,), f"_{name}_memory")
    if asked is not None:
        st.session_state[key] = asked[name] if asked[name] in known else EVERY
    named = {EVERY: EVERY, **known}
    chosen = st.selectbox(label, list(named), format_func=named.__getitem__, key=key, width=220)
    address.write({} if chosen == EVERY else {name: chosen}, (name,), f"_{name}_memory")
    return None if chosen == EVERY else chosen


def results(view: ListView) -> None:
    """Every held meeting, filtered by field, with the sums above."""
    field = choice("field", "领域", FIELDS)
    frame = loaders.ask_records(answers.results, view, field)
    if frame.empty:
        why = "登记已召开的会议后，成效汇总在这里。" if field is None else "这个领域还没有调度过，可以换一个领域。"
        empty.state("没有已召开的会议", why, icon=":material/event_available:")
        return
    promises, kept = int(frame["promises"].sum()), int(frame["kept"].sum())
    relapsed = int((frame["relapsed"] != "").sum())
    said = (
        ("会议", f"{len(frame)}次"), ("解决问题", f"{frame['solved'].sum():,.0f}件"),
        ("承诺兑现", f"{kept}/{promises}项"), ("列入督办清单", f"{int(frame['listed'].sum())}项"),
        ("再次调度的选题", f"{relapsed}次"),
    )  # fmt: skip
    with st.grid(5, min_column_width=160, gap="small"):
        for number, (label, value) in enumerate(said):
            with layout.card(f"result_{number}"):
                st.metric(label, value)
    shown = frame.assign(
        meeting=[f"第{n}次" for n in frame["meeting_no"]],
        promised=[f"{k}/{n}" if n else "—" for k, n in zip(frame["kept"], frame["promises"], strict=True)],
    )
    with layout.card("results"):
        list_rows.table(shown, COLUMNS, RESULTS, title="历次会议（点击一行打开）", height=620, is_scoped=False)
        st.caption("解决问题按各次会议登记的成效汇总；反弹指同一选题此后再次上会。")
    opened = list_rows.opened(RESULTS)
    if opened is not None:
        list_rows.close(RESULTS)
        st.switch_page("pages/scheduling.py", query_params={"meeting": str(opened["meeting_no"])})


def mechanisms(view: ListView) -> None:
    """The mechanisms of one library or both; a click opens one."""
    library = choice("library", "所属库", LIBRARIES)
    frame = loaders.ask_records(answers.mechanisms, view, library)
    with layout.card("mechanisms"):
        if frame.empty:
            empty.state("还没有长效机制", "调度形成的制度办法和工作工具登记在这里，供以后同类问题使用。",
                        icon=":material/library_books:")  # fmt: skip
        else:
            current = int((frame["state_label"] == "执行中").sum())
            title = f"共{len(frame)}项，执行中{current}项（点击一行查看）"
            list_rows.table(frame, MECHANISM_COLUMNS, MECHANISMS, title=title, height=620, is_scoped=False)
        _new(view)
    opened = list_rows.opened(MECHANISMS)
    if opened is not None:
        st.dialog("长效机制", width="medium", on_dismiss=lambda: list_rows.close(MECHANISMS))(_mechanism)(opened, view)


def _mechanism(row: dict[str, Any], view: ListView) -> None:
    st.markdown(f"**{plain(row['title'])}**　{row['library_label']}　{row['state_label']}")
    st.caption(plain(f"{row['unit']}　{row['document_no']}　{row['issued_on']}起施行　选题：{row['topic'] or '—'}"))
    st.text(row["text"])
    if not may_write() or row["ended_on"] is not None:
        return
    form = row[list_rows.FORM]
    with st.expander("停止执行", key=f"end_{form}"), st.form(f"end_form_{form}", border=False):
        day = st.date_input("停止执行日期（必填）", view.today, format="YYYY-MM-DD", key=f"end_day_{form}")
        reason = st.text_input("原因（必填）", max_chars=500, key=f"end_why_{form}", autocomplete="off")
        if st.form_submit_button("保存", type="primary"):
            command = EndMechanism(int(row["mechanism_id"]), int(row["version"]), list_register.day(day), reason)
            if list_actions.tried(end_mechanism, command)[0]:
                list_rows.close(MECHANISMS)
                list_actions.say("已登记停止执行")
                st.rerun()


def _new(view: ListView) -> None:
    if not may_write():
        return
    topics = loaders.ask_records(answers.topics, view)
    titles = {int(row["topic_id"]): str(row["title"]) for row in topics.to_dict("records")}
    units, _ = loaders.list_names(view)
    with st.expander("登记长效机制", icon=":material/add:", key="mechanism_new"):
        key = form_key(MECHANISMS)
        with st.form(f"mechanism_{key}", border=False, enter_to_submit=False):
            with st.grid(3, min_column_width=200, gap="small"):
                library = st.selectbox("所属库（必填）", list(LIBRARIES), format_func=LIBRARIES.__getitem__,
                                       key=f"mechanism_library_{key}")  # fmt: skip
                title = st.text_input("名称（必填）", max_chars=200, key=f"mechanism_title_{key}", autocomplete="off")
                number = st.text_input("文号", max_chars=64, key=f"mechanism_no_{key}", autocomplete="off")
                day = st.date_input("施行日期（必填）", view.today, format="YYYY-MM-DD", key=f"mechanism_day_{key}")
                topic = st.selectbox("来自选题", list(titles), index=None, format_func=titles.__getitem__,
                                     placeholder="可不选", key=f"mechanism_topic_{key}")  # fmt: skip
                unit = st.selectbox("单位", list(units), index=None, format_func=units.__getitem__,
                                    placeholder="输入名称查找", key=f"mechanism_unit_{key}")  # fmt: skip
            text = st.text_area("主要内容（必填）", max_chars=5000, height=100, key=f"mechanism_text_{key}")
            sent = st.form_submit_button("保存", type="primary")
        if not sent:
            return
        command = NoteMechanism(library, title, list_register.day(day), text, topic, number, unit, key)
        if list_actions.tried(note_mechanism, command)[0]:
            next_form(MECHANISMS)
            list_actions.say(f"“{title}”已登记")
            st.rerun()
