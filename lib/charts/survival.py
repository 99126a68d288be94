"""Curves of what happens as time goes by, with their interval and how many are still watched."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lib.charts import style
from lib.charts.style import Chart, layer

COLUMNS = ("day", "relapsed", "low", "high", "at_risk")


def relapse_curve(
    frame: pd.DataFrame, at_risk: Mapping[int, int], title: str, subtitle: str, height: int = 260
) -> Chart:
    """Share that relapsed by each day as a step line with its 95 % band; beneath the days, how many are watched.

    frame: one row per step with COLUMNS, shares 0–1, from day 0. at_risk: day → number, the ticks of the axis.
    """
    rows = style.records(frame, COLUMNS)
    last = max([row["day"] for row in rows], default=0)
    top = max([row["high"] or row["relapsed"] for row in rows], default=0.1)
    ticks = [day for day in at_risk if day <= last] or [0]
    words = " : ".join(f"datum.value == {day} ? ['{day}日', '{at_risk[day]}件']" for day in ticks)
    x = {
        "field": "day", "type": "quantitative", "scale": {"domain": [0, max(last, 1)], "nice": False},
        "axis": {"title": "销号后天数（下行为观察到该日的件数）", "values": ticks, "labelExpr": f"{words} : ''",
                 "grid": False, "labelPadding": 6},
    }  # fmt: skip
    y = {
        "field": "relapsed", "type": "quantitative", "scale": {"domain": [0, max(top * 1.05, 0.05)], "nice": False},
        "axis": {"title": None, "format": ".0%", "tickCount": 4, "domain": False, "ticks": False},
    }  # fmt: skip
    banded = [row for row in rows if row["low"] is not None]
    band = {"type": "area", "interpolate": "step-after", "color": style.SEQUENTIAL[1], "opacity": 0.55}
    layers = [layer(banded, band, x=x, y={**y, "field": "high"}, y2={"field": "low"})] if banded else []
    layers.append(layer(rows, {"type": "line", "interpolate": "step-after", "color": style.NAVY, "strokeWidth": 2.5},
                        x=x, y=y))  # fmt: skip
    end = [{**rows[-1], "words": f"{rows[-1]['relapsed'] * 100:.1f}%"}] if rows else []
    label = {"type": "text", "align": "right", "dy": -9, "fontWeight": 600, "color": style.NAVY}
    layers.append(layer(end, label, x=x, y=y, text={"field": "words", "type": "nominal"}))
    return style.finish({"layer": layers}, title, subtitle, height)
