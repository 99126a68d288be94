"""区域分布 below the map: the table of districts, and what lies inside the chosen one."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from lib import answers, loaders
from lib.charts import worst_first
from lib.documents.xlsx import Field
from lib.metrics.catalogue import CATALOGUE, Metric
from lib.metrics.formats import show_interval, show_value
from lib.scope import Scope
from lib.ui import choices, empty, layout, show
from lib.ui.words import plain

TYPES = {"centre": "中心城区", "county": "县", "city": "县级市", "zone": "功能区"}
SIDE_FIGURES = ("received", "on_time_closure_rate", "satisfaction_rate", "resolution_rate", "overdue_open")
INSIDE = (("township", "乡镇街道"), ("category2", "事项"), ("unit", "承办单位"))
_INSIDE_ROWS_HEIGHT = 360


def table(frame: pd.DataFrame, metric: Metric, name: str, codes_key: str) -> None:
    """Every district as a row, zones without boundary included; a row can be chosen.

    frame: as answers.by_dimension gives it for districts. codes_key: see choices.list_codes.
    """
    rows = worst_first(frame, metric).reset_index(drop=True)
    choices.list_codes(codes_key, [str(code) for code in rows["code"]])
    shown = rows.assign(
        kind=rows["district_type"].map(TYPES).fillna("—"),
        where=rows["has_boundary"].map({True: "在图上", False: "无边界，只列表"}).fillna("无边界，只列表"),
        **_compared(rows, metric),
    )
    columns: dict[str, str | Field] = {
        "label": "区县", "kind": "类别", "numerator": show.column(metric.numerator_label, "count"),
    }  # fmt: skip
    if metric.denominator_label:
        columns["denominator"] = show.column(metric.denominator_label, "count")
    columns |= {**_value_columns(metric), "where": "地图"}
    if metric.unit != "rate":
        del columns["interval"]
    with layout.card("district_table"):
        show.table(shown, columns, name, title="各区县明细", height="content", select=True)


def inside(scope: Scope, metric: Metric, name: str) -> None:
    """The chosen district: its key figures beside the metric, then townships, matters and units."""
    measured = CATALOGUE["received"] if metric.kind == "population" else metric
    with layout.card("inside"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"#### {plain(name)}", width="content")
            show.link("看这些工单", "tickets", scope, icon=":material/list:")
            show.link("看趋势", "trends", scope, icon=":material/trending_up:")
            st.button("取消选择", type="tertiary", on_click=choices.set_focus, args=("districts", None))
        figures = loaders.ask(answers.figures, scope, SIDE_FIGURES)
        said = (f"{fig.label} {show_value(CATALOGUE[key], fig.value)}" for key, fig in figures.items())
        st.text("　　".join(said))
        for column, (by, words) in zip(st.columns(len(INSIDE), gap="small"), INSIDE, strict=True):
            with column:
                _part(scope, measured, by, words, name)


def _part(scope: Scope, metric: Metric, by: str, words: str, name: str) -> None:
    rows = loaders.ask(answers.by_dimension, scope, metric.key, by)
    if rows.empty:
        empty.not_shown(words, "没有相应的工单")
        return
    rows = worst_first(rows, metric).reset_index(drop=True)
    shown = rows.assign(**_compared(rows, metric))
    columns: dict[str, str | Field] = {"label": words, "value_text": metric.label}
    if metric.kind == "ratio":
        columns["denominator"] = show.column(metric.denominator_label, "count")
    columns["note"] = "说明"
    show.table(shown, columns, f"{name}{words}", title=words, height=_INSIDE_ROWS_HEIGHT)


def _value_columns(metric: Metric) -> dict[str, str | Field]:
    return {
        "value_text": metric.label, "interval": "95%区间", "previous_text": "上期", "last_year_text": "去年同期",
        "note": "说明",
    }  # fmt: skip


def _compared(rows: pd.DataFrame, metric: Metric) -> dict[str, list[str]]:
    """Values as text, so that rates, hours and counts stand in one kind of column."""
    return {
        "value_text": [show_value(metric, v) for v in rows["value"]],
        "interval": [show_interval(a, b) for a, b in zip(rows["low"], rows["high"], strict=True)],
        "previous_text": [show_value(metric, v) for v in rows["previous_value"]],
        "last_year_text": [show_value(metric, v) for v in rows["last_year_value"]],
        "note": ["样本不足，不作比较" if small else "" for small in rows["is_small"]],
    }
