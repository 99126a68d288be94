"""From raw rows to a table: title rows skipped, the header found (merged ones too), headings made unique."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

import numpy as np
import pandas as pd

from lib.ingest.readers import Limits, Progress, ReadError, Row, Sheet, read_sheets

_SEARCHED = 30
_BATCH = 20_000
_NUMBER = re.compile(r"[\d\s.,:/\-年月日时分秒]+")


@dataclass(frozen=True)
class RawTable:
    """One sheet as a frame of text: one row per data row, columns are the headings, "" is an empty cell.

    lines: line in the file of every row. header_line: line of the header (the lower one of two).
    titles: text of the rows above the header. overlong: row of the frame -> number of its cells, where a row
    has filled cells beyond the header (its columns may be shifted).
    """

    file_name: str
    sheet: str
    headings: tuple[str, ...]
    header_line: int
    frame: pd.DataFrame
    lines: np.ndarray
    titles: tuple[str, ...] = ()
    overlong: dict[int, int] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """How the table is named in messages and in rejected rows."""
        return f"{self.file_name}（{self.sheet}）" if self.sheet else self.file_name


def clean_heading(text: str) -> str:
    """A heading without line breaks, doubled blanks, surrounding marks of obligation."""
    return re.sub(r"\s+", " ", text).strip().strip("*＊").strip()


def read_tables(
    paths: Collection[Path],
    known: Collection[str] = (),
    header_row: int | None = None,
    limits: Limits | None = None,
    progress: Progress | None = None,
    first_rows: int | None = None,
) -> Iterator[RawTable]:
    """Every sheet of the files that holds a table. `known` are headings that make a row the likely header.

    header_row: line of the header where the mapping says so. first_rows: stop after that many data rows
    (previews). Sheets without two columns or without rows are passed over. Raises ReadError.
    """
    for path in paths:
        found = False
        for sheet in read_sheets(path, limits, progress):
            table = raw_table(sheet, frozenset(known), header_row, first_rows)
            if table is not None and len(table.frame):
                found = True
                yield table
        if not found:
            raise ReadError(f"{path.name}：没有找到带表头的数据（表头之下没有任何行），请检查导出条件")


def raw_table(
    sheet: Sheet, known: frozenset[str] = frozenset(), header_row: int | None = None, first_rows: int | None = None
) -> RawTable | None:
    """The sheet as a table, or None when it holds no header. Raises ReadError."""
    head = list(islice(sheet.rows, _SEARCHED))
    if not head:
        return None
    start = 0 if sheet.has_header else _header_index(head, known, header_row, sheet.place)
    if start is None:
        return None
    headings, after = _headings(head, start, sheet.has_header)
    rows = chain(head[after:], sheet.rows)
    if first_rows is not None:
        rows = chain(islice(rows, first_rows))
    frame, lines, overlong = _frame(rows, headings)
    titles = tuple("".join(row.cells).strip() for row in head[:start])
    return RawTable(sheet.file_name, sheet.name, headings, head[after - 1].line, frame, lines, titles, overlong)


def _header_index(head: list[Row], known: frozenset[str], header_row: int | None, place: str) -> int | None:
    """Index of the header among the first rows: the one with most known headings, else the first full one."""
    if header_row is not None:
        for index, row in enumerate(head):
            if row.line == header_row:
                return index
        raise ReadError(f"{place}：映射指定表头在第 {header_row} 行，但该行是空的，请检查映射的 header_row")
    scores = [sum(clean_heading(c) in known for c in row.cells) for row in head]
    if max(scores) >= 2:
        return scores.index(max(scores))
    widths = [sum(bool(c.strip()) for c in row.cells) for row in head]
    if max(widths) < 2:
        return None
    # A title row fills one or two cells; the header is the first row about as full as the fullest.
    for index, row in enumerate(head):
        words = [c for c in row.cells if c.strip()]
        if widths[index] >= max(2, 0.6 * max(widths)) and not all(_NUMBER.fullmatch(c) for c in words):
            return index
    return None


def _headings(head: list[Row], start: int, is_sure: bool) -> tuple[tuple[str, ...], int]:
    """Unique headings and the index of the first data row; two header rows merged into one where they are."""
    upper = [clean_heading(c) for c in head[start].cells]
    after = start + 1
    if not is_sure and after < len(head) and _is_second_header(upper, head[after].cells):
        lower = [clean_heading(c) for c in head[after].cells]
        width = max(len(upper), len(lower))
        upper += [""] * (width - len(upper))
        lower += [""] * (width - len(lower))
        group, merged = "", []
        for top, sub in zip(upper, lower, strict=True):
            group = top or group
            merged.append((sub if lower.count(sub) == 1 else f"{group}{sub}") if sub else top)
        upper, after = merged, after + 1
    seen: dict[str, int] = {}
    unique = []
    for index, name in enumerate(upper):
        name = name or f"第{index + 1}列"
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name}({seen[name]})")
    return tuple(unique), after


def _is_second_header(upper: list[str], cells: list[str]) -> bool:
    """True when the row only fills places under groups: blank above, or the start of a merged group."""
    lower = [c.strip() for c in cells]
    upper = upper + [""] * (len(lower) - len(upper))
    filled = [i for i, c in enumerate(lower) if c]
    under_blank = [i for i in filled if not upper[i]]
    if not under_blank or not any(u and not (i < len(lower) and lower[i]) for i, u in enumerate(upper)):
        return False
    starts_group = all(not upper[i] or (i + 1 < len(upper) and not upper[i + 1]) for i in filled)
    return starts_group and not any(_NUMBER.fullmatch(lower[i]) or len(lower[i]) > 30 for i in filled)


def _frame(rows: Iterator[Row], headings: tuple[str, ...]) -> tuple[pd.DataFrame, np.ndarray, dict[int, int]]:
    """Rows as a frame of text, their lines and the overlong ones; repeated header rows (joined parts) are left out."""
    width = len(headings)
    lines: list[int] = []
    overlong: dict[int, int] = {}
    pieces: list[pd.DataFrame] = []
    batch: list[list[str]] = []
    for row in rows:
        cells = row.cells
        if len(cells) > width:
            if any(c.strip() for c in cells[width:]):
                overlong[len(lines)] = len(cells)
            cells = cells[:width]
        elif len(cells) < width:
            cells = cells + [""] * (width - len(cells))
        if tuple(clean_heading(c) for c in cells) == headings:
            continue
        batch.append(cells)
        lines.append(row.line)
        if len(batch) == _BATCH:
            pieces.append(_piece(batch, headings))
            batch = []
    if batch or not pieces:
        pieces.append(_piece(batch, headings))
    return pd.concat(pieces, ignore_index=True), np.array(lines, dtype="int64"), overlong


def _piece(batch: list[list[str]], headings: tuple[str, ...]) -> pd.DataFrame:
    columns = zip(*batch, strict=True) if batch else [()] * len(headings)
    return pd.DataFrame({name: pd.array(list(col), dtype="str") for name, col in zip(headings, columns, strict=True)})
