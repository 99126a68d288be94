"""What every page has in common: title and question, as-of, period, scope, the demo mark, the footer."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from lib import answers, loaders
from lib.ui import filters
from lib.ui.words import as_of, plain

FOOTER = "本系统不得处理、存储涉密信息"

# Streamlit has no setting for these: the first screen must hold title, sentence, figures and lists.
STYLE = """<style>
.stMainBlockContainer {padding-left: 2rem; padding-right: 2rem; padding-bottom: 1rem;
  max-width: 1840px; margin: 0 auto;}
.stMainBlockContainer > div > [data-testid="stVerticalBlock"] {gap: .6rem;}
[data-testid="stMetricValue"], [data-testid="stDataFrame"] {font-variant-numeric: tabular-nums;}
.st-key-page_title p {margin: 0;}
@media print {header, .st-key-filter_bar {display: none;}}
</style>"""


def style() -> None:
    """Spacing of every page; once per run."""
    st.html(STYLE)


def header(title: str, question: str, *, scoped: bool = True) -> None:
    """Page name with its question; as-of, period and scope on the right; warnings that concern every figure.

    scoped: False for pages on which the filters have no effect.
    """
    pointer = loaders.pointer()
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small", key="page_title"
    ):
        st.markdown(f"### {title}　:gray[{question}]", width="content")
        facts = [f"数据截至 {as_of(pointer.as_of)}"]
        if scoped:
            scope = filters.current_scope()
            running = "（进行中）" if scope.period.is_running(pointer.as_of) else ""
            facts += [f"{scope.period.label}{running}", plain(filters.describe(scope))]
        with st.container(horizontal=True, width="content", vertical_alignment="center", gap="xsmall"):
            st.caption("　".join(facts), width="content")
            if pointer.is_demo:
                st.badge("演示数据", color="orange")
    _calendar_banner()


def footer() -> None:
    """The line under every page."""
    st.caption(FOOTER, text_alignment="center")


def _calendar_banner() -> None:
    """Say when working time rests on plain weekdays because nobody has entered the year's holidays."""
    years = loaders.ask(_years_without_calendar)
    if years:
        named = "、".join(f"{y}年" for y in years)
        st.warning(
            f"{named}的工作日安排尚未录入，暂按周一至周五推算，办理时长和时限可能有偏差。"
            "请把国务院办公厅的放假通知补录到 workday_overrides.csv 后重新导入。",
            icon=":material/event_busy:",
        )


def _years_without_calendar(source: answers.Source) -> tuple[int, ...]:
    """Years up to the as-of whose working days nobody knows."""
    days = answers.dimension(source, "workdays")
    unknown = pd.to_datetime(days.loc[~days["is_known"].astype(bool), "day"])
    return tuple(sorted({int(d.year) for d in unknown if d <= source.pointer.as_of}))
