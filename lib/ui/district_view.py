"""区域分布 below the map: the table of districts, and what lies inside the chosen one."""

from __future__ import annotations

from collections.abc import Callable

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
LISTED, HEIGHT = 9, 360


def table(frame: pd.DataFrame, metric: Metric, name: str, codes_key: str) -> None:
    """Every district as a row, zones without boundary included; a row can be chosen.

    frame: as answers.by_dimension gives it for districts. codes_key: see choices.list_codes.
    """
    rows = worst_first(frame, metric).reset_index(drop=True)
    choices.list_codes(codes_key, [str(code) for code in rows["code"]])
    shown = rows.assign(
        kind=rows["district_type"].map(TYPES).fillna("—"),
        where=rows["has_boundary"].map({True: "在图上"}).fillna("无边界，只列表"),
        interval=[show_interval(a, b) for a, b in zip(rows["low"], rows["high"], strict=True)],
    )
    columns: dict[str, str | Field] = {"label": show.column("区县", "text", 26), "kind": "类别"}
    if metric.denominator_label:
        columns["numerator"] = show.column(metric.numerator_label, "count")
        columns["denominator"] = show.column(metric.denominator_label, "count")
    columns["value"] = show.measured(metric)
    if metric.unit == "rate":
        columns["interval"] = "95%区间"
    columns |= {
        "previous_value": show.measured(metric, "上期"), "last_year_value": show.measured(metric, "去年同期"),
        "where": "地图",
    }  # fmt: skip
    with layout.card("district_table"):
        show.table(shown, columns, name, title="各区县明细", height="content", select=True)


def inside(scope: Scope, metric: Metric, name: str, close: Callable[[], None]) -> None:
    """The chosen district: its key figures, then the metric by townships, matters and units.

    close: called when the reader takes the choice back.
    """
    measured = CATALOGUE["received"] if metric.kind == "population" else metric
    with layout.card("inside"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"#### {plain(name)}", width="content")
            show.link("看这些工单", "tickets", scope, icon=":material/list:")
            show.link("看趋势", "trends", scope, icon=":material/trending_up:")
            st.button("取消选择", type="tertiary", on_click=close)
        figures = loaders.ask(answers.figures, scope, SIDE_FIGURES)
        said = (f"{fig.label} {show_value(CATALOGUE[key], fig.value)}" for key, fig in figures.items())
        st.text("　　".join(said))
        for column, (by, words) in zip(st.columns(len(INSIDE), gap="small"), INSIDE, strict=True):
            with column:
                _part(scope, measured, by, words, name)
        if measured.unit == "rate":
            small = loaders.city().rules.small_sample
            st.caption(f"分母不足{small}件的排在各表后面，高低可能只是偶然。")


def _part(scope: Scope, metric: Metric, by: str, words: str, name: str) -> None:
    rows = loaders.ask(answers.by_dimension, scope, metric.key, by)
    if rows.empty:
        empty.not_shown(words, "没有相应的工单")
        return
    if "short_name" in rows:
        rows = rows.assign(label=rows["short_name"].fillna(rows["label"]))
    rows = worst_first(rows, metric).reset_index(drop=True)
    columns: dict[str, str | Field] = {"label": words, "value": show.measured(metric)}
    if metric.kind == "ratio":
        columns["denominator"] = show.column(metric.denominator_label, "count")
    show.table(rows, columns, f"{name}{words}", title=words, height="content" if len(rows) <= LISTED else HEIGHT)
