"""Exported tables: real numbers, headings, what they mean, and nothing an office program would execute."""

from __future__ import annotations

import io
from datetime import datetime

import openpyxl
import pandas as pd
import pytest

from lib.documents.xlsx import Field, neutral, workbook

FACTS = [("统计期", "2026年10月"), ("数据截至", "2026年10月31日 24:00"), ("注意", "演示数据")]


def _open(data: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(data))


def _table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": ["西河县", '=HYPERLINK("x")'],
            "tickets": [1234, 5],
            "rate": [0.9621, None],
            "received_at": [datetime(2026, 10, 5, 8, 30), pd.NaT],
        }
    )


FIELDS = {
    "name": Field("区县"),
    "tickets": Field("受理量", "count"),
    "rate": Field("满意率", "rate"),
    "received_at": Field("受理时间", "moment"),
}


def test_numbers_stay_numbers_with_their_formats() -> None:
    sheet = _open(workbook(_table(), FIELDS, "区县满意率", FACTS)).worksheets[0]
    assert [c.value for c in sheet[1]] == ["区县", "受理量", "满意率", "受理时间"]
    assert sheet["B2"].value == 1234
    assert sheet["B2"].number_format == "#,##0"
    assert sheet["C2"].value == pytest.approx(0.9621)
    assert sheet["C2"].number_format == "0.0%"
    assert sheet["D2"].value == datetime(2026, 10, 5, 8, 30)


def test_missing_values_are_empty_cells() -> None:
    sheet = _open(workbook(_table(), FIELDS, "区县满意率", FACTS)).worksheets[0]
    assert sheet["C3"].value is None
    assert sheet["D3"].value is None


def test_second_sheet_says_what_the_table_means() -> None:
    book = _open(workbook(_table(), FIELDS, "区县满意率", FACTS))
    assert book.sheetnames == ["区县满意率", "说明"]
    said = {row[0].value: row[1].value for row in book["说明"].iter_rows()}
    assert said == {"表名": "区县满意率", **dict(FACTS)}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"])
def test_text_that_begins_like_a_formula_is_neutralised(start: str) -> None:
    text = f"{start}cmd|' /C calc'!A0"
    cell = _open(workbook(pd.DataFrame({"t": [text]}), {"t": Field("诉求")}, "表", [])).worksheets[0]["A2"]
    assert cell.data_type == "s"
    assert cell.value.startswith("'")


def test_ordinary_text_is_left_alone() -> None:
    assert neutral("1=1 的说法、a-b、联系 138****5678") == "1=1 的说法、a-b、联系 138****5678"


def test_control_characters_and_endless_text_do_not_break_the_file() -> None:
    frame = pd.DataFrame({"t": ["甲\x00乙\x0b丙", "长" * 40_000]})
    sheet = _open(workbook(frame, {"t": Field("诉求")}, "表", [])).worksheets[0]
    assert sheet["A2"].value == "甲乙丙"
    assert len(sheet["A3"].value) < 32_767
    assert sheet["A3"].value.endswith("已截断）")


def test_booleans_are_chinese_and_points_are_points() -> None:
    frame = pd.DataFrame({"late": [True, False], "moved": [0.013, -0.02]})
    sheet = _open(workbook(frame, {"late": Field("逾期"), "moved": Field("变化", "points")}, "表", [])).worksheets[0]
    assert [sheet["A2"].value, sheet["A3"].value] == ["是", "否"]
    assert sheet["B2"].value == pytest.approx(1.3)
    assert sheet["B3"].value == pytest.approx(-2.0)


def test_a_name_excel_forbids_for_sheets_is_accepted() -> None:
    assert _open(workbook(_table(), FIELDS, "受理量/办结率：[全市]" * 4, FACTS)).sheetnames[1] == "说明"


def test_an_empty_table_is_a_valid_file() -> None:
    sheet = _open(workbook(_table().head(0), FIELDS, "空表", FACTS)).worksheets[0]
    assert [c.value for c in sheet[1]] == ["区县", "受理量", "满意率", "受理时间"]
