"""Ledgers (台账) of both lists as XLSX: printed as they are on A3 or A4 across, and able to come back.

What officials print stands on the first sheet. A second one that no menu shows keeps the numbers, versions and cells
as they went out; lists.round_trip compares with it when the file comes back.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Literal

import pandas as pd
import xlsxwriter

from lib.documents.xlsx import neutral
from lib.lists import round_trip
from lib.lists.ledger import NUMBER, LedgerColumn, cells_of, columns
from lib.lists.profile import ListProfile
from lib.schema.list_terms import LIST_KINDS

Paper = Literal["A3", "A4"]
_PAPERS: dict[Paper, int] = {"A3": 8, "A4": 9}
_FONT = "仿宋"
_SIZE, _LINE, _MOST_HEIGHT = 11, 15.5, 409.0
_TITLE_ROWS = 2
# On A4 texts stand in narrower columns and higher rows, so that the print is not made smaller than can be read.
_NARROWED, _NARROW_FROM = 0.72, 13
DEMO = "演示数据：由程序生成，不是任何城市的真实情况"


def workbook(
    frame: pd.DataFrame, list_kind: str, profile: ListProfile, facts: Sequence[tuple[str, str]], paper: Paper = "A3"
) -> bytes:
    """The ledger as a file.

    frame: one row per item, as answers.list_items gives it, in the order in which it is printed. facts: what stands
    under the title and in the footer, by name: 填报单位 (default: the office that keeps the list), 截止时间, and 注意
    for demo data. paper: across.
    """
    known = [_on(paper, column) for column in columns(list_kind, profile)]
    records: list[dict[str, Any]] = [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]
    rows = [cells_of(row, list_kind, profile, n) for n, row in enumerate(records, start=1)]
    said = dict(facts)
    title = f"{profile.label}{LIST_KINDS[list_kind]}台账"
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": title})
        sheet = book.add_worksheet(LIST_KINDS[list_kind])
        _page(sheet, paper, profile.is_fictional)
        _heads(book, sheet, known, title, list_kind, profile, said)
        _body(book, sheet, known, rows)
        sheet.print_area(0, 0, _TITLE_ROWS + len(rows), len(known) - 1)
        hidden = book.add_worksheet(round_trip.HIDDEN_SHEET)
        hidden.very_hidden()
        versions = {row[NUMBER]: int(v) for row, v in zip(rows, frame["version"], strict=True)}
        cells = {row[NUMBER]: row for row in rows}
        went_out = round_trip.hidden_rows(list_kind, profile, said.get("截止时间", ""), versions, cells)
        for number, line in enumerate(went_out):
            for place, text in enumerate(line):
                hidden.write_string(number, place, neutral(text))
    return buffer.getvalue()


def _on(paper: Paper, column: LedgerColumn) -> LedgerColumn:
    is_narrowed = paper == "A4" and column.kind == "text" and column.width >= _NARROW_FROM
    return replace(column, width=round(column.width * _NARROWED)) if is_narrowed else column


def _page(sheet: Any, paper: Paper, is_demo: bool) -> None:
    sheet.set_landscape()
    sheet.set_paper(_PAPERS[paper])
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, _TITLE_ROWS)
    sheet.center_horizontally()
    mark = "&L演示数据" if is_demo else ""
    sheet.set_footer(f'{mark}&C&"{_FONT},Regular"&10第&P页/共&N页')


def _heads(
    book: Any, sheet: Any, known: Sequence[LedgerColumn], title: str, list_kind: str, profile: ListProfile,
    said: Mapping[str, str],
) -> None:  # fmt: skip
    """Title, the line of who and until when, the headings; all repeated on every page."""
    last = len(known) - 1
    big = book.add_format({"font_name": _FONT, "font_size": 20, "bold": True, "align": "center", "valign": "vcenter"})
    small = book.add_format({"font_name": _FONT, "font_size": 12, "align": "left", "valign": "vcenter"})
    sheet.merge_range(0, 0, 0, last, neutral(title), big)
    sheet.set_row(0, 32)
    office = said.get("填报单位") or profile.offices[list_kind]
    line = f"填报单位：{office}　　　　截止时间：{said.get('截止时间', '')}"
    if note := said.get("注意") or (DEMO if profile.is_fictional else ""):
        line += f"　　　　{note}"
    sheet.merge_range(1, 0, 1, last, neutral(line), small)
    sheet.set_row(1, 20)
    head = book.add_format({"font_name": _FONT, "font_size": _SIZE, "bold": True, "border": 1, "text_wrap": True,
                            "align": "center", "valign": "vcenter", "bg_color": "#E7ECF1"})  # fmt: skip
    for place, column in enumerate(known):
        sheet.write_string(_TITLE_ROWS, place, neutral(column.label), head)
        sheet.set_column(place, place, column.width)
    sheet.write_string(_TITLE_ROWS, last + 1, round_trip.HIDDEN_HEADING, head)
    sheet.set_column(last + 1, last + 1, 14, None, {"hidden": True})
    sheet.set_row(_TITLE_ROWS, _height([(column.label, column.width) for column in known]) + 6)
    sheet.freeze_panes(_TITLE_ROWS + 1, 2)


def _body(book: Any, sheet: Any, known: Sequence[LedgerColumn], rows: Sequence[Mapping[str, str]]) -> None:
    base = {"font_name": _FONT, "font_size": _SIZE, "border": 1, "text_wrap": True, "valign": "vcenter"}
    text = book.add_format({**base, "num_format": "@"})
    middle = book.add_format({**base, "num_format": "@", "align": "center"})
    day = book.add_format({**base, "num_format": "yyyy-mm-dd", "align": "center"})
    whole = book.add_format({**base, "num_format": "0", "align": "center"})
    for number, row in enumerate(rows, start=_TITLE_ROWS + 1):
        for place, column in enumerate(known):
            said = row[column.key]
            if said and column.kind == "date":
                sheet.write_datetime(number, place, date.fromisoformat(said), day)
            elif said and column.kind == "count":
                sheet.write_number(number, place, int(said), whole)
            else:
                sheet.write_string(number, place, neutral(said), text if column.width > 14 else middle)
        sheet.write_string(number, len(known), row[NUMBER], text)
        sheet.set_row(number, _height([(row[column.key], column.width) for column in known]))


def _height(cells: Sequence[tuple[str, int]]) -> float:
    """Points that a row needs: spreadsheets do not measure wrapped Chinese text themselves when they open a file."""
    lines = max((_lines(text, width) for text, width in cells), default=1)
    return min(max(lines, 1) * _LINE + 4, _MOST_HEIGHT)


def _lines(text: str, width: int) -> int:
    room = max(width - 1.5, 2)
    return sum(max(1, math.ceil(_span(part) / room)) for part in text.split("\n"))


def _span(text: str) -> float:
    """Width in characters of the default font: Chinese ones take two, and at this size a little more."""
    return sum(2.1 if ord(c) > 0x2E7F else 1.1 for c in text)
