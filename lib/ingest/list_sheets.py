"""Sheets of a ledger or of an old list, read in the limited child like every untrusted file; nothing is interpreted."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from lib.ingest.readers import Limits, Progress, ReadError, read_sheets
from lib.ingest.readers.excel import read_hidden
from lib.ingest.sandbox import Budget, run_limited

LARGEST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 5_000
_LIMITS = Limits(columns=120, rows=MOST_ROWS + 20, cell=40_000, file_bytes=LARGEST_BYTES, unpacked_bytes=300_000_000)
_BUDGET = Budget(memory_mb=2048, stall_seconds=60, total_seconds=90)


def read_list_file(name: str, content: bytes, hidden_sheet: str) -> dict[str, Any]:
    """What a file holds: `sheets`, a list of {name, rows: [[line, [cells]]]} of every visible sheet with something in
    it, and `hidden`, the rows of cells of the sheet called hidden_sheet, or None.

    XLSX, XLS and CSV; the type is told by the content. Raises ReadError with a sentence.
    """
    if len(content) > LARGEST_BYTES:
        size = len(content) / 1024 / 1024
        raise ReadError(f"文件有{size:.1f}MB，超过20MB，没有读取。请删除图片、多余的工作表后另存，或分成几个文件")
    with tempfile.TemporaryDirectory(prefix="list-") as folder:
        path = Path(folder) / (Path(name.replace("\\", "/")).name or "file")
        path.write_bytes(content)
        found: dict[str, Any] = run_limited(_read, {"path": str(path), "hidden_sheet": hidden_sheet}, budget=_BUDGET)
    if not found["sheets"]:
        raise ReadError(f"{path.name}：文件里没有内容")
    return found


def _read(path: str, hidden_sheet: str, progress: Progress | None = None) -> dict[str, Any]:
    """In the child."""
    file = Path(path)
    sheets = [
        {"name": sheet.name or sheet.file_name, "rows": [[row.line, row.cells] for row in sheet.rows]}
        for sheet in read_sheets(file, _LIMITS, progress)
    ]
    with open(file, "rb") as handle:
        is_zip = handle.read(2) == b"PK"
    hidden = read_hidden(file, hidden_sheet, _LIMITS) if is_zip else None
    return {"sheets": [sheet for sheet in sheets if sheet["rows"]], "hidden": hidden}
