"""Steps of an item: who may take which, from where, and what each of them changes."""

import dataclasses
import json
import re
from datetime import date, timedelta

import pytest

from lib.access import audit
from lib.access.roles import ROLES, NotAllowedError
from lib.access.verify import verify as verify_chain
from lib.commands import CommandError, ConflictError
from lib.commands.lists import hand_over, items, links, reports, requests, steps
from lib.lists import process
from lib.schema import assessment as a
from lib.schema import lists as t
from lib.schema.list_terms import LIST_KINDS, STATES
from tests.access.stores import rows
from tests.commands.lists.desks import (
    NOW,
    PROFILE,
    TODAY,
    desk,
    item_in,
    keeper,
    new_item,
    put_evidence,
    put_request,
    request_of,
    row,
    trying,
)

AFTER = NOW + timedelta(days=20)
LATER = date(2027, 1, 15)
# Step → the command that takes it. Steps of other modules (evidence, documents, re-inspection) are tried there.
COMMANDS = {
    "change": lambda no, v, r: (items.edit, items.EditItem(no, v, {"remarks": "补充"})),
    "enlist": lambda no, v, r: (steps.enlist, steps.Enlist(no, v)),
    "decline": lambda no, v, r: (steps.decline, steps.Decline(no, v, "不属于范围")),
    "assign": lambda no, v, r: (steps.assign, steps.Assign(no, v)),
    "sign": lambda no, v, r: (steps.sign, steps.Sign(no, v)),
    "report": lambda no, v, r: (reports.report, reports.Report(no, "已派人现场处理")),
    "ask_extension": lambda no, v, r: (requests.ask_extension, requests.AskExtension(no, v, "等材料", LATER)),
    "decide_extension": lambda no, v, r: (requests.decide_extension, requests.DecideExtension(no, v, r, "granted")),
    "object_duty": lambda no, v, r: (requests.object_duty, requests.ObjectDuty(no, v, "不属于本单位", "U2")),
    "decide_duty": lambda no, v, r: (requests.decide_duty, requests.DecideDuty(no, v, r, "refused", "属本单位职责")),
    "ask_suspension": lambda no, v, r: (requests.ask_suspension, requests.AskSuspension(no, v, "待诉讼", LATER)),
    "decide_suspension": lambda no, v, r: (
        requests.decide_suspension,
        requests.DecideSuspension(no, v, r, "refused", "条件不足"),
    ),
    "resume": lambda no, v, r: (steps.resume, steps.Resume(no, v, "诉讼已结", LATER)),
    "ask_close_out": lambda no, v, r: (requests.ask_close_out, requests.AskCloseOut(no, v, "已整改")),
    "withdraw_close_out": lambda no, v, r: (
        requests.withdraw_close_out,
        requests.WithdrawCloseOut(no, v, "材料有误"),
    ),
    "verify_close_out": lambda no, v, r: (
        requests.verify_close_out,
        requests.VerifyCloseOut(no, v, r, "refused", "未整改到位"),
    ),
    "reopen": lambda no, v, r: (steps.reopen, steps.Reopen(no, v, "问题反弹", LATER)),
    "hand_over": lambda no, v, r: (hand_over.hand_over, hand_over.HandOver(no, v, "久拖不决", "王主任")),
    "escalate": lambda no, v, r: (steps.escalate, steps.Escalate(no, v, "长期未动", "李局长")),
    "urge": lambda no, v, r: (reports.urge, reports.Urge(no)),
    "sponsor": lambda no, v, r: (reports.sponsor, reports.Sponsor(no, v, "赵一凡", "副市长")),
    "whistle": lambda no, v, r: (reports.whistle, reports.Whistle(no, "U1", "U3", "需要查管网")),
    "link": lambda no, v, r: (links.link, links.LinkTickets(no, [("A", "T2")])),
    "void": lambda no, v, r: (steps.void, steps.Void(no, v, "重复录入")),
}
REQUEST_OF = {"decide_extension": "extension", "decide_duty": "duty", "decide_suspension": "suspension"}
# Where the verdicts that are tried here lead.
TARGETS = {"verify_close_out": "handling"}
ELSEWHERE = {"propose", "receive", "arrive", "reinspect", "attach", "withdraw_evidence", "document", "void_document"}


