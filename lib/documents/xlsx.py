"""Tables as XLSX: real numbers with formats, a sheet that says what they mean, no formulas from data."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import pandas as pd
import xlsxwriter

from lib.metrics.arithmetic import is_missing

Kind = Literal["text", "count", "rate", "points", "hours", "number", "date", "moment"]

# Excel, WPS and their CSV importers read these as the start of a formula or a command, some also behind blanks.
_DANGEROUS = re.compile(r"[\t\r\n]|[\s\u200b\ufeff]*[=+\-@＝＋－＠]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_CELL_MAX = 32_767
_CUT = "…（内容过长，已截断）"
_FORMATS: dict[Kind, str] = {
    "text": "@",
    "count": "#,##0",
    "rate": "0.0%",
    "points": "+0.0;-0.0;0.0",
    "hours": "#,##0.0",
    "number": "#,##0.0",
    "date": "yyyy-mm-dd",
    "moment": "yyyy-mm-dd hh:mm",
}
_FONT = {"font_name": "宋体", "font_size": 11}
_FORBIDDEN_IN_NAMES = re.compile(r"[\[\]:*?/\\']")


@dataclass(frozen=True)
class Field:
    """A column of an exported table: heading, and how its values are written.

    rate: a share of 0-1 shown as percent. points: a difference of rates of 0-1, shown in 个百分点.
    """

    label: str
    kind: Kind = "text"
    width: int | None = None


def neutral(text: str) -> str:
    """The text as a cell that no office program executes: dangerous beginnings get an apostrophe."""
    clean = _CONTROL.sub("", text)
    if len(clean) >= _CELL_MAX:
        clean = clean[: _CELL_MAX - len(_CUT) - 1] + _CUT
    return f"'{clean}" if _DANGEROUS.match(clean) else clean


def workbook(frame: pd.DataFrame, fields: Mapping[str, Field], title: str, facts: Sequence[tuple[str, str]]) -> bytes:
    """An XLSX file with the table and a sheet 说明.

    frame: one row per row of the sheet; fields: column of the frame → heading and kind, in order.
    facts: pairs of name and value for 说明 (统计期, 范围, 口径, 数据截至, …). Missing values are empty
    cells. Raises KeyError for a field that the frame lacks.
    """
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": title})
        _table(book, frame, fields, title)
        _facts(book, title, facts)
    return buffer.getvalue()


def _table(book: Any, frame: pd.DataFrame, fields: Mapping[str, Field], title: str) -> None:
    sheet = book.add_worksheet(_FORBIDDEN_IN_NAMES.sub(" ", title)[:31])
    head = book.add_format({**_FONT, "bold": True, "bg_color": "#E7ECF1", "border": 1, "text_wrap": True,
                            "align": "center", "valign": "vcenter"})  # fmt: skip
    for column, (name, field) in enumerate(fields.items()):
        sheet.write_string(0, column, neutral(field.label), head)
        style = book.add_format({**_FONT, "num_format": _FORMATS[field.kind], "valign": "top"})
        values = frame[name].tolist()
        for row, value in enumerate(values, start=1):
            _write(sheet, row, column, value, field.kind, style)
        sheet.set_column(column, column, field.width or _width(field, values))
    sheet.freeze_panes(1, 1)
    if len(frame):
        sheet.autofilter(0, 0, len(frame), len(fields) - 1)


def _write(sheet: Any, row: int, column: int, value: Any, kind: Kind, style: Any) -> None:
    """One cell; the kind decides the format, the value decides the type."""
    if is_missing(value) or value is pd.NaT:
        sheet.write_blank(row, column, None, style)
    elif isinstance(value, bool):
        sheet.write_string(row, column, "是" if value else "否", style)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value * 100 if kind == "points" else value, style)
    elif isinstance(value, datetime | date):
        sheet.write_datetime(row, column, value, style)
    else:
        sheet.write_string(row, column, neutral(str(value)), style)


def _width(field: Field, values: Sequence[Any]) -> int:
    """Column width in characters: Chinese ones count double; between 8 and 48."""
    if field.kind in ("date", "moment"):
        return 17
    longest = max([field.label, *(str(v) for v in values[:200])], key=_span)
    return min(max(_span(longest) + 3, 8), 48) if field.kind == "text" else max(_span(field.label) + 3, 11)


def _span(text: str) -> int:
    return sum(2 if ord(c) > 0x2E7F else 1 for c in text)


def _facts(book: Any, title: str, facts: Sequence[tuple[str, str]]) -> None:
    sheet = book.add_worksheet("说明")
    name = book.add_format({**_FONT, "bold": True, "valign": "top"})
    value = book.add_format({**_FONT, "text_wrap": True, "valign": "top"})
    for row, (label, text) in enumerate([("表名", title), *facts]):
        sheet.write_string(row, 0, neutral(label), name)
        sheet.write_string(row, 1, neutral(text), value)
    sheet.set_column(0, 0, 14)
    sheet.set_column(1, 1, 80)
