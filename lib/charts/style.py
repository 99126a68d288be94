"""How every chart looks: palette, type, Chinese configuration, titles. Colours are defined here and nowhere else.

A chart is a Vega-Lite specification as a plain dict (type `Chart`): ten times cheaper to build than an
Altair object, shown by st.vega_lite_chart and drawn by lib/documents/png.py. Each layer carries its own
few rows, which keeps them inside the specification; only aggregated data is ever put in.
"""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pandas as pd

Chart = dict[str, Any]
Row = dict[str, Any]

# The Analysis Function palette of the UK Government Statistical Service, as 4-visual of the design asks.
NAVY, TEAL, PLUM, ORANGE, GREY = "#12436D", "#28A197", "#801650", "#F46A25", "#BFBFBF"
INK, MUTED, RULE, PAPER = "#1F2328", "#595F69", "#E3E5E8", "#FFFFFF"
# "Act here", as on the cards (redColor in .streamlit/config.toml); nothing else is red.
ACT = "#B3261E"
# Tints of NAVY from few to many; a sixth colour means that nothing may be said.
SEQUENTIAL = ("#E1EAF2", "#B4CBDF", "#7FA5C5", "#457BA6", NAVY)
NO_VALUE = "#EEEEEE"
# Teal and orange are too light for small text; these darker kin have a contrast above 4.5:1 on white.
TEAL_TEXT, ORANGE_TEXT = "#1B6E67", "#B3430C"

FONT = "'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei','PingFang SC',sans-serif"
TITLE_LIMIT = 18
TEXT_SIZE, TITLE_SIZE = 12, 16
# Half-width columns per line of a subtitle: fits half of a tablet held upright.
SUBTITLE_COLUMNS = 60
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"

_TIME_LOCALE = {
    "dateTime": "%Y年%-m月%-d日 %H:%M:%S",
    "date": "%Y年%-m月%-d日",
    "time": "%H:%M:%S",
    "periods": ["上午", "下午"],
    "days": ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"],
    "shortDays": ["周日", "周一", "周二", "周三", "周四", "周五", "周六"],
    "months": ["1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"],
    "shortMonths": ["1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"],
}
_NUMBER_LOCALE = {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["¥", ""]}

CONFIG: dict[str, Any] = {
    "font": FONT,
    "locale": {"time": _TIME_LOCALE, "number": _NUMBER_LOCALE},
    "view": {"stroke": None},
    "axis": {
        "labelFont": FONT, "titleFont": FONT, "labelFontSize": TEXT_SIZE, "titleFontSize": TEXT_SIZE,
        "labelColor": MUTED, "titleColor": MUTED, "titleFontWeight": "normal",
        "gridColor": RULE, "domainColor": GREY, "tickColor": GREY, "labelLimit": 220,
    },
    "text": {"font": FONT, "fontSize": TEXT_SIZE, "color": INK},
    "title": {
        "font": FONT, "fontSize": TITLE_SIZE, "fontWeight": 600, "color": INK, "anchor": "start", "frame": "bounds",
        "subtitleFont": FONT, "subtitleFontSize": TEXT_SIZE, "subtitleColor": MUTED, "subtitlePadding": 5,
        "offset": 14,
    },
    "legend": {"labelFont": FONT, "titleFont": FONT, "labelFontSize": TEXT_SIZE, "labelColor": MUTED},
    "header": {"labelFont": FONT, "labelFontSize": TEXT_SIZE, "labelColor": INK, "labelFontWeight": 600},
}  # fmt: skip


def heading(title: str, subtitle: str = "") -> dict[str, Any]:
    """Title of a chart: the answer, at most 18 characters; the subtitle names measure, place, period and
    denominator and is wrapped. Raises ValueError for a longer title.
    """
    if len(title) > TITLE_LIMIT:
        raise ValueError(f"a chart title has at most {TITLE_LIMIT} characters: {title}")
    lines = wrap(subtitle)
    return {"text": title, **({"subtitle": lines} if lines else {})}


