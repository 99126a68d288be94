"""What every page has in common: title and question, as-of, period, scope, the demo mark, the footer."""

from __future__ import annotations

from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lib import answers, loaders
from lib.access.roles import ROLES
from lib.config import Settings
from lib.store import active_pair
from lib.ui import filters
from lib.ui.words import as_of, plain

FOOTER = "本系统不得处理、存储涉密信息"

# Streamlit has no setting for these. The first screen of 900 px must hold title, sentence, six figures and
# three lists, so a figure's sparkline stands beside its value and its opener beside its label.
STYLE = """<style>
.stMain {background: #F4F6F8;}
.stMainBlockContainer {padding: 4.1rem 2rem 1rem; max-width: 1840px; margin: 0 auto;}
.stMainBlockContainer > div > .stVerticalBlock {gap: .55rem;}
.stMain [class*="st-key-card_"], .stMain [class*="st-key-figure_"] {background: #FFF;}
.stMain [data-testid="stSelectbox"] [role="group"], .stMain [data-testid="stTextInputRootElement"],
.stMain [data-testid="stTextAreaRootElement"], .stMain [data-testid="stTextAreaRootElement"] textarea,
.stMain [data-testid="stMultiSelect"] [role="group"], .stMain [data-testid="stDateInput"] div {background: #FFF;}
.st-key-page_title h3 {padding: 0;}
.stMain .person {font-size: .875rem; color: #55626E; white-space: nowrap;}
.stMain .person a {margin-left: .6rem; color: #12436D;}
.st-key-page_title .stMarkdownColoredText {font-weight: 400; font-size: 1rem;}
[class*="st-key-figure_"] {position: relative; padding: .6rem .8rem .5rem;}
[class*="st-key-figure_"] [data-testid="stMetric"] {position: relative;}
[class*="st-key-figure_"] [data-testid="stMetric"] > div:has(> [data-testid="stMetricChart"]) {
  position: absolute; right: 0; top: 1.3rem; width: 34%; height: 1.6rem;}
[class*="st-key-figure_"] [data-testid="stMetricChart"] {height: 1.6rem; margin: 0;}
[class*="st-key-figure_"] [data-testid="stCaptionContainer"] p {font-size: .8rem; white-space: nowrap;}
.stMain [data-testid="stPageLink-NavLink"] {background: none; color: #12436D;}
.stMain [data-testid="stPageLink-NavLink"] p {white-space: normal;}
.stApp [data-testid="stCaptionContainer"] {opacity: 1; color: #55626E;}
[class*="st-key-open_"] {position: absolute; right: .7rem; top: .35rem;}
[class*="st-key-open_"] button {min-height: 0; padding: .1rem 0; color: #5B6770;}
[class*="st-key-chart_box_"] {position: relative;}
[class*="st-key-chart_box_"] > div:has(> [class*="st-key-download_"]) {
  position: absolute; right: 0; top: -.2rem; z-index: 1; width: auto;}
/* Popovers and dialogs stand outside of the page. */
[class*="st-key-download_"] .stHtml a {display: inline-flex; align-items: center; gap: .3rem; padding: .1rem 0;
  color: #5B6770; text-decoration: none; border-radius: 4px; white-space: nowrap;}
[class*="st-key-download_"] .stHtml a:hover {color: #12436D;}
[class*="st-key-download_"] .stHtml a:focus-visible {outline: 2px solid #12436D; outline-offset: 2px;}
[class*="st-key-download_"] a span {font-family: "Material Symbols Rounded"; font-size: 1.25rem; line-height: 1;
  font-feature-settings: "liga"; user-select: none;}
/* Its own download would bypass our export, and it covers what stands above the table. */
[data-testid="stElementToolbar"] {display: none;}
[data-testid="stMetricValue"] {font-variant-numeric: tabular-nums;}
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
            person()
    _calendar_banner()


def records_header(title: str, question: str) -> None:
    """Page name with its question, of pages about the system's own records: they need no ticket data."""
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small", key="page_title"
    ):
        st.markdown(f"### {title}　:gray[{question}]", width="content")
        with st.container(horizontal=True, width="content", vertical_alignment="center", gap="xsmall"):
            if active_pair(Settings.from_env()) == "demo":
                st.badge("演示数据", color="orange")
            person()


def person() -> None:
    """Who is signed in, as what, and the way out; on the right of every page's first line."""
    somebody = loaders.identity()
    named = escape(f"{somebody.display_name}（{ROLES[somebody.role]}）")
    st.html(f'<span class="person">{named}<a href="sign-out" target="_self">退出</a></span>', width="content")


def card(name: str) -> DeltaGenerator:
    """A white card with a border on the grey ground; name is unique on the page."""
    return st.container(border=True, key=f"card_{name}", gap="xsmall")


def footer() -> None:
    """The line under every page."""
    st.caption(FOOTER, text_alignment="center")


def _calendar_banner() -> None:
    """Say when working time rests on plain weekdays because nobody has entered the year's holidays."""
    years = loaders.ask(answers.years_without_calendar)
    if years:
        named = "、".join(f"{y}年" for y in years)
        st.warning(
            f"{named}的工作日安排尚未录入，暂按周一至周五推算，办理时长和时限可能有偏差。"
            "请把国务院办公厅的放假通知补录到 workday_overrides.csv 后重新导入。",
            icon=":material/event_busy:",
        )
