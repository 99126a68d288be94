"""Intervals of counts against drawing, forecasts of cities whose future is known, and what is refused."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from lib.analysis import forecast as f
from lib.analysis.count_intervals import placed, quantiles
from lib.analysis.daily import CITY, city_wide, daily_panel
from tests.analysis.panels import FIRST, USUAL, counts, factor, panel

LAST = date(2026, 10, 31)


@pytest.fixture(scope="module")
def city() -> pd.DataFrame:
    return city_wide(panel(seed=7))


@pytest.mark.parametrize(("mean", "scatter"), [(0.4, 0.3), (6.0, 0.02), (40.0, 0.25), (900.0, 0.1)])
def test_quantiles_are_those_of_many_draws(mean, scatter):
    rng = np.random.default_rng(4)
    draws = rng.poisson(rng.gamma(1 / scatter**2, mean * scatter**2, 200_000))
    shares = (0.025, 0.1, 0.5, 0.9, 0.975)
    value = np.array([round(mean)])
    found, less, upto = placed(np.array([mean]), np.array([scatter]), shares, value)
    assert found[0] == pytest.approx(np.quantile(draws, shares), abs=max(1.0, 0.012 * mean))
    assert less[0] == pytest.approx((draws < value).mean(), abs=0.005)
    assert upto[0] == pytest.approx((draws <= value).mean(), abs=0.005)


def test_cells_of_any_size_are_computed_together_as_alone():
    mean = np.array([3000.0, 0.0, 12.0, 450.0])
    scatter = np.array([0.3, 0.5, 0.0, 0.2])
    together = quantiles(mean, scatter, (0.1, 0.9))
    alone = np.concatenate([quantiles(mean[k : k + 1], scatter[k : k + 1], (0.1, 0.9)) for k in range(4)])
    assert together == pytest.approx(alone)
    assert (together[:, 0] <= together[:, 1]).all()


def test_the_coming_weeks_follow_season_and_level(city):
    made = f.forecast(city)
    assert made.refusal is None
    weeks = made.weeks
    assert len(weeks) == 8 * len(USUAL)
    assert (weeks["low95"] <= weeks["low80"]).all()
    assert (weeks["low80"] <= weeks["expected"]).all()
    assert (weeks["expected"] <= weeks["high80"]).all()
    assert (weeks["high80"] <= weeks["high95"]).all()
    assert weeks["starts_on"].min() == date(2026, 11, 1)
    even = weeks[weeks["category_code"] == "noise"]["expected"]
    assert even.tolist() == pytest.approx([20 * 7] * 8, rel=0.12)
    heat = weeks[weeks["category_code"] == "heat"].set_index("week")["expected"]
    truth = 12 * 7 * factor("heat", pd.date_range(date(2026, 11, 15), periods=7)).mean()
    assert heat.loc[2:4].mean() == pytest.approx(truth, rel=0.2)


def test_intervals_hold_as_often_as_they_say_and_errors_are_smaller_than_last_years(city):
    tested = f.backtest(city)
    assert tested.origins >= f.MIN_ORIGINS
    big = tested.errors[tested.errors["is_big"] & (tested.errors["category_code"] != "heat")]
    assert big["actual"].between(big["low80"], big["high80"]).mean() == pytest.approx(0.8, abs=0.08)
    assert tested.mae_ratio() < 1
    assert 0.7 <= tested.coverage(80) <= 0.95
    assert tested.coverage(80) < tested.coverage(95)


def test_small_series_are_judged_by_a_uniform_transform():
    tested = f.backtest(city_wide(panel(seed=6, scale=0.3)), step=2)
    draws = tested.pit()
    assert len(draws) > 400
    assert not tested.errors["is_big"].all()
    shares = np.histogram(draws, bins=4, range=(0, 1))[0] / len(draws)
    assert shares == pytest.approx([0.25] * 4, abs=0.08)
    assert draws.tolist() == tested.pit().tolist()


def test_an_origin_knows_nothing_of_what_came_later(city):
    tested = f.backtest(city)
    origin = tested.errors["origin_on"].min()
    later = city.copy()
    later.loc[pd.Timestamp(origin) + pd.Timedelta(days=1) :] *= 5
    again = f.backtest(later).errors
    columns = ["category_code", "week", "expected", *f.BOUNDS]
    before = tested.errors[tested.errors["origin_on"] == origin][columns].reset_index(drop=True)
    pd.testing.assert_frame_equal(before, again[again["origin_on"] == origin][columns].reset_index(drop=True))


def test_a_backtest_compares_with_what_came_and_with_the_year_before(city):
    row = f.backtest(city).errors.query("category_code == 'roads' and week == 3").iloc[0]
    series = city[("roads", CITY)]
    starts = pd.Timestamp(row["origin_on"]) + pd.Timedelta(days=15)
    week = pd.Timedelta(days=6)
    assert row["actual"] == series[starts : starts + week].sum()
    year = pd.Timedelta(days=364)
    assert row["naive"] == series[starts - year : starts - year + week].sum()


@pytest.mark.parametrize(
    ("first", "scale", "sentence"),
    [
        (date(2026, 8, 1), 1.0, "历史太短：只有 2026-08-01 至 2026-10-31 共 92 天"),
        (date(2025, 7, 1), 1.0, f"至少需要 {f.MIN_DAYS} 天"),
        (FIRST, 0.1, "工单太少"),
    ],
)
def test_what_cannot_be_foretold_is_refused_with_the_reason(first, scale, sentence):
    table = panel(first=first, scale=scale)
    made, tested = f.forecast(table), f.backtest(table)
    assert sentence in (made.refusal or "")
    assert made.weeks.empty
    assert tested.refusal
    assert tested.origins == 0


def test_fewer_than_eight_origins_are_no_backtest():
    short = city_wide(panel(first=date(2025, 2, 1)))
    assert f.forecast(short).refusal is None
    assert "误差检验至少需要" in (f.backtest(short).refusal or "")
    enough = f.MIN_DAYS + 7 * (f.HORIZONS + f.MIN_ORIGINS - 1)
    assert f.backtest(city_wide(panel()).iloc[-enough:]).origins == f.MIN_ORIGINS


def test_zero_counts_of_a_whole_season_give_a_forecast_of_almost_none():
    rows = counts(seed=7)
    asleep = (rows["category_code"] == "heat") & pd.to_datetime(rows["day"]).dt.month.isin([5, 6, 7, 8, 9, 10])
    table = city_wide(daily_panel(rows[~asleep], LAST))
    heat = f.forecast(table).weeks.query("category_code == 'heat'")
    assert np.isfinite(heat["expected"]).all()
    assert (heat["high95"] >= heat["expected"]).all()
