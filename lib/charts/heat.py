"""When citizens call: hour by weekday."""

from __future__ import annotations

import pandas as pd

from lib.charts import style
from lib.charts.style import Chart, Row, layer

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


def heat_profile(frame: pd.DataFrame, title: str, subtitle: str, height: int = 250) -> Chart:
    """Tickets received by hour (0-23) and weekday (1 Monday - 7 Sunday); the busiest cell is named.

    frame: weekday, hour, received; missing combinations are shown as none.
    """
    found = {(int(d), int(h)): int(n) for d, h, n in frame[["weekday", "hour", "received"]].itertuples(index=False)}
    busiest = max(found, key=lambda cell: found[cell], default=None)
    if busiest is None or not found[busiest]:
        return style.nothing(title, "没有带受理时刻的工单。", height)
    rows: list[Row] = [
        {"day": name, "hour": hour, "span": f"{name} {hour}时至{hour + 1}时", "received": found.get((day, hour), 0)}
        for day, name in enumerate(WEEKDAYS, start=1)
        for hour in range(24)
    ]
    x = {
        "field": "hour", "type": "ordinal", "scale": {"paddingInner": 0.04},
        "axis": {"title": None, "labelExpr": "datum.value % 3 == 0 ? datum.value + '时' : ''", "labelAngle": 0,
                 "labelOverlap": False, "ticks": False, "domain": False},
    }  # fmt: skip
    y = {
        "field": "day",
        "type": "ordinal",
        "sort": None,
        "scale": {"domain": list(WEEKDAYS), "paddingInner": 0.06},
        "axis": {"title": None, "ticks": False, "domain": False},
    }
    colour = {
        "field": "received", "type": "quantitative", "legend": None,
        "scale": {"type": "linear", "domain": [0, found[busiest]], "range": list(style.SEQUENTIAL)},
    }  # fmt: skip
    tooltip = [
        {"field": "span", "title": "时段", "type": "nominal"},
        {"field": "received", "title": "受理量", "type": "quantitative", "format": ","},
    ]
    peak = [{"day": WEEKDAYS[busiest[0] - 1], "hour": busiest[1], "text": f"{found[busiest]:,}"}]
    words = {"type": "text", "color": style.PAPER, "fontSize": 10, "fontWeight": 600}
    layers = [
        layer(rows, {"type": "rect"}, x=x, y=y, color=colour, tooltip=tooltip),
        layer(peak, {"type": "rect", "filled": False, "stroke": style.ORANGE, "strokeWidth": 2}, x=x, y=y),
        layer(peak, words, x=x, y=y, text={"field": "text", "type": "nominal"}),
    ]
    return style.finish({"layer": layers}, title, subtitle, height)
