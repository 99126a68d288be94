"""DOCX templates with placeholders such as {{事项}}, written by clerks in WPS or Word and filled in here.

Whatever is filled in becomes plain text: no fields, no links. A placeholder may be split over runs, as office
programs like to do. A name with a dot belongs to a group ({{审批.环节}}): the table row, or else the paragraph, in
which it stands is repeated once for each entry of the group.
"""

from __future__ import annotations

import copy
import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import docx
from docx.opc.exceptions import OpcError
from docx.oxml.ns import qn
from lxml.etree import LxmlError

from lib.lists.file_types import FileRefusedError, kind_of

Words = Mapping[str, str]
Groups = Mapping[str, Sequence[Words]]
NOTHING = "—"

_PLACEHOLDER = re.compile(r"[{｛]{2}\s*([^{}｛｝]{1,40}?)\s*[}｝]{2}")
_LONE = re.compile(r"[{｛]{2}|[}｝]{2}")
_ILLEGAL = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PARTS = re.compile(r"/word/(document|header\d*|footer\d*)\.xml")
_P, _T, _R, _TR = qn("w:p"), qn("w:t"), qn("w:r"), qn("w:tr")


class TemplateError(Exception):
    """A template cannot be used; the message is Chinese and says which, why and how to mend it."""


def filled(
    template: bytes, name: str, known: Collection[str], words: Words, groups: Groups, *, mark: str = ""
) -> bytes:
    """The template with its placeholders filled in, as DOCX.

    name: file name for messages. known: placeholders it may name; those that words and groups lack become empty.
    mark: a line put into the header of every section (演示数据). Raises TemplateError.
    """
    paper = _opened(template, name)
    parts = [part.element for part in paper.part.package.iter_parts() if _PARTS.fullmatch(str(part.partname))]
    for element in parts:
        _check(element, name, known)
    for element in parts:
        done = _repeat(element, name, words, groups)
        for paragraph in [p for p in element.iter(_P) if p not in done]:
            _fill(paragraph, words)
    if mark:
        _mark(paper, mark)
    buffer = io.BytesIO()
    paper.save(buffer)
    return buffer.getvalue()


def named_in(template: bytes, name: str) -> set[str]:
    """Placeholders that a template names. Raises TemplateError."""
    paper = _opened(template, name)
    parts = [part.element for part in paper.part.package.iter_parts() if _PARTS.fullmatch(str(part.partname))]
    texts = ("".join(t.text or "" for t in _texts(p)) for element in parts for p in element.iter(_P))
    return {match for text in texts for match in _PLACEHOLDER.findall(text)}


def _opened(template: bytes, name: str) -> Any:
    try:
        if kind_of(template) != "docx":
            raise FileRefusedError("不是 DOCX 文件，请用 WPS 或 Word 另存为 DOCX")
        return docx.Document(io.BytesIO(template))
    except FileRefusedError as refused:
        raise TemplateError(f"文书模板“{name}”{refused}") from refused
    except (OpcError, LxmlError, KeyError, ValueError) as error:
        raise TemplateError(f"文书模板“{name}”打不开，请用 WPS 或 Word 打开后另存为 DOCX，再放回原处") from error


def _check(element: Any, name: str, known: Collection[str]) -> None:
    for paragraph in element.iter(_P):
        text = "".join(t.text or "" for t in _texts(paragraph))
        unknown = [match for match in _PLACEHOLDER.findall(text) if match not in known]
        if unknown:
            raise TemplateError(
                f"文书模板“{name}”里的占位符 {{{{{unknown[0]}}}}} 不认识，请改正或删去。"
                f"可用的有：{'、'.join(sorted(known))}"
            )
        lone = _LONE.search(_PLACEHOLDER.sub("", text))
        if lone:
            raise TemplateError(f"文书模板“{name}”里有不成对的 {lone[0]}，在这一段：{text[:40]}。请补全或删去")


def _texts(paragraph: Any) -> list[Any]:
    """Text nodes of the paragraph itself, not of paragraphs inside it (text boxes)."""
    return [node for node in paragraph.iter(_T) if next(node.iterancestors(_P)) is paragraph]


