"""The page of one meeting: topics, tasks, agenda, participants, cases, promises, outcomes, frozen figures."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from lib import answers, loaders
from lib.answers import ListView, MeetingDetail
from lib.commands.scheduling import freeze, meetings
from lib.commands.scheduling.outcomes import NoteOutcome, note_outcome
from lib.schema.scheduling_terms import MEETING_STATES, OUTCOME_KINDS
from lib.ui import empty, layout, list_actions, list_register, list_rows, meeting_tasks, show, sitemap
from lib.ui.form_keys import form_key, next_form
from lib.ui.meeting_tasks import topics_of
from lib.ui.scheduling import may_write, sees_all, topic_words
from lib.ui.words import as_of, moment, plain

AGENDA: show.Columns = {
    "sort_no": show.column("序号", "text", 5), "title": show.column("议程", width=40),
    "speaker": show.column("发言单位", width=30), "minutes": "用时（分钟）",
}  # fmt: skip
ATTENDANCE: show.Columns = {
    "name": show.column("单位", width=30), "kind": show.column("方式", width=8),
    "outline": show.column("汇报提纲", width=70),
}  # fmt: skip
PROMISES: show.Columns = {
    "title": show.column("承诺事项", width=36), "lead_unit": show.column("牵头单位", width=24),
    "due_on": show.column("时限", "date"), "kept": show.column("是否兑现", width=9),
    "delivery": show.column("兑现情况", width=50), "item_no": show.column("督办事项", width=14),
}  # fmt: skip
OUTCOMES: show.Columns = {
    "topic": show.column("选题", width=18), "kind_label": show.column("类型", width=10),
    "title": show.column("成效", width=36), "amount_label": show.column("数量", width=12),
    "achieved_on": show.column("日期", "date"), "evidence": show.column("依据", width=36),
}  # fmt: skip
BESIDE: show.Columns = {
    "label": show.column("指标", width=16), "then": "会议定格", "now": "现在", "difference": "相差",
    "reason": show.column("差异原因", width=46),
}  # fmt: skip
_TEXTS = {"plan": "方案", "script": "主持词", "experts": "专家论证", "citizens": "群众参与"}


def page(number: str, view: ListView) -> None:
    """The meeting of that number."""
    detail = loaders.ask_records(answers.meeting, view, int(number)) if number.isdecimal() else None
    st.page_link("pages/scheduling.py", label="返回月调度", icon=":material/arrow_back:")
    if detail is None:
        empty.state("没有这次会议", "没有这一会次，或者会议没有给本单位布置任务。", icon=":material/search_off:")
        return
    _header(detail)
    if not sees_all():
        with layout.card("meeting"):
            meeting_tasks.tasks(detail, view)
            _table(detail.attendance, ATTENDANCE, "本单位汇报提纲", "没有本单位的汇报提纲")
        return
    with layout.card("meeting"):
        parts = st.tabs(["任务分解表", "选题与案例", "议程与参会", "上月承诺", "成效", "定格与现在", "会议材料"])
        with parts[0]:
            meeting_tasks.tasks(detail, view)
        with parts[1]:
            _topics(detail)
        with parts[2]:
            _agenda(detail, view)
        with parts[3]:
            _promises(detail)
        with parts[4]:
            _outcomes(detail, view)
        with parts[5]:
            _frozen(detail, view)
        with parts[6]:
            _papers(detail)


def _header(detail: MeetingDetail) -> None:
    row = detail.row
    with layout.card("meeting_header"), st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{plain(row['title'])}**", width="content")
        st.badge(row["state_label"], color="blue")
        said = f"{row['held_on']:%Y年%-m月%-d日}　{plain(row['place'])}　主持人：{plain(row['chair'] or '未定')}"
        st.caption(said, width="content")
        st.caption(f"选题：{plain(row['topics'] or '尚未选定')}", width="content")


def _table(frame: pd.DataFrame, columns: show.Columns, name: str, otherwise: str) -> None:
    """A table of records with its export, or a sentence."""
    if frame.empty:
        st.caption(f"{otherwise}。")
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"):
        st.markdown(f"**{plain(name)}**", width="content")
        list_rows.export(frame, columns, name)
    show.grid(frame, columns, name, height="content")


def _number(detail: MeetingDetail) -> int:
    return int(detail.row["meeting_id"])


def _version(detail: MeetingDetail) -> int:
    return int(detail.row["version"])


def _done(said: str) -> None:
    list_actions.say(said)
    st.rerun()


def _topics(detail: MeetingDetail) -> None:
    if detail.topics.empty:
        empty.state("还没有选题", "从已选定的选题中列入一个，会议即围绕它准备。", icon=":material/topic:")
    for topic in detail.topics.to_dict("records"):
        st.markdown(f"#### {plain(topic['title'])}")
        topic_words(topic)
        cases = detail.cases[detail.cases["topic_id"] == topic["topic_id"]]
        for case in cases.to_dict("records"):
            with st.expander(f"典型案例：{plain(case['title'])}", key=f"case_{case['case_id']}"):
                st.text(case["text"] or "（没有诉求内容）")
                st.markdown("**解剖麻雀**")
                st.text(case["dissection"] or "未填写")
                _ticket_link(case["source_code"], case["ticket_no"])
    if may_write():
        _put_topic(detail)
        _new_case(detail)


def _ticket_link(source_code: str, ticket_no: str) -> None:
    """A link to the ticket, which opens in the period that is usual there: this page has none of its own."""
    if sitemap.may_open(loaders.identity(), "tickets"):
        st.page_link("pages/tickets.py", label="查看工单办理全过程", icon=":material/open_in_new:",
                     query_params={"ticket": f"{source_code}~{ticket_no}"})  # fmt: skip


def _put_topic(detail: MeetingDetail) -> None:
    every = loaders.ask_records(answers.topics, loaders.list_view())
    here = set(detail.topics["topic_id"]) if len(detail.topics) else set()
    free = every[(every["state"] == "chosen") & ~every["topic_id"].isin(here)]
    titles = dict(zip(free["topic_id"].astype(int), free["title"], strict=True))
    with st.expander("列入选题", icon=":material/add:", key="put_topic"), st.form("put_topic_form", border=False):
        topic = st.selectbox(
            "已选定的选题", list(titles), index=None, format_func=titles.__getitem__, placeholder="请选择"
        )
        if st.form_submit_button("列入会议", type="primary") and topic is not None:
            command = meetings.PutTopic(_number(detail), _version(detail), topic)
            if list_actions.tried(meetings.put_topic, command)[0]:
                _done(f"选题“{titles[topic]}”已列入会议")


def _new_case(detail: MeetingDetail) -> None:
    titles = (
        dict(zip(detail.topics["topic_id"].astype(int), detail.topics["title"], strict=True))
        if len(detail.topics)
        else {}
    )
    if not titles:
        return
    with st.expander("选用典型案例", icon=":material/add:", key="case_new"), st.form("case_form", border=False):
        with st.grid(3, min_column_width=180, gap="small"):
            topic = st.selectbox("选题", list(titles), format_func=titles.__getitem__)
            number = st.text_input("工单编号（必填）", max_chars=64, autocomplete="off").strip()
            source = st.text_input("数据来源（多个来源时填写）", max_chars=64, autocomplete="off").strip()
        lesson = st.text_area("解剖麻雀：这件工单说明了什么", max_chars=5000, height=80)
        if not st.form_submit_button("选用", type="primary"):
            return
    found = loaders.ask(answers.find_ticket, number, source) if number else None
    if found is None:
        st.error(
            "没有找到这件工单，或者内容属于限制件，不能作为典型案例；请核对工单编号和数据来源", icon=":material/block:"
        )
        return
    text = "\n".join(f"{label}：{words}" for label, words in found.texts.items() if words)
    command = meetings.AddCase(topic, found.source_code, found.ticket_no, found.title[:200], text[:5000], lesson,
                               _number(detail))  # fmt: skip
    if list_actions.tried(meetings.add_case, command)[0]:
        _done(f"工单 {found.ticket_no} 已选为典型案例")


def _agenda(detail: MeetingDetail, view: ListView) -> None:
    name = f"第{detail.row['meeting_no']}次会议议程"
    _table(detail.agenda.assign(sort_no=detail.agenda["sort_no"].astype(str)), AGENDA, name, "还没有议程")
    if may_write():
        _edit_agenda(detail)
    _table(detail.attendance, ATTENDANCE, f"第{detail.row['meeting_no']}次参会单位", "还没有参会单位")
    if may_write():
        _edit_attendance(detail, view)


def _edit_agenda(detail: MeetingDetail) -> None:
    with st.expander("修改议程", icon=":material/edit:", key="agenda_edit"):
        begun = detail.agenda[["title", "speaker", "minutes"]].reset_index(drop=True)
        config: dict[str, Any] = {
            "title": st.column_config.TextColumn("议程"), "speaker": st.column_config.TextColumn("发言单位"),
            "minutes": st.column_config.NumberColumn("用时（分钟）", min_value=1, max_value=600, step=1),
        }  # fmt: skip
        key = f"agenda_{_number(detail)}_{_version(detail)}"
        edited = st.data_editor(begun, column_config=config, num_rows="dynamic", hide_index=True, key=key)
        if st.button("保存议程", type="primary", key=f"{key}_save"):
            points = [meetings.Point(_text(row["title"]), _text(row["speaker"]), _whole(row["minutes"]))
                      for row in edited.to_dict("records")]  # fmt: skip
            command = meetings.SetAgenda(_number(detail), _version(detail), points)
            if list_actions.tried(meetings.set_agenda, command)[0]:
                _done("议程已保存")


def _edit_attendance(detail: MeetingDetail, view: ListView) -> None:
    units, districts = loaders.list_names(view)
    known = {**units, **districts}
    with st.expander("修改参会单位", icon=":material/edit:", key="attendance_edit"):
        there = detail.attendance
        codes = there["unit_code"].where(there["unit_code"].notna(), there["district_code"])
        key = f"attendance_{_number(detail)}_{_version(detail)}"
        chosen = st.multiselect("参会部门和县区", list(known), [code for code in codes if code in known],
                                format_func=known.__getitem__, placeholder="输入名称查找", select_all=False,
                                key=key)  # fmt: skip
        outlines = dict(zip(codes, there["outline"], strict=True))
        texts = {code: st.text_area(f"{plain(known[code])}汇报提纲", outlines.get(code, ""), height=70, max_chars=5000,
                                    key=f"{key}_{code}") for code in chosen}  # fmt: skip
        st.caption("部门现场参会，县区视频参会。")
        if st.button("保存参会单位", type="primary", key=f"{key}_save"):
            asked = [meetings.Participant(code, None, True, text) if code in units else
                     meetings.Participant(None, code, False, text) for code, text in texts.items()]  # fmt: skip
            command = meetings.SetAttendance(_number(detail), _version(detail), asked)
            if list_actions.tried(meetings.set_attendance, command)[0]:
                _done("参会单位已保存")


def _promises(detail: MeetingDetail) -> None:
    if detail.before is None or detail.promises.empty:
        st.caption("上一次会议没有公开承诺的事项。")
        return
    kept = detail.promises["is_kept"]
    st.markdown(f"**第{detail.before}次会议公开承诺{len(kept)}项，已兑现{int(kept.sum())}项**")
    words = ["已兑现" if k else "未兑现" if text else "未登记"
             for k, text in zip(kept, detail.promises["delivery"], strict=True)]  # fmt: skip
    _table(detail.promises.assign(kept=words), PROMISES, "上月承诺兑现情况", "没有承诺")


def _outcomes(detail: MeetingDetail, view: ListView) -> None:
    _table(detail.outcomes, OUTCOMES, f"第{detail.row['meeting_no']}次会议成效", "还没有登记成效")
    if not may_write() or detail.topics.empty:
        return
    titles = topics_of(detail)
    with st.expander("登记成效", icon=":material/add:", key="outcome_new"):
        key = form_key("成效")
        with st.form(f"outcome_{key}", border=False, enter_to_submit=False):
            with st.grid(4, min_column_width=160, gap="small"):
                topic = st.selectbox("选题", list(titles), format_func=titles.__getitem__)
                kind = st.selectbox("类型", list(OUTCOME_KINDS), format_func=OUTCOME_KINDS.__getitem__)
                amount = st.number_input("数量", 0.0, None, None, key=f"outcome_amount_{key}")
                unit = st.text_input("单位", max_chars=16, key=f"outcome_unit_{key}", autocomplete="off")
            title = st.text_input("成效（必填）", max_chars=200, key=f"outcome_title_{key}", autocomplete="off")
            evidence = st.text_area("依据（必填）", max_chars=5000, height=70, key=f"outcome_evidence_{key}")
            day = st.date_input("日期（必填）", view.today, format="YYYY-MM-DD", key=f"outcome_day_{key}")
            sent = st.form_submit_button("保存", type="primary")
        if sent:
            command = NoteOutcome(
                topic, kind, title, list_register.day(day), evidence, amount, unit, _number(detail), key
            )
            if list_actions.tried(note_outcome, command)[0]:
                next_form("成效")
                _done("成效已登记")


def _frozen(detail: MeetingDetail, view: ListView) -> None:
    if detail.topics.empty:
        st.caption("列入选题后，可在会前定格选题的工单数据。")
    for topic in detail.topics.to_dict("records"):
        number = int(topic["topic_id"])
        st.markdown(f"**{plain(topic['title'])}**")
        scopes = loaders.ask_records(answers.topic_scopes, view, number)
        today = None if scopes is None else loaders.ask(answers.topic_volume, scopes, detail.row["held_on"])
        if today is None:
            st.caption("选题限定到乡镇街道，或事项与地域相互交叉，暂不能按选题汇总工单，不作定格。")
            continue
        frozen = detail.frozen[detail.frozen["topic_id"] == number] if len(detail.frozen) else detail.frozen
        if frozen.empty:
            st.caption(f"尚未定格。{today.period.label}现在受理{today.figures['received']:,}件。")
        else:
            shown = {str(key): value for key, value in frozen.iloc[0].items()}
            table = answers.frozen_beside_today(shown, today, loaders.pointer().version)
            _table(table, BESIDE, f"{topic['title']}定格与现在", "没有定格数据")
            st.caption(f"{today.period.label}数据；{moment(shown['frozen_at'])}定格，数据截至{as_of(shown['as_of'])}，"
                       f"数据版本{plain(shown['data_version'])}，"
                       f"口径版本{plain(shown['definition_version'])}")  # fmt: skip
        if (
            may_write()
            and detail.row["held_on"] >= view.today
            and (frozen.empty or detail.row["state"] == "planned")
            and st.button("定格现在的数据", key=f"freeze_{number}", icon=":material/lock:")
        ):
            pointer = loaders.pointer()
            command = freeze.FreezeFigures(_number(detail), number, "volume", today.figures, pointer.version,
                                           today.definition_version, pointer.as_of)  # fmt: skip
            if list_actions.tried(freeze.freeze_figures, command)[0]:
                _done("数据已定格，会后不再改变")


def _papers(detail: MeetingDetail) -> None:
    row = detail.row
    for key, label in _TEXTS.items():
        st.markdown(f"**{label}**")
        st.text(row[key] or "未填写")
    if not may_write():
        return
    with st.expander("修改会议", icon=":material/edit:", key="meeting_edit"):
        key = f"meeting_{_number(detail)}_{_version(detail)}"
        with st.form(key, border=False, enter_to_submit=False):
            with st.grid(4, min_column_width=170, gap="small"):
                states = list(MEETING_STATES)
                state = st.selectbox("状态", states, states.index(row["state"]), format_func=MEETING_STATES.__getitem__)
                day = st.date_input("会议日期", row["held_on"], format="YYYY-MM-DD")
                place = st.text_input("地点", row["place"], max_chars=100, autocomplete="off")
                chair = st.text_input("主持人", row["chair"], max_chars=64, autocomplete="off")
            texts = {name: st.text_area(label, row[name], height=80, max_chars=5000) for name, label in _TEXTS.items()}
            sent = st.form_submit_button("保存", type="primary")
        if sent:
            values = {"state": state, "held_on": list_register.day(day), "place": place, "chair": chair, **texts}
            command = meetings.EditMeeting(_number(detail), _version(detail), values)
            if list_actions.tried(meetings.edit_meeting, command)[0]:
                _done("会议已保存")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)
