"""Where things happen in the demo city: fictional streets and estates, and points inside the polygons."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import yaml

from lib.city import City
from lib.config import CITIES_DIR

PLACES_PER_TOWNSHIP = 300
POINTS_PER_TOWNSHIP = 250


def point_pools(city: City, seed: int) -> pd.DataFrame:
    """One row per township and point: town (row of city.townships), point (0, 1, …), longitude, latitude.

    Points gather around a centre per township and lie inside the polygon of its division. Townships of
    divisions without boundary have none.
    """
    rng = np.random.default_rng([seed, 4])
    polygons = _polygons(city.boundaries) if city.boundaries else {}
    frames = []
    for number, code in enumerate(city.townships["district_code"]):
        if code not in polygons:
            continue
        parts = polygons[code]
        corners = np.concatenate([ring for part in parts for ring in part[:1]])
        low, high = corners.min(axis=0), corners.max(axis=0)
        centre = _draw(lambda n, low=low, high=high: rng.uniform(low, high, (n, 2)), parts, 1)[0]
        spread = (high - low) / 14
        points = _draw(lambda n, c=centre, s=spread: rng.normal(c, s, (n, 2)), parts, POINTS_PER_TOWNSHIP)
        frames.append(
            pd.DataFrame(
                {
                    "town": number,
                    "point": np.arange(len(points)),
                    "longitude": points[:, 0].round(6),
                    "latitude": points[:, 1].round(6),
                }
            )
        )
    columns = ["town", "point", "longitude", "latitude"]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def _polygons(boundaries: dict[str, Any]) -> dict[str, list[list[np.ndarray]]]:
    """Per division its polygons, each an outer ring and its holes."""
    found = {}
    for feature in boundaries["features"]:
        geometry = feature["geometry"]
        parts = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
        found[feature["properties"]["district_code"]] = [[np.array(ring) for ring in part] for part in parts]
    return found


def _draw(candidates: Any, parts: list[list[np.ndarray]], wanted: int) -> np.ndarray:
    """Draw until so many points lie inside."""
    kept = np.empty((0, 2))
    while len(kept) < wanted:
        points = candidates(max(wanted, 64)).round(6)
        kept = np.concatenate([kept, points[inside(points, parts)]])
    return kept[:wanted]


def inside(points: np.ndarray, parts: list[list[np.ndarray]]) -> np.ndarray:
    """Which points lie in one of the polygons (even-odd rule, so holes count as outside)."""
    result = np.zeros(len(points), dtype=bool)
    for part in parts:
        odd = np.zeros(len(points), dtype=bool)
        for ring in part:
            for (x1, y1), (x2, y2) in pairwise(ring):
                if y1 == y2:
                    continue
                crosses = (y1 > points[:, 1]) != (y2 > points[:, 1])
                odd ^= crosses & (points[:, 0] < (x2 - x1) * (points[:, 1] - y1) / (y2 - y1) + x1)
        result |= odd
    return result


def read_phrases(city: City) -> dict[str, Any]:
    """Words of data/cities/<city>/phrases.yaml."""
    phrases: dict[str, Any] = yaml.safe_load((CITIES_DIR / city.name / "phrases.yaml").read_text("utf-8"))
    return phrases


def place_names(city: City) -> pd.DataFrame:
    """One row per township and place number: town, place, near (as people say it), address, place_key.

    Every place of a township has a key of its own, so that a repeated key is the same place. Street
    offices have estates with buildings, townships have villages with groups.
    """
    words = read_phrases(city)
    streets, estates, villages = words["streets"], words["estates"], words["villages"]
    distinct = min(8 * len(estates), 10 * len(villages))
    if distinct < PLACES_PER_TOWNSHIP:
        raise ValueError("phrases.yaml names too few estates or villages for distinct places")
    district = dict(zip(city.districts["district_code"], city.districts["name"], strict=True))
    rows = []
    towns = city.townships[["township_code", "district_code", "name"]].astype(str).to_numpy().tolist()
    for town, (code, district_code, name) in enumerate(towns):
        for place in range(PLACES_PER_TOWNSHIP):
            if name.endswith("街道"):
                street = streets[(place // 8 + 3 * town) % len(streets)]
                near = f"{estates[(place // 8 + 11 * town) % len(estates)]}{place % 8 + 1}号楼"
                exact = f"{street}{(place * 37 + town * 11) % 280 + 1}号{near}"
            else:
                near = exact = f"{villages[(place // 10 + 7 * town) % len(villages)]}{place % 10 + 1}组"
            rows.append((town, place, f"{name}{near}", f"{district[district_code]}{name}{exact}", f"{code}{near}"))
    return pd.DataFrame(rows, columns=["town", "place", "near", "address", "place_key"])