def fit(*variants: str) -> str:
    """The first variant that fits a title; the last one, cut, when none does."""
    for text in variants:
        if len(text) <= TITLE_LIMIT:
            return text
    return variants[-1][: TITLE_LIMIT - 1] + "…"


def columns_of(text: str) -> int:
    """Width of a text in half-width columns: Han characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)


def shorten(text: str, columns: int) -> str:
    """The text cut to that many half-width columns, with … where something was left out."""
    if columns_of(text) <= columns:
        return text
    kept = ""
    for character in text:
        if columns_of(kept + character) > columns - 2:
            break
        kept += character
    return kept + "…"


def wrap(text: str, columns: int = SUBTITLE_COLUMNS) -> list[str]:
    """Lines of at most `columns` half-width columns, broken at the separators ` · ` where there are any."""
    lines: list[str] = []
    for part in text.split(" · ") if text else []:
        joined = f"{lines[-1]} · {part}" if lines else part
        if lines and columns_of(joined) <= columns:
            lines[-1] = joined
        else:
            lines.append(part)
    return lines


def records(frame: pd.DataFrame, columns: Iterable[str]) -> list[Row]:
    """Rows of those columns as JSON values: missing ones as null, days as 2026-10-31."""
    wanted = list(columns)
    return [
        {name: _json(value) for name, value in zip(wanted, row, strict=True)}
        for row in zip(*(frame[name].tolist() for name in wanted), strict=True)
    ]


def _json(value: Any) -> Any:
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    return value


def literal(value: Any) -> str:
    """A value as a literal of a Vega expression."""
    return json.dumps(value, ensure_ascii=False)


def layer(rows: Sequence[Row], mark: str | Mapping[str, Any], /, **encoding: Any) -> dict[str, Any]:
    """One layer with its own rows."""
    return {"data": {"values": list(rows)}, "mark": mark, "encoding": encoding}


def points(field: str, name: str = "chosen") -> dict[str, Any]:
    """A click selection on that field, reported to the page under `name`; a second click takes it back."""
    return {"name": name, "select": {"type": "point", "fields": [field], "toggle": True}}


def finish(spec: Mapping[str, Any], title: str, subtitle: str, height: int) -> Chart:
    """The whole specification: title, size and configuration added. `height` includes title and axes.

    The width is that of the container; lib/documents/png.py gives it a number.
    """
    return {
        "$schema": SCHEMA,
        "title": heading(title, subtitle),
        "width": "container",
        "height": height,
        "autosize": {"type": "fit", "contains": "padding"},
        "padding": {"left": 4, "top": 4, "right": 12, "bottom": 4},
        "background": PAPER,
        "config": CONFIG,
        **spec,
    }


def nothing(title: str, reason: str, height: int = 160) -> Chart:
    """What stands in the place of a chart without rows: the reason in words.

    It carries the click selection of the chart it replaces, in which nothing can be selected.
    """
    mark = {"type": "text", "align": "left", "x": 0, "fontSize": 14, "color": MUTED}
    words = layer([{"text": reason}], mark, text={"field": "text", "type": "nominal"})
    return finish({"layer": [{**words, "params": [points("code")]}]}, title, "", height)


def title_height(subtitle: str) -> int:
    """Pixels that title and subtitle take, to lay out labels by hand."""
    return 38 + 16 * len(wrap(subtitle))


def spread(positions: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Positions moved apart to at least `gap`, kept in order and within [low, high] as far as they fit."""
    order = sorted(range(len(positions)), key=lambda i: positions[i])
    placed = [0.0] * len(positions)
    previous = -math.inf
    for index in order:
        previous = placed[index] = max(positions[index], previous + gap, low)
    following = math.inf
    for index in reversed(order):
        following = placed[index] = min(placed[index], following - gap, high)
    return placed
