"""How many tickets are expected per day, matter and division, and how many come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from lib.calendar_cn import workday_table
from lib.city import City
from lib.config import CITIES_DIR
from lib.demo import seasons, truths
from lib.demo.truths import Truth

CITY_GROWTH_PER_YEAR = 0.03
# Calls per head against the average, by kind of division.
CALLS_PER_HEAD = {"centre": 1.9, "county": 0.72, "city": 0.8, "zone": 1.5}
ZONE_RESIDENTS = 62_000  # a zone whose population nobody states still calls
# First-level matters that depend on how urban a division is.
URBAN_TILT = {
    "04": {"centre": 1.5, "zone": 1.6, "county": 0.6, "city": 0.7},
    "02": {"centre": 1.4, "zone": 1.2, "county": 0.65, "city": 0.8},
    "10": {"centre": 0.2, "zone": 0.5, "county": 1.8, "city": 1.5},
    "15": {"centre": 0.6, "zone": 1.0, "county": 1.3, "city": 1.2},
}
FEWEST_BEHIND_A_TRUTH = 3
HEATED = {"centre": 1.45, "zone": 1.4, "county": 0.6, "city": 0.7}


@dataclass(frozen=True)
class Plan:
    """counts: tickets per day, category (rows of `matters`) and division (rows of city.districts)."""

    first: date
    end: date
    matters: pd.DataFrame
    counts: np.ndarray
    truths: list[Truth]

    @property
    def total(self) -> int:
        """Tickets in all."""
        return int(self.counts.sum())


def read_matters(city: City) -> pd.DataFrame:
    """One row per second-level category: weight, season, lead, share of enquiries, phrases."""
    frame = pd.read_csv(CITIES_DIR / city.name / "matters.csv", dtype=str, keep_default_na=False)
    return frame.astype({"weight": float, "enquiry_share": float})


def make_plan(city: City, first: date, end: date, monthly: int, seed: int) -> Plan:
    """Draw the number of tickets of every day, matter and division from `first` to `end` (excluded)."""
    rng = np.random.default_rng([seed, 1])
    matters = read_matters(city)
    days = [first + timedelta(days=k) for k in range((end - first).days)]
    expected = _usual(city, matters, days, monthly)
    codes = dict(zip(matters["name"], matters["category2_code"], strict=True))
    districts = list(city.districts["district_code"])
    found = truths.effects(codes, first, end)
    scale = monthly / truths.USUAL_MONTHLY
    found += truths.storms(rng, expected, first, codes, scale)
    found += truths.surges(rng, expected, first, list(matters["category2_code"]), districts, scale)
    category_no = {code: k for k, code in enumerate(matters["category2_code"])}
    cells = [_cells(truth, first, end, category_no, districts) for truth in found]
    for truth, cell in zip(found, cells, strict=True):
        expected[cell] *= 1 + truth.size if truth.kind == "effect" else truth.size
    # Weeks have moods: without them counts would be cleaner than any real city's.
    weeks = np.arange(len(days)) // 7
    mood = rng.normal(0, 0.07, (weeks[-1] + 1, len(matters)))[weeks] + rng.normal(0, 0.03, (len(days), 1))
    counts = rng.poisson(expected * np.exp(mood)[:, :, None])
    # In a very small city a burst may have met nobody: then it is no truth.
    found = [truth for truth, cell in zip(found, cells, strict=True) if counts[cell].sum() >= FEWEST_BEHIND_A_TRUTH]
    found += [
        Truth("trend", code, None, None, first, None, seasons.GROWTH_PER_YEAR[season], "growth of demand per year")
        for code, season in zip(matters["category2_code"], matters["season"], strict=True)
        if season in seasons.GROWTH_PER_YEAR
    ]
    return Plan(first, end, matters, counts, found)


def _cells(
    truth: Truth, first: date, end: date, category_no: dict[str, int], districts: list[str]
) -> tuple[slice, int, int | slice]:
    """The part of the panel (day, category, division) that a truth concerns."""
    start = max((truth.starts_on - first).days, 0)
    stop = (min(truth.ends_on or end, end) - first).days
    where = slice(None) if truth.district_code is None else districts.index(truth.district_code)
    return slice(start, stop), category_no[str(truth.category_code)], where


def _usual(city: City, matters: pd.DataFrame, days: list[date], monthly: int) -> np.ndarray:
    """Expected tickets without anything injected."""
    calendar = workday_table(days[0], days[-1], city.workday_overrides, city.rules.hours_per_day)
    by_day = np.array([seasons.day_factor(day, works) for day, works in zip(days, calendar["is_workday"], strict=True)])
    years = np.arange(len(days)) / 365.25
    by_day *= (1 + CITY_GROWTH_PER_YEAR) ** (years - years[-1] / 2)
    growth = np.array([seasons.GROWTH_PER_YEAR.get(season, 0.0) for season in matters["season"]])
    season = {name: seasons.season_factor(name, days) for name in set(matters["season"])}
    by_matter = np.stack([season[name] for name in matters["season"]], axis=1) * matters["weight"].to_numpy()
    by_matter = by_matter * (1 + growth[None, :]) ** (years - years[-1] / 2)[:, None]
    panel = by_day[:, None, None] * by_matter[:, :, None] * _shares(city, matters)[None, :, :]
    return panel * (monthly * len(days) / 30.4375 / panel.sum())


def _shares(city: City, matters: pd.DataFrame) -> np.ndarray:
    """Share of each division in each matter; rows sum to 1."""
    kinds = list(city.districts["district_type"])
    residents = city.districts["population"].fillna(ZONE_RESIDENTS).to_numpy(dtype=float)
    # No two divisions call alike, and they stay as they are whatever the seed.
    habit = np.random.default_rng(len(kinds)).lognormal(0, 0.13, len(kinds))
    callers = residents * habit * np.array([CALLS_PER_HEAD[kind] for kind in kinds])
    tilt = np.array(
        [
            [(HEATED if season == "heat" else URBAN_TILT.get(code[:2], {})).get(kind, 1.0) for kind in kinds]
            for code, season in zip(matters["category2_code"], matters["season"], strict=True)
        ]
    )
    shares = tilt * callers[None, :]
    return shares / shares.sum(axis=1, keepdims=True)
