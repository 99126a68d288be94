"""HTML tables, which many platforms export under the name .xls."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree

from lib.ingest.readers.base import Limits, Progress, ReadError, Row, Sheet, checked
from lib.ingest.readers.text import detect_encoding

_CELL_TAGS = ("td", "th")


def looks_like_html(head: bytes) -> bool:
    """True when the first bytes open an HTML page or table."""
    for encoding in ("utf-8-sig", "utf-16"):
        text = head.decode(encoding, errors="ignore").lstrip().lower()
        if text.startswith("<") and any(tag in text for tag in ("<html", "<table", "<!doctype html", "<meta", "<body")):
            return True
    return False


def read_html(path: Path, file_name: str, limits: Limits, progress: Progress | None) -> list[Sheet]:
    """Every table of the page that has at least two rows. Line numbers are rows of the table. Raises ReadError."""
    text = path.read_text(encoding=detect_encoding(path))
    if progress:
        progress(0, len(text), f"正在读取 {file_name}")
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=True, remove_comments=True)
    # Handed over as UTF-8 bytes: what the page claims about its own encoding is often wrong.
    root = etree.parse(io.BytesIO(text.encode("utf-8")), parser).getroot()
    tables = [] if root is None else list(root.iter("table"))
    sheets = []
    for number, table in enumerate(tables, start=1):
        own = [tr for tr in table.iter("tr") if next(tr.iterancestors("table")) is table]
        if len(own) > 1:
            name = f"表{number}" if len(tables) > 1 else ""
            place = f"{file_name}（{name}）" if name else file_name
            sheets.append(Sheet(file_name, name, checked(_rows(own, limits), place, limits)))
    if not sheets:
        raise ReadError(f"{file_name}：网页文件里没有表格，可能导出时登录已失效，请重新登录平台后导出")
    return sheets


def _rows(elements: list[Any], limits: Limits) -> Iterator[Row]:
    """Rows with spans spread out: a merged cell's text stands in its first place, the rest is empty."""
    carried: dict[int, int] = {}
    for line, tr in enumerate(elements, start=1):
        cells: list[str] = []
        for cell in tr:
            if cell.tag not in _CELL_TAGS:
                continue
            while carried.get(len(cells), 0) > 0:
                carried[len(cells)] -= 1
                cells.append("")
            width = min(_span(cell, "colspan"), limits.columns + 1)
            for offset in range(width):
                carried[len(cells) + offset] = _span(cell, "rowspan") - 1
            cells.extend(["".join(_text(cell)).strip(), *[""] * (width - 1)])
        while carried.get(len(cells), 0) > 0:
            carried[len(cells)] -= 1
            cells.append("")
        yield Row(line, cells)


def _text(cell: Any) -> Iterator[str]:
    for element in cell.iter():
        if element.tag == "br":
            yield "\n"
        elif element.text:
            yield element.text.replace("\xa0", " ")
        if element is not cell and element.tail:
            yield element.tail.replace("\xa0", " ")


def _span(cell: Any, name: str) -> int:
    value = cell.get(name, "1")
    return max(1, min(int(value), 100_000)) if value.isdecimal() else 1
