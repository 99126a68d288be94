"""The figures of the lists against the same figures counted another way from what was put in."""

from __future__ import annotations

from datetime import date, timedelta
from statistics import median

import numpy as np
import pandas as pd
import pytest

from lib import answers
from lib.access.roles import NotAllowedError
from lib.answers.list_figures import WATCHED_DAYS
from lib.lists.definitions import DEFINITIONS, FEW
from tests.answers.list_rows import TODAY, UNITS, generated, put_item, put_relapse, put_step, view

SINCE = date(2026, 1, 1)
LEFT_OUT = {"declined", "voided", "handed_over", "proposed"}


def workdays(first: date, last: date) -> int:
    """Counted one by one from the announced calendar."""
    days = view().profile.days
    return sum(days.is_one(first + timedelta(days=n + 1)) for n in range((last - first).days))


def test_figures_equal_an_independent_count(any_store):
    made = pd.DataFrame(generated(any_store, 200, seed=4))
    for list_kind, since in (("supervision", SINCE), ("supervision", None), ("problem", SINCE)):
        with any_store.reading() as conn:
            found = answers.list_figures(conn, view(), list_kind, since)
        check_figures(found, made[made["list_kind"] == list_kind], since)


def check_figures(found, made, since):
    counted = made[~made["state"].isin(LEFT_OUT)]
    first = since or date(1900, 1, 1)

    due = counted[(counted["due_on"] >= first) & (counted["due_on"] < TODAY) & (counted["state"] != "suspended")]
    on_time = sum(c is not None and c <= d for c, d in zip(due["closed_on"], due["due_on"], strict=True))
    figure = found.figures["on_time"]
    assert (figure.numerator, figure.denominator) == (on_time, len(due))
    assert figure.value == pytest.approx(on_time / len(due))
    assert set(found.behind["on_time"]["item_no"]) == set(due["item_no"])

    late = counted[(counted["due_on"] < TODAY) & ~counted["state"].isin(["closed", "suspended"])]
    assert found.figures["overdue"].value == len(late) > 0
    ages = [workdays(day, TODAY) for day in late["due_on"]]
    bands = pd.cut(ages, [-1, 5, 15, 30, 10_000], labels=["1—5天", "6—15天", "16—30天", "30天以上"])
    names = [UNITS.get(unit, "未定单位") for unit in late["unit"]]
    by_unit = pd.crosstab(pd.Series(names), pd.Series(bands.astype(str)))
    for row in found.overdue.to_dict("records"):
        assert row["total"] == names.count(row["unit"])
        for band in by_unit.columns:
            assert row[band] == by_unit.at[row["unit"], band]
    assert found.overdue["total"].is_monotonic_decreasing

    closed = counted[[c is not None and c >= first for c in counted["closed_on"]]]
    closed = closed[closed["assigned_on"].notna()]
    taken = [workdays(a, c) for a, c in zip(closed["assigned_on"], closed["closed_on"], strict=True)]
    assert found.figures["median_days"].value == median(taken)
    assert found.figures["median_days"].denominator == len(taken)
    assert f"P90 {np.quantile(taken, 0.9):.0f}天" in found.figures["median_days"].beside


def test_hand_overs_and_replies_equal_an_independent_count(any_store):
    made = generated(any_store, 160, seed=5)
    for since in (SINCE, None):
        with any_store.reading() as conn:
            found = answers.list_figures(conn, view(), "problem", since)
        check_hand_overs(found, made, since or date(1900, 1, 1))
        check_replies(found, made, since or date(1900, 1, 1))


def check_hand_overs(found, made, first):
    handed = [h for item in made for h in item["hand_overs"] if h[1] >= first]
    accepted = [h for h in handed if h[3]]
    figure = found.figures["hand_over"]
    assert (figure.numerator, figure.denominator) == (len(accepted), len(handed))
    for row in found.hand_overs.to_dict("records"):
        own = [h for h in handed if {"supervision": "督查局", "discipline": "纪委监委"}[h[0]] == row["receiver"]]
        assert row["handed"] == len(own)
        assert row["已签收"] == sum(bool(h[3]) for h in own)
        assert row["已退回"] == sum(h[3] is False for h in own)
        assert row["待签收"] == sum(h[2] is None for h in own)
        assert row["median_days"] == median(workdays(h[1], h[2]) for h in own if h[2] is not None)


def check_replies(found, made, first):
    asked: dict[tuple[str, str], list[int]] = {}
    for item in (item for item in made if item["list_kind"] == "problem"):
        for unit, day in item["urgings"]:
            if day >= first:
                asked.setdefault((UNITS[unit], f"{day:%Y-%m}"), [0, 0])[0] += 1
        for unit, day, kind, is_void in item["letters"]:
            if day >= first and not is_void and kind in ("notice", "escalation"):
                asked.setdefault((UNITS[unit], f"{day:%Y-%m}"), [0, 0])[1] += 1
    counted = {(r["unit"], r["month"]): [r["urgings"], r["letters"]] for r in found.asked.to_dict("records")}
    assert counted == asked
    assert found.figures["asked"].value == sum(map(sum, asked.values()))
    assert (found.asked["urgings"] + found.asked["letters"] == found.asked["total"]).all()


