"""What counts as the same place again."""

import pandas as pd

from lib.ingest.identity import place_keys, point_keys

AREAS = ["示例市", "西河县"]


def keys(*addresses: str | None) -> list[str | None]:
    frame = pd.Series(list(addresses), dtype=object)
    return place_keys(frame, pd.Series(["990122"] * len(frame)), AREAS).tolist()


def test_the_same_address_in_other_spellings_is_one_place():
    plain, spelled = keys("梨园镇同悦路7号秋水苑4号楼", "示例市西河县梨园镇同悦路７号，秋水苑 4号楼")
    assert plain == spelled
    assert plain is not None


def test_a_road_or_a_word_is_no_place():
    assert keys("同悦路", "附近", None) == [None, None, None]


def test_other_houses_are_other_places():
    one, other = keys("梨园镇同悦路7号", "梨园镇同悦路9号")
    assert one != other


def test_points_within_a_metre_are_one_place():
    x = pd.Series([114.350001, 114.350002, 114.3502, None])
    y = pd.Series([36.100001, 36.100002, 36.1, 36.1])
    same, again, other, nowhere = point_keys(x, y).tolist()
    assert same == again
    assert same != other
    assert nowhere is None
