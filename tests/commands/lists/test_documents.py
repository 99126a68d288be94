"""Numbered letters: one number each by word and year, none lost, none twice, voided ones visible."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from lib.access.audit import ACTIONS
from lib.access.roles import NotAllowedError
from lib.access.verify import verify
from lib.assessment_store import AssessmentStore
from lib.commands import CommandError
from lib.commands.lists.documents import (
    Issued,
    IssueDocument,
    VoidDocument,
    document_content,
    issue,
    void_document,
)
from lib.schema import assessment as a
from lib.schema import lists as t
from tests.access.stores import rows
from tests.commands.lists.letter_desk import desk, documents, later, put_item


def notice(item_no: str | None, **given: object) -> IssueDocument:
    said = {"kind": "notice", "title": "督办通知单", "unit_code": "U1", "content": lambda no: f"{no} 内容".encode()}
    return IssueDocument(item_no, **(said | given))  # type: ignore[arg-type]


def test_numbers_run_by_word_and_year(any_store: AssessmentStore) -> None:
    problem, supervision = put_item(any_store, "problem"), put_item(any_store)
    at = desk()
    assert [issue(any_store, at, notice(supervision)).document_no for _ in range(2)] == [
        "示督办〔2026〕1号", "示督办〔2026〕2号",
    ]  # fmt: skip
    assert issue(any_store, desk("hotline"), notice(problem)).document_no == "示热办〔2026〕1号"
    form = notice(supervision, kind="close_out", unit_code=None)
    assert issue(any_store, at, form).document_no == "示督办审〔2026〕1号"
    # The last hour of the year in UTC is the next year in the city.
    new_year = later(at, datetime(2026, 12, 31, 17, 0, tzinfo=UTC))
    assert issue(any_store, new_year, notice(supervision)).document_no == "示督办〔2027〕1号"


def test_a_hundred_at_once_get_one_number_each(any_store: AssessmentStore) -> None:
    count = 100
    items = [put_item(any_store) for _ in range(4)]
    with ThreadPoolExecutor(10) as people:
        issued = list(people.map(lambda n: issue(any_store, desk(), notice(items[n % 4])), range(count)))
    assert sorted(int(i.document_no.split("〕")[1][:-1]) for i in issued) == list(range(1, count + 1))
    assert [row.number for row in documents(any_store)] == list(range(1, count + 1))
    with any_store.reading() as conn:
        kept = [document_content(conn, desk(), i.document_id)[1].decode() for i in issued]
    assert kept == [f"{i.document_no} 内容" for i in issued]


def test_a_letter_that_cannot_be_made_takes_no_number(store: AssessmentStore) -> None:
    item_no = put_item(store)

    def broken(number: str) -> bytes:
        raise CommandError("模板有误")

    with pytest.raises(CommandError, match="模板有误"):
        issue(store, desk(), notice(item_no, content=broken))
    with pytest.raises(CommandError, match="没有生成内容"):
        issue(store, desk(), notice(item_no, content=lambda no: b""))
    assert issue(store, desk(), notice(item_no)).document_no == "示督办〔2026〕1号"
    assert len(rows(store, t.list_files)) == 1


@pytest.mark.parametrize("about_item", [True, False])
def test_the_same_form_sent_twice_takes_one_number(any_store: AssessmentStore, about_item: bool) -> None:
    form = notice(put_item(any_store), form_key="form-1")
    if not about_item:
        form = notice(None, kind="report", unit_code=None, form_key="form-1")
    with ThreadPoolExecutor(4) as clicks:
        issued = set(clicks.map(lambda _: issue(any_store, desk(), form), range(4)))
    assert len(issued) == 1
    assert [row.document_id for row in documents(any_store)] == [issued.pop().document_id]


def test_a_voided_number_stays_and_is_not_given_again(any_store: AssessmentStore) -> None:
    item_no = put_item(any_store)
    first = issue(any_store, desk(), notice(item_no))
    with pytest.raises(CommandError, match="请填写作废原因"):
        void_document(any_store, desk(), VoidDocument(first.document_id, " "))
    assert void_document(any_store, desk(), VoidDocument(first.document_id, "单位写错")) == first.document_no
    with pytest.raises(CommandError, match="已经作废"):
        void_document(any_store, desk(), VoidDocument(first.document_id, "再作废"))
    assert issue(any_store, desk(), notice(item_no)).document_no == "示督办〔2026〕2号"
    voided = documents(any_store)[0]
    assert (voided.void_reason, voided.document_no) == ("单位写错", first.document_no)
    steps = [row.step for row in rows(any_store, t.list_steps)]
    assert steps == ["propose", "document", "void_document", "document"]


def test_letters_about_the_list_are_numbered_and_voided(store: AssessmentStore) -> None:
    issued = issue(store, desk(), notice(None, kind="circular", unit_code=None))
    assert void_document(store, desk(), VoidDocument(issued.document_id, "数字有误")) == issued.document_no
    with pytest.raises(CommandError, match="由督办清单的主办单位出具"):
        issue(store, desk("hotline"), notice(None, kind="report", unit_code=None, list_kind="problem"))
    with pytest.raises(NotAllowedError):
        issue(store, desk("hotline"), notice(None, kind="report", unit_code=None))
    standing = issue(store, desk(), notice(None, kind="report", unit_code=None))
    with pytest.raises(NotAllowedError):
        void_document(store, desk("hotline"), VoidDocument(standing.document_id, "别人的文号"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": "hand_over"}, "由问题清单的主办单位出具"),
        ({"kind": "report"}, "针对整个清单出具"),
        ({"kind": "poem"}, "没有这种文书"),
        ({"unit_code": None}, "主送单位"),
        ({"unit_code": "X9"}, "不在单位表中"),
        ({"title": ""}, "请填写文书标题"),
        ({"title": "长" * 201}, "最多200字"),
        ({"kind": "close_out", "item_no": "督2026-0404"}, "没有编号为"),
        ({"item_no": None}, "须针对一个事项"),
    ],
)
def test_what_cannot_be_issued_is_refused_with_a_sentence(store: AssessmentStore, given: dict, said: str) -> None:
    item_no = put_item(store)
    with pytest.raises(CommandError, match=said):
        issue(store, desk(), notice(**({"item_no": item_no} | given)))
    assert documents(store) == []


def test_state_and_role_decide(store: AssessmentStore) -> None:
    proposed, item_no = put_item(store, state="proposed"), put_item(store)
    with pytest.raises(CommandError, match="拟列"):
        issue(store, desk(), notice(proposed))
    for role in ("leader", "hotline", "discipline", "organisation"):
        with pytest.raises(NotAllowedError):
            issue(store, desk(role), notice(item_no))
    with pytest.raises(NotAllowedError):
        issue(store, desk("unit", ("U1",)), notice(item_no))
    first = issue(store, desk(), notice(item_no))
    with pytest.raises(NotAllowedError):
        void_document(store, desk("leader"), VoidDocument(first.document_id, "越权"))


def test_who_may_read_a_letter(store: AssessmentStore) -> None:
    item_no = put_item(store)
    to_unit = issue(store, desk(), notice(item_no))
    form = issue(store, desk(), notice(item_no, kind="close_out", unit_code=None))

    def reads(who: object, issued: Issued) -> bool:
        with store.reading() as conn:
            try:
                return bool(document_content(conn, who, issued.document_id))  # type: ignore[arg-type]
            except NotAllowedError:
                return False

    assert all(reads(desk(role), to_unit) for role in ("leader", "supervision", "discipline", "hotline"))
    assert not any(reads(desk(role), to_unit) for role in ("organisation", "kiosk", "system_admin"))
    assert reads(desk("unit", ("U1",)), to_unit)
    assert not reads(desk("unit", ("U2", "U21")), to_unit)
    assert not reads(desk("unit", ("U1",)), form)


def test_the_history_tells_of_numbers(store: AssessmentStore) -> None:
    issued = issue(store, desk(), notice(put_item(store)))
    void_document(store, desk(), VoidDocument(issued.document_id, "单位写错"))
    told = [(row.action, row.subject) for row in rows(store, a.audit_entries)]
    assert ("document_numbered", issued.document_no) in told
    assert ("document_voided", issued.document_no) in told
    assert {action for action, _ in told} <= set(ACTIONS)
    assert verify(store).broken is None
