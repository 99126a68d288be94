"""Charts that compare names: ranked bars with intervals, movers, shares."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from lib.charts import style
from lib.charts.series import axis_format
from lib.charts.style import Chart, Row, layer
from lib.metrics.catalogue import Metric
from lib.metrics.formats import show_count, show_interval, show_value

RANKED_COLUMNS = ("code", "label", "numerator", "denominator", "value", "low", "high", "is_small")
ROW_HEIGHT = 24
NAME_COLUMNS = 22
# Above this the bars of a rate would look equal: dots on a cut axis show what differs.
DOTS_FROM = 0.6
_APART = "_apart"


def worst_first(frame: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """Rows in the order of need: low first where high is good, high first otherwise; small ones last."""
    small = frame["is_small"].fillna(False).astype(bool) | frame["value"].isna()
    order = frame.assign(_small=small, _value=frame["value"].astype(float))
    return order.sort_values(["_small", "_value"], ascending=[True, metric.direction == "up"], kind="stable").drop(
        columns=["_small", "_value"]
    )


def ranked_bar(
    frame: pd.DataFrame,
    metric: Metric,
    title: str,
    subtitle: str,
    *,
    target: float | None = None,
    average: float | None = None,
    chosen: str | None = None,
    limit: int = 30,
    height: int | None = None,
    apart: str = "样本不足，不作比较",
) -> Chart:
    """Names ranked worst first, with 95 % intervals as whiskers, the target as a labelled rule, values at the end.

    frame: RANKED_COLUMNS, one row per name (low and high may be missing). Rows with is_small stand apart
    in grey, under the words `apart`. average: a second, grey rule (the city's value). chosen: code of the
    row to be marked. A click reports {"code": …} under the selection name `chosen`. At most `limit` rows;
    the subtitle says so.
    """
    ranked = worst_first(frame, metric)
    left_out = max(0, len(ranked) - limit)
    ranked = ranked.head(limit)
    if left_out:
        subtitle += f" · 共{len(frame)}个，列出最需要关注的{limit}个"
    rows = style.records(ranked, RANKED_COLUMNS)
    if not rows:
        return style.nothing(title, "没有可以比较的数据。")
    for row in rows:
        row["apart"] = bool(row["is_small"]) or row["value"] is None
        row["shown"] = show_value(metric, row["value"])
        row["interval"] = show_interval(row["low"], row["high"]) if metric.unit == "rate" else "—"
        row["counts"] = show_count(row["numerator"])
        if metric.denominator:
            row["counts"] += f" ÷ {show_count(row['denominator'])}"
        row["sign"], row["colour"] = _verdict(row, metric, target)
        row["shown"] = f"{row['sign']}{row['shown']}"
    domain = [row["code"] for row in rows if not row["apart"]]
    aside = [row["code"] for row in rows if row["apart"]]
    order = [*domain, *([_APART] if domain and aside else []), *aside]
    y = _name_axis(rows, order, chosen)
    as_dots = metric.unit == "rate" and _lowest(rows) > DOTS_FROM
    low, high = _value_domain(rows, metric, [v for v in (target, average) if v is not None], as_dots)
    x: Row = {"type": "quantitative", "scale": {"domain": [low, high], "nice": False, "zero": False, "clamp": True}}
    axis = {"title": None, "format": axis_format(metric), "tickCount": 4, "domain": False, "ticks": False}
    layers = _rules(target, average, metric, x)
    drawn = [row for row in rows if row["value"] is not None]
    colour: Row = {"field": "colour", "type": "nominal", "scale": None, "legend": None}
    value = {**x, "field": "value", "axis": axis}
    if as_dots:
        mark: Row = {"type": "point", "filled": True, "size": 80, "opacity": 1}
    else:
        mark = {"type": "bar", "height": {"band": 0.62}}
    spanned = [row for row in drawn if row["low"] is not None and not row["apart"]]
    spans = layer(spanned, {"type": "rule", "strokeWidth": 1.5}, y=y, x={**x, "field": "low"}, x2={"field": "high"},
                  color=colour if as_dots else {"value": style.INK})  # fmt: skip
    marks = layer(drawn, mark, y=y, x=value, color=colour)
    layers += [spans, marks] if as_dots else [marks, spans]
    layers.append(layer(rows, {"type": "text", "align": "right", "fontWeight": 500}, y=y,
                        x={"value": "width"}, text={"field": "shown", "type": "nominal"}))  # fmt: skip
    tooltip = [("label", "名称"), ("shown", "数值"), ("interval", "95%区间"), ("counts", "件数")]
    layers.append(_clickable(rows, y, tooltip))
    if _APART in order:
        words = {"type": "text", "align": "left", "x": 0, "color": style.MUTED, "fontSize": 11}
        layers.append(layer([{"code": _APART, "text": apart}], words, y=y,
                            text={"field": "text", "type": "nominal"}))  # fmt: skip
    natural = style.title_height(subtitle) + 30 + ROW_HEIGHT * len(order)
    return style.finish({"layer": layers}, title, subtitle, height or natural)


def _verdict(row: Row, metric: Metric, target: float | None) -> tuple[str, str]:
    """Sign and colour: apart from the target only where the whole interval is."""
    if row["apart"]:
        return "", style.GREY
    if target is None or metric.direction is None or row["low"] is None or row["high"] is None:
        return "", style.NAVY
    if metric.direction == "up":
        return ("▼ ", style.ACT) if row["high"] < target else ("", style.NAVY)
    return ("▲ ", style.ACT) if row["low"] > target else ("", style.NAVY)


def _lowest(rows: Sequence[Row]) -> float:
    return min((row["value"] for row in rows if row["value"] is not None), default=0.0)


def _value_domain(rows: Sequence[Row], metric: Metric, rules: Sequence[float], as_dots: bool) -> tuple[float, float]:
    """Axis limits with a fifth of the width left free at the right for the values."""
    shown = [row for row in rows if not row["apart"]] or rows
    known = [row[c] for row in shown for c in ("value", "low", "high") if row[c] is not None]
    known += [row["value"] for row in rows if row["value"] is not None] + list(rules)
    top = max(known, default=1.0) or 1.0
    bottom = max(0.0, min(known, default=0.0) - 0.01) if as_dots else 0.0
    return bottom, bottom + (top - bottom) / 0.8


def _name_axis(rows: Sequence[Row], order: Sequence[str], chosen: str | None) -> Row:
    """Axis of codes that shows names; codes keep equal names apart. The chosen name is bold."""
    names: dict[str, str] = {row["code"]: style.shorten(str(row["label"]), NAME_COLUMNS) for row in rows} | {_APART: ""}
    bold: Row = {"condition": {"test": f"datum.value === {style.literal(chosen)}", "value": 700}, "value": 400}
    return {
        "field": "code", "type": "nominal", "sort": None, "scale": {"domain": list(order), "paddingInner": 0.1},
        "axis": {"title": None, "domain": False, "ticks": False, "labelPadding": 8, "labelColor": style.INK,
                 "labelExpr": f"{style.literal(names)}[datum.value]", "labelFontWeight": bold},
    }  # fmt: skip


def _rules(target: float | None, average: float | None, metric: Metric, x: Row) -> list[Row]:
    """Dashed target and grey average, each with its name above the plot."""
    layers = []
    for value, name, colour, dash in (
        (average, "平均", style.GREY, [1, 0]),
        (target, "目标", style.INK, [5, 4]),
    ):
        if value is None:
            continue
        rows = [{"value": value, "text": f"{name} {show_value(metric, value)}"}]
        place = {**x, "field": "value"}
        layers.append(layer(rows, {"type": "rule", "color": colour, "strokeDash": dash}, x=place))
        # The lower of the two rules is named to its left, the upper to its right: they never meet.
        left = _other_is_higher(value, target, average)
        mark = {"type": "text", "align": "right" if left else "left", "dx": -3 if left else 3, "y": -6,
                "fontSize": 11, "color": style.MUTED if name == "平均" else style.INK}  # fmt: skip
        layers.append(layer(rows, mark, x=place, text={"field": "text", "type": "nominal"}))
    return layers


def _other_is_higher(value: float, target: float | None, average: float | None) -> bool:
    return target is not None and average is not None and value < max(target, average)


def _clickable(rows: Sequence[Row], y: Row, tooltip: Sequence[tuple[str, str]]) -> Row:
    """Transparent full-width bars: a name is chosen anywhere in its row, and tells its counts there."""
    told = [{"field": field, "title": title, "type": "nominal"} for field, title in tooltip]
    mark = {"type": "bar", "opacity": 0, "height": {"band": 1}, "cursor": "pointer"}
    drawn = layer(rows, mark, y=y, x={"value": 0}, x2={"value": "width"}, tooltip=told)
    return {**drawn, "params": [style.points("code")]}


def movers(
    frame: pd.DataFrame, title: str, subtitle: str, *, limit: int = 6, compared: str = "上期", height: int | None = None
) -> Chart:
    """What grows and what falls: one diverging bar of the difference in tickets per name.

    frame: code, label, received, previous, change (share or missing), extra, differs, as category_movers
    answers. The `limit` largest of either side that exceed chance; growing to the right with ▲, falling to
    the left with ▼. compared: what the earlier period is called. A click reports {"code": …} as `chosen`.
    """
    sure = frame[frame["differs"].astype(bool) & frame["extra"].notna()]
    grown = sure[sure["extra"] > 0].sort_values("extra", ascending=False, kind="stable").head(limit)
    fallen = sure[sure["extra"] < 0].sort_values("extra", ascending=False, kind="stable").tail(limit)
    rows = style.records(pd.concat([grown, fallen]), ("code", "label", "received", "previous", "change", "extra"))
    if not rows:
        return style.nothing(title, "各类事项的增减都在随机波动范围内。")
    for row in rows:
        grows = row["extra"] > 0
        row["colour"] = style.ORANGE if grows else style.TEAL
        share = "新增" if row["change"] is None else f"{row['change'] * 100:+.0f}%"
        row["text"] = f"{'▲' if grows else '▼'} {row['extra']:+,.0f}件（{share}）"
        row["counts"] = f"{show_count(row['received'])}（{compared} {show_count(row['previous'])}）"
    y = _name_axis(rows, [row["code"] for row in rows], None)
    most, least = max(0.0, rows[0]["extra"]), min(0.0, rows[-1]["extra"])
    # Words stand outside the bars: room for them on the sides that have bars.
    room = (most - least) * 0.55
    domain = [least - (room if least < 0 else 0), most + (room if most > 0 else 0)]
    x = {"type": "quantitative", "axis": None, "scale": {"domain": domain, "nice": False}}
    colour = {"field": "colour", "type": "nominal", "scale": None, "legend": None}
    layers = [
        layer(rows, {"type": "bar", "height": {"band": 0.62}}, y=y, x={**x, "field": "extra"}, color=colour),
        layer([{"zero": 0}], {"type": "rule", "color": style.GREY}, x={**x, "field": "zero"}),
    ]
    for grows in (True, False):
        own = [row for row in rows if (row["extra"] > 0) == grows]
        mark = {"type": "text", "align": "left" if grows else "right", "dx": 5 if grows else -5}
        layers.append(layer(own, mark, y=y, x={**x, "field": "extra"}, text={"field": "text", "type": "nominal"}))
    tooltip = [("label", "事项"), ("counts", "受理量"), ("text", "增减")]
    layers.append(_clickable(rows, y, tooltip))
    natural = style.title_height(subtitle) + 8 + ROW_HEIGHT * len(rows)
    return style.finish({"layer": layers}, title, subtitle, height or natural)


def share_bar(frame: pd.DataFrame, title: str, subtitle: str, *, limit: int = 8, height: int | None = None) -> Chart:
    """Parts of a whole as bars, largest first; what lies beyond `limit` is one grey 其他.

    frame: label, received, share. The words give share and count; a whole of zero gives a sentence instead.
    """
    rows = style.records(frame.sort_values("received", ascending=False, kind="stable"), ("label", "received", "share"))
    whole = sum(row["received"] or 0 for row in rows)
    if not whole:
        return style.nothing(title, "没有受理工单。")
    kept, rest = rows[:limit], rows[limit:]
    for row in kept:
        row["colour"] = style.NAVY
    if rest:
        other = sum(row["received"] or 0 for row in rest)
        kept.append(
            {
                "label": f"其他{len(rest)}个",
                "received": other,
                "share": sum(row["share"] or 0 for row in rest),
                "colour": style.GREY,
            }
        )
    for i, row in enumerate(kept):
        row["code"] = str(i)
        row["text"] = f"{row['share'] * 100:.1f}%  {show_count(row['received'])}件"
    y = _name_axis(kept, [row["code"] for row in kept], None)
    top = max(row["share"] for row in kept)
    x = {"field": "share", "type": "quantitative", "axis": None, "scale": {"domain": [0, top * 1.6], "nice": False}}
    layers = [
        layer(kept, {"type": "bar", "height": {"band": 0.62}}, y=y, x=x,
              color={"field": "colour", "type": "nominal", "scale": None, "legend": None}),
        layer(kept, {"type": "text", "align": "left", "dx": 6}, y=y, x=x, text={"field": "text", "type": "nominal"}),
    ]  # fmt: skip
    natural = style.title_height(subtitle) + 8 + ROW_HEIGHT * len(kept)
    return style.finish({"layer": layers}, title, subtitle, height or natural)