def test_every_step_of_the_table_is_tried():
    assert set(COMMANDS) | ELSEWHERE == set(process.STEPS)


WORDS = re.compile("不能办理|没有这一步|没有“")


@pytest.mark.parametrize("kind", LIST_KINDS)
@pytest.mark.parametrize("state", STATES)
def test_each_step_is_taken_where_the_table_allows_it_and_refused_with_a_reason_elsewhere(store, kind, state):
    if kind == "supervision" and state == "handed_over":
        return  # Nothing on the 督办清单 is ever handed over.
    item_no = item_in(store, state, kind)
    before = row(store, item_no)
    for step, command_of in COMMANDS.items():
        for role in ROLES:
            who = desk(role, "x")
            if process.refusal(step, who.person, kind, state) is None:
                with trying(store) as trial:
                    asked = open_request(trial, item_no, step, state)
                    put_evidence(trial, item_no)
                    handler, command = command_of(item_no, before.version, asked)
                    handler(trial, who, command)
                    after = row(trial, item_no)
                assert after.version == before.version + 1, (step, role)
                assert after.state == TARGETS.get(step, process.STEPS[step].target or state), (step, role)
                continue
            handler, command = command_of(item_no, before.version, 0)
            with pytest.raises((CommandError, NotAllowedError), match=WORDS) as refused:
                handler(store, who, command)
            assert not isinstance(refused.value, ConflictError)
        assert row(store, item_no) == before, step


def open_request(store, item_no, step, state):
    """What a step that decides decides on."""
    if step == "verify_close_out" and state == "closing":
        return request_of(store, item_no)
    return put_request(store, item_no, REQUEST_OF[step], wanted_on=LATER) if step in REQUEST_OF else 0


def test_the_whole_life_of_an_item_on_both_databases(any_store):
    own, other, later = keeper("supervision"), keeper("supervision", second=True), keeper("supervision", now=AFTER)
    no = new_item(any_store, "supervision")
    assert steps.enlist(any_store, own, steps.Enlist(no, 1, "属实")) == 2
    assert steps.assign(any_store, own, steps.Assign(no, 2, supporting_unit_codes=["U2", "U3"])) == 3
    assert steps.sign(any_store, desk("unit"), steps.Sign(no, 3, "张三")) == 4
    assert reports.report(any_store, desk("unit"), reports.Report(no, "已派人处理", "缺材料", "周五前到位")) == 5
    assert reports.urge(any_store, own, reports.Urge(no)) == 6
    assert reports.whistle(any_store, own, reports.Whistle(no, "U1", "U3", "查管网")) == 7
    assert reports.arrive(any_store, own, reports.Arrive(no, 1, "已到场")) == 8
    assert reports.sponsor(any_store, own, reports.Sponsor(no, 8, "赵一凡", "副市长", LATER)) == 9
    assert steps.escalate(any_store, own, steps.Escalate(no, 9, "长期未动", "李局长")) == 10
    assert requests.ask_extension(any_store, desk("unit"), requests.AskExtension(no, 10, "等材料", LATER)) == 11
    decide = requests.DecideExtension(no, 11, request_of(any_store, no), "granted")
    assert requests.decide_extension(any_store, own, decide) == 12
    put_evidence(any_store, no)
    assert requests.ask_close_out(any_store, own, requests.AskCloseOut(no, 12, "已整改")) == 13
    verify = requests.VerifyCloseOut(no, 13, request_of(any_store, no), "granted", "属实")
    assert requests.verify_close_out(any_store, other, verify) == 14
    assert steps.reopen(any_store, later, steps.Reopen(no, 14, "又不热了", LATER)) == 15
    item = row(any_store, no)
    assert (item.state, item.version, item.level, item.urged_count, item.extended_count, item.reopened_count) == (
        "handling", 15, 1, 1, 1, 1,
    )  # fmt: skip
    assert (item.assigned_on, item.first_due_on, item.due_on, item.closed_on) == (
        TODAY,
        date(2026, 11, 23),
        LATER,
        None,
    )
    taken = [step.step for step in rows(any_store, t.list_steps)]
    assert taken == ["propose", "enlist", "assign", "sign", "report", "urge", "whistle", "arrive", "sponsor",
                     "escalate", "ask_extension", "decide_extension", "ask_close_out", "verify_close_out",
                     "reopen"]  # fmt: skip
    assert [(r.kind, r.due_on, r.cancelled_at is None) for r in rows(any_store, t.list_reinspections)] == [
        ("day30", date(2026, 12, 2), False), ("day90", date(2027, 1, 31), False),
    ]  # fmt: skip
    report = verify_chain(any_store)
    assert (report.broken, report.entries) == (None, 15)


