"""The profile of one handling unit: figures against its peers, paired metrics, trend, matters, tickets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pandas as pd
import streamlit as st

from lib.answers import Pair, UnitProfile
from lib.charts import titles, trend_line
from lib.metrics.catalogue import CATALOGUE
from lib.metrics.formats import show_change, show_value
from lib.ui import empty, layout, list_entry, show
from lib.ui.words import plain

FIGURES = ("received", "on_time_closure_rate", "satisfaction_rate", "overdue_open", "handling_hours_median")
LISTED = 7
MATTER_COLUMNS: show.Columns = {
    "label": "事项", "numerator": show.column("受理量", "count"), "satisfaction_rate": show.column("满意率", "rate"),
    "answers": show.column("有效评价", "count"),
}  # fmt: skip


def draw(profile: UnitProfile, close: Callable[[], None]) -> None:
    """Show the profile; `close` is called when the reader closes it."""
    with layout.card("profile"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"#### {plain(profile.name)}", width="content")
            show.link("看这家单位的工单", "tickets", profile.scope, icon=":material/list:")
            show.link("看趋势", "trends", profile.scope, icon=":material/trending_up:")
            list_entry.enlist_link(unit_code=profile.unit_code)
            st.button("收起", type="tertiary", on_click=close, key="close_profile")
        st.caption(plain(_about(profile)))
        _figures(profile)
        for column, pair in zip(st.columns(len(profile.pairs), gap="small"), profile.pairs, strict=True):
            with column:
                _pair(pair)
        left, right = st.columns([3, 2], gap="small")
        with left:
            _trends(profile)
        with right:
            if profile.matters.empty:
                empty.not_shown("事项", "本期没有受理工单")
            else:
                height: Literal["content"] | int = "content" if len(profile.matters) <= LISTED else 280
                show.table(profile.matters, MATTER_COLUMNS, "单位事项", title="群众找这家单位的事", height=height)
        if not profile.children.empty:
            show.table(profile.children, {"label": "下级单位", "numerator": show.column("受理量", "count")}, "下级单位",
                       title="下级单位", height="content" if len(profile.children) <= 8 else 300)  # fmt: skip


def _about(profile: UnitProfile) -> str:
    parts = [profile.path, profile.peer_group or "未归入同类组", profile.district or "市级"]
    if profile.valid_to:
        parts.append(f"有效期至{profile.valid_to}")
    return " · ".join(parts)


def _figures(profile: UnitProfile) -> None:
    """One line per figure: value, change, peers."""
    peers = profile.peers.set_index("metric_key")["peer_value"].to_dict()
    for column, key in zip(st.columns(len(FIGURES), gap="small"), FIGURES, strict=True):
        figure, metric = profile.figures[key], CATALOGUE[key]
        about = "约" if figure.is_approximate and figure.value is not None else ""
        lines = [f"{figure.previous.label} {show_change(metric, figure.value, figure.previous.value)}"]
        if key in peers and pd.notna(peers[key]):
            lines.append(f"同类 {show_value(metric, peers[key])}")
        with column:
            st.caption(metric.label)
            st.markdown(f"**{about}{plain(show_value(metric, figure.value))}**")
            st.caption(plain("　".join(lines)))


def _pair(pair: Pair) -> None:
    """Two metrics that are read together, with what the pair guards against."""
    with st.container(border=True, gap=None):
        st.markdown(f"**{plain(pair.label)}**　:gray[{plain(pair.warning)}]")
        st.text(pair.reading)


def _trends(profile: UnitProfile) -> None:
    metric = CATALOGUE["satisfaction_rate"]
    frame = profile.trends[metric.key]
    if frame["value"].notna().sum() < 3:
        metric = CATALOGUE["received"]
        frame = profile.trends[metric.key]
    months = f"{frame['label'].iloc[0]}至{frame['label'].iloc[-1]}"
    subtitle = titles.subtitle(metric, profile.name, months)
    show.chart(trend_line(frame, metric, titles.trend(frame, metric), subtitle, 300), "单位走势")
