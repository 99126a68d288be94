"""What every reader shares: limits, the error a person can act on, cells as text, sheets of raw rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

# progress(done, total, text): done and total in the same unit (bytes while reading).
Progress = Callable[[int, int, str], None]


class ReadError(Exception):
    """A file cannot be read. The message is Chinese and says what is wrong, where, and how to mend it."""


@dataclass(frozen=True)
class Limits:
    """What one import may hold; beyond it a file is refused with a sentence instead of exhausting the server.

    columns: columns of a sheet. rows: rows of a sheet. cell: characters of one cell. file_bytes: size of
    one file. unpacked_bytes: size of all members of a ZIP (an XLSX is one) together. ratio: how much a
    large member may grow when unpacked. parts: files in a ZIP or folder.
    """

    columns: int = 300
    rows: int = 3_000_000
    cell: int = 100_000
    file_bytes: int = 2_000_000_000
    unpacked_bytes: int = 4_000_000_000
    ratio: int = 400
    ratio_from_bytes: int = 30_000_000
    parts: int = 500


@dataclass(frozen=True)
class Row:
    """One row as it stands in the file: `line` counted as a person does (from 1), cells as text."""

    line: int
    cells: list[str]


@dataclass(frozen=True)
class Sheet:
    """One grid of a file, not yet interpreted.

    rows yields only rows with at least one filled cell, in order; it can be walked once.
    has_header: the first row is known to be the header (Parquet, SQL), no title row can stand above.
    """

    file_name: str
    name: str
    rows: Iterator[Row]
    has_header: bool = False

    @property
    def place(self) -> str:
        """How the file and sheet are named in messages."""
        return f"{self.file_name}（{self.name}）" if self.name else self.file_name


def cell_text(value: Any, has_time: bool = True) -> str:
    """A cell as text, losing nothing: whole floats without `.0`, times as ISO, None as empty.

    has_time False writes a moment at midnight as a date only, so that "no time given" stays visible.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        if value != value:
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        if not has_time and value.time() == time():
            return value.strftime("%Y-%m-%d")
        return value.isoformat(sep=" ", timespec="microseconds" if value.microsecond else "seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def checked(rows: Iterable[Row], place: str, limits: Limits) -> Iterator[Row]:
    """Pass rows on that hold something; refuse what is beyond the limits, naming line and column."""
    count = 0
    for row in rows:
        cells = row.cells
        if len(cells) > limits.columns:
            while cells and not cells[-1].strip():
                cells = cells[:-1]
            if len(cells) > limits.columns:
                raise too_wide(place, row.line, len(cells), limits)
        filled = False
        for index, text in enumerate(cells):
            if not text:
                continue
            if len(text) > limits.cell:
                raise ReadError(
                    f"{place}：第 {row.line} 行 {column_letter(index)} 列的内容有 {len(text):,} 个字符，"
                    f"超过上限 {limits.cell:,}。请检查该单元格是否误粘贴了整份文件，删减后重新导入"
                )
            if "\0" in text:
                raise ReadError(
                    f"{place}：第 {row.line} 行 {column_letter(index)} 列含有空字符（NUL），"
                    "文件可能在导出或传输时损坏，请重新导出"
                )
            filled = filled or not text.isspace()
        if not filled:
            continue
        count += 1
        if count > limits.rows:
            raise ReadError(f"{place}：超过 {limits.rows:,} 行，请按月份拆分后分次导入")
        yield Row(row.line, cells)


def too_wide(place: str, line: int, width: int, limits: Limits) -> ReadError:
    """The error for a row with too many columns; the far column is named as spreadsheets name it."""
    return ReadError(
        f"{place}：第 {line} 行写到了第 {width:,} 列（{column_letter(width - 1)} 列），上限是 {limits.columns} 列。"
        "请删除表格右侧多余的列（或远处误填的单元格）后另存，再导入"
    )


def column_letter(index: int) -> str:
    """Column name of a zero-based index as spreadsheets show it: 0 is A, 16383 is XFD."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def check_size(path: Path, limits: Limits) -> int:
    """Size of the file in bytes. Raises ReadError when it is missing, empty or too large."""
    if not path.exists():
        raise ReadError(f"找不到文件“{path.name}”，请检查路径")
    size = path.stat().st_size
    if size == 0:
        raise ReadError(f"{path.name}：文件是空的（0 字节），请重新导出")
    if size > limits.file_bytes:
        raise ReadError(f"{path.name}：文件有 {size / 1e9:.1f} GB，超过上限，请按月份拆分后分次导入")
    return size
