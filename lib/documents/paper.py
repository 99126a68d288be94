"""Paper of official letters and forms: page, typefaces, lines, tables and page numbers after GB/T 9704."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import docx
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

TITLE, BODY, HEADING, NUMBERS = "方正小标宋简体", "仿宋_GB2312", "黑体", "宋体"
# What stands in for a typeface where it is missing; Word and WPS look here first.
SUBSTITUTES = {TITLE: "方正小标宋_GBK,华文中宋,宋体", BODY: "仿宋,华文仿宋,FangSong", HEADING: "SimHei,微软雅黑"}
RED = RGBColor(0xE6, 0x00, 0x12)
BODY_SIZE, LINE = 16, 28
# Paper and type area: 22 lines of 28 characters.
PAGE, MARGINS, WIDTH = (210, 297), {"top": 37, "bottom": 35, "left": 28, "right": 26}, 156
LEFT, CENTER, RIGHT, BOTH = (
    WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT, WD_ALIGN_PARAGRAPH.JUSTIFY,
)  # fmt: skip
_EPOCH = (2026, 1, 1, 0, 0, 0)


def paper(*, is_form: bool = False) -> Any:
    """An empty paper with the page, the typefaces and the page numbers of an official letter. is_form: one sheet to
    fill in, with narrow margins and without page numbers.
    """
    made = docx.Document()
    made.core_properties.author, made.core_properties.title = "", ""
    made.core_properties.created = made.core_properties.modified = datetime(*_EPOCH)
    section = made.sections[0]
    section.page_width, section.page_height = Mm(PAGE[0]), Mm(PAGE[1])
    for side, size in MARGINS.items():
        setattr(section, f"{side}_margin", Mm(size))
    section.header_distance, section.footer_distance = Mm(20), Mm(27)
    style = made.styles["Normal"]
    style.font.size = Pt(BODY_SIZE)
    style.font.name = BODY
    style.element.rPr.rFonts.set(qn("w:eastAsia"), BODY)
    language = OxmlElement("w:lang")
    language.set(qn("w:eastAsia"), "zh-CN")
    style.element.rPr.append(language)
    style.paragraph_format.space_after = style.paragraph_format.space_before = Pt(0)
    style.paragraph_format.widow_control = False
    if is_form:
        section.top_margin, section.bottom_margin, section.header_distance = Mm(24), Mm(18), Mm(12)
        return made
    made.settings.odd_and_even_pages_header_footer = True
    _page_number(section.footer.paragraphs[0], RIGHT)
    _page_number(section.even_page_footer.paragraphs[0], LEFT)
    for header in (section.header, section.even_page_header):
        header.is_linked_to_previous = False
    return made


def line(
    paragraph: Any,
    text: str,
    *,
    font: str = BODY,
    size: float = BODY_SIZE,
    align: Any = BOTH,
    indent: int = 0,
    spacing: float = LINE,
    before: float = 0,
    after: float = 0,
    colour: Any = None,
) -> Any:
    """Write one paragraph. indent: first line, in characters; spacing: exact height of a line in points."""
    run = paragraph.add_run(text)
    run.font.size, run.font.name = Pt(size), font
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
    if colour is not None:
        run.font.color.rgb = colour
    form = paragraph.paragraph_format
    paragraph.alignment = align
    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(spacing)
    form.space_before, form.space_after = Pt(before), Pt(after)
    if indent:
        form.first_line_indent = Pt(indent * size)
        form._element.get_or_add_pPr().get_or_add_ind().set(qn("w:firstLineChars"), str(indent * 100))
    return paragraph


def table(
    made: Any,
    rows: Sequence[Sequence[str]],
    widths: Sequence[int],
    *,
    size: float = 14,
    tall: Mapping[int, int] | None = None,
    labels: bool = True,
    borders: bool = True,
) -> Any:
    """A grid. widths in millimetres. A row with fewer cells than columns lets its last one reach to the end. labels:
    cells of the even columns are labels; otherwise the first row is a heading and all is centred. tall: rows that
    leave room to write → their height in millimetres.
    """
    grid = made.add_table(rows=0, cols=len(widths))
    grid.style = "Table Grid" if borders else "Normal Table"
    grid.alignment, grid.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    for column, width in zip(grid.columns, widths, strict=True):
        column.width = Mm(width)
    for number, texts in enumerate(rows):
        row = grid.add_row()
        row.height_rule, row.height = WD_ROW_HEIGHT_RULE.AT_LEAST, Mm((tall or {}).get(number, 8))
        for place, width in zip(row.cells, widths, strict=True):
            place.width = Mm(width)
        if len(texts) < len(widths):
            row.cells[len(texts) - 1].merge(row.cells[-1])
        for place, text in zip(range(len(texts)), texts, strict=True):
            is_label = place % 2 == 0 if labels else number == 0
            cell(row.cells[place], text, is_label=is_label, size=size, align=None if labels else CENTER)
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    return grid


def heading(row: Any) -> None:
    """A row that stands again on every page."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def cell(place: Any, text: str, *, is_label: bool = False, size: float = 14, align: Any = None) -> None:
    """Write one cell; several lines become several paragraphs, one that begins with a tab stands on the right."""
    place.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    usual = align if align is not None else (CENTER if is_label else LEFT)
    for number, part in enumerate(text.split("\n")):
        paragraph = place.paragraphs[0] if number == 0 else place.add_paragraph()
        line(paragraph, part.removeprefix("\t"), font=HEADING if is_label else BODY, size=size, spacing=size + 5,
             align=RIGHT if part.startswith("\t") else usual, before=1, after=1)  # fmt: skip


