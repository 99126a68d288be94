"""Shapes of maps before any library draws them: lighter outlines, classes of colour, places of names.

Both drawings of a map (lib/charts/maps.py) are made from these, so that they look the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import h3
import numpy as np
import pandas as pd

from lib.charts import style
from lib.metrics.catalogue import Metric
from lib.metrics.formats import show_value

# About 300 m: one pixel of a city on a screen.
GRID_DEGREES = 0.003
NAME_WIDTH, NAME_HEIGHT = 40.0, 30.0

Ring = list[list[float]]


@dataclass(frozen=True)
class Bounds:
    """Extent in degrees."""

    west: float
    south: float
    east: float
    north: float

    @property
    def centre(self) -> tuple[float, float]:
        """Longitude and latitude of the middle, as Mercator shows it."""
        y = (mercator(self.south) + mercator(self.north)) / 2
        return (self.west + self.east) / 2, latitude_of(y)

    def pixels_per_degree(self, width: float, height: float) -> float:
        """Largest scale (pixels per degree of longitude) at which the extent fits."""
        tall = mercator(self.north) - mercator(self.south)
        return min(width / max(self.east - self.west, 1e-9), height / max(tall, 1e-9))


def mercator(latitude: float) -> float:
    """Mercator ordinate in degrees of longitude."""
    return math.degrees(math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2)))


def latitude_of(ordinate: float) -> float:
    """Latitude of a Mercator ordinate: the inverse of `mercator`."""
    return math.degrees(2 * math.atan(math.exp(math.radians(ordinate))) - math.pi / 2)


def simplify(boundaries: dict[str, Any], step: float = GRID_DEGREES) -> dict[str, Any]:
    """The FeatureCollection with coordinates on a grid of `step` degrees and outer rings clockwise, and with
    the property `name_at` (see inner_point).

    Points of a shared border land on the same grid points, so neighbours stay without gaps. d3-geo reads a
    counter-clockwise ring as everything outside of it, hence the turning. Rings that collapse are dropped.
    """
    features = []
    for feature in boundaries["features"]:
        polygons = [_snapped(polygon, step) for polygon in _polygons(feature["geometry"])]
        kept = [polygon for polygon in polygons if polygon]
        if kept:
            geometry = {"type": "MultiPolygon", "coordinates": kept}
            properties = {**feature["properties"], "name_at": inner_point(geometry)}
            features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    return {"type": "FeatureCollection", "features": features}


def _polygons(geometry: dict[str, Any]) -> list[list[Ring]]:
    return [geometry["coordinates"]] if geometry["type"] == "Polygon" else list(geometry["coordinates"])


def _snapped(polygon: list[Ring], step: float) -> list[Ring]:
    rings: list[Ring] = []
    for index, ring in enumerate(polygon):
        points: Ring = []
        for longitude, latitude, *_ in ring:
            point = [round(round(longitude / step) * step, 5), round(round(latitude / step) * step, 5)]
            if not points or point != points[-1]:
                points.append(point)
        if len(points) < 4:
            if index == 0:
                return []
            continue
        clockwise = _area(points) < 0
        rings.append(points if clockwise is (index == 0) else points[::-1])
    return rings


def _area(ring: Ring) -> float:
    """Signed area in square degrees, positive counter-clockwise."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring)) / 2


def bounds(collection: dict[str, Any]) -> Bounds:
    """Extent of all features."""
    points = [p for f in collection["features"] for polygon in _polygons(f["geometry"]) for ring in polygon
              for p in ring]  # fmt: skip
    longitudes, latitudes = [p[0] for p in points], [p[1] for p in points]
    return Bounds(min(longitudes), min(latitudes), max(longitudes), max(latitudes))


def inner_point(geometry: dict[str, Any], steps: int = 28) -> tuple[float, float]:
    """The point of the largest polygon that lies furthest from its border (on a grid), where a name fits best."""
    polygon = max(_polygons(geometry), key=lambda rings: abs(_area(rings[0])))
    outer = np.asarray(polygon[0], dtype=float)
    edges = np.concatenate([np.hstack([r[:-1], r[1:]]) for r in (np.asarray(ring, dtype=float) for ring in polygon)])
    (west, south), (east, north) = outer.min(axis=0), outer.max(axis=0)
    share = (np.arange(steps) + 0.5) / steps
    x, y = (
        grid.ravel()[:, None] for grid in np.meshgrid(west + share * (east - west), south + share * (north - south))
    )
    x1, y1, x2, y2 = edges.T
    rise = np.where(y2 == y1, 1.0, y2 - y1)
    inside = (((y1 > y) != (y2 > y)) & (x < (x2 - x1) * (y - y1) / rise + x1)).sum(axis=1) % 2 == 1
    # Latitudes are stretched as on the map; names are wide and low, so room to the sides counts less.
    tall = 1 / math.cos(math.radians((south + north) / 2)) * NAME_WIDTH / NAME_HEIGHT
    ax, ay, bx, by = x1 - x, (y1 - y) * tall, x2 - x1, (y2 - y1) * tall
    along = np.clip(-(ax * bx + ay * by) / np.maximum(bx * bx + by * by, 1e-18), 0, 1)
    away = np.hypot(ax + along * bx, ay + along * by).min(axis=1)
    best = int(np.where(inside, away, -1.0).argmax())
    return float(x[best, 0]), float(y[best, 0])


