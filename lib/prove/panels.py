"""Cities whose truth is written down: weekly counts with scheduled topics, made on purpose unlike the regression.

Seasons have steps and corners, come early or late and weaker or stronger each year; trends bend; noise drifts, bursts
and jumps; holidays cut some matters more than others. A topic is scheduled because it stands high, so that most of
them would fall by themselves. Nothing here knows how the effect is estimated.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from lib.analysis.effect_weeks import Topic
from lib.period import Period, add_months

TRUE_EFFECTS = (0.0, -0.10, -0.27, -0.40)


@dataclass(frozen=True)
class Scenario:
    """What is switched on. before, after: range of weeks. wobble: standard deviation of the drifting noise. displaced:
    share of the lost complaints that come back under the neighbouring category. is_gradual: the effect takes eight
    weeks to come. dates: the topic is the one that stands highest (regression to the mean).
    """

    key: str
    label: str
    season: float = 0.0
    trend: float = 0.0
    picks_peaks: bool = False
    wobble: float = 0.0
    bursts: float = 0.0
    holidays: float = 0.0
    shifts: float = 0.0
    is_gradual: bool = False
    displaced: float = 0.0
    before: tuple[int, int] = (60, 130)
    after: tuple[int, int] = (13, 52)
    has_controls: bool = True


_PLAIN = Scenario("plain", "平稳")
_ALL = Scenario("all", "全部叠加", season=1.0, trend=0.10, picks_peaks=True, wobble=0.12, bursts=0.03, holidays=1.0,
                shifts=0.08)  # fmt: skip
SCENARIOS = (
    _PLAIN,
    replace(_PLAIN, key="season", label="季节", season=1.0),
    replace(_PLAIN, key="trend", label="趋势", trend=0.15),
    replace(_PLAIN, key="peaks", label="逢高选题", picks_peaks=True, wobble=0.15),
    replace(_PLAIN, key="noise", label="波动与突发", wobble=0.15, bursts=0.04),
    replace(_PLAIN, key="holidays", label="节假日", holidays=1.0),
    replace(_PLAIN, key="shifts", label="台阶", shifts=0.15),
    replace(_PLAIN, key="gradual", label="逐步见效", is_gradual=True, wobble=0.08),
    replace(_PLAIN, key="displaced", label="诉求转移", displaced=0.5, wobble=0.08),
    _ALL,
    replace(_ALL, key="short", label="历史不足一年", before=(26, 51)),
    replace(_ALL, key="alone", label="没有对照", has_controls=False, before=(104, 130)),
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One scheduled topic with its truth: the ratio of expected counts with and without the meeting, −1."""

    topic: Topic
    others: tuple[Topic, ...]
    truth: float


@dataclass(frozen=True)
class City:
    """counts: as lib.analysis.effect wants them. free_days: days off among Monday to Friday, by week."""

    counts: pd.DataFrame
    free_days: pd.Series
    cases: tuple[Case, ...]
    last_day: date


# Spring Festival (the day before New Year's Day) and the October days, as announced.
_SPRING = (date(2022, 1, 31), date(2023, 1, 21), date(2024, 2, 9), date(2025, 1, 28), date(2026, 2, 16))
_FAMILIES = 5
_SIBLINGS = 3


