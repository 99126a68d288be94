"""Charts over time: the trend of a metric, small multiples against the city, sparklines."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from lib.charts import style
from lib.charts.style import Chart, Row, layer
from lib.metrics.catalogue import Metric
from lib.metrics.formats import show_value

TREND_COLUMNS = ("month", "label", "numerator", "denominator", "value", "last_year_value", "target", "is_running")
LABEL_GAP = 15
# Axis labels: every third month, the year below January.
_MONTH_LABEL = (
    "slice(datum.value, 5, 7) == '01' ? ['1月', slice(datum.value, 0, 4) + '年'] "
    ": [toNumber(slice(datum.value, 5, 7)) + '月', '']"
)


def trend_line(frame: pd.DataFrame, metric: Metric, title: str, subtitle: str, height: int = 280) -> Chart:
    """Value by month with last year's grey line, the labelled dashed target and a hollow running month.

    frame: one row per month with TREND_COLUMNS, oldest first; value in the metric's unit (rates 0-1).
    Lines carry their names at their ends; there is no legend.
    """
    rows = _rows(frame, metric)
    if not any(row["value"] is not None for row in rows):
        return style.nothing(title, "这段时间没有可以计算的数据。", height)
    whole = [row for row in rows if not row["is_running"] and row["value"] is not None]
    months = [row["month"] for row in rows]
    low, high = value_range([row[c] for row in rows for c in ("value", "last_year_value", "target")], metric)
    x = {
        "field": "month", "type": "ordinal", "scale": {"type": "point", "padding": 0.3, "domain": months},
        "axis": {"title": None, "values": [m for m in months if m[5:7] in ("01", "04", "07", "10")],
                 "labelExpr": _MONTH_LABEL, "labelAngle": 0, "grid": False, "ticks": False, "labelPadding": 6},
    }  # fmt: skip
    y = {
        "type": "quantitative", "scale": {"domain": [low, high], "nice": False, "zero": False},
        "axis": {"title": None, "format": axis_format(metric), "tickCount": 4, "domain": False, "ticks": False},
    }  # fmt: skip

    def line(column: str, data: Sequence[Row], mark: Row) -> Row:
        return layer(data, mark, x=x, y={**y, "field": column})

    solid = {"type": "line", "color": style.NAVY, "strokeWidth": 2.5}
    grey = {"type": "line", "color": style.GREY, "strokeWidth": 2, "strokeDash": [1, 0]}
    layers = [line("last_year_value", [r for r in rows if r["last_year_value"] is not None], grey)]
    if any(row["target"] is not None for row in rows):
        dashed = {"type": "line", "color": style.INK, "strokeWidth": 1, "strokeDash": [5, 4], "interpolate": "step"}
        layers.append(line("target", [r for r in rows if r["target"] is not None], dashed))
    layers.append(line("value", whole, solid))
    running = [row for row in rows if row["is_running"] and row["value"] is not None]
    if running:
        tail = [*whole[-1:], *running]
        layers.append(line("value", tail, {**solid, "strokeDash": [3, 3], "strokeWidth": 1.5}))
        hollow = {"type": "point", "shape": "circle", "filled": True, "fill": style.PAPER, "stroke": style.NAVY,
                  "strokeWidth": 2, "size": 70, "opacity": 1}  # fmt: skip
        layers.append(line("value", running, hollow))
    if whole:
        dot = {"type": "point", "shape": "circle", "filled": True, "color": style.NAVY, "size": 60, "opacity": 1}
        layers.append(line("value", whole[-1:], dot))
    layers.append(_end_labels(rows, metric, (low, high), height - style.title_height(subtitle) - 44))
    layers.append(_hover(rows, x, y))
    return style.finish({"layer": layers}, title, subtitle, height)


def _rows(frame: pd.DataFrame, metric: Metric) -> list[Row]:
    rows = style.records(frame, TREND_COLUMNS)
    for row in rows:
        row["shown"] = show_value(metric, row["value"])
        row["before"] = show_value(metric, row["last_year_value"])
        row["aim"] = show_value(metric, row["target"])
        row["counts"] = f"{row['numerator']:,.0f}" if row["numerator"] is not None else "—"
        if metric.unit == "rate" and row["denominator"] is not None:
            row["counts"] += f" ÷ {row['denominator']:,.0f}"
    return rows


def value_range(values: Sequence[float | None], metric: Metric) -> tuple[float, float]:
    """Range of a value axis: counts begin at zero, rates near what they show, inside 0-1."""
    known = [v for v in values if v is not None]
    if not known:
        return 0.0, 1.0
    low, high = min(known), max(known)
    if metric.unit != "rate":
        return 0.0, (high or 1.0) * 1.12
    room = max((high - low) * 0.18, 0.01)
    return max(0.0, low - room), min(1.0, high + room)


def axis_format(metric: Metric) -> str:
    """d3 format of a value axis of the metric."""
    return {"rate": "~%", "hours": "~f", "per_10k": "~f", "count": ",.0f"}[metric.unit]


def _end_labels(rows: Sequence[Row], metric: Metric, domain: tuple[float, float], plot_height: float) -> Row:
    """Names and newest values of the lines, at the right of the last month and never on one another."""
    ends = []
    for column, name, colour, weight in (
        ("value", "", style.NAVY, 600),
        ("last_year_value", "去年同期 ", style.MUTED, 400),
        ("target", "目标 ", style.INK, 400),
    ):
        known = [row for row in rows if row[column] is not None]
        if known:
            note = "（未满月）" if column == "value" and known[-1]["is_running"] else ""
            text = f"{name}{show_value(metric, known[-1][column])}{note}"
            ends.append({"text": text, "value": known[-1][column], "colour": colour, "weight": weight})
    low, high = domain
    heights = [(high - end["value"]) / (high - low) * plot_height for end in ends]
    placed = style.spread(heights, LABEL_GAP, 0, plot_height)
    marks = []
    for end, wanted, given in zip(ends, heights, placed, strict=True):
        mark = {"type": "text", "align": "left", "dx": 8, "dy": round(given - wanted, 1), "fontSize": 12,
                "fontWeight": end["weight"], "color": end["colour"]}  # fmt: skip
        y = {"field": "value", "type": "quantitative"}
        marks.append(layer([end], mark, x={"value": "width"}, y=y, text={"field": "text", "type": "nominal"}))
    return {"layer": marks}


def _hover(rows: Sequence[Row], x: Row, y: Row) -> Row:
    """Invisible full-height bars that carry the tooltip, so that a finger need not hit the line."""
    shown = [row for row in rows if row["value"] is not None]
    tooltip = [
        {"field": "label", "title": "月份", "type": "nominal"},
        {"field": "shown", "title": "数值", "type": "nominal"},
        {"field": "before", "title": "去年同期", "type": "nominal"},
        {"field": "aim", "title": "目标", "type": "nominal"},
        {"field": "counts", "title": "件数", "type": "nominal"},
    ]
    mark = {"type": "rule", "strokeWidth": 18, "opacity": 0}
    return layer(shown, mark, x=x, tooltip=tooltip)
