"""What a city decides about its lists: `data/cities/<name>/lists.yaml`, read once and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from lib.city import load_city
from lib.config import CITIES_DIR, ConfigError
from lib.lists.due import WorkingDays
from lib.lists.process import STEPS
from lib.schema.list_terms import LIST_KINDS, RECEIVERS, REINSPECTION_KINDS

OWN_COLUMNS_MAX = 10
# Forms add a character of their own, and the column holds sixteen.
DOCUMENT_WORD_MAX = 12
OWN_KINDS = ("text", "date", "number", "choice")


@dataclass(frozen=True)
class OwnColumn:
    """A column of the city's own. kind: of OWN_KINDS; choices: for kind choice."""

    key: str
    label: str
    kind: str = "text"
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class ListProfile:
    """Decisions of the city about its lists; see the comments of lists.yaml.

    offices: list → office that keeps it. number_words: list → word of item numbers (督 → 督2026-0001).
    document_words: list → 机关代字 of its numbered documents. due_days: list → usual limit in working days.
    near_days: working days before the limit from which an item is 临期. objection_days: working days after 交办 within
    which a unit may object. urging_levels: names of the levels of 催办. second_persons: steps that need another person.
    """

    city: str
    label: str
    is_fictional: bool
    offices: Mapping[str, str]
    number_words: Mapping[str, str]
    document_words: Mapping[str, str]
    due_days: Mapping[str, int]
    near_days: int
    objection_days: int
    reinspection_days: tuple[int, ...]
    urging_levels: tuple[str, ...]
    urging_reply_days: tuple[int, ...]
    escalation_levels: tuple[str, ...]
    hand_over_to: tuple[str, ...]
    second_persons: frozenset[str]
    approval_chain: tuple[str, ...]
    own_columns: Mapping[str, tuple[OwnColumn, ...]]
    days: WorkingDays


@lru_cache(maxsize=8)
def load_lists(city: str) -> ListProfile:
    """The list settings of a city profile. Raises ConfigError with a sentence."""
    return read_lists(CITIES_DIR / city)


def read_lists(folder: Path) -> ListProfile:
    """Read from any folder of a city. Raises ConfigError."""
    place = f"城市配置 {folder.name}/lists.yaml"
    file = folder / "lists.yaml"
    if not file.exists():
        raise ConfigError(f"{place} 不存在")
    try:
        said = yaml.safe_load(file.read_text("utf-8"))
        profile = _profile(folder.name, said)
    except (KeyError, TypeError, ValueError, AttributeError, yaml.YAMLError) as error:
        raise ConfigError(f"{place} 缺少或写错字段：{error}") from error
    _check(place, profile)
    return profile


def _profile(name: str, said: dict[str, Any]) -> ListProfile:
    city = load_city(name)
    overrides = {_day(row.day): bool(row.is_workday) for row in city.workday_overrides.itertuples()}
    return ListProfile(
        city=name,
        label=city.label,
        is_fictional=city.is_fictional,
        offices={kind: str(said["offices"][kind]) for kind in LIST_KINDS},
        number_words={kind: str(said["number_words"][kind]) for kind in LIST_KINDS},
        document_words={kind: str(said["document_words"][kind]) for kind in LIST_KINDS},
        due_days={kind: int(said["due_days"][kind]) for kind in LIST_KINDS},
        near_days=int(said["near_days"]),
        objection_days=int(said["objection_days"]),
        reinspection_days=tuple(int(days) for days in said["reinspection_days"]),
        urging_levels=tuple(str(level["name"]) for level in said["urging_levels"]),
        urging_reply_days=tuple(int(level["reply_days"]) for level in said["urging_levels"]),
        escalation_levels=tuple(map(str, said["escalation_levels"])),
        hand_over_to=tuple(map(str, said["hand_over_to"])),
        second_persons=frozenset(map(str, said["second_persons"])),
        approval_chain=tuple(map(str, said["approval_chain"])),
        own_columns={
            kind: tuple(
                OwnColumn(str(c["key"]), str(c["label"]), str(c.get("kind", "text")), tuple(c.get("choices", ())))
                for c in (said.get("own_columns") or {}).get(kind) or ()
            )
            for kind in LIST_KINDS
        },
        days=WorkingDays(overrides),
    )


def _day(value: Any) -> date:
    found: date = value.date() if hasattr(value, "date") else value
    return found


def _check(place: str, profile: ListProfile) -> None:
    wrong = [step for step in profile.second_persons if step not in STEPS or not STEPS[step].second_person]
    if wrong:
        raise ConfigError(f"{place} 的 second_persons 不认识 {'、'.join(sorted(wrong))}")
    if not profile.hand_over_to or set(profile.hand_over_to) - set(RECEIVERS):
        raise ConfigError(f"{place} 的 hand_over_to 只能是 {'、'.join(RECEIVERS)}，至少一个")
    if "verify_close_out" not in profile.second_persons:
        raise ConfigError(f"{place}：销号复核（verify_close_out）必须由另一人办理，不能从 second_persons 中去掉")
    if any(f"day{days}" not in REINSPECTION_KINDS for days in profile.reinspection_days):
        raise ConfigError(f"{place} 的 reinspection_days 只能是 30、90")
    words = list(profile.document_words.values())
    if len(set(words)) < len(words) or not all(0 < len(word) <= DOCUMENT_WORD_MAX for word in words):
        raise ConfigError(f"{place} 的 document_words 须各不相同，每个1至{DOCUMENT_WORD_MAX}字")
    for kind, columns in profile.own_columns.items():
        if len(columns) > OWN_COLUMNS_MAX:
            raise ConfigError(f"{place}：{LIST_KINDS[kind]}的自定义列最多{OWN_COLUMNS_MAX}个")
        if len({c.key for c in columns}) < len(columns) or len({c.label for c in columns}) < len(columns):
            raise ConfigError(f"{place}：{LIST_KINDS[kind]}的自定义列有重复的 key 或 label")
        for column in columns:
            if column.kind not in OWN_KINDS or (column.kind == "choice") != bool(column.choices):
                raise ConfigError(
                    f"{place}：自定义列“{column.label}”的 kind 须为 {'、'.join(OWN_KINDS)}，choice 要有 choices"
                )
