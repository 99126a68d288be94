"""Signing in: who gets in, what others learn, and that nothing is lost when many try at once."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from lib.access import sessions
from lib.access.accounts import (
    DEMO_ROLES,
    LOCKED_FOR,
    MAX_FAILURES,
    Refused,
    SignedIn,
    demo_sign_in,
    sign_in,
)
from lib.access.passwords import Hashing
from lib.assessment_store import AssessmentStore
from lib.schema import assessment as a
from tests.access.stores import NOW, PASSWORD, QUICK, account, put_account, put_person, rows

MINUTE = timedelta(minutes=1)
FROM = {"peer": "10.0.0.7", "user_agent": "Chromium"}


def tried(
    store: AssessmentStore, name: str, password: str, now: datetime = NOW, hashing: Hashing = QUICK
) -> SignedIn | Refused:
    return sign_in(store, name, password, now=now, hashing=hashing, **FROM)


def acts(store: AssessmentStore) -> list[tuple[str, str, str]]:
    return [(entry.account, entry.action, entry.subject) for entry in rows(store, a.audit_entries)]


def test_the_right_password_opens_a_session(any_store):
    put_person(any_store, "wang", display_name="王芳", role="supervision")
    done = tried(any_store, " Wang ", PASSWORD)
    assert isinstance(done, SignedIn)
    assert not done.must_change
    with any_store.reading() as conn:
        found = sessions.by_token(conn, done.token, now=NOW)
    assert found.identity.session_ref == done.session_ref
    assert (found.identity.account, found.identity.role) == ("wang", "supervision")
    attempt = rows(any_store, a.sign_ins)[0]
    assert (attempt.name, attempt.outcome, attempt.peer) == ("wang", "succeeded", "10.0.0.7")
    assert acts(any_store) == [("wang", "sign_in", "wang")]


def test_the_token_stands_nowhere_in_the_database(store):
    put_person(store, "wang")
    done = tried(store, "wang", PASSWORD)
    everything = str([rows(store, table) for table in a.metadata.sorted_tables])
    assert done.session_ref in everything
    assert done.token not in everything
    assert PASSWORD not in everything


def test_unknown_passwordless_and_disabled_accounts_sound_like_a_wrong_password(store):
    put_person(store, "wang")
    put_person(store, "gone", disabled_at=NOW.replace(tzinfo=None))
    put_account(store, "demo-leader", origin="demo")
    outcomes = {name: tried(store, name, "wrong-Password1") for name in ("wang", "gone", "demo-leader", "nobody")}
    assert {done.sentence for done in outcomes.values()} == {"账号或密码不正确"}
    assert [done.outcome for done in outcomes.values()] == [
        "wrong_password", "wrong_password", "not_allowed", "unknown_account"
    ]  # fmt: skip
    assert [(row.name, row.outcome) for row in rows(store, a.sign_ins)] == [
        (name, done.outcome) for name, done in outcomes.items()
    ]
    assert acts(store) == [
        ("wang", "sign_in_failed", "wang"), ("gone", "sign_in_failed", "gone"),
        ("demo-leader", "sign_in_failed", "demo-leader"), ("system", "sign_in_failed", "nobody"),
    ]  # fmt: skip


def test_a_disabled_account_is_told_so_when_it_shows_the_right_password(store):
    put_person(store, "gone", disabled_at=NOW.replace(tzinfo=None))
    done = tried(store, "gone", PASSWORD)
    assert done == Refused("disabled", "该账号已停用，如需使用请联系系统管理员")
    assert rows(store, a.sessions) == []


def test_five_failures_lock_for_fifteen_minutes(any_store):
    put_person(any_store, "wang")
    failed = [tried(any_store, "wang", "wrong-Password1") for _ in range(MAX_FAILURES)]
    assert {done.sentence for done in failed[:-1]} == {"账号或密码不正确"}
    said = "密码连续错误5次，账号已锁定至11月2日17:15，请到时再试，或请系统管理员重置密码"
    assert failed[-1] == Refused("wrong_password", said)
    assert tried(any_store, "wang", PASSWORD, NOW + MINUTE) == Refused("locked", said)
    assert tried(any_store, "wang", PASSWORD, NOW + LOCKED_FOR - MINUTE) == Refused("locked", said)
    assert isinstance(tried(any_store, "wang", PASSWORD, NOW + LOCKED_FOR), SignedIn)
    assert account(any_store, "wang").failed_count == 0


def test_the_count_begins_anew_after_the_right_password_and_after_a_lock(store):
    put_person(store, "wang")
    for _ in range(MAX_FAILURES - 1):
        tried(store, "wang", "wrong-Password1")
    assert isinstance(tried(store, "wang", PASSWORD), SignedIn)
    for _ in range(MAX_FAILURES):
        tried(store, "wang", "wrong-Password1")
    later = NOW + LOCKED_FOR
    assert tried(store, "wang", "wrong-Password1", later).sentence == "账号或密码不正确"
    assert account(store, "wang").failed_count == 1
    assert account(store, "wang").locked_until is None


def test_twenty_wrong_tries_at_once_are_all_counted(any_store):
    put_person(any_store, "wang")
    with ThreadPoolExecutor(20) as pool:
        done = list(pool.map(lambda _: tried(any_store, "wang", "wrong-Password1"), range(20)))
    outcomes = sorted(refused.outcome for refused in done)
    assert outcomes == ["locked"] * (20 - MAX_FAILURES) + ["wrong_password"] * MAX_FAILURES
    assert account(any_store, "wang").failed_count == MAX_FAILURES
    assert len(rows(any_store, a.sign_ins)) == len(acts(any_store)) == 20


def test_the_first_sign_in_asks_for_a_new_password(store):
    put_person(store, "wang", must_change_password=True)
    assert tried(store, "wang", PASSWORD).must_change


def test_a_hash_with_other_parameters_is_made_anew(store):
    put_person(store, "wang")
    stronger = Hashing(dataclasses.replace(QUICK.parameters, time_cost=2))
    before = account(store, "wang").password_hash
    tried(store, "wang", "wrong-Password1", hashing=stronger)
    assert account(store, "wang").password_hash == before
    assert isinstance(tried(store, "wang", PASSWORD, hashing=stronger), SignedIn)
    after = account(store, "wang")
    assert "t=2" in after.password_hash
    assert after.password_changed_at is None, "the password itself did not change"
    assert isinstance(tried(store, "wang", PASSWORD, hashing=stronger), SignedIn)


def test_a_password_reset_while_the_old_one_was_checked_wins(store, monkeypatch):
    put_person(store, "wang")
    matches = Hashing.matches

    def slow(self: Hashing, stored: str | None, password: str) -> bool:
        with store.writing() as conn:
            conn.execute(update(a.accounts).values(password_changed_at=NOW.replace(tzinfo=None)))
        return matches(self, stored, password)

    monkeypatch.setattr(Hashing, "matches", slow)
    assert tried(store, "wang", PASSWORD) == Refused("wrong_password", "账号或密码不正确")


def test_names_that_are_no_text_are_only_unknown(any_store):
    for name in ("", "a\x00b", "\ud800", "x" * 5000, "'; DROP TABLE accounts; --"):
        assert tried(any_store, name, "\x00\ud800").outcome == "unknown_account"


@pytest.mark.parametrize("role", DEMO_ROLES)
def test_one_click_signs_in_to_the_demo(demo_accounts, role):
    unit = "U1" if role == "unit" else None
    refs = []
    for _ in range(2):
        done = demo_sign_in(demo_accounts, role, unit_code="U1", now=NOW, **FROM)
        assert isinstance(done, SignedIn)
        refs.append(done.session_ref)
    with demo_accounts.reading() as conn:
        found = sessions.by_ref(conn, refs[1], now=NOW).identity
    assert (found.account, found.role, found.unit_code) == (f"demo-{role.replace('_', '-')}", role, unit)
    assert found.display_name == "演示账号"
    assert len(rows(demo_accounts, a.accounts)) == 1
    assert [act for _, act, _ in acts(demo_accounts)] == ["account_added", "sign_in", "sign_in"]


@pytest.mark.parametrize(
    ("key", "role", "shown"),
    [("supervision-2", "supervision", "演示账号·复核"), ("hotline-2", "hotline", "演示账号·审核")],
)
def test_second_persons_of_the_demo_are_somebody_else_in_the_same_role(demo_accounts, key, role, shown):
    done = [demo_sign_in(demo_accounts, each, now=NOW, **FROM) for each in (role, key)]
    with demo_accounts.reading() as conn:
        first, second = (sessions.by_ref(conn, each.session_ref, now=NOW).identity for each in done)
    assert (second.account, second.role, second.display_name) == (f"demo-{key}", role, shown)
    assert (first.account, first.role) == (f"demo-{role}", role)


def test_the_citys_pair_has_no_demo_accounts(store):
    assert demo_sign_in(store, "leader", now=NOW, **FROM) == Refused("not_allowed", "演示账号只能用于演示数据")
    assert rows(store, a.accounts) == rows(store, a.sessions) == []


def test_other_roles_have_no_demo_account(demo_accounts):
    for role in ("kiosk", "security_admin", "audit_admin", "", "root", "leader-2"):
        assert demo_sign_in(demo_accounts, role, now=NOW, **FROM).outcome == "not_allowed"
    with pytest.raises(ValueError, match="unit_code"):
        demo_sign_in(demo_accounts, "unit", now=NOW, **FROM)
    assert rows(demo_accounts, a.accounts) == []


def test_a_demo_made_anew_gives_the_unit_account_its_new_unit(demo_accounts):
    for unit in ("U1", "U2"):
        demo_sign_in(demo_accounts, "unit", unit_code=unit, now=NOW, **FROM)
    assert account(demo_accounts, "demo-unit").unit_code == "U2"


def test_clicks_at_once_make_one_demo_account(demo_accounts):
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: demo_sign_in(demo_accounts, "leader", now=NOW, **FROM), range(8)))
    assert all(isinstance(one, SignedIn) for one in done)
    assert len(rows(demo_accounts, a.accounts)) == 1


def test_a_session_of_the_demo_is_worth_nothing_in_the_city(demo_accounts, store):
    done = demo_sign_in(demo_accounts, "leader", now=NOW, **FROM)
    with store.reading() as conn:
        assert sessions.by_token(conn, done.token, now=NOW) is None
        assert sessions.by_ref(conn, done.session_ref, now=NOW) is None
