import io
import json
import math
from itertools import pairwise

import h3
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from lib.charts import maps, shapes, style
from lib.city import load_city
from lib.documents.png import picture
from lib.metrics.catalogue import CATALOGUE
from tests.charts.frames import ranked_frame, square

SATISFACTION, PER_10K, RECEIVED = (CATALOGUE[k] for k in ("satisfaction_rate", "per_10k", "received"))
TWO = shapes.simplify({"type": "FeatureCollection", "features": [square(114, 36), square(114.2, 36, code="c1")]})


def parts_of(frame, metric=SATISFACTION, collection=TWO, chosen=None):
    return maps.district_parts(collection, frame, metric, chosen)


@pytest.mark.parametrize("city", ["demo", "anyang"])
def test_maps_of_the_cities_draw_without_webgl(city):
    collection = shapes.simplify(load_city(city).boundaries)
    codes = [f["properties"]["district_code"] for f in collection["features"]]
    frame = ranked_frame(range(90, 90 + len(codes)), [100] * len(codes)).assign(code=codes)
    parts = parts_of(frame, collection=collection, chosen=codes[0])
    drawn = maps.choropleth_vega(parts, "满意率", "各区县", with_legend=True)
    pixels = np.asarray(Image.open(io.BytesIO(picture(drawn, width=560))).convert("RGB")).reshape(-1, 3)
    colours = {tuple(c) for c in np.unique(pixels, axis=0)}
    for shade in style.SEQUENTIAL:
        assert tuple(maps.rgb(shade)) in colours, "a class of colour is missing in the picture"
    # d3-geo fills everything but the city when a ring turns the wrong way.
    white = (pixels == 255).all(axis=1).mean()
    assert 0.3 < white < 0.95
    assert len(maps.choropleth_deck(parts).to_json()) < 200_000


def test_both_drawings_show_the_same_colours_names_and_places():
    parts = parts_of(ranked_frame([90, 99], [100, 100], ["东区", "西区"]), chosen="c1")
    deck = json.loads(maps.choropleth_deck(parts).to_json())
    vega = maps.choropleth_vega(parts, "满意率", "")
    layers = {each["id"]: each for each in deck["layers"]}
    fills = {f["code"]: f["properties"]["rgb"] for f in layers[maps.DISTRICT_LAYER]["data"]["features"]}
    shaped = {row["code"]: row for row in vega["layer"][0]["data"]["values"]}
    assert fills == {code: maps.rgb(row["fill"]) for code, row in shaped.items()}
    words = {row["text"] for name, each in layers.items() if name.startswith("words") for row in each["data"]}
    told = {row["text"] for each in vega["layer"] for row in each["data"]["values"] if "text" in row}
    assert words == told == {"东区", "西区", "90.0%", "99.0%"}
    assert [f["code"] for f in layers["chosen"]["data"]["features"]] == ["c1"]


def test_deck_asks_for_no_base_map():
    deck = json.loads(maps.choropleth_deck(parts_of(ranked_frame([90], [100]))).to_json())
    assert not deck.get("mapProvider")
    assert "http" not in json.dumps(deck)


def test_small_samples_and_missing_districts_are_grey_and_say_why():
    parts = parts_of(ranked_frame([9], [10], ["东区"]))
    said = {f["properties"]["code"]: f["properties"] for f in parts.features}
    assert said["c0"]["fill"] == said["c1"]["fill"] == style.NO_VALUE
    assert said["c0"]["shown"] == "样本不足"
    assert said["c1"]["shown"] == "—"


def test_a_map_without_boundaries_is_refused():
    with pytest.raises(ValueError, match="boundary"):
        parts_of(ranked_frame([9], [10]), collection={"type": "FeatureCollection", "features": []})


def test_darkest_class_needs_most_attention():
    rates = shapes.classes([0.90, 0.92, 0.94, 0.96, 0.98], SATISFACTION)
    assert rates.colour(0.90) == style.SEQUENTIAL[-1]
    assert rates.colour(0.98) == style.SEQUENTIAL[0]
    load = shapes.classes([5, 20, 30, 40, 100], PER_10K)
    assert load.colour(5) == style.SEQUENTIAL[0]
    assert load.colour(100) == style.SEQUENTIAL[-1]


@pytest.mark.parametrize("values", [[], [None], [0.5], [0.5, 0.5], [0.9500, 0.9501], list(np.linspace(0, 1, 50))])
def test_classes_hold_every_value_and_have_words(values):
    found = shapes.classes(values, SATISFACTION)
    assert len(found.colours) == len(found.breaks) + 1 == len(found.words)
    for value in values:
        assert found.colour(value).startswith("#")


def test_simplified_rings_turn_clockwise_and_neighbours_stay_together():
    for feature in TWO["features"]:
        ring = feature["geometry"]["coordinates"][0][0]
        area = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))
        assert area < 0
    shared = [{tuple(p) for p in f["geometry"]["coordinates"][0][0] if math.isclose(p[0], 114.2, abs_tol=0.002)}
              for f in TWO["features"]]  # fmt: skip
    assert shared[0] == shared[1] != set()


def test_a_ring_smaller_than_the_grid_disappears():
    tiny = {"type": "FeatureCollection", "features": [square(114, 36, size=0.0005), square(115, 36)]}
    assert len(shapes.simplify(tiny)["features"]) == 1


def test_name_stands_inside_a_crescent():
    ring = [[0, 0], [4, 0], [4, 4], [3.5, 4], [3.5, 0.5], [0.5, 0.5], [0.5, 4], [0, 4], [0, 0]]
    x, y = shapes.inner_point({"type": "Polygon", "coordinates": [ring]})
    assert 0 < x < 4
    assert x < 0.5 or x > 3.5 or y < 0.5


def test_names_are_moved_apart_and_led_back():
    names = [
        shapes.Name(str(i), ("区", "1"), "#FFFFFF", "#000000", (114 + i * 0.01, 36), (114 + i * 0.01, 36))
        for i in range(4)
    ]
    placed = shapes.place_names(names, pixels_per_degree=300)
    spots = [(n.at[0] * 300, shapes.mercator(n.at[1]) * 300) for n in placed]
    for i, a in enumerate(spots):
        for b in spots[i + 1 :]:
            assert abs(a[0] - b[0]) >= shapes.NAME_WIDTH - 1 or abs(a[1] - b[1]) >= shapes.NAME_HEIGHT - 1
    assert any(n.moved for n in placed)


def test_mercator_and_back():
    assert shapes.latitude_of(shapes.mercator(36.1)) == pytest.approx(36.1)


def test_cells_draw_on_both_and_nothing_is_a_sentence():
    cells = sorted({h3.latlng_to_cell(36.1 + 0.01 * k, 114.1, 7) for k in range(5)})
    frame = pd.DataFrame({"hex": cells, "received": range(10, 10 + len(cells))})
    collection, scale = shapes.hexagons(frame, RECEIVED)
    drawn = maps.hex_vega(collection, scale, TWO, "诉求分布", "", with_legend=True)
    assert Image.open(io.BytesIO(picture(drawn))).convert("L").getextrema()[0] < 100
    assert len(json.loads(maps.hex_deck(collection, TWO).to_json())["layers"]) == 2
    empty, scale = shapes.hexagons(frame.iloc[:0], RECEIVED)
    assert "没有带坐标的工单" in json.dumps(maps.hex_vega(empty, scale, TWO, "诉求分布", ""), ensure_ascii=False)
