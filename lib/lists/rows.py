"""Rows of words as items: what was pasted, read from a file or typed into the grid, with every fault named."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from lib.lists.cells import CellError, Names, tidy, value_of
from lib.lists.fields import FieldRule
from lib.lists.ledger import INSTRUCTED, TICKETS, instructed_of

_TITLE = 60
_SENTENCE = re.compile(r"[。；！？\n]")
_NUMBERS = re.compile(r"[\s,，、;；]+")


@dataclass(frozen=True)
class RowReading:
    """values: field key → value, empty ones left out. numbers: of tickets. errors: key of the column → what is wrong
    and how to mend it.
    """

    values: dict[str, Any] = field(default_factory=dict)
    numbers: tuple[str, ...] = ()
    errors: dict[str, str] = field(default_factory=dict)


def read_row(cells: Mapping[str, str], rules: Mapping[str, FieldRule], names: Names, today: date) -> RowReading:
    """One row. cells: key of the ledger's column (or of any field) → words; what is empty is no value.

    A missing title is the first sentence of the description (the template of the 问题清单 has no title); a missing
    source follows from what is there: tickets, an instruction, else 其他.
    """
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for key, words in cells.items():
        if not tidy(words):
            continue
        if key == INSTRUCTED:
            values |= {k: v for k, v in instructed_of(words).items() if v}
        elif key in rules:
            try:
                value = value_of(rules[key], words, names, today)
            except CellError as error:
                errors[key] = str(error)
                continue
            if value not in (None, "", (), False):
                values[key] = value
    numbers = tuple(dict.fromkeys(part for part in _NUMBERS.split(tidy(cells.get(TICKETS, ""))) if part))
    if "title" not in values and values.get("manifestation"):
        values["title"] = _SENTENCE.split(values["manifestation"])[0][:_TITLE]
    if "source" not in values and "source" not in errors:
        values["source"] = "tickets" if numbers else "instruction" if values.get("instructed_by") else "other"
    return RowReading(values, numbers, errors)


def is_empty(cells: Mapping[str, str]) -> bool:
    """Whether nothing was filled in."""
    return not any(tidy(words) for words in cells.values())
