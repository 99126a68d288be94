"""Headings of other people's sheets as columns of our ledgers: by name, else by what the cells look like."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from lib.lists.cells import Names, tidy
from lib.lists.fields import OWN
from lib.lists.ledger import LedgerColumn, columns, enterable
from lib.lists.profile import ListProfile

# Where a column of a free sheet may go besides the fields: into 备注 with its heading, or nowhere.
TO_REMARKS, LEFT_OUT = "remarks+", "-"
OTHER_TARGETS = {TO_REMARKS: "写入备注（注明栏目名）", LEFT_OUT: "不导入"}
_LIKE = 0.8
_SHARE = 0.6
_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "title": ("问题", "督办事项", "事项", "事项名称", "标题", "督查事项", "工作事项", "问题名称", "诉求标题"),
    "problem_type": ("问题类型", "类型", "问题类别"),
    "manifestation": ("问题表现", "主要内容", "问题描述", "具体问题", "诉求内容", "基本情况", "内容", "存在的问题"),
    "tickets": ("关联工单号", "工单编号", "工单号", "诉求编号", "办件编号"),
    "district_code": ("所属县区", "县区", "区域", "所属区域", "县（市、区）", "辖区", "区县"),
    "lead_unit_code": ("责任单位", "牵头单位", "承办单位", "主办单位", "牵头部门", "责任部门", "办理单位"),
    "supporting_unit_codes": ("配合单位", "协办单位", "配合部门", "协助单位"),
    "leader": ("责任领导", "分管领导", "包抓领导", "单位领导"),
    "person": ("责任人", "联系人", "具体责任人", "经办人"),
    "phone": ("联系电话", "电话", "手机", "联系方式"),
    "measures": ("整改措施", "工作措施", "措施", "工作要求", "办理措施"),
    "target": ("目标要求", "目标", "整改目标", "完成标准"),
    "due_on": ("整改时限", "办结时限", "完成时限", "完成期限", "办理时限", "截止日期", "时限", "限办日期"),
    "source": ("事项来源", "立项来源", "来源", "督办分类"),
    "source_note": ("来源说明", "督办依据", "依据"),
    "instructed": ("批示领导及内容", "领导批示", "批示内容", "批示意见"),
    "urgency": ("紧急程度", "缓急"),
    "remarks": ("备注", "说明", "其他"),
}  # fmt: skip
_PHONE = re.compile(r"(0\d{2,3}-?\d{7,8}|1\d{10}|\d{7,8})")
_DAY = re.compile(r"\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}日?.*")


@dataclass(frozen=True)
class Suggestion:
    """Where a column of a sheet should go. target: key of an enterable column, of a field, or of OTHER_TARGETS; why:
    a few words for whoever checks it.
    """

    heading: str
    target: str
    why: str


def targets(list_kind: str, profile: ListProfile) -> dict[str, str]:
    """Key → name of everything that a column may become."""
    return {column.key: column.label for column in enterable(list_kind, profile)} | OTHER_TARGETS


def bare(heading: str) -> str:
    """A heading without blanks, line ends and what stands in brackets."""
    return re.sub(r"[（(\[].*?[)）\]]|\s", "", tidy(heading))


def exact(heading: str, list_kind: str, profile: ListProfile) -> LedgerColumn | None:
    """The ledger's own column of that heading."""
    named = {bare(column.label): column for column in columns(list_kind, profile)}
    return named.get(bare(heading))


def header_row(rows: Sequence[Sequence[str]], list_kind: str, profile: ListProfile, within: int = 15) -> int | None:
    """Position of the row that looks most like headings; None where none of the first rows does (two known ones)."""
    known = {bare(c.label) for c in columns(list_kind, profile)} | {bare(w) for ws in _SYNONYMS.values() for w in ws}
    best, found = 1, None
    for position, row in enumerate(rows[:within]):
        hits = len({bare(cell) for cell in row} & known)
        if hits > best:
            best, found = hits, position
    return found


def suggest(
    headings: Sequence[str], rows: Sequence[Sequence[str]], list_kind: str, profile: ListProfile, names: Names
) -> list[Suggestion]:
    """One suggestion per column of the sheet, in its order. Each field is taken at most once; what fits nothing goes
    into 备注, so that nothing is lost. rows: the rows below the headings.
    """
    offered = targets(list_kind, profile)
    taken: set[str] = set()
    found: list[Suggestion | None] = [None] * len(headings)
    for position, heading in enumerate(headings):
        target = _by_name(heading, offered, list_kind, profile, taken)
        if target is not None:
            taken.add(target)
            found[position] = Suggestion(heading, target, "栏目名相符")
    for position, heading in enumerate(headings):
        if found[position] is not None:
            continue
        cells = [tidy(row[position]) for row in rows if position < len(row) and tidy(row[position])]
        found[position] = _by_content(heading, cells, offered, taken, names)
    return [suggestion for suggestion in found if suggestion is not None]


def _by_name(
    heading: str, offered: Mapping[str, str], list_kind: str, profile: ListProfile, taken: Collection[str]
) -> str | None:
    own = exact(heading, list_kind, profile)
    if own is not None:
        return own.key if own.key in offered and own.key not in taken else None
    name = bare(heading)
    for key, words in _SYNONYMS.items():
        if key in offered and key not in taken and name in map(bare, words):
            return key
    scored = [
        (SequenceMatcher(None, name, bare(word)).ratio(), key)
        for key, words in _SYNONYMS.items() if key in offered and key not in taken and not key.startswith(OWN)
        for word in words
    ]  # fmt: skip
    best = max(scored, default=(0.0, ""))
    return best[1] if best[0] >= _LIKE else None


def _by_content(
    heading: str, cells: Sequence[str], offered: Mapping[str, str], taken: set[str], names: Names
) -> Suggestion:
    """By what most of the cells are: units, districts, telephone numbers, long texts under no heading."""
    if not cells or bare(heading) == "序号":
        return Suggestion(heading, LEFT_OUT, "没有内容" if not cells else "序号由系统编排")
    looks = {
        "lead_unit_code": lambda c: c in names.codes_of_units or c in names.units,
        "district_code": lambda c: c in names.districts.values(),
        "phone": lambda c: _PHONE.fullmatch(c) is not None,
    }
    for key, fits in looks.items():
        if key in offered and key not in taken and sum(map(fits, cells)) >= _SHARE * len(cells):
            taken.add(key)
            return Suggestion(heading, key, "内容相符")
    is_day = sum(_DAY.fullmatch(c) is not None for c in cells) >= _SHARE * len(cells)
    why = "日期含义不明，写入备注以免丢失" if is_day else "没有对应栏目，写入备注以免丢失"
    return Suggestion(heading, TO_REMARKS, why)
