"""City profiles: complete, consistent, and the demo city fictional."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from lib.city import City, load_city, read_city
from lib.config import CITIES_DIR, ConfigError
from lib.schema import tickets as t

TABLES = {
    "districts": t.districts,
    "townships": t.townships,
    "units": t.units,
    "channels": t.channels,
    "categories": t.categories,
    "time_limit_rules": t.time_limit_rules,
    "workday_overrides": t.workday_overrides,
}


@pytest.fixture(params=["anyang", "demo"])
def city(request: pytest.FixtureRequest) -> City:
    return load_city(request.param)


def test_tables_have_exactly_the_columns_of_the_schema(city: City) -> None:
    for name, table in TABLES.items():
        assert list(getattr(city, name).columns) == [c.name for c in table.columns]


def test_population_sums_to_the_census(city: City) -> None:
    assert city.population == 5_477_614
    dates = set(city.districts["population_on"].dropna().astype(str))
    assert dates == {"2020-11-01"}


def test_nine_divisions_with_a_boundary_and_two_zones_without(city: City) -> None:
    zones = city.districts["district_type"] == "zone"
    assert zones.sum() == 2
    assert (~zones).sum() == 9
    assert city.boundaries is not None
    drawn = {f["properties"]["district_code"] for f in city.boundaries["features"]}
    assert drawn == set(city.districts.loc[city.districts["has_boundary"], "district_code"])
    assert drawn == set(city.districts.loc[~zones, "district_code"])


def test_997_units_on_the_second_and_third_level(city: City) -> None:
    assert (city.units["level"] > 1).sum() == 997
    assert set(city.units["peer_group"].dropna()) == set(city.rules.peer_groups)
    levels = dict(zip(city.units["unit_code"], city.units["level"], strict=True))
    children = city.units.dropna(subset="parent_code")
    assert (children["level"] == children["parent_code"].map(levels) + 1).all()


def test_fifteen_channels_in_six_groups(city: City) -> None:
    sizes = city.channels.groupby("group_name").size().to_dict()
    assert sizes == {"热线": 3, "信箱": 1, "留言": 3, "微平台": 3, "客户端": 1, "平台": 4}


def test_categories_of_three_levels_whose_codes_begin_with_their_parents(city: City) -> None:
    count = city.categories.groupby("level").size()
    assert 12 <= count[1] <= 16
    assert 70 <= count[2] <= 118
    assert count[3] >= 300
    children = city.categories.dropna(subset="parent_code")
    assert all(
        code.startswith(parent) for code, parent in zip(children["category_code"], children["parent_code"], strict=True)
    )


def test_default_time_limits(city: City) -> None:
    rules = city.time_limit_rules.set_index("rule_no")
    emergency = rules[rules["urgency"] == "emergency"].iloc[0]
    enquiry = rules[rules["request_type"] == "咨询"].iloc[0]
    rest = rules.sort_index().iloc[-1]
    assert (emergency["amount"], emergency["unit"]) == (2, "hour")
    assert (enquiry["amount"], enquiry["unit"]) == (1, "workday")
    assert (rest["amount"], rest["unit"]) == (5, "workday")
    assert 15 in set(rules["amount"])


def test_targets_by_year(city: City) -> None:
    assert city.target("satisfaction_rate", 2025) == 0.95
    assert city.target("satisfaction_rate", 1999) is None


def test_seven_working_hours_a_day(city: City) -> None:
    assert city.rules.hours_per_day == 7.0


def test_demo_codes_are_no_official_codes() -> None:
    # Official codes begin with a province between 11 and 82.
    assert all(code.startswith("99") for code in load_city("demo").districts["district_code"])


def test_demo_names_are_not_those_of_the_real_city() -> None:
    real, demo = load_city("anyang"), load_city("demo")
    texts = "\n".join(p.read_text("utf-8") for p in sorted((CITIES_DIR / "demo").iterdir()))
    names = {*real.districts["name"], *real.townships["name"], *real.units.loc[real.units["level"] > 1, "name"], "安阳"}
    assert [name for name in sorted(names) if name in texts] == []
    assert demo.is_fictional
    assert not real.is_fictional


def test_boundary_files_are_small() -> None:
    for name in ("anyang", "demo"):
        assert (CITIES_DIR / name / "boundaries.geojson").stat().st_size < 200_000


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CITIES_DIR / "demo", tmp_path / "town"))


def test_a_profile_without_boundaries_is_complete(copy: Path) -> None:
    (copy / "boundaries.geojson").unlink()
    assert read_city(copy).boundaries is None


def test_a_missing_table_is_named(copy: Path) -> None:
    (copy / "units.csv").unlink()
    with pytest.raises(ConfigError, match=r"缺少 units\.csv"):
        read_city(copy)


def test_a_wrong_column_is_named(copy: Path) -> None:
    text = (copy / "channels.csv").read_text("utf-8")
    (copy / "channels.csv").write_text(text.replace("group_name", "group"), "utf-8")
    with pytest.raises(ConfigError, match="group_name"):
        read_city(copy)


def test_a_reference_that_leads_nowhere_is_named(copy: Path) -> None:
    with open(copy / "townships.csv", "a", encoding="utf-8") as handle:
        handle.write("990199001,990199,无名镇\n")
    with pytest.raises(ConfigError, match="990199"):
        read_city(copy)


def test_a_code_given_twice_is_named(copy: Path) -> None:
    with open(copy / "channels.csv", "a", encoding="utf-8") as handle:
        handle.write("L1,又一条线,热线,16\n")
    with pytest.raises(ConfigError, match="L1"):
        read_city(copy)


def test_a_word_that_is_no_flag_is_named(copy: Path) -> None:
    text = (copy / "districts.csv").read_text("utf-8")
    (copy / "districts.csv").write_text(text.replace("True", "也许", 1), "utf-8")
    with pytest.raises(ConfigError, match="也许"):
        read_city(copy)


def test_boundary_coordinates_are_degrees(city: City) -> None:
    assert city.boundaries is not None
    numbers = json.dumps([f["geometry"]["coordinates"] for f in city.boundaries["features"]])
    flat = [float(x) for x in numbers.replace("[", " ").replace("]", " ").replace(",", " ").split()]
    assert all(113 < x < 116 for x in flat[0::2])
    assert all(35 < y < 37 for y in flat[1::2])
