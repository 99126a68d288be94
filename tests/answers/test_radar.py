"""The topic radar and the forecast of the demo city, against what else is known of it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import pandas as pd
import pytest

from lib.answers import Earlier, Source, by_dimension, demand_forecast, topic_radar
from lib.city import load_city
from lib.period import Period
from lib.scope import Scope
from lib.store import TicketStore
from tests.factories import create_ticket

NOW = Scope(Period.parse("2026-09"))


@pytest.fixture(scope="module")
def source(demo_store: TicketStore) -> Iterator[Source]:
    with demo_store.engine.connect() as conn:
        yield Source(conn, demo_store.pointer, load_city("demo"))


@pytest.fixture(scope="module")
def found(source: Source):
    return topic_radar(source, NOW, (Earlier("0301", date(2025, 10, 20), "成效明显"),))


def test_candidates_bear_names_and_the_counts_of_the_tickets(source, found):
    assert found.refusal is None
    assert found.last_day == date(2026, 9, 30)
    weeks = Scope(Period.parse("2026-09-03..2026-09-30"))
    counted = by_dimension(source, weeks, "received", "category2").set_index("code")
    city = found.candidates[found.candidates["district_code"] == ""]
    assert len(city) > 10
    for row in city.to_dict("records"):
        assert row["count"] == counted.loc[row["category_code"], "numerator"]
        assert row["category"] == counted.loc[row["category_code"], "label"]
        assert row["explanation"].startswith(f"{row['category']}（全市）：近 28 天 {row['count']:,.0f} 件")


def test_shares_are_those_of_the_metrics(source, found):
    months = Scope(Period.parse("2026-07-02..2026-09-30"))
    repeats = by_dimension(source, months, "repeat_rate", "category2").set_index("code")["value"]
    city = found.candidates[found.candidates["district_code"] == ""].set_index("category_code")
    known = city["repeat_share"].dropna()
    assert len(known) > 10
    for code, share in known.items():
        assert share == pytest.approx(repeats[code])
    assert city["city_cross_share"].iloc[0] > 0
    assert (city["units"] >= 1).all()


def test_what_is_no_candidate_says_why(found):
    assert len(found.refused) > 100
    assert found.refused["reason"].str.contains("不足").all()
    assert not found.refused["category"].isna().any()


def test_an_earlier_scheduling_stands_in_the_row(found):
    heat = found.candidates.query("category_code == '0301'")
    assert set(heat["verdict"]) <= {"成效明显"}
    assert (heat["part_earlier"] == -1).all()


def test_the_forecast_covers_the_weeks_after_the_last_whole_day(source):
    made = demand_forecast(source, Scope(Period.parse("2026-10")))
    assert made.refusal is None
    assert made.last_day == date(2026, 10, 20)
    assert made.weeks["starts_on"].min() == date(2026, 10, 21)
    assert set(made.weeks["week"]) == set(range(1, 9))
    assert made.backtest.refusal is None
    assert made.backtest.mae_ratio() < 1


def test_a_reach_sees_its_own_tickets_only(source):
    reach = tuple(source.dimension("units").query("level < 3")["unit_code"])
    narrow = replace(source, access=replace(source.access, reach=reach))
    own = topic_radar(narrow, replace(NOW, reach=reach))
    counted = by_dimension(narrow, replace(NOW, period=Period.parse("2026-09-03..2026-09-30"), reach=reach),
                           "received", "category2").set_index("code")["numerator"]  # fmt: skip
    assert own.refusal is None
    for row in own.candidates.query("district_code == ''").to_dict("records"):
        assert row["count"] == counted[row["category_code"]]


def test_a_city_of_one_month_is_refused_with_the_reason(publish):
    source = publish([create_ticket(received_at=datetime(2026, 10, day, 9)) for day in range(1, 29)])
    october = Scope(Period.parse("2026-10"))
    for answer in (topic_radar, demand_forecast):
        refusal = answer(source, october).refusal or ""
        assert refusal.startswith("历史太短：只有 2026-10-01 至 2026-10-31 共 31 天")


def test_a_city_without_tickets_is_refused(publish):
    assert topic_radar(publish([]), Scope(Period.parse("2026-10"))).refusal == "没有工单，无法研判"


def test_a_city_whose_categories_nobody_mapped_says_so(publish):
    days = pd.date_range(date(2025, 3, 1), date(2026, 10, 31))
    unmapped = {"category1_code": "unmapped", "category2_code": "unmapped", "category_code": "unmapped"}
    source = publish([create_ticket(received_at=day.to_pydatetime() + timedelta(hours=hour), **unmapped)
                      for day in days for hour in range(8)])  # fmt: skip
    for answer in (topic_radar, demand_forecast):
        assert "没有对应到事项分类" in (answer(source, Scope(Period.parse("2026-10"))).refusal or "")
