"""Words of people as values of the fields, and back: for drafts, pasted rows, ledgers and free sheets."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from lib.lists.fields import FieldRule, in_words

YES = ("是", "√", "有", "1", "y", "Y", "true", "True", "TRUE")
NO = ("", "否", "无", "×", "0", "-", "—", "n", "N", "false", "False", "FALSE")
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?")
_SHORT_DATE = re.compile(r"(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_SEVERAL = re.compile(r"[、,，;；/\n]+")
# A cell of ours that begins like a formula carries an apostrophe in a file.
_MARKED = re.compile(r"'(?=[\t\r\n]|[\s\u200b\ufeff]*[=+\-@＝＋－＠])")
_LIKENESS = 0.6


class CellError(Exception):
    """A word that is no value of its field; the message is Chinese and says what, and how to mend it."""


@dataclass(frozen=True)
class Names:
    """Code → name of units, districts and categories (these as paths, 城乡建设/供热/温度不达标)."""

    units: Mapping[str, str]
    districts: Mapping[str, str]
    categories: Mapping[str, str]

    @cached_property
    def all(self) -> dict[str, str]:
        """Code → name of all three, as lists.fields.in_words wants them."""
        return {**self.categories, **self.districts, **self.units}

    @cached_property
    def codes_of_units(self) -> dict[str, tuple[str, ...]]:
        """Name → codes of the units called so."""
        return _turned(self.units)

    def words(self, rule: FieldRule, value: object) -> str:
        """A value in words."""
        return in_words(rule, value, self.all)


def _turned(names: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for code, name in names.items():
        found[name] = (*found.get(name, ()), code)
    return found


def tidy(text: str) -> str:
    """A cell as it is compared: line ends alike, outer blanks gone, without the mark of a neutralised formula."""
    clean = text.replace("\r\n", "\n").replace("\r", "\n").replace("_x000D_", "")
    return _MARKED.sub("", clean, count=1).strip() if clean.startswith("'") else clean.strip()


def value_of(rule: FieldRule, text: str, names: Names, today: date) -> Any:
    """The value that the words mean, as commands want it; None (or False, or no units) for an empty cell.

    Choices, units, districts and categories are found by name or by code. today: for dates without a year.
    Raises CellError.
    """
    words = tidy(text)
    if rule.kind in ("line", "text", "number"):
        return " ".join(words.split()) if rule.kind != "text" else words
    if rule.kind == "flag":
        return _flag(words)
    if rule.kind == "units":
        return tuple(dict.fromkeys(_unit(part.strip(), names) for part in _SEVERAL.split(words) if part.strip()))
    if not words:
        return None
    readers: dict[str, Callable[[], Any]] = {
        "date": lambda: day_of(words, today),
        "unit": lambda: _unit(words, names),
        "choice": lambda: _keyed(words, rule.choices or {}),
        "district": lambda: _keyed(words, names.districts),
        "category": lambda: _category(words, names.categories),
    }
    return readers[rule.kind]()


def day_of(text: str, today: date) -> date:
    """The day that a text names: 2026-12-01, 2026/12/1, 2026年12月1日, 12月1日, or a number of Excel's calendar.

    Raises CellError.
    """
    found = _DATE.fullmatch(text)
    numbers = tuple(map(int, found.groups())) if found else ()
    if not found and (short := _SHORT_DATE.fullmatch(text)):
        numbers = (today.year, *map(int, short.groups()))
    if not numbers and re.fullmatch(r"\d{5}(\.0+)?", text):
        return date.fromordinal(date(1899, 12, 30).toordinal() + int(float(text)))
    if not numbers and re.fullmatch(r"20\d{6}", text):
        numbers = (int(text[:4]), int(text[4:6]), int(text[6:]))
    try:
        return date(*numbers) if numbers else datetime.fromisoformat(text).date()
    except (ValueError, TypeError) as error:
        raise CellError(f"“{_short(text)}”不是日期，请写成 2026-12-31 的样子") from error


def _flag(words: str) -> bool:
    if words in YES or words in NO:
        return words in YES
    raise CellError(f"“{_short(words)}”看不懂，请填“是”或留空")


def _unit(words: str, names: Names) -> str:
    if words in names.units:
        return words
    codes = names.codes_of_units.get(words, ())
    if len(codes) == 1:
        return codes[0]
    if codes:
        raise CellError(f"有{len(codes)}个单位都叫“{words}”，请改填单位编码：{'、'.join(codes[:5])}")
    # Officials shorten: 市住建局 for 示例市住建局. A part that only one unit's name holds names that unit.
    held = [name for name in names.codes_of_units if words in name] if len(words) > 2 else []
    if len(held) == 1 and len(names.codes_of_units[held[0]]) == 1:
        return names.codes_of_units[held[0]][0]
    raise CellError(f"单位表中没有“{_short(words)}”{_near(words, held or names.codes_of_units)}")


def _keyed(words: str, known: Mapping[str, str]) -> str:
    if words in known:
        return words
    for key, label in known.items():
        if words == label:
            return key
    raise CellError(f"“{_short(words)}”不在可选范围内，可填：{'、'.join(list(known.values())[:12])}")


def _category(words: str, known: Mapping[str, str]) -> str:
    if words in known:
        return words
    exact = [code for code, path in known.items() if path == words]
    last = exact or [code for code, path in known.items() if path.split("/")[-1] == words]
    if len(last) == 1:
        return last[0]
    if last:
        raise CellError(f"有{len(last)}个事项类别都叫“{words}”，请写全：{known[last[0]]}")
    raise CellError(f"事项类别中没有“{_short(words)}”{_near(words, known.values())}")


def _near(words: str, known: Collection[str]) -> str:
    close = get_close_matches(words, known, n=3, cutoff=_LIKENESS) or list(known)[:3] * (len(known) <= 3)
    return f"，是不是：{'、'.join(close)}" if close else "，请填全称"


def _short(text: str) -> str:
    return text if len(text) <= 30 else text[:29] + "…"
