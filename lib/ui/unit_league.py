"""承办质效: the funnel, who needs help and who deserves praise, and the whole table by bands."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from lib import answers
from lib.charts.style import Chart
from lib.documents.xlsx import Field
from lib.metrics.catalogue import Metric
from lib.metrics.comparison import BAND_WORDS
from lib.metrics.formats import show_count, show_interval
from lib.ui import choices, empty, layout, show

HELP, PRAISE = "需要帮助的单位", "值得表扬的单位"
_CODES = {HELP: "_unit_help_rows", PRAISE: "_unit_praise_rows"}
LISTED, TABLE_ROWS, ROW = 5, 12, 35


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
            columns: dict[str, str | Field] = {
                "label": "单位", "value": show.measured(metric),
                "denominator": show.column(metric.denominator_label, "count"), "verdict_label": "与同类相比",
            }  # fmt: skip
            show.table(
                rows,
                columns,
                name,
                title=f"{name}（{len(rows)}家）",
                height="content" if len(rows) <= LISTED else ROW * (LISTED + 1) + 3,
                select=True,
            )


def table(frame: pd.DataFrame, metric: Metric, name: str, codes_key: str) -> None:
    """All units of a fair size by bands, best first.

    frame: as answers.funnel gives it, without small units, with `full_name`.
    """
    columns: dict[str, str | Field] = {
        "band_text": "档", **_columns(metric), "verdict_label": "与同类相比",
        "previous_value": show.measured(metric, "上期"), "last_year_value": show.measured(metric, "去年同期"),
    }  # fmt: skip
    with layout.card("league"):
        choices.list_codes(codes_key, [str(code) for code in frame["code"]])
        sizes = frame["band"].value_counts()
        bands = [f"第{band:.0f}档（{sizes[band]}家）" for band in frame["band"]]
        show.table(_told(frame).assign(band_text=bands), columns, name, select=True,
                   height="content" if len(frame) <= TABLE_ROWS else 460,
                   title=f"全部{show_count(len(frame))}家单位，同一档内{BAND_WORDS}")  # fmt: skip


def too_small(frame: pd.DataFrame, metric: Metric) -> None:
    """Units below the minimum volume: by name, without comparison."""
    if frame.empty:
        return
    with st.expander(f"样本不足的{show_count(len(frame))}家单位（只列出，不比较）"):
        show.table(_told(frame.sort_values("full_name")), _columns(metric), "样本不足单位", height=360)


def _columns(metric: Metric) -> dict[str, str | Field]:
    return {
        "full_name": "单位", "value": show.measured(metric), "interval": "95%区间",
        "numerator": show.column(metric.numerator_label, "count"),
        "denominator": show.column(metric.denominator_label, "count"),
    }  # fmt: skip


def _told(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(interval=[show_interval(a, b) for a, b in zip(frame["low"], frame["high"], strict=True)])
