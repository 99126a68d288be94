"""The command line's accounts: made, listed, closed; passwords are shown once or read where nobody sees them."""

from __future__ import annotations

import io
import json
import re
import stat
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lib.access import secrets_file
from lib.access.accounts import SignedIn, Visit, sign_in
from lib.access.passwords import STANDARD
from lib.access.provider_accounts import Person
from lib.access.provider_accounts import sign_in as provider_sign_in
from lib.access.secrets_file import COOKIE_VARIABLE, find_secrets, make_secrets, production_secrets, secrets_path
from lib.assessment_store import open_assessment
from lib.cli import main
from lib.config import ConfigError, Settings
from lib.schema import assessment as a
from lib.schema import tickets as t
from lib.store import PairName, active_pair, open_store
from tests.access.stores import QUICK, account, rows


@pytest.fixture(autouse=True)
def own_folder(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINSHENG_DATA_DIR", str(settings.data_dir))
    for name in ("TICKETS_URL", "ASSESSMENT_URL", "CITY", COOKIE_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(STANDARD, "_hasher", QUICK._hasher)


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """What a command prints; fails unless it ends with the code."""
    ended = main(arguments)
    shown = capsys.readouterr()
    assert ended == code, shown
    return shown.out + shown.err


def entered(settings: Settings, name: str, password: str, pair: PairName = "demo") -> bool:
    store = open_assessment(settings, pair)
    done = sign_in(store, name, password, peer="127.0.0.1", user_agent="", now=datetime.now(UTC))
    return isinstance(done, SignedIn)


def temporary(text: str) -> str:
    found = re.findall(r"临时密码（只显示这一次）：(\S+)", text)
    assert len(found) == 1
    return found[0]


def test_add_reset_disable_enable_and_list(settings, capsys):
    text = said(capsys, "user", "add", "Wang", "--role", "热线中心", "--display-name", "王芳")
    assert "已在演示库新建账号 wang（热线中心）" in text
    assert "首次登录须修改密码" in text
    assert entered(settings, "wang", temporary(text))
    text = said(capsys, "user", "reset", "wang")
    assert entered(settings, "wang", temporary(text))
    assert "已改为领导：账号 wang（演示库）" in said(capsys, "user", "role", "wang", "--role", "leader")
    assert "已停用账号 wang" in said(capsys, "user", "disable", "wang")
    assert said(capsys, "user", "list") == "演示库共 1 个账号：\nwang\t王芳\t领导\t\t已停用\n"
    assert "已启用账号 wang" in said(capsys, "user", "enable", "wang")
    assert said(capsys, "user", "list").endswith("待改密码\n")
    store = open_assessment(settings, "demo")
    acts = [json.loads(entry.text) for entry in rows(store, a.audit_entries)]
    done = [act["action"] for act in acts if act["account"] == "command-line"]
    assert done == ["account_added", "password_reset", "role_changed", "account_disabled", "account_enabled"]


def test_a_person_of_the_identity_provider_is_registered_without_a_password(settings, capsys, monkeypatch):
    monkeypatch.delenv("OIDC_ISSUER", raising=False)
    add = ("user", "add", "wang", "--role", "leader", "--subject", "u-17")
    assert "请用 --issuer 写明签发者地址" in said(capsys, *add, code=2)
    text = said(capsys, *add, "--issuer", "https://id.example.cn/")
    assert text == "已在演示库登记账号 wang（领导），由统一身份认证登录\n"
    monkeypatch.setenv("OIDC_ISSUER", "https://id.example.cn")
    again = ("user", "add", "li", "--role", "leader", "--subject", "u-17")
    assert "已登记为账号 wang" in said(capsys, *again, code=2)
    assert "没有密码" in said(capsys, "user", "reset", "wang", code=2)
    store = open_assessment(settings, "demo")
    person = Person("https://id.example.cn", "u-17", "somebody", "王芳", is_mapped=False)
    done = provider_sign_in(store, person, Visit("127.0.0.1", "", datetime.now(UTC)), may_create=False)
    assert isinstance(done, SignedIn)
    assert account(store, "wang").role == "leader"
    unknown = replace(person, subject="u-18")
    assert not isinstance(
        provider_sign_in(store, unknown, Visit("127.0.0.1", "", datetime.now(UTC)), may_create=False), SignedIn
    )


def test_the_pair_is_chosen_and_named(settings, capsys):
    text = said(capsys, "user", "add", "wang", "--role", "leader", "--pair", "city")
    assert "已在本市库新建账号 wang" in text
    assert said(capsys, "user", "list") == "演示库共 0 个账号\n"
    assert said(capsys, "user", "list", "--pair", "city").startswith("本市库共 1 个账号：")
    assert "演示库没有账号 wang" in said(capsys, "user", "disable", "wang", code=2)


def test_an_administrator_comes_from_the_command_line(settings, capsys):
    said(capsys, "user", "add", "he", "--role", "安全管理员")
    assert account(open_assessment(settings, "demo"), "he").role == "security_admin"


def test_refusals_are_sentences(settings, capsys):
    said(capsys, "user", "add", "wang", "--role", "leader")
    assert "没有改动：账号名 wang 已被使用" in said(capsys, "user", "add", "wang", "--role", "leader", code=2)
    assert "没有改动：承办单位的账号须指明单位" in said(capsys, "user", "add", "li", "--role", "unit", code=2)
    with pytest.raises(SystemExit):
        main(["user", "add", "li", "--role", "boss"])
    assert "没有这个角色" in capsys.readouterr().err


def test_a_unit_is_known_by_code_or_name(demo_settings, demo_store, settings, capsys, monkeypatch):
    text = said(capsys, "user", "add", "li", "--role", "unit", "--unit", "X1")
    assert "单位编码 X1 未经核对" in text
    # The tickets of the shared demo city, the accounts of this test's own folder.
    monkeypatch.setattr("lib.commands.user_command.open_store", lambda _, pair: open_store(demo_settings, pair))
    with demo_store.engine.connect() as conn:
        unit = conn.execute(t.units.select().limit(1)).one()
    said(capsys, "user", "add", "by-name", "--role", "unit", "--unit", unit.name)
    said(capsys, "user", "add", "by-code", "--role", "unit", "--unit", unit.unit_code)
    store = open_assessment(settings, "demo")
    assert account(store, "by-name").unit_code == account(store, "by-code").unit_code == unit.unit_code
    assert "没有单位“无此局”" in said(capsys, "user", "add", "x-y", "--role", "unit", "--unit", "无此局", code=2)


def test_a_password_from_a_file_stdin_or_the_terminal_is_not_printed(settings, capsys, monkeypatch, tmp_path):
    password = "Kettle-7orchard"
    (tmp_path / "password").write_text(f"{password}\n", "utf-8")
    add = ("user", "add", "--role", "leader")
    shown = said(capsys, *add, "one", "--password-file", str(tmp_path / "password"))
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    shown += said(capsys, *add, "two", "--password-file", "-")
    monkeypatch.setattr("getpass.getpass", lambda _: password)
    shown += said(capsys, *add, "three", "--ask-password")
    assert password not in shown
    assert "临时密码" not in shown
    assert all(entered(settings, name, password) for name in ("one", "two", "three"))
    answers = iter([password, "other"])
    monkeypatch.setattr("getpass.getpass", lambda _: next(answers))
    assert "两次输入的密码不一致" in said(capsys, *add, "four", "--ask-password", code=2)
    assert "无法读取" in said(capsys, *add, "four", "--password-file", str(tmp_path / "none"), code=2)
    (tmp_path / "password").write_text("weak", "utf-8")
    assert "密码至少10位" in said(capsys, *add, "four", "--password-file", str(tmp_path / "password"), code=2)


def test_init_makes_secrets_and_the_first_administrator_once(settings, capsys):
    text = said(capsys, "init", "--city", "--name", "chief", "--display-name", "赵敏")
    assert active_pair(settings) == "city"
    assert "已改用本市库" in text
    assert entered(settings, "chief", temporary(text), "city")
    assert "安全管理员" in text
    path = secrets_path(settings)
    before = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert production_secrets(settings, {}).cookie == json.loads(before)["cookie_secret"]
    assert json.loads(before)["cookie_secret"] not in text
    again = said(capsys, "init", "--city")
    assert "未改动" in again
    assert "本市库已有系统管理员：chief" in again
    assert "临时密码" not in again
    assert path.read_bytes() == before
    acts = [json.loads(entry.text) for entry in rows(open_assessment(settings, "city"), a.audit_entries)]
    assert [(act["action"], act["after"]) for act in acts if act["action"] == "pair_chosen"] == [
        ("pair_chosen", "本市")
    ]


def test_init_without_city_stays_with_the_demo_and_has_the_citys_administrator_ready(settings, capsys):
    text = said(capsys, "init")
    assert "已在演示库新建账号 admin" in text
    assert "已在本市库新建账号 admin" in text
    assert active_pair(settings) == "demo"
    password = temporary(text)
    assert entered(settings, "admin", password, "demo")
    assert entered(settings, "admin", password, "city")


def test_without_secrets_a_production_start_is_told_what_to_do(settings):
    assert find_secrets(settings, {}) is None
    with pytest.raises(ConfigError, match=rf"python -m lib init.*{COOKIE_VARIABLE}"):
        production_secrets(settings, {})


def test_the_environment_comes_first_and_must_be_long_enough(settings):
    make_secrets(settings)
    assert production_secrets(settings, {COOKIE_VARIABLE: "e" * 32}).cookie == "e" * 32
    with pytest.raises(ConfigError, match="太短"):
        production_secrets(settings, {COOKIE_VARIABLE: "changeme"})


def test_a_file_that_others_read_or_that_is_broken_is_refused(settings):
    assert make_secrets(settings)
    path = secrets_path(settings)
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        production_secrets(settings, {})
    path.chmod(0o600)
    for broken in ("", "[]", "{}", '{"cookie_secret": 5}', '{"cookie_secret": "short"}'):
        path.write_text(broken, "utf-8")
        with pytest.raises(ConfigError, match=r"python -m lib init"):
            production_secrets(settings, {})


def test_two_starts_at_once_make_one_file(settings):
    assert [make_secrets(settings) for _ in range(2)] == [True, False]
    assert [path.name for path in settings.data_dir.iterdir()] == [secrets_file.FILE]