# --- colours --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Classes:
    """Classes of colour: `breaks` are the inner limits, ascending; `colours` one per class, and their words."""

    breaks: tuple[float, ...]
    colours: tuple[str, ...]
    words: tuple[str, ...]

    def ink(self, value: float | None) -> str:
        """Colour of words that stand on the colour of the value."""
        return style.PAPER if self.colour(value) in style.SEQUENTIAL[-2:] else style.INK

    def colour(self, value: float | None) -> str:
        """Colour of a value; grey where there is none."""
        if value is None or pd.isna(value):
            return style.NO_VALUE
        return self.colours[sum(value >= limit for limit in self.breaks)]


def classes(
    values: Sequence[float | None], metric: Metric, count: int = len(style.SEQUENTIAL), *, skewed: bool = False
) -> Classes:
    """At most `count` classes of equal width, so that equal colours mean like values; darker needs more attention.

    skewed: classes with equally many members instead, for densities, where most values are small. Where
    high is good the darkest class is the lowest one.
    """
    known = sorted(float(v) for v in values if v is not None and not pd.isna(v))
    if not known:
        return Classes((), (style.NO_VALUE,), ("无数据",))
    number = min(count, len(set(known)))
    digits = 3 if metric.unit == "rate" else (1 if metric.unit in ("per_10k", "hours") else 0)
    width = (known[-1] - known[0]) / number
    cuts = (known[k * len(known) // number] if skewed else known[0] + k * width for k in range(1, number))
    limits = sorted({round(cut, digits) for cut in cuts})
    limits = [limit for limit in limits if known[0] < limit <= known[-1]]
    shades = _shades(len(limits) + 1)
    if metric.direction == "up":
        shades = shades[::-1]
    edges = [show_value(metric, v) for v in (known[0], *limits, known[-1])]
    words = tuple(f"{a} – {b}" if a != b else a for a, b in pairwise(edges))
    return Classes(tuple(limits), shades, words)


def _shades(number: int) -> tuple[str, ...]:
    """`number` tints, spread over the whole scale."""
    last = len(style.SEQUENTIAL) - 1
    if number == 1:
        return (style.SEQUENTIAL[last // 2],)
    return tuple(style.SEQUENTIAL[round(k * last / (number - 1))] for k in range(number))


# --- names ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Name:
    """Where a place's name stands: anchor inside the place, position of the words, both in degrees; the colour
    of the words and of what surrounds them.
    """

    code: str
    text: tuple[str, str]
    ink: str
    halo: str
    anchor: tuple[float, float]
    at: tuple[float, float]

    @property
    def moved(self) -> bool:
        """True when a line must lead from the words to the place."""
        return self.anchor != self.at


def place_names(names: Sequence[Name], pixels_per_degree: float) -> list[Name]:
    """The names moved apart until no two cover one another at that scale.

    Small moves are no moves: words that fit stay on their place, and their anchor goes with them.
    """
    anchors = [(x * pixels_per_degree, mercator(y) * pixels_per_degree) for x, y in (name.anchor for name in names)]
    spots = [list(a) for a in anchors]
    for _ in range(200):
        clash = False
        for i in range(len(spots)):
            for j in range(i + 1, len(spots)):
                dx, dy = spots[j][0] - spots[i][0], spots[j][1] - spots[i][1]
                over_x, over_y = NAME_WIDTH - abs(dx), NAME_HEIGHT - abs(dy)
                if over_x <= 0 or over_y <= 0:
                    continue
                clash = True
                axis = 0 if over_x / NAME_WIDTH < over_y / NAME_HEIGHT else 1
                push = (over_x, over_y)[axis] / 2 + 0.5
                sign = 1 if (dx, dy)[axis] >= 0 else -1
                spots[i][axis] -= sign * push
                spots[j][axis] += sign * push
        if not clash:
            break
    placed = []
    for name, start, spot in zip(names, anchors, spots, strict=True):
        at = (spot[0] / pixels_per_degree, latitude_of(spot[1] / pixels_per_degree))
        if math.dist(start, spot) < NAME_HEIGHT / 3:
            placed.append(replace(name, anchor=at, at=at))
        else:
            placed.append(replace(name, at=at, ink=style.INK, halo=style.PAPER))
    return placed


def hexagons(frame: pd.DataFrame, metric: Metric) -> tuple[dict[str, Any], Classes]:
    """FeatureCollection of H3 cells with their colour, and the classes.

    frame: hex (H3 index), received; suppressed cells have a missing count and are drawn in grey.
    """
    scale = classes(frame["received"].tolist(), metric, skewed=True)
    features = []
    for cell, received in zip(frame["hex"], frame["received"], strict=True):
        ring = [[round(lng, 5), round(lat, 5)] for lat, lng in h3.cell_to_boundary(str(cell))]
        ring.append(ring[0])
        if _area(ring) > 0:
            ring.reverse()
        features.append({
            "type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]},
            "properties": {"code": str(cell), "label": "网格", "shown": show_value(metric, received),
                           "fill": scale.colour(received)},
        })  # fmt: skip
    return {"type": "FeatureCollection", "features": features}, scale
