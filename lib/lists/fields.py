"""The fields of a list item that people fill in: one table for forms, ledgers, imports and the words of a conflict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from lib.lists.profile import ListProfile, OwnColumn
from lib.schema.list_terms import FLAGS, PROBLEM_TYPES, SOURCES, URGENCIES

Kind = Literal["line", "text", "date", "choice", "unit", "units", "district", "category", "flag", "number"]
BOTH = ("problem", "supervision")
OWN = "own:"


@dataclass(frozen=True)
class FieldRule:
    """One field. labels: list → heading (a list that is missing has no such field). choices: key → label.

    place: where the value stands: `item` (a column of list_items), `lead` (a column of the lead unit's row in
    list_responsibilities), `supporting` (unit codes of the supporting units), `own` (list_items.own_values).
    is_first: stands in the form unfolded. until: last state in which it may be edited (None: while the item is open);
    afterwards only its own step changes it.
    """

    key: str
    labels: Mapping[str, str]
    kind: Kind
    place: str = "item"
    longest: int = 200
    choices: Mapping[str, str] | None = None
    required: bool = False
    is_first: bool = False
    until: str | None = None

    def label(self, list_kind: str) -> str:
        """Heading on that list."""
        return self.labels[list_kind]


def _both(label: str) -> dict[str, str]:
    return dict.fromkeys(BOTH, label)


FIELDS: tuple[FieldRule, ...] = (
    FieldRule("title", {"problem": "问题", "supervision": "督办事项"}, "line", required=True, is_first=True),
    FieldRule("problem_type", {"problem": "问题类型"}, "choice", choices=PROBLEM_TYPES, is_first=True),
    FieldRule("source", _both("立项来源"), "choice", choices=SOURCES, required=True, is_first=True),
    FieldRule("manifestation", {"problem": "问题表现", "supervision": "主要内容"}, "text", longest=5000,
              is_first=True),
    FieldRule("lead_unit_code", {"problem": "责任单位", "supervision": "牵头单位"}, "unit", "lead", is_first=True,
              until="listed"),
    FieldRule("due_on", {"problem": "整改时限", "supervision": "办结时限"}, "date", is_first=True, until="listed"),
    FieldRule("measures", {"problem": "整改措施", "supervision": "工作要求"}, "text", longest=5000),
    FieldRule("target", _both("目标要求"), "text", longest=2000, is_first=True),
    FieldRule("district_code", _both("所属县区"), "district", is_first=True),
    FieldRule("category_code", _both("事项类别"), "category"),
    FieldRule("urgency", _both("紧急程度"), "choice", choices=URGENCIES),
    FieldRule("supporting_unit_codes", _both("配合单位"), "units", "supporting"),
    FieldRule("leader", _both("责任领导"), "line", "lead", longest=32),
    FieldRule("person", _both("责任人"), "line", "lead", longest=32),
    FieldRule("phone", _both("联系电话"), "line", "lead", longest=32),
    FieldRule("duty", _both("责任内容"), "line", "lead"),
    FieldRule("source_note", _both("来源说明"), "line"),
    FieldRule("instructed_by", _both("批示领导"), "line", longest=64),
    FieldRule("instructed_on", _both("批示日期"), "date"),
    FieldRule("instruction", _both("批示内容"), "text", longest=2000),
    FieldRule("reply_by_on", _both("批示报告时限"), "date"),
    *(FieldRule(name, _both(label), "flag") for name, label in FLAGS.items()),
    FieldRule("remarks", _both("备注"), "text", longest=2000),
)  # fmt: skip
_BY_KEY = {rule.key: rule for rule in FIELDS}


def fields_of(list_kind: str, profile: ListProfile) -> dict[str, FieldRule]:
    """Key → field of a list, the city's own columns last (their keys begin with `own:`)."""
    found = {rule.key: rule for rule in FIELDS if list_kind in rule.labels}
    for column in profile.own_columns[list_kind]:
        found[OWN + column.key] = _own(column)
    return found


def _own(column: OwnColumn) -> FieldRule:
    kinds: dict[str, Kind] = {"text": "line", "date": "date", "number": "number", "choice": "choice"}
    choices = {choice: choice for choice in column.choices} or None
    return FieldRule(OWN + column.key, _both(column.label), kinds[column.kind], "own", choices=choices)


def in_words(rule: FieldRule, value: object, names: Mapping[str, str]) -> str:
    """A value as people read it. names: code → name of units, districts and categories."""
    if value is None or value == "" or value == ():
        return ""
    if rule.kind == "flag":
        return "是" if value else ""
    if rule.kind == "choice" and rule.choices is not None:
        return rule.choices.get(str(value), str(value))
    if rule.kind in ("unit", "district", "category"):
        return names.get(str(value), str(value))
    if rule.kind == "units" and isinstance(value, tuple | list):
        return "、".join(names.get(str(code), str(code)) for code in value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
