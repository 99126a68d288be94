"""Where things happen in the demo city: fictional streets and estates, and points inside the polygons."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from lib.city import City

STREETS = tuple(
    ["春晖路", "锦程大道", "望湖路", "柳堤街", "梧桐大道", "听涛路", "星河路", "揽月街", "知行路", "和风路", "云帆大道", "松鹤路", "明珠街", "沁芳路", "晨曦路", "翠屏路", "碧桃街", "金穗路", "麦浪街", "丰和路", "广源路", "惠民街", "安澜路", "飞鸿大道", "青藤路", "石榴街", "白桦路", "枫林路", "海棠路", "玉带街", "书院街", "文澜路", "清渠路", "长虹大道", "朝晖路", "九龄街", "同悦路", "百川路", "凌云大道", "暖阳街"]
)
ESTATES = tuple(
    ["锦绣春天", "望湖花园", "翠微家园", "梧桐里", "星河雅居", "碧波新城", "和悦府", "云锦花园", "松涛苑", "金桂花园", "枫丹小区", "玉兰苑", "沁园春居", "书香名邸", "朗月湾", "晴川家园", "海棠公馆", "柳岸新村", "知春里", "澜庭小区", "秋水苑", "康馨家园", "瑞景花园", "丰泽嘉园", "惠安小区", "同乐新村", "阳光水岸", "紫荆苑", "天鹅湾", "安居佳苑", "青禾社区", "长风家属院", "纺纱厂家属院", "机械厂家属院", "百合花园", "香樟园", "银杏人家", "福满园", "鼎盛华庭", "水岸名都"]
)
VILLAGES = tuple(
    ["前柳村", "后柳村", "东杨村", "西杨村", "大槐村", "小槐村", "石磨村", "河湾村", "南岗村", "北岗村", "上坡村", "下坡村", "双井村", "三里村", "麻园村", "菜园村", "苇子村", "桃花村", "杏花村", "青石村", "牛栏村", "马场村", "新丰村", "团结村", "曙明村", "望川村", "古井村", "李家洼村", "赵家坡村", "孙家寨村"]
)
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
            for (x1, y1), (x2, y2) in zip(ring[:-1], ring[1:], strict=True):
                if y1 == y2:
                    continue
                crosses = (y1 > points[:, 1]) != (y2 > points[:, 1])
                odd ^= crosses & (points[:, 0] < (x2 - x1) * (points[:, 1] - y1) / (y2 - y1) + x1)
        result |= odd
    return result


def place_names(city: City, per_township: int) -> pd.DataFrame:
    """One row per township and place number: town, place, near (as people say it), address, place_key.

    Every place of a township has a key of its own, so that a repeated key is the same place. Street
    offices have estates with buildings, townships have villages with groups.
    """
    names = dict(zip(city.districts["district_code"], city.districts["name"], strict=True))
    rows = []
    for town, row in enumerate(city.townships.itertuples()):
        district = names[row.district_code]
        is_urban = row.name.endswith("街道")
        for place in range(per_township):
            if is_urban:
                street = STREETS[(place // 8 + 3 * town) % len(STREETS)]
                near = f"{ESTATES[(place // 8 + 11 * town) % len(ESTATES)]}{place % 8 + 1}号楼"
                address = f"{district}{row.name}{street}{(place * 37 + town * 11) % 280 + 1}号{near}"
            else:
                near = f"{VILLAGES[(place // 10 + 7 * town) % len(VILLAGES)]}{place % 10 + 1}组"
                address = f"{district}{row.name}{near}"
            rows.append((town, place, f"{row.name}{near}", address, f"{row.township_code}{near}"))
    return pd.DataFrame(rows, columns=["town", "place", "near", "address", "place_key"])
