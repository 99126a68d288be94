"""Charts as PNG: right size, Chinese glyphs, nothing fetched, the caller's chart untouched."""

from __future__ import annotations

import copy
import struct
from typing import Any

import altair as alt
import pandas as pd
import pytest

from lib.documents.png import NOTE_HEIGHT, SCALE, picture

SPEC: dict[str, Any] = {
    "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
    "data": {"values": [{"place": "西河县", "rate": 0.93}, {"place": "东山区", "rate": 0.97}]},
    "mark": "bar",
    "encoding": {
        "y": {"field": "place", "type": "nominal", "title": None},
        "x": {"field": "rate", "type": "quantitative", "title": "满意率"},
    },
    "width": "container",
}


def _size(png: bytes) -> tuple[int, int]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", png[16:24])


def test_a_chart_as_wide_as_its_container_gets_a_width() -> None:
    narrow, _ = _size(picture(SPEC, width=400, height=200))
    wide, _ = _size(picture(SPEC, width=800, height=200))
    assert wide - narrow == pytest.approx(400 * SCALE, abs=2)


def test_the_callers_chart_is_not_changed() -> None:
    before = copy.deepcopy(SPEC)
    picture(SPEC)
    assert before == SPEC


def test_altair_charts_are_accepted() -> None:
    frame = pd.DataFrame({"place": ["西河县", "东山区"], "rate": [0.93, 0.97]})
    chart = alt.Chart(frame).mark_bar().encode(x="rate:Q", y="place:N")
    assert _size(picture(chart, 500, 200))[0] > 500


def test_chinese_names_take_up_room() -> None:
    """Labels that no font can draw would shrink the axis to the width of nothing."""
    named = _size(picture(SPEC, 400, 200))[0]
    unnamed = copy.deepcopy(SPEC)
    unnamed["data"]["values"] = [{"place": "西", "rate": 0.93}]
    assert named - _size(picture(unnamed, 400, 200))[0] >= 15 * SCALE


def test_a_note_stands_beneath_the_chart() -> None:
    plain = _size(picture(SPEC, 400, 200))
    noted = _size(picture(SPEC, 400, 200, note="数据截至2026年10月20日 24:00　演示数据 <&"))
    assert noted == (plain[0], plain[1] + NOTE_HEIGHT * SCALE)


def test_a_broken_chart_raises() -> None:
    with pytest.raises(ValueError, match=r".+"):
        picture({"mark": 7})
