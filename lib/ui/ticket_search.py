"""The search of tickets: number, words, flags, the part of a figure; in the address, page by page."""

from __future__ import annotations

import re
from typing import Any, get_args

import pandas as pd
import streamlit as st

from lib import answers, loaders
from lib.answers import Part, TicketQuery
from lib.answers.tickets import PAGE
from lib.metrics.catalogue import CATALOGUE
from lib.metrics.formats import show_count
from lib.scope import Scope
from lib.ui import address
from lib.ui.words import plain

PARTS: dict[str, str] = {
    "numerator": "计入分子的工单",
    "denominator": "计入分母的工单",
    "complement": "未计入分子的工单",
}
FLAGS = {
    "open": "未办结", "overdue": "逾期未结", "unsatisfied": "不满意", "unresolved": "未解决", "repeat": "重复诉求",
    "group_event": "突发及群体性", "hard_case": "疑难件", "reworked": "重办", "returned": "退单", "extended": "延期",
    "excluded": "已剔除", "restricted": "限制件", "unmapped": "未归类", "no_closing_time": "缺办结时间",
    "enterprise": "企业诉求", "urgent": "紧急", "dissatisfied": "不满意或未解决", "hard": "疑难工单",
    "many_rounds": "办理3轮以上", "many_transfers": "转派3次以上", "long_open": "受理满60日未办结",
    "often_repeated": "同一事项反映3次以上",
}  # fmt: skip
# Parameter of the address → key of its widget.
KEYS = {"no": "t_number", "q": "t_words", "flag": "t_flags"}
_WRITTEN = "_tickets_written"
_NUMBER = re.compile(r"\d{5}")
_PLACE = "_tickets_place"


def form() -> TicketQuery:
    """Draw the search and return what is asked; the part of a figure comes from the address."""
    state = st.session_state
    asked = address.taken(KEYS, KEYS.values(), _WRITTEN)
    if asked is not None:
        state[KEYS["no"]], state[KEYS["q"]] = asked.get("no", ""), asked.get("q", "")
        state[KEYS["flag"]] = [f for f in asked.get("flag", "").split(",") if f in FLAGS]
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        number = st.text_input("工单编号", key=KEYS["no"], placeholder="工单编号，可只写前几位", width=220,
                               max_chars=60, label_visibility="collapsed", autocomplete="off")  # fmt: skip
        words = st.text_input("关键词", key=KEYS["q"], placeholder="标题、内容或答复中的词，用空格隔开", width=320,
                              max_chars=60, label_visibility="collapsed", autocomplete="off")  # fmt: skip
        flags = st.multiselect("标识", list(FLAGS), key=KEYS["flag"], format_func=FLAGS.__getitem__, width=420,
                               placeholder="标识，如“逾期未结”“重复诉求”", label_visibility="collapsed",
                               filter_mode="contains", select_all=False)  # fmt: skip
    number, words, chosen = (number or "").strip(), (words or "").strip(), tuple(flags)
    if _NUMBER.search(words) and not loaders.access().unmask:
        # What is masked when shown must not be guessed by searching for it.
        st.caption("关键词不能含电话、证件等号码，已忽略。按工单编号查找请用左边的框。")
        words = ""
    written = {"no": number, "q": words, "flag": ",".join(chosen)}
    address.write({name: text for name, text in written.items() if text}, KEYS, _WRITTEN)
    metric, part = _figure()
    return TicketQuery(words=words, number=number, metric_key=metric, part=part, flags=chosen)


def _figure() -> tuple[str | None, Part]:
    """The part of a figure that the address names; nothing where it names none that has tickets."""
    metric, part = st.query_params.get("metric"), st.query_params.get("part")
    if metric not in CATALOGUE or CATALOGUE[metric].kind == "calls":
        return None, "denominator"
    return metric, next((p for p in get_args(Part) if p == part), "denominator")


def _forget_figure() -> None:
    for name in ("metric", "part"):
        st.query_params.pop(name, None)


def said(query: TicketQuery, scope: Scope, total: int) -> None:
    """How many tickets, of which figure or period, and the way back to all: one line, left of the export."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
        st.markdown(f"共 **{show_count(total)}** 件", width="content")
        if query.number:
            st.caption("按编号查找时不限统计期", width="content")
        elif query.metric_key:
            metric = CATALOGUE[query.metric_key]
            part = PARTS[query.part] if metric.kind == "ratio" else "计入的工单"
            st.markdown(f"{metric.label} · {part}　:gray[按{plain(metric.cohort_label)}归入{scope.period.label}]",
                        width="content")  # fmt: skip
            st.button("查看全部工单", on_click=_forget_figure, type="tertiary")
        elif {"open", "overdue"} & set(query.flags):
            st.caption(f"截至{scope.period.label}末或数据截至时的存量，不限受理时间", width="content")
        else:
            st.caption(f"按受理时间归入{scope.period.label}，含催办件", width="content")


def page(scope: Scope, query: TicketQuery) -> pd.DataFrame:
    """The tickets of the page that is turned to: at most PAGE, newest first."""
    place = _place(scope, query)
    return loaders.ask(answers.ticket_list, scope, query, place[-1])


def turn(scope: Scope, query: TicketQuery, total: int, frame: pd.DataFrame) -> None:
    """Buttons to the next and the previous page. Keys are kept, not offsets: deep pages cost the same."""
    place = _place(scope, query)
    pages = -(-total // PAGE)
    if pages <= 1:
        return
    with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center", gap="small"):
        st.button("上一页", on_click=place.pop, disabled=len(place) == 1, type="tertiary")
        st.caption(f"第 {len(place):,} 页，共 {pages:,} 页", width="content")
        st.button("下一页", on_click=place.append, args=(answers.next_key(frame),), disabled=len(place) >= pages,
                  type="tertiary")  # fmt: skip


def _place(scope: Scope, query: TicketQuery) -> list[Any]:
    """Keys of the pages turned so far, the last is the one shown; begins anew with another question."""
    question = loaders.cache_key((scope, query, loaders.pointer().version))
    held = st.session_state.get(_PLACE)
    if held is None or held[0] != question:
        held = (question, [None])
        st.session_state[_PLACE] = held
    pages: list[Any] = held[1]
    return pages
