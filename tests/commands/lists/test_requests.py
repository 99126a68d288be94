"""What one asks and another decides: second persons, windows in working days, verdicts and what they change."""

import dataclasses
from datetime import date, timedelta

import pytest
from sqlalchemy import update

from lib.access.roles import NotAllowedError
from lib.commands import CommandError
from lib.commands.lists import requests, steps
from lib.commands.lists.requests import (
    AskCloseOut,
    AskExtension,
    AskSuspension,
    DecideDuty,
    DecideExtension,
    DecideSuspension,
    ObjectDuty,
    VerifyCloseOut,
    WithdrawCloseOut,
)
from lib.schema import lists as t
from tests.access.stores import rows
from tests.commands.lists.desks import (
    NOW,
    PROFILE,
    TODAY,
    desk,
    item_in,
    keeper,
    put_evidence,
    put_request,
    request_of,
    row,
)

LATER = date(2027, 1, 15)
OWN, OTHER = keeper("supervision"), keeper("supervision", second=True)
DECISIONS = (
    ("handling", "extension", requests.decide_extension, DecideExtension),
    ("handling", "duty", requests.decide_duty, DecideDuty),
    ("handling", "suspension", requests.decide_suspension, DecideSuspension),
    ("closing", "close_out", requests.verify_close_out, VerifyCloseOut),
)


@pytest.mark.parametrize(("state", "kind", "handler", "command"), DECISIONS)
def test_nobody_decides_on_what_they_asked_for_themselves(store, state, kind, handler, command):
    no = item_in(store, state)
    asked = request_of(store, no) if state == "closing" else put_request(
        store, no, kind, asked_by=OWN.person.account, wanted_on=LATER
    )  # fmt: skip
    version = row(store, no).version
    with pytest.raises(CommandError, match="须由申请人以外的另一人办理"):
        handler(store, OWN, command(no, version, asked, "refused", "理由不足"))
    assert row(store, no).version == version
    assert handler(store, OTHER, command(no, version, asked, "refused", "理由不足")) == version + 1


def test_a_city_may_let_one_person_do_all_but_the_close_out(store):
    alone = dataclasses.replace(PROFILE, second_persons=frozenset({"verify_close_out"}))
    single = desk("supervision", "supervision-1", profile=alone)
    no = item_in(store, "handling")
    asked = put_request(store, no, "extension", asked_by="supervision-1", wanted_on=LATER)
    assert requests.decide_extension(store, single, DecideExtension(no, 4, asked, "granted")) == 5
    put_evidence(store, no)
    requests.ask_close_out(store, single, AskCloseOut(no, 5, "已整改"))
    with pytest.raises(CommandError, match="另一人"):
        requests.verify_close_out(store, single, VerifyCloseOut(no, 6, request_of(store, no), "granted", "属实"))


@pytest.mark.parametrize(("state", "kind", "handler", "command"), DECISIONS)
def test_a_refusal_needs_words_and_a_verdict_is_one_of_two(store, state, kind, handler, command):
    no = item_in(store, state)
    asked = request_of(store, no) if state == "closing" else put_request(store, no, kind, wanted_on=LATER)
    version = row(store, no).version
    with pytest.raises(CommandError, match="请填写决定的理由"):
        handler(store, OTHER, command(no, version, asked, "refused", " "))
    with pytest.raises(CommandError, match="决定请从列表中选择：同意、不同意"):
        handler(store, OTHER, command(no, version, asked, "withdrawn", "算了"))
    with pytest.raises(CommandError, match="不存在或已经决定"):
        handler(store, OTHER, command(no, version, asked + 1, "refused", "理由不足"))
    handler(store, OTHER, command(no, version, asked, "refused", "理由不足"))
    decided = rows(store, t.list_requests)[-1]
    assert (decided.verdict, decided.decision, decided.decided_by) == ("refused", "理由不足", "supervision-2")
    assert row(store, no).state == "handling"
    with pytest.raises(CommandError):
        handler(store, OTHER, command(no, version + 1, asked, "granted", "又同意"))


def test_an_extension_reaches_beyond_the_limit_and_moves_it_when_granted(store):
    no = item_in(store, "handling")
    due_on = row(store, no).due_on
    with pytest.raises(CommandError, match="须晚于现在的办结时限（2026年11月23日）"):
        requests.ask_extension(store, OWN, AskExtension(no, 4, "等材料", due_on))
    requests.ask_extension(store, OWN, AskExtension(no, 4, "等材料", LATER))
    with pytest.raises(CommandError, match="已有一份待决定的延期申请"):
        requests.ask_extension(store, OWN, AskExtension(no, 5, "再等", LATER + timedelta(days=1)))
    requests.decide_extension(store, OTHER, DecideExtension(no, 5, request_of(store, no), "granted"))
    item = row(store, no)
    assert (item.due_on, item.first_due_on, item.extended_count, item.state) == (LATER, due_on, 1, "handling")
    assert "已逾期" not in rows(store, t.list_steps)[-2].facts


def test_whoever_decides_sees_that_an_extension_was_asked_for_too_late(store):
    no = item_in(store, "handling")
    late = keeper("supervision", now=NOW + timedelta(days=25))  # Friday 27 November, limit Monday 23.
    requests.ask_extension(store, late, AskExtension(no, 4, "等材料", LATER))
    assert "已逾期4个工作日" in rows(store, t.list_steps)[-1].facts
    gone = keeper("supervision", second=True, now=NOW + timedelta(days=90))
    with pytest.raises(CommandError, match="已过，不能同意"):
        requests.decide_extension(store, gone, DecideExtension(no, 5, request_of(store, no), "granted"))


@pytest.mark.parametrize(("days", "is_open"), [(0, True), (3, True), (4, False), (8, False)])
def test_a_duty_is_objected_to_within_three_working_days(store, days, is_open):
    # Assigned on Monday 2 November: Thursday 5 is the last day.
    no, then = item_in(store, "assigned"), desk("unit", now=NOW + timedelta(days=days))
    if is_open:
        assert requests.object_duty(store, then, ObjectDuty(no, 3, "不属于本单位", "U2")) == 4
        return
    with pytest.raises(CommandError, match="交办后3个工作日内提出，本事项的期限到2026年11月5日为止"):
        requests.object_duty(store, then, ObjectDuty(no, 3, "不属于本单位", "U2"))


def test_the_window_leaves_out_days_on_which_nobody_works(store):
    no = item_in(store, "assigned")
    with store.writing() as conn:  # Wednesday before the National Day: seven days off follow.
        conn.execute(update(t.list_items).where(t.list_items.c.item_no == no).values(assigned_on=date(2026, 9, 30)))
    friday = desk("unit", now=NOW.replace(month=10, day=9))
    assert requests.object_duty(store, friday, ObjectDuty(no, 3, "不属于本单位")) == 4


def test_an_objection_that_is_granted_gives_the_item_to_another_unit_which_signs_anew(store):
    no = item_in(store, "handling")
    requests.object_duty(store, desk("unit"), ObjectDuty(no, 4, "不属于本单位", "U2"))
    asked = request_of(store, no)
    with pytest.raises(CommandError, match="就是现在的单位"):
        requests.decide_duty(store, OTHER, DecideDuty(no, 5, asked, "granted", "异议成立", "U1"))
    tuesday = keeper("supervision", second=True, now=NOW + timedelta(days=1))
    requests.decide_duty(store, tuesday, DecideDuty(no, 5, asked, "granted", "异议成立"))
    item = row(store, no)
    assert (item.state, item.assigned_on, item.due_on) == ("assigned", TODAY + timedelta(days=1), date(2026, 11, 23))
    standing = [(r.unit_code, r.is_lead) for r in rows(store, t.list_responsibilities) if r.ended_at is None]
    assert standing == [("U2", True)]  # It was a supporting unit before.
    with pytest.raises(CommandError, match="没有编号为"):
        steps.sign(store, desk("unit"), steps.Sign(no, 6))
    assert steps.sign(store, desk("unit", reach=("U2",), now=tuesday.now), steps.Sign(no, 6)) == 7


def test_the_unit_does_not_change_under_a_close_out(store):
    no = item_in(store, "closing")
    asked = put_request(store, no, "duty", wanted_unit_code="U3")
    with pytest.raises(CommandError, match="请先撤回或恢复办理"):
        requests.decide_duty(store, OTHER, DecideDuty(no, 5, asked, "granted", "异议成立"))


def test_an_item_is_put_aside_until_a_day_to_come(store):
    no = item_in(store, "handling")
    with pytest.raises(CommandError, match="复核日期须晚于今天"):
        requests.ask_suspension(store, OWN, AskSuspension(no, 4, "待诉讼", TODAY))
    requests.ask_suspension(store, OWN, AskSuspension(no, 4, "待诉讼", LATER))
    decide = DecideSuspension(no, 5, request_of(store, no), "granted", "同意", "李副市长")
    requests.decide_suspension(store, OTHER, decide)
    item = row(store, no)
    assert (item.state, item.suspended_until_on) == ("suspended", LATER)
    assert "李副市长" in rows(store, t.list_steps)[-1].facts


def test_a_close_out_needs_evidence_that_still_stands_when_it_is_verified(store):
    no = item_in(store, "handling")
    with pytest.raises(CommandError, match="销号须有佐证材料"):
        requests.ask_close_out(store, OWN, AskCloseOut(no, 4, "已整改"))
    put_evidence(store, no, "instruction")
    with pytest.raises(CommandError, match="销号须有佐证材料"):
        requests.ask_close_out(store, OWN, AskCloseOut(no, 4, "已整改"))
    put_evidence(store, no, "progress")
    requests.ask_close_out(store, OWN, AskCloseOut(no, 4, "已整改"))
    with store.writing() as conn:
        conn.execute(update(t.list_evidence).values(withdrawn_at=NOW.replace(tzinfo=None)))
    with pytest.raises(CommandError, match="销号须有佐证材料"):
        requests.verify_close_out(store, OTHER, VerifyCloseOut(no, 5, request_of(store, no), "granted", "属实"))
    assert row(store, no).state == "closing"


def test_a_close_out_may_be_withdrawn_and_asked_for_again(store):
    no = item_in(store, "closing")
    requests.withdraw_close_out(store, OWN, WithdrawCloseOut(no, 5, "材料有误"))
    withdrawn = rows(store, t.list_requests)[-1]
    assert (withdrawn.verdict, withdrawn.decision, withdrawn.decided_by) == (None, "撤回：材料有误", None)
    assert withdrawn.decided_at is not None
    assert requests.ask_close_out(store, OWN, AskCloseOut(no, 6, "已整改")) == 7


def test_nothing_is_closed_out_while_another_request_waits(store):
    no = item_in(store, "handling")
    requests.ask_extension(store, OWN, AskExtension(no, 4, "等材料", LATER))
    put_evidence(store, no)
    requests.ask_close_out(store, OWN, AskCloseOut(no, 5, "已整改"))
    closing = request_of(store, no)
    with pytest.raises(CommandError, match="还有未决定的延期申请"):
        requests.verify_close_out(store, OTHER, VerifyCloseOut(no, 6, closing, "granted", "属实"))
    requests.decide_extension(store, OTHER, DecideExtension(no, 6, closing - 1, "refused", "不必再延"))
    requests.verify_close_out(store, OTHER, VerifyCloseOut(no, 7, closing, "granted", "属实"))
    assert (row(store, no).state, row(store, no).closed_on) == ("closed", TODAY)


def test_only_the_lead_unit_asks_for_the_item_as_a_whole(store):
    no, supporting = item_in(store, "handling"), desk("unit", reach=("U2",))
    put_evidence(store, no)
    for handler, command in (
        (requests.ask_extension, AskExtension(no, 4, "等材料", LATER)),
        (requests.object_duty, ObjectDuty(no, 4, "不属于本单位")),
        (requests.ask_close_out, AskCloseOut(no, 4, "已整改")),
    ):
        with pytest.raises(NotAllowedError, match="应由牵头单位住建局提出"):
            handler(store, supporting, command)
    assert requests.ask_close_out(store, desk("unit"), AskCloseOut(no, 4, "已整改")) == 5
    assert rows(store, t.list_requests)[-1].unit_code == "U1"
