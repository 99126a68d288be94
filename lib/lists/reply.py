"""The one-page reply sheet (办理情况回复表): its cells, its number, and what a returned sheet says.

Pure rules: lib/documents/reply_sheet.py draws and reads the files. A sheet is matched by its number, which names the
item and the unit and ends with check characters, so that a slip or another city's sheet is noticed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

TITLE = "办理情况回复表"
NUMBER = "回复编号"
# Printed for the unit, never asked; then what the unit writes. Key → label.
PRINTED = {
    "office": "督办单位", "title": "督办事项", "unit": "承办单位", "assigned": "交办日期", "due": "办结时限",
    "target": "目标要求",
}  # fmt: skip
WRITTEN = {
    "progress": "办理进展", "problems": "存在问题", "next_steps": "下步措施", "close_out": "是否申请销号",
    "reporter": "填报人", "reported_on": "填报日期",
}  # fmt: skip
LABELS = {**PRINTED, **WRITTEN}
# Given beneath the table, and told apart from what a unit wrote.
HINT = "请在空白处填写，不要改动左侧栏目和回复编号。办理进展必填；“是否申请销号”填是或否，填是须另附佐证材料。"
_CHARACTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_CHECK_LENGTH = 6
_LONGEST = {"progress": 5000, "problems": 5000, "next_steps": 5000, "reporter": 64}
_DAY = re.compile(r"(\d{4})\s*[年./\-]\s*(\d{1,2})\s*[月./\-]\s*(\d{1,2})\s*日?")
_YES, _NO = ("是", "申请", "√", "✓", "对"), ("", "否", "不", "×", "无", "不申请", "—")


class ReplyError(Exception):
    """A sheet that cannot be taken in; the message is Chinese and says why and how to mend it."""


@dataclass(frozen=True)
class Reply:
    """What one sheet says. reported_on: None where the unit left it empty."""

    item_no: str
    unit_code: str
    progress: str
    problems: str
    next_steps: str
    reporter: str
    reported_on: date | None
    asks_close_out: bool


def number(city: str, item_no: str, unit_code: str) -> str:
    """回复编号: 督2026-0001/S01/4KD7QX."""
    return f"{item_no}/{unit_code}/{_check(city, item_no, unit_code)}"


def _check(city: str, item_no: str, unit_code: str) -> str:
    value = int.from_bytes(hashlib.sha256(f"{city}\n{item_no}\n{unit_code}".encode()).digest()[:8], "big")
    found = ""
    for _ in range(_CHECK_LENGTH):
        value, rest = divmod(value, len(_CHARACTERS))
        found += _CHARACTERS[rest]
    return found


def read(cells: Mapping[str, str], city: str, offices: Mapping[str, str]) -> Reply:
    """What the cells of a sheet say (label → text, as they came back). Raises ReplyError.

    offices: names of the offices of this city that send such sheets.
    """
    missing = [label for label in (NUMBER, *LABELS.values()) if label not in cells]
    if len(missing) > len(LABELS) // 2:
        raise ReplyError(
            f"这不是《{TITLE}》：找不到“{NUMBER}”“{WRITTEN['progress']}”等栏目。请使用随督办单下发的回复表"
        )
    if missing:
        raise ReplyError(f"栏目名称被改动或删除，找不到：{'、'.join(missing)}。请用原表重新填写")
    office = cells[PRINTED["office"]].strip()
    if office not in offices.values():
        raise ReplyError(
            f"这是“{office or '未写明单位'}”的回复表，不是本市督办单位（{'、'.join(offices.values())}）发出的"
        )
    item_no, unit_code = _numbered(cells[NUMBER], city)
    said = {key: cells[label].strip() for key, label in WRITTEN.items()}
    if not any(said.values()):
        raise ReplyError("这张回复表是空的，单位还没有填写")
    if not said["progress"]:
        raise ReplyError(f"“{WRITTEN['progress']}”没有填写，请退回单位补填")
    for key, longest in _LONGEST.items():
        if len(said[key]) > longest:
            raise ReplyError(f"“{WRITTEN[key]}”有{len(said[key])}字，超过{longest}字，请单位精简或作为佐证材料另附")
    return Reply(
        item_no, unit_code, said["progress"], said["problems"], said["next_steps"], said["reporter"],
        _day(said["reported_on"]), _asks(said["close_out"]),
    )  # fmt: skip


def _numbered(text: str, city: str) -> tuple[str, str]:
    """Item and unit of a number, checked. Raises ReplyError."""
    said = re.sub(r"\s", "", text).replace("／", "/")
    parts = said.split("/")
    if len(parts) < 3:
        raise ReplyError(f"回复编号“{text.strip()[:60]}”不完整，请用原表重新填写，或在事项页录入进展")
    item_no, unit_code, check = parts[0], "/".join(parts[1:-1]), parts[-1].upper()
    if check != _check(city, item_no, unit_code):
        raise ReplyError(f"回复编号“{said[:60]}”校验不符，可能被改动过，请核对原表或在事项页录入进展")
    return item_no, unit_code


def _day(text: str) -> date | None:
    if not text:
        return None
    found = _DAY.search(text)
    try:
        if found:
            return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        pass
    raise ReplyError(f"填报日期“{text[:30]}”不是日期，请写成 2026年11月2日 或 2026-11-02")


def _asks(text: str) -> bool:
    said = text.strip(" 。.□☑").strip()
    if said in _YES:
        return True
    if said in _NO:
        return False
    raise ReplyError(f"“{WRITTEN['close_out']}”只能填是或否，现在是“{text[:30]}”")


def printed(row: Mapping[str, Any], office: str, unit: str) -> dict[str, str]:
    """What the sheet says already: label → text. row: the item as in answers.list_items; unit: name of who replies."""
    texts = {
        "office": office, "title": row["title"], "unit": unit, "assigned": day_words(row["assigned_on"]),
        "due": day_words(row["due_on"]), "target": row["target"],
    }  # fmt: skip
    return {PRINTED[key]: str(text or "—") for key, text in texts.items()}


def day_words(day: date | None) -> str:
    """2026年11月2日; "" for none."""
    return f"{day.year}年{day.month}月{day.day}日" if day else ""
