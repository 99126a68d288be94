"""Evidence and tickets of a list item: look at them, add to them, take them back with a reason."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from lib import loaders
from lib.access.shared import shared_assessment
from lib.answers import ItemDetail, ListView
from lib.answers.list_entry import tickets_by_number
from lib.commands.lists.desk import Desk
from lib.commands.lists.evidence import (
    UNIT_PURPOSES,
    AddEvidence,
    WithdrawEvidence,
    add_evidence,
    read_evidence,
    withdraw_evidence,
)
from lib.commands.lists.links import LinkTickets, UnlinkTicket, link, unlink
from lib.config import Settings
from lib.lists.file_types import KINDS
from lib.lists.process import STEPS, refusal
from lib.schema.list_terms import PURPOSES
from lib.ui import empty, list_actions, show, sitemap
from lib.ui.words import plain

# Session key: the file or ticket whose taking back is asked about.
_TAKE_BACK = "_list_item_take_back"
_NUMBERS = re.compile(r"[\s,，、;；]+")
_UPLOAD_MB = 20


def _may(step: str, detail: ItemDetail, view: ListView) -> bool:
    row = detail.row
    return refusal(step, view.person, row["list_kind"], row["state"]) is None


def _rows(frame: pd.DataFrame) -> list[Any]:
    """Rows with their columns as attributes."""
    return list(frame.itertuples())


def evidence(detail: ItemDetail, view: ListView) -> None:
    """The files, each with its link; those withdrawn stand last, with the reason."""
    if detail.evidence.empty:
        empty.not_shown("佐证材料", "还没有上传")
        return
    may_take_back = _may("withdraw_evidence", detail, view)
    desk = loaders.desk()
    standing_first = detail.evidence.sort_values("withdrawn_at", na_position="first", kind="stable")
    for file in _rows(standing_first):
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.markdown(f"**{file.purpose_label}**", width="content")
            if pd.isna(file.withdrawn_at):
                _link(file, str(detail.row["item_no"]), desk)
                st.caption(_about(file), width="content")
                if may_take_back:
                    st.button("撤下", key=f"withdraw_{file.evidence_id}", type="tertiary", on_click=_ask_back,
                              args=("withdraw_evidence", int(file.evidence_id), str(file.file_name)))  # fmt: skip
            else:
                st.caption(f"~~{plain(file.file_name)}~~　已于{file.withdrawn_at:%Y-%m-%d}撤下："
                           f"{plain(file.withdrawn_reason)}", width="content")  # fmt: skip


def _about(file: Any) -> str:
    parts = [file.size_label, f"{file.added_at:%Y-%m-%d %H:%M}", file.by_name, file.note]
    return "　".join(plain(part) for part in parts if isinstance(part, str) and part)


def _link(file: Any, item_no: str, desk: Desk) -> None:
    store, number = shared_assessment(Settings.from_env()), int(file.evidence_id)

    def content() -> bytes:
        return read_evidence(store, replace(desk, now=datetime.now(UTC)), number)[2]

    # The number keeps files of one name apart; the link says the name alone.
    show.download(file.file_name, content, f"{item_no}-{number}-{file.file_name}", KINDS[file.kind][1],
                  icon="download", facts=[("事项", item_no), ("材料", file.file_name)])  # fmt: skip


def tickets(detail: ItemDetail, view: ListView) -> None:
    """The linked tickets, each opening in 工单查询 where the person may see tickets."""
    if detail.tickets.empty:
        empty.not_shown("关联工单", "还没有关联")
        return
    may_unlink = _may("link", detail, view)
    opens = sitemap.may_open(view.person, "tickets")
    for ticket in _rows(detail.tickets):
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            if opens:
                named = f"{ticket.source_code}~{ticket.ticket_no}"
                st.page_link("pages/tickets.py", label=plain(ticket.ticket_no), query_params={"ticket": named},
                             width="content")  # fmt: skip
            else:
                st.markdown(plain(ticket.ticket_no), width="content")
            st.caption(f"{ticket.linked_at:%Y-%m-%d} 关联　{plain(ticket.by_name or '')}", width="content")
            if may_unlink:
                st.button("取消关联", key=f"unlink_{ticket.source_code}_{ticket.ticket_no}", type="tertiary",
                          on_click=_ask_back,
                          args=("link", (ticket.source_code, ticket.ticket_no), ticket.ticket_no))  # fmt: skip


def _ask_back(step: str, what: Any, name: str) -> None:
    st.session_state[_TAKE_BACK] = (step, what, name)


def _forget_back() -> None:
    st.session_state.pop(_TAKE_BACK, None)


def dialogs(detail: ItemDetail, view: ListView) -> None:
    """The dialog that is open: of uploading, of linking, of taking back."""
    number = str(detail.row["item_no"])
    if list_actions.is_open("attach", number):
        st.dialog(STEPS["attach"].label, on_dismiss=list_actions.close)(_attach)(number, view)
    elif list_actions.is_open("link", number):
        st.dialog(STEPS["link"].label, on_dismiss=list_actions.close)(_link_tickets)(number)
    elif _TAKE_BACK in st.session_state:
        step, what, name = st.session_state[_TAKE_BACK]
        title = "撤下佐证材料" if step == "withdraw_evidence" else "取消关联工单"
        st.dialog(title, on_dismiss=_forget_back)(_take_back)(number, step, what, name)


def _done(words: str, forget: Callable[[], None]) -> None:
    forget()
    list_actions.say(words)
    st.rerun()


def _attach(number: str, view: ListView) -> None:
    """Several files at once, each in a transaction of its own; what was refused stays to be seen."""
    key = list_actions.form_key()
    purposes: dict[str, str] = PURPOSES if view.reach is None else UNIT_PURPOSES
    with st.form(f"attach_{key}", border=False):
        files = st.file_uploader("选择文件", accept_multiple_files=True, max_upload_size=_UPLOAD_MB, key=f"files_{key}",
                                 help=f"PDF、JPEG、PNG、DOCX、XLSX，每个不超过{_UPLOAD_MB} MB")  # fmt: skip
        st.caption(f"可上传版式文件、图片、文字文档和表格，每个不超过{_UPLOAD_MB} MB；按内容识别，不看扩展名。")
        purpose = st.selectbox("用途", list(purposes), list(purposes).index("close_out"), key=f"purpose_{key}",
                               format_func=purposes.__getitem__)  # fmt: skip
        note = st.text_input("说明", max_chars=200, autocomplete="off", key=f"note_{key}")
        pressed = st.form_submit_button("确认上传", type="primary")
    if not pressed:
        return
    if not files:
        st.error("请先选择文件", icon=":material/edit:")
        return
    kept = [
        list_actions.tried(
            add_evidence,
            AddEvidence(number, file.name, file.getvalue(), str(purpose), note, f"{key}-{file.file_id[:23]}"),
        )[0]
        for file in files
    ]
    if all(kept):
        _done(f"{number} 已上传佐证材料 {len(kept)} 份", list_actions.close)
    elif any(kept):
        st.success(f"已保存 {sum(kept)} 份，其余未保存，原因见上。", icon=":material/check:")


def _link_tickets(number: str) -> None:
    key = list_actions.form_key()
    with st.form(f"link_{key}", border=False):
        text = st.text_area("工单编号", placeholder="一行一个，或用顿号隔开", key=f"numbers_{key}", max_chars=2000)
        pressed = st.form_submit_button("确认关联", type="primary")
    numbers = tuple(dict.fromkeys(part for part in _NUMBERS.split(text) if part))
    if not pressed or not numbers:
        return
    found = loaders.ask(tickets_by_number, numbers)
    wrong = [
        f"{no}（{'没有这件工单' if not keys else '多个来源都有此编号'}）"
        for no, keys in found.items()
        if len(keys) != 1
    ]
    if wrong:
        st.error(f"请核对工单编号：{plain('、'.join(wrong))}", icon=":material/block:")
        return
    chosen = [keys[0] for keys in found.values()]
    if list_actions.tried(link, LinkTickets(number, chosen, key))[0]:
        _done(f"{number} 已关联工单 {len(chosen)} 件", list_actions.close)


def _take_back(number: str, step: str, what: Any, name: str) -> None:
    st.text(name)
    with st.form("take_back", border=False):
        reason = st.text_input("原因（必填）", max_chars=200, autocomplete="off")
        pressed = st.form_submit_button("确认", type="primary")
    if not pressed:
        return
    if step == "withdraw_evidence":
        done, _ = list_actions.tried(withdraw_evidence, WithdrawEvidence(number, what, reason))
    else:
        done, _ = list_actions.tried(unlink, UnlinkTicket(number, what[0], what[1], reason))
    if done:
        _done(f"{number} 已办理：{'撤下佐证材料' if step == 'withdraw_evidence' else '取消关联工单'}", _forget_back)
