"""The parts of the effect against sums done by hand."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from lib.analysis import effect_words as words
from lib.analysis.effect_model import Fit, OwnMoves, bandwidth, control_index, design, fit
from lib.analysis.effect_placebo import own_moves, resampled_error
from lib.analysis.effect_published import averages, published
from lib.analysis.effect_weeks import panel
from lib.config import ROOT
from tests.analysis.weekly import TOPIC, is_after, last_day, panel_of, weeks


def test_published_measure_is_the_weeks_around_the_month_of_the_meeting() -> None:
    counts, index = panel_of(), weeks()
    found = published(panel(counts, TOPIC, (), last_day(index)), TOPIC)
    own = counts[counts["category"] == "0101"].set_index("week")["count"]
    assert found.weeks == 4
    assert found.after == own["2024-10-07":"2024-10-28"].sum()
    assert found.before == own["2024-07-29":"2024-08-19"].sum(), "the month of choice is inside, as is the custom"
    assert found.year_earlier == own["2023-10-09":"2023-10-30"].sum()
    assert found.month_on_month == found.after / found.before - 1
    assert "4个整周" in found.definition


def test_no_base_gives_no_change() -> None:
    counts = panel_of().query("week >= '2024-09-09'")
    found = published(panel(counts, TOPIC, (), last_day(weeks())), TOPIC)
    assert (found.month_on_month, found.year_on_year) == (None, None)


def test_averages_by_hand() -> None:
    table = averages([-0.5, None, 0.1, -0.2], [100, 999, 300, 0]).set_index("kind")["change"]
    assert table.to_dict() == pytest.approx({"simple": -0.2, "weighted": -0.05, "median": -0.2})
    assert averages([None], [5.0])["change"].isna().all()


def test_variance_between_series_by_hand() -> None:
    """Two series 0 and 1 with errors 0.1: Q = 50, C = 100, so (50 − 1) ÷ 100."""
    estimates = pd.DataFrame({"change": [0.0, 1.0], "error": [0.1, 0.1]})
    assert own_moves(estimates) == OwnMoves(pytest.approx(0.49), 1)
    assert own_moves(estimates.assign(error=10.0)).variance == 0
    assert own_moves(estimates[:1]).variance == 0


def test_regression_recovers_a_ratio_of_means() -> None:
    index = weeks(20)
    after = np.arange(20) >= 10
    counts = np.where(after, 30.0, 40.0) + np.tile([-2.0, 2.0], 10)
    found = fit(counts, design(index, after, 10, None), None)
    assert found.effect == pytest.approx(math.log(30 / 40))
    assert found.influence.sum() == pytest.approx(0, abs=1e-9)


def test_interval_by_hand() -> None:
    """t quantiles of the book: 2.571 for 5 degrees of freedom, 2.228 for 10."""
    nothing = np.zeros(1)
    found = Fit(0.0, math.sqrt(0.02), 0.1, 10, 1.0, nothing, nothing, nothing)
    assert found.half_width(OwnMoves(0.03, 5)) == pytest.approx(2.571 * math.sqrt(0.05), rel=1e-3)
    assert found.half_width(OwnMoves(0.03, 50)) == pytest.approx(2.228 * math.sqrt(0.05), rel=1e-3)
    assert found.half_width(OwnMoves(0.0, 5)) == pytest.approx(2.228 * math.sqrt(0.02), rel=1e-3)


def test_standard_error_of_independent_weeks_agrees_with_theory() -> None:
    """Poisson counts: variance of log(mean after ÷ mean before) = 1 ÷ Σ after + 1 ÷ Σ before."""
    r, index = np.random.default_rng(2), weeks(150)
    after = is_after(index)
    frame = design(index, after, 10, None)
    found = [fit(r.poisson(50, 150).astype(float), frame, None) for _ in range(40)]
    theory = math.sqrt(1 / (50 * after.sum()) + 1 / (50 * (~after).sum()))
    assert np.std([f.effect for f in found]) == pytest.approx(theory, rel=0.3)
    assert np.mean([f.plain_error for f in found]) == pytest.approx(theory, rel=0.1)
    assert np.mean([resampled_error(f) for f in found[:10]]) == pytest.approx(theory, rel=0.3)


def test_error_grows_with_autocorrelation() -> None:
    r, index = np.random.default_rng(3), weeks(150)
    noise = np.convolve(r.normal(0, 1, 157), np.ones(8) / math.sqrt(8), "valid")[:150]
    frame = design(index, is_after(index), 10, None)
    memory = fit(r.poisson(200 * np.exp(0.2 * noise)).astype(float), frame, None)
    shuffled = fit(r.poisson(200 * np.exp(0.2 * r.permutation(noise))).astype(float), frame, None)
    assert memory.error > 1.5 * shuffled.error
    assert resampled_error(memory) > 1.3 * resampled_error(shuffled)


def test_zero_on_one_side_is_no_fit() -> None:
    index = weeks(20)
    after = np.arange(20) >= 10
    with pytest.raises(ValueError, match="件数为零"):
        fit(np.where(after, 0.0, 5.0), design(index, after, 10, None), None)


def test_statsmodels_is_loaded_only_for_an_estimate() -> None:
    asked = "import sys, lib.analysis.effect, lib.prove.command; print('statsmodels' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "False"


def test_index_of_controls_follows_all_of_them_and_none_alone() -> None:
    path = np.linspace(-0.5, 0.5, 50)
    same = pd.DataFrame({"a": 1000 * np.exp(path), "b": 2000 * np.exp(path)})
    assert control_index(same) == pytest.approx(path - path.mean(), abs=1e-3)
    one = pd.DataFrame({"a": 100000 * np.exp(path), "b": np.full(50, 100.0), "c": np.full(50, 100.0)})
    assert np.ptp(control_index(one)) < 0.5


def test_design_knows_what_a_short_history_cannot_tell() -> None:
    index = weeks(60)
    after = np.arange(60) >= 40
    assert list(design(index, after, 40, None)) == ["level", "after"]
    assert {"sin1", "cos3", "trend"} <= set(design(index, after, 52, None))
    assert "free_days" not in design(index, after, 52, np.zeros(60))
    assert bandwidth(100) == 13


@pytest.mark.parametrize(("change", "text"), [(-0.27, "下降27.0%"), (0.031, "上升3.1%"), (0.0001, "持平")])
def test_changes_in_words(change: float, text: str) -> None:
    assert words.moved(change) == text


def test_sentences_end_as_sentences() -> None:
    assert words.may_not_say("变化不明显", None, []).endswith("看不出来。")
    assert "环比下降12.0%全部说成" in words.may_not_say("成效明显", -0.12, [])
    assert words.may_say("成效明显", "", ["季节"], (-0.3, -0.4, -0.2)).startswith(
        "可以说：剔除季节后，会后同类诉求下降30.0%"
    )
