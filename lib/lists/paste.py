"""Rows from the clipboard: what Excel and WPS put there, with or without headings. Everything is text."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from lib.lists.cells import Names, tidy
from lib.lists.headings import LEFT_OUT, OTHER_TARGETS, TO_REMARKS, exact, header_row, suggest
from lib.lists.ledger import enterable
from lib.lists.profile import ListProfile

MOST_ROWS = 500
MOST_BYTES = 1_000_000


class PasteError(Exception):
    """What was pasted cannot be taken; the message is Chinese and says why and what to do."""


@dataclass(frozen=True)
class Pasted:
    """rows: key of the ledger's column → words, one per line. unused: headings that no column of the grid holds, with
    the reason; headed: whether the first line were headings.
    """

    rows: tuple[dict[str, str], ...]
    unused: dict[str, str]
    headed: bool


def table_of(text: str) -> list[list[str]]:
    """Lines and cells of a text as spreadsheets copy it: tabs between cells, cells with line ends in quotes.

    Raises PasteError beyond MOST_BYTES or MOST_ROWS.
    """
    size = len(text.encode("utf-8", "replace"))
    lines = text.count("\n") + 1
    if size > MOST_BYTES or lines > MOST_ROWS * 10:
        raise PasteError(
            f"粘贴的内容太多（约{lines:,}行、{size / 1e6:.1f}MB），一次最多{MOST_ROWS}行、1MB。"
            "请分几次粘贴，或把文件交给“旧表导入”"
        )
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    if text.count('"') % 2:
        # A lone quotation mark belongs to the words: read as one, it would swallow every line after it.
        rows = [line.split("\t") for line in text.split("\n")]
    else:
        csv.field_size_limit(MOST_BYTES)
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter="\t"))
    filled = [[tidy(cell) for cell in row] for row in rows if any(cell.strip() for cell in row)]
    if len(filled) > MOST_ROWS + 1:
        raise PasteError(f"粘贴的内容有{len(filled):,}行，一次最多{MOST_ROWS}行。请分几次粘贴，或把文件交给“旧表导入”")
    return filled


def rows_of(text: str, list_kind: str, profile: ListProfile, names: Names) -> Pasted:
    """The rows of a pasted table. With headings, columns are found by them; without, they are taken in the order of
    the grid. Raises PasteError, also where nothing is there.
    """
    table = table_of(text)
    if not table:
        raise PasteError("没有可以读入的内容，请先在表格软件中复制若干行再粘贴")
    order = [column.key for column in enterable(list_kind, profile)]
    head = header_row(table[:1], list_kind, profile)
    widest = max(len(row) for row in table)
    if widest == 1 and exact(table[0][0], list_kind, profile) is None:
        return Pasted(tuple({"title": row[0]} for row in table), {}, headed=False)
    if head is None and widest > 1:
        if widest > len(order):
            raise PasteError(f"粘贴的内容有{widest}列，表格只有{len(order)}列。请连同表头一起复制，以便按栏目名对应")
        return Pasted(tuple(dict(zip(order, row, strict=False)) for row in table), {}, headed=False)
    return _by_headings(table[0], table[1:], list_kind, profile, names)


def _by_headings(
    headings: Sequence[str], rows: Sequence[Sequence[str]], list_kind: str, profile: ListProfile, names: Names
) -> Pasted:
    suggested = suggest(headings, rows, list_kind, profile, names)
    unused = {
        s.heading or "（无栏目名）": OTHER_TARGETS[s.target] for s in suggested
        if s.target in OTHER_TARGETS and not (s.target == LEFT_OUT and not s.heading)
    }  # fmt: skip
    chosen = [s.target for s in suggested]
    taken = tuple(cells_by(chosen, headings, row) for row in rows)
    return Pasted(taken, unused, headed=True)


def cells_by(chosen: Sequence[str], headings: Sequence[str], row: Sequence[str]) -> dict[str, str]:
    """One row of a foreign sheet as cells of the ledger. chosen: target of each column; what goes into 备注 does so
    line by line, each with its heading.
    """
    found: dict[str, str] = {}
    notes: list[str] = []
    for position, target in enumerate(chosen):
        words = tidy(row[position]) if position < len(row) else ""
        if not words or target == LEFT_OUT:
            continue
        if target == TO_REMARKS:
            notes.append(f"{headings[position] or '其他'}：{words}")
        else:
            found[target] = words
    if notes:
        found["remarks"] = "\n".join([*([found["remarks"]] if found.get("remarks") else []), *notes])
    return found
