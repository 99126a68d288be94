"""Looking again: at items, at tickets, at samples."""

import dataclasses
from datetime import date

import pytest
from sqlalchemy import insert

from lib.access.roles import NotAllowedError
from lib.commands import CommandError
from lib.commands.lists import reinspections
from lib.commands.lists.reinspections import DrawSample, QueueTickets, Reinspect, ReviewTicket
from lib.lists.sampling import draw
from lib.schema import assessment as a
from lib.schema import lists as t
from tests.access.stores import rows
from tests.commands.lists.letter_desk import desk, put_item

OFFICE, HOTLINE = desk(), desk("hotline")
SECOND = dataclasses.replace(OFFICE, person=dataclasses.replace(OFFICE.person, account="supervision-2"))
TICKET = ("hotline", "T1")
POPULATION = [("hotline", f"T{number}") for number in range(30)]


def due(store, item_no=None, **given):
    """A re-inspection that is due, as close-out leaves it; returns its number."""
    values = {"kind": "day30", "due_on": date(2026, 11, 30), "note": "", **given}
    with store.writing() as conn:
        if item_no is not None:
            item = t.list_items.c
            found = item.item_id
            values["item_id"] = conn.execute(t.list_items.select().where(item.item_no == item_no)).one()._mapping[found]
        number = insert(t.list_reinspections).values(**values).returning(t.list_reinspections.c.reinspection_id)
        return conn.execute(number).scalar_one()


def test_the_outcome_of_an_item_is_a_step(any_store):
    item_no = put_item(any_store, state="closed")
    number = due(any_store, item_no)
    assert reinspections.reinspect(any_store, OFFICE, Reinspect(number, "relapsed", "水压又低了")) == number
    [row] = rows(any_store, t.list_reinspections)
    assert (row.verdict, row.note, row.done_by, row.done_at) == (
        "relapsed",
        "水压又低了",
        "supervision-1",
        OFFICE.moment,
    )
    step = rows(any_store, t.list_steps)[-1]
    assert (step.step, step.from_state, step.to_state) == ("reinspect", "closed", "closed")
    assert "未解决或反弹" in step.facts
    assert [entry.action for entry in rows(any_store, a.audit_entries)][-2:] == ["reinspected", "item_step"]


def test_an_item_is_looked_at_once_and_in_words(store):
    item_no = put_item(store, state="closed")
    number = due(store, item_no)
    with pytest.raises(CommandError, match="请填写核查情况"):
        reinspections.reinspect(store, OFFICE, Reinspect(number, "held"))
    with pytest.raises(CommandError, match="核查结果请从列表中选择"):
        reinspections.reinspect(store, OFFICE, Reinspect(number, "fine", "好"))
    with pytest.raises(NotAllowedError, match="应由督查局办理"):
        reinspections.reinspect(store, HOTLINE, Reinspect(number, "held", "好"))
    reinspections.reinspect(store, OFFICE, Reinspect(number, "held", "水压正常"))
    steps = len(rows(store, t.list_steps))
    with pytest.raises(CommandError, match="已由 supervision-1 在11月2日09:00登记为“已解决”"):
        reinspections.reinspect(store, SECOND, Reinspect(number, "relapsed", "水压又低了"))
    assert len(rows(store, t.list_steps)) == steps
    gone = due(store, item_no, cancelled_at=OFFICE.moment)
    with pytest.raises(CommandError, match="因事项重启而取消"):
        reinspections.reinspect(store, OFFICE, Reinspect(gone, "held", "好"))
    with pytest.raises(CommandError, match="没有这次回头看"):
        reinspections.reinspect(store, OFFICE, Reinspect(999, "held", "好"))
    again = due(store, put_item(store, state="handling"))
    with pytest.raises(CommandError, match="现在是“办理中”"):
        reinspections.reinspect(store, OFFICE, Reinspect(again, "held", "好"))


@pytest.mark.parametrize("role", ["leader", "discipline", "unit", "kiosk", "organisation"])
def test_only_those_who_keep_a_list_look_again(store, role):
    who = desk(role, ("U1",) if role == "unit" else None)
    for write, command in (
        (reinspections.reinspect, Reinspect(due(store, source_code="hotline", ticket_no="T1"), "held")),
        (reinspections.review_ticket, ReviewTicket(TICKET, "held")),
        (reinspections.draw_sample, DrawSample("十月", POPULATION, 3, 1, date(2026, 12, 1))),
        (reinspections.queue_tickets, QueueTickets([TICKET], date(2026, 12, 1))),
    ):
        with pytest.raises(NotAllowedError, match="应由热线中心或督查局办理"):
            write(store, who, command)


