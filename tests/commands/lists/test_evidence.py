"""Evidence of an item: kept once, readable within reach, recorded, withdrawn but not lost."""

import pytest

from lib.access.roles import NotAllowedError
from lib.commands import CommandError
from lib.commands.lists import evidence
from lib.commands.lists.evidence import AddEvidence, WithdrawEvidence
from lib.schema import assessment as a
from lib.schema import lists as t
from tests.access.stores import rows
from tests.commands.lists.letter_desk import desk, put_in, put_item
from tests.lists.office_files import EXE, PDF, document

OFFICE, UNIT, OTHER = desk(), desk("unit", ("U1",)), desk("unit", ("U2",))


def attach(store, item_no, who=OFFICE, content=PDF, name="整改报告.pdf", purpose="close_out", **given):
    return evidence.add_evidence(store, who, AddEvidence(item_no, name, content, purpose, **given))


def actions(store):
    return [entry.action for entry in rows(store, a.audit_entries)]


def test_a_file_is_kept_read_and_recorded(any_store):
    item_no = put_item(any_store)
    number = attach(any_store, item_no, UNIT, name=r"D:\材料\整改报告.pdf", note="现场复核")
    assert evidence.read_evidence(any_store, OFFICE, number) == ("整改报告.pdf", "application/pdf", PDF)
    assert evidence.read_evidence(any_store, UNIT, number)[2] == PDF
    [kept] = rows(any_store, t.list_evidence)
    assert (kept.kind, kept.purpose, kept.note, kept.added_by) == ("pdf", "close_out", "现场复核", "unit-1")
    step = rows(any_store, t.list_steps)[-1]
    assert (step.step, step.role, step.text) == ("attach", "unit", "现场复核")
    assert actions(any_store)[-4:] == ["evidence_added", "item_step", "evidence_read", "evidence_read"]
    assert kept.sha256 in rows(any_store, a.audit_entries)[-1].text


def test_the_same_file_is_kept_once(any_store):
    first, second = put_item(any_store), put_item(any_store, title="另一事项")
    number = attach(any_store, first)
    with pytest.raises(CommandError, match=r"已经上传过（整改报告\.pdf"):
        attach(any_store, first, name="改名.pdf")
    attach(any_store, second)
    assert len(rows(any_store, t.list_files)) == 1
    evidence.withdraw_evidence(any_store, OFFICE, WithdrawEvidence(first, number, "传错了"))
    assert attach(any_store, first) != number
    assert len(rows(any_store, t.list_files)) == 1


def test_a_form_sent_twice_attaches_once(store):
    item_no = put_item(store)
    number = attach(store, item_no, form_key="k1")
    assert attach(store, item_no, form_key="k1") == number
    assert len(rows(store, t.list_evidence)) == 1


@pytest.mark.parametrize(
    ("content", "name", "why"),
    [
        (EXE, "整改报告.pdf", "“整改报告”内容是可执行程序"),
        (b"<html>", "网页.docx", "“网页”内容是网页"),
        (b"", "空.pdf", "“空”是空文件"),
        (PDF + b" " * (21 * 1024 * 1024), "大.pdf", "“大”有 21.0 MB，超过 20 MB"),
    ],
)
def test_a_refused_file_leaves_nothing(store, content, name, why):
    item_no = put_item(store)
    before = len(rows(store, a.audit_entries))
    with pytest.raises(CommandError, match=why):
        attach(store, item_no, content=content, name=name)
    assert not rows(store, t.list_files)
    assert len(rows(store, a.audit_entries)) == before


def test_who_may_attach_and_read(store):
    item_no = put_item(store)
    with pytest.raises(CommandError, match=f"没有编号为 {item_no} 的事项"):
        attach(store, item_no, OTHER)
    with pytest.raises(CommandError, match="材料用途请从列表中选择"):
        attach(store, item_no, UNIT, purpose="instruction")
    for role in ("leader", "discipline", "hotline", "organisation", "kiosk"):
        with pytest.raises(NotAllowedError):
            attach(store, item_no, desk(role))
    scan = attach(store, item_no, purpose="instruction", content=document(), name="批示.docx")
    report = attach(store, item_no)
    for role in ("leader", "discipline", "hotline"):
        assert evidence.read_evidence(store, desk(role), scan)[0] == "批示.docx"
    reads = len(actions(store))
    for who, number in ((UNIT, scan), (OTHER, report), (desk("kiosk"), report), (desk("organisation"), report),
                        (desk("system_admin"), report), (OFFICE, 999)):  # fmt: skip
        with pytest.raises(CommandError, match="不在您的查看范围内"):
            evidence.read_evidence(store, who, number)
    assert len(actions(store)) == reads
    evidence.withdraw_evidence(store, OFFICE, WithdrawEvidence(item_no, report, "内容有误"))
    assert evidence.read_evidence(store, OFFICE, report)[2] == PDF
    with pytest.raises(CommandError, match="不在您的查看范围内"):
        evidence.read_evidence(store, UNIT, report)


def test_withdrawing_says_why_and_once(store):
    item_no, other = put_item(store), put_item(store, title="另一事项")
    number = attach(store, item_no)
    with pytest.raises(CommandError, match="请填写撤下原因"):
        evidence.withdraw_evidence(store, OFFICE, WithdrawEvidence(item_no, number, " "))
    with pytest.raises(CommandError, match="没有这份材料"):
        evidence.withdraw_evidence(store, OFFICE, WithdrawEvidence(other, number, "传错了"))
    put_in(store, item_no, state="closing")
    with pytest.raises(CommandError, match="正在销号复核"):
        evidence.withdraw_evidence(store, OFFICE, WithdrawEvidence(item_no, number, "传错了"))
    put_in(store, item_no, state="handling")
    evidence.withdraw_evidence(store, OFFICE, WithdrawEvidence(item_no, number, "传错了"))
    with pytest.raises(CommandError, match="已在11月2日09:00撤下"):
        evidence.withdraw_evidence(store, OFFICE, WithdrawEvidence(item_no, number, "传错了"))
    put_in(store, item_no, state="voided")
    with pytest.raises(CommandError, match="不能办理“上传佐证材料”"):
        attach(store, item_no)