def _repeat(element: Any, name: str, words: Words, groups: Groups) -> set[Any]:
    """Repeat the rows and paragraphs that name a group; returns the paragraphs that are filled in with it."""
    done: set[Any] = set()
    holders: dict[Any, set[str]] = {}
    for paragraph in element.iter(_P):
        text = "".join(t.text or "" for t in _texts(paragraph))
        of_group = {match.split(".", 1)[0] for match in _PLACEHOLDER.findall(text) if "." in match}
        if of_group:
            holder = next(paragraph.iterancestors(_TR), paragraph)
            holders.setdefault(holder, set()).update(of_group)
    for holder, of_group in holders.items():
        if len(of_group) > 1:
            raise TemplateError(f"文书模板“{name}”的同一行里用了两组占位符：{'、'.join(sorted(of_group))}，请分成两行")
        group = of_group.pop()
        entries = list(groups.get(group, ()))
        if not entries and holder.tag == _TR:
            # A table keeps one row, so that it does not look as if something had been forgotten.
            entries = [dict.fromkeys(_names_of(holder, group), NOTHING)]
        for entry in entries:
            twin = copy.deepcopy(holder)
            holder.addprevious(twin)
            own = {**words, **{f"{group}.{key}": text for key, text in entry.items()}}
            for paragraph in [twin] if twin.tag == _P else list(twin.iter(_P)):
                done.update(_fill(paragraph, own))
        holder.getparent().remove(holder)
    return done


def _names_of(holder: Any, group: str) -> list[str]:
    """Names of a group that stand in a row, without the group."""
    text = "".join(node.text or "" for node in holder.iter(_T))
    return [match.split(".", 1)[1] for match in _PLACEHOLDER.findall(text) if match.startswith(f"{group}.")]


def _fill(paragraph: Any, words: Words) -> list[Any]:
    """Fill in one paragraph, once: what is filled in may hold braces of its own. Returns what it became."""
    nodes = _texts(paragraph)
    text = "".join(node.text or "" for node in nodes)
    found = [(match, _ILLEGAL.sub("", words.get(match[1], "").replace("\t", " "))) for match in
             _PLACEHOLDER.finditer(text)]  # fmt: skip
    if len(found) == 1 and found[0][0][0] == text.strip() and "\n" in found[0][1]:
        became = []
        for line in found[0][1].split("\n"):
            twin = copy.deepcopy(paragraph)
            paragraph.addprevious(twin)
            _write(_texts(twin), [(found[0][0], line)])
            became.append(twin)
        paragraph.getparent().remove(paragraph)
        return became
    if not found:
        return [paragraph]
    is_empty = not _PLACEHOLDER.sub("", text).strip() and not any(value for _, value in found)
    if is_empty and _has_company(paragraph):
        # Nothing was said: no empty line in its place. A cell keeps its last paragraph.
        paragraph.getparent().remove(paragraph)
        return []
    _write(nodes, found)
    return [paragraph]


def _has_company(paragraph: Any) -> bool:
    """Whether another paragraph stands beside it; a cell without any would be no cell."""
    return any(other.tag == _P for other in (*paragraph.itersiblings(), *paragraph.itersiblings(preceding=True)))


def _write(nodes: Sequence[Any], replaced: Sequence[tuple[re.Match[str], str]]) -> None:
    """Replace stretches of the joined text of the nodes, from the last to the first: positions before stay true."""
    for match, value in reversed(replaced):
        rest = value
        for node, start, end in reversed(list(_spans(nodes))):
            left, right = max(match.start(), start), min(match.end(), end)
            if left >= right:
                continue
            text = node.text or ""
            # The value stands where the placeholder began, in the looks of that run.
            given = rest if match.start() >= start else ""
            node.text = text[: left - start] + given + text[right - start :]
    for node in nodes:
        _lines(node)


def _spans(nodes: Sequence[Any]) -> Iterator[tuple[Any, int, int]]:
    at = 0
    for node in nodes:
        length = len(node.text or "")
        yield node, at, at + length
        at += length


def _lines(node: Any) -> None:
    """Line ends inside a text become breaks; blanks at its edges are kept."""
    first, *more = (node.text or "").split("\n")
    node.text = first
    node.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    place = node
    for line in more:
        broken, text = node.makeelement(qn("w:br")), node.makeelement(_T)
        text.text = line
        text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        place.addnext(broken)
        broken.addnext(text)
        place = text


def _mark(paper: Any, mark: str) -> None:
    for section in paper.sections:
        headers = [section.header]
        if paper.settings.odd_and_even_pages_header_footer:
            headers.append(section.even_page_header)
        if section.different_first_page_header_footer:
            headers.append(section.first_page_header)
        for header in headers:
            if mark not in "".join(p.text for p in header.paragraphs):
                header.is_linked_to_previous = False
                header.paragraphs[0].insert_paragraph_before(mark)
