"""How `lib prove radar` judges alarms, and what it prints for one generated city."""

import json
from datetime import date, timedelta

import pandas as pd
import pytest

from lib.analysis.daily import CITY
from lib.city import load_city
from lib.cli import main
from lib.demo.plan import make_plan
from lib.demo.truths import Truth
from lib.prove import radar
from lib.prove.radar import Tally, first_alarm, holds, panel_of, try_city

START = date(2026, 5, 10)


def surge(place: str | None = None, category: str = "a", days: int = 10) -> Truth:
    return Truth("surge", category, place, None, START, START + timedelta(days=days), 3.0, "sudden rise")


def alarms(*on: tuple[str, str, int]) -> pd.DataFrame:
    """Alarms on (category, place, day after START)."""
    columns = pd.MultiIndex.from_product([["a", "b"], [CITY, "east", "west"]], names=["category_code", "district_code"])
    days = pd.date_range(START - timedelta(days=20), periods=60)
    frame = pd.DataFrame(False, index=days, columns=columns)
    for category, place, day in on:
        frame.loc[pd.Timestamp(START + timedelta(days=day)), (category, place)] = True
    return frame


@pytest.mark.parametrize(
    ("on", "place", "delay"),
    [
        ((("a", CITY, 0),), None, 0),
        ((("a", "west", 6),), None, 6),
        ((("a", "west", 7),), None, None),
        ((("a", "west", -1),), None, None),
        ((("b", CITY, 2),), None, None),
        ((("a", "east", 3),), "east", 3),
        ((("a", CITY, 3),), "east", 3),
        ((("a", "west", 3),), "east", None),
    ],
)
def test_an_alarm_counts_within_seven_days_at_its_place_or_for_the_city(on, place, delay):
    assert first_alarm(alarms(*on), surge(place)) == delay


@pytest.mark.parametrize(
    ("category", "place", "starts", "ends", "excused"),
    [
        ("a", "east", 1, 3, True),
        ("a", CITY, -3, 0, True),
        ("a", CITY, 15, 20, True),  # seven days still hold the last day of the surge
        ("a", CITY, 16, 20, False),
        ("a", CITY, -5, -1, False),
        ("a", "west", 1, 3, False),
        ("b", "east", 1, 3, False),
    ],
)
def test_only_a_surge_of_the_same_matter_place_and_time_excuses_an_alarm(category, place, starts, ends, excused):
    days = [START + timedelta(days=day) for day in (starts, ends)]
    assert radar._explains(surge("east"), category, place, *days) is excused


def test_the_panel_of_a_plan_counts_every_ticket_once():
    city = load_city("demo")
    plan = make_plan(city, date(2026, 1, 1), date(2026, 3, 1), 5000, 3)
    panel = panel_of(city, plan)
    whole = panel.columns.get_level_values("district_code") == CITY
    assert panel.loc[:, whole].to_numpy().sum() == panel.loc[:, ~whole].to_numpy().sum() == plan.total
    assert panel.index[-1] == pd.Timestamp(2026, 2, 28)


def test_the_command_prints_a_table_and_last_the_figures(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("MINSHENG_DATA_DIR", str(tmp_path))
    assert main(["prove", "radar", "--cities", "1", "--seed", "301", "--json"]) == 0
    printed = capsys.readouterr().out.strip().splitlines()
    figures = json.loads(printed[-1])
    assert figures["detected"] >= 0.9
    assert 0 < figures["false_alarms_per_category_year"] <= 1
    assert 0.75 <= figures["forecast_coverage"] <= 0.85
    assert figures["mae_ratio"] < 1
    assert figures["surges"] > 30
    assert figures["origins"] >= 8
    assert "结论：全部达到" in printed[-2]


def test_a_broken_promise_is_no_success():
    good = {"detected": 0.9, "false_alarms_per_category_year": 1.0, "forecast_coverage": 0.8, "mae_ratio": 0.99}
    assert holds(good)
    for key, value in (("detected", 0.89), ("false_alarms_per_category_year", 1.01), ("forecast_coverage", 0.86),
                       ("forecast_coverage", 0.74), ("mae_ratio", 1.0)):  # fmt: skip
        assert not holds(good | {key: value})


def test_surges_before_the_watch_are_not_judged():
    city = load_city("demo")
    plan = make_plan(city, date(2025, 6, 1), date(2026, 8, 15), 20_000, 5)
    assert any(truth.kind == "surge" for truth in plan.truths)
    tally = Tally()
    try_city(city, plan, tally)
    judged = [t for t in plan.truths if t.kind == "surge" and t.starts_on >= date(2025, 6, 1) + timedelta(days=427)]
    assert tally.surges == len(judged)
    assert tally.tests[0].refusal
