"""Handing over from the 问题清单: receivers, receipts, the new item, and what comes back."""

import dataclasses
from datetime import date

import pytest
from sqlalchemy import select

from lib.access.roles import NotAllowedError
from lib.commands import CommandError
from lib.commands.lists import hand_over, items, requests, steps
from lib.commands.lists.hand_over import HandOver, Receive
from lib.schema import lists as t
from tests.access.stores import rows
from tests.commands.lists.desks import PROFILE, desk, hand_over_of, item_in, keeper, new_item, row

BOTH = ("supervision", "discipline")
HOTLINE, SUPERVISION, DISCIPLINE = keeper("problem"), desk("supervision"), desk("discipline")


def handed(store, receivers=("supervision",), state="handling", **values):
    no = item_in(store, state, "problem", **values)
    hand_over.hand_over(store, HOTLINE, HandOver(no, row(store, no).version, "久拖不决", "王主任", receivers))
    return no


def test_an_accepted_hand_over_becomes_an_item_of_the_other_list(any_store):
    said = {"manifestation": "三栋楼室温不足", "measures": "换热站检修", "person": "张三", "phone": "0300-5550001",
            "district_code": "990102", "is_legacy": True, "problem_type": "long_delayed",
            "due_on": date(2026, 11, 6)}  # fmt: skip
    no = handed(any_store, **said)
    version = row(any_store, no).version
    receipt = Receive(hand_over_of(any_store, no), True, "收到", {"title": "督办向阳小区供暖"}, form_key="k1")
    new = hand_over.receive(any_store, SUPERVISION, receipt)
    assert new == "督2026-0001"
    old, made = row(any_store, no), row(any_store, new)
    assert (old.state, old.version, made.state, made.version) == ("handed_over", version + 1, "listed", 1)
    assert (made.title, made.manifestation, made.measures, made.is_legacy) == (
        "督办向阳小区供暖", "三栋楼室温不足", "换热站检修", True,
    )  # fmt: skip
    assert (made.source, made.source_note, made.origin_item_id, made.due_on) == (
        "hand_over", f"问题清单 {no}", old.item_id, None,
    )  # fmt: skip
    tickets = [(k.ticket_no, k.item_id) for k in rows(any_store, t.list_tickets)]
    assert tickets == [("T1", old.item_id), ("T1", made.item_id)]
    duties = [(r.unit_code, r.is_lead, r.person) for r in rows(any_store, t.list_responsibilities)
              if r.item_id == made.item_id]  # fmt: skip
    assert duties == [("U1", True, "张三"), ("U2", False, "")]
    signed = rows(any_store, t.list_hand_overs)[0]
    assert (signed.is_accepted, signed.receipt, signed.received_by, signed.new_item_id) == (
        True, "收到", "supervision-1", made.item_id,
    )  # fmt: skip
    assert hand_over.receive(any_store, SUPERVISION, receipt) == new  # The same form once more.
    with pytest.raises(CommandError, match="已经签收或退回"):
        hand_over.receive(any_store, SUPERVISION, Receive(receipt.hand_over_id, True))
    assert len(rows(any_store, t.list_items)) == 2
    assert steps.assign(any_store, SUPERVISION, steps.Assign(new, 1)) == 2


def test_what_is_sent_back_is_again_what_it_was(store):
    for state in ("listed", "assigned", "handling"):
        no = handed(store, state=state)
        with pytest.raises(CommandError, match="请填写退回理由"):
            hand_over.receive(store, SUPERVISION, Receive(hand_over_of(store, no), False))
        assert hand_over.receive(store, SUPERVISION, Receive(hand_over_of(store, no), False, "责任单位明确")) is None
        assert row(store, no).state == state
    again = HandOver(no, row(store, no).version, "仍未解决", "王主任")
    hand_over.hand_over(store, HOTLINE, again)
    assert hand_over.receive(store, SUPERVISION, Receive(hand_over_of(store, no), True)) == "督2026-0001"


@pytest.mark.parametrize(
    ("supervision", "discipline", "state"),
    [(True, True, "handed_over"), (True, False, "handed_over"), (False, True, "handed_over"),
     (False, False, "handling")],
)  # fmt: skip
def test_each_receiver_answers_for_itself(store, supervision, discipline, state):
    no = handed(store, BOTH)
    for who, accepts in ((SUPERVISION, supervision), (DISCIPLINE, discipline)):
        assert row(store, no).state == "handed_over"
        hand_over.receive(store, who, Receive(hand_over_of(store, no, who.person.role), accepts, "意见"))
    assert row(store, no).state == state
    assert len(rows(store, t.list_items)) == 1 + supervision


def test_nobody_signs_for_another_receiver(store):
    no = handed(store, BOTH)
    for who in (DISCIPLINE, HOTLINE, desk("leader"), desk("unit")):
        with pytest.raises(NotAllowedError, match="应由督查局签收"):
            hand_over.receive(store, who, Receive(hand_over_of(store, no), True))
    with pytest.raises(CommandError, match="没有这份移交"):
        hand_over.receive(store, SUPERVISION, Receive(99, True))


def test_receivers_are_those_that_the_city_chose(store):
    no = item_in(store, "listed", "problem")
    with pytest.raises(CommandError, match="请选择接收单位：督查局、纪委监委"):
        hand_over.hand_over(store, HOTLINE, HandOver(no, 2, "久拖不决", "王主任", ()))
    only = dataclasses.replace(PROFILE, hand_over_to=("discipline",))
    with pytest.raises(CommandError, match="接收单位请从列表中选择：纪委监委"):
        hand_over.hand_over(store, desk("hotline", profile=only), HandOver(no, 2, "久拖不决", "王主任"))


def test_nothing_is_handed_over_while_a_request_waits(store):
    no = item_in(store, "handling", "problem")
    requests.ask_extension(store, HOTLINE, requests.AskExtension(no, 4, "等材料", date(2027, 1, 15)))
    with pytest.raises(CommandError, match="还有未决定的延期申请"):
        hand_over.hand_over(store, HOTLINE, HandOver(no, 5, "久拖不决", "王主任"))


def test_a_receipt_that_cannot_be_carried_out_leaves_nothing(store):
    no = handed(store)
    with pytest.raises(CommandError, match="不在单位表中"):
        hand_over.receive(store, SUPERVISION, Receive(hand_over_of(store, no), True, values={"lead_unit_code": "U99"}))
    assert rows(store, t.list_hand_overs)[0].received_at is None
    assert len(rows(store, t.list_items)) == 1


def test_units_and_tickets_that_are_gone_do_not_stand_in_the_way(store):
    no = handed(store)
    left = dataclasses.replace(SUPERVISION, units={"U3": "水务局"}, tickets_known=lambda keys: set())
    new = hand_over.receive(store, left, Receive(hand_over_of(store, no), True))
    with store.reading() as conn:
        made = row(store, new).item_id
        assert (
            conn.execute(select(t.list_responsibilities).where(t.list_responsibilities.c.item_id == made)).all() == []
        )
        assert len(conn.execute(select(t.list_tickets).where(t.list_tickets.c.item_id == made)).all()) == 1


def test_items_of_the_supervision_list_are_never_handed_over(store):
    no = new_item(store, "supervision")
    with pytest.raises(CommandError, match="督办清单没有“移交”这一步"):
        hand_over.hand_over(store, SUPERVISION, HandOver(no, 1, "久拖不决", "王主任"))
    assert items.edit(store, SUPERVISION, items.EditItem(no, 1, {"remarks": "x"})) == 2
