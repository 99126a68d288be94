"""The one-page print as plain HTML: the words of the paper, escaped."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from html import unescape

import docx

from lib.documents.one_page import FOOTER, document
from lib.documents.one_page_html import fragment
from tests.documents.test_one_page import SHEET


def words(html: str) -> list[str]:
    return [unescape(text).strip() for text in re.split(r"<[^>]+>", html) if text.strip()]


def paper_words(data: bytes) -> set[str]:
    paper = docx.Document(io.BytesIO(data))
    page = paper.sections[0]
    lines = [*page.header.paragraphs, *paper.paragraphs, *(p for c in paper.tables[0]._cells for p in c.paragraphs)]
    return {line.text.strip() for line in lines if line.text.strip()}


def test_the_same_words_stand_on_both() -> None:
    sheet = replace(SHEET, judgments=("长" * 500, "二", "三", "四"), actions=tuple(f"建议{n}" for n in range(9)))
    assert set(words(fragment(sheet))) == paper_words(document(sheet)) - {FOOTER}


def test_texts_are_escaped() -> None:
    sheet = replace(SHEET, title="<b>x</b>", judgments=("<script>1</script>",), rows=(("<i>", "&", '"', "'", "<"),))
    html = fragment(sheet)
    assert "<b>x" not in html
    assert "<script" not in html
    assert "<i>" not in html


def test_a_real_city_carries_no_demo_mark() -> None:
    assert "演示数据" in fragment(SHEET)
    assert "演示数据" not in fragment(replace(SHEET, is_demo=False))
