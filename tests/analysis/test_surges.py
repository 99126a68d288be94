"""Surges with a known truth, what must hold of every watch, and histories that nothing can be said about."""

from datetime import date, timedelta

import pandas as pd
import pytest

from lib.analysis.daily import CITY, daily_panel, history_refusal, series_refusals
from lib.analysis.surges import episodes, watch
from tests.analysis.panels import FIRST, LAST, counts, panel

BEGINS = date(2026, 6, 10)


def of(alarms: pd.DataFrame, category: str, place: str = CITY) -> pd.DataFrame:
    return alarms[(alarms["category_code"] == category) & (alarms["district_code"] == place)]


def test_a_surge_in_one_division_is_found_there_within_a_week():
    ends = BEGINS + timedelta(days=13)
    alarms = episodes(watch(panel(roads=("west", BEGINS, ends, 5.0))))
    (found,) = of(alarms, "roads", "west").to_dict("records")
    assert BEGINS <= found["starts_on"] < BEGINS + timedelta(days=7)
    # Seven days still hold the surge six days after its end.
    assert ends <= found["ends_on"] <= ends + timedelta(days=6)
    assert found["baseline"] == pytest.approx(8 * 0.3 * 7, rel=0.3)
    assert found["count"] == pytest.approx(5 * 8 * 0.3 * 7, rel=0.25)
    assert found["ratio"] == pytest.approx(found["count"] / found["baseline"])
    assert of(alarms, "roads", "east").empty
    assert of(alarms, "noise").empty


def test_the_first_cold_weeks_of_every_year_are_no_surge():
    seen = watch(panel(seed=2))
    alarms = episodes(seen)
    assert of(alarms, "heat").empty
    november = seen.baseline[("heat", CITY)].loc["2025-11-20"]
    assert november > 4 * seen.baseline[("heat", CITY)].loc["2025-09-20"]


def test_an_alarm_does_not_hide_the_next_one():
    rows = counts(noise=(None, BEGINS, BEGINS + timedelta(days=6), 3.0))
    again = BEGINS + timedelta(days=24)
    second = (rows["category_code"] == "noise") & rows["day"].between(again, again + timedelta(days=6))
    rows.loc[second, "tickets"] *= 3
    found = of(episodes(watch(daily_panel(rows, LAST))), "noise").sort_values("starts_on")
    assert len(found) == 2
    assert found["baseline"].tolist() == pytest.approx([140, 140], rel=0.15)


def test_what_lasts_is_the_new_level_and_no_alarm_any_more():
    seen = watch(panel(noise=(None, date(2026, 3, 1), LAST, 2.5)))
    alarms = of(episodes(seen), "noise")
    assert len(alarms) == 1
    assert alarms["starts_on"].iloc[0] < date(2026, 3, 8)
    assert alarms["ends_on"].iloc[0] < date(2026, 5, 15)
    assert seen.baseline[("noise", CITY)].iloc[-1] == pytest.approx(20 * 2.5 * 7, rel=0.1)


def test_a_day_is_judged_without_what_came_later():
    whole = panel(seed=3, roads=(None, BEGINS, BEGINS + timedelta(days=9), 4.0))
    seen = watch(whole)
    for until in (BEGINS + timedelta(days=4), BEGINS + timedelta(days=30)):
        then = watch(whole.loc[: pd.Timestamp(until)])
        pd.testing.assert_frame_equal(then.is_alarm, seen.is_alarm.loc[: pd.Timestamp(until), then.is_alarm.columns])
        pd.testing.assert_frame_equal(then.baseline, seen.baseline.loc[: pd.Timestamp(until), then.baseline.columns])


def test_chance_alone_gives_hardly_any_alarm():
    found = sum(len(episodes(watch(panel(seed=seed)))) for seed in (11, 12, 13))
    assert found <= 2  # 12 series over 22 months, three times


