"""`lib prove effect`: the generated cities are what they say, the sums are right, and the promise holds."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lib.cli import main
from lib.prove import effect
from lib.prove.effect import as_json, summary, trials
from lib.prove.panels import SCENARIOS, TRUE_EFFECTS, city

BY_KEY = {scenario.key: scenario for scenario in SCENARIOS}


@pytest.mark.parametrize("key", ["plain", "all", "alone"])
def test_a_city_is_the_same_for_the_same_seed_and_other_for_another(key: str) -> None:
    one, again, other = city(BY_KEY[key], 3), city(BY_KEY[key], 3), city(BY_KEY[key], 4)
    pd.testing.assert_frame_equal(one.counts, again.counts)
    assert one.cases == again.cases
    assert not one.counts.equals(other.counts)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.key)
def test_each_city_has_every_true_effect(scenario) -> None:
    truths = sorted(case.truth for case in city(scenario, 5).cases)
    tolerance = 0.12 if scenario.is_gradual else 1e-9
    assert truths == pytest.approx(sorted(TRUE_EFFECTS), abs=tolerance)
    assert 0.0 in truths


def test_counts_carry_the_effect_that_is_written_down() -> None:
    """In calm cities the mean after ÷ the mean before is the truth, within the noise of counting."""
    off = []
    for seed in range(8):
        one = city(BY_KEY["plain"], seed)
        for case in one.cases:
            own = one.counts[one.counts["category"].isin(case.topic.categories)]
            before = own.loc[own["week"] < pd.Timestamp(case.topic.neither.start), "count"]
            after = own.loc[own["week"] >= pd.Timestamp(case.topic.neither.end), "count"]
            off.append(after.mean() / before.mean() - 1 - case.truth)
    assert np.mean(off) == pytest.approx(0, abs=0.02)


def test_topics_chosen_when_high_fall_by_themselves() -> None:
    def fall(key: str) -> float:
        ratios = []
        for seed in range(8):
            one = city(replace(BY_KEY["peaks"], picks_peaks=key == "peaks"), seed)
            for case in one.cases:
                own = one.counts[one.counts["category"].isin(case.topic.categories)]
                month = case.topic.chosen[0]
                high = own["week"].between(pd.Timestamp(month.start), pd.Timestamp(month.end))
                after = own["week"] >= pd.Timestamp(case.topic.neither.end)
                ratios.append(own.loc[after, "count"].mean() / own.loc[high, "count"].mean() - 1 - case.truth)
        return float(np.mean(ratios))

    assert fall("peaks") < fall("any") - 0.05


def test_sums_of_the_table() -> None:
    row = {"label": "甲", "truth": 0.0, "coverage": 1.0, "bias": 0.1, "width": 0.2, "naive_bias": -0.1,
           "naive_error": 0.1, "error": 0.1, "false_effective": 0.0, "naive_false": 1.0, "found": None,
           "too_short": 0.0}  # fmt: skip
    frame = pd.DataFrame(
        [
            {"scenario": "a", **row},
            {"scenario": "a", **row, "coverage": 0.0, "false_effective": 1.0},
            {"scenario": "b", **row, "coverage": None, "bias": None, "false_effective": None, "naive_bias": -0.4},
        ]
    )
    found = as_json(summary(frame), 1, 2)
    assert (found["coverage"], found["false_effective"], found["true_zeros"]) == (0.5, 0.5, 2)
    assert found["naive_bias"] == pytest.approx(-0.2)
    assert found["without_interval"] == 1
    assert found["scenarios"]["b"]["coverage"] is None
    assert found["scenarios"]["a"]["topics"] == 2


def test_the_last_line_is_json_with_the_promised_keys(capsys, monkeypatch) -> None:
    monkeypatch.setattr(effect, "SCENARIOS", SCENARIOS[:2])
    code = main(["prove", "effect", "--cities", "1", "--seed", "2", "--workers", "1"])
    lines = capsys.readouterr().out.splitlines()
    found = json.loads(lines[-1])
    assert {"coverage", "false_effective", "naive_bias", "scenarios"} <= set(found)
    assert list(found["scenarios"]) == [s.key for s in SCENARIOS[:2]]
    assert all({"coverage", "false_effective", "naive_bias"} <= set(s) for s in found["scenarios"].values())
    assert code == int(found["coverage"] < 0.9 or found["false_effective"] > 0.05)
    assert any(line.startswith("合计") for line in lines)


@pytest.mark.proof
def test_intervals_cover_and_chance_is_not_called_an_effect() -> None:
    """On other seeds than those the method was made with; the command shows a hundred cities per scenario."""
    found = as_json(summary(pd.DataFrame(trials(30, 880_000, workers=1))), 30, 880_000)
    assert found["true_zeros"] >= 100
    assert found["coverage"] >= 0.9
    assert found["false_effective"] <= 0.05
    assert found["error"] < found["naive_error"]
    for key, scenario in found["scenarios"].items():
        assert scenario["coverage"] >= 0.85, key