def city(scenario: Scenario, seed: int) -> City:
    """Four topics with the four true effects among fifteen categories; the same seed gives the same city."""
    r = np.random.default_rng([seed, *scenario.key.encode()])
    before, after = (int(r.integers(low, high + 1)) for low, high in (scenario.before, scenario.after))
    first = date(2022, 1, 3) + timedelta(weeks=int(r.integers(0, 52)))
    weeks = pd.date_range(first, periods=before + 10 + after, freq="7D")
    held = Period.of((weeks[before] + pd.Timedelta(days=38)).date())  # the choice month fits between
    choice = Period.of(add_months(held.start, -1))
    codes = [f"{family:02d}{sibling:02d}" for family in range(_FAMILIES) for sibling in range(_SIBLINGS)]
    free_days = _free_days(weeks)
    expected = _expected(scenario, weeks, len(codes), free_days, r)
    chosen = _chosen(scenario, expected, weeks, choice, r)
    cases: list[tuple[int, float]] = list(zip(chosen, r.permutation(TRUE_EFFECTS), strict=True))
    topics = [
        Topic(codes[at], f"议题{codes[at]}", (codes[at],), held.start + timedelta(days=20), (choice,)) for at in chosen
    ]
    truths = {}
    ends = pd.Timestamp(held.end)
    is_after = np.asarray(weeks >= ends)
    with_effect = expected.copy()
    for at, effect in cases:
        path = _path(effect, weeks, ends, scenario.is_gradual)
        lost = expected[:, at] * (1 - path)
        with_effect[:, at] -= lost
        if scenario.displaced:
            sibling = next(k for k in range(at // _SIBLINGS * _SIBLINGS, len(codes)) if k not in chosen)
            with_effect[:, sibling] += scenario.displaced * lost
        first_year = is_after & (np.cumsum(is_after) <= 52)
        truths[at] = with_effect[first_year, at].sum() / expected[first_year, at].sum() - 1
    counts = r.poisson(with_effect)
    kept = range(len(codes)) if scenario.has_controls else chosen
    frame = pd.concat(
        pd.DataFrame({"week": weeks, "category": codes[at], "parent": codes[at][:2], "district": "A",
                      "count": counts[:, at]}) for at in kept
    )  # fmt: skip
    return City(
        counts=frame.reset_index(drop=True),
        free_days=pd.Series(free_days, index=weeks),
        cases=tuple(
            Case(topic, tuple(o for o in topics if o is not topic), float(truths[at]))
            for topic, at in zip(topics, chosen, strict=True)
        ),
        last_day=(weeks[-1] + pd.Timedelta(days=6)).date(),
    )


def _chosen(
    scenario: Scenario, expected: np.ndarray, weeks: pd.DatetimeIndex, choice: Period, r: np.random.Generator
) -> list[int]:
    """Four categories of four families: those that stand highest in the month of choice, or any."""
    inside = np.asarray((weeks >= pd.Timestamp(choice.start)) & (weeks < pd.Timestamp(choice.end)))
    earlier = np.asarray(weeks < pd.Timestamp(choice.start))
    if scenario.picks_peaks:
        height = expected[inside].mean(axis=0) / expected[earlier].mean(axis=0)
    else:
        height = r.random(expected.shape[1])
    best = [family * _SIBLINGS + int(np.argmax(height[family * _SIBLINGS : (family + 1) * _SIBLINGS]))
            for family in range(_FAMILIES)]  # fmt: skip
    return sorted(best, key=lambda at: -height[at])[: len(TRUE_EFFECTS)]


def _path(effect: float, weeks: pd.DatetimeIndex, ends: pd.Timestamp, is_gradual: bool) -> np.ndarray:
    """Factor of each week: works in full from the month of the meeting on, or grows over eight weeks after it."""
    since = np.asarray((weeks - ends).days) / 7
    share = np.clip((since + 1) / 8, 0, 1) if is_gradual else (since >= -2).astype(float)
    path: np.ndarray = 1 + effect * share
    return path


def _expected(
    scenario: Scenario, weeks: pd.DatetimeIndex, categories: int, free_days: np.ndarray, r: np.random.Generator
) -> np.ndarray:
    """Expected counts without any meeting, weeks × categories: what the city has in common, and what each its own."""
    n = len(weeks)
    common = _drift(n, scenario.wobble / 2, r) + _steps(n, scenario.shifts, r)
    columns = []
    for _ in range(categories):
        level = np.exp(r.uniform(np.log(8), np.log(300)))
        log_rate = np.log(level) + common * r.uniform(0.6, 1.4)
        log_rate = log_rate + scenario.season * _season(weeks, r)
        log_rate = log_rate + _bend(n, scenario.trend, r)
        log_rate = log_rate + _drift(n, scenario.wobble, r) + _steps(n, scenario.shifts / 2, r)
        log_rate = log_rate + _bursts(n, scenario.bursts, r)
        log_rate = log_rate + scenario.holidays * np.log1p(-np.clip(free_days, 0, 5) / 5 * r.uniform(0.1, 0.55))
        columns.append(np.exp(log_rate))
    return np.column_stack(columns)


def _season(weeks: pd.DatetimeIndex, r: np.random.Generator) -> np.ndarray:
    """log factor: a plateau with a sharp start, a triangle or months at random, other each year."""
    kind = r.integers(0, 4)
    if kind == 3:
        return np.zeros(len(weeks))
    years = np.asarray(weeks.year) - 2021
    shift = r.normal(0, 1, years.max() + 1)[years]
    strength = r.normal(1, 0.12, years.max() + 1)[years]
    week = (np.asarray(weeks.dayofyear) / 7 + shift) % 52.2
    start, length = (45, 18) if kind == 0 else (r.uniform(0, 52), r.uniform(6, 16))
    inside = (week - start) % 52.2
    if kind == 0:
        shape = np.where(inside < 2, 1.2, np.where(inside < length, 0.8, 0.0))
    elif kind == 1:
        shape = np.clip(1 - np.abs(inside - length / 2) / (length / 2), 0, None)
    else:
        shape = r.normal(0, 0.35, 12)[np.asarray(weeks.month) - 1]
    factor: np.ndarray = strength * shape * r.uniform(0.2, 0.8)
    return factor


def _bend(n: int, trend: float, r: np.random.Generator) -> np.ndarray:
    """A trend that slows down or speeds up: in counts, not in logs; trend: standard deviation per year."""
    per_year = r.normal(0, trend)
    x = np.arange(n) / 52
    return np.log(np.clip(1 + per_year * x ** r.uniform(0.7, 1.3), 0.3, None))


def _drift(n: int, deviation: float, r: np.random.Generator) -> np.ndarray:
    """Noise with a memory of two to three weeks and heavy tails."""
    kept = r.uniform(0.4, 0.7)
    noise = r.standard_t(6, n + 20) / np.sqrt(1.5) * deviation * np.sqrt(1 - kept**2)
    path = np.zeros(n + 20)
    for at in range(1, n + 20):
        path[at] = kept * path[at - 1] + noise[at]
    return path[20:]


def _steps(n: int, deviation: float, r: np.random.Generator) -> np.ndarray:
    """At most one jump that stays."""
    path = np.zeros(n)
    if deviation and r.random() < 0.5:
        path[int(r.integers(4, n - 4)) :] = r.normal(0, deviation)
    return path


def _bursts(n: int, chance: float, r: np.random.Generator) -> np.ndarray:
    """Something happens: a peak that fades within three weeks."""
    path = np.zeros(n)
    for at in np.flatnonzero(r.random(n) < chance):
        for later, height in enumerate((1.0, 0.5, 0.2)):
            if at + later < n:
                path[at + later] += height * 0.6
    return path


def _free_days(weeks: pd.DatetimeIndex) -> np.ndarray:
    """Days off among Monday to Friday: Spring Festival, the days of May and of October."""
    free = np.zeros(len(weeks))
    for year in sorted(set(weeks.year) | {weeks[-1].year + 1}):
        spring = next((day for day in _SPRING if day.year == year), None)
        starts = [(date(year, 5, 1), 3), (date(year, 10, 1), 7)] + ([(spring, 8)] if spring else [])
        for start, length in starts:
            for k in range(length):
                day = start + timedelta(days=k)
                at = (day - weeks[0].date()).days // 7
                if 0 <= at < len(weeks) and day.weekday() < 5:
                    free[at] += 1
    return free
