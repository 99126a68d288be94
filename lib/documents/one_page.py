"""打印一页纸: what leaders read, on one sheet of A4 — figures, three judgments, suggested actions."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import docx
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

# Typefaces of official papers; where an office lacks one, its program takes the nearest.
TITLE_FONT, HEADING_FONT, BODY_FONT = "方正小标宋简体", "黑体", "仿宋"
FIGURE_HEADINGS = ("指标", "本期", "环比", "同比", "目标")
FOOTER = "本系统不得处理、存储涉密信息"
LINE = 1.4
ITEM_SIZE = 13
# More would run over the page at the sizes below.
JUDGMENTS_MAX, ACTIONS_MAX = 3, 4
TEXT_MAX = 64


@dataclass(frozen=True)
class Sheet:
    """The words of the page. rows: one per figure, in the order of FIGURE_HEADINGS."""

    title: str
    subtitle: str
    rows: tuple[tuple[str, str, str, str, str], ...]
    judgments: tuple[str, ...]
    actions: tuple[str, ...]
    notes: tuple[str, ...]
    is_demo: bool


def document(sheet: Sheet) -> bytes:
    """The sheet as DOCX. Judgments and actions beyond what one page holds are left out, long ones cut."""
    paper = docx.Document()
    paper.core_properties.title = sheet.title
    paper.core_properties.author = "民声看板"
    page = paper.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2.6)
    page.top_margin, page.bottom_margin = Cm(2.2), Cm(2.0)
    if sheet.is_demo:
        _line(page.header.paragraphs[0], "演示数据，不反映任何城市的真实情况", BODY_FONT, 12, WD_ALIGN_PARAGRAPH.RIGHT)
    _line(page.footer.paragraphs[0], FOOTER, BODY_FONT, 10.5, WD_ALIGN_PARAGRAPH.CENTER)
    _line(paper.add_paragraph(), sheet.title, TITLE_FONT, 20, WD_ALIGN_PARAGRAPH.CENTER)
    _line(paper.add_paragraph(), sheet.subtitle, BODY_FONT, 12, WD_ALIGN_PARAGRAPH.CENTER, after=6)
    _heading(paper, "一、主要数据")
    _figures(paper, sheet.rows)
    _heading(paper, "二、情况研判")
    _items(paper, sheet.judgments[:JUDGMENTS_MAX])
    _heading(paper, "三、工作建议")
    _items(paper, sheet.actions[:ACTIONS_MAX])
    for note in sheet.notes:
        _line(paper.add_paragraph(), note, BODY_FONT, 10.5, WD_ALIGN_PARAGRAPH.LEFT, after=0)
    buffer = io.BytesIO()
    paper.save(buffer)
    return buffer.getvalue()


def short(text: str) -> str:
    """A judgment or an action as the paper has room for it."""
    return text if len(text) <= TEXT_MAX else f"{text[: TEXT_MAX - 1]}…"


def _heading(paper: Any, text: str) -> None:
    _line(paper.add_paragraph(), text, HEADING_FONT, 14, WD_ALIGN_PARAGRAPH.LEFT, before=6)


def _items(paper: Any, texts: Sequence[str]) -> None:
    for number, text in enumerate(texts, start=1):
        paragraph = paper.add_paragraph()
        paragraph.paragraph_format.first_line_indent = Pt(2 * ITEM_SIZE)
        _line(paragraph, f"{number}．{short(text)}", BODY_FONT, ITEM_SIZE, WD_ALIGN_PARAGRAPH.JUSTIFY)


def _line(
    paragraph: Any, text: str, font: str, size: float, align: WD_ALIGN_PARAGRAPH, *, before: float = 0, after: float = 2
) -> None:
    """Write one paragraph; Word needs the typeface of Chinese characters named apart."""
    run = paragraph.add_run(text)
    run.font.size = Pt(size)
    run.font.name = font
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
    paragraph.alignment = align
    form = paragraph.paragraph_format
    form.space_before, form.space_after = Pt(before), Pt(after)
    form.line_spacing = Pt(size * LINE)


# Widths of the figures' columns in centimetres: a change in 个百分点 and the longest label stay on one line.
_WIDTHS = (4.2, 2.6, 3.4, 3.4, 2.2)


def _figures(paper: Any, rows: Sequence[Sequence[str]]) -> None:
    table = paper.add_table(rows=0, cols=len(FIGURE_HEADINGS))
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for number, row in enumerate([FIGURE_HEADINGS, *rows]):
        cells = table.add_row().cells
        for column, text in enumerate(row):
            cells[column].width = Cm(_WIDTHS[column])
            align = WD_ALIGN_PARAGRAPH.CENTER if number == 0 or column == 0 else WD_ALIGN_PARAGRAPH.RIGHT
            _line(cells[column].paragraphs[0], text, HEADING_FONT if number == 0 else BODY_FONT, 12, align, after=0)
    first = table.rows[0]._tr.get_or_add_trPr()
    first.append(OxmlElement("w:tblHeader"))