def test_a_step_and_its_entry_in_the_history_are_one_transaction(any_store, monkeypatch):
    no = item_in(any_store, "listed")

    def fail(*_args, **_kwargs):
        raise RuntimeError("the disk is full")

    before = [len(rows(any_store, table)) for table in (t.list_steps, t.list_responsibilities, a.audit_entries)]
    monkeypatch.setattr(audit, "append", fail)
    with pytest.raises(RuntimeError):
        steps.assign(any_store, keeper("supervision"), steps.Assign(no, 2, "U3", supporting_unit_codes=["U1"]))
    assert (row(any_store, no).state, row(any_store, no).version) == ("listed", 2)
    assert [len(rows(any_store, x)) for x in (t.list_steps, t.list_responsibilities, a.audit_entries)] == before


def test_the_history_tells_both_sides_of_a_step_in_words(store):
    no = item_in(store, "assigned")
    steps.sign(store, keeper("supervision"), steps.Sign(no, 3, "张三"))
    links.link(store, keeper("supervision"), links.LinkTickets(no, [("A", "T2")]))
    steps.escalate(store, keeper("supervision"), steps.Escalate(no, 5, "未动", "李局长"))
    told = [json.loads(entry.text) for entry in rows(store, a.audit_entries)[-3:]]
    assert [entry["action"] for entry in told] == ["item_step"] * 3
    assert told[0]["before"] == {"状态": "待签收", "版本": "3"}
    assert told[0]["after"] == {"办理": "签收", "状态": "办理中", "版本": "4", "签收单位": "住建局", "签收人": "张三",
                                "签收日期": "2026-11-02"}  # fmt: skip
    assert told[1]["after"]["关联工单"] == "T2"
    assert (told[2]["before"]["督办级别"], told[2]["after"]["督办级别"]) == ("科室督办", "督查局督办")
    assert told[2]["reason"] == "未动"
    for entry in told:
        assert not re.search("[a-z]", "".join((*entry["before"], *entry["after"], *entry["after"].values())))


def test_a_long_ticket_number_is_not_taken_for_a_card(store):
    no, long = item_in(store, "handling"), "2024091400001017"
    own = dataclasses.replace(keeper("supervision"), tickets_known=set)
    links.link(store, own, links.LinkTickets(no, [("A", long)]))
    items.add(store, own, items.AddItem("supervision", {"title": "x", "source": "media"}, [("A", long)]))
    told = [json.loads(entry.text)["after"]["关联工单"] for entry in rows(store, a.audit_entries)[-2:]]
    assert told == [long, [long]]


def test_the_limit_is_the_citys_usual_one_in_working_days(store):
    for kind, due_on in (("problem", date(2026, 11, 16)), ("supervision", date(2026, 11, 23))):
        item = row(store, item_in(store, "assigned", kind))
        assert (item.due_on, item.first_due_on, item.assigned_on) == (due_on, due_on, TODAY)


