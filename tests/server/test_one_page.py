"""`/one-page`: who may read it sees the figures of the pages, and no others."""

from __future__ import annotations

import re

import pytest

from lib.access.roles import Access, Identity
from lib.answers import Source, newest_month, overview, reach_of
from lib.city import load_city
from lib.metrics.catalogue import CATALOGUE
from lib.metrics.formats import show_value
from lib.scope import Scope
from lib.server.demo_unit import demo_unit
from lib.server.one_page import fragment_for
from lib.store import NoDataError
from lib.ui.words import as_of


def identity(role, unit_code=None):
    return Identity("test", "测试", role, unit_code)


@pytest.fixture(scope="module")
def unit(demo_settings):
    return demo_unit(demo_settings)


def test_the_demos_unit_is_the_same_each_time_and_has_units_below_it(demo_settings, demo_store, unit):
    assert demo_unit(demo_settings) == unit
    with demo_store.engine.connect() as conn:
        source = Source(conn, demo_store.pointer, load_city("demo"))
        units = source.dimension("units").set_index("unit_code")
        assert units.loc[unit, "level"] == 2
        assert len(reach_of(source, unit)) >= 1


@pytest.mark.parametrize("role", ["leader", "unit"])
def test_figures_are_those_of_the_pages_within_reach(demo_settings, demo_store, unit, role):
    who = identity(role, unit if role == "unit" else None)
    html = fragment_for(demo_settings, who, as_of)
    with demo_store.engine.connect() as conn:
        everything = Source(conn, demo_store.pointer, load_city("demo"))
        reach = reach_of(everything, unit) if role == "unit" else None
        source = Source(conn, demo_store.pointer, load_city("demo"), Access(reach))
        seen = overview(source, Scope(newest_month(source), reach=reach))
    received = show_value(CATALOGUE["received"], seen.figures["received"].value)
    assert re.search(rf"<td>受理量</td><td>{received}</td>", html)
    assert ("本单位" in html, "全市 · " in html) == (role == "unit", role == "leader")
    assert "数据截至2026年10月20日" in html


def test_a_unit_that_nobody_knows_sees_nothing(demo_settings):
    assert fragment_for(demo_settings, identity("unit", "nobody"), as_of) == ""


def test_without_data_there_is_a_sentence(settings):
    with pytest.raises(NoDataError, match="尚无数据"):
        fragment_for(settings, identity("leader"), as_of)