def test_a_ticket_is_reviewed_once_a_day(any_store):
    number = reinspections.review_ticket(any_store, HOTLINE, ReviewTicket(TICKET, "relapsed", "仍未通水"))
    assert reinspections.review_ticket(any_store, HOTLINE, ReviewTicket(TICKET, "relapsed", "仍未通水")) == number
    with pytest.raises(CommandError, match="已由 hotline-1"):
        reinspections.review_ticket(any_store, OFFICE, ReviewTicket(TICKET, "held"))
    [row] = rows(any_store, t.list_reinspections)
    assert (row.kind, row.source_code, row.ticket_no, row.verdict) == ("unsatisfied", "hotline", "T1", "relapsed")
    with pytest.raises(CommandError, match="请填写复核情况"):
        reinspections.review_ticket(any_store, HOTLINE, ReviewTicket(("hotline", "T2"), "unreachable"))
    nobody = dataclasses.replace(HOTLINE, tickets_known=lambda keys: set())
    with pytest.raises(CommandError, match="工单库中没有这些工单：T3"):
        reinspections.review_ticket(any_store, nobody, ReviewTicket(("hotline", "T3"), "held"))


def test_queued_tickets_wait_and_are_settled_by_the_review(store):
    asked = QueueTickets(POPULATION[:3] + POPULATION[:1], date(2026, 11, 9))
    assert reinspections.queue_tickets(store, HOTLINE, asked) == 3
    assert reinspections.queue_tickets(store, HOTLINE, asked) == 0
    assert len(rows(store, t.list_reinspections)) == 3
    number = reinspections.review_ticket(store, HOTLINE, ReviewTicket(POPULATION[1], "held"))
    row = {r.reinspection_id: r for r in rows(store, t.list_reinspections)}[number]
    assert (row.ticket_no, row.due_on, row.verdict) == ("T1", date(2026, 11, 9), "held")
    assert len(rows(store, t.list_reinspections)) == 3
    with pytest.raises(CommandError, match="不能早于今天"):
        reinspections.queue_tickets(store, HOTLINE, QueueTickets(POPULATION, date(2026, 11, 1)))
    with pytest.raises(CommandError, match="请至少选择一件工单"):
        reinspections.queue_tickets(store, HOTLINE, QueueTickets([], date(2026, 11, 9)))


def test_a_sample_is_drawn_once_and_can_be_drawn_again(any_store):
    asked = DrawSample("2026年10月　全市", POPULATION * 2, 7, 20261102, date(2026, 11, 16))
    number = reinspections.draw_sample(any_store, OFFICE, asked)
    assert reinspections.draw_sample(any_store, OFFICE, asked) == number
    [sample] = rows(any_store, t.list_samples)
    assert (sample.population, sample.size, sample.seed, sample.account) == (30, 7, 20261102, "supervision-1")
    drawn = [(r.source_code, r.ticket_no) for r in rows(any_store, t.list_reinspections) if r.sample_id == number]
    assert drawn == draw(POPULATION, 7, 20261102)
    entries = [entry for entry in rows(any_store, a.audit_entries) if entry.action == "sample_drawn"]
    assert len(entries) == 1
    assert "20261102" in entries[0].text
    first = rows(any_store, t.list_reinspections)[0].reinspection_id
    reinspections.reinspect(any_store, HOTLINE, Reinspect(first, "held"))
    with pytest.raises(CommandError, match="已由 hotline-1"):
        reinspections.reinspect(any_store, OFFICE, Reinspect(first, "relapsed", "没有解决"))


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"label": " "}, "请填写抽样范围"),
        ({"population": []}, "抽样范围内没有工单"),
        ({"size": 0}, "抽取数量须在1到30之间"),
        ({"size": 31}, "抽取数量须在1到30之间，现在是31"),
        ({"seed": -1}, "随机种子"),
        ({"due_on": date(2026, 10, 1)}, "完成期限不能早于今天"),
    ],
)
def test_a_sample_that_cannot_be_drawn_is_refused(store, given, why):
    asked = DrawSample("十月", POPULATION, 3, 1, date(2026, 12, 1))
    with pytest.raises(CommandError, match=why):
        reinspections.draw_sample(store, OFFICE, dataclasses.replace(asked, **given))
    assert not rows(store, t.list_samples)
