"""趋势研判, 区域分布, 承办质效: every metric, every kind of scope, every way in."""

import json

import pytest

from lib.answers import Source, by_dimension
from lib.city import load_city
from lib.metrics.catalogue import CATALOGUE
from lib.period import Period
from lib.scope import Scope
from tests.pages.conftest import address, words

RATES = [key for key, m in CATALOGUE.items() if m.kind == "ratio" and m.direction is not None]
YEAR = Scope(Period.year(2026))


@pytest.fixture
def source(demo_store):
    with demo_store.engine.connect() as conn:
        yield Source(conn, demo_store.pointer, load_city(demo_store.pointer.city))


def charts(test):
    """Titles of the Vega charts of the page."""
    return [json.loads(e.proto.spec)["title"]["text"] for e in test.get("vega_lite_chart")]


@pytest.mark.proof
def test_trends_open_with_every_metric(open_page):
    for key, metric in CATALOGUE.items():
        test = open_page("trends", metric=key)
        assert test.selectbox(key="trends_metric").value == key
        assert any(metric.label in title or title.endswith("月份") for title in charts(test)), charts(test)


@pytest.mark.proof
def test_districts_open_with_every_metric_and_list_zones(open_page):
    for key in (k for k, m in CATALOGUE.items() if m.kind != "calls"):
        test = open_page("districts", metric=key)
        table = next(e.value for e in test.dataframe if "district_type" not in e.value and "kind" in e.value)
        assert (table["kind"] == "功能区").sum() == 2
        assert (table.loc[table["kind"] == "功能区", "where"] == "无边界，只列表").all()


@pytest.mark.proof
def test_units_open_with_every_rate(open_page):
    for key in RATES:
        assert "承办质效" in words(open_page("units", metric=key, period="2026"))


@pytest.mark.parametrize("slug", ["trends", "districts", "units"])
@pytest.mark.parametrize("narrow", [
    {"district": "990122"}, {"type": "投诉", "enterprise": "1"}, {"basis": "assessed"}, {"period": "2026"},
    {"period": "2024-09-01..2024-09-03"}, {"period": "2022"},
])  # fmt: skip
def test_pages_open_with_filters_and_without_tickets(open_page, slug, narrow):
    said = words(open_page(slug, **narrow))
    if narrow == {"period": "2022"}:
        assert "没有符合条件的" in said


def test_metric_and_district_of_a_link_are_shown_and_kept_in_the_address(open_page, source):
    frame = by_dimension(source, YEAR, "satisfaction_rate", "township")
    assert len(frame)
    test = open_page("districts", metric="satisfaction_rate", focus="990122", period="2026")
    said = words(test)
    assert "西河县" in said
    assert all(word in said for word in ("乡镇街道", "事项", "承办单位"))
    assert address(test)["focus"] == "990122"
    next(b for b in test.button if b.label == "取消选择").click().run()
    assert "focus" not in address(test)


def test_unit_of_a_link_shows_its_profile_with_pairs(open_page, source):
    unit = by_dimension(source, YEAR, "received", "unit").iloc[0]
    said = words(open_page("units", focus=unit["code"], period="2026"))
    assert unit["label"] in said
    assert all(word in said for word in ("办结与满意", "速度与根治", "个案与共性"))


def test_unknown_metric_and_unknown_focus_are_ignored(open_page):
    test = open_page("districts", metric="nothing", focus="nowhere")
    assert test.selectbox(key="districts_metric").value == "per_10k"
    assert "乡镇街道" not in words(test).replace("下面列出它的乡镇街道", "")


def test_units_below_the_minimum_are_apart_and_bands_are_named(open_page, source):
    test = open_page("units", metric="on_time_closure_rate", period="2026", group="县区部门")
    league = next(e.value for e in test.dataframe if "band_text" in e.value)
    small = next(e.value for e in test.dataframe if set(e.value) == {"full_name", "value", "interval", "numerator",
                                                                     "denominator"})  # fmt: skip
    limit = source.city.rules.small_sample
    assert (league["denominator"] >= limit).all()
    assert (small["denominator"] < limit).all()
    assert "差异不显著、不作排序" in words(test)


def test_chart_titles_are_answers_of_at_most_18_characters(open_page):
    for slug in ("trends", "districts", "units"):
        found = charts(open_page(slug, period="2026"))
        assert found
        assert all(len(title) <= 18 for title in found), found
