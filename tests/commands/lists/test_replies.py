"""Returned sheets become reports, once each; the register shows each reader what is theirs."""

from __future__ import annotations

import pytest

from lib.access.roles import NotAllowedError
from lib.answers import ListView, document_register, document_years
from lib.assessment_store import AssessmentStore
from lib.commands import CommandError
from lib.commands.lists import evidence
from lib.commands.lists.documents import IssueDocument, VoidDocument, issue, void_document
from lib.commands.lists.replies import TakeReply, take_reply, taken_before
from lib.documents.reply_sheet import cells_of
from lib.lists.reply import read
from lib.schema import lists as t
from tests.access.stores import rows
from tests.commands.lists.letter_desk import UNITS, desk, documents, put_item
from tests.documents.sheets import ANSWERS, as_docx, number


def sheet(item_no: str, unit_code: str = "U1", **answers: str) -> TakeReply:
    content = as_docx({**ANSWERS, **answers}, number(item_no, unit_code))
    return TakeReply(read(cells_of(content), "demo", desk().profile.offices), "回复表.docx", content)


def test_a_sheet_becomes_a_report_and_evidence(any_store: AssessmentStore) -> None:
    item_no = put_item(any_store)
    command = sheet(item_no)
    version = take_reply(any_store, desk(), command)
    (report,) = rows(any_store, t.list_reports)
    assert (report.unit_code, report.origin, report.reporter) == ("U1", "sheet", "周衡")
    assert report.progress == ANSWERS["办理进展"]
    (kept,) = rows(any_store, t.list_evidence)
    assert (kept.file_name, kept.purpose, kept.kind) == ("回复表.docx", "progress", "docx")
    assert take_reply(any_store, desk(), command) == version
    assert len(rows(any_store, t.list_reports)) == len(rows(any_store, t.list_evidence)) == 1
    with any_store.reading() as conn:
        assert taken_before(conn, [command.content, b"another"]) == [True, False]
        assert taken_before(conn, []) == []


def test_an_import_that_stopped_halfway_is_finished_by_the_next(store: AssessmentStore, monkeypatch) -> None:
    command = sheet(put_item(store))
    real = evidence.add_evidence
    monkeypatch.setattr(evidence, "add_evidence", lambda *_: (_ for _ in ()).throw(OSError("power cut")))
    with pytest.raises(OSError, match="power cut"):
        take_reply(store, desk(), command)
    monkeypatch.setattr(evidence, "add_evidence", real)
    take_reply(store, desk(), command)
    assert len(rows(store, t.list_reports)) == len(rows(store, t.list_evidence)) == 1


def test_a_sheet_attached_by_hand_before_is_not_kept_twice(store: AssessmentStore) -> None:
    item_no = put_item(store)
    command = sheet(item_no)
    evidence.add_evidence(store, desk(), evidence.AddEvidence(item_no, "a.docx", command.content, "progress"))
    take_reply(store, desk(), command)
    assert len(rows(store, t.list_reports)) == len(rows(store, t.list_evidence)) == 1


def test_who_may_not_and_what_does_not_fit_changes_nothing(store: AssessmentStore) -> None:
    item_no, closed = put_item(store), put_item(store, state="closed")
    with pytest.raises(NotAllowedError):
        take_reply(store, desk("leader"), sheet(item_no))
    with pytest.raises(CommandError, match="没有编号为"):
        take_reply(store, desk("unit", ("U2",)), sheet(item_no))
    with pytest.raises(CommandError, match="没有编号为"):
        take_reply(store, desk(), sheet("督2026-0404"))
    with pytest.raises(CommandError, match="已销号"):
        take_reply(store, desk(), sheet(closed))
    with pytest.raises(CommandError, match="不在单位表中"):
        take_reply(store, desk(), sheet(item_no, "X9"))
    with pytest.raises(CommandError, match="不能晚于今天"):
        take_reply(store, desk(), sheet(item_no, 填报日期="2026年11月3日"))
    assert rows(store, t.list_reports) == rows(store, t.list_evidence) == []
    take_reply(store, desk("unit", ("U1",)), sheet(item_no))
    assert [row.origin for row in rows(store, t.list_reports)] == ["unit"]


def test_the_register_shows_each_reader_what_is_theirs(any_store: AssessmentStore) -> None:
    item_no, problem = put_item(any_store), put_item(any_store, "problem")

    def put(kind: str, of: str | None, who: str = "supervision", unit: str | None = None) -> int:
        made = IssueDocument(of, kind, "标题", unit, content=lambda no: no.encode())
        return issue(any_store, desk(who), made).document_id  # type: ignore[arg-type]

    void = put("notice", item_no, unit="U1")
    put("notice", item_no, unit="U2")
    put("close_out", item_no)
    put("report", None)
    put("notice", problem, "hotline", "U1")
    void_document(any_store, desk(), VoidDocument(void, "写错单位"))

    def seen(who: str, kind: str, reach: tuple[str, ...] | None = None) -> list[tuple[str, str]]:
        at = desk(who, reach)  # type: ignore[arg-type]
        view = ListView(at.person, reach, at.today, at.profile, UNITS)
        with any_store.reading() as conn:
            assert document_years(conn, view) == [2026]
            frame = document_register(conn, view, 2026, kind)
        return list(zip(frame["document_no"], frame["standing"], strict=True))

    everything = [("示督办〔2026〕3号", "有效"), ("示督办审〔2026〕1号", "有效"), ("示督办〔2026〕2号", "有效"),
                  ("示督办〔2026〕1号", "已作废")]  # fmt: skip
    assert seen("supervision", "supervision") == seen("leader", "supervision") == everything
    assert seen("hotline", "problem") == [("示热办〔2026〕1号", "有效")]
    assert seen("unit", "supervision", ("U1",)) == everything[3:]
    assert seen("unit", "supervision", ("U21",)) == []
    assert seen("organisation", "supervision") == []
    assert len(documents(any_store)) == 5
