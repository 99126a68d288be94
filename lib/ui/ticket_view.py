"""One ticket in full: fields, masked texts, timeline, rounds, callbacks, repeats."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from lib import answers, loaders
from lib.access.shared import shared_assessment
from lib.answers import TicketDetail
from lib.commands import CommandError
from lib.commands.tickets import REASON_MAX, ReadRestricted, Unmask, read_restricted, unmask
from lib.config import Settings
from lib.ui import empty, filters, list_entry, show
from lib.ui.words import plain

ASKED = "_ticket_asked"
FIELDS_PER_ROW = 3
ROUNDS = {"round_no": "轮次", "unit": "承办单位", "started_at": "派单", "closed_at": "办结"}
CALLBACKS = {
    "attempt_no": "次数", "round_no": "轮次", "called_at": "回访时间", "outcome": "结果", "satisfaction": "满意度",
    "resolution": "是否解决",
}  # fmt: skip
RETURNS = {"return_no": "次数", "unit": "退单单位", "returned_at": "退单时间", "verdict": "裁定"}
EXCLUSIONS = {"label": "剔除类别", "approved_by": "批准人", "approved_on": "批准日期", "evidence": "依据"}


def ask_for(source_code: str, ticket_no: str) -> None:
    """Let this run, or the next one, open a ticket."""
    st.session_state[ASKED] = (source_code, ticket_no)


def open_asked() -> None:
    """Open the ticket that was chosen in the list or named in the address (`ticket=source~number`)."""
    named = st.query_params.pop("ticket", None)
    if named and "~" in named:
        ask_for(*named.split("~", 1))
    asked = st.session_state.pop(ASKED, None)
    if asked:
        _dialog(*asked)


@st.dialog("工单详情", width="large")
def _dialog(source_code: str, ticket_no: str) -> None:
    detail = loaders.ask(answers.ticket_detail, source_code, ticket_no)
    if detail is None:
        empty.state("没有这件工单", f"当前数据中没有编号为 {ticket_no} 的工单。")
        return
    list_entry.enlist_link(tickets=[(source_code, ticket_no)])
    ticket(detail)
    _closer_look(detail)


def ticket(detail: TicketDetail) -> None:
    """Draw a ticket; citizens' words stand in plain text, never as Markdown."""
    st.markdown(f"**{plain(detail.title)}**")
    _fields(detail.fields)
    for label, text in detail.texts.items():
        with st.container(gap=None):
            st.caption(label)
            st.text(text)
    if detail.is_restricted and not loaders.access().restricted:
        st.caption("限制件只计入统计，内容由热线中心和纪委监委查看。")
    _timeline(detail.timeline)
    for title, frame, columns in (
        ("办理轮次", detail.rounds, ROUNDS),
        ("回访", detail.callbacks, CALLBACKS),
        ("退单", detail.returns, RETURNS),
        ("剔除", detail.exclusions, EXCLUSIONS),
    ):
        if not frame.empty:
            show.table(frame, columns, f"{title}_{detail.ticket_no}", title=title, height="content")
    _related(detail.related)


def _closer_look(detail: TicketDetail) -> None:
    """For the roles that may: the text of a restricted class, and one ticket unmasked. The history says so before
    anything is read; what was read stands in this run of the dialog only and nowhere else.
    """
    allowed, store = loaders.access(), shared_assessment(Settings.from_env())
    named = (detail.source_code, detail.ticket_no)
    if detail.is_restricted:
        if not allowed.restricted:
            return
        if st.button("阅读限制件内容", key=f"restricted_{detail.ticket_no}", help="每次阅读都记入审计"):
            read_restricted(store, loaders.identity(), ReadRestricted(*named), now=datetime.now(UTC))
            _words(detail, masked=True)
    if not allowed.unmask:
        return
    with (
        st.form(f"unmask_{detail.ticket_no}", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        reason = st.text_input(
            "查看未脱敏内容：请写明原因，将记入审计",
            key=f"reason_{detail.ticket_no}",
            max_chars=REASON_MAX,
            autocomplete="off",
        )
        asked = st.form_submit_button("查看")
    if asked:
        try:
            unmask(store, loaders.identity(), Unmask(*named, reason, detail.is_restricted), now=datetime.now(UTC))
        except CommandError as error:
            st.warning(str(error))
            return
        _words(detail, masked=False)


def _words(detail: TicketDetail, *, masked: bool) -> None:
    """Title and texts, asked past the cache."""
    found = loaders.later(answers.ticket_words, detail.source_code, detail.ticket_no, masked)()
    st.markdown("**限制件内容**" if masked else "**未脱敏内容**　:gray[关闭窗口后不再显示，请勿抄录、外传]")
    for label, text in (found or {}).items():
        with st.container(gap=None):
            st.caption(label)
            st.text(text)


def _fields(fields: dict[str, str]) -> None:
    with st.grid(FIELDS_PER_ROW, gap="xsmall"):
        for label, text in fields.items():
            st.markdown(f":gray[{label}]　{plain(text)}")


def _timeline(timeline: pd.DataFrame) -> None:
    """Every event in the order of time, one line each."""
    st.markdown("**办理过程**")
    if timeline.empty:
        empty.not_shown("办理过程", "数据源没有提供流转记录")
    with st.container(gap="xxsmall"):
        for event in timeline.to_dict("records"):
            verdict = f"（{event['verdict']}）" if event["verdict"] else ""
            note = f"　:gray[{plain(event['note'])}]" if event["note"] else ""
            when, unit = f"{event['happened_at']:%Y-%m-%d %H:%M}", plain(event["unit"])
            st.markdown(f":gray[{when}]　**{event['label']}**{verdict}　{unit}{note}")


def _related(related: pd.DataFrame) -> None:
    """Earlier and later tickets of the same matter, and reminders, each a link."""
    if related.empty:
        return
    st.markdown("**关联工单**")
    for other in related.to_dict("records"):
        said = (
            other["relation"],
            other["ticket_no"],
            f"{other['received_at']:%Y-%m-%d}",
            other["unit"],
            other["status"],
        )
        named = f"{other['source_code']}~{other['ticket_no']}"
        show.link(plain("　".join(said)), "tickets", filters.current_scope(), ticket=named)
