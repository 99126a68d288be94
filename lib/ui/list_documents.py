"""Letters of a list item: issue one with its number, download as issued, void a number, hand out reply sheets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from lib import loaders
from lib.access.roles import NotAllowedError
from lib.access.shared import shared_assessment
from lib.answers import ItemDetail, ListView
from lib.commands import CommandError
from lib.commands.lists.desk import Desk
from lib.commands.lists.documents import (
    Issued,
    IssueDocument,
    VoidDocument,
    document_content,
    issue,
    void_document,
)
from lib.config import Settings
from lib.documents import letter_words, letters, reply_sheet
from lib.documents.docx_template import Groups, TemplateError
from lib.lists import letters as rules
from lib.lists import reply
from lib.lists.process import refusal
from lib.schema.list_terms import LIST_KINDS
from lib.ui import empty, list_actions, show
from lib.ui.form_keys import form_key, next_form
from lib.ui.words import plain

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PART = "文书"
UNNUMBERED = "（预览，未取号）"
# Session keys: the letter that is being written (its form key), what was just issued, the number to be voided.
_ISSUED, _VOIDING = "_letter_issued", "_letter_voiding"
Content = Callable[[str, str], bytes]


def panel(detail: ItemDetail, view: ListView) -> None:
    """Everything about the letters of one item."""
    row = detail.row
    if refusal("document", view.person, row["list_kind"], row["state"]) is None:
        _issue_about(detail, view)
    _numbers(detail, view)
    _reply_sheets(detail, view)


def _issue_about(detail: ItemDetail, view: ListView) -> None:
    row = detail.row
    kinds = rules.issued_by(row["list_kind"], row["state"])
    key = form_key(PART)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        kind = st.selectbox("文书", kinds, format_func=lambda k: rules.LETTERS[k].label, key=f"letter_kind_{key}",
                            width=200)  # fmt: skip
        if kind is None:
            return
        unit_code = _unit(detail, view, key) if rules.LETTERS[kind].recipient == "unit" else None
        receiver = _receiver(detail, view, key) if rules.LETTERS[kind].recipient == "receiver" else ""
        said = {"接收单位": receiver} if receiver else {}
        if rules.LETTERS[kind].asks:
            with st.popover("补充内容", icon=":material/edit_note:"):
                said |= _asked(kind, detail, view, key)
        title = rules.titled(rules.LETTERS[kind], row["title"], LIST_KINDS[row["list_kind"]])
        words, groups = letter_words.about_item(kind, detail, view.profile, view.today, unit_code, view.names, said)
        content = content_of(kind, view, words, groups)
        preview(kind, title, content)
        command = IssueDocument(row["item_no"], kind, title, unit_code, form_key=key,
                                content=lambda number: content(number, title))  # fmt: skip
        st.button("取号并出具", type="primary", key=f"letter_issue_{key}", on_click=issued, args=(command,))
    if kind == "urging" and detail.urgings.empty:
        st.caption("尚未登记催办。先办理“催办”，催办通知单会写明本次级别和回复时限。")
    said_issued(has_link=False)


def content_of(kind: str, view: ListView, words: Mapping[str, str], groups: Groups) -> Content:
    """How the letter is made once its number and title are known."""
    folder = Settings.from_env().data_dir

    def make(number: str, title: str) -> bytes:
        return letters.letter(kind, view.profile, folder, {**words, "文号": number, "标题": title}, groups)

    return make


def preview(kind: str, title: str, content: Content) -> None:
    """A link to the letter without a number; a template that cannot be used is said instead."""
    try:
        # Made now, so that a fault of the template is seen before anybody takes a number.
        draft = content(UNNUMBERED, title)
    except TemplateError as error:
        st.error(plain(error), icon=":material/description:")
        return
    show.download("预览", lambda: draft, f"预览_{rules.LETTERS[kind].label}.docx", DOCX, icon="visibility")


def _unit(detail: ItemDetail, view: ListView, key: str) -> str | None:
    """Whom the letter goes to: the lead unit unless another responsible one is chosen."""
    codes = responsible(detail)
    if not codes:
        st.caption("还没有责任单位")
        return None
    return st.selectbox("主送单位", codes, format_func=lambda code: view.names.get(code, code),
                        key=f"letter_unit_{key}", width=260)  # fmt: skip


def responsible(detail: ItemDetail) -> list[str]:
    """Codes of the units responsible now, the lead unit first."""
    row = detail.row
    return list(dict.fromkeys(filter(None, (row["lead_unit_code"], *row["supporting_unit_codes"]))))


def _receiver(detail: ItemDetail, view: ListView, key: str) -> str:
    names = letter_words.receiver_names(view.profile)
    chosen = st.selectbox("接收单位", list(names), format_func=lambda k: names[k], key=f"letter_receiver_{key}",
                          width=260)  # fmt: skip
    return names[chosen] if chosen else ""


def _asked(kind: str, detail: ItemDetail, view: ListView, key: str) -> dict[str, str]:
    """What the clerk adds; what the item knows already stands in it."""
    known, _ = letter_words.about_item(kind, detail, view.profile, view.today, None, view.names, {})
    said = {}
    for name, help_text in rules.LETTERS[kind].asks.items():
        begun = known.get(name, "")
        said[name] = st.text_area(name, begun if begun != letter_words.NOTHING else "", help=help_text, height=80,
                                  max_chars=1000, key=f"letter_{name}_{kind}_{key}")  # fmt: skip
    return said


def issued(command: IssueDocument) -> None:
    """Issue the letter (for callbacks). The next run says what came of it."""
    try:
        done: Issued = list_actions.carry_out(issue, command)
    except (CommandError, NotAllowedError, TemplateError) as error:
        st.session_state[_ISSUED] = (None, str(error))
    else:
        # The button goes with the form: a second click of the same hand finds nothing to press.
        next_form(PART)
        st.session_state[_ISSUED] = (done.document_id, done.document_no)
        list_actions.look_at(PART)


def said_issued(*, has_link: bool) -> None:
    """Say what became of the letter that was just issued. has_link: with its link, where no list follows."""
    document_id, words = st.session_state.pop(_ISSUED, (None, ""))
    if document_id is None:
        if words:
            st.error(plain(words), icon=":material/block:")
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.success(f"已出具 {plain(words)}", icon=":material/check:", width=360)
        if has_link:
            link(document_id, words, loaders.desk())


def link(document_id: int, document_no: str, desk: Desk, label: str = "下载") -> None:
    """A link to a letter as it was issued."""
    store = shared_assessment(Settings.from_env())

    def make() -> bytes:
        with store.reading() as conn:
            return document_content(conn, desk, document_id)[1]

    show.download(label, make, f"{document_no}.docx", DOCX, icon="download", facts=(("文号", document_no),))


def _numbers(detail: ItemDetail, view: ListView) -> None:
    """The numbers of the item, void ones included."""
    if detail.documents.empty:
        empty.not_shown("文号", "还没有出具过文书")
        return
    row, desk = detail.row, loaders.desk()
    may_void = refusal("void_document", view.person, row["list_kind"], row["state"]) is None
    for document in detail.documents.to_dict("records"):
        number, is_void = str(document["document_no"]), not pd.isna(document["voided_at"])
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.markdown(f"**{plain(number)}**　{rules.LETTERS[document['kind']].label}", width="content")
            about = [document["unit"], f"{document['made_at']:%Y-%m-%d %H:%M}", document["by_name"]]
            st.caption("　".join(plain(part) for part in about if isinstance(part, str) and part), width="content")
            if is_void:
                st.caption(f"已作废：{plain(document['void_reason'])}", width="content")
            link(int(document["document_id"]), number, desk)
            if may_void and not is_void:
                st.button("作废", key=f"void_{number}", type="tertiary", on_click=begin_void,
                          args=(int(document["document_id"]), number))  # fmt: skip
    void_dialog()


def begin_void(document_id: int, document_no: str) -> None:
    """Ask about voiding a number (for callbacks)."""
    st.session_state[_VOIDING] = (document_id, document_no)


def void_dialog() -> None:
    """The question about voiding, if it was asked."""
    asked = st.session_state.get(_VOIDING)
    if asked is not None:
        st.dialog("作废文号", on_dismiss=lambda: st.session_state.pop(_VOIDING, None))(_void)(*asked)


def _void(document_id: int, document_no: str) -> None:
    st.markdown(f"**{plain(document_no)}** 作废后仍然可见，文号不再使用。")
    with st.form("void_document", border=False, enter_to_submit=False):
        reason = st.text_area("作废原因（必填）", max_chars=200, height=80)
        pressed = st.form_submit_button("确认作废", type="primary")
    if not pressed:
        return
    done, _ = list_actions.tried(void_document, VoidDocument(document_id, reason or ""))
    if done:
        st.session_state.pop(_VOIDING, None)
        list_actions.say(f"{document_no} 已作废")
        list_actions.look_at(PART)
        st.rerun()


def _reply_sheets(detail: ItemDetail, view: ListView) -> None:
    """The one-page reply sheet for each unit that answers now; a unit gets its own."""
    codes = [code for code in responsible(detail) if view.reach is None or code in view.reach]
    if not codes or detail.row["assigned_on"] is None:
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown("**办理情况回复表**", width="content")
        code = codes[0]
        if len(codes) > 1:
            code = st.selectbox("回复单位", codes, format_func=lambda c: view.names.get(c, c), width=260,
                                label_visibility="collapsed", key="reply_sheet_unit")  # fmt: skip
        number, printed = _sheet_words(detail.row, view, code)
        mark = letters.DEMO_MARK if view.profile.is_fictional else ""
        name = f"回复表_{detail.row['item_no']}_{view.names.get(code, code)}"
        show.download("文字版", lambda: reply_sheet.as_docx(printed, number, mark), f"{name}.docx", DOCX,
                      icon="download")  # fmt: skip
        show.download("表格版", lambda: reply_sheet.as_xlsx(printed, number, mark), f"{name}.xlsx", show.XLSX,
                      icon="download")  # fmt: skip
        st.caption("随文书发给单位，单位填好报回后在“文书与催办”导入，无须登录。", width="content")


def _sheet_words(row: Mapping[str, Any], view: ListView, code: str) -> tuple[str, dict[str, str]]:
    number = reply.number(view.profile.city, row["item_no"], code)
    return number, reply.printed(row, view.profile.offices[row["list_kind"]], view.names.get(code, code))
