"""Reply sheets as units send them back."""

from __future__ import annotations

import io
from collections.abc import Mapping

import docx
import openpyxl

from lib.documents import reply_sheet
from lib.lists import reply

PRINTED = {
    "督办单位": "中共示例市委督查局", "督办事项": "青禾小区二次供水", "承办单位": "示例市住房保障局",
    "交办日期": "2026年10月13日", "办结时限": "2026年11月9日", "目标要求": "恢复供水",
}  # fmt: skip
ANSWERS = {
    "办理进展": "已完成3个小区，\n其余本周开工。", "存在问题": "资金缺口", "下步措施": "完成招标", "是否申请销号": "否",
    "填报人": "周衡", "填报日期": "2026年11月1日",
}  # fmt: skip


def number(item_no: str = "督2026-0001", unit_code: str = "U1", city: str = "demo") -> str:
    return reply.number(city, item_no, unit_code)


def as_docx(answers: Mapping[str, str] = ANSWERS, no: str | None = None, **labels: str) -> bytes:
    """The DOCX sheet, filled in; labels: changed to other words, or removed with ""."""
    paper = docx.Document(io.BytesIO(reply_sheet.as_docx(PRINTED, no or number())))
    for row in paper.tables[0].rows:
        for place, cell in enumerate(row.cells[:-1]):
            label = cell.text
            if label in answers and place % 2 == 0:
                row.cells[place + 1].text = answers[label]
            if label in labels:
                cell.text = labels[label]
    buffer = io.BytesIO()
    paper.save(buffer)
    return buffer.getvalue()


def as_xlsx(answers: Mapping[str, object] = ANSWERS, no: str | None = None) -> bytes:
    """The XLSX sheet, filled in."""
    book = openpyxl.load_workbook(io.BytesIO(reply_sheet.as_xlsx(PRINTED, no or number())))
    for row in book.worksheets[0].iter_rows():
        for cell in row:
            if cell.value in answers:
                book.worksheets[0].cell(cell.row, cell.column + 1).value = answers[cell.value]
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
