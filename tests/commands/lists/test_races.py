"""Two people at once: one wins, the other sees both versions; the same form sent twice is carried out once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest

from lib.access.roles import NotAllowedError
from lib.access.verify import verify
from lib.commands import CommandError, ConflictError
from lib.commands.lists import hand_over, items, links, reports, requests, steps
from lib.lists.process import STEPS
from lib.schema import lists as t
from lib.schema.list_terms import STATES
from tests.access.stores import rows
from tests.commands.lists.desks import desk, hand_over_of, item_in, keeper, new_item, put_evidence, request_of, row

LATER = date(2027, 1, 15)
OWN, OTHER = keeper("supervision"), keeper("supervision", second=True)
# Every command that takes the key of a form: state of the item → handler, desk, command of (number, version, key).
FORMS = {
    "edit": ("listed", items.edit, OWN, lambda n, v, k: items.EditItem(n, v, {"remarks": "x"}, k)),
    "enlist": ("proposed", steps.enlist, OWN, lambda n, v, k: steps.Enlist(n, v, "", k)),
    "decline": ("proposed", steps.decline, OWN, lambda n, v, k: steps.Decline(n, v, "不属于", k)),
    "assign": ("listed", steps.assign, OWN, lambda n, v, k: steps.Assign(n, v, form_key=k)),
    "sign": ("assigned", steps.sign, OWN, lambda n, v, k: steps.Sign(n, v, form_key=k)),
    "resume": ("suspended", steps.resume, OWN, lambda n, v, k: steps.Resume(n, v, "再办", LATER, k)),
    "escalate": ("handling", steps.escalate, OWN, lambda n, v, k: steps.Escalate(n, v, "未动", "李", k)),
    "void": ("listed", steps.void, OWN, lambda n, v, k: steps.Void(n, v, "重复", k)),
    "reopen": ("closed", steps.reopen, OWN, lambda n, v, k: steps.Reopen(n, v, "反弹", LATER, k)),
    "report": ("handling", reports.report, OWN, lambda n, v, k: reports.Report(n, "进展", form_key=k)),
    "urge": ("handling", reports.urge, OWN, lambda n, v, k: reports.Urge(n, form_key=k)),
    "sponsor": ("handling", reports.sponsor, OWN, lambda n, v, k: reports.Sponsor(n, v, "赵", "市长", form_key=k)),
    "whistle": ("handling", reports.whistle, OWN, lambda n, v, k: reports.Whistle(n, "U1", "U3", "查", k)),
    "link": ("handling", links.link, OWN, lambda n, v, k: links.LinkTickets(n, [("A", "T5")], k)),
    "unlink": ("handling", links.unlink, OWN, lambda n, v, k: links.UnlinkTicket(n, "A", "T1", "误", k)),
    "extension": ("handling", requests.ask_extension, OWN,
                  lambda n, v, k: requests.AskExtension(n, v, "等", LATER, form_key=k)),
    "duty": ("assigned", requests.object_duty, OWN, lambda n, v, k: requests.ObjectDuty(n, v, "非", form_key=k)),
    "suspension": ("handling", requests.ask_suspension, OWN,
                   lambda n, v, k: requests.AskSuspension(n, v, "诉讼", LATER, k)),
    "withdraw": ("closing", requests.withdraw_close_out, OWN, lambda n, v, k: requests.WithdrawCloseOut(n, v, "误", k)),
    "verify": ("closing", requests.verify_close_out, OTHER,
               lambda n, v, k: requests.VerifyCloseOut(n, v, 1, "granted", "属实", k)),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_the_same_form_sent_twice_is_carried_out_once(store, name):
    state, handler, who, command_of = FORMS[name]
    no = item_in(store, state)
    version = row(store, no).version
    command = command_of(no, version, "form-1")
    assert handler(store, who, command) == version + 1
    once = {table: rows(store, table) for table in t.list_items.metadata.sorted_tables}
    assert handler(store, who, command) == version + 1
    assert {table: rows(store, table) for table in t.list_items.metadata.sorted_tables} == once


def test_the_same_new_item_sent_twice_is_one_item(any_store):
    said = {"title": "向阳小区供暖不热", "source": "media"}
    command = items.AddItem("supervision", said, form_key="form-1")
    at_once = Barrier(4)

    def send(_):
        at_once.wait()
        return items.add(any_store, OWN, command)

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(send, range(4))) == {"督2026-0001"}
    assert len(rows(any_store, t.list_items)) == len(rows(any_store, t.list_steps)) == 1


def test_a_double_click_that_arrives_at_once_is_carried_out_once(any_store):
    no = item_in(any_store, "handling")
    for command, handler, table in (
        (reports.Report(no, "进展", form_key="r"), reports.report, t.list_reports),
        (steps.Escalate(no, 5, "未动", "李局长", form_key="e"), steps.escalate, None),
    ):
        at_once = Barrier(4)

        def send(_, handler=handler, command=command, at_once=at_once):
            at_once.wait()
            return handler(any_store, OWN, command)

        version = row(any_store, no).version
        with ThreadPoolExecutor(4) as pool:
            assert set(pool.map(send, range(4))) == {version + 1}
        assert row(any_store, no).version == version + 1
        assert table is None or len(rows(any_store, table)) == 1


def test_whoever_was_overtaken_sees_what_stands_and_what_they_wanted(any_store):
    no = item_in(any_store, "listed")
    steps.assign(any_store, OTHER, steps.Assign(no, 2))
    with pytest.raises(ConflictError) as conflict:
        steps.void(any_store, OWN, steps.Void(no, 2, "重复录入"))
    assert conflict.value.current == {
        "状态": STATES["assigned"], "版本": "3", "最近一步": STEPS["assign"].label, "办理人": "督查局·甲",
        "时间": "2026-11-02 17:00",
    }  # fmt: skip
    assert conflict.value.wanted == {"办理": "作废"}
    assert row(any_store, no).state == "assigned"


def test_who_may_not_act_learns_nothing_from_a_conflict(store):
    no = item_in(store, "listed")
    for role in ("leader", "kiosk", "organisation", "hotline"):
        with pytest.raises(NotAllowedError):
            steps.assign(store, desk(role), steps.Assign(no, 1))


def race(store, no, version, writers):
    """All edit the same version at once; returns the versions that winners got and the conflicts that others saw."""
    at_once = Barrier(writers)

    def edit(writer):
        at_once.wait()
        try:
            said = {"remarks": f"{version}：{writer}"}
            return items.edit(store, keeper("supervision"), items.EditItem(no, version, said))
        except ConflictError as conflict:
            return conflict

    with ThreadPoolExecutor(writers) as pool:
        outcomes = list(pool.map(edit, range(writers)))
    conflicts = [outcome for outcome in outcomes if isinstance(outcome, ConflictError)]
    return [outcome for outcome in outcomes if outcome not in conflicts], conflicts


def raced(store, rounds, writers):
    no = new_item(store)
    for version in range(1, rounds + 1):
        won, conflicts = race(store, no, version, writers)
        assert won == [version + 1]
        stands = row(store, no).remarks
        assert [conflict.current for conflict in conflicts] == [{"备注": stands}] * (writers - 1)
        said = {conflict.wanted["备注"] for conflict in conflicts} | {stands}
        assert said == {f"{version}：{writer}" for writer in range(writers)}
    assert row(store, no).version == rounds + 1
    assert [s.step for s in rows(store, t.list_steps)] == ["propose"] + ["change"] * rounds
    assert verify(store).broken is None


def test_of_those_who_edit_at_once_exactly_one_wins(any_store):
    raced(any_store, rounds=3, writers=6)


@pytest.mark.proof
def test_of_two_editors_exactly_one_wins_a_thousand_times(any_store):
    raced(any_store, rounds=1000, writers=2)


@pytest.mark.proof
def test_of_fourteen_editors_exactly_one_wins_fifty_times(any_store):
    raced(any_store, rounds=50, writers=14)


def test_all_kinds_of_writes_at_once_neither_block_nor_break_each_other(any_store):
    problem = item_in(any_store, "handling", "problem")
    put_evidence(any_store, problem)
    hotline = keeper("problem")
    origin = row(any_store, problem).item_id
    hand_over.hand_over(any_store, hotline, hand_over.HandOver(problem, 4, "久拖不决", "王主任"))
    number = hand_over_of(any_store, problem)
    busy = item_in(any_store, "handling")
    busy_id = row(any_store, busy).item_id

    def act(place):
        said = {"title": f"事项{place}", "source": "media"}
        acts = (
            lambda: reports.report(any_store, OWN, reports.Report(busy, f"进展{place}")),
            lambda: items.add(any_store, OWN, items.AddItem("supervision", said, origin_item_id=busy_id)),
            lambda: reports.urge(any_store, OWN, reports.Urge(busy)),
            lambda: hand_over.receive(any_store, desk("supervision"), hand_over.Receive(number, True)),
        )
        try:
            return acts[place % 4]()
        except CommandError as refused:
            return str(refused)

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(act, range(24)))
    assert len(rows(any_store, t.list_reports)) == len(rows(any_store, t.list_urgings)) == 6
    made = [i for i in rows(any_store, t.list_items) if i.origin_item_id == origin]
    assert len(made) == 1
    assert sorted(done[3::4], key=len)[0] == made[0].item_no
    assert row(any_store, busy).version == 4 + 12
    numbers = [i.item_no for i in rows(any_store, t.list_items) if i.list_kind == "supervision"]
    assert sorted(numbers) == [f"督2026-{n:04d}" for n in range(1, 9)]
    assert verify(any_store).broken is None
    assert request_of(any_store, busy) == 0
