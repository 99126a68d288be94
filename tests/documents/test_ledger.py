"""The ledger as a file: printed as officials want it, and read back to what it was."""

import io
from datetime import date

import openpyxl
import pandas as pd
import pytest

from lib.answers.list_items import COLUMNS
from lib.documents.ledger import workbook
from lib.lists import round_trip
from lib.lists.ledger import cells_of, columns
from lib.lists.profile import load_lists
from tests.lists.ledgers import NAMES, RULES, TODAY

PROFILE = load_lists("demo")
SAID = {
    "item_no": "督2026-0001", "state": "handling", "version": 3, "title": "=HYPERLINK(1)修路",
    "source_label": "领导批示", "instructed_by": "赵市长", "instruction": "限期\n解决",
    "lead_unit": "示例市住建局", "supporting": "示例市城管局", "person": "张三", "phone": "0372-5551234",
    "due_on": date(2026, 11, 20), "assigned_on": date(2026, 11, 3), "progress": "已完成" * 60, "urged_count": 2,
    "light_label": "正常", "target": "@完工", "own:group": "督查一科",
}  # fmt: skip


def frame(*given):
    return pd.DataFrame([dict.fromkeys(COLUMNS, "") | {"closed_on": None} | SAID | more for more in given or ({},)])


def opened(content):
    return openpyxl.load_workbook(io.BytesIO(content))


def test_the_print_is_as_officials_want_it():
    book = opened(workbook(frame({}, {"item_no": "督2026-0002", "progress": ""}), "supervision", PROFILE,
                           [("截止时间", "2026年11月2日 17:00")]))  # fmt: skip
    sheet, hidden = book.worksheets
    assert hidden.sheet_state == "veryHidden"
    assert sheet.page_setup.orientation == "landscape"
    assert (sheet.page_setup.paperSize, sheet.print_title_rows) == (8, "$1:$3")
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
    assert "第&P页/共&N页" in sheet.oddFooter.center.text
    assert sheet.oddFooter.left.text == "演示数据"
    assert sheet["A1"].value == "示例市督办清单台账"
    assert "填报单位：中共示例市委督查局" in sheet["A2"].value
    assert "截止时间：2026年11月2日 17:00" in sheet["A2"].value
    assert "演示数据" in sheet["A2"].value
    headings = [cell.value for cell in sheet[3] if cell.value != round_trip.HIDDEN_HEADING]
    assert headings == [column.label for column in columns("supervision", PROFILE)]
    assert "督查组" in headings
    assert {cell.font.name for row in (*sheet["A3:V5"], sheet[1][:1], sheet[2][:1]) for cell in row} == {"仿宋"}
    assert sheet.row_dimensions[4].height > 3 * sheet.row_dimensions[5].height > 0
    last = sheet.column_dimensions["W"]
    assert last.hidden


def test_a4_narrows_texts_and_keeps_dates():
    sheet = opened(workbook(frame(), "supervision", PROFILE, [], "A4")).worksheets[0]
    assert sheet.page_setup.paperSize == 9
    wide = opened(workbook(frame(), "supervision", PROFILE, [])).worksheets[0]
    assert sheet.column_dimensions["O"].width < wide.column_dimensions["O"].width
    assert sheet.column_dimensions["N"].width == wide.column_dimensions["N"].width


def test_formulas_are_neutral_dates_are_dates_and_numbers_are_numbers():
    sheet = opened(workbook(frame(), "supervision", PROFILE, [])).worksheets[0]
    row = {sheet.cell(3, n).value: sheet.cell(4, n) for n in range(1, 23)}
    assert (row["督办事项"].value, row["督办事项"].data_type) == ("'=HYPERLINK(1)修路", "s")
    assert row["办结时限"].is_date
    assert row["催办次数"].value == 2
    assert row["联系电话"].value == "0372-5551234"


@pytest.mark.parametrize("paper", ["A3", "A4"])
def test_what_went_out_comes_back_without_a_difference(paper):
    given = frame({}, {"item_no": "督2026-0002", "instructed_by": "", "own:group": "", "due_on": None})
    book = opened(workbook(given, "supervision", PROFILE, [("截止时间", "x")], paper))
    went_out = round_trip.exported(texts(book.worksheets[1]))
    lines = list(enumerate(texts(book.worksheets[0]), start=1))
    rows, unknown = round_trip.file_rows(lines, "supervision", PROFILE)
    standing = {
        r["item_no"]: round_trip.Standing(3, "handling", cells_of(r, "supervision", PROFILE))
        for r in given.to_dict("records")
    }
    found = round_trip.difference(rows, went_out, standing, "supervision", PROFILE, RULES, NAMES, TODAY)
    assert unknown == []
    assert (found.changes, found.added, found.not_taken, found.missing) == ((), (), (), ())
    assert found.unchanged == 2
    assert went_out.versions == {"督2026-0001": 3, "督2026-0002": 3}


def texts(sheet):
    return [
        ["" if v is None else v.strftime("%Y-%m-%d") if hasattr(v, "strftime") else str(v) for v in row]
        for row in sheet.iter_rows(values_only=True)
    ]


def test_the_template_is_an_empty_ledger():
    sheet = opened(workbook(frame().iloc[:0], "problem", PROFILE, [])).worksheets[0]
    assert [c.value for c in sheet[3]][:5] == ["序号", "编号", "问题", "问题类型", "问题表现"]
    assert sheet.max_row == 3
