"""Topic radar (选题研判): which matters, and where, deserve the next monthly scheduling?

Candidates are category × place. Every part of the score stands in a column of its own, with the figures behind it;
the combined score is their weighted sum and nothing else. A part that cannot be known is left out, and its weight
is shared among the others. A high score is a reason to look, never a decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from lib.analysis.daily import CITY, Past, calm, city_wide, history_refusal, series_refusals
from lib.metrics.arithmetic import divide_columns

NOW_DAYS = 28  # the weeks that are judged
LEVEL_DAYS = 84  # the weeks before them, which say what is usual
AHEAD_FROM, AHEAD_DAYS = 14, 56  # a meeting is prepared two weeks; what follows decides whether it comes in time
SEASON_PRIOR = 30.0  # tickets that hold a season's change back towards none
NOISE = 0.08  # how much four weeks differ beyond chance, as a share
CERTAIN = 2.0  # standard deviations that growth must exceed to count
CALM = (1.8, 12.0)
FEWEST = 30  # tickets in the weeks judged, and cases behind a share: fewer say nothing
UNIT_TICKETS = 3  # a unit is concerned from so many tickets on
RESTS_MONTHS = 12  # a topic that was scheduled rests that long, unless it came back

# Weight of each part in a score of 100. `season` may count against a matter as much as for it.
WEIGHTS: dict[str, float] = {
    "growth": 20, "volume": 20, "breadth": 10, "recurrence": 10, "unsatisfied": 10, "reworked": 5, "cross": 10,
    "season": 15,
}  # fmt: skip
EARLIER_WEIGHT = 10.0  # added or taken away for an earlier scheduling and what it brought
PART_LABELS = {
    "growth": "超季节增长", "volume": "万人诉求量", "breadth": "波及面", "recurrence": "重复诉求",
    "unsatisfied": "不满意", "reworked": "重办", "cross": "跨部门", "season": "季节提前量", "earlier": "以往调度",
}  # fmt: skip
# Where a part is 0 and where it is 1, linear between. Shares are measured against the city's own.
SCALES: dict[str, tuple[float, float]] = {
    "growth": (0.0, 1.0),  # +0 % to +100 % beyond the season
    "volume": (1.0, 5.0),  # times the average category of the place, in the weeks ahead
    "units": (1.0, 20.0),
    "share": (1.0, 3.0),  # times the city's average share
    "season": (1.0, 2.0),  # weeks ahead against now; falling to half counts −1
}
# What an earlier scheduling of the last twelve months says: part −1 to 1.
EFFECTIVE, NO_CHANGE, REBOUND, TOO_EARLY = "成效明显", "变化不明显", "有反弹", "观察期不足"
EARLIER_PARTS = {EFFECTIVE: -1.0, NO_CHANGE: 0.5, REBOUND: 1.0, TOO_EARLY: -0.5}

FACT_COLUMNS = (
    "received",
    "repeats",
    "answers",
    "unsatisfied",
    "first_closed",
    "reworked",
    "referred",
    "moved",
    "units",
)


@dataclass(frozen=True)
class Radar:
    """candidates: see `candidates`. refused: sentence per series that is no candidate. refusal: why there is none."""

    candidates: pd.DataFrame
    refused: pd.Series
    refusal: str | None = None


def candidates(
    panel: pd.DataFrame,
    facts: pd.DataFrame,
    population: Mapping[str, float],
    earlier: pd.DataFrame | None = None,
) -> Radar:
    """One row per category and place with enough tickets, highest score first.

    panel: a lib.analysis.daily.daily_panel; its last day is "now". facts: one row per category_code and district_code
    (CITY for the whole city) with FACT_COLUMNS, counted over the last months. population: residents per place, where
    known. earlier: one row per scheduled category — category_code, held_on, verdict (a key of EARLIER_PARTS; another
    word or none says nothing yet) — empty or None where nothing was scheduled.

    Columns: category_code, district_code; figures count (last 28 days), expected, growth (share beyond the season),
    is_certain (more than chance), per_10k and ahead_per_10k (28 days now, and on average 28 days of the weeks ahead),
    times_average (ahead, against the average category of the place now), districts (divisions concerned, of the whole
    city only), units, repeat_share, unsatisfied_share, reworked_share, cross_share with city_… beside each,
    season_ratio (weeks ahead against now in earlier years), season_from, season_until, held_on, verdict; parts
    part_<key> (0–1; season and earlier −1–1; NaN unknown); points_<key>, what each part adds to the score (0–100).
    """
    refusal = history_refusal(panel)
    if refusal is not None:
        return Radar(pd.DataFrame(), pd.Series(dtype=object), refusal)
    refused = series_refusals(panel)
    watched = panel.loc[:, refused.isna().to_numpy()]
    frame = _against_season(watched, panel)
    enough = frame["count"] >= FEWEST
    few = pd.Series(
        [f"近 {NOW_DAYS} 天只有 {count:.0f} 件，不足 {FEWEST} 件，不作候选" for count in frame.loc[~enough, "count"]],
        index=frame.index[~enough], dtype=object,
    )  # fmt: skip
    frame = frame[enough].reset_index()
    frame = _with_volume(frame, panel, population)
    frame = frame.merge(facts, on=["category_code", "district_code"], how="left", validate="one_to_one")
    frame = _with_shares(frame, facts)
    frame = _with_breadth(frame, panel, population)
    frame = _with_earlier(frame, earlier, panel.index[-1].date())
    return Radar(_scored(frame), pd.concat([refused.dropna(), few]))


def _scale(values: pd.Series, key: str) -> pd.Series:
    zero, one = SCALES[key]
    return ((values.astype(float) - zero) / (one - zero)).clip(0, 1)


def _against_season(watched: pd.DataFrame, panel: pd.DataFrame) -> pd.DataFrame:
    """count, expected, growth, is_certain, season_ratio and the parts of growth and season, by series."""
    counts = watched.to_numpy(dtype=float)
    cities = city_wide(panel)
    # Earlier years of the whole city tell the season: those of one place are too few.
    of_city = cities.columns.get_indexer(
        pd.MultiIndex.from_arrays([watched.columns.get_level_values(0), [CITY] * watched.shape[1]])
    )
    end = len(counts)
    usual = calm(counts, *CALM)
    past = Past(calm(cities.to_numpy(dtype=float), *CALM), SEASON_PRIOR / NOW_DAYS)
    count = counts[end - NOW_DAYS :].sum(axis=0)
    level = usual[end - NOW_DAYS - LEVEL_DAYS : end - NOW_DAYS].sum(axis=0)
    since_level = past.ratio((end - NOW_DAYS, end), (end - NOW_DAYS - LEVEL_DAYS, end - NOW_DAYS))[of_city]
    expected = level / LEVEL_DAYS * NOW_DAYS * since_level
    spread = np.sqrt(np.maximum(expected, 1) + (NOISE * expected) ** 2 + expected**2 / np.maximum(level, 1))
    ahead = (end + AHEAD_FROM, end + AHEAD_FROM + AHEAD_DAYS)
    season = past.ratio(ahead, (end - NOW_DAYS, end))[of_city]
    last = watched.index[-1].date()
    frame = pd.DataFrame({"count": count, "expected": expected, "season_ratio": season}, index=watched.columns)
    frame["growth"] = divide_columns(frame["count"] - frame["expected"], frame["expected"])
    frame["is_certain"] = np.abs(count - expected) >= CERTAIN * spread
    frame["season_from"] = last + timedelta(days=AHEAD_FROM + 1)
    frame["season_until"] = last + timedelta(days=AHEAD_FROM + AHEAD_DAYS)
    frame["part_growth"] = _scale(frame["growth"], "growth").where(frame["is_certain"], 0.0)
    rising, falling = _scale(frame["season_ratio"], "season"), _scale(1 / frame["season_ratio"], "season")
    frame["part_season"] = rising - falling
    return frame


def _with_volume(frame: pd.DataFrame, panel: pd.DataFrame, population: Mapping[str, float]) -> pd.DataFrame:
    """per_10k now and ahead (28 days each), and times_average: what is ahead against the average category of the same
    place now. A meeting changes what comes, so the part counts what is ahead.
    """
    now = panel.iloc[-NOW_DAYS:].sum()
    average = now[now > 0].groupby(level="district_code").mean()
    residents = pd.to_numeric(frame["district_code"].map(dict(population)))
    frame["per_10k"] = divide_columns(frame["count"] * 10_000, residents)
    ahead = frame["count"] * frame["season_ratio"]
    frame["ahead_per_10k"] = divide_columns(ahead * 10_000, residents)
    frame["times_average"] = divide_columns(ahead, frame["district_code"].map(average))
    frame["part_volume"] = _scale(frame["times_average"], "volume")
    return frame


_SHARES = {
    "recurrence": ("repeat_share", "repeats", "received"),
    "unsatisfied": ("unsatisfied_share", "unsatisfied", "answers"),
    "reworked": ("reworked_share", "reworked", "first_closed"),
    "cross": ("cross_share", "moved", "referred"),
}


def _with_shares(frame: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """Shares with the city's beside each; a share of fewer than FEWEST cases is unknown."""
    whole = facts[facts["district_code"] == CITY]
    for part, (name, above, below) in _SHARES.items():
        city = divide_columns(pd.Series([whole[above].sum()]), pd.Series([whole[below].sum()])).iloc[0]
        share = divide_columns(frame[above], frame[below]).where(frame[below] >= FEWEST)
        frame[name], frame[f"city_{name}"] = share, city
        frame[f"part_{part}"] = _scale(divide_columns(share, frame[f"city_{name}"]), "share")
    return frame


