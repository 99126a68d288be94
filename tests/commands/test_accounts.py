"""Accounts: who may change what, that a change is whole, seen in the history, and not lost between two people."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import update

from lib.access import passwords, sessions
from lib.access.accounts import Refused, SignedIn, sign_in
from lib.access.audit import COMMAND_LINE
from lib.access.roles import ROLES, Identity, NotAllowedError
from lib.assessment_store import AssessmentStore
from lib.commands import CommandError, ConflictError
from lib.commands.accounts import (
    AddAccount,
    ChangeOwnPassword,
    ChangeRole,
    Command,
    DisableAccount,
    Done,
    EnableAccount,
    EndSession,
    ResetPassword,
    handle,
)
from lib.schema import assessment as a
from tests.access.stores import NOW, PASSWORD, QUICK, account, put_account, put_person, rows

SYSTEM = Identity("root-li", "李", "system_admin")
SECURITY = Identity("sec-he", "何", "security_admin")
FROM = {"peer": "192.168.10.200", "user_agent": "Chromium"}


def done(store: AssessmentStore, command: Command, actor: Identity = SYSTEM, now=NOW) -> Done:
    return handle(store, command, actor, now=now, hashing=QUICK)


def entered(store: AssessmentStore, name: str, password: str = PASSWORD, now=NOW) -> SignedIn | Refused:
    return sign_in(store, name, password, now=now, hashing=QUICK, **FROM)


def is_open(store: AssessmentStore, signed: SignedIn | Refused) -> bool:
    assert isinstance(signed, SignedIn)
    with store.reading() as conn:
        return sessions.by_ref(conn, signed.session_ref, now=NOW) is not None


def person(store: AssessmentStore, signed: SignedIn | Refused) -> Identity:
    assert isinstance(signed, SignedIn)
    with store.reading() as conn:
        return sessions.by_ref(conn, signed.session_ref, now=NOW).identity


def last_act(store: AssessmentStore) -> dict:
    return json.loads(rows(store, a.audit_entries)[-1].text)


def test_a_new_account_signs_in_once_with_its_temporary_password(any_store):
    made = done(any_store, AddAccount(" Wang.Fang", "王芳", "unit", "U1"))
    row = account(any_store, "wang.fang")
    assert (row.role, row.unit_code, row.origin, row.version) == ("unit", "U1", "local", 1)
    assert passwords.faults(made.temporary_password) == []
    assert made.temporary_password not in str([rows(any_store, table) for table in a.metadata.sorted_tables])
    act = last_act(any_store)
    assert (act["account"], act["action"], act["subject"]) == ("root-li", "account_added", "wang.fang")
    assert act["after"] == {"角色": "承办单位", "单位": "U1", "状态": "待改密码"}
    first = entered(any_store, "wang.fang", made.temporary_password)
    assert first.must_change
    done(any_store, ChangeOwnPassword(made.temporary_password, PASSWORD), person(any_store, first))
    assert last_act(any_store)["action"] == "password_changed"
    assert not entered(any_store, "wang.fang").must_change
    assert isinstance(entered(any_store, "wang.fang", made.temporary_password), Refused)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (AddAccount("wang", "另一人", "hotline"), "账号名 wang 已被使用"),
        (AddAccount("王芳", "王芳", "hotline"), "账号名须为"),
        (AddAccount("a", "王芳", "hotline"), "账号名须为"),
        (AddAccount("demo-leader", "王芳", "leader"), "账号名须为"),
        (AddAccount("command-line", "王芳", "leader"), "账号名须为"),
        (AddAccount("fang", "  ", "hotline"), "请填写姓名"),
        (AddAccount("fang", "王芳", "unit"), "须指明单位"),
        (AddAccount("fang", "王芳", "hotline", "U1"), "只有承办单位"),
        (AddAccount("fang", "王芳", "kiosk"), "请选择角色"),
        (AddAccount("fang", "王芳", "boss"), "请选择角色"),
        (AddAccount("fang", "王芳", "hotline", password="Password@1"), "过于常见"),
    ],
)
def test_what_cannot_be_added_is_refused_with_a_sentence(store, command, said):
    put_account(store, "wang")
    with pytest.raises(CommandError, match=said):
        done(store, command)
    assert len(rows(store, a.accounts)) == 1
    assert rows(store, a.audit_entries) == []


COMMANDS = {
    "add": AddAccount("fang", "王芳", "hotline"), "disable": DisableAccount("wang", 1),
    "enable": EnableAccount("off", 1), "reset": ResetPassword("wang", 1),
    "role": ChangeRole("wang", "leader", None, 1),
}  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
def test_the_matrix_says_who_may_what(store, role):
    allowed = {"system_admin": {"add", "disable", "enable", "reset"}, "security_admin": {"role"}}.get(role, set())
    for name, command in COMMANDS.items():
        put_person(store, f"x-{name}")
        if name in ("disable", "reset", "role"):
            command = type(command)(**{**vars(command), "name": f"x-{name}"})
        elif name == "enable":
            put_person(store, "off", disabled_at=NOW.replace(tzinfo=None))
        actor = Identity("somebody", "某", role, "U1" if role == "unit" else None)
        if name in allowed:
            done(store, command, actor)
        else:
            with pytest.raises(NotAllowedError, match="没有这项权限"):
                done(store, command, actor)
    assert len(rows(store, a.audit_entries)) == len(allowed)


def test_disabling_closes_open_sessions_and_enabling_opens_the_account_again(any_store):
    put_person(any_store, "wang")
    session = entered(any_store, "wang")
    assert is_open(any_store, session)
    assert done(any_store, DisableAccount("wang", 1)).version == 2
    assert not is_open(any_store, session)
    assert rows(any_store, a.sessions)[0].end_reason == "disabled"
    assert last_act(any_store)["before"]["状态"] == "正常"
    assert last_act(any_store)["after"]["状态"] == "已停用"
    assert entered(any_store, "wang").outcome == "disabled"
    with pytest.raises(CommandError, match="已经停用"):
        done(any_store, DisableAccount("wang", 2))
    done(any_store, EnableAccount("wang", 2))
    assert isinstance(entered(any_store, "wang"), SignedIn)
    assert not is_open(any_store, session), "what was closed stays closed"


def test_enabling_lifts_a_lock(store):
    put_person(store, "wang")
    for _ in range(5):
        entered(store, "wang", "wrong-Password1")
    assert entered(store, "wang").outcome == "locked"
    done(store, EnableAccount("wang", 1))
    assert last_act(store)["before"]["状态"] == "已锁定至11月2日17:15"
    assert isinstance(entered(store, "wang"), SignedIn)
    with pytest.raises(CommandError, match="没有停用"):
        done(store, EnableAccount("wang", 2))


def test_a_reset_replaces_the_password_and_ends_sessions_and_lock(any_store):
    put_person(any_store, "wang")
    session = entered(any_store, "wang")
    for _ in range(5):
        entered(any_store, "wang", "wrong-Password1")
    made = done(any_store, ResetPassword("wang", 1))
    assert not is_open(any_store, session)
    assert isinstance(entered(any_store, "wang"), Refused)
    assert entered(any_store, "wang", made.temporary_password).must_change


def test_a_role_change_ends_the_sessions(any_store):
    put_person(any_store, "wang", role="hotline")
    session = entered(any_store, "wang")
    done(any_store, ChangeRole("wang", "unit", "U1", 1), SECURITY)
    assert not is_open(any_store, session)
    assert rows(any_store, a.sessions)[0].end_reason == "role_changed"
    act = last_act(any_store)
    assert (act["before"]["角色"], act["after"]["角色"], act["after"]["单位"]) == ("热线中心", "承办单位", "U1")
    assert person(any_store, entered(any_store, "wang")).unit_code == "U1"
    with pytest.raises(CommandError, match="没有变化"):
        done(any_store, ChangeRole("wang", "unit", "U1", 2), SECURITY)


def test_administrators_are_appointed_by_the_security_admin_or_on_the_command_line(store):
    for role in ("system_admin", "security_admin", "audit_admin"):
        with pytest.raises(NotAllowedError, match="由安全管理员授予"):
            done(store, AddAccount("fang", "王芳", role))
        done(store, AddAccount(f"c-{role}".replace("_", "-"), "王芳", role), COMMAND_LINE)
    done(store, AddAccount("fang", "王芳", "hotline"))
    done(store, ChangeRole("fang", "audit_admin", None, 1), SECURITY)
    assert account(store, "fang").role == "audit_admin"


def test_the_three_administrators_exclude_one_another(store):
    put_person(store, "one", role="system_admin")
    put_person(store, "two", role="system_admin")
    for actor in (SECURITY, COMMAND_LINE):
        for role in ("security_admin", "audit_admin"):
            with pytest.raises(CommandError, match="不能由同一账号先后担任"):
                done(store, ChangeRole("one", role, None, 1), actor)


def test_nobody_acts_on_themselves(store):
    put_person(store, SYSTEM.account, role="system_admin")
    put_person(store, "other", role="system_admin")
    put_person(store, SECURITY.account, role="security_admin")
    for command, actor in (
        (DisableAccount(SYSTEM.account, 1), SYSTEM),
        (ResetPassword(SYSTEM.account, 1), SYSTEM),
        (ChangeRole(SECURITY.account, "leader", None, 1), SECURITY),
    ):
        with pytest.raises(NotAllowedError):
            done(store, command, actor)
    assert {row.version for row in rows(store, a.accounts)} == {1}


def test_a_system_admin_cannot_take_over_the_other_administrators(store):
    for role in ("security_admin", "audit_admin"):
        name = role.replace("_", "-")
        put_person(store, name, role=role)
        with pytest.raises(NotAllowedError, match="只能在服务器上"):
            done(store, ResetPassword(name, 1))
        assert done(store, ResetPassword(name, 1), COMMAND_LINE).temporary_password


def test_the_last_system_admin_stays(store):
    put_person(store, "one", role="system_admin")
    put_person(store, "gone", role="system_admin", disabled_at=NOW.replace(tzinfo=None))
    put_account(store, "demo-system-admin", role="system_admin", origin="demo")
    for command, actor in (
        (DisableAccount("one", 1), SYSTEM), (ChangeRole("one", "leader", None, 1), SECURITY)
    ):  # fmt: skip
        with pytest.raises(CommandError, match="最后一个"):
            done(store, command, actor)
    put_person(store, "two", role="system_admin")
    done(store, DisableAccount("one", 1))


def refusal(store: AssessmentStore, command: Command, actor: Identity) -> CommandError | None:
    """Why a command was refused; None when it was carried out."""
    try:
        done(store, command, actor)
    except CommandError as error:
        return error
    return None


def test_two_administrators_who_disable_each_other_do_not_both_succeed(any_store):
    for turn in range(5):
        with any_store.writing() as conn:
            conn.execute(update(a.accounts).values(disabled_at=NOW.replace(tzinfo=None)))
        names = (f"one{turn}", f"two{turn}")
        for name in names:
            put_person(any_store, name, role="system_admin")
        commands = [(DisableAccount(names[1], 1), names[0]), (DisableAccount(names[0], 1), names[1])]
        with ThreadPoolExecutor(2) as pool:
            found = list(pool.map(lambda c: refusal(any_store, c[0], Identity(c[1], "李", "system_admin")), commands))
        refused = [str(error) for error in found if error is not None]
        assert len(refused) == 1
        assert "最后一个" in refused[0]


def test_of_two_editors_exactly_one_wins_and_the_other_sees_both_versions(any_store):
    put_person(any_store, "wang", role="hotline")
    for turn in range(20):
        roles = ("supervision", "organisation") if turn % 2 else ("leader", "discipline")
        commands = [ChangeRole("wang", role, None, 1 + turn) for role in roles]
        with ThreadPoolExecutor(2) as pool:
            found = list(pool.map(lambda command: refusal(any_store, command, SECURITY), commands))
        outcomes = dict(zip(roles, found, strict=True))
        won = [role for role, error in outcomes.items() if error is None]
        assert len(won) == 1
        lost = next(role for role in roles if role not in won)
        conflict = outcomes[lost]
        assert isinstance(conflict, ConflictError)
        assert (conflict.current["角色"], conflict.wanted["角色"]) == (ROLES[won[0]], ROLES[lost])
        assert re.search(f"现在是：角色 {ROLES[won[0]]}.*您要改成：角色 {ROLES[lost]}", str(conflict))
        assert (account(any_store, "wang").role, account(any_store, "wang").version) == (won[0], 2 + turn)
    assert len(rows(any_store, a.audit_entries)) == 20


def test_demo_accounts_and_accounts_of_others_cannot_be_tampered_with(store):
    put_account(store, "demo-leader", role="leader", origin="demo")
    put_account(store, "kiosk-1", role="kiosk", origin="kiosk")
    put_account(store, "sso", role="leader", origin="oidc")
    for command, actor in (
        (DisableAccount("demo-leader", 1), SYSTEM), (ResetPassword("demo-leader", 1), SYSTEM),
        (ChangeRole("demo-leader", "hotline", None, 1), SECURITY), (ResetPassword("kiosk-1", 1), SYSTEM),
        (ChangeRole("kiosk-1", "leader", None, 1), SECURITY), (ResetPassword("sso", 1), SYSTEM),
        (DisableAccount("nobody", 1), SYSTEM),
    ):  # fmt: skip
        with pytest.raises(CommandError):
            done(store, command, actor)
    assert rows(store, a.audit_entries) == []
    assert {row.version for row in rows(store, a.accounts)} == {1}


def test_ones_own_password_changes_and_other_sessions_end(any_store):
    put_person(any_store, "wang")
    here, there = entered(any_store, "wang"), entered(any_store, "wang")
    done(any_store, ChangeOwnPassword(PASSWORD, "Orchard-8kettle"), person(any_store, here))
    assert is_open(any_store, here)
    assert not is_open(any_store, there)
    assert isinstance(entered(any_store, "wang", "Orchard-8kettle"), SignedIn)
    assert isinstance(entered(any_store, "wang", PASSWORD), Refused)


@pytest.mark.parametrize(
    ("new", "said"), [(PASSWORD, "不能与原密码相同"), ("short", "至少10位"), ("Wang-20261x", "不能包含账号名")]
)
def test_a_new_password_keeps_the_rules(store, new, said):
    put_person(store, "wang")
    here = person(store, entered(store, "wang"))
    with pytest.raises(CommandError, match=said):
        done(store, ChangeOwnPassword(PASSWORD, new), here)
    assert isinstance(entered(store, "wang"), SignedIn)


def test_guessing_ones_own_password_locks_like_signing_in(store):
    put_person(store, "wang")
    here = person(store, entered(store, "wang"))
    said = []
    for _ in range(6):
        with pytest.raises(CommandError) as refused:
            done(store, ChangeOwnPassword("wrong-Password1", "Orchard-8kettle"), here)
        said.append(str(refused.value))
    assert said[:4] == ["原密码不正确"] * 4
    assert said[4] == said[5]
    assert "锁定至" in said[4]
    assert entered(store, "wang").outcome == "locked"
    later = NOW + timedelta(minutes=15)
    done(store, ChangeOwnPassword(PASSWORD, "Orchard-8kettle"), here, later)


def test_who_has_no_password_here_cannot_change_one(store):
    put_account(store, "sso", role="leader", origin="oidc")
    with pytest.raises(CommandError, match="统一身份认证在本系统没有密码"):
        done(store, ChangeOwnPassword("", "Orchard-8kettle"), Identity("sso", "王", "leader"))


def test_one_ends_ones_own_other_sessions_only(store):
    put_person(store, "wang")
    put_person(store, "li")
    here, there, others = entered(store, "wang"), entered(store, "wang"), entered(store, "li")
    me = person(store, here)
    for ref, said in ((here.session_ref, "当前会话"), (others.session_ref, "已经结束"), ("nothing", "已经结束")):
        with pytest.raises(CommandError, match=said):
            done(store, EndSession(ref), me)
    done(store, EndSession(there.session_ref), me)
    assert [is_open(store, session) for session in (here, there, others)] == [True, False, True]
    act = last_act(store)
    assert (act["action"], act["before"]["session"]) == ("session_ended", there.session_ref)


def test_the_history_keeps_the_network_address_readable(store):
    put_person(store, "wang")
    entered(store, "wang")
    assert last_act(store)["after"]["peer"] == "192.168.10.200"
