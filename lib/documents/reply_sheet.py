"""办理情况回复表 as DOCX and XLSX on one page: drawn for a unit, and read when it comes back."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

import docx
import openpyxl
import xlsxwriter
from docx.oxml.ns import qn

from lib.documents.paper import CENTER, LEFT, TITLE, line, paper, saved, table
from lib.documents.xlsx import neutral
from lib.lists.file_types import FileRefusedError, kind_of
from lib.lists.reply import HINT, LABELS, NUMBER, PRINTED, WRITTEN, ReplyError
from lib.lists.reply import TITLE as NAME

# A sheet is a page of text: what is larger has something else in it.
LARGEST = 5 << 20
# Characters of a printed text; more would push the sheet onto a second page.
PRINTED_MAX = 120
# Rows of the form: labels side by side; height in millimetres.
_ROWS: tuple[tuple[tuple[str, ...], int], ...] = (
    ((NUMBER,), 9), ((PRINTED["title"],), 12), ((PRINTED["office"], PRINTED["unit"]), 9),
    ((PRINTED["assigned"], PRINTED["due"]), 9), ((PRINTED["target"],), 12), ((WRITTEN["progress"],), 58),
    ((WRITTEN["problems"],), 30), ((WRITTEN["next_steps"],), 30), ((WRITTEN["close_out"], WRITTEN["reported_on"]), 9),
    ((WRITTEN["reporter"], "单位盖章"), 16),
)  # fmt: skip
_WIDTHS = (30, 48, 30, 48)
_ROWS_READ, _COLUMNS_READ = 60, 12
_KNOWN = {NUMBER, *LABELS.values(), "单位盖章"}


def as_docx(printed: Mapping[str, str], number: str, mark: str = "") -> bytes:
    """The sheet for WPS and Word. printed: label → text that it says already; mark: a line in its header."""
    made = paper(is_form=True)
    if mark:
        line(made.sections[0].header.paragraphs[0], mark, size=12, align=LEFT)
    line(made.add_paragraph(), NAME, font=TITLE, size=22, spacing=34, align=CENTER, after=6)
    said = _short(printed) | {NUMBER: number}
    rows = [[text for label in labels for text in (label, said.get(label, ""))] for labels, _ in _ROWS]
    table(made, rows, _WIDTHS, size=12, tall={n: height for n, (_, height) in enumerate(_ROWS)})
    line(made.add_paragraph(), HINT, size=10.5, spacing=16, align=LEFT, before=4)
    return saved(made)


def as_xlsx(printed: Mapping[str, str], number: str, mark: str = "") -> bytes:
    """The sheet for spreadsheets: labels and printed texts are locked, the rest is free to write in."""
    buffer = io.BytesIO()
    said = _short(printed) | {NUMBER: number}
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        sheet = book.add_worksheet(NAME)
        look = {"font_name": "仿宋", "font_size": 12, "text_wrap": True, "valign": "vcenter", "border": 1}
        label_look = book.add_format({**look, "align": "center", "bg_color": "#E7ECF1"})
        fixed = book.add_format({**look, "num_format": "@"})
        free = book.add_format({**look, "num_format": "@", "locked": False, "valign": "top"})
        head = book.add_format({"font_name": "宋体", "font_size": 20, "align": "center", "valign": "vcenter"})
        sheet.merge_range(0, 0, 0, 3, NAME, head)
        sheet.set_row(0, 36)
        for row, (labels, height) in enumerate(_ROWS, start=1):
            sheet.set_row(row, height * 72 / 25.4)
            for place, label in enumerate(labels):
                column = 2 * place
                sheet.write_string(row, column, label, label_look)
                look_of = free if label not in PRINTED.values() and label != NUMBER else fixed
                text = neutral(said.get(label, ""))
                if len(labels) == 1:
                    sheet.merge_range(row, column + 1, row, 3, "", look_of)
                sheet.write_string(row, column + 1, text, look_of) if text else sheet.write_blank(
                    row, column + 1, None, look_of
                )
        last = len(_ROWS) + 1
        sheet.merge_range(last, 0, last, 3, HINT, book.add_format({"font_size": 9, "text_wrap": True}))
        sheet.set_row(last, 30)
        for column, width in enumerate((14, 26, 14, 26)):
            sheet.set_column(column, column, width)
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 1)
        sheet.set_margins(0.8, 0.8, 0.9, 0.8)
        sheet.center_horizontally()
        if mark:
            sheet.set_header(f"&L{mark}")
        sheet.protect("", {"format_rows": True, "format_columns": True, "format_cells": True})
    return buffer.getvalue()


def _short(printed: Mapping[str, str]) -> dict[str, str]:
    return {k: v if len(v) <= PRINTED_MAX else f"{v[: PRINTED_MAX - 1]}…" for k, v in printed.items()}


def cells_of(content: bytes) -> dict[str, str]:
    """Label → text beside it, of a sheet that came back. Raises ReplyError for what is no DOCX or XLSX, for more
    than one sheet in a file, and for files that are damaged or dangerous.
    """
    if len(content) > LARGEST:
        raise ReplyError(
            f"文件有 {len(content) / (1 << 20):.1f} MB，超过 {LARGEST >> 20} MB。佐证材料请到事项页另行上传"
        )
    try:
        kind = kind_of(content)
    except FileRefusedError as refused:
        raise ReplyError(f"文件{refused}") from refused
    if kind not in ("docx", "xlsx"):
        raise ReplyError(f"《{NAME}》只收 DOCX 和 XLSX；照片和扫描件请到事项页作为佐证材料上传，进展在事项页录入")
    rows = list(_docx_rows(content) if kind == "docx" else _xlsx_rows(content))
    found: dict[str, str] = {}
    for row in rows:
        for label, text in _pairs(row):
            if label in found:
                raise ReplyError(f"一个文件里有不止一张回复表（“{label}”出现两次），请每张表单独存成一个文件")
            found[label] = text
    return found


def _pairs(row: list[str]) -> Iterator[tuple[str, str]]:
    """Labels of a row with the first text to their right, before the next label."""
    labels = [re.sub(r"[\s　：:]", "", text) for text in row]
    for place, label in enumerate(labels):
        if label not in _KNOWN:
            continue
        rest: Iterable[str] = row[place + 1 :]
        text = ""
        for other in rest:
            if re.sub(r"[\s　：:]", "", other) in _KNOWN:
                break
            if other.strip():
                text = other.strip()
                break
        yield label, text


def _docx_rows(content: bytes) -> Iterator[list[str]]:
    """Texts of the cells of every table row; text boxes and tracked deletions are not read."""
    # What kind_of let through may still be no document; python-docx says so in many ways.
    try:
        body = docx.Document(io.BytesIO(content)).element.body
    except Exception as error:
        raise ReplyError("文件已损坏，打不开，请用 WPS 或 Word 打开后另存再导入") from error
    row_tag, cell_tag, paragraph_tag, text_tag = qn("w:tr"), qn("w:tc"), qn("w:p"), qn("w:t")
    for row in body.iter(row_tag):
        cells = [c for c in row.iter(cell_tag) if next(c.iterancestors(row_tag)) is row]
        yield ["\n".join("".join(_piece(t) for t in p.iter(text_tag, qn("w:br"), qn("w:tab")))
                         for p in cell.iter(paragraph_tag)) for cell in cells]  # fmt: skip


def _piece(node: Any) -> str:
    if node.tag == qn("w:t"):
        return node.text or ""
    return "\n" if node.tag == qn("w:br") else " "


def _xlsx_rows(content: bytes) -> Iterator[list[str]]:
    """Texts of the first rows and columns of the first sheet: a form does not reach further."""
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        rows = list(sheet.iter_rows(max_row=_ROWS_READ, max_col=_COLUMNS_READ, values_only=True))
    except Exception as error:
        raise ReplyError("文件已损坏，打不开，请用 WPS 或 Excel 打开后另存再导入") from error
    for row in rows:
        yield [_text(value) for value in row]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return f"{value.year}年{value.month}月{value.day}日"
    return str(value)
