"""Funnel plot: units by volume and rate between limits that chance and their usual differences explain."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from lib.charts import style
from lib.charts.series import axis_format
from lib.charts.style import Chart, Row, layer
from lib.metrics.catalogue import Metric
from lib.metrics.formats import show_count, show_rate

FUNNEL_COLUMNS = (
    "code", "label", "numerator", "denominator", "value", "verdict", "verdict_label",
    "centre", "low95", "high95", "low998", "high998",
)  # fmt: skip
LABELLED = 6
CURVE_POINTS = 48
_CURVE = ("denominator", "centre", "low95", "high95", "low998", "high998")
_POINT = ("code", "label", "denominator", "value", "shown", "counts", "verdict_label", "colour", "size")
# Room a name takes in the plot, in pixels, to leave out names that would cover others.
_LABEL_WIDTH, _LABEL_HEIGHT = 112, 15


def funnel_plot(
    frame: pd.DataFrame,
    metric: Metric,
    title: str,
    subtitle: str,
    *,
    chosen: str | None = None,
    height: int = 380,
    width_hint: int = 700,
) -> Chart:
    """Rate against volume with 95 % and 99.8 % limits; names of the units furthest outside.

    frame: FUNNEL_COLUMNS, one row per unit (limits as metrics.comparison.funnel_limits gives them). A click
    reports {"code": …} under the selection name `chosen`. width_hint: expected width in pixels, used only
    to decide which names would cover one another.
    """
    rows = style.records(frame.dropna(subset=["value"]), FUNNEL_COLUMNS)
    rows = [row for row in rows if row["denominator"]]
    if not rows:
        return style.nothing(title, "没有达到最低样本量的单位。", height)
    for row in rows:
        row["shown"] = show_rate(row["value"])
        row["counts"] = f"{show_count(row['numerator'])} ÷ {show_count(row['denominator'])}"
        row["colour"] = _colour(row["verdict"], metric)
        row["size"] = 34 if row["verdict"] in (None, "inside") else 70
        row["picked"] = row["code"] == chosen
    volumes = [row["denominator"] for row in rows]
    x_domain = [min(volumes) * 0.85, max(volumes) * 1.25]
    y_domain = _rate_range(rows)
    x = {
        "type": "quantitative", "scale": {"type": "log", "domain": x_domain, "nice": False},
        "axis": {"title": f"{metric.denominator_label}（对数刻度）", "format": ",.0f", "grid": False,
                 "values": _ticks(*x_domain), "domain": False},
    }  # fmt: skip
    y = {
        "type": "quantitative", "scale": {"domain": list(y_domain), "nice": False, "zero": False},
        "axis": {"title": None, "format": axis_format(metric), "tickCount": 5, "domain": False, "ticks": False},
    }  # fmt: skip
    place = {"x": {**x, "field": "denominator"}, "y": {**y, "field": "value"}}
    tooltip = [
        {"field": "label", "title": "单位", "type": "nominal"},
        {"field": "shown", "title": metric.label, "type": "nominal"},
        {"field": "counts", "title": "件数", "type": "nominal"},
        {"field": "verdict_label", "title": "与同类相比", "type": "nominal"},
    ]
    circles = {
        **layer([{name: row[name] for name in _POINT} for row in rows],
                {"type": "point", "filled": True, "opacity": 0.85, "cursor": "pointer"}, **place,
                color={"field": "colour", "type": "nominal", "scale": None, "legend": None},
                size={"field": "size", "type": "quantitative", "scale": None, "legend": None}, tooltip=tooltip),
        "params": [style.points("code")],
    }  # fmt: skip
    layers = [*_limits(rows, x, y), circles]
    picked = [row for row in rows if row["picked"]]
    ring = {"type": "point", "filled": False, "stroke": style.INK, "strokeWidth": 2, "size": 170, "opacity": 1}
    layers.append(layer(picked, ring, **place))
    layers += _names(rows, metric, place, x_domain, y_domain, width_hint, height - 100)
    return style.finish({"layer": layers}, title, subtitle, height)


def _colour(verdict: str | None, metric: Metric) -> str:
    if verdict in (None, "inside"):
        return "#9AA5B1"
    low = str(verdict).startswith("below")
    needs_help = low if metric.direction != "down" else not low
    return style.ACT if needs_help else style.TEAL


def _rate_range(rows: Sequence[Row]) -> tuple[float, float]:
    """All units and the limits where most units are; limits of the smallest may leave the picture."""
    values = [row["value"] for row in rows]
    limits = [row[c] for row in rows for c in ("low95", "high95") if row[c] is not None]
    low, high = min(values), max(values)
    if limits:
        low, high = min(low, sorted(limits)[len(limits) // 20]), max(high, sorted(limits)[-1 - len(limits) // 20])
    room = max((high - low) * 0.08, 0.005)
    return max(0.0, low - room), min(1.0, high + room)


def _ticks(low: float, high: float) -> list[float]:
    """1, 2, 5, 10, 20, … inside the range."""
    found = []
    for power in range(math.floor(math.log10(max(low, 1))), math.ceil(math.log10(max(high, 10))) + 1):
        found += [step * 10.0**power for step in (1, 2, 5) if low <= step * 10.0**power <= high]
    return found


def _limits(rows: Sequence[Row], x: Row, y: Row) -> list[Row]:
    """Shaded 95 % band, dashed 99.8 % lines, the average, each with its name at the right."""
    ordered = sorted((row for row in rows if row["low95"] is not None), key=lambda row: row["denominator"])
    if not ordered:
        return []
    across = {**x, "field": "denominator"}
    smooth = {"interpolate": "monotone"}
    edge = {"type": "line", "color": style.MUTED, "strokeWidth": 1, "clip": True}
    shaded = {"mark": {"type": "area", "color": "#EDF1F5", "clip": True, **smooth},
              "encoding": {"x": across, "y": {**y, "field": "low95"}, "y2": {"field": "high95"}}}  # fmt: skip
    lines = [
        {"mark": {**edge, **more}, "encoding": {"x": across, "y": {**y, "field": column}}}
        for column, more in (
            ("low998", {"strokeDash": [4, 3], **smooth}),
            ("high998", {"strokeDash": [4, 3], **smooth}),
            ("centre", {}),
        )
    ]
    layers: list[Row] = [{"data": {"values": _thinned(ordered)}, "layer": [shaded, *lines]}]
    last = ordered[-1]
    names = [
        {"text": f"平均 {show_rate(last['centre'])}", "value": last["centre"], "dy": -7},
        {"text": "99.8%界限", "value": last["low998"], "dy": 12},
        {"text": "95%界限", "value": last["low95"], "dy": -7},
    ]
    for name in names:
        mark = {"type": "text", "align": "right", "dx": -2, "dy": name["dy"], "fontSize": 11, "color": style.MUTED}
        layers.append(layer([name], mark, x={"value": "width"}, y={**y, "field": "value"},
                            text={"field": "text", "type": "nominal"}))  # fmt: skip
    return layers


def _thinned(ordered: Sequence[Row]) -> list[Row]:
    """At most CURVE_POINTS of the rows, ends included: enough for smooth limits of a thousand units."""
    step = max(1, math.ceil(len(ordered) / CURVE_POINTS))
    kept = [*ordered[::step], ordered[-1]]
    volume = ordered[0]["denominator"]
    if volume == ordered[-1]["denominator"]:  # one volume makes no line: its limits become a short band around it
        kept = [{**ordered[0], "denominator": volume * width} for width in (0.92, 1.1)]
    return [{c: None if row[c] is None else round(row[c], 5) for c in _CURVE} for row in kept]


def _names(
    rows: Sequence[Row], metric: Metric, place: Row, x_domain: Sequence[float], y_domain: Sequence[float],
    width: int, height: int,
) -> list[Row]:  # fmt: skip
    """Names of the chosen unit and of those furthest outside, left out where they would cover another name."""
    outside = [row for row in rows if row["picked"] or row["verdict"] not in (None, "inside")]
    outside.sort(key=lambda row: (not row["picked"], -_distance(row)))
    left, span = math.log(x_domain[0]), math.log(x_domain[1]) - math.log(x_domain[0])
    taken: list[tuple[float, float]] = []
    sides = {"below": 0, "above": 0}
    kept = []
    for row in outside:
        side = "below" if row["value"] < row["centre"] else "above"
        if sides[side] >= LABELLED and not row["picked"]:
            continue
        at = (math.log(row["denominator"]) - left) / span * width
        up = (y_domain[1] - row["value"]) / (y_domain[1] - y_domain[0]) * height
        if any(abs(at - a) < _LABEL_WIDTH and abs(up - b) < _LABEL_HEIGHT for a, b in taken):
            continue
        taken.append((at, up))
        sides[side] += 1
        kept.append(
            {
                "denominator": row["denominator"],
                "value": row["value"],
                "name": style.shorten(str(row["label"]), 16),
                "at_right": at > width * 0.8,
            }
        )
    layers = []
    for at_right in (False, True):
        own = [row for row in kept if row["at_right"] is at_right]
        mark = {"type": "text", "align": "right" if at_right else "left", "dx": -8 if at_right else 8, "fontSize": 11}
        layers.append(layer(own, mark, **place, text={"field": "name", "type": "nominal"}))
    return layers


def _distance(row: Row) -> float:
    """How far outside, in widths of the 95 % band."""
    if row["low95"] is None or row["high95"] is None or row["high95"] == row["low95"]:
        return 0.0
    return abs(row["value"] - row["centre"]) / (row["high95"] - row["low95"])