def product_limit(watched: list[tuple[int, bool]], until: int) -> float:
    """Share that relapsed by a day, by going through the days one at a time."""
    lasting = 1.0
    for day in range(until + 1):
        at_risk = sum(days >= day for days, _ in watched)
        ended = sum(days == day and relapsed for days, relapsed in watched)
        if at_risk:
            lasting *= 1 - ended / at_risk
    return 1 - lasting


def test_relapse_equals_a_count_day_by_day(any_store):
    made = generated(any_store, 260, seed=6)
    with any_store.reading() as conn:
        found = answers.list_figures(conn, view(), "supervision", SINCE)
    watched = []
    for item in made:
        if item["list_kind"] != "supervision" or item["state"] in LEFT_OUT or not item["closings"]:
            continue
        if item["closings"][0] >= SINCE:
            end = item["signs"][0] if item["signs"] else TODAY
            watched.append(((end - item["closings"][0]).days, bool(item["signs"])))
    figure = found.figures["relapse"]
    assert len(watched) >= FEW
    assert (figure.denominator, figure.numerator) == (len(watched), sum(relapsed for _, relapsed in watched))
    assert found.curve["day"].max() >= WATCHED_DAYS
    assert figure.value == pytest.approx(product_limit(watched, WATCHED_DAYS))
    for row in found.curve.itertuples():
        assert row.relapsed == pytest.approx(product_limit(watched, int(row.day)))
        assert row.at_risk == sum(days >= row.day for days, _ in watched) >= 10
    assert found.at_risk == {day: sum(days >= day for days, _ in watched) for day in (0, 30, 60, 90)}
    assert figure.low < figure.value < figure.high


def put_closed(conn, number: int, days_ago: int, relapse_after: int | None = None) -> None:
    closed = TODAY - timedelta(days=days_ago)
    item_id = put_item(conn, f"督{number:04d}", state="closed", closed_on=closed)
    put_step(conn, item_id, "verify_close_out", closed, "closed")
    if relapse_after is not None:
        put_relapse(conn, item_id, closed + timedelta(days=relapse_after))


def test_few_closings_are_not_judged(store):
    with store.writing() as conn:
        for number in range(FEW - 1):
            put_closed(conn, number, 200, 40 if number == 0 else None)
        few = answers.list_figures(conn, view(), "supervision")
        assert few.figures["relapse"].value is None
        assert few.curve.empty
        assert (few.closings, few.relapses) == (FEW - 1, 1)
        put_closed(conn, FEW, 200)
        assert answers.list_figures(conn, view(), "supervision").figures["relapse"].value == pytest.approx(1 / FEW)


def test_what_was_watched_too_briefly_is_not_judged_either(store):
    with store.writing() as conn:
        for number in range(FEW):
            put_closed(conn, number, 20, 10 if number < 3 else None)
        brief = answers.list_figures(conn, view(), "supervision")
    assert brief.figures["relapse"].value is None
    assert "观察满20日的还不到90日" in brief.figures["relapse"].beside
    assert brief.curve["relapsed"].iloc[-1] == pytest.approx(0.1)


def test_only_the_first_sign_after_the_close_out_counts(store):
    with store.writing() as conn:
        item_id = put_item(conn, "督0001", closed_on=TODAY - timedelta(days=5), state="closed")
        for step, day, state in (("verify_close_out", 100, "closed"), ("reopen", 60, "handling"),
                                 ("verify_close_out", 5, "closed")):  # fmt: skip
            put_step(conn, item_id, step, TODAY - timedelta(days=day), state)
        put_relapse(conn, item_id, TODAY - timedelta(days=70))
        found = answers.list_figures(conn, view(), "supervision").behind["relapse"]
    assert found[["days", "relapsed"]].values.tolist() == [[30, True]]


def test_an_empty_list_has_no_figures_but_their_frames(any_store):
    with any_store.reading() as conn:
        found = answers.list_figures(conn, view(), "problem", SINCE)
    assert {key: figure.value for key, figure in found.figures.items()} == {
        "on_time": None, "overdue": 0, "median_days": None, "relapse": None, "hand_over": None, "asked": 0,
    }  # fmt: skip
    assert found.overdue.empty
    assert found.asked.empty
    assert found.hand_overs.empty


def test_a_unit_sees_no_figures_of_the_city(store):
    with store.reading() as conn:
        with pytest.raises(NotAllowedError):
            answers.list_figures(conn, view("unit", ("U1",)), "problem")
        with pytest.raises(NotAllowedError):
            answers.list_figures(conn, view("kiosk"), "problem")


def test_every_figure_is_defined():
    assert {"on_time", "overdue", "median_days", "relapse", "hand_over", "asked", "accepted"} == set(DEFINITIONS)
    for definition in DEFINITIONS.values():
        assert definition.numerator in definition.text
        assert (definition.unit == "rate") == bool(definition.denominator)