def signature(made: Any) -> None:
    """署名 and date, right, four characters from the edge."""
    for text in ("{{发文单位}}", "{{日期}}"):
        # It must not stand alone on a page.
        made.paragraphs[-1].paragraph_format.keep_with_next = True
        signed = line(made.add_paragraph(), text, align=RIGHT, before=LINE if text == "{{发文单位}}" else 0)
        signed.paragraph_format.right_indent = Pt(2 * BODY_SIZE)


def saved(made: Any) -> bytes:
    """The paper as bytes that depend on nothing but what it says."""
    fonts = next(p for p in made.part.package.iter_parts() if str(p.partname) == "/word/fontTable.xml")
    fonts._blob = _with_substitutes(fonts.blob)
    first, second = io.BytesIO(), io.BytesIO()
    made.save(first)
    with zipfile.ZipFile(first) as source, zipfile.ZipFile(second, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.namelist():
            # The stock template brings a picture of itself along.
            if not member.startswith("docProps/thumbnail"):
                content = _without_thumbnail(member, source.read(member))
                target.writestr(zipfile.ZipInfo(member, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return second.getvalue()


def _without_thumbnail(member: str, content: bytes) -> bytes:
    if member == "_rels/.rels":
        return re.sub(rb"<Relationship [^>]*thumbnail[^>]*/>", b"", content)
    return content


def _with_substitutes(blob: bytes) -> bytes:
    said = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{others}"/><w:charset w:val="86"/></w:font>'
        for name, others in SUBSTITUTES.items()
    )
    return blob.replace(b"</w:fonts>", said.encode() + b"</w:fonts>")


def _page_number(paragraph: Any, align: Any) -> None:
    """— 1 —, one character from the outer edge."""
    for text, kind in (("— ", None), ("", "begin"), ("PAGE", "instrText"), ("", "end"), (" —", None)):
        run = paragraph.add_run(text if kind is None else "")
        run.font.size, run.font.name = Pt(14), NUMBERS
        run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), NUMBERS)
        if kind == "instrText":
            instruction = OxmlElement("w:instrText")
            instruction.text = text
            run._element.append(instruction)
        elif kind is not None:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._element.append(mark)
    paragraph.alignment = align
    side = "right_indent" if align == RIGHT else "left_indent"
    setattr(paragraph.paragraph_format, side, Pt(14))


def rule(paragraph: Any, style: str = "thickThinSmallGap", size: int = 18) -> None:
    """A red line beneath the paragraph."""
    borders, bottom = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for name, value in (("val", style), ("sz", str(size)), ("space", "4"), ("color", str(RED))):
        bottom.set(qn(f"w:{name}"), value)
    borders.append(bottom)
    paragraph._element.get_or_add_pPr().insert_element_before(
        borders, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )
