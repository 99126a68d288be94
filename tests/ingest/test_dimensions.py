"""Words of a source to codes: the ways sources write names, what stays unknown, and dimensions made of words."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest

from lib.city import load_city
from lib.ingest.lookup import Categories, Names, made_code
from lib.schema import tickets as t
from tests.ingest.staging import staged, ticket

CITY = load_city("anyang")


def row_of(frame: pd.DataFrame, **where) -> dict:
    for name, value in where.items():
        frame = frame[frame[name] == value]
    return frame.iloc[0].to_dict()


@pytest.mark.parametrize("word", ["北关区", "北关", " 北关区 ", "安阳市北关区", "410503"])
def test_districts_are_found_as_sources_write_them(word: str) -> None:
    names = Names.of("district", CITY.districts, "district_code", ("name", "short_name"))
    assert names.find_at_end(word) == "410503"


def test_a_short_form_that_two_divisions_share_leads_nowhere() -> None:
    frame = pd.DataFrame({"district_code": ["1", "2"], "name": ["安阳县", "安阳市"]})
    names = Names.of("district", frame, "district_code")
    assert names.find("安阳") is None
    assert names.find("安阳县") == "1"


def test_units_are_found_by_full_short_and_path_names(pair) -> None:
    unit = row_of(CITY.units, level=2)
    names = Names.of("unit", CITY.units, "unit_code", ("name", "short_name"))
    for word in (unit["name"], unit["short_name"], f"市直/{unit['name']}"):
        assert names.find_at_end(word) == unit["unit_code"]


def test_categories_are_found_by_path_by_levels_and_by_a_unique_name() -> None:
    tree = Categories(CITY.categories)
    deep = row_of(CITY.categories, level=3)
    words = tuple(deep["full_name"].split("/"))
    assert tree.find((deep["full_name"],)) == (deep["category_code"], True)
    assert tree.find(words) == (deep["category_code"], True)
    assert tree.find((*words[:2], "没有这一项")) == (deep["parent_code"], False)
    names = CITY.categories["name"]
    alone = CITY.categories[(CITY.categories["level"] == 3) & ~names.duplicated(keep=False)].iloc[0]
    assert tree.find((alone["name"],)) == (alone["category_code"], True)
    assert tree.find(("不存在",)) == (None, False)


def test_unknown_words_are_kept_marked_and_listed(both) -> None:
    rows = [
        ticket(f"A{k}", district="火星区", unit="火星局", channel="心灵感应", category="外星事务", township="月球街道")
        for k in range(3)
    ]
    result = both.publish(staged(*rows, dimensions="profile"))
    row = both.ticket("A1")
    assert {row[c] for c in ("district_code", "unit_code", "channel_code", "category_code", "township_code")} == {
        t.UNMAPPED
    }
    raw = (row["district_raw"], row["unit_raw"], row["channel_raw"], row["category_raw"])
    assert raw == ("火星区", "火星局", "心灵感应", "外星事务")
    listed = {(w["field"], w["value"], w["row_count"]) for w in result.warnings.to_dict("records")}
    assert ("district", "火星区", 3) in listed
    assert ("category", "外星事务", 3) in listed
    stored = {(w["field"], w["value"], w["row_count"]) for w in both.rows(t.import_warnings)}
    assert stored == listed


def test_a_word_that_becomes_known_updates_its_tickets(pair) -> None:
    pair.publish(staged(ticket(district="火星区"), dimensions="profile"))
    result = pair.publish(staged(ticket(district="北关区"), dimensions="profile"))
    assert result.updated == 1
    row = pair.ticket()
    assert (row["district_code"], row["district_raw"]) == ("410503", None)


def test_a_township_tells_its_division(pair) -> None:
    town = CITY.townships.iloc[0]
    pair.publish(staged(ticket(township=town["name"], district=town["district_code"]), dimensions="profile"))
    alone = CITY.townships[~CITY.townships["name"].duplicated(keep=False)].iloc[5]
    pair.publish(staged(ticket("A2", township=alone["name"]), dimensions="profile"))
    row = pair.ticket("A2")
    assert (row["township_code"], row["district_code"]) == (alone["township_code"], alone["district_code"])


def test_a_category_known_to_its_second_level_counts_there(pair) -> None:
    second = row_of(CITY.categories, level=2)
    first = second["full_name"].split("/")[0]
    pair.publish(staged(ticket(category1=first, category2=second["name"], category3="新"), dimensions="profile"))
    row = pair.ticket()
    assert (row["category2_code"], row["category_code"]) == (second["category_code"],) * 2
    assert row["category_raw"] == f"{first}/{second['name']}/新"


def test_dimensions_are_made_of_the_source_words_once(both) -> None:
    rows = [ticket("A1", district="Ward 7", category1="Noise - Street/Sidewalk", category2="Loud", unit="A/B")]
    rows += [ticket("A2", district="ward 7", category1="Noise - Street/Sidewalk", category2="Quiet", unit="B")]
    both.publish(staged(*rows))
    both.publish(staged(*rows, ticket("A3", district="Ward 8", unit="A/B")))
    assert sorted(r["name"] for r in both.rows(t.districts)) == ["Ward 7", "Ward 8"]
    assert sorted(r["name"] for r in both.rows(t.units)) == ["A/B", "B"]
    categories = {r["full_name"]: r for r in both.rows(t.categories)}
    assert set(categories) == {
        "Noise - Street/Sidewalk",
        "Noise - Street/Sidewalk/Loud",
        "Noise - Street/Sidewalk/Quiet",
    }
    child, parent = categories["Noise - Street/Sidewalk/Loud"], categories["Noise - Street/Sidewalk"]
    assert child["parent_code"] == parent["category_code"]
    assert child["category_code"].startswith(parent["category_code"])
    assert both.ticket("A1")["category2_code"] == child["category_code"]
    assert both.ticket("A3")["unit_code"] == both.ticket("A1")["unit_code"]


def test_addresses_that_begin_with_a_new_division_stay_unchanged(pair) -> None:
    row = ticket(district="甲区", address="甲区幸福小区3号楼")
    pair.publish(staged(row))
    assert not pair.publish(staged(row)).is_new_version


def test_made_codes_do_not_depend_on_the_order_of_words() -> None:
    assert made_code("U", "甲") == made_code("U", "甲")
    assert made_code("U", "甲") != made_code("U", "乙")


def test_a_profile_is_loaded_whole_into_a_fresh_pair(pair) -> None:
    pair.publish(staged(ticket(), dimensions="profile"))
    for table in (t.districts, t.townships, t.units, t.channels, t.categories, t.time_limit_rules):
        assert len(pair.rows(table)) == len(getattr(CITY, table.name)), table.name


# --- time -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received", "closed", "hours"),
    [
        (datetime(2026, 10, 9, 9), datetime(2026, 10, 9, 11), 2.0),
        (datetime(2026, 10, 9, 11), datetime(2026, 10, 9, 15), 1.5),  # over the lunch break
        (datetime(2026, 10, 16, 17), datetime(2026, 10, 19, 9), 1.5),  # over a weekend
        (datetime(2026, 9, 30, 17), datetime(2026, 10, 8, 9), 1.5),  # over the National Day holiday
        (datetime(2026, 10, 10, 9), datetime(2026, 10, 10, 11), 2.0),  # a Saturday worked (调休)
        (datetime(2026, 10, 11, 9), datetime(2026, 10, 11, 20), 0.0),  # a Sunday
    ],
)
def test_handling_hours_are_working_hours(pair, received: datetime, closed: datetime, hours: float) -> None:
    pair.publish(staged(ticket(received_at=received, is_closed=True, closed_at=closed), dimensions="profile"))
    assert pair.ticket()["handling_hours"] == pytest.approx(hours)


def test_no_handling_hours_without_a_valid_closing(pair) -> None:
    early = datetime(2026, 10, 1)
    pair.publish(staged(ticket("A1", is_closed=True, closed_at=None), ticket("A2", is_closed=True, closed_at=early)))
    assert {r["handling_hours"] for r in pair.rows(t.tickets)} == {None}


def test_limits_come_from_the_rules_only_when_asked(pair) -> None:
    row = ticket(dispatched_at=datetime(2026, 10, 12, 9), request_type="投诉")
    pair.publish(staged(row, dimensions="profile"))
    assert pair.ticket()["due_at"] is None
    pair.publish(staged(row, dimensions="profile", derive_due=True))
    due = pair.ticket()["due_at"]
    assert due.date() == datetime(2026, 10, 19).date()
    pair.publish(staged(row | {"extension_count": 1}, dimensions="profile", derive_due=True))
    extended = pair.ticket()
    assert extended["due_at"].date() == datetime(2026, 10, 26).date()
    assert extended["original_due_at"] == due


def test_a_limit_of_acknowledgement_needs_acknowledgements_in_the_source(pair) -> None:
    dispatched = datetime(2026, 10, 12, 9)
    pair.publish(staged(ticket("A1", dispatched_at=dispatched), dimensions="profile"))
    assert pair.ticket("A1")["acknowledge_due_at"] is None
    pair.publish(staged(ticket("A2", dispatched_at=dispatched, acknowledged_at=None), dimensions="profile"))
    assert pair.ticket("A2")["acknowledge_due_at"] is not None


def test_workdays_cover_all_times(both) -> None:
    both.publish(staged(ticket(received_at=datetime(2024, 3, 1)), dimensions="profile"))
    both.publish(staged(ticket("A2", received_at=datetime(2022, 3, 1)), dimensions="profile"))
    days = both.frame(t.workdays)["day"]
    assert days.min() <= datetime(2022, 3, 1).date()
    assert days.is_unique
