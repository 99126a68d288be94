"""Surges (诉求突增): where do the last seven days hold far more tickets than the season explains?

Evaluated for every day as it would have been on that day: nothing later is looked at. The baseline of a series is
its own level of the last weeks, times what earlier years did between those weeks and now. Days of an alarm do not
raise the baseline, or a surge would hide the next one; what lasts longer than a month is the new level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lib.analysis.daily import CITY, MIN_HISTORY_DAYS, Past, calm, city_wide, history_refusal, running, series_refusals

WINDOW = 7
ENOUGH_FOR_NOISE = 10  # tickets a week from which a series shows how restless it is


@dataclass(frozen=True)
class Thresholds:
    """When seven days are an alarm: all three must hold. Tuned on seeds 101–103, reported on others."""

    ratio: float = 1.6  # times the baseline
    extra: float = 12.0  # tickets more than the baseline
    deviations: float = 4.5  # standard deviations of what the baseline lets expect
    noise: float = 0.10  # how much weeks differ beyond chance at least, as a share; restless series more
    noise_memory: float = 0.005  # weight of a new day in what a series showed of itself
    level_days: int = 42
    season_slack: int = 7  # days on both sides that earlier years are read with
    season_prior: float = 30.0  # tickets that hold a season's change back towards none
    new_level_days: int = 28  # an alarm that lasts longer is the new level


DEFAULT = Thresholds()


@dataclass(frozen=True)
class Watch:
    """What the watch saw. Frames with one row per day and one column per watched series (category, place):
    count and baseline (tickets in the seven days up to the day; before the watch begins NaN) and is_alarm.

    refusal: why nothing is watched at all. refused: sentence per series that is not watched.
    """

    count: pd.DataFrame
    baseline: pd.DataFrame
    is_alarm: pd.DataFrame
    refused: pd.Series
    refusal: str | None = None


def watch(panel: pd.DataFrame, limits: Thresholds = DEFAULT) -> Watch:
    """Evaluate every day of a daily_panel. A history too short or too sparse gives a Watch with a refusal."""
    refusal = history_refusal(panel)
    if refusal is not None:
        nothing = pd.DataFrame(index=panel.index)
        return Watch(nothing, nothing, nothing, pd.Series(dtype=object), refusal)
    refused = series_refusals(panel)
    watched = panel.loc[:, refused.isna().to_numpy()]
    raw = watched.to_numpy(dtype=float)
    # The season of a place is that of the whole city: its own counts are too few to tell.
    cities = city_wide(panel)
    of_city = cities.columns.get_indexer(pd.MultiIndex.from_arrays(
        [watched.columns.get_level_values(0), [CITY] * watched.shape[1]]))  # fmt: skip
    # How restless a matter is, too; a category that is watched at all is watched as a whole.
    whole = watched.columns.get_indexer(cities.columns[of_city])
    baseline, alarm = _walk(raw, cities.to_numpy(dtype=float), of_city, whole, limits)

    def framed(values: np.ndarray) -> pd.DataFrame:
        return pd.DataFrame(values, index=watched.index, columns=watched.columns)

    return Watch(framed(_week_sums(raw)), framed(baseline), framed(alarm), refused.dropna())


def _week_sums(counts: np.ndarray) -> np.ndarray:
    total = running(counts)
    sums = np.full(counts.shape, np.nan)
    sums[WINDOW - 1 :] = total[WINDOW:] - total[:-WINDOW]
    return sums


def _walk(
    raw: np.ndarray, cities: np.ndarray, of_city: np.ndarray, whole: np.ndarray, limits: Thresholds
) -> tuple[np.ndarray, np.ndarray]:
    """Day by day: baseline and alarm per series. of_city: which column of `cities` tells a series its season; whole:
    which series counts its category in the whole city.
    """
    days, series = raw.shape
    week = _week_sums(raw)
    baseline = np.full(raw.shape, np.nan)
    alarm = np.zeros(raw.shape, dtype=bool)
    # What earlier days count: alarms cut out. Of the time before the watch only the whole is known.
    first = MIN_HISTORY_DAYS
    clean = raw.copy()
    clean[: first - WINDOW] = calm(raw[: first - WINDOW], limits.ratio, limits.extra)
    total = running(clean)
    seasons = _seasons(calm(cities, limits.ratio, limits.extra), first, limits)[:, of_city]
    began = np.where(raw.any(axis=0), (raw > 0).argmax(axis=0), days)
    lasting = np.zeros(series, dtype=int)
    noise = np.full(series, limits.noise**2)
    scatter = np.ones(series)
    for day in range(first, days):
        end = day - WINDOW + 1  # the level ends where the seven days begin
        total[end] = total[end - 1] + clean[end - 1]
        level = total[end] - total[end - limits.level_days]
        expected = level / limits.level_days * WINDOW * seasons[day]
        baseline[day] = expected
        known = expected**2 * (np.maximum(noise, limits.noise**2)[whole] + 1 / np.maximum(level, 1))
        spread = np.sqrt(np.maximum(expected, 1) * np.maximum(scatter, 1)[whole] + known)
        more = week[day] - expected
        many = (week[day] >= limits.ratio * expected) & (more >= limits.extra)
        # A series that has only just begun has no season to stand out from.
        alarm[day] = many & (more >= limits.deviations * spread) & (day - began >= first)
        quiet = ~alarm[day] & (expected >= 1)
        beyond = np.clip((more**2 - expected * scatter[whole]) / np.maximum(expected, 1) ** 2, -1, 1)
        large = quiet & (expected >= ENOUGH_FOR_NOISE)
        noise = np.where(large, noise + limits.noise_memory * (beyond - noise), noise)
        rest = np.clip((more**2 - known) / np.maximum(expected, 1), 0, 9)
        sums = np.bincount(whole[quiet], rest[quiet], series), np.bincount(whole[quiet], minlength=series)
        mean = sums[0] / np.maximum(sums[1], 1)
        scatter = np.where(sums[1] > 0, scatter + limits.noise_memory * (mean - scatter), scatter)
        lasting = np.where(alarm[day], lasting + 1, 0)
        cut = alarm[day] & (lasting <= limits.new_level_days)
        if cut.any():
            part = clean[end : day + 1, cut]
            clean[end : day + 1, cut] = np.minimum(part, expected[cut] / WINDOW)
    return baseline, alarm


def _seasons(cities: np.ndarray, first: int, limits: Thresholds) -> np.ndarray:
    """Per day from `first` on and category: the seven days against the weeks of the level, as earlier years had it."""
    past = Past(calm(cities, limits.ratio, limits.extra), limits.season_prior / WINDOW)
    factor = np.ones(cities.shape)
    for day in range(first, len(cities)):
        begins, slack = day + 1 - WINDOW, limits.season_slack
        before = (begins - limits.level_days, begins)
        wide = past.ratio((begins - slack, day + 1 + slack), before)
        # A season that sets in at once (the boilers) is known by its own week, whatever the weeks around it.
        factor[day] = np.maximum(wide, past.ratio((begins, day + 1), before))
    return factor


def episodes(seen: Watch, merge_days: int = 7) -> pd.DataFrame:
    """One row per alarm of a series, gaps of up to merge_days joined: category_code, district_code (CITY for the whole
    city), starts_on, ends_on (last day of alarm), peak_on, and of the peak day count, baseline, extra,
    ratio. Latest first.
    """
    rows = []
    series = [] if seen.refusal is not None else list(seen.is_alarm.columns.to_frame(index=False).to_numpy())
    for number, (category, place) in enumerate(series):
        days = np.flatnonzero(seen.is_alarm.iloc[:, number].to_numpy())
        if not len(days):
            continue
        count, baseline = seen.count.iloc[:, number].to_numpy(), seen.baseline.iloc[:, number].to_numpy()
        for run in np.split(days, np.flatnonzero(np.diff(days) > merge_days) + 1):
            peak = run[np.argmax(count[run] - baseline[run])]
            rows.append(
                {
                    "category_code": category, "district_code": place,
                    "starts_on": seen.count.index[run[0]].date(), "ends_on": seen.count.index[run[-1]].date(),
                    "peak_on": seen.count.index[peak].date(), "count": count[peak], "baseline": baseline[peak],
                    "extra": count[peak] - baseline[peak], "ratio": count[peak] / max(baseline[peak], 1e-9),
                }
            )  # fmt: skip
    columns = [
        "category_code",
        "district_code",
        "starts_on",
        "ends_on",
        "peak_on",
        "count",
        "baseline",
        "extra",
        "ratio",
    ]
    frame = pd.DataFrame(rows, columns=columns)
    order = ["starts_on", "extra"]
    return frame.sort_values(order, ascending=False, ignore_index=True)