def test_the_city_is_the_sum_of_its_divisions_and_of_what_lies_in_none():
    rows = counts(last=date(2024, 3, 1))
    nowhere = pd.DataFrame({"day": [date(2024, 2, 1)], "category_code": ["roads"], "district_code": [None],
                            "tickets": [5]})  # fmt: skip
    table = daily_panel(pd.concat([rows, nowhere]), date(2024, 3, 5))
    assert table.index[-1] == pd.Timestamp(2024, 3, 5)
    assert table.iloc[-1].sum() == 0
    divisions = table["roads"].drop(columns=CITY).sum(axis=1)
    assert (table["roads"][CITY] - divisions).sum() == 5


def test_days_that_come_twice_are_refused():
    rows = counts(last=date(2023, 12, 1))
    with pytest.raises(ValueError, match="出现了两次"):
        daily_panel(pd.concat([rows, rows]), date(2023, 12, 1))


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (daily_panel(counts().head(0), LAST), "没有工单"),
        (panel(first=date(2026, 1, 1)), "历史太短：只有 2026-01-01 至 2026-10-31 共 304 天"),
        (panel(scale=0.1), "平均每周 2"),
    ],
)
def test_a_history_that_says_nothing_is_refused_with_the_reason(table, sentence):
    seen = watch(table)
    assert sentence in (seen.refusal or "")
    assert episodes(seen).empty


def test_months_without_any_ticket_are_no_fall_of_demand():
    rows = counts()
    gap = (rows["day"] >= date(2025, 2, 1)) & (rows["day"] < date(2025, 5, 1))
    assert "89 天没有任何工单" in (history_refusal(daily_panel(rows[~gap], LAST)) or "")


def test_a_series_too_small_or_too_young_is_refused_alone():
    rows = counts()
    rare = pd.DataFrame({"day": pd.date_range(FIRST, LAST, freq="30D").date, "category_code": "rare",
                         "district_code": "east", "tickets": 1})  # fmt: skip
    new = rows[(rows["category_code"] == "noise") & (rows["day"] > date(2026, 1, 1))].assign(category_code="new")
    table = daily_panel(pd.concat([rows, rare, new]), LAST)
    reasons = series_refusals(table)
    assert "近一年只有 13 件" in reasons[("rare", CITY)] or "近一年只有 12 件" in reasons[("rare", CITY)]
    assert reasons[("new", CITY)].startswith("2026-01-02 起才有工单")
    assert reasons[("roads", "west")] is None
    assert set(watch(table).is_alarm.columns.get_level_values(0)) == {"heat", "noise", "roads"}


def test_a_series_that_has_just_begun_does_not_alarm_by_beginning():
    rows = counts()
    begins = date(2025, 6, 1)
    young = rows[(rows["category_code"] == "noise") & (rows["day"] >= begins)].assign(category_code="young")
    alarms = episodes(watch(daily_panel(pd.concat([rows, young]), LAST)))
    assert of(alarms, "young").empty


@pytest.mark.parametrize(
    ("name", "day", "category", "reason"),
    [
        (
            "nyc311/nyc311_sample.csv",
            "created_date",
            "complaint_type",
            "历史太短：只有 2026-06-27 至 2026-06-28 共 2 天",
        ),
        ("boston311/raw_sample.csv", "OPEN_DT", "TYPE", "工单太少：3649 天里平均每周 9.6 件"),
    ],
)
def test_real_samples_are_refused_for_what_they_are(samples_dir, name, day, category, reason):
    raw = pd.read_csv(samples_dir / name, usecols=[day, category], dtype=str)
    rows = raw.assign(day=pd.to_datetime(raw[day], format="mixed").dt.date, category_code=raw[category])
    rows = rows.groupby(["day", "category_code"], as_index=False).size().rename(columns={"size": "tickets"})
    table = daily_panel(rows.assign(district_code=None), max(rows["day"]))
    assert (watch(table).refusal or "").startswith(reason)
