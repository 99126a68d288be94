"""The one-page print: A4, the words that were given, official typefaces, and never a second page of items."""

from __future__ import annotations

import io

import docx
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from lib.documents.one_page import ACTIONS_MAX, FOOTER, TEXT_MAX, Sheet, document

SHEET = Sheet(
    title="示例市12345热线诉求办理情况",
    subtitle="2026年10月　全市　全口径　数据截至2026年10月31日24:00",
    rows=(("受理量", "23,974", "+4.2%", "-1.0%", "—"), ("满意率", "94.8%", "+0.3个百分点", "持平", "95.0%")),
    judgments=("满意率提高。", "按期办结率下降。", "西河县需要关注。"),
    actions=tuple(f"建议{n}" for n in range(9)),
    notes=("环比为上月，同比为上年同期。",),
    is_demo=True,
)


def _read(sheet: Sheet) -> docx.document.Document:
    return docx.Document(io.BytesIO(document(sheet)))


def test_paper_is_a4() -> None:
    page = _read(SHEET).sections[0]
    assert (round(page.page_width.cm, 1), round(page.page_height.cm, 1)) == (Cm(21).cm, 29.7)


def test_figures_stand_in_a_table_in_their_order() -> None:
    table = _read(SHEET).tables[0]
    assert [[c.text for c in row.cells] for row in table.rows] == [
        ["指标", "本期", "环比", "同比", "目标"],
        list(SHEET.rows[0]),
        list(SHEET.rows[1]),
    ]


def test_demo_and_footer_are_printed() -> None:
    page = _read(SHEET).sections[0]
    assert "演示数据" in page.header.paragraphs[0].text
    assert page.footer.paragraphs[0].text == FOOTER


def test_a_real_city_carries_no_demo_mark() -> None:
    real = Sheet(**{**SHEET.__dict__, "is_demo": False})
    assert _read(real).sections[0].header.paragraphs[0].text == ""


def test_items_beyond_one_page_are_left_out_and_long_ones_cut() -> None:
    long = Sheet(**{**SHEET.__dict__, "judgments": ("长" * 500,)})
    texts = [p.text for p in _read(long).paragraphs]
    assert sum("建议" in t and t[0].isdigit() for t in texts) == ACTIONS_MAX
    assert max(len(t) for t in texts) <= TEXT_MAX + 2


def _height(paragraph: docx.text.paragraph.Paragraph, width: float) -> float:
    """Points a paragraph takes: every character as wide as a Chinese one, which is the widest."""
    size = paragraph.runs[0].font.size.pt
    room = [int((width - (paragraph.paragraph_format.first_line_indent or Pt(0)).pt) // size), int(width // size)]
    left, lines = len(paragraph.text) - room[0], 1
    while left > 0:
        left, lines = left - room[1], lines + 1
    form = paragraph.paragraph_format
    return lines * form.line_spacing.pt + form.space_before.pt + form.space_after.pt


def test_the_fullest_sheet_fits_one_page() -> None:
    full = Sheet(
        **{
            **SHEET.__dict__,
            "rows": (("办理时长中位数", "约123.4小时", "+10.0个百分点", "-10.0个百分点", "95.0%"),) * 6,
            "judgments": ("长" * 500,) * 5,
            "actions": ("长" * 500,) * 9,
        }
    )
    paper = _read(full)
    page = paper.sections[0]
    width = (page.page_width - page.left_margin - page.right_margin) / Pt(1)
    room = (page.page_height - page.top_margin - page.bottom_margin) / Pt(1)
    table = sum(_height(row.cells[0].paragraphs[0], width / 5) + 1 for row in paper.tables[0].rows)
    assert sum(_height(p, width) for p in paper.paragraphs) + table <= room


def test_chinese_characters_have_a_typeface_of_official_papers() -> None:
    fonts = {run._element.rPr.rFonts.get(qn("w:eastAsia")) for p in _read(SHEET).paragraphs for run in p.runs}
    assert {"仿宋", "黑体", "方正小标宋简体"} == fonts
