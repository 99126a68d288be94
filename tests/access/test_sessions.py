"""Sessions: only the token opens one, and each of them ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from lib.access import sessions
from lib.access.sessions import ABSOLUTE, IDLE
from lib.assessment_store import AssessmentStore
from lib.schema import assessment as a
from tests.access.stores import NOW, put_account, rows

MINUTE = timedelta(minutes=1)


def started(store: AssessmentStore, account_id: int, now=NOW) -> tuple[str, str]:
    """Token and public name of a new session."""
    with store.writing() as conn:
        token = sessions.start(conn, account_id, peer="10.0.0.7", user_agent="Chromium", now=now)
        found = sessions.by_token(conn, token, now=now)
    assert found is not None
    return token, found.identity.session_ref


def checked(store: AssessmentStore, ref: str, now) -> sessions.Session | None:
    with store.writing() as conn:
        return sessions.by_ref(conn, ref, now=now)


def ending(store: AssessmentStore, ref: str) -> tuple:
    return next((row.end_reason, row.ended_at) for row in rows(store, a.sessions) if row.session_ref == ref)


def test_a_session_gives_the_identity_of_its_account(any_store):
    account_id = put_account(any_store, "wang", display_name="王", role="unit", unit_code="U1")
    token, ref = started(any_store, account_id)
    with any_store.reading() as conn:
        found = sessions.by_token(conn, token, now=NOW)
        assert sessions.by_ref(conn, ref, now=NOW) == found
    assert found.identity.account == "wang"
    assert found.identity.display_name == "王"
    assert (found.identity.role, found.identity.unit_code) == ("unit", "U1")
    assert found.expires_at == NOW.replace(tzinfo=None) + ABSOLUTE


def test_neither_the_stored_hash_nor_the_public_name_is_a_token(store):
    token, ref = started(store, put_account(store, "wang"))
    row = rows(store, a.sessions)[0]
    assert token not in (row.token_hash, row.session_ref)
    assert len(token) >= 43
    with store.reading() as conn:
        for wrong in (row.token_hash, ref, "", token[:-1], token + "A", "\x00", "\ud800"):
            assert sessions.by_token(conn, wrong, now=NOW) is None
        assert sessions.by_ref(conn, token, now=NOW) is None


def test_a_unit_code_is_worth_nothing_outside_the_role_unit(store):
    _, ref = started(store, put_account(store, "wang", role="hotline", unit_code="U1"))
    assert checked(store, ref, NOW).identity.unit_code is None


def test_a_session_ends_after_thirty_idle_minutes(any_store):
    _, ref = started(any_store, put_account(any_store, "wang"))
    assert checked(any_store, ref, NOW + IDLE - MINUTE) is not None
    assert checked(any_store, ref, NOW + IDLE) is None
    assert ending(any_store, ref) == ("idle", (NOW + IDLE).replace(tzinfo=None))


def test_an_act_puts_the_idle_end_off_but_never_the_absolute_one(any_store):
    _, ref = started(any_store, put_account(any_store, "wang"))
    now = NOW
    while now + 20 * MINUTE < NOW + ABSOLUTE:
        now += 20 * MINUTE
        with any_store.writing() as conn:
            sessions.touch(conn, ref, now=now)
        assert checked(any_store, ref, now) is not None
    assert checked(any_store, ref, NOW + ABSOLUTE - MINUTE) is not None
    assert checked(any_store, ref, NOW + ABSOLUTE) is None
    assert ending(any_store, ref) == ("expired", (NOW + ABSOLUTE).replace(tzinfo=None))


def test_an_act_does_not_wake_a_session_that_idled_out(store):
    _, ref = started(store, put_account(store, "wang"))
    with store.writing() as conn:
        sessions.touch(conn, ref, now=NOW + IDLE)
    assert checked(store, ref, NOW + IDLE) is None
    with store.writing() as conn:
        sessions.touch(conn, ref, now=NOW + MINUTE)
    assert checked(store, ref, NOW + MINUTE) is None


def test_reading_alone_refuses_and_the_next_sweep_marks(store):
    _, ref = started(store, put_account(store, "wang"))
    with store.reading() as conn:
        assert sessions.by_ref(conn, ref, now=NOW + IDLE) is None
    assert ending(store, ref) == (None, None)
    with store.writing() as conn:
        sessions.end_overdue(conn, now=NOW + ABSOLUTE)
    assert ending(store, ref) == ("idle", (NOW + IDLE).replace(tzinfo=None))


def test_a_disabled_account_has_no_session_at_the_next_check(any_store):
    account_id = put_account(any_store, "wang")
    _, ref = started(any_store, account_id)
    with any_store.writing() as conn:
        conn.execute(update(a.accounts).values(disabled_at=NOW.replace(tzinfo=None)))
    assert checked(any_store, ref, NOW + MINUTE) is None
    assert ending(any_store, ref)[0] == "disabled"


def test_a_changed_role_holds_at_the_next_check(store):
    account_id = put_account(store, "wang", role="hotline")
    _, ref = started(store, account_id)
    with store.writing() as conn:
        conn.execute(update(a.accounts).values(role="unit", unit_code="U2"))
    assert checked(store, ref, NOW).identity.role == "unit"
    assert checked(store, ref, NOW).identity.unit_code == "U2"


def test_ending_all_leaves_the_named_session_and_other_people_alone(any_store):
    wang, li = put_account(any_store, "wang"), put_account(any_store, "li")
    refs = [started(any_store, wang)[1] for _ in range(3)]
    other = started(any_store, li)[1]
    with any_store.writing() as conn:
        sessions.end_all(conn, wang, "password_changed", now=NOW, but=refs[1])
    assert [checked(any_store, ref, NOW) is not None for ref in [*refs, other]] == [False, True, False, True]
    assert ending(any_store, refs[0])[0] == "password_changed"


def test_an_ended_session_keeps_its_first_reason(store):
    token, ref = started(store, put_account(store, "wang"))
    with store.writing() as conn:
        sessions.end(conn, ref, "signed_out", now=NOW)
        sessions.end(conn, ref, "disabled", now=NOW + MINUTE)
        assert sessions.by_token(conn, token, now=NOW) is None
    assert ending(store, ref) == ("signed_out", NOW.replace(tzinfo=None))


def test_an_unknown_reason_is_refused(store):
    _, ref = started(store, put_account(store, "wang"))
    with store.writing() as conn, pytest.raises(ValueError, match="unknown end"):
        sessions.end(conn, ref, "bored", now=NOW)


def test_what_a_client_says_of_itself_is_cut_and_cleaned(any_store):
    account_id = put_account(any_store, "wang")
    with any_store.writing() as conn:
        sessions.start(conn, account_id, peer="p" * 99, user_agent="a\x00b\n" + "c" * 999, now=NOW)
    row = rows(any_store, a.sessions)[0]
    assert row.peer == "p" * 64
    assert row.user_agent == "ab" + "c" * 253
