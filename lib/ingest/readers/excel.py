"""XLSX streamed cell by cell with openpyxl, and BIFF8 XLS with xlrd. Declared dimensions are never believed."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree

import openpyxl
import xlrd
from lxml import etree
from openpyxl.styles.numbers import BUILTIN_FORMATS
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._reader import WorkSheetParser

from lib.ingest.readers.base import Limits, Progress, ReadError, Row, Sheet, cell_text, checked, too_wide

_BROKEN = (
    zipfile.BadZipFile,
    EOFError,
    KeyError,
    ValueError,
    IndexError,
    TypeError,
    AttributeError,
    OSError,
    ElementTree.ParseError,
    etree.XMLSyntaxError,
    InvalidFileException,
)


def broken(name: str) -> ReadError:
    """The error for a workbook that cannot be opened to its end."""
    return ReadError(f"{name}：文件不完整或已损坏（可能下载、复制时中断），请重新导出或用表格软件打开后另存为 XLSX")


class _CountedStream:
    """A sheet's XML as it is unpacked, telling how far it got."""

    def __init__(self, raw: IO[bytes], total: int, progress: Progress | None, text: str) -> None:
        self._raw, self._total, self._progress, self._text = raw, total, progress, text
        self._done = 0

    def read(self, size: int = -1) -> bytes:
        data = self._raw.read(size)
        self._done += len(data)
        if self._progress:
            self._progress(self._done, self._total, self._text)
        return data

    def close(self) -> None:
        self._raw.close()


def read_xlsx(path: Path, file_name: str, limits: Limits, progress: Progress | None) -> Iterator[Sheet]:
    """Every visible sheet of a workbook. Raises ReadError."""
    found = False
    # A handle, not the path: openpyxl refuses names that do not end in .xlsx.
    with open(path, "rb") as handle:
        try:
            book = openpyxl.load_workbook(handle, read_only=True, data_only=True)
        except _BROKEN as error:
            raise broken(file_name) from error
        for worksheet in book.worksheets:
            if worksheet.sheet_state != "visible" or not hasattr(worksheet, "_worksheet_path"):
                continue
            found = True
            place = f"{file_name}（{worksheet.title}）"
            rows = _xlsx_rows(book, worksheet, place, limits, progress)
            yield Sheet(file_name, worksheet.title, checked(rows, place, limits))
    if not found:
        raise no_visible_sheet(file_name)


def read_hidden(path: Path, title: str, limits: Limits) -> list[list[str]] | None:
    """Cells of the hidden sheet of that name, row by row; None where the file has none. Raises ReadError."""
    with open(path, "rb") as handle:
        try:
            book = openpyxl.load_workbook(handle, read_only=True, data_only=True)
        except _BROKEN:  # a ZIP of parts; what it holds was read, or refused, as such
            return None
        for worksheet in book.worksheets:
            if worksheet.title == title and worksheet.sheet_state != "visible":
                place = f"{path.name}（{title}）"
                return [row.cells for row in checked(_xlsx_rows(book, worksheet, place, limits, None), place, limits)]
    return None


def no_visible_sheet(name: str) -> ReadError:
    """The error for a workbook whose sheets are all hidden."""
    return ReadError(f"{name}：工作簿里没有可见的工作表，请取消隐藏后另存再导入")


def _xlsx_rows(book: Any, worksheet: Any, place: str, limits: Limits, progress: Progress | None) -> Iterator[Row]:
    """Sparse rows straight from the parser: a far cell costs nothing and is named instead of padded to."""
    path = worksheet._worksheet_path
    dated: dict[int, bool] = {}
    try:
        total = book._archive.getinfo(path).file_size
        source = _CountedStream(worksheet._get_source(), total, progress, f"正在读取 {place}")
        parser = WorkSheetParser(
            source,
            worksheet._shared_strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        for line, sparse in parser.parse():
            filled = [cell for cell in sparse if cell["value"] not in (None, "")]
            if not filled:
                continue
            width = max(cell["column"] for cell in filled)
            if width > limits.columns:
                raise too_wide(place, line, width, limits)
            cells = [""] * width
            for cell in filled:
                style = cell["style_id"]
                if cell["data_type"] == "d" and style not in dated:
                    dated[style] = _shows_time(book, style)
                cells[cell["column"] - 1] = cell_text(cell["value"], dated.get(style, True))
            yield Row(line, cells)
        source.close()
    except _BROKEN as error:
        raise broken(place) from error


def _shows_time(book: Any, style_id: int) -> bool:
    """Whether the number format of a date cell has an hour in it."""
    number = book._cell_styles[style_id].numFmtId
    formats = book._number_formats
    text = BUILTIN_FORMATS.get(number) if number < 164 else formats[number - 164] if number - 164 < len(formats) else ""
    return "h" in (text or "").lower()


def read_xls(path: Path, file_name: str, limits: Limits, progress: Progress | None) -> list[Sheet]:
    """Every visible sheet of a BIFF workbook (at most 65,536 rows of 256 columns each). Raises ReadError."""
    try:
        with open("/dev/null", "w") as silent:
            book = xlrd.open_workbook(str(path), logfile=silent, on_demand=True, formatting_info=False)
    except xlrd.XLRDError as error:
        if "encrypt" in str(error).lower():
            raise protected(file_name) from error
        raise broken(file_name) from error
    except (*_BROKEN, AssertionError) as error:
        raise broken(file_name) from error
    sheets = []
    for index in range(book.nsheets):
        try:
            sheet = book.sheet_by_index(index)
        except (*_BROKEN, xlrd.XLRDError, AssertionError) as error:
            raise broken(file_name) from error
        if sheet.visibility == 0:
            place = f"{file_name}（{sheet.name}）"
            sheets.append(Sheet(file_name, sheet.name, checked(_xls_rows(book, sheet, progress), place, limits)))
    if not sheets:
        raise no_visible_sheet(file_name)
    return sheets


def _xls_rows(book: Any, sheet: Any, progress: Progress | None) -> Iterator[Row]:
    for index in range(sheet.nrows):
        cells = []
        for kind, value in zip(sheet.row_types(index), sheet.row_values(index), strict=True):
            if kind == xlrd.XL_CELL_DATE:
                cells.append(_xls_date(value, book.datemode))
            elif kind == xlrd.XL_CELL_BOOLEAN:
                cells.append(cell_text(bool(value)))
            elif kind == xlrd.XL_CELL_ERROR:
                cells.append(xlrd.error_text_from_code.get(value, "#N/A"))
            else:
                cells.append(cell_text(value))
        if progress and index % 1000 == 0:
            progress(index, sheet.nrows, f"正在读取 {sheet.name}")
        yield Row(index + 1, cells)


def _xls_date(value: float, mode: int) -> str:
    try:
        moment = xlrd.xldate_as_datetime(value, mode)
    except (xlrd.XLDateError, ValueError, OverflowError):
        return cell_text(value)
    return cell_text(moment, has_time=value != int(value))


def protected(name: str) -> ReadError:
    """The error for a workbook with a password."""
    return ReadError(
        f"{name}：文件设有打开密码，无法读取。请用表格软件打开后取消密码（文件—信息—保护工作簿），另存再导入"
    )
