"""Designed states: what is missing, why, and what to do. Nothing here shows a figure."""

from __future__ import annotations

import streamlit as st

from lib import loaders
from lib.scope import Scope
from lib.ui import sitemap

IMPORTS_PAGE = "pages/imports.py"


def state(title: str, why: str, *, icon: str = ":material/inbox:") -> None:
    """One card in place of what cannot be shown: a title and a sentence that says why and what to do."""
    with st.container(border=True):
        st.markdown(f"**{icon} {title}**")
        st.text(why)


def no_data(reason: str) -> None:
    """Nothing has been published yet."""
    state("还没有工单数据", reason)
    if sitemap.may_open(loaders.identity(), "imports"):
        st.page_link(IMPORTS_PAGE, label="去“数据导入与质量”导入工单", icon=":material/upload_file:")


def signed_out(reason: str) -> None:
    """Nobody is behind this run any more."""
    state("请重新登录", reason, icon=":material/lock:")
    st.html('<a href="sign-in" target="_self">去登录</a>')


def damaged(reason: str) -> None:
    """The data cannot be trusted, so no figure is shown."""
    state("数据暂时不能使用", f"{reason}。恢复之前不显示任何数字，请联系信息中心。", icon=":material/error:")


def fault(number: str) -> None:
    """Something unforeseen went wrong; the log holds the rest under this number."""
    state(
        "本页暂时打不开",
        f"故障编号 {number}。请稍后刷新重试；如仍不能打开，请把编号告诉信息中心，日志中有详细记录。",
        icon=":material/error:",
    )


def no_tickets(scope: Scope, what: str = "工单") -> None:
    """The scope holds nothing: say which, and what may help."""
    hint = "可以换一个统计期" if not scope.filters else "可以放宽筛选条件，或换一个统计期"
    state(f"{scope.period.label}没有符合条件的{what}", f"{hint}。", icon=":material/filter_alt_off:")


def not_shown(what: str, why: str) -> None:
    """One part of a page has nothing to show: a grey line instead of an empty chart."""
    st.caption(f"{what}：{why}")
