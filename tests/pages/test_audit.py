"""审计: search, open an entry, verify; each role its own."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from lib.access import audit
from lib.access.audit import Act
from lib.access.roles import Identity, Role
from lib.access.shared import shared_assessment
from lib.assessment_store import AssessmentStore
from lib.config import Settings
from lib.ui import audit_view, jobs
from tests.pages.conftest import dialog, raw_page, words
from tests.people import signed_in


@pytest.fixture
def store(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AssessmentStore:
    """A server before its first import, with a history of 60 entries."""
    monkeypatch.setenv("MINSHENG_DATA_DIR", str(settings.data_dir))
    for name in ("TICKETS_URL", "ASSESSMENT_URL", "CITY"):
        monkeypatch.delenv(name, raising=False)
    store = shared_assessment(Settings.from_env())
    with store.writing() as conn:
        for number in range(1, 61):
            act = Act("account_changed", f"账号{number}", {"role": "unit"}, {"role": "hotline"}, "*轮岗*")
            audit.append(conn, Identity("wang", "王芳", "system_admin"), act, at=datetime.now(UTC))
    return store


def opened(role: Role) -> AppTest:
    return raw_page("audit", user=signed_in(role))


def shown(test: AppTest) -> list[int]:
    return list(test.dataframe[0].value["entry_no"])


def test_newest_fifty_come_first_and_the_rest_behind(store: AssessmentStore) -> None:
    test = opened("audit_admin")
    assert "共 **60** 条" in words(test)
    assert shown(test) == list(range(60, 10, -1))
    test = next(b for b in test.button if b.label == "下一页").click().run()
    assert shown(test) == list(range(10, 0, -1))
    test.text_input(key="audit_subject").set_value("账号7").run()
    assert shown(test) == [7]


def test_entry_is_opened_with_before_and_after(store: AssessmentStore) -> None:
    test = opened("discipline")
    # The row as a click hands it over.
    test.session_state[audit_view._OPEN] = {
        "entry_no": 7, "at": datetime(2026, 10, 20, 8, 0), "account": "wang", "name": "王芳", "role": "系统管理员",
        "action": "修改账号", "subject": "账号7", "reason": "*轮岗*", "before": {"role": "unit"},
        "after": {"role": "hotline"},
    }  # fmt: skip
    test.run()
    assert "王芳（wang，系统管理员）" in dialog(test).replace("\\", "")
    assert r"\*轮岗\*" in dialog(test)
    assert [list(row) for row in test.dataframe[1].value.itertuples(index=False)] == [["角色", "承办单位", "热线中心"]]


def test_own_roles_see_neither_others_nor_the_chain(store: AssessmentStore) -> None:
    test = opened("hotline")
    assert "没有符合条件的记录" in words(test)
    assert "审计链" not in words(test)
    assert [b for b in test.button if b.key == "verify_chain"] == []
    assert [t for t in test.text_input if t.key == "audit_account"] == []


@pytest.mark.parametrize("role", ["system_admin", "security_admin"])
def test_others_have_no_such_page(store: AssessmentStore, role: Role) -> None:
    with pytest.raises(ValueError, match="audit"):
        opened(role)


def verified(test: AppTest) -> str:
    test = test.button(key="verify_chain").click().run()
    deadline = time.monotonic() + 60
    while any(not job.is_done for job in jobs._jobs.values()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return words(test.run())


def test_verification_says_what_it_found(store: AssessmentStore) -> None:
    test = opened("audit_admin")
    assert "共 60 条" in words(test)
    assert "尚未核验" in words(test)
    assert "核验 60 条：完整" in verified(test)
    with store.writing() as conn:
        conn.execute(text("DROP TRIGGER audit_entries_no_delete"))
        conn.execute(text("DELETE FROM audit_entries WHERE entry_no = 31"))
    said = verified(test)
    assert "不完整" in said
    assert "第 31 条起有问题" in said