def _with_breadth(frame: pd.DataFrame, panel: pd.DataFrame, population: Mapping[str, float]) -> pd.DataFrame:
    """districts: how many divisions have at least half the city's tickets per head (of the city's candidates only);
    the part is the mean of how far divisions and units are concerned.
    """
    now = panel.iloc[-NOW_DAYS:].sum().unstack("district_code").drop(columns=CITY).fillna(0.0)
    residents = pd.Series({place: population.get(place, np.nan) for place in now.columns}, dtype=float)
    known = residents.dropna().index
    per_head = now[known] / residents[known]
    usual = now[known].sum(axis=1) / residents[known].sum()
    concerned = per_head.ge(usual / 2, axis=0).where(now[known].sum(axis=1) > 0, False).sum(axis=1)
    is_city = frame["district_code"] == CITY
    frame["districts"] = frame["category_code"].map(concerned).where(is_city & (len(known) > 1)).astype(float)
    of_all = frame["districts"] / max(len(known), 1)
    frame["part_breadth"] = pd.concat([of_all, _scale(frame["units"], "units")], axis=1).mean(axis=1)
    return frame


def _with_earlier(frame: pd.DataFrame, earlier: pd.DataFrame | None, today: date) -> pd.DataFrame:
    """held_on and verdict of the newest scheduling of the category, and what it says about another one."""
    if earlier is None or earlier.empty:
        return frame.assign(held_on=None, verdict=None, part_earlier=0.0)
    past = earlier[pd.to_datetime(earlier["held_on"]) <= pd.Timestamp(today)].sort_values("held_on")
    newest = past.drop_duplicates("category_code", keep="last").set_index("category_code")
    frame["held_on"] = frame["category_code"].map(newest["held_on"])
    frame["verdict"] = frame["category_code"].map(newest["verdict"])
    recent = pd.to_datetime(frame["held_on"]) > pd.Timestamp(today) - pd.DateOffset(months=RESTS_MONTHS)
    part = frame["verdict"].map(EARLIER_PARTS).fillna(EARLIER_PARTS[TOO_EARLY]).astype(float)
    frame["part_earlier"] = part.where(recent, 0.0)
    return frame


def _scored(frame: pd.DataFrame) -> pd.DataFrame:
    """points per part and the score; weights of unknown parts are shared among the known ones."""
    parts = frame[[f"part_{key}" for key in WEIGHTS]]
    weights = pd.DataFrame({f"part_{key}": weight for key, weight in WEIGHTS.items()}, index=frame.index, dtype=float)
    known = weights.where(parts.notna(), 0.0)
    shared = known.mul(divide_columns(weights.sum(axis=1), known.sum(axis=1)), axis=0)
    for key in WEIGHTS:
        frame[f"points_{key}"] = (shared[f"part_{key}"] * parts[f"part_{key}"]).fillna(0.0)
    frame["points_earlier"] = EARLIER_WEIGHT * frame["part_earlier"]
    frame["score"] = frame[[f"points_{key}" for key in (*WEIGHTS, "earlier")]].sum(axis=1).clip(0, 100)
    return frame.sort_values(["score", "count"], ascending=False, ignore_index=True)
