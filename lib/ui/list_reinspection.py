"""Parts of 复核与回头看: tickets that citizens are not satisfied with, and closed-out items whose day has come."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from lib import answers, loaders
from lib.commands.lists.reinspections import (
    QueueTickets,
    Reinspect,
    ReviewTicket,
    queue_tickets,
    reinspect,
    review_ticket,
)
from lib.lists.process import RESOURCES
from lib.metrics.formats import show_count
from lib.schema.list_terms import REINSPECTION_VERDICTS
from lib.scope import Scope
from lib.ui import empty, list_actions, list_register, list_rows, show, sitemap
from lib.ui.words import plain

QUEUE, DUE, DONE = "不满意工单复核", "回头看任务", "已登记的回头看"
TASKS = "工单核查任务"
SHOWN = 500
# Working days that a review is given unless another day is chosen.
REVIEW_DAYS = 10
QUEUE_COLUMNS: show.Columns = {
    "ticket_no": show.column("工单编号", width=18), "title": show.column("标题", width=44),
    "satisfaction": show.column("满意度", width=10), "resolution": show.column("是否解决", width=10),
    "unit": show.column("主办单位", width=26), "received_at": "受理时间", "closed_at": "办结时间",
    "round_count": show.column("办理轮次", "count"), "district": show.column("区县", width=14),
    "queued": show.column("复核期限", "date"),
}  # fmt: skip
DUE_COLUMNS: show.Columns = {
    "item_no": show.column("编号", width=14), "title": show.column("事项", width=44),
    "unit": show.column("责任单位", width=26), "kind_label": show.column("方式", width=14),
    "closed_on": show.column("销号日期", "date"), "due_on": show.column("应于", "date"),
    "days_words": show.column("倒计时", width=12),
}  # fmt: skip
DONE_COLUMNS: show.Columns = {
    "item_no": show.column("编号", width=14), "title": show.column("事项", width=44),
    "unit": show.column("责任单位", width=26), "kind_label": show.column("方式", width=14),
    "due_on": show.column("应于", "date"), "done_at": "登记时间", "early_words": show.column("早晚", width=12),
    "done_by": show.column("登记人", width=14), "verdict_label": show.column("结果", width=14),
    "note": show.column("情况", width=40),
}  # fmt: skip
TASK_COLUMNS: show.Columns = {
    "ticket_no": show.column("工单编号", width=20), "kind_label": show.column("方式", width=16),
    "due_on": show.column("完成期限", "date"), "days_words": show.column("倒计时", width=12),
}  # fmt: skip


def queue(scope: Scope) -> None:
    """Tickets of the scope that citizens are not satisfied with, without those that were reviewed; newest first."""
    reviews = loaders.ask_records(answers.ticket_reviews, loaders.list_view(), "unsatisfied")
    total = loaders.ask(answers.ticket_count, scope, answers.DISSATISFIED)
    found = loaders.ask(answers.ticket_list, scope, answers.DISSATISFIED, None, SHOWN + len(reviews))
    keys = list(zip(found["source_code"], found["ticket_no"], strict=True))
    done = reviews[reviews["done_at"].notna()]
    reviewed = set(zip(done["source_code"], done["ticket_no"], strict=True))
    waits = reviews[reviews["done_at"].isna()]
    due: dict[Any, Any] = dict(zip(zip(waits["source_code"], waits["ticket_no"], strict=True), waits["due_on"],
                                   strict=True))  # fmt: skip
    frame = found.assign(queued=pd.Series([due.get(key) for key in keys], found.index, dtype=object))
    frame = frame[pd.Series([key not in reviewed for key in keys], index=frame.index, dtype=bool)].head(SHOWN)
    in_scope = sum(key in reviewed for key in keys)
    st.caption(
        f"{plain(scope.period.label)}受理、评价不满意或未解决的工单{show_count(total)}件，其中已复核{show_count(in_scope)}件。"
        "点击一行登记复核结果"
        + ("；勾选左边的方框可以列入复核任务、定下期限。" if list_register.may_write() else "。")
        + (f"只列最新的{show_count(SHOWN)}件。" if len(frame) == SHOWN else "")
    )
    if frame.empty:
        empty.state(f"{scope.period.label}没有待复核的工单", "评价不满意或未解决的工单都已复核；可以换一个统计期查看。")
        return
    _queueing(list_rows.ticked(frame, QUEUE))
    list_rows.table(frame, QUEUE_COLUMNS, QUEUE, height=560, ticks=list_register.may_write())
    opened = list_rows.opened(QUEUE)
    if opened is not None:
        st.dialog("不满意工单复核", width="medium", on_dismiss=lambda: list_rows.close(QUEUE))(_review)(opened)


def _queueing(ticked: pd.DataFrame) -> None:
    """Set the ticked tickets down for review by a day; they stand under 回头看任务 until somebody has looked."""
    if ticked.empty:
        return
    view = loaders.list_view()
    usual = view.profile.days.after(view.today, REVIEW_DAYS)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        st.markdown(f"已选 **{len(ticked)}** 件", width="content")
        day = st.date_input("复核期限", usual, format="YYYY-MM-DD", width=160,
                            key="queue_due")  # fmt: skip
        pressed = st.button("列入复核任务", type="primary", key="queue_tickets")
    due_on = list_register.day(day)
    if not pressed or due_on is None:
        return
    keys = tuple(zip(ticked["source_code"], ticked["ticket_no"], strict=True))
    done, new = list_actions.tried(queue_tickets, QueueTickets(keys, due_on))
    if done:
        rest = len(keys) - new
        list_rows.untick(QUEUE)
        list_actions.say(
            f"已列入复核任务{new}件，期限{due_on}" + (f"；另有{rest}件已在任务中，期限不变" if rest else "")
        )
        st.rerun()


def _review(ticket: dict[str, Any]) -> None:
    st.markdown(f"**{plain(ticket['title'])}**")
    said = [ticket["ticket_no"], ticket["unit"], ticket["satisfaction"], ticket["resolution"]]
    st.caption(plain("　".join(str(word) for word in said if word)))
    list_rows.ticket_link(ticket["source_code"], ticket["ticket_no"])
    entered = outcome("复核情况", ticket[list_rows.FORM])
    if entered is None:
        return
    verdict, note = entered
    command = ReviewTicket((ticket["source_code"], ticket["ticket_no"]), verdict, note, ticket[list_rows.FORM])
    done, _ = list_actions.tried(review_ticket, command)
    if done:
        list_rows.close(QUEUE)
        list_actions.say(f"工单 {ticket['ticket_no']} 复核结果已登记：{REINSPECTION_VERDICTS[verdict]}")
        st.rerun()


def outcome(label: str, form: str) -> tuple[str, str] | None:
    """Ask for verdict and words; what was entered once it is sent, else None. Those who only read are told so."""
    if not list_register.may_write():
        st.caption("由热线中心或督查局登记结果。")
        return None
    with st.form(f"outcome_{form}", border=False, enter_to_submit=False):
        verdict = st.segmented_control("结果", list(REINSPECTION_VERDICTS), key=f"verdict_{form}",
                                       format_func=lambda key: REINSPECTION_VERDICTS[key])  # fmt: skip
        note = st.text_area(label, key=f"note_{form}", max_chars=2000, height=100,
                            placeholder="核查方式、看到的情况；不要填写群众姓名和电话")  # fmt: skip
        sent = st.form_submit_button("登记结果", type="primary")
    if sent and verdict is None:
        st.error("请选择结果", icon=":material/edit:")
    return (verdict, note) if sent and verdict is not None else None


def due_items() -> None:
    """Re-inspections of closed-out items, the most urgent first; outcome by a click, and what was found so far."""
    frame = loaders.ask_records(answers.item_reinspections, loaders.list_view())
    waits = frame[frame["done_at"].isna() & (frame["state"] == "closed")]
    person = loaders.identity()
    own = [kind for kind, resource in RESOURCES.items() if person.may(resource, "write")]
    if own:
        # A clerk's tasks are those of the own list.
        waits = waits[waits["list_kind"].isin(own)]
    waits = waits.assign(days_words=[list_rows.countdown(days) for days in waits["days_left"]])
    _reopening()
    if waits.empty:
        empty.state("没有待办的回头看", "事项销号后，系统按规定天数自动列出回头看任务。", icon=":material/task_alt:")
    else:
        late = int((waits["days_left"] < 0).sum())
        st.caption(
            f"待回头看{len(waits)}件" + (f"，其中超过应办日期**{late}件**" if late else "") + "。点击一行登记结果。"
        )
        list_rows.table(waits, DUE_COLUMNS, DUE)
    opened = list_rows.opened(DUE)
    if opened is not None:
        st.dialog("登记回头看", width="medium", on_dismiss=lambda: list_rows.close(DUE))(_look_again)(opened)
    _tasks()
    done = frame[frame["done_at"].notna()].sort_values("done_at", ascending=False)
    if not done.empty:
        done = done.assign(early_words=[_early(days) for days in done["days_early"]])
        show.table(done, DONE_COLUMNS, DONE, title=DONE, height=320 if len(done) > 8 else "content")


def _early(days: int) -> str:
    """△ 提前12天, 按期, ▲ 超3天: a check that came before its day says less about whether the matter stays solved."""
    return f"△ 提前{days}天" if days > 0 else "按期" if days == 0 else f"▲ 超{-days}天"


def _tasks() -> None:
    """Tickets that were set down for review or drawn into a sample and wait, the most urgent first."""
    view = loaders.list_view()
    kinds = [loaders.ask_records(answers.ticket_reviews, view, kind) for kind in ("unsatisfied", "sample")]
    waits = pd.concat([frame[frame["done_at"].isna()] for frame in kinds]).sort_values("due_on", kind="stable")
    if waits.empty:
        return
    waits = waits.assign(days_words=[list_rows.countdown(days) for days in waits["days_left"]])
    title = f"{TASKS}{len(waits)}件（点击一行登记结果）"
    list_rows.table(waits, TASK_COLUMNS, TASKS, title=title, height=320, is_scoped=False)
    opened = list_rows.opened(TASKS)
    if opened is not None:
        st.dialog("登记核查结果", width="medium", on_dismiss=lambda: list_rows.close(TASKS))(check)(opened, TASKS)


def check(row: dict[str, Any], name: str) -> None:
    """Register what was found about a ticket that waits; name: the table that it was clicked in."""
    st.markdown(f"工单 **{plain(row['ticket_no'])}**")
    list_rows.ticket_link(row["source_code"], row["ticket_no"])
    if row["done_at"] is not None:
        st.markdown(plain(f"{row['done_by']} 已登记：{row['verdict_label']}"))
        st.text(row["note"] or "没有填写情况")
        return
    verdict = _registered(row)
    if verdict is not None:
        list_rows.close(name)
        list_actions.say(f"工单 {row['ticket_no']} 核查结果已登记：{REINSPECTION_VERDICTS[verdict]}")
        st.rerun()


def _registered(row: dict[str, Any]) -> str | None:
    """The form of a re-inspection; its verdict once it is registered."""
    entered = outcome("核查情况", row[list_rows.FORM])
    if entered is None:
        return None
    verdict, note = entered
    done, _ = list_actions.tried(reinspect, Reinspect(int(row["reinspection_id"]), verdict, note, row[list_rows.FORM]))
    return verdict if done else None


def _look_again(row: dict[str, Any]) -> None:
    st.markdown(f"**{plain(row['title'])}**")
    st.caption(plain(f"{row['item_no']}　{row['unit']}　{row['kind_label']}　{row['closed_on']}销号"))
    list_rows.item_link(row["item_no"])
    verdict = _registered(row)
    if verdict is not None:
        list_rows.close(DUE)
        list_actions.say(f"{row['item_no']} 回头看结果已登记：{REINSPECTION_VERDICTS[verdict]}")
        if verdict == "relapsed":
            st.session_state[_RELAPSED] = row["item_no"]
        st.rerun()


# Session key: the item that was just found to have relapsed.
_RELAPSED = "_reinspection_relapsed"


def _reopening() -> None:
    """Offer to reopen the item that was just found to have relapsed; a person decides."""
    item_no = st.session_state.get(_RELAPSED)
    if item_no is None:
        return
    view = loaders.list_view()
    detail = loaders.ask_records(answers.list_item, view, item_no)
    if detail is None or detail.row["state"] != "closed" or not sitemap.may_open(view.person, "reinspection"):
        st.session_state.pop(_RELAPSED)
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"{plain(item_no)} 已认定未解决或反弹，事项仍是“已销号”。是否重启办理？", width="content")
        st.button("办理反弹重启", type="primary", on_click=list_actions.begin, args=("reopen", item_no))
        st.button("暂不重启", on_click=lambda: st.session_state.pop(_RELAPSED, None))
    list_actions.dialog(detail, view)
