"""City profiles: a city is a folder in data/cities, read once into one value.

The tables hold exactly the columns of lib/schema/tickets.py; `city.yaml` holds the rest. The demo
city has the same shape as the reference city but fictional names everywhere.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from sqlalchemy import Boolean, Date, Float, Integer, Table

from lib.config import CITIES_DIR, ConfigError
from lib.schema import tickets as t


@dataclass(frozen=True)
class CityRules:
    """Decisions of the city that figures depend on.

    working_hours: opening and closing times of a working day. acknowledge_hours and contact_hours
    are limits by the clock, counted from dispatch. small_sample: valid answers below which a rate is
    listed apart; small_cell: tickets below which a map cell is suppressed. peer_groups: their order.
    """

    basically_satisfied_counts: bool
    partly_resolved_counts: bool
    small_sample: int
    small_cell: int
    working_hours: tuple[tuple[time, time], ...]
    repeat_days: int
    acknowledge_hours: float
    contact_hours: float
    surge_share: float
    surge_extra_per_week: int
    peer_groups: tuple[str, ...]
    coordinate_system: str

    @property
    def hours_per_day(self) -> float:
        """Working hours of one working day."""
        return sum(_minutes(end) - _minutes(start) for start, end in self.working_hours) / 60


@dataclass(frozen=True)
class City:
    """A city profile. Frames have the columns of the tables of the same name; treat them as read-only.

    boundaries: GeoJSON FeatureCollection with the property `district_code`, or None. map_note is
    printed on every map. targets: one row per metric_key and year with its value (0-1 for rates).
    """

    name: str
    label: str
    is_fictional: bool
    map_note: str
    rules: CityRules
    districts: pd.DataFrame
    townships: pd.DataFrame
    units: pd.DataFrame
    channels: pd.DataFrame
    categories: pd.DataFrame
    time_limit_rules: pd.DataFrame
    workday_overrides: pd.DataFrame
    targets: pd.DataFrame
    boundaries: dict[str, Any] | None

    @property
    def population(self) -> int:
        """Residents of all divisions whose population is known."""
        return int(self.districts["population"].dropna().sum())

    def target(self, metric_key: str, year: int) -> float | None:
        """The target of a metric for a year; None where none is set."""
        rows = self.targets[(self.targets["metric_key"] == metric_key) & (self.targets["year"] == year)]
        return None if rows.empty else float(rows["value"].iloc[0])


_FILES: dict[str, tuple[str, Table]] = {
    "districts": ("districts.csv", t.districts),
    "townships": ("townships.csv", t.townships),
    "units": ("units.csv", t.units),
    "channels": ("channels.csv", t.channels),
    "categories": ("categories.csv", t.categories),
    "time_limit_rules": ("time_limits.csv", t.time_limit_rules),
    "workday_overrides": ("workday_overrides.csv", t.workday_overrides),
}


@lru_cache(maxsize=8)
def load_city(name: str) -> City:
    """Read the profile `data/cities/<name>`. Raises ConfigError with a sentence when it is incomplete."""
    return read_city(CITIES_DIR / name)


def read_city(folder: Path) -> City:
    """Read a profile from any folder; its name is the folder's. Raises ConfigError."""
    about_file = folder / "city.yaml"
    if not about_file.exists():
        raise ConfigError(f"城市配置 {folder.name} 缺少 city.yaml")
    about = yaml.safe_load(about_file.read_text("utf-8"))
    tables = {key: _table(folder / file, table) for key, (file, table) in _FILES.items()}
    _check(folder.name, tables)
    boundary_file = folder / "boundaries.geojson"
    try:
        rules = _rules(about["rules"])
        label, is_fictional, map_note = about["label"], bool(about["is_fictional"]), about["map_note"]
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"城市配置 {folder.name}/city.yaml 缺少或写错字段：{error}") from error
    return City(
        name=folder.name,
        label=label,
        is_fictional=is_fictional,
        map_note=map_note,
        rules=rules,
        targets=_targets(folder / "targets.csv"),
        boundaries=json.loads(boundary_file.read_text("utf-8")) if boundary_file.exists() else None,
        **tables,
    )


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute


def _rules(raw: dict[str, Any]) -> CityRules:
    spans = tuple((time.fromisoformat(start), time.fromisoformat(end)) for start, end in raw["working_hours"])
    if not spans or any(start >= end for start, end in spans):
        raise ValueError("working_hours")
    return CityRules(**{**raw, "working_hours": spans, "peer_groups": tuple(raw["peer_groups"])})


def _text(path: Path) -> pd.DataFrame:
    if not path.exists():
        raise ConfigError(f"城市配置 {path.parent.name} 缺少 {path.name}")
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")


def _table(path: Path, table: Table) -> pd.DataFrame:
    """A CSV file in the types of its table; empty cells become missing values."""
    frame = _text(path)
    wanted = [column.name for column in table.columns]
    if list(frame.columns) != wanted:
        raise ConfigError(f"城市配置 {path.parent.name}/{path.name} 的列应为：{'、'.join(wanted)}")
    try:
        return pd.DataFrame({column.name: _typed(frame[column.name], column.type) for column in table.columns})
    except ValueError as error:
        raise ConfigError(f"城市配置 {path.parent.name}/{path.name} 有无法识别的值：{error}") from error


def _typed(values: pd.Series, kind: Any) -> pd.Series:
    empty = values == ""
    if isinstance(kind, Boolean):
        unknown = set(values[~empty].str.lower()) - {"true", "false"}
        if unknown:
            raise ValueError("、".join(sorted(unknown)))
        return values.str.lower().map({"true": True, "false": False}).astype("boolean")
    if isinstance(kind, Date):
        days = pd.to_datetime(values.mask(empty), format="%Y-%m-%d").dt.date
        return pd.Series(days, dtype=object).where(~empty, None)
    if isinstance(kind, Integer):
        return pd.to_numeric(values.mask(empty)).astype("Int64")
    if isinstance(kind, Float):
        return pd.to_numeric(values.mask(empty)).astype("Float64")
    return values.astype(object).where(~empty, None)


def _targets(path: Path) -> pd.DataFrame:
    frame = _text(path)
    if list(frame.columns) != ["metric_key", "year", "value"]:
        raise ConfigError(f"城市配置 {path.parent.name}/{path.name} 的列应为：metric_key、year、value")
    return frame.astype({"year": int, "value": float})


def _check(name: str, tables: dict[str, pd.DataFrame]) -> None:
    """Codes are unique and every reference leads somewhere."""
    for key, code in (("districts", "district_code"), ("townships", "township_code"), ("channels", "channel_code"),
                      ("categories", "category_code"), ("units", "unit_code")):  # fmt: skip
        twice = tables[key][tables[key][code].duplicated()]
        # A unit may have several periods of validity, hence several rows.
        if key != "units" and not twice.empty:
            raise ConfigError(f"城市配置 {name} 的 {key} 中代码重复：{twice[code].iloc[0]}")
    for child, column, parent, code in (
        ("townships", "district_code", "districts", "district_code"),
        ("units", "district_code", "districts", "district_code"),
        ("units", "parent_code", "units", "unit_code"),
        ("categories", "parent_code", "categories", "category_code"),
        ("time_limit_rules", "category_code", "categories", "category_code"),
    ):
        lost = set(tables[child][column].dropna()) - set(tables[parent][code])
        if lost:
            raise ConfigError(f"城市配置 {name} 的 {child}.{column} 引用了不存在的代码：{'、'.join(sorted(lost))}")
