"""账号 and 我的账号: who sees them, and that every act is the role's own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from lib import answers
from lib.access import sessions
from lib.access.accounts import SignedIn, sign_in
from lib.access.passwords import STANDARD
from lib.access.roles import Identity, NotAllowedError
from lib.access.shared import shared_assessment
from lib.assessment_store import AssessmentStore
from lib.config import Settings
from lib.schema import assessment as a
from lib.ui import account_view, own_account_view
from tests.access.stores import PASSWORD, QUICK, account, put_account, put_person, rows
from tests.pages.conftest import dialog, raw_page, run_page, words
from tests.people import signed_in


@pytest.fixture
def store(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AssessmentStore:
    """A server before its first import, with two accounts."""
    monkeypatch.setenv("MINSHENG_DATA_DIR", str(settings.data_dir))
    for name in ("TICKETS_URL", "ASSESSMENT_URL", "CITY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(STANDARD, "_hasher", QUICK._hasher)
    store = shared_assessment(Settings.from_env())
    put_person(store, "wang", display_name="王芳", role="hotline")
    put_person(store, "zhao", display_name="赵敏", role="unit", unit_code="U1")
    return store


def names(test: AppTest) -> list[str]:
    return list(test.dataframe[0].value["name"])


def buttons(test: AppTest) -> list[str]:
    return [button.label for button in test.button]


def chosen(test: AppTest, name: str) -> AppTest:
    """The page with the dialog of an account open, as after a click on its row."""
    row = test.dataframe[0].value.set_index("name").loc[name]
    kept = account(shared_assessment(Settings.from_env()), name)
    test.session_state[account_view._OPEN] = {
        **row.to_dict(), "name": name, "role": kept.role, "unit_code": kept.unit_code, "origin": kept.origin,
        "is_disabled": kept.disabled_at is not None, "is_locked": kept.locked_until is not None,
        "version": kept.version,
    }  # fmt: skip
    return test.run()


def act(test: AppTest, label: str) -> AppTest:
    test.segmented_control[0].set_value(label).run()
    return test


def press(test: AppTest, label: str) -> AppTest:
    next(button for button in test.button if button.label == label).click()
    return test.run()


def test_the_system_admin_lists_searches_and_adds(store):
    test = run_page("accounts", user=signed_in("system_admin"))
    assert {"wang", "zhao", "system_admin-all"} == set(names(test))
    test.text_input(key="account_words").set_value("赵").run()
    assert names(test) == ["zhao"]
    test.text_input(key="account_words").set_value("").run()
    test.selectbox(key="account_role").set_value("hotline").run()
    assert names(test) == ["wang"]
    test.selectbox(key="account_state").set_value("已停用").run()
    assert names(test) == []
    assert {"password_hash", "subject"}.isdisjoint(test.dataframe[0].value.columns)


def test_adding_shows_the_temporary_password_once(store):
    test = press(run_page("accounts", user=signed_in("system_admin")), "新建账号")
    by_label = {field.label: field for field in test.text_input}
    by_label["账号"].set_value("LiLei")
    by_label["姓名"].set_value("李雷")
    role = next(box for box in test.selectbox if box.key == "account_new_role_")
    assert not {"系统管理员", "安全管理员", "审计管理员", "投影"} & set(role.options)
    role.set_value("leader")
    test = press(test.run(), "新建并生成临时密码")
    password = test.code[0].value
    done = sign_in(store, "lilei", password, peer="", user_agent="", now=datetime.now(UTC))
    assert isinstance(done, SignedIn)
    assert done.must_change
    test = press(test, "已记下，关闭")
    assert password not in str([element.value for element in test.code])
    assert "lilei" in names(test)


def test_disabling_asks_first(store):
    test = chosen(run_page("accounts", user=signed_in("system_admin")), "wang")
    assert test.segmented_control[0].options == ["重置密码", "停用"]
    test = act(test, "停用")
    assert account(store, "wang").disabled_at is None
    assert "停用后不能登录" in dialog(test)
    test = press(test, "确认停用")
    assert account(store, "wang").disabled_at is not None
    assert [message.value for message in test.success] == ["账号 wang 已办理：停用"]


def test_the_security_admin_changes_roles_and_nothing_else(store):
    test = run_page("accounts", user=signed_in("security_admin"))
    assert "新建账号" not in buttons(test)
    test = chosen(test, "wang")
    assert test.segmented_control[0].options == ["变更角色"]
    test = act(test, "变更角色")
    next(box for box in test.selectbox if box.key == "account_new_role_hotline").set_value("supervision")
    press(test.run(), "确认变更角色")
    assert account(store, "wang").role == "supervision"


def test_a_form_that_was_opened_before_somebody_elses_change_is_refused(store):
    test = act(chosen(run_page("accounts", user=signed_in("system_admin")), "wang"), "停用")
    with store.writing() as conn:
        conn.execute(a.accounts.update().where(a.accounts.c.name == "wang").values(role="leader", version=2))
    test = press(test, "确认停用")
    assert "刚被他人修改" in test.error[0].value
    assert account(store, "wang").disabled_at is None


def test_ones_own_and_demo_accounts_offer_nothing(store):
    put_account(store, "demo-leader", role="leader", origin="demo")
    test = run_page("accounts", user=signed_in("system_admin"))
    for name, said in (("system_admin-all", "自己的账号"), ("demo-leader", "演示账号由系统自动维护")):
        opened = chosen(test, name)
        assert len(opened.segmented_control) == 0
        assert said in dialog(opened)


@pytest.mark.parametrize("role", ["leader", "hotline", "discipline", "audit_admin"])
def test_others_do_not_reach_the_page(store, role):
    test = raw_page("my_account", user=signed_in(role))
    with pytest.raises(ValueError, match="Could not find a navigation page"):
        test.switch_page("pages/accounts.py")
    with store.reading() as conn, pytest.raises(NotAllowedError):
        answers.accounts(conn, Identity("somebody", "某", role), datetime.now(UTC))


def test_my_account_shows_sign_ins_and_ends_other_sessions(store):
    user = signed_in("leader")
    now = datetime.now(UTC)
    with store.writing() as conn:
        conn.execute(a.accounts.update().where(a.accounts.c.name == "leader-all").values(
            password_hash=QUICK.hash(PASSWORD)))  # fmt: skip
    browser = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/118.0 Safari/537.36"
    sign_in(store, "leader-all", "wrong-Password1", peer="10.9.8.7", user_agent=browser, now=now)
    there = sign_in(store, "leader-all", PASSWORD, peer="10.9.8.7", user_agent=browser, now=now)
    test = run_page("my_account", user=user)
    shown = test.dataframe[0].value
    assert list(shown["outcome"]) == ["登录成功", "密码错误"]
    assert list(shown["browser"]) == ["Chrome 118 · Linux"] * 2
    assert buttons(test).count("结束") == 1
    press(test, "结束")
    with store.reading() as conn:
        assert sessions.by_ref(conn, there.session_ref, now=now) is None
        assert sessions.by_ref(conn, user["session"], now=now) is not None


def test_my_password_changes_here(store):
    user = signed_in("leader")
    with store.writing() as conn:
        conn.execute(a.accounts.update().where(a.accounts.c.name == "leader-all").values(
            password_hash=QUICK.hash(PASSWORD)))  # fmt: skip
    test = run_page("my_account", user=user)

    def fill(*given: str) -> AppTest:
        for field, text in zip(test.text_input, given, strict=True):
            field.set_value(text)
        return press(test, "修改密码")

    assert "不一致" in fill(PASSWORD, "Orchard-8kettle", "Orchard-9kettle").error[0].value
    assert "原密码不正确" in fill("wrong", "Orchard-8kettle", "Orchard-8kettle").error[0].value
    assert "密码已修改" in fill(PASSWORD, "Orchard-8kettle", "Orchard-8kettle").success[0].value
    assert isinstance(
        sign_in(store, "leader-all", "Orchard-8kettle", peer="", user_agent="", now=datetime.now(UTC)), SignedIn
    )


def test_who_has_no_password_here_is_told_so(store):
    test = run_page("my_account", user=signed_in("leader"))
    assert "没有密码" in words(test)
    assert own_account_view.SIGN_INS
    assert rows(store, a.sign_ins) == []
