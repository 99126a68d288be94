"""打印一页纸 as plain HTML: the words of the paper for browsers that cannot show the pages."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from lib.documents.one_page import ACTIONS_MAX, FIGURE_HEADINGS, JUDGMENTS_MAX, Sheet, short

DEMO = "演示数据，不反映任何城市的真实情况"


def fragment(sheet: Sheet) -> str:
    """The sheet as HTML without head and body, every text escaped: the same words in the same order as the DOCX,
    its footer excepted, which the page around it carries.
    """
    demo = f'<p class="badge">{DEMO}</p>' if sheet.is_demo else ""
    heading = "".join(f"<th>{escape(text)}</th>" for text in FIGURE_HEADINGS)
    rows = "".join("<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row) + "</tr>" for row in sheet.rows)
    return (
        f"{demo}<h1>{escape(sheet.title)}</h1><p>{escape(sheet.subtitle)}</p>"
        f"<h2>一、主要数据</h2><table><thead><tr>{heading}</tr></thead><tbody>{rows}</tbody></table>"
        f"<h2>二、情况研判</h2>{_items(sheet.judgments[:JUDGMENTS_MAX])}"
        f"<h2>三、工作建议</h2>{_items(sheet.actions[:ACTIONS_MAX])}"
        + "".join(f'<p class="small">{escape(note)}</p>' for note in sheet.notes)
    )


def _items(texts: Sequence[str]) -> str:
    return "".join(f"<p>{number}．{escape(short(text))}</p>" for number, text in enumerate(texts, start=1))
