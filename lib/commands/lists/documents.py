"""Numbered letters and forms: the number, the file and the row are one transaction, so that no number is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, insert, select, update

from lib.access import audit
from lib.access.audit import Act, Verbatim
from lib.access.roles import NotAllowedError
from lib.assessment_store import AssessmentStore
from lib.commands import CommandError
from lib.commands.lists import desk as d
from lib.commands.lists.desk import Desk
from lib.commands.lists.files import keep_file, kept_file
from lib.lists import letters
from lib.lists.process import PROBLEM, RESOURCES
from lib.schema import lists as t

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
LONGEST_TITLE = 200
_DOCUMENTS = t.list_documents


@dataclass(frozen=True)
class IssueDocument:
    """Issue one letter. item_no: the item it is about; None for a letter about a whole list, which list_kind names.
    kind: key of lists.letters.LETTERS. unit_code: whom it is addressed to. content: number → the DOCX file.
    """

    item_no: str | None
    kind: str
    title: str
    unit_code: str | None = None
    content: Callable[[str], bytes] = field(kw_only=True)
    list_kind: str = "supervision"
    form_key: str | None = None


@dataclass(frozen=True)
class VoidDocument:
    """Void the number of a letter. It stays visible, and is never given again."""

    document_id: int
    reason: str
    form_key: str | None = None


@dataclass(frozen=True)
class Issued:
    """A letter that was issued."""

    document_id: int
    document_no: str


def issue(store: AssessmentStore, desk: Desk, command: IssueDocument) -> Issued:
    """Take the next number of the word and year, make the file with it, and keep both.

    Where making the file fails, no number is taken. Raises NotAllowedError, CommandError.
    """
    title = d.written(command.title, "文书标题", required=True, longest=LONGEST_TITLE)
    if command.item_no is None:
        return _about_list(store, desk, command, title)
    try:
        with d.taking(store, desk, "document", command.item_no, None, form_key=command.form_key) as taken:
            item = taken.item
            _refuse(command.kind, item.list_kind, item.state)
            issued = _issue(taken.conn, desk, command, title, item.list_kind, item.item_id)
            taken.text = title
            taken.facts = {"文号": issued.document_no, "文书": letters.LETTERS[command.kind].label}
            return issued
    except d.DoneBefore:
        return _issued_by(store, command.form_key)


def _about_list(store: AssessmentStore, desk: Desk, command: IssueDocument, title: str) -> Issued:
    d.chosen(command.list_kind, RESOURCES, "清单")
    d.require_list(desk, command.list_kind, "write")
    _refuse(command.kind, command.list_kind, None)
    with store.writing() as conn:
        # The same form sent twice at once waits here for its twin.
        d.lock_history(conn)
        known = conn.execute(select(_DOCUMENTS).where(_DOCUMENTS.c.form_key == command.form_key)).first()
        if command.form_key is not None and known is not None:
            return Issued(known.document_id, known.document_no)
        return _issue(conn, desk, command, title, command.list_kind, None)


def _refuse(kind: str, list_kind: str, state: str | None) -> None:
    why = letters.refusal(kind, list_kind, state)
    if why:
        raise CommandError(why)


def _issue(
    conn: Connection, desk: Desk, command: IssueDocument, title: str, list_kind: str, item_id: int | None
) -> Issued:
    letter = letters.LETTERS[command.kind]
    unit_code = d.known_unit(command.unit_code, desk, "主送单位") if letter.recipient == "unit" else None
    word, year = letters.word_of(letter, list_kind, desk.profile), desk.today.year
    number = d.take_number(conn, f"document:{word}:{year}")
    document_no = letters.document_no(word, year, number)
    content = command.content(document_no)
    if not content:
        raise CommandError(f"{letter.label}没有生成内容，未占用文号，请重试")
    sha256 = keep_file(conn, content)
    document_id = conn.execute(
        insert(_DOCUMENTS)
        .values(
            item_id=item_id, kind=command.kind, word=word, year=year, number=number, document_no=document_no,
            title=title, unit_code=unit_code, sha256=sha256, made_at=desk.moment, made_by=desk.person.account,
            form_key=command.form_key,
        )
        .returning(_DOCUMENTS.c.document_id)
    ).scalar_one()  # fmt: skip
    after = {"文书": letter.label, "标题": title, "主送": desk.units.get(unit_code or "", ""), "文件": Verbatim(sha256)}
    audit.append(conn, desk.person, Act("document_numbered", document_no, after=after), at=desk.moment)
    return Issued(document_id, document_no)


def _issued_by(store: AssessmentStore, form_key: str | None) -> Issued:
    with store.reading() as conn:
        row = conn.execute(select(_DOCUMENTS).where(_DOCUMENTS.c.form_key == form_key)).one()
    return Issued(row.document_id, row.document_no)


def void_document(store: AssessmentStore, desk: Desk, command: VoidDocument) -> str:
    """Void a number and return it. Raises NotAllowedError, CommandError."""
    reason = d.written(command.reason, "作废原因", required=True, longest=200)
    with store.reading() as conn:
        document, item = _found(conn, command.document_id)
    if item is None:
        d.require_list(desk, _list_of(document, desk), "write")
        with store.writing() as conn:
            return _void(conn, desk, command.document_id, reason)
    try:
        with d.taking(store, desk, "void_document", item.item_no, None, form_key=command.form_key) as taken:
            number = _void(taken.conn, desk, command.document_id, reason)
            taken.text, taken.facts = reason, {"文号": number}
            return number
    except d.DoneBefore:
        return str(document.document_no)


def _found(conn: Connection, document_id: int) -> tuple[Any, Any]:
    """The document and its item (None for one about a list). Raises CommandError."""
    document = conn.execute(select(_DOCUMENTS).where(_DOCUMENTS.c.document_id == document_id).with_for_update()).first()
    if document is None:
        raise CommandError("没有这份文书，请刷新页面后重试")
    i = t.list_items
    item = conn.execute(select(i).where(i.c.item_id == document.item_id)).first() if document.item_id else None
    return document, item


def _list_of(document: Any, desk: Desk) -> str:
    """List whose office issued a letter about a whole list, by its word."""
    series = letters.LETTERS[document.kind].series
    return next((k for k, word in desk.profile.document_words.items() if word + series == document.word), PROBLEM)


def _void(conn: Connection, desk: Desk, document_id: int, reason: str) -> str:
    d.lock_history(conn)
    document, _ = _found(conn, document_id)
    if document.voided_at is not None:
        raise CommandError(f"{document.document_no} 已经作废，无须再作废")
    voided = update(_DOCUMENTS).where(_DOCUMENTS.c.document_id == document_id)
    conn.execute(voided.values(voided_at=desk.moment, void_reason=reason))
    audit.append(
        conn, desk.person,
        Act("document_voided", document.document_no, before={"标题": document.title}, after={"状态": "作废"},
            reason=reason),
        at=desk.moment,
    )  # fmt: skip
    return str(document.document_no)


def document_content(conn: Connection, desk: Desk, document_id: int) -> tuple[str, bytes]:
    """File name and DOCX of a letter as it was issued, for whom the matrix shows it: roles that read the list, and
    the unit that it is addressed to. Raises NotAllowedError, CommandError.
    """
    document, item = _found(conn, document_id)
    list_kind = item.list_kind if item is not None else _list_of(document, desk)
    if not may_read(desk, list_kind, document.unit_code):
        raise NotAllowedError("这份文书不在您的查看范围内")
    name = f"{document.document_no}{letters.LETTERS[document.kind].label}.docx"
    return name, kept_file(conn, document.sha256)


def may_read(desk: Desk, list_kind: str, unit_code: str | None) -> bool:
    """Whether the person may read a letter of that list, addressed to that unit (None: to no unit)."""
    resource = RESOURCES[list_kind]
    if desk.person.may(resource, "own_unit"):
        return desk.reach is not None and unit_code is not None and unit_code in desk.reach
    return desk.person.may(resource)
