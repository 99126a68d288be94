"""Rejected rows as a workbook that can be corrected and imported again."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import xlsxwriter

from lib.access.expiry import rejected_dir, sweep_rejected
from lib.config import Settings
from lib.store import PairName

# Stand to the right of the original columns, which thereby stay in place for the next import.
REPORT_COLUMNS = {"line_no": "原文件行号", "column_name": "出错的列", "value": "出错的值", "reason": "退回原因"}
_FORMULA_START = re.compile(r"[\t\r\n]|[\s\u200b\ufeff]*[=+\-@＝＋－＠]")


def neutral(text: str) -> str:
    """Text that no spreadsheet takes for a formula, even after saving as CSV: an apostrophe goes before it.

    Reading takes the apostrophe off again.
    """
    return f"'{text}" if _FORMULA_START.match(text) else text


def rejected_of(settings: Settings, pair: PairName, version: str) -> Path | None:
    """The file of rejected rows of the import that published `version`, while it is kept."""
    sweep_rejected(settings)
    path = rejected_dir(settings, pair) / f"退回行_{version}.xlsx"
    return path if path.is_file() else None


def write_rejected(rejected: pd.DataFrame, settings: Settings, pair: PairName, name: str) -> Path:
    """Write the rows of Staged.rejected into a workbook 退回行_<name>.xlsx; returns its path.

    One sheet per set of original headings, named 待更正…; files older than 30 days are removed.
    """
    folder = rejected_dir(settings, pair)
    folder.mkdir(parents=True, exist_ok=True)
    sweep_rejected(settings)
    path = folder / f"退回行_{name}.xlsx"
    path.write_bytes(b"")
    path.chmod(0o600)
    write_rejected_to(rejected, path)
    return path


def write_rejected_to(rejected: pd.DataFrame, path: Path) -> None:
    """Write the workbook to `path`: original cells as text, then line, column, value and reason."""
    # In-memory assembly leaves no temporary files with personal data behind.
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False,
                                         "strings_to_numbers": False, "in_memory": True}) as book:  # fmt: skip
        head = book.add_format({"bold": True, "bg_color": "#E8EDF3", "border": 1})
        mark = book.add_format({"bold": True, "bg_color": "#F46A25", "font_color": "white", "border": 1})
        wrong = book.add_format({"bg_color": "#FCE5D9", "num_format": "@"})
        plain = book.add_format({"num_format": "@"})
        groups: dict[tuple[str, ...], list[int]] = {}
        for index, cells in enumerate(rejected["cells"]):
            groups.setdefault(tuple(cells), []).append(index)
        for number, (headings, rows) in enumerate(groups.items(), start=1):
            sheet = book.add_worksheet("待更正" if len(groups) == 1 else f"待更正{number}")
            for column, name in enumerate(headings):
                sheet.write_string(0, column, neutral(name), head)
            for column, name in enumerate(REPORT_COLUMNS.values(), start=len(headings)):
                sheet.write_string(0, column, name, mark)
            for line, index in enumerate(rows, start=1):
                row = rejected.iloc[index]
                for column, name in enumerate(headings):
                    style = wrong if name == row["column_name"] else plain
                    sheet.write_string(line, column, neutral(row["cells"][name])[:32_767], style)
                for column, key in enumerate(REPORT_COLUMNS, start=len(headings)):
                    sheet.write_string(line, column, neutral(str(row[key])))
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, max(len(headings) - 1, 0), 16)
            sheet.set_column(len(headings), len(headings) + 2, 14)
            sheet.set_column(len(headings) + 3, len(headings) + 3, 60)
