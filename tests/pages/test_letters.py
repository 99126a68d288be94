"""文书与催办 and the letters of an item: who sees which part, and that a letter is issued once."""

from __future__ import annotations

import io
import time
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest
from streamlit.testing.v1 import AppTest

from lib.access import offers
from lib.access.moments import city_time
from lib.access.shared import shared_assessment
from lib.assessment_store import AssessmentStore
from lib.city import load_city
from lib.commands.lists.documents import IssueDocument, issue
from lib.config import Settings
from lib.documents import letters
from lib.schema import assessment as a
from lib.schema import lists as t
from lib.ui import jobs
from lib.ui.list_letters import ISSUE, REGISTER, REMIND, REPLIES
from tests.access.stores import rows
from tests.commands.lists.letter_desk import desk, documents, put_in, put_item, words_of
from tests.documents.sheets import ANSWERS, as_docx, number
from tests.factories import create_ticket, publish_rows
from tests.pages.conftest import run_page, words
from tests.people import signed_in

UNIT = "S02"
TODAY = city_time(datetime.now(UTC)).date()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """One ticket in the demo city's places."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("letters"), city="anyang", tickets_url=None)
    publish_rows(settings, [create_ticket(unit_code=UNIT)], [], pair="demo", city=load_city("demo")).dispose()
    return settings


@pytest.fixture
def store(published: Settings, monkeypatch: pytest.MonkeyPatch) -> AssessmentStore:
    """Its lists."""
    monkeypatch.setenv("MINSHENG_DATA_DIR", str(published.data_dir))
    for name in ("TICKETS_URL", "ASSESSMENT_URL", "CITY", "MINSHENG_WEBHOOK_URL"):
        monkeypatch.delenv(name, raising=False)
    return shared_assessment(Settings.from_env(), "demo")


@pytest.fixture
def item_no(store: AssessmentStore, monkeypatch: pytest.MonkeyPatch) -> str:
    """An overdue item of a unit of the demo city."""
    monkeypatch.setitem(letter_units(), UNIT, "示例市住房保障局")
    made = put_item(store, lead_unit_code=UNIT, due_on=TODAY - timedelta(days=14), title="供水改造")
    put_in(store, made, assigned_on=TODAY - timedelta(days=30))
    return made


def letter_units() -> dict[str, str]:
    from tests.commands.lists import letter_desk

    return letter_desk.UNITS


def parts(test: AppTest) -> list[str]:
    return list(test.segmented_control[0].options)


def offered(file_name: str) -> bytes:
    """The file that a page offers under that name."""
    return next(offer for _, offer in reversed(offers.OFFERS._held.values()) if offer.file_name == file_name).make()


def press(test: AppTest, label: str) -> AppTest:
    next(button for button in test.button if button.label.startswith(label)).click()
    return test.run()


@pytest.mark.parametrize(
    ("role", "offered"),
    [
        ("supervision", [REMIND, REPLIES, ISSUE, REGISTER]),
        ("hotline", [REMIND, REPLIES, REGISTER]),
        ("leader", [REGISTER]),
        ("discipline", [REGISTER]),
        ("unit", [REPLIES, REGISTER]),
    ],
)
def test_each_role_sees_its_own_parts(store: AssessmentStore, role: str, offered: list[str]) -> None:
    user = signed_in(role, UNIT if role == "unit" else None)  # type: ignore[arg-type]
    assert parts(run_page("letters", user=user)) == offered


def test_reminders_are_texts_to_copy_and_a_phone_list(store: AssessmentStore, item_no: str) -> None:
    test = run_page("letters", user=signed_in("supervision"))
    text = next(code.value for code in test.code if item_no in code.value)
    assert "已逾期" in text
    assert "周衡" not in text
    assert [button.label for button in test.button if "消息群" in button.label] == []
    book = openpyxl.load_workbook(io.BytesIO(offered("督办清单催办电话表.xlsx")))
    assert {"周衡", "0372-0000001"} <= {cell.value for row in book.worksheets[0].iter_rows() for cell in row}


def test_the_messenger_is_asked_once_and_what_failed_is_listed(store, item_no: str, monkeypatch) -> None:
    # Nobody listens there.
    monkeypatch.setenv("MINSHENG_WEBHOOK_URL", "http://127.0.0.1:9/hook")
    test = press(run_page("letters", user=signed_in("supervision")), "发送到消息群")
    (job,) = [job for key, job in jobs._jobs.items() if key.startswith("remind:")]
    deadline = time.monotonic() + 20
    while not job.is_done and time.monotonic() < deadline:
        time.sleep(0.02)
    test.run()
    assert "没有发出，请改用复制或电话" in test.warning[0].value
    assert set(test.dataframe[0].value["outcome"]) == {"接口连不上，请信息中心检查地址和网络"}
    assert [button.disabled for button in test.button if button.label.startswith("发送到消息群")] == [True]
    sent = [row for row in rows(store, a.audit_entries) if row.action == "reminder_sent"]
    assert len(sent) == 2


def test_a_letter_is_issued_once_and_offered_as_issued(store: AssessmentStore, item_no: str) -> None:
    before = len(documents(store))
    test = run_page("list_item", user=signed_in("supervision"), no=item_no)
    test = press(test, "取号并出具")
    issued = documents(store)[before:]
    assert [(row.kind, row.unit_code) for row in issued] == [("notice", UNIT)]
    assert f"已出具 {issued[0].document_no}" in "".join(message.value for message in test.success)
    said = words_of(offered(f"{issued[0].document_no}.docx"))
    assert "供水改造" in said
    assert issued[0].document_no in said
    test = press(test, "作废")
    test.text_area[-1].set_value("写错单位")
    press(test, "确认作废")
    assert documents(store)[-1].void_reason == "写错单位"


def test_a_broken_template_is_said_and_takes_no_number(store: AssessmentStore, item_no: str) -> None:
    before = len(documents(store))
    own = Settings.from_env().data_dir / letters.FOLDER / "督办通知单.docx"
    own.parent.mkdir(exist_ok=True)
    own.write_bytes(b"broken")
    try:
        test = run_page("list_item", user=signed_in("supervision"), no=item_no)
        assert "督办通知单" in test.error[0].value
        test = press(test, "取号并出具")
        assert len(documents(store)) == before
    finally:
        own.unlink()


def test_sheets_are_checked_and_taken_in(store: AssessmentStore, item_no: str) -> None:
    content = as_docx(ANSWERS | {"填报日期": ""}, number(item_no, UNIT))
    test = run_page("letters", user=signed_in("supervision"), part=REPLIES)
    test.file_uploader[0].set_value([("好.docx", content, "docx"), ("坏.docx", b"PK\x03\x04", "docx")]).run()
    refused, ready = (frame.value for frame in test.dataframe)
    assert list(ready["file"]) == ["好.docx"]
    assert list(refused["file"]) == ["坏.docx"]
    assert "已损坏" in refused["why"].iloc[0]
    test = press(test, "导入 1 份")
    assert "已导入 1 份" in test.success[0].value
    assert [(row.unit_code, row.origin) for row in rows(store, t.list_reports)][-1] == (UNIT, "sheet")
    test.file_uploader[0].set_value([("又.docx", content, "docx")]).run()
    assert "已经导入过" in test.dataframe[-1].value["why"].iloc[0]


def test_a_report_to_leaders_shows_its_figures_before_it_is_issued(store: AssessmentStore, item_no: str) -> None:
    before = len(documents(store))
    test = run_page("letters", user=signed_in("supervision"), part=ISSUE)
    assert "督办清单共列入" in words(test)
    test = press(test, "取号并出具")
    assert [row.kind for row in documents(store)[before:]] == ["report"]
    test = run_page("letters", user=signed_in("leader"), part=REGISTER)
    assert documents(store)[-1].document_no in list(test.dataframe[0].value["document_no"])
    assert "取号并出具" not in [button.label for button in test.button]


def test_a_unit_reads_its_own_letters_only(store: AssessmentStore, item_no: str) -> None:
    made = IssueDocument(item_no, "notice", "督办通知单", UNIT, content=lambda no: b"x")
    own = issue(store, desk(now=datetime.now(UTC)), made).document_no
    form = IssueDocument(item_no, "close_out", "销号审批表", content=lambda no: b"x")
    issue(store, desk(now=datetime.now(UTC)), form)
    frame = run_page("letters", user=signed_in("unit", UNIT), part=REGISTER).dataframe[0].value
    assert own in list(frame["document_no"])
    assert set(frame["kind_label"]) == {"督办通知单"}
