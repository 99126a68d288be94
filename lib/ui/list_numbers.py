"""文号登记 of a list, and the letters about the list as a whole: 督查专报, 督查通报."""

from __future__ import annotations

from datetime import date

import streamlit as st

from lib import answers, loaders
from lib.answers import ListView
from lib.commands.lists.documents import IssueDocument
from lib.documents import briefing, xlsx
from lib.lists import letters as rules
from lib.lists.process import RESOURCES
from lib.schema.list_terms import LIST_KINDS
from lib.ui import empty, list_actions, list_documents, show
from lib.ui.form_keys import form_key
from lib.ui.words import plain

_COLUMNS: show.Columns = {
    "document_no": show.column("文号", width=20), "kind_label": show.column("文书", width=12),
    "about": show.column("事项或标题", width=40), "item_no": show.column("编号", width=13),
    "unit": show.column("主送单位", width=28), "made_at": show.column("出具时间", "moment"),
    "by_name": show.column("出具人", width=14), "standing": show.column("状态", width=8),
    "void_reason": show.column("作废原因", width=24),
}  # fmt: skip


def register(list_kind: str, view: ListView) -> None:
    """Every number of a year, void ones included; a click on a row offers its file."""
    list_actions.said()
    years = loaders.ask_records(answers.document_years, view)
    year = st.selectbox("年度", years, format_func=lambda y: f"{y}年", width=120, label_visibility="collapsed",
                        key="register_year")  # fmt: skip
    frame = loaders.ask_records(answers.document_register, view, year or view.today.year, list_kind)
    if frame.empty:
        empty.not_shown("文号登记", f"{year}年{LIST_KINDS[list_kind]}还没有出具文书")
        return
    void = int((frame["standing"] == "已作废").sum())
    name = f"{LIST_KINDS[list_kind]}文号登记"
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"共 **{len(frame)}** 号" + (f"，其中作废 **{void}** 号" if void else ""), width="content")
        fields, facts = show.fields(frame, _COLUMNS), show.record_facts(f"{year}年", len(frame))
        show.download(show.EXPORT, lambda: xlsx.workbook(frame[list(fields)], fields, name, facts), f"{name}.xlsx",
                      show.XLSX, facts=facts, rows=len(frame))  # fmt: skip
    chosen = show.grid(frame, _COLUMNS, name, height=430 if len(frame) > 10 else "content", select=True)
    if not chosen:
        st.caption("点击一行，下载出具时的原件或作废文号。")
    else:
        picked = frame.iloc[chosen[0]]
        may_void = picked["standing"] == "有效" and view.person.may(RESOURCES[list_kind], "write")
        item_no = picked["item_no"] if isinstance(picked["item_no"], str) else ""
        _picked(str(picked["document_no"]), int(picked["document_id"]), str(picked["about"]), item_no, may_void)
    list_documents.void_dialog()


def _picked(number: str, document_id: int, title: str, item_no: str, may_void: bool) -> None:
    """What may be done with the number that was clicked."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown(f"**{plain(number)}**　{plain(title)}", width="content")
        list_documents.link(document_id, number, loaders.desk())
        if item_no:
            st.page_link("pages/list_item.py", label="打开事项", query_params={"no": item_no})
        if may_void:
            st.button("作废", key=f"register_void_{number}", type="tertiary", on_click=list_documents.begin_void,
                      args=(document_id, number))  # fmt: skip


def about_list(list_kind: str, view: ListView) -> None:
    """Issue a letter about the whole list, with the figures as they stand now."""
    key, kinds = form_key(list_documents.PART), rules.issued_by(list_kind)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        kind = st.selectbox("文书", kinds, format_func=lambda k: rules.LETTERS[k].label, width=180,
                            key=f"list_letter_{key}")  # fmt: skip
        period = st.date_input("统计期间", (view.today.replace(day=1), view.today), max_value=view.today,
                               format="YYYY-MM-DD", key=f"list_letter_period_{key}", width=260)  # fmt: skip
    if kind is None or not isinstance(period, tuple) or len(period) < 2:
        st.caption("请选择统计期间的首日和末日。")
        return
    usual = rules.titled(rules.LETTERS[kind], "", LIST_KINDS[list_kind])
    title = st.text_input("标题", usual, max_chars=100, key=f"list_letter_title_{kind}_{key}", autocomplete="off")
    said = {
        name: st.text_area(name, help=help_text, placeholder=help_text, height=100, max_chars=2000,
                           key=f"list_letter_{name}_{key}")
        for name, help_text in rules.LETTERS[kind].asks.items()
    }  # fmt: skip
    _issue(kind, list_kind, view, title or usual, (period[0], period[1]), said)


def _issue(
    kind: str, list_kind: str, view: ListView, title: str, period: tuple[date, date], said: dict[str, str]
) -> None:
    items = loaders.ask_records(answers.list_items, view, list_kind)
    words, groups = briefing.about_list(kind, items, list_kind, view.profile, view.today, period, said)
    st.text(words["总体情况"])
    key, content = form_key(list_documents.PART), list_documents.content_of(kind, view, words, groups)
    command = IssueDocument(None, kind, title, list_kind=list_kind, form_key=key,
                            content=lambda number: content(number, title))  # fmt: skip
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        list_documents.preview(kind, title, content)
        st.button("取号并出具", type="primary", key=f"list_letter_issue_{key}", on_click=list_documents.issued,
                  args=(command,))  # fmt: skip
    list_documents.said_issued(has_link=True)
