"""Six figures in a row, and what opens when one is clicked: where the number comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from lib import answers, loaders
from lib.answers import Figure, OpenedFigure, misses_target
from lib.documents import xlsx
from lib.metrics.arithmetic import is_missing
from lib.metrics.catalogue import CATALOGUE, Metric
from lib.metrics.formats import NONE, show_change, show_count, show_rate, show_value
from lib.scope import Scope
from lib.ui import filters, show
from lib.ui.words import plain

CARD_WIDTH = 205
OPENED_WIDTH = 560
BASES: dict[str, str | xlsx.Field] = {
    "name": "口径",
    "numerator": show.column("分子", "count"),
    "denominator": show.column("分母", "count"),
    "value": "数值",
}


def row(figs: Mapping[str, Figure], sparks: Mapping[str, Sequence[float | None]] | None = None) -> None:
    """Cards of the figures in their order; sparks: metric key → values of the last months, oldest first."""
    with st.grid(max(len(figs), 1), min_column_width=CARD_WIDTH, gap="xsmall"):
        for key, fig in figs.items():
            card(fig, (sparks or {}).get(key))


def card(fig: Figure, spark: Sequence[float | None] | None = None) -> None:
    """One figure: value, change on the period before, same period last year, target, and its opener.

    Red is kept for what calls for action: a missed target, and a change that does not lead to it.
    Everything else is drawn in one quiet colour.
    """
    metric = CATALOGUE[fig.metric_key]
    with st.container(border=True, gap=None, key=f"figure_{metric.key}"):
        change = show_change(metric, fig.value, fig.previous.value)
        st.metric(
            metric.label,
            _shown(metric, fig),
            None if change == NONE else change,
            delta_color="red" if _calls_for_action(metric, fig) else "blue",
            delta_arrow="off" if change == "持平" else "auto",
            delta_description="环比—" if change == NONE else "环比",
            chart_data=_drawable(spark),
            chart_type="line",
        )
        st.caption(_beneath(metric, fig))
        opener(fig)


def _calls_for_action(metric: Metric, fig: Figure) -> bool:
    """The target is missed and things are not moving towards it."""
    if not misses_target(fig):
        return False
    before = fig.previous.value
    if fig.value is None or before is None:
        return True
    return fig.value <= before if metric.direction == "up" else fig.value >= before


def line(fig: Figure, beside: Figure | None = None) -> None:
    """One figure as a line of text, with the same figure of everyone beside it."""
    metric = CATALOGUE[fig.metric_key]
    text = f"{metric.label}　**{_shown(metric, fig)}**"
    if beside is not None:
        text += f"　:gray[全部 {_shown(metric, beside)}]"
    st.markdown(text)


def _shown(metric: Metric, fig: Figure) -> str:
    about = "约" if fig.is_approximate and fig.value is not None else ""
    return f"{about}{show_value(metric, fig.value)}"


def _beneath(metric: Metric, fig: Figure) -> str:
    parts = [f"同比{show_change(metric, fig.value, fig.last_year.value)}"]
    if not is_missing(fig.target):
        target = f"目标{show_value(metric, fig.target)}"
        parts.append(f":red[未达{target}]" if misses_target(fig) else target)
    return " · ".join(parts)


def _drawable(spark: Sequence[float | None] | None) -> list[float] | None:
    """Values of a sparkline; none where fewer than three are known, because two points are no trend."""
    known = [float(v) for v in spark or () if v is not None and not is_missing(v)]
    return known if len(known) >= 3 else None


def opener(fig: Figure, label: str = "口径") -> None:
    """A button that opens the figure; what it holds is asked for only once it is open."""
    box = st.popover(label, type="tertiary", key=f"open_{fig.metric_key}", on_change="rerun", width="content")
    if box.open:
        with box:
            _opened(fig, filters.current_scope())


def _opened(fig: Figure, scope: Scope) -> None:
    """Bases, bounds, exclusions, definition and worked example, and the ways to the tickets behind."""
    metric = CATALOGUE[fig.metric_key]
    detail = loaders.ask(answers.opened, scope, metric.key)
    st.markdown(f"**{plain(detail.example)}**", width=OPENED_WIDTH)
    show.table(_bases(metric, detail), BASES, f"{metric.label}各口径", height="content")
    for text in _remarks(metric, detail):
        st.caption(plain(text))
    with st.container(horizontal=True, gap="xsmall"):
        _ways(metric, scope)


def _bases(metric: Metric, detail: OpenedFigure) -> pd.DataFrame:
    """One row per basis, then the same tickets as known today, then what stands beside the metric."""
    rows = []
    for figure in detail.bases.values():
        rows.append(
            (filters.BASES[figure.basis], figure.numerator, figure.denominator, show_value(metric, figure.value))
        )
    now = detail.figure
    rows.append(("同一批工单目前情况", None, None, show_value(metric, now.today)))
    for past in (now.previous, now.last_year):
        rows.append((f"{past.label}（{past.period.label}）", past.numerator, past.denominator,
                     show_value(metric, past.value)))  # fmt: skip
    for share in now.beside:
        rows.append((f"并列：{share.label}", share.numerator, share.denominator, show_rate(share.value)))
    frame = pd.DataFrame(rows, columns=["name", "numerator", "denominator", "value"])
    return frame.assign(numerator=pd.to_numeric(frame["numerator"]), denominator=pd.to_numeric(frame["denominator"]))


def _remarks(metric: Metric, detail: OpenedFigure) -> list[str]:
    """Sentences beneath the table: bounds, exclusions, open tickets, definition and its version."""
    said = []
    if detail.bounds is not None and detail.bounds.low is not None:
        bounds = detail.bounds
        said.append(
            f"上下界：办结{show_count(bounds.closed)}件中{show_count(bounds.unanswered)}件无有效评价，"
            f"满意率最低{show_rate(bounds.low)}（均不满意）、最高{show_rate(bounds.high)}（均满意）。"
        )
    removed = detail.exclusions
    counted = zip(removed["label"], removed["tickets"], strict=True)
    listed = "、".join(f"{label}{show_count(tickets)}件" for label, tickets in counted) or "无"
    said.append(f"考核口径剔除：{listed}。")
    if detail.open_hours is not None and not detail.open_hours.empty and detail.open_hours["tickets"].iloc[0]:
        ages = detail.open_hours.iloc[0]
        which = "其中{}件重办后仍未办结，自受理" if metric.key == "rework_rate" else "另有{}件未办结，自受理"
        said.append(
            f"{which.format(show_count(ages['tickets']))}已等待的自然小时：中位数{ages['median']:,.0f}，"
            f"P90为{ages['p90']:,.0f}。"
        )
    said.append(f"{detail.definition}口径版本{metric.version}。")
    return said


def _ways(metric: Metric, scope: Scope) -> None:
    """Links to the tickets behind the figure and to its definition."""
    if metric.kind != "calls":
        if metric.kind == "ratio":
            parts = {"complement": "未计入分子的工单", "numerator": "分子工单", "denominator": "分母工单"}
        else:
            parts = {"numerator": "查看工单"}
        for part, label in parts.items():
            show.link(label, "tickets", scope, metric=metric.key, part=part)
    show.link("指标口径", "definitions", scope, metric=metric.key)
