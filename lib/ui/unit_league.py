"""承办质效: the funnel, who needs help and who deserves praise, and the whole table by bands."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from lib import answers
from lib.charts.style import Chart
from lib.documents.xlsx import Field
from lib.metrics.catalogue import Metric
from lib.metrics.formats import show_count, show_interval, show_value
from lib.ui import choices, empty, layout, show

HELP, PRAISE = "需要帮助的单位", "值得表扬的单位"
_CODES = {HELP: "_unit_help_rows", PRAISE: "_unit_praise_rows"}
LISTED = 5


def known_units(source: answers.Source) -> tuple[str, ...]:
    """Codes of every unit of this version."""
    return tuple(answers.dimension(source, "units")["unit_code"].drop_duplicates())


def sources() -> dict[str, choices.Reader]:
    """Where clicks on the two short lists stand, for choices.follow_clicks."""
    return {f"table_{name}": choices.picked_row(codes) for name, codes in _CODES.items()}


def funnel(drawn: Chart, name: str) -> None:
    """The funnel, whose units can be chosen."""
    show.chart(drawn, name, select="chosen")


def extremes(frame: pd.DataFrame, metric: Metric) -> None:
    """Two short lists of the units outside the limits: only these may be told apart from their peers.

    frame: as answers.funnel gives it, without small units.
    """
    worse, better = ("below", "above") if metric.direction == "up" else ("above", "below")
    for name, side, why in ((HELP, worse, "没有单位显著差于同类"), (PRAISE, better, "没有单位显著好于同类")):
        outside = frame[frame["verdict"].isin([f"{side}95", f"{side}998"])]
        far_first = outside.assign(gap=(outside["value"] - outside["centre"]).abs(),
                                   far=outside["verdict"].eq(f"{side}998"))  # fmt: skip
        rows = far_first.sort_values(["far", "gap"], ascending=False).reset_index(drop=True)
        with layout.card(f"extremes_{side}"):
            if rows.empty:
                empty.not_shown(name, why)
                continue
            choices.list_codes(_CODES[name], [str(code) for code in rows["code"]])
            shown = rows.assign(value_text=[show_value(metric, v) for v in rows["value"]])
            columns: dict[str, str | Field] = {
                "label": "单位", "value_text": metric.label,
                "denominator": show.column(metric.denominator_label, "count"), "verdict_label": "与同类相比",
            }  # fmt: skip
            show.table(
                shown, columns, name, title=f"{name}（{len(rows)}家）", height=35 * (LISTED + 1) + 3, select=True
            )


def table(fair: pd.DataFrame, small: pd.DataFrame, metric: Metric, name: str, codes_key: str) -> None:
    """All units by bands, best first; units below the minimum volume apart and without an order of merit."""
    columns: dict[str, str | Field] = {
        "band_text": "档", "full_name": "单位", "value_text": metric.label, "interval": "95%区间",
        "numerator": show.column(metric.numerator_label, "count"),
        "denominator": show.column(metric.denominator_label, "count"),
        "verdict_label": "与同类相比", "previous_text": "上期", "last_year_text": "去年同期",
    }  # fmt: skip
    with layout.card("league"):
        choices.list_codes(codes_key, [str(code) for code in fair["code"]])
        sizes = fair["band"].value_counts()
        bands = [f"第{band:.0f}档（{sizes[band]}家）" for band in fair["band"]]
        show.table(_told(fair, metric).assign(band_text=bands), columns, name, height=460, select=True,
                   title=f"全部{show_count(len(fair))}家单位，同一档内差异不显著、不作排序")  # fmt: skip
    if len(small):
        with st.expander(f"样本不足的{show_count(len(small))}家单位（只列出，不比较）"):
            listed = _told(small.sort_values("full_name"), metric)
            few = {k: columns[k] for k in ("full_name", "value_text", "interval", "numerator", "denominator")}
            show.table(listed, few, "样本不足单位", height=360)


def _told(frame: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    return frame.assign(
        value_text=[show_value(metric, v) for v in frame["value"]],
        interval=[show_interval(a, b) for a, b in zip(frame["low"], frame["high"], strict=True)],
        previous_text=[show_value(metric, v) for v in frame["previous_value"]],
        last_year_text=[show_value(metric, v) for v in frame["last_year_value"]],
    )
