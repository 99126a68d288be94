"""Steps of an item: who may take which, from where, and what each of them changes."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from lib.access.roles import ROLES, Identity, NotAllowedError
from lib.commands import CommandError, ConflictError
from lib.commands.lists import hand_over, items, links, reports, requests, steps
from lib.lists import process
from lib.schema import lists as t
from lib.schema.list_terms import LIST_KINDS, STATES
from tests.access.stores import rows
from tests.commands.lists.desks import (
    NOW,
    PROFILE,
    TODAY,
    desk,
    hand_over_of,
    item_in,
    keeper,
    new_item,
    request_of,
    row,
)

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
ELSEWHERE = {"propose", "receive", "arrive", "reinspect", "attach", "withdraw_evidence", "document", "void_document"}


def test_every_step_of_the_table_is_tried():
    assert set(COMMANDS) | ELSEWHERE == set(process.STEPS)


@pytest.mark.parametrize("kind", LIST_KINDS)
@pytest.mark.parametrize("state", STATES)
def test_each_step_is_taken_where_the_table_allows_it_and_refused_with_a_reason_elsewhere(store, kind, state):
    if kind == "supervision" and state == "handed_over":
        return  # Nothing on the 督办清单 is ever handed over.
    item_no = item_in(store, state, kind)
    for step, command_of in COMMANDS.items():
        for role in ROLES:
            before = row(store, item_no)
            allowed = process.refusal(step, Identity("x", "", role), kind, state) is None
            if allowed:
                continue
            handler, command = command_of(item_no, before.version, 0)
            with pytest.raises((CommandError, NotAllowedError)) as refused:
                handler(store, desk(role, "x"), command)
            assert "办" in str(refused.value) or "没有" in str(refused.value), (step, role, str(refused.value))
            assert not isinstance(refused.value, ConflictError)
            assert row(store, item_no) == before, (step, role)