def test_an_item_is_assigned_only_with_a_unit_and_a_limit_ahead(store):
    own = keeper("supervision")
    bare = items.add(store, own, items.AddItem("supervision", {"title": "无单位事项", "source": "media"}))
    steps.enlist(store, own, steps.Enlist(bare, 1))
    with pytest.raises(CommandError, match="请先选择牵头单位"):
        steps.assign(store, own, steps.Assign(bare, 2))
    with pytest.raises(CommandError, match="不在单位表中"):
        steps.assign(store, own, steps.Assign(bare, 2, "U99"))
    with pytest.raises(CommandError, match="不能早于今天"):
        steps.assign(store, own, steps.Assign(bare, 2, "U1", due_on=TODAY - timedelta(days=1)))
    assert row(store, bare).version == 2
    late = item_in(store, "listed", due_on=TODAY + timedelta(days=2))
    week = keeper("supervision", now=NOW + timedelta(days=7))
    with pytest.raises(CommandError, match="已过，请重新确定"):
        steps.assign(store, week, steps.Assign(late, 2))
    assert steps.assign(store, week, steps.Assign(late, 2, due_on=date(2026, 11, 20))) == 3


def test_a_limit_of_an_older_ledger_may_have_run_out(store):
    own = keeper("supervision")
    said = {"title": "去年的事项", "source": "media", "lead_unit_code": "U1", "due_on": date(2025, 12, 1)}
    no = items.add(store, own, items.AddItem("supervision", said, is_backlog=True))
    steps.enlist(store, own, steps.Enlist(no, 1))
    steps.assign(store, own, steps.Assign(no, 2))
    assert row(store, no).due_on == date(2025, 12, 1)


def test_a_receipt_is_signed_on_a_day_between_assignment_and_today(store):
    no = item_in(store, "assigned")
    for day, words in ((TODAY + timedelta(days=1), "不能晚于今天"), (TODAY - timedelta(days=1), "不能早于交办日期")):
        with pytest.raises(CommandError, match=words):
            steps.sign(store, keeper("supervision"), steps.Sign(no, 3, signed_on=day))


def test_nothing_is_raised_above_the_highest_level(store):
    no, own = item_in(store, "handling"), keeper("supervision")
    for level in range(1, len(PROFILE.escalation_levels)):
        assert steps.escalate(store, own, steps.Escalate(no, 3 + level, "未动", "李局长")) == 4 + level
    with pytest.raises(CommandError, match="最高一级（市委市政府督办）"):
        steps.escalate(store, own, steps.Escalate(no, row(store, no).version, "未动", "李局长"))


def test_words_are_asked_for_where_the_table_needs_them(store):
    no, own = item_in(store, "handling"), keeper("supervision")
    listed = item_in(store, "listed")
    for handler, command in (
        (steps.escalate, steps.Escalate(no, 4, " ", "李局长")),
        (steps.escalate, steps.Escalate(no, 4, "未动", "")),
        (steps.void, steps.Void(listed, 2, "\n")),
        (requests.ask_suspension, requests.AskSuspension(no, 4, "", LATER)),
    ):
        with pytest.raises(CommandError, match="请填写"):
            handler(store, own, command)


def test_a_resumed_or_reopened_item_gets_a_limit_ahead(store):
    own = keeper("supervision")
    for state, handler, command in (("suspended", steps.resume, steps.Resume), ("closed", steps.reopen, steps.Reopen)):
        no = item_in(store, state)
        version = row(store, no).version
        with pytest.raises(CommandError, match="办结时限不能早于今天"):
            handler(store, own, command(no, version, "继续办", TODAY - timedelta(days=3)))
        with pytest.raises(CommandError, match="请核对年份"):
            handler(store, own, command(no, version, "继续办", date(2062, 1, 1)))
        handler(store, own, command(no, version, "继续办", LATER))
        item = row(store, no)
        assert (item.state, item.due_on, item.suspended_until_on, item.closed_on) == ("handling", LATER, None, None)


def test_a_unit_sees_and_answers_only_its_own(store):
    no = item_in(store, "assigned", lead_unit_code="U3", supporting_unit_codes=("U2",))
    with pytest.raises(CommandError, match="没有编号为"):
        steps.sign(store, desk("unit"), steps.Sign(no, 3))
    supporting = desk("unit", reach=("U2",))
    with pytest.raises(NotAllowedError, match="应由牵头单位水务局提出"):
        steps.sign(store, supporting, steps.Sign(no, 3))
    assert reports.report(store, supporting, reports.Report(no, "已配合")) == 4
    with pytest.raises(NotAllowedError, match="只能以本单位"):
        reports.report(store, supporting, reports.Report(no, "已配合", unit_code="U3"))
