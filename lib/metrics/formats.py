"""How figures are written: one decimal for rates, 万 above 100,000, 个百分点 for changes, — for none."""

from __future__ import annotations

from lib.metrics.arithmetic import change, difference, is_missing
from lib.metrics.catalogue import Metric

NONE = "—"
WAN_FROM = 100_000


def show_count(value: float | None) -> str:
    """Thousands separators; 万 with one decimal from 100,000 on: 23,974 · 13.0万 · —."""
    if is_missing(value):
        return NONE
    assert value is not None
    rounded = round(float(value))
    if abs(rounded) >= WAN_FROM:
        return f"{rounded / 10_000:,.1f}万"
    return f"{rounded:,}"


def show_rate(value: float | None) -> str:
    """A share of 0-1 as a percentage with one decimal: 96.2% · —."""
    if is_missing(value):
        return NONE
    assert value is not None
    return f"{value * 100:.1f}%"


def show_points(value: float | None) -> str:
    """A difference of rates in 个百分点, unsigned: 1.3个百分点."""
    if is_missing(value):
        return NONE
    assert value is not None
    return f"{abs(value) * 100:.1f}个百分点"


def show_value(metric: Metric, value: float | None) -> str:
    """The value as its unit is written: 96.2% · 23,974 · 12.5小时 · 91.3 · —."""
    if is_missing(value):
        return NONE
    assert value is not None
    if metric.unit == "rate":
        return show_rate(value)
    if metric.unit == "hours":
        return f"{value:,.1f}小时"
    if metric.unit == "per_10k":
        return f"{value:,.1f}"
    return show_count(value)


def show_change(metric: Metric, now: float | None, before: float | None) -> str:
    """Signed change: rates in 个百分点 (+1.3个百分点), everything else relative (-4.2%); — for none.

    Changes too small for one decimal are 持平.
    """
    if metric.unit == "rate":
        points = difference(now, before)
        if points is None:
            return NONE
        return "持平" if abs(points) < 0.0005 else f"{points * 100:+.1f}个百分点"
    relative = change(now, before)
    if relative is None:
        return NONE
    return "持平" if abs(relative) < 0.0005 else f"{relative * 100:+.1f}%"


def show_moved(metric: Metric, now: float | None, before: float | None) -> str:
    """The change in words for a sentence: 提高1.3个百分点 · 下降4.2% · 持平 · —."""
    text = show_change(metric, now, before)
    if text in (NONE, "持平"):
        return text
    rise = "提高" if metric.unit == "rate" else "上升"
    return f"{rise}{text[1:]}" if text[0] == "+" else f"下降{text[1:]}"


def show_interval(low: float | None, high: float | None) -> str:
    """A 95 % interval of a rate: 43.6%–97.0%; — for none."""
    if is_missing(low) or is_missing(high):
        return NONE
    return f"{show_rate(low)}–{show_rate(high)}"
