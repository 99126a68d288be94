"""The reply sheet goes out on one page and comes back, as DOCX and as XLSX; what is none is said to be none."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime

import docx
import openpyxl
import pytest

from lib.documents import reply_sheet
from lib.lists.profile import load_lists
from lib.lists.reply import ReplyError, read
from tests.documents.sheets import ANSWERS, PRINTED, as_docx, as_xlsx, number

OFFICES = load_lists("demo").offices


def read_back(content: bytes):
    return read(reply_sheet.cells_of(content), "demo", OFFICES)


@pytest.mark.parametrize("made", [as_docx, as_xlsx], ids=["docx", "xlsx"])
def test_a_filled_sheet_comes_back_as_it_was_filled(made) -> None:
    found = read_back(made())
    assert (found.item_no, found.unit_code) == ("督2026-0001", "U1")
    assert found.progress == "已完成3个小区，\n其余本周开工。"
    assert (found.problems, found.next_steps, found.reporter) == ("资金缺口", "完成招标", "周衡")
    assert found.reported_on == date(2026, 11, 1)
    assert found.asks_close_out is False


def test_dates_and_numbers_that_a_spreadsheet_made_of_them() -> None:
    found = read_back(as_xlsx({**ANSWERS, "填报日期": datetime(2026, 11, 1), "填报人": 7, "是否申请销号": "是"}))
    assert (found.reported_on, found.reporter, found.asks_close_out) == (date(2026, 11, 1), "7", True)


@pytest.mark.parametrize("made", [as_docx, as_xlsx], ids=["docx", "xlsx"])
@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({}, "这张回复表是空的"),
        ({"存在问题": "资金"}, "“办理进展”没有填写"),
        ({"办理进展": "进" * 5001}, "超过5000字"),
        ({"办理进展": "好", "填报日期": "下周"}, "填报日期“下周”不是日期"),
        ({"办理进展": "好", "填报日期": "2026-13-01"}, "不是日期"),
        ({"办理进展": "好", "是否申请销号": "看情况"}, "只能填是或否"),
    ],
)
def test_answers_that_cannot_be_taken_are_named(made, answers: dict, said: str) -> None:
    with pytest.raises(ReplyError, match=said):
        read_back(made(answers))


@pytest.mark.parametrize("made", [as_docx, as_xlsx], ids=["docx", "xlsx"])
def test_a_wrong_number_and_another_city_s_sheet(made) -> None:
    with pytest.raises(ReplyError, match="校验不符"):
        read_back(made(no=number().replace("0001", "0002")))
    with pytest.raises(ReplyError, match="校验不符"):
        read_back(made(no=number(city="anyang")))
    with pytest.raises(ReplyError, match="不完整"):
        read_back(made(no="督2026-0001"))
    with pytest.raises(ReplyError, match="这是“中共示例市委督查局”的回复表，不是本市"):
        read(reply_sheet.cells_of(made()), "anyang", load_lists("anyang").offices)


def test_slips_of_the_hand_in_the_number_are_forgiven() -> None:
    typed = number().replace("/", " ／ ").lower().replace("u1", "U1")
    assert read_back(as_docx(no=typed)).item_no == "督2026-0001"


def test_edited_labels_are_named_and_spaced_ones_forgiven() -> None:
    with pytest.raises(ReplyError, match="找不到：办理进展。请用原表"):
        read_back(as_docx(办理进展="工作开展情况"))
    assert read_back(as_docx(填报人="填 报 人：")).reporter == "周衡"


def test_what_is_no_reply_sheet() -> None:
    letter = io.BytesIO()
    docx.Document().save(letter)
    ledger = io.BytesIO()
    openpyxl.Workbook().save(ledger)
    for content in (letter.getvalue(), ledger.getvalue()):
        with pytest.raises(ReplyError, match="这不是《办理情况回复表》"):
            read_back(content)
    for content, said in (
        (b"%PDF-1.4\nstartxref\n%%EOF", "只收 DOCX 和 XLSX"),
        (b"MZ" + b"\0" * 64, "可执行程序"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 64, "旧版 DOC"),
        (b"", "空文件"),
        (b"PK\x03\x04" + b"\0" * (6 << 20), "超过 5 MB"),
        (as_docx()[:2000], "已损坏"),
    ):
        with pytest.raises(ReplyError, match=said):
            read_back(content)


def test_two_sheets_in_one_file_are_not_mixed() -> None:
    paper = docx.Document(io.BytesIO(as_docx()))
    second = docx.Document(io.BytesIO(as_docx())).tables[0]._element
    paper.element.body.append(second)
    buffer = io.BytesIO()
    paper.save(buffer)
    with pytest.raises(ReplyError, match="不止一张回复表"):
        read_back(buffer.getvalue())


def test_a_bomb_and_a_far_cell_hurt_nobody() -> None:
    buffer = io.BytesIO(as_docx())
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/media/big.xml", b" " * (40 << 20))
    with pytest.raises(ReplyError, match="压缩炸弹"):
        read_back(buffer.getvalue())
    book = openpyxl.load_workbook(io.BytesIO(as_xlsx()))
    book.worksheets[0].cell(1_048_576, 16_384).value = "远"
    far = io.BytesIO()
    book.save(far)
    assert read_back(far.getvalue()).reporter == "周衡"


def test_formulas_and_markup_come_back_as_text() -> None:
    hostile = {**ANSWERS, "办理进展": '=HYPERLINK("http://x","点")', "存在问题": "<script>alert(1)</script>"}
    found = read_back(as_docx(hostile))
    assert (found.progress, found.problems) == (hostile["办理进展"], hostile["存在问题"])
    # What a spreadsheet takes for a formula has no text of its own: nothing is calculated here.
    with pytest.raises(ReplyError, match="没有填写"):
        read_back(as_xlsx(hostile))


def test_nothing_printed_becomes_a_formula_or_fills_a_second_page() -> None:
    printed = {**PRINTED, "督办事项": "=cmd|'/c calc'!A1", "目标要求": "长" * 2000}
    book = openpyxl.load_workbook(io.BytesIO(reply_sheet.as_xlsx(printed, number(), "演示数据")))
    sheet = book.worksheets[0]
    assert [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"] == []
    assert sheet.protection.sheet
    free = [cell.coordinate for row in sheet.iter_rows() for cell in row if not cell.protection.locked]
    assert len(free) >= 6
    assert max(len(str(cell.value or "")) for row in sheet.iter_rows() for cell in row) <= 130
