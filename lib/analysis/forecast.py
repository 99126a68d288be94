"""Forecast (八周预测): how many tickets come in each of the next one to eight weeks, and how sure is that?

A series keeps its level of the last weeks and follows the season that earlier years had; there is no further trend,
because none of eight weeks can be told from chance. The intervals are as wide as the same method was wrong on the
weeks before: errors of earlier origins whose weeks have passed, never of later ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lib.analysis.count_intervals import placed, quantiles
from lib.analysis.daily import calm, history_refusal, running, series_refusals, year_back

HORIZONS = 8
WEEK = 7
LEVEL_WEEKS = 10
HALF_LIFE_WEEKS = 3.0
LEVEL_CLIP = (0.6, 1.6)  # a week further from the median of the level's weeks counts as being there
SEASON_SLACK_DAYS = 7
SEASON_PRIOR = 3.0  # tickets a week that hold a season's change back towards none
SUDDEN, SUDDEN_NOISE = 3.0, 0.08  # standard deviations, and how much weeks differ beyond chance
CALM = (1.8, 12.0)
ORIGINS_BEHIND_INTERVALS = 12
MIN_ORIGINS = 8
ORIGIN_STEP = 4
MOST_ORIGINS = 26
# Errors further back were made with fewer earlier years to learn the season from.
ERRORS_FROM_WEEKS = 52
# The pooled width counts as that many errors of the series' own.
POOL_WEIGHT = 40.0
USUAL_SHARE = 0.8
USUAL_DEVIATIONS = 1.2816
LEVELS = (0.80, 0.95)
BIG_SERIES = 50.0  # tickets a week from which coverage is judged; smaller ones by PIT
FIRST_ORIGIN_DAYS = 366 + WEEK * LEVEL_WEEKS + SEASON_SLACK_DAYS
MIN_DAYS = FIRST_ORIGIN_DAYS + WEEK * (ORIGINS_BEHIND_INTERVALS + HORIZONS)
_TAILS = tuple(tail for level in LEVELS for tail in ((1 - level) / 2, (1 + level) / 2))
BOUNDS = ("low80", "high80", "low95", "high95")


@dataclass(frozen=True)
class Forecast:
    """weeks: one row per series and week ahead — category_code, district_code, week (1–8), starts_on, ends_on (last
    day), expected, low80, high80, low95, high95, last_year (the week a year earlier). refused: sentence per series.
    refusal: why there is none at all.
    """

    weeks: pd.DataFrame
    refused: pd.Series
    refusal: str | None = None


@dataclass(frozen=True)
class Backtest:
    """errors: one row per series, origin and week ahead — category_code, district_code, origin_on (last day known),
    week, expected, low80, high80, low95, high95, actual, naive (the week a year before), is_big (≥ 50 a week in the
    year before the origin), below, at (probability of less, and of at most, what came). refusal: why there is none.
    """

    errors: pd.DataFrame
    refusal: str | None = None

    @property
    def origins(self) -> int:
        """How many origins were tried."""
        return int(self.errors["origin_on"].nunique()) if len(self.errors) else 0

    def coverage(self, level: int) -> float:
        """Share of weeks of big series that lie in their 80 or 95 % interval; NaN without any."""
        big = self.errors[self.errors["is_big"]]
        return float(big["actual"].between(big[f"low{level}"], big[f"high{level}"]).mean())

    def mae_ratio(self) -> float:
        """Mean absolute error against that of taking the same week of last year, over all series; below 1 is better."""
        e = self.errors
        return float((e["actual"] - e["expected"]).abs().sum() / (e["actual"] - e["naive"]).abs().sum())

    def pit(self, seed: int = 1) -> np.ndarray:
        """Randomised probability integral transform of the small series: uniform on 0–1 where intervals are right."""
        small = self.errors[~self.errors["is_big"]]
        draw = np.random.default_rng(seed).random(len(small))
        return small["below"].to_numpy() + draw * (small["at"] - small["below"]).to_numpy()


def refusal_of(panel: pd.DataFrame, more_days: int = 0) -> str | None:
    """Why no forecast can be made from a daily_panel; None where it can."""
    refusal = history_refusal(panel)
    if refusal is None and len(panel) < MIN_DAYS + more_days:
        return f"历史太短：只有 {len(panel)} 天，预测及其误差检验至少需要 {MIN_DAYS + more_days} 天"
    return refusal


def forecast(panel: pd.DataFrame) -> Forecast:
    """The next eight weeks after the last day of a daily_panel."""
    refusal = refusal_of(panel)
    if refusal is not None:
        return Forecast(pd.DataFrame(), pd.Series(dtype=object), refusal)
    refused = series_refusals(panel)
    watched = panel.loc[:, refused.isna().to_numpy()]
    counts = watched.to_numpy(dtype=float)
    tried = _Tried(counts)
    mean, scatter = tried.points[-1], tried.scatter(len(tried.origins) - 1)
    bounds = quantiles(mean.ravel(), scatter.ravel(), _TAILS).reshape(*mean.shape, -1)
    last = watched.index[-1]
    parts = []
    for h in range(HORIZONS):
        starts = last + pd.Timedelta(days=1 + WEEK * h)
        part = pd.DataFrame({"week": h + 1, "starts_on": starts.date(),
                             "ends_on": (starts + pd.Timedelta(days=6)).date(), "expected": mean[h]},
                            index=watched.columns)  # fmt: skip
        part[list(BOUNDS)] = bounds[h]
        part["last_year"] = tried.naive(len(counts) - 1, h)
        parts.append(part.reset_index())
    weeks = pd.concat(parts).sort_values(["category_code", "district_code", "week"], ignore_index=True)
    return Forecast(weeks, refused.dropna())


def backtest(panel: pd.DataFrame, step: int = ORIGIN_STEP, most: int = MOST_ORIGINS) -> Backtest:
    """Forecast again from earlier origins and compare with what came. They are `step` weeks apart, closer where the
    history is short; fewer than eight are refused.
    """
    refusal = refusal_of(panel, WEEK * (HORIZONS + MIN_ORIGINS - 1))
    if refusal is not None:
        return Backtest(pd.DataFrame(), refusal)
    watched = panel.loc[:, series_refusals(panel).isna().to_numpy()]
    counts = watched.to_numpy(dtype=float)
    tried = _Tried(counts)
    # The last origin whose eight weeks have passed, and back from there.
    usable = range(len(tried.origins) - 1 - HORIZONS, ORIGINS_BEHIND_INTERVALS + HORIZONS - 1, -1)
    apart = max(min(step, (len(usable) - 1) // (MIN_ORIGINS - 1)), 1)
    parts = []
    for number in usable[::apart][:most]:
        mean, scatter, day = tried.points[number], tried.scatter(number), tried.origins[number]
        actual = np.stack([counts[day + 1 + WEEK * h : day + 1 + WEEK * (h + 1)].sum(axis=0) for h in range(HORIZONS)])
        bounds, below, at = placed(mean.ravel(), scatter.ravel(), _TAILS, actual.ravel())
        frame = pd.DataFrame(bounds, columns=list(BOUNDS))
        year = counts[max(day - 364, 0) : day + 1]
        big = year.sum(axis=0) / len(year) * WEEK >= BIG_SERIES
        series = watched.columns.to_frame(index=False)
        frame = pd.concat([pd.concat([series] * HORIZONS, ignore_index=True), frame], axis=1)
        frame = frame.assign(
            origin_on=watched.index[day].date(), week=np.repeat(np.arange(1, HORIZONS + 1), counts.shape[1]),
            expected=mean.ravel(), actual=actual.ravel(), below=below, at=at, is_big=np.tile(big, HORIZONS),
            naive=np.concatenate([tried.naive(day, h) for h in range(HORIZONS)]),
        )  # fmt: skip
        parts.append(frame)
    return Backtest(pd.concat(parts, ignore_index=True))


class _Tried:
    """Point forecasts of every weekly origin that the history allows, the last day being the last origin.

    counts: days × series. origins: last known day of each, ascending. points: origin × week ahead × series.
    """

    def __init__(self, counts: np.ndarray) -> None:
        self.counts = counts
        first = FIRST_ORIGIN_DAYS - 1
        last = len(counts) - 1
        self.origins = list(range(first + (last - first) % WEEK, last + 1, WEEK))
        self._raw = running(counts)
        self._calm = running(calm(counts, *CALM))
        self.points = np.stack([self._point(day) for day in self.origins])

    def naive(self, day: int, h: int) -> np.ndarray:
        """The week a year before the one `h` + 1 weeks after `day`, weekday on weekday."""
        low = day + 1 + WEEK * h - 52 * WEEK
        return self._raw[low + WEEK] - self._raw[low]

    def _season(self, low: int) -> np.ndarray:
        """Tickets of the week that begins on day `low`, as earlier years had it.

        Smoothed over the days around it, unless the week itself differs from them by more than chance: seasons that
        set in at once.
        """
        own, wide, years = np.zeros(self.counts.shape[1]), np.zeros(self.counts.shape[1]), 0
        for year in range(1, 100):
            start, stop = low - year_back(year), low - year_back(year) + WEEK
            if start < SEASON_SLACK_DAYS:
                break
            own += self._calm[stop] - self._calm[start]
            wide += self._calm[stop + SEASON_SLACK_DAYS] - self._calm[start - SEASON_SLACK_DAYS]
            years += 1
        wide *= WEEK / (WEEK + 2 * SEASON_SLACK_DAYS)
        sudden = np.abs(own - wide) > SUDDEN * np.sqrt(wide + (SUDDEN_NOISE * wide) ** 2)
        return np.where(sudden, own, wide) / max(years, 1) + SEASON_PRIOR

    def _point(self, day: int) -> np.ndarray:
        starts = [day + 1 - WEEK * (k + 1) for k in range(LEVEL_WEEKS)]
        ratios = np.stack([(self._raw[s + WEEK] - self._raw[s]) / self._season(s) for s in starts])
        usual = np.median(ratios, axis=0)
        ratios = np.clip(ratios, LEVEL_CLIP[0] * usual, LEVEL_CLIP[1] * usual)
        weights = 0.5 ** (np.arange(LEVEL_WEEKS) / HALF_LIFE_WEEKS)
        level = (weights[:, None] * ratios).sum(axis=0) / weights.sum()
        return np.stack([level * self._season(day + 1 + WEEK * h) for h in range(HORIZONS)])

    def scatter(self, number: int) -> np.ndarray:
        """Scatter beyond chance per week ahead and series, from errors known at origin `number`."""
        day = self.origins[number]
        known: list[list[np.ndarray]] = [[] for _ in range(HORIZONS)]
        for earlier in range(max(number - ERRORS_FROM_WEEKS, 0), number):
            for h in range(HORIZONS):
                low = self.origins[earlier] + 1 + WEEK * h
                if low + WEEK <= day + 1:
                    mean = np.maximum(self.points[earlier, h], 1.0)
                    error = np.abs(self._raw[low + WEEK] - self._raw[low] - mean)
                    # How far beyond chance the error goes, as a share: squared and of either sign.
                    known[h].append(((error / USUAL_DEVIATIONS) ** 2 - mean) / mean**2)
        pooled = np.array([np.quantile(np.stack(k), USUAL_SHARE) for k in known]).clip(0)
        every = np.concatenate([np.stack(k) for k in known])
        own = np.quantile(every, USUAL_SHARE, axis=0).clip(0) / max(float(np.quantile(every, USUAL_SHARE)), 1e-6)
        errors = len(every) / HORIZONS
        factor = (errors * own + POOL_WEIGHT) / (errors + POOL_WEIGHT)
        return np.sqrt(pooled[:, None] * factor[None, :])
