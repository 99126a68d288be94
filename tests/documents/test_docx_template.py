"""Templates that clerks edit: placeholders however they are split, groups, and faults that are named."""

from __future__ import annotations

import io
import zipfile

import docx
import pytest

from lib.documents.docx_template import TemplateError, filled
from tests.commands.lists.letter_desk import words_of

KNOWN = ("事项", "要求", "文号", "审批.环节", "佐证.名称", "佐证.序号")


def template(*paragraphs: str | tuple[str, ...]) -> bytes:
    """A paper with these paragraphs; a tuple gives the runs of one."""
    paper = docx.Document()
    for runs in paragraphs:
        paragraph = paper.add_paragraph()
        for run in (runs,) if isinstance(runs, str) else runs:
            paragraph.add_run(run)
    return saved(paper)


def saved(paper: docx.document.Document) -> bytes:
    buffer = io.BytesIO()
    paper.save(buffer)
    return buffer.getvalue()


def texts(content: bytes) -> list[str]:
    return [p.text for p in docx.Document(io.BytesIO(content)).paragraphs]


def fill(source: bytes, words: dict | None = None, groups: dict | None = None, **more: str) -> bytes:
    return filled(source, "督办通知单.docx", KNOWN, words or {}, groups or {}, **more)


def test_placeholders_split_over_runs_are_filled_in_the_looks_of_the_first() -> None:
    source = docx.Document()
    paragraph = source.add_paragraph("关于")
    paragraph.add_run("{").bold = True
    for run in ("{事", "项}", "}的", "｛｛ 文号 ｝｝"):
        paragraph.add_run(run)
    found = docx.Document(io.BytesIO(fill(saved(source), {"事项": "供水", "文号": "1号"}))).paragraphs[0]
    assert found.text == "关于供水的1号"
    assert next(run.text for run in found.runs if run.bold) == "供水"


def test_what_is_filled_in_stays_text() -> None:
    hostile = '{{文号}} =1+1 <w:fldSimple w:instr="DATE"/> HYPERLINK "http://x" &amp; \x0b\ud800'
    content = fill(template("{{事项}}"), {"事项": hostile, "文号": "X"})
    assert texts(content) == ['{{文号}} =1+1 <w:fldSimple w:instr="DATE"/> HYPERLINK "http://x" &amp; ']
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        body = archive.read("word/document.xml")
    assert b"<w:fldSimple" not in body
    assert b"<w:hyperlink" not in body


def test_lines_become_paragraphs_alone_and_breaks_beside_other_text() -> None:
    assert texts(fill(template("{{要求}}", "第二段"), {"要求": "一\n二"})) == ["一", "二", "第二段"]
    assert texts(fill(template("要求：{{要求}}"), {"要求": "一\n二"})) == ["要求：一\n二"]


def test_an_empty_paragraph_falls_away_but_a_cell_keeps_its_last() -> None:
    assert texts(fill(template("前", "{{要求}}", "后"))) == ["前", "后"]
    paper = docx.Document()
    paper.add_table(1, 1).cell(0, 0).text = "{{要求}}"
    assert docx.Document(io.BytesIO(fill(saved(paper)))).tables[0].cell(0, 0).text == ""


def test_groups_repeat_their_row_or_paragraph() -> None:
    paper = docx.Document()
    row = paper.add_table(1, 2).rows[0]
    row.cells[0].text, row.cells[1].text = "{{审批.环节}}意见", "{{文号}}"
    paper.add_paragraph("附件{{佐证.序号}}：{{佐证.名称}}")
    chain = [{"环节": "经办人"}, {"环节": "分管领导"}]
    files = [{"序号": "1", "名称": "{{文号}}"}]
    content = fill(saved(paper), {"文号": "1号"}, {"审批": chain, "佐证": files})
    table = docx.Document(io.BytesIO(content)).tables[0]
    assert [[c.text for c in r.cells] for r in table.rows] == [["经办人意见", "1号"], ["分管领导意见", "1号"]]
    assert texts(content) == ["附件1：{{文号}}"]
    without = docx.Document(io.BytesIO(fill(saved(paper), {"文号": "1号"})))
    assert [[c.text for c in r.cells] for r in without.tables[0].rows] == [["—意见", "1号"]]
    assert [p.text for p in without.paragraphs] == []


def test_headers_and_the_mark_of_demo_data() -> None:
    paper = docx.Document()
    paper.sections[0].header.paragraphs[0].text = "{{文号}}"
    paper.settings.odd_and_even_pages_header_footer = True
    found = docx.Document(io.BytesIO(fill(saved(paper), {"文号": "1号"}, mark="演示数据"))).sections[0]
    assert [p.text for p in found.header.paragraphs] == ["演示数据", "1号"]
    assert [p.text for p in found.even_page_header.paragraphs] == ["演示数据", ""]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (template("{{事宜}}"), r"占位符 \{\{事宜\}\} 不认识.*可用的有：.*事项"),
        (template("{{事项"), r"不成对的 \{\{.*\{\{事项"),
        (template("事项}}"), "不成对的 }}"),
        (template("{{审批.环节}}{{佐证.名称}}"), "同一行里用了两组占位符"),
        (b"PK\x03\x04broken", "督办通知单.docx.*已损坏"),
        (b"", "空文件"),
        (b"%PDF-1.4\nstartxref\n%%EOF", "不是 DOCX"),
        (b"MZ" + b"\0" * 100, "可执行程序"),
    ],
)
def test_a_template_that_cannot_be_used_is_named_with_the_reason(source: bytes, said: str) -> None:
    with pytest.raises(TemplateError, match=said):
        fill(source)


def test_a_template_with_macros_is_refused() -> None:
    buffer = io.BytesIO(template("{{事项}}"))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("word/vbaProject.bin", b"x")
    with pytest.raises(TemplateError, match="带有宏"):
        fill(buffer.getvalue())


def test_text_in_boxes_is_filled_once() -> None:
    paper = docx.Document()
    outer = paper.add_paragraph("外{{事项}}")
    box = docx.Document().add_paragraph("内{{事项}}")._element
    outer.runs[0]._element.append(
        outer._element.makeelement("{http://schemas.openxmlformats.org/wordprocessingml/2006/main}pict")
    )
    outer.runs[0]._element[-1].append(box)
    assert words_of(fill(saved(paper), {"事项": "供水"})).split("\n")[:2] == ["外供水内供水", "内供水"]
