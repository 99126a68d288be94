"""Maps, drawn twice from the same shapes: by deck.gl where the browser has WebGL, by Vega where not.

No base map: nothing is fetched. Rates or per-10k only; counts of cells are suppressed before they get here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pydeck as pdk
from pydeck.bindings.json_tools import default_serialize

from lib.charts import shapes, style
from lib.charts.shapes import Classes, Name
from lib.charts.style import Chart, Row, layer
from lib.metrics.catalogue import Metric
from lib.metrics.formats import show_count, show_interval, show_value

# deck.gl's zoom 0 shows the world on 512 pixels.
_WORLD_PIXELS = 512
NOMINAL_WIDTH = 560
_MARGIN = 16
# Lines of a place's name: which, pixels below its point, weight of the type.
_LINES = ((0, -7, 600), (1, 8, 400))
DISTRICT_LAYER, HEX_LAYER = "districts", "cells"
MAP_COLUMNS = ("code", "label", "numerator", "denominator", "value", "low", "high", "is_small")


@dataclass(frozen=True)
class MapParts:
    """What both drawings need: coloured features, names, classes for the legend, the chosen code."""

    features: list[dict[str, Any]]
    names: list[Name]
    classes: Classes
    bounds: shapes.Bounds
    chosen: str | None


def district_parts(
    collection: dict[str, Any], frame: pd.DataFrame, metric: Metric, chosen: str | None = None, height: int = 420
) -> MapParts:
    """Parts of a choropleth of the metric by district.

    collection: boundaries as shapes.simplify gives them, with the property `district_code`. frame:
    MAP_COLUMNS, one row per district; districts without boundary are left to the table beside the map, and
    small samples are grey. Raises ValueError for a collection without features.
    """
    if not collection["features"]:
        raise ValueError("a map needs at least one boundary")
    rows = {row["code"]: row for row in style.records(frame, MAP_COLUMNS)}
    shown = {code: None if row["is_small"] else row["value"] for code, row in rows.items()}
    drawn = [f["properties"]["district_code"] for f in collection["features"]]
    scale = shapes.classes([shown.get(code) for code in drawn], metric)
    features, named = [], []
    for feature, code in zip(collection["features"], drawn, strict=True):
        row = rows.get(code, {"label": feature["properties"].get("name", code), "numerator": None,
                              "denominator": None, "value": None, "low": None, "high": None,
                              "is_small": False})  # fmt: skip
        words = "样本不足" if row["is_small"] else show_value(metric, row["value"])
        counts = show_count(row["numerator"])
        if metric.denominator_label:
            counts += f" ÷ {show_count(row['denominator'])}"
        properties = {
            "code": code, "label": str(row["label"]), "shown": words, "counts": counts,
            "interval": show_interval(row["low"], row["high"]), "fill": scale.colour(shown.get(code)),
        }  # fmt: skip
        features.append({"type": "Feature", "geometry": feature["geometry"], "properties": properties})
        at = feature["properties"]["name_at"]
        named.append(shapes.Name(code, (str(row["label"]), words), scale.ink(shown.get(code)),
                                 scale.colour(shown.get(code)), (at[0], at[1]), (at[0], at[1])))  # fmt: skip
    extent = shapes.bounds(collection)
    scale_pixels = extent.pixels_per_degree(NOMINAL_WIDTH, height - 2 * _MARGIN)
    return MapParts(features, shapes.place_names(named, scale_pixels), scale, extent, chosen)


def choropleth_vega(
    parts: MapParts, title: str, subtitle: str, *, height: int = 420, with_legend: bool = False
) -> Chart:
    """The choropleth as Vega geoshapes: works without WebGL, and is what the PNG shows (with_legend).

    A click reports {"code": …} under the selection name `chosen`.
    """
    rows = [_flat(feature) for feature in parts.features]
    shape = {"type": "geoshape", "stroke": style.PAPER, "strokeWidth": 1.2, "cursor": "pointer"}
    layers = [
        {**layer(rows, shape, color=_fill(parts.classes, with_legend), tooltip=_tooltip()),
         "params": [style.points("code")]},
        *_outline([row for row in rows if row["code"] == parts.chosen]),
        *_leaders(parts.names),
        *_words(parts.names),
    ]  # fmt: skip
    return _projected(layers, title, subtitle, height)


def hex_vega(
    collection: dict[str, Any], classes: Classes, outlines: dict[str, Any] | None, title: str, subtitle: str,
    *, height: int = 420, with_legend: bool = False,
) -> Chart:  # fmt: skip
    """Cells of shapes.hexagons as Vega geoshapes, over the outlines of the districts."""
    rows = [_flat(feature) for feature in collection["features"]]
    if not rows:
        return style.nothing(title, "没有带坐标的工单。", height)
    shape = {"type": "geoshape", "stroke": style.PAPER, "strokeWidth": 0.4}
    cells = layer(rows, shape, color=_fill(classes, with_legend), tooltip=_tooltip(("shown",)))
    lines = {"type": "geoshape", "filled": False, "stroke": "#8A929C", "strokeWidth": 1}
    border = [layer([_flat(f) for f in outlines["features"]], lines)] if outlines else []
    return _projected([cells, *border], title, subtitle, height)


def choropleth_deck(parts: MapParts, *, width: int = NOMINAL_WIDTH, height: int = 420) -> pdk.Deck:
    """The same choropleth for deck.gl (WebGL 2). A click reports the feature under the layer `districts`."""
    layers = [
        _geojson(DISTRICT_LAYER, parts.features, line="#FFFFFF", width=1.2, pickable=True),
        _geojson("chosen", [f for f in parts.features if f["properties"]["code"] == parts.chosen],
                 line=style.ORANGE, width=3, filled=False),
        pdk.Layer("LineLayer", [{"a": list(n.anchor), "b": list(n.at)} for n in parts.names if n.moved], id="leaders",
                  get_source_position="a", get_target_position="b", get_color=rgb(style.INK), get_width=1),
        *_deck_words(parts.names),
    ]  # fmt: skip
    return _deck(layers, parts.bounds, width, height, "<b>{label}</b><br/>{shown}<br/>{counts}")


def hex_deck(
    collection: dict[str, Any], outlines: dict[str, Any] | None, *, width: int = NOMINAL_WIDTH, height: int = 420
) -> pdk.Deck:
    """Cells of shapes.hexagons for deck.gl, over the outlines of the districts."""
    layers = [_geojson(HEX_LAYER, collection["features"], line="#FFFFFF", width=0.4, pickable=True)]
    if outlines:
        layers.append(_geojson("outlines", outlines["features"], line="#8A929C", width=1, filled=False))
    extent = shapes.bounds(outlines or collection)
    return _deck(layers, extent, width, height, "{shown}件")


# --- Vega -----------------------------------------------------------------------------------


def _flat(feature: Mapping[str, Any]) -> Row:
    """A feature whose properties stand beside its geometry, where selections and tooltips can name them."""
    return {"type": "Feature", "geometry": feature["geometry"], **feature["properties"]}


def _projected(layers: Sequence[Row], title: str, subtitle: str, height: int) -> Chart:
    return style.finish({"projection": {"type": "mercator"}, "layer": list(layers)}, title, subtitle, height)


def _fill(classes: Classes, with_legend: bool) -> Row:
    if not with_legend:
        return {"field": "fill", "type": "nominal", "scale": None, "legend": None}
    legend = {"title": None, "orient": "bottom", "direction": "horizontal", "columns": 3, "symbolType": "square"}
    labels = dict(zip(classes.colours, classes.words, strict=False)) | {style.NO_VALUE: "样本不足或无数据"}
    return {
        "field": "fill", "type": "nominal", "scale": {"domain": list(labels), "range": list(labels)},
        "legend": {**legend, "labelExpr": f"{style.literal(labels)}[datum.value]"},
    }  # fmt: skip


def _tooltip(fields: Sequence[str] = ("label", "shown", "interval", "counts")) -> list[Row]:
    titles = {"label": "区县", "shown": "数值", "interval": "95%区间", "counts": "件数"}
    return [{"field": f, "title": titles[f], "type": "nominal"} for f in fields]


def _outline(rows: Sequence[Row]) -> list[Row]:
    mark = {"type": "geoshape", "filled": False, "stroke": style.ORANGE, "strokeWidth": 3}
    return [layer(rows, mark)] if rows else []


def _leaders(names: Sequence[Name]) -> list[Row]:
    moved = [{"x": n.anchor[0], "y": n.anchor[1], "x2": n.at[0], "y2": n.at[1]} for n in names if n.moved]
    if not moved:
        return []
    ends = {"longitude": "x", "latitude": "y", "longitude2": "x2", "latitude2": "y2"}
    encoding: Row = {k: {"field": v} if k.endswith("2") else {"field": v, "type": "quantitative"}
                     for k, v in ends.items()}  # fmt: skip
    return [layer(moved, {"type": "rule", "color": style.INK, "strokeWidth": 1}, **encoding)]


def _words(names: Sequence[Name]) -> list[Row]:
    """Two lines per place, in the colour that is read on the place's own, which also stands around them."""
    place = {"longitude": {"field": "x", "type": "quantitative"}, "latitude": {"field": "y", "type": "quantitative"}}
    colour = {"field": "ink", "type": "nominal", "scale": None, "legend": None}
    layers = []
    for line, dy, weight in _LINES:
        rows = [{"x": n.at[0], "y": n.at[1], "text": n.text[line], "ink": n.ink, "halo": n.halo} for n in names]
        mark = {"type": "text", "dy": dy, "fontSize": 12, "fontWeight": weight}
        text = {"field": "text", "type": "nominal"}
        halo = {**mark, "strokeWidth": 3, "strokeJoin": "round"}
        around = {"field": "halo", "type": "nominal", "scale": None, "legend": None}
        layers.append(layer(rows, halo, **place, text=text, color=around, stroke=around))
        layers.append(layer(rows, mark, **place, text=text, color=colour))
    return layers


