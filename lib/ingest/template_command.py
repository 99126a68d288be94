"""`python -m lib template`: the standard import template as a workbook that explains itself."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import BinaryIO

import xlsxwriter

from lib.config import Settings
from lib.ingest.fields import JOINS, REQUIRED, TICKETS, Field

# Joined sheets of the template, by the kind of their rows; the standard mapping knows them by these names.
SHEETS = {"events": "流转", "callbacks": "回访", "exclusions": "剔除", "calls": "话务"}
_KINDS = {
    "text": "文字",
    "long": "文字",
    "time": "时间，如 2026-10-01 09:12:30",
    "flag": "是 / 否",
    "count": "整数",
    "number": "小数",
    "choice": "所列词之一",
}
# The second example row is answered at the desk: nothing is dispatched, due or called back.
_DESK_ROW = {
    "ticket_no": "AY20261001000002",
    "received_at": "2026-10-01 09:20:10",
    "handling_type": "直办",
    "request_type": "咨询",
    "channel": "12345热线",
    "urgency": "一般",
    "category1": "城乡建设",
    "is_closed": "已办结",
    "closed_at": "2026-10-01 09:24:00",
    "title": "咨询供热缴费时间",
    "content": "咨询今年供热费的缴费时间和地点。",
    "reply": "已告知缴费时间和网点。",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the name of the file."""
    parser.add_argument("file", metavar="文件", nargs="?", type=Path, default=Path("标准导入模板.xlsx"))
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace, _: Settings) -> int:
    try:
        write_template(args.file)
    except (OSError, xlsxwriter.exceptions.FileCreateError) as error:
        print(f"无法写入 {args.file}：{error}", file=sys.stderr)
        return 2
    print(f"已写入 {args.file}。填写后导入：python -m lib import {args.file}")
    return 0


def template_columns() -> list[Field]:
    """The columns of the ticket sheet: every field but the ones other columns imply."""
    return [field for name, field in TICKETS.items() if name not in ("status_raw", "category")]


def write_template(target: Path | BinaryIO) -> None:
    """Write the workbook: 工单 with two example rows, 流转 and the like with one, 填写说明 for every column."""
    with xlsxwriter.Workbook(target, {"strings_to_formulas": False, "strings_to_numbers": False}) as book:
        head = book.add_format({"bold": True, "bg_color": "#12436D", "font_color": "white", "border": 1})
        need = book.add_format({"bold": True, "bg_color": "#801650", "font_color": "white", "border": 1})
        text = book.add_format({"num_format": "@"})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        columns = template_columns()
        examples = [{f.name: f.example for f in columns}, _DESK_ROW]
        _sheet(book, "工单", columns, REQUIRED["tickets"], examples, (head, need, text))
        for kind, title in SHEETS.items():
            fields = list(JOINS[kind].values())
            number = TICKETS["ticket_no"].example
            example = {f.name: number if f.name == "ticket_no" else f.example for f in fields}
            rows = [example] if kind in ("events", "callbacks") else []
            _sheet(book, title, fields, REQUIRED[kind], rows, (head, need, text))
        _explanation(book, columns, (head, wrap))


def _sheet(
    book: xlsxwriter.Workbook,
    title: str,
    fields: list[Field],
    required: tuple[str, ...],
    examples: list[dict[str, str]],
    formats: tuple[object, object, object],
) -> None:
    head, need, text = formats
    sheet = book.add_worksheet(title)
    for column, field in enumerate(fields):
        sheet.write_string(0, column, field.label, need if field.name in required else head)
        sheet.set_column(column, column, max(12, 2 * len(field.label) + 4), text)
        for line, example in enumerate(examples, start=1):
            if example.get(field.name):
                sheet.write_string(line, column, example[field.name], text)
        if words := _choices(field):
            sheet.data_validation(
                1, column, 5000, column, {"validate": "list", "source": words, "error_type": "warning"}
            )
    sheet.freeze_panes(1, 0)


def _explanation(book: xlsxwriter.Workbook, columns: list[Field], formats: tuple[object, object]) -> None:
    head, wrap = formats
    sheet = book.add_worksheet("填写说明")
    for column, (title, width) in enumerate(
        (("表", 8), ("列", 18), ("必填", 6), ("内容", 28), ("可填的词", 44), ("说明", 70))
    ):
        sheet.write_string(0, column, title, head)
        sheet.set_column(column, column, width, wrap)
    line = 1
    for title, kind, fields in [
        ("工单", "tickets", columns),
        *((title, kind, list(JOINS[kind].values())) for kind, title in SHEETS.items()),
    ]:
        for field in fields:
            cells = (
                title,
                field.label,
                "必填" if field.name in REQUIRED[kind] else "",
                _KINDS[field.kind],
                "、".join(_choices(field)),
                field.help,
            )
            for column, cell in enumerate(cells):
                sheet.write_string(line, column, cell, wrap)
            line += 1
    sheet.freeze_panes(1, 0)


def _choices(field: Field) -> list[str]:
    """The words offered for a choice: one Chinese word per code."""
    if field.name == "is_closed":
        return ["已办结", "办理中"]
    if field.kind == "flag":
        return ["是", "否"]
    offered: dict[object, str] = {}
    for word, code in (field.words or {}).items():
        if code != "" and (word != code or not word.isascii()):
            offered.setdefault(code, word)
    return list(offered.values())
