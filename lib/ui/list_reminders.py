"""每日催办: a text per unit to copy, the phone list, and the way to the city's messenger where there is one."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from lib import answers, loaders
from lib.access.shared import shared_assessment
from lib.answers import ListView
from lib.commands.lists.reminders import SendReminders, Sent, send_reminders
from lib.config import Settings
from lib.documents import xlsx
from lib.lists.process import RESOURCES
from lib.lists.reminders import Reminder, by_unit
from lib.schema.list_terms import LIST_KINDS
from lib.ui import empty, jobs, show
from lib.ui.words import plain

SHOWN = 12
_PHONES: show.Columns = {
    "unit": show.column("单位", width=30), "leader": show.column("责任领导", width=12),
    "person": show.column("责任人", width=12), "phone": show.column("联系电话", width=18),
    "overdue": show.column("逾期件数", "count"), "near": show.column("临期件数", "count"),
    "item_nos": show.column("事项编号", width=30), "text": show.column("提醒内容", width=60),
}  # fmt: skip
_SENT: show.Columns = {"unit": show.column("单位", width=30), "outcome": show.column("结果", width=40)}


def panel(list_kind: str, view: ListView) -> None:
    """Today's reminders of a list, for its clerks."""
    if not view.person.may(RESOURCES[list_kind], "write"):
        empty.not_shown("每日催办", f"由{view.profile.offices[list_kind]}办理")
        return
    items = loaders.ask_records(answers.list_items, view, list_kind)
    rows = [{str(k): v for k, v in row.items()} for row in items.to_dict("records")]
    found = by_unit(rows, list_kind, view.profile, view.today)
    if not found:
        empty.state("今天没有要催的", f"没有临期（{view.profile.near_days}个工作日内）或逾期的在办事项。",
                    icon=":material/task_alt:")  # fmt: skip
        return
    overdue, near = sum(r.overdue for r in found), sum(r.near for r in found)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"今天要提醒 **{len(found)}** 个单位：逾期 **{overdue}** 件、临期 **{near}** 件", width="content")
        with st.container(horizontal=True, gap="small", vertical_alignment="center", width="content"):
            _phone_list(found, list_kind, view)
            _messenger(found, list_kind, view)
    _outcomes(_job_key(list_kind, view, found))
    _texts(found)


def _texts(found: list[Reminder]) -> None:
    """One text per unit; its corner copies it."""
    st.caption("指向文字，点右上角即复制，可直接发到工作群；内容不含个人信息。")
    all_shown = len(found) <= SHOWN or st.toggle(f"显示全部{len(found)}个单位", key="reminders_all")
    for first in range(0, len(found) if all_shown else SHOWN, 2):
        for place, reminder in zip(st.columns(2, gap="small"), found[first : first + 2], strict=False):
            with place:
                sign = f"▲ 逾期{reminder.overdue}件" if reminder.overdue else f"△ 临期{reminder.near}件"
                st.markdown(f"**{plain(reminder.unit)}**　:gray[{sign}]")
                st.code(reminder.text, language=None, wrap_lines=True)


def _phone_list(found: list[Reminder], list_kind: str, view: ListView) -> None:
    frame = pd.DataFrame([
        {"unit": r.unit, "leader": r.leader, "person": r.person, "phone": r.phone, "overdue": r.overdue,
         "near": r.near, "item_nos": "、".join(r.item_nos), "text": r.text}
        for r in found
    ])  # fmt: skip
    name = f"{LIST_KINDS[list_kind]}催办电话表"
    fields, facts = show.fields(frame, _PHONES), show.record_facts("临期和逾期的在办事项", len(frame))
    show.download("导出电话表", lambda: xlsx.workbook(frame, fields, name, facts), f"{name}.xlsx", show.XLSX,
                  icon="call", facts=facts, rows=len(frame))  # fmt: skip


def _job_key(list_kind: str, view: ListView, found: list[Reminder]) -> str:
    """Sent once a day and person for the same reminders, however often the button is pressed."""
    return f"remind:{list_kind}:{view.person.account}:{view.today}:{hash(tuple(found))}"


def _messenger(found: list[Reminder], list_kind: str, view: ListView) -> None:
    """The button that sends, where the city has set an address."""
    settings = Settings.from_env()
    if settings.webhook_url is None:
        return
    key, desk = _job_key(list_kind, view, found), loaders.desk()
    store, command = shared_assessment(settings), SendReminders(list_kind, tuple(found))

    def send() -> None:
        jobs.start(key, lambda tell: send_reminders(store, desk, command, settings.webhook_url, tell))

    st.button(f"发送到消息群（{len(found)}条）", key="reminders_send", on_click=send, icon=":material/send:",
              disabled=jobs.find(key) is not None)  # fmt: skip


def _outcomes(key: str) -> None:
    """How the sending goes, and what became of each message."""
    job = jobs.find(key)
    if job is None:
        return
    if not job.is_done:
        jobs.watch(key)
        return
    if job.error is not None:
        st.error(plain(job.error), icon=":material/block:")
    else:
        sent: list[Sent] = job.result
        failed = [s for s in sent if not s.is_sent]
        st.success(f"已发送 {len(sent) - len(failed)} 条", icon=":material/check:")
        if failed:
            st.warning(f"{len(failed)} 条没有发出，请改用复制或电话", icon=":material/warning:")
            show.grid(pd.DataFrame([s.__dict__ for s in failed]), _SENT, "未发出的提醒", height="content")
    st.button("知道了", key="reminders_seen", on_click=jobs.forget, args=(key,))
