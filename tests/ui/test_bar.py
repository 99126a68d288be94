"""The filter bar in a running page: what is chosen, what the address says, and what outlives what."""

from __future__ import annotations

from datetime import datetime

import pytest
from streamlit.testing.v1 import AppTest

from lib.city import load_city
from lib.config import Settings
from lib.scope import Scope
from lib.ui.periods import CUSTOM
from tests.factories import create_ticket, publish_rows
from tests.people import signed_in


def _page() -> None:
    import streamlit as st

    from lib import loaders
    from lib.ui import filters

    loaders.begin_run()
    filters.bar()
    st.text(filters.describe(filters.current_scope()))


def _run(**parameters: str) -> AppTest:
    test = AppTest.from_function(_page, default_timeout=30)
    test.user = signed_in()
    for name, value in parameters.items():
        test.query_params[name] = value
    test.run()
    assert not test.exception
    return test


def _scope(test: AppTest) -> Scope:
    scope: Scope = test.session_state["_scope"]
    return scope


def _address(test: AppTest) -> dict[str, str]:
    return {name: v if isinstance(v, str) else v[0] for name, v in test.query_params.items()}


CITY = load_city("demo")
DISTRICT = CITY.districts.sort_values("sort_no").iloc[0]
TOP_UNIT = CITY.units[CITY.units["unit_code"].isin(CITY.units["parent_code"].dropna())].iloc[0]
CATEGORY = CITY.categories[CITY.categories["level"] == 2].iloc[0]


@pytest.mark.usefixtures("small_city")
def test_the_newest_month_of_the_whole_city_is_shown_and_written_into_the_address() -> None:
    test = _run()
    assert _scope(test).period.token == "2026-10"
    assert not _scope(test).filters
    assert _address(test) == {"period": "2026-10"}
    assert test.text[0].value == "全市 · 全口径"


@pytest.mark.usefixtures("small_city")
def test_an_address_opens_the_same_view() -> None:
    asked = {
        "period": "2026-Q3", "district": DISTRICT["district_code"], "unit": TOP_UNIT["unit_code"],
        "category": CATEGORY["category_code"], "type": "投诉", "enterprise": "1", "basis": "assessed",
    }  # fmt: skip
    test = _run(**asked)
    scope = _scope(test)
    assert scope.period.token == "2026-Q3"
    assert scope.district_code == asked["district"]
    assert (scope.category_code, scope.category_level) == (asked["category"], 2)
    assert (scope.request_type, scope.is_enterprise, scope.basis) == ("投诉", True, "assessed")
    assert _address(test) == asked


@pytest.mark.usefixtures("small_city")
def test_a_unit_brings_the_units_below_it() -> None:
    scope = _scope(_run(unit=TOP_UNIT["unit_code"]))
    below = CITY.units.loc[CITY.units["parent_code"] == TOP_UNIT["unit_code"], "unit_code"]
    assert {TOP_UNIT["unit_code"], *below} <= set(scope.unit_codes)


@pytest.mark.usefixtures("small_city")
def test_a_choice_goes_into_the_address_and_parameters_of_the_page_stay() -> None:
    test = _run(metric="received")
    test.selectbox(key="f_district").select(DISTRICT["district_code"]).run()
    assert not test.exception
    assert _address(test) == {"metric": "received", "period": "2026-10", "district": DISTRICT["district_code"]}


@pytest.mark.usefixtures("small_city")
def test_what_was_chosen_outlives_an_address_without_parameters() -> None:
    """The navigation clears the address when it opens another page."""
    test = _run(district=DISTRICT["district_code"])
    test.query_params.clear()
    test.run()
    assert _scope(test).district_code == DISTRICT["district_code"]
    assert _address(test)["district"] == DISTRICT["district_code"]


@pytest.mark.usefixtures("small_city")
def test_a_followed_link_replaces_everything_that_was_chosen() -> None:
    test = _run(district=DISTRICT["district_code"], type="投诉")
    test.query_params.clear()
    test.query_params["period"] = "2026-09"
    test.run()
    scope = _scope(test)
    assert (scope.period.token, scope.district_code, scope.request_type) == ("2026-09", None, None)


@pytest.mark.usefixtures("small_city")
@pytest.mark.parametrize(
    ("name", "value"),
    [("district", "999999"), ("unit", "no such"), ("type", "<script>"), ("enterprise", "2"), ("basis", "best")],
)
def test_a_word_in_the_address_that_nobody_knows_is_ignored(name: str, value: str) -> None:
    test = _run(**{name: value})
    assert not _scope(test).filters
    assert _scope(test).basis == "all"
    assert _address(test) == {"period": "2026-10"}


@pytest.mark.usefixtures("small_city")
def test_reset_returns_to_the_whole_city() -> None:
    test = _run(district=DISTRICT["district_code"], period="2025", basis="assessed")
    test.button(key="f_reset").click().run()
    assert _address(test) == {"period": "2026-10"}
    assert _scope(test).basis == "all"


def test_one_begins_where_the_newest_tickets_are(small_city: Settings) -> None:
    """An old export may know a callback of January while its last ticket came in October."""
    publish_rows(small_city, [create_ticket()], pair="demo", city=CITY, as_of=datetime(2027, 1, 20)).dispose()
    test = _run()
    assert _scope(test).period.token == "2026-10"
    assert test.selectbox(key="f_period").options[0] == "2027年1月"


@pytest.mark.usefixtures("small_city")
def test_only_periods_with_data_are_offered() -> None:
    """The two tickets are of October 2026."""
    assert _run().selectbox(key="f_period").options == ["2026年10月", "2026年第四季度", "2026年", "自定义日期"]


@pytest.mark.usefixtures("small_city")
def test_days_of_ones_own_are_a_period() -> None:
    test = _run(period="2026-10-05..2026-10-15")
    assert test.selectbox(key="f_period").value == CUSTOM
    assert _scope(test).period.days == 11
    assert _address(test) == {"period": "2026-10-05..2026-10-15"}


@pytest.mark.usefixtures("small_city")
def test_choosing_days_starts_from_the_newest_month() -> None:
    test = _run()
    test.selectbox(key="f_period").select(CUSTOM).run()
    assert not test.exception
    assert (_scope(test).period.start.isoformat(), _scope(test).period.days) == ("2026-10-01", 31)


def test_a_newer_version_is_taken_over_at_the_next_run(small_city: Settings) -> None:
    test = _run()
    assert test.selectbox(key="f_period").options[0] == "2026年10月"
    publish_rows(small_city, [create_ticket()], pair="demo", city=CITY, as_of=datetime(2026, 12, 1)).dispose()
    test.run()
    assert test.selectbox(key="f_period").options[0] == "2026年11月"
    assert _scope(test).period.token == "2026-10", "what the person looks at does not change under their hands"
