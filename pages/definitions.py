"""指标口径：这个数怎么算的？"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from lib import answers, loaders
from lib.metrics.catalogue import CATALOGUE
from lib.metrics.formats import show_value
from lib.ui import filters, layout, list_definitions, show
from lib.ui.words import plain

COLUMNS = {
    "label": "指标", "value": "本期数值", "definition": "定义", "numerator_label": "分子", "denominator_label": "分母",
    "cohort_label": "归入统计期的时间", "exclusions": "不计入", "example": "本期算例", "direction": "方向",
    "version": "版本", "valid_from": "生效日期", "source": "依据",
}  # fmt: skip

scope = filters.current_scope()
rows = loaders.ask(answers.definitions, scope, tuple(CATALOGUE))
values = {
    row.metric_key: ("约" if row.figure.is_approximate else "")
    + show_value(CATALOGUE[row.metric_key], row.figure.value)
    for row in rows
}

layout.header("指标口径", "这个数怎么算的？")
asked = st.query_params.get("metric")
keys = list(CATALOGUE)
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    chosen = st.selectbox(
        "查找指标", keys, index=keys.index(asked) if asked in CATALOGUE else None, width=280, key="definition_of",
        format_func=lambda key: CATALOGUE[key].label, placeholder="全部指标", filter_mode="contains",
        label_visibility="collapsed",
    )  # fmt: skip
    table = pd.DataFrame([{**vars(row), "value": values[row.metric_key]} for row in rows])
    show.export(table, COLUMNS, "指标口径")

for row in rows:
    if chosen not in (None, row.metric_key):
        continue
    with layout.card(f"definition_{row.metric_key}"):
        left, right = st.columns([1, 4], gap="medium")
        left.markdown(f"**{row.label}**")
        left.markdown(f"### {plain(values[row.metric_key])}")
        left.caption(row.direction)
        right.markdown(plain(row.definition))
        right.markdown(f"**本期算例**　{plain(row.example)}")
        parts = {"分子": row.numerator_label, "分母": row.denominator_label or "无", "归期": row.cohort_label,
                 "不计入": row.exclusions}  # fmt: skip
        right.caption("　".join(f"{word}：{plain(text)}" for word, text in parts.items()))
        right.caption(plain(f"版本 {row.version}，{row.valid_from}起执行　依据：{row.source}"))
if chosen is None:
    list_definitions.cards()
