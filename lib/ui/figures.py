"""Six figures in a row, and what opens when one is clicked: where the number comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from lib import answers, loaders
from lib.answers import Figure
from lib.metrics.arithmetic import is_missing
from lib.metrics.catalogue import CATALOGUE, Metric
from lib.metrics.formats import NONE, show_change, show_count, show_interval, show_value
from lib.scope import Scope
from lib.ui import filters, show
from lib.ui.words import plain

CARD_WIDTH = 205


def row(figs: Mapping[str, Figure], sparks: Mapping[str, Sequence[float | None]] | None = None) -> None:
    """Cards of the figures in their order; sparks: metric key → values of the last months, oldest first."""
    with st.grid("auto", min_column_width=CARD_WIDTH, gap="xsmall"):
        for key, fig in figs.items():
            card(fig, (sparks or {}).get(key))


def card(fig: Figure, spark: Sequence[float | None] | None = None) -> None:
    """One figure: value, change on the period before, same period last year, target, and its opener.

    Red is kept for what calls for action: a missed target. Everything else is drawn in one quiet colour.
    """
    metric = CATALOGUE[fig.metric_key]
    with st.container(border=True, gap=None, key=f"figure_{metric.key}"):
        change = show_change(metric, fig.mature, _value(fig.previous))
        about = "约" if fig.is_approximate and fig.value is not None else ""
        st.metric(
            metric.label,
            f"{about}{show_value(metric, fig.value)}",
            None if change == NONE else change,
            delta_color="red" if misses_target(metric, fig) else "blue",
            delta_arrow="off" if change == "持平" else "auto",
            delta_description="环比",
            chart_data=_drawable(spark),
            chart_type="line",
        )
        st.caption(_beneath(metric, fig))
        opener(fig)


def misses_target(metric: Metric, fig: Figure) -> bool:
    """True when there is a target and the figure is on its wrong side."""
    if is_missing(fig.target) or is_missing(fig.value) or metric.direction is None:
        return False
    assert fig.target is not None
    assert fig.value is not None
    return fig.value < fig.target if metric.direction == "up" else fig.value > fig.target


def _beneath(metric: Metric, fig: Figure) -> str:
    parts = [f"同比 {show_change(metric, fig.mature, _value(fig.last_year))}"]
    if not is_missing(fig.target):
        word = "未达目标" if misses_target(metric, fig) else "目标"
        parts.append(f"{word} {show_value(metric, fig.target)}")
    return "　".join(parts)


def _value(past: Any) -> float | None:
    return None if past is None else past.value


def _drawable(spark: Sequence[float | None] | None) -> list[float] | None:
    """Values of a sparkline; none where fewer than three are known, because two points are no trend."""
    known = [float(v) for v in spark or () if v is not None and not is_missing(v)]
    return known if len(known) >= 3 else None


def opener(fig: Figure, label: str = "口径与明细") -> None:
    """A button that opens the figure; what it holds is asked for only once it is open."""
    box = st.popover(label, type="tertiary", key=f"open_{fig.metric_key}", on_change="rerun", width="content")
    if box.open:
        with box:
            _opened(fig, filters.current_scope())


def _opened(fig: Figure, scope: Scope) -> None:
    """Numerator, denominator, bases, exclusions, definition, and the ways to the tickets behind."""
    metric = CATALOGUE[fig.metric_key]
    detail = loaders.ask(answers.opened, scope, metric.key)
    st.markdown(f"**{metric.label}：{show_value(metric, fig.value)}**　:gray[{plain(filters.describe(scope))}]")
    show.table(_bases(metric, detail), {"basis": "口径", "numerator": show.column("分子", "count"),
                                        "denominator": show.column("分母", "count"), "value": "数值"},
               f"{metric.label}构成", height="content")  # fmt: skip
    st.caption(plain(detail.definition))
    today = show_value(metric, fig.today)
    if fig.low is not None:
        st.caption(f"95%置信区间 {show_interval(fig.low, fig.high)}")
    st.caption(f"与往期同成熟度 {show_value(metric, fig.mature)}；同一批工单截至目前 {today}")
    if detail.exclusions:
        said = "、".join(f"{label} {show_count(count)}件" for label, count in detail.exclusions.items())
        st.caption(f"考核口径剔除：{plain(said)}")
    with st.container(horizontal=True, gap="small"):
        show.link("查看分子工单", "tickets", scope, metric=metric.key, part="numerator")
        if metric.denominator:
            show.link("查看分母工单", "tickets", scope, metric=metric.key, part="denominator")
            show.link("查看未计入分子的工单", "tickets", scope, metric=metric.key, part="complement")
        show.link("指标口径", "definitions", scope)


def _bases(metric: Metric, detail: Any) -> pd.DataFrame:
    return pd.DataFrame()
