"""The topic radar on cities whose matters are known: season, growth, shares, earlier scheduling, and the sentence."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from lib.analysis import radar, surges
from lib.analysis.daily import CITY, MIN_HISTORY_DAYS
from lib.analysis.forecast import HORIZONS, MIN_DAYS, MIN_ORIGINS
from lib.analysis.radar_words import explanation
from lib.config import ROOT
from tests.analysis.panels import SHARES, USUAL, panel

LAST = date(2026, 10, 31)
POPULATION = {"east": 400_000.0, "west": 300_000.0, "south": 300_000.0, CITY: 1_000_000.0}
NAMES = {"heat": "供热", "noise": "噪声污染", "roads": "道路建设"}


def facts(**changed: dict[str, int]) -> pd.DataFrame:
    """One row per category and place, all alike but for what a test changes: category={"repeats": …}."""
    usual = {"received": 1000, "repeats": 80, "answers": 400, "unsatisfied": 20, "first_closed": 500, "reworked": 25,
             "referred": 600, "moved": 48, "units": 6}  # fmt: skip
    rows = [
        {"category_code": category, "district_code": place} | usual | changed.get(category, {})
        for category in USUAL for place in (CITY, *SHARES)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def rated(last: date = LAST, table: pd.DataFrame | None = None, earlier=None, seed: int = 5, **changed) -> pd.DataFrame:
    found = radar.candidates(panel(seed, last=last) if table is None else table, facts(**changed), POPULATION, earlier)
    assert found.refusal is None
    return found.candidates.set_index(["category_code", "district_code"])


@pytest.fixture(scope="module")
def october() -> pd.DataFrame:
    return rated(date(2026, 10, 10))


def test_heating_is_proposed_in_october_not_in_january(october):
    january = rated(date(2026, 1, 15))
    before, within = october.loc[("heat", CITY)], january.loc[("heat", CITY)]
    assert october.index[0][0] == "heat"
    assert before["part_season"] == 1
    assert before["season_from"] == date(2026, 10, 25)
    assert before["season_until"] == date(2026, 12, 19)
    assert within["part_season"] < 0
    assert within["count"] > 3 * before["count"]
    assert before["score"] > within["score"] + 20


def test_the_score_is_the_sum_of_its_visible_parts_by_the_stated_weights(october):
    assert sum(radar.WEIGHTS.values()) == 100
    keys = (*radar.WEIGHTS, "earlier")
    sums = october[[f"points_{key}" for key in keys]].sum(axis=1).clip(0, 100)
    assert october["score"].tolist() == pytest.approx(sums.tolist())
    known = october[[f"part_{key}" for key in radar.WEIGHTS]].notna().all(axis=1)
    assert known.any()
    for key, weight in radar.WEIGHTS.items():
        expected = (weight * october[f"part_{key}"])[known]
        assert october[f"points_{key}"][known].tolist() == pytest.approx(expected.tolist())
    assert october["score"].is_monotonic_decreasing
    assert october["part_growth"].between(0, 1).all()
    assert october["part_season"].between(-1, 1).all()


def test_the_document_states_the_weights_and_thresholds_in_force():
    text = (ROOT / "docs" / "radar.md").read_text("utf-8")
    for key, weight in radar.WEIGHTS.items():
        (line,) = [line for line in text.splitlines() if line.startswith(f"| {radar.PART_LABELS[key]} ")]
        assert f"| {weight:.0f} |" in line
    limits = surges.DEFAULT
    assert f"≥ {limits.ratio} × baseline, ≥ {limits.extra:.0f} more, ≥ {limits.deviations} standard" in text
    assert f"历史不足 {MIN_HISTORY_DAYS} 天" in text
    assert f"预测另需 {MIN_DAYS} 天" in text
    assert f"误差检验需 {MIN_DAYS + 7 * (HORIZONS + MIN_ORIGINS - 1)} 天" in text


def test_growth_is_measured_beyond_the_season_and_only_where_it_is_certain(october):
    start = LAST - timedelta(days=27)
    grown = rated(table=panel(5, noise=(None, start, LAST, 1.8)))
    row = grown.loc[("noise", CITY)]
    assert row["is_certain"]
    assert row["growth"] == pytest.approx(0.8, abs=0.1)
    assert row["part_growth"] == pytest.approx(row["growth"])
    assert not grown.loc[("roads", CITY)]["is_certain"]
    assert grown.loc[("roads", CITY)]["points_growth"] == 0
    # In the first cold weeks heating triples, and has not grown beyond its season.
    cold = rated(date(2026, 11, 28), seed=8).loc[("heat", CITY)]
    assert cold["count"] > 2 * october.loc[("heat", CITY)]["count"]
    assert abs(cold["growth"]) < 0.5
    assert cold["part_growth"] < 0.5


def test_volume_is_counted_per_head_and_by_what_is_ahead(october):
    row = october.loc[("noise", "east")]
    assert row["per_10k"] == pytest.approx(row["count"] / 40)
    assert row["ahead_per_10k"] == pytest.approx(row["per_10k"] * row["season_ratio"])
    heat = october.loc[("heat", CITY)]
    assert heat["ahead_per_10k"] > 2 * heat["per_10k"]


def test_shares_count_above_the_city_and_few_cases_say_nothing(october):
    bad = rated(roads={"unsatisfied": 120, "moved": 200, "reworked": 0, "first_closed": 12})
    row = bad.loc[("roads", CITY)]
    assert row["unsatisfied_share"] == 120 / 400
    assert row["city_unsatisfied_share"] == pytest.approx(160 / 1200)
    assert row["part_unsatisfied"] == pytest.approx((0.3 / (160 / 1200) - 1) / 2)
    assert row["part_cross"] > 0
    assert np.isnan(row["part_reworked"])
    assert np.isnan(row["reworked_share"])
    # The weight of what is unknown goes to the rest.
    assert row["points_unsatisfied"] == pytest.approx(10 * row["part_unsatisfied"] * 100 / 95)
    assert (october["part_unsatisfied"] == 0).all()


def test_breadth_grows_with_divisions_and_units():
    wide, narrow = (rated(noise={"units": units}).loc[("noise", CITY)] for units in (20, 1))
    assert wide["districts"] == 3
    assert wide["part_breadth"] == 1
    assert narrow["part_breadth"] == pytest.approx(0.5)
    alone = rated(table=panel(5, roads=("east", date(2024, 1, 1), LAST, 12.0))).loc[("roads", CITY)]
    assert alone["districts"] == 1


@pytest.mark.parametrize(
    ("held_on", "verdict", "part"),
    [
        (date(2026, 3, 20), "成效明显", -1.0),
        (date(2026, 3, 20), "有反弹", 1.0),
        (date(2026, 3, 20), "变化不明显", 0.5),
        (date(2026, 9, 20), None, -0.5),
        (date(2025, 3, 20), "成效明显", 0.0),
        (date(2026, 12, 20), "成效明显", 0.0),
    ],
)
def test_an_earlier_scheduling_rests_unless_it_came_back(held_on, verdict, part):
    earlier = pd.DataFrame({"category_code": ["noise"], "held_on": [held_on], "verdict": [verdict]})
    plain, after = rated().loc[("noise", CITY)], rated(earlier=earlier)
    row = after.loc[("noise", CITY)]
    assert row["part_earlier"] == part
    assert row["score"] == pytest.approx(np.clip(plain["score"] + 10 * part, 0, 100))
    assert after.loc[("roads", CITY)]["part_earlier"] == 0


def test_a_candidate_without_enough_tickets_says_why_it_is_none():
    found = radar.candidates(panel(5, scale=0.35), facts(), POPULATION)
    assert found.candidates["count"].min() >= radar.FEWEST
    reason = found.refused[("roads", "south")]
    assert "不作候选" in reason or "不逐日监测" in reason


def test_a_short_history_gives_no_candidates_but_the_reason():
    found = radar.candidates(panel(5, first=date(2026, 10, 1)), facts(), POPULATION)
    assert found.candidates.empty
    assert "历史太短：只有 2026-10-01 至 2026-10-31 共 31 天" in (found.refusal or "")


def test_the_sentence_says_what_the_row_holds(october):
    row = october.loc[("heat", CITY)]
    said = explanation(dict(row) | {"district_code": CITY}, "供热", "全市")
    assert said.startswith("供热（全市）：近 28 天 ")
    assert f"{row['count']:,.0f} 件（每万人 {row['per_10k']:.1f} 件）" in said
    assert f"往年10月25日至12月19日每天的件数是眼下的 {row['season_ratio']:.1f} 倍，现在调度赶得上" in said
    held = pd.DataFrame({"category_code": ["noise"], "held_on": [date(2026, 3, 20)], "verdict": ["成效明显"]})
    row = rated(earlier=held, noise={"unsatisfied": 120, "first_closed": 3}).loc[("noise", "west")]
    said = explanation(dict(row) | {"district_code": "west"}, "噪声污染", "西区")
    assert "噪声污染（西区）" in said
    assert "涉及 6 家承办单位" in said
    assert "不满意占 30.0%（全市平均 13.3%）" in said
    assert "2026年3月已调度，成效明显，12 个月内不宜重复" in said
    assert "重办样本不足，未计分" in said
    assert said.endswith("。")
