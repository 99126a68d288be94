"""Rules that propose list items (拟列规则): `data/nomination_rules.yaml`, read and checked, as they stand on a day."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from lib.config import ROOT, ConfigError
from lib.period import cut_day
from lib.schema.list_terms import PROBLEM_TYPES

RULES_FILE = ROOT / "data" / "nomination_rules.yaml"
# What each kind of rule must be told. How it is evaluated stands in lib/queries and lib/analysis.
PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "reworked": ("window_days", "rounds"),
    "transferred": ("transfers",),
    "overdue": ("workdays",),
    "repeated": ("days", "tickets"),
    "unsolved_twice": ("window_days", "answers"),
    "template_reply": ("window_days", "replies", "similarity_percent", "categories", "share_percent",
                       "one_kind_percent", "event_days", "event_percent"),
    "bulk_closing": ("window_days", "hours", "minutes", "batch", "tickets", "share_percent", "event_days",
                     "event_percent"),
    "no_contact": ("window_days", "tickets", "share_percent"),
}  # fmt: skip
# Rules that weigh texts and times against each other; the others are plain thresholds.
FUZZY = ("template_reply", "bulk_closing")


@dataclass(frozen=True)
class NominationRule:
    """One rule in one period of validity.

    definition: the 口径 as people read it, parameters filled in. parameters: name → whole number. problem_type: what
    kind of problem a suggestion of it points to (key of PROBLEM_TYPES). valid_to: first day it no longer holds.
    """

    key: str
    label: str
    problem_type: str
    definition: str
    parameters: Mapping[str, int]
    valid_from: date
    valid_to: date | None

    def holds_on(self, day: date) -> bool:
        """Whether the rule is in force on that day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True)
class RuleBook:
    """The rules of a file. version: what the file calls itself, and the beginning of its SHA-256, by which the
    history knows it.
    """

    version: str
    rules: tuple[NominationRule, ...]

    def on(self, day: date) -> dict[str, NominationRule]:
        """Key → rule in force on that day, in the order of the file."""
        return {rule.key: rule for rule in self.rules if rule.holds_on(day)}

    def at(self, as_of: datetime) -> dict[str, NominationRule]:
        """The rules in force on the day that an extraction at `as_of` belongs to."""
        return self.on(cut_day(as_of) - timedelta(days=1))

    def labels(self) -> dict[str, str]:
        """Key → newest label, of rules that ended too: old suggestions keep their name."""
        return {rule.key: rule.label for rule in sorted(self.rules, key=lambda rule: rule.valid_from)}


def read_rules(file: Path | None = None) -> RuleBook:
    """The rule book of a file, by default the one that is shipped. Raises ConfigError with a sentence."""
    file = file or RULES_FILE
    place = f"拟列规则 {file.name}"
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{place} 读不出来：{error.strerror}") from error
    try:
        said = yaml.safe_load(content.decode("utf-8"))
        rules = tuple(_rule(entry) for entry in said["rules"])
        version = f"{said['version']}·{hashlib.sha256(content).hexdigest()[:12]}"
    except (KeyError, TypeError, ValueError, AttributeError, yaml.YAMLError) as error:
        raise ConfigError(f"{place} 缺少或写错字段：{error}") from error
    _check(place, rules)
    if len(version) > 32:
        raise ConfigError(f"{place} 的 version 太长，最多19个字")
    return RuleBook(version, rules)


def _rule(entry: dict[str, Any]) -> NominationRule:
    parameters = {str(name): _whole(name, value) for name, value in entry["parameters"].items()}
    return NominationRule(
        key=str(entry["key"]),
        label=str(entry["label"]),
        problem_type=str(entry["problem_type"]),
        definition=str(entry["definition"]).format(**parameters),
        parameters=parameters,
        valid_from=_day(entry["valid_from"]),
        valid_to=_day(entry["valid_to"]) if entry.get("valid_to") else None,
    )


def _whole(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"{name} 须为不小于1的整数，现在是“{value}”")
    return value


def _day(value: Any) -> date:
    if not isinstance(value, date):
        raise ValueError(f"“{value}”不是日期，须写成 2026-01-01")
    return value


def _check(place: str, rules: tuple[NominationRule, ...]) -> None:
    for rule in rules:
        wanted = PARAMETERS.get(rule.key)
        if wanted is None:
            raise ConfigError(f"{place}：不认识规则 {rule.key}，可用的是 {'、'.join(PARAMETERS)}")
        if set(rule.parameters) != set(wanted):
            raise ConfigError(f"{place}：规则“{rule.label}”的参数应为 {'、'.join(wanted)}")
        if rule.problem_type not in PROBLEM_TYPES:
            raise ConfigError(f"{place}：规则“{rule.label}”的 problem_type 只能是 {'、'.join(PROBLEM_TYPES)}")
        for name, value in rule.parameters.items():
            if name.endswith("_percent") and value > 100:
                raise ConfigError(f"{place}：规则“{rule.label}”的 {name} 是百分数，最大100")
        if rule.valid_to is not None and rule.valid_to <= rule.valid_from:
            raise ConfigError(f"{place}：规则“{rule.label}”的 valid_to 须晚于 valid_from")
    ordered = sorted(rules, key=lambda rule: (rule.key, rule.valid_from))
    for earlier, later in pairwise(ordered):
        if earlier.key == later.key and (earlier.valid_to is None or later.valid_from < earlier.valid_to):
            raise ConfigError(f"{place}：规则“{later.label}”有两条同时有效，请给旧的一条写上 valid_to")