# --- deck.gl --------------------------------------------------------------------------------


def rgb(colour: str) -> list[int]:
    """Red, green and blue (0-255) of #RRGGBB, as deck.gl wants them."""
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def _geojson(
    name: str, features: Sequence[Mapping[str, Any]], *, line: str, width: float, pickable: bool = False,
    filled: bool = True,
) -> pdk.Layer:  # fmt: skip
    coloured = []
    for feature in features:
        properties = dict(feature["properties"])
        if filled:
            properties["rgb"] = rgb(properties["fill"])
        # deck.gl's tooltip reads the picked object itself, a selection its properties.
        coloured.append({**feature, "properties": properties, **{k: v for k, v in properties.items() if k != "rgb"}})
    # No auto_highlight: it draws the layer again at every move of the pointer.
    options: dict[str, Any] = {"get_fill_color": "properties.rgb"} if filled else {}
    return pdk.Layer(
        "GeoJsonLayer", {"type": "FeatureCollection", "features": coloured}, id=name, stroked=True, filled=filled,
        get_line_color=rgb(line), get_line_width=width, line_width_units=pdk.types.String("pixels"),
        line_joint_rounded=True, pickable=pickable, **options,
    )  # fmt: skip


def _deck_words(names: Sequence[Name]) -> list[pdk.Layer]:
    """The words of `_words`. deck.gl knows one outline colour per layer only, so the words are drawn four times
    in their surrounding colour, a pixel to each side, before they are drawn in their own.
    """
    layers = []
    for line, dy, weight in _LINES:
        rows = [
            {"at": list(n.at), "text": n.text[line], "by": [x, dy + y], "rgb": rgb(n.ink if x == y == 0 else n.halo)}
            for x, y in ((-1.2, 0), (1.2, 0), (0, -1.2), (0, 1.2), (0, 0))
            for n in names
        ]
        layers.append(pdk.Layer(
            "TextLayer", rows, id=f"words{line}", get_position="at", get_text="text", get_size=12, get_color="rgb",
            get_pixel_offset="by", font_family=pdk.types.String(style.FONT), font_weight=weight,
            character_set=pdk.types.String("auto"), font_settings={"fontSize": 36},
        ))  # fmt: skip
    return layers


class CompactDeck(pdk.Deck):
    """A Deck whose JSON has no white space: pydeck writes a line per coordinate, six times the size."""

    def to_json(self) -> str:
        """The specification that the browser gets."""
        return json.dumps(self, sort_keys=True, default=default_serialize, separators=(",", ":"))


def _deck(layers: Sequence[pdk.Layer], extent: shapes.Bounds, width: int, height: int, tooltip: str) -> pdk.Deck:
    pixels = extent.pixels_per_degree(width - 2 * _MARGIN, height - 2 * _MARGIN)
    longitude, latitude = extent.centre
    view = pdk.ViewState(longitude=longitude, latitude=latitude, zoom=math.log2(pixels * 360 / _WORLD_PIXELS))
    # The page scrolls over the map: the wheel must not zoom it away.
    camera = pdk.View(type="MapView", controller={"scrollZoom": False, "dragRotate": False, "touchRotate": False})
    box = {"html": tooltip, "style": {"backgroundColor": style.INK, "color": style.PAPER, "fontSize": "12px"}}
    return CompactDeck(layers=list(layers), initial_view_state=view, views=[camera], map_provider=None, tooltip=box)
