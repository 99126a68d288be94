"""What tickets say about an item, and what may be on a list already."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from lib.access.roles import EVERYTHING, Access, NotAllowedError
from lib.answers import Source
from lib.answers import list_entry as answers
from lib.city import load_city
from lib.schema import tickets as t
from tests.commands.lists.desks import item_in, new_item


@pytest.fixture(scope="module")
def conn(demo_store):
    with demo_store.engine.connect() as conn:
        yield conn


def source(demo_store, conn, access=EVERYTHING):
    return Source(conn, demo_store.pointer, load_city(demo_store.pointer.city), access)


def some(conn, number=3, *, restricted=False):
    c = t.tickets.c
    kind = c.restricted_class.is_not(None) if restricted else c.restricted_class.is_(None)
    lead = c.unit_code.is_not(None) & (c.unit_code != t.UNMAPPED)
    statement = select(c.source_code, c.ticket_no, c.unit_code).where(kind, lead).order_by(c.ticket_no).limit(number)
    return conn.execute(statement).all()


def test_one_ticket_fills_the_form(demo_store, conn):
    row = some(conn, 1)[0]
    found = answers.proposal(source(demo_store, conn), ((row.source_code, row.ticket_no), ("x", "没有的")))
    assert found.tickets == ((row.source_code, row.ticket_no),)
    assert found.missing == ("没有的",)
    assert found.values["lead_unit_code"] == row.unit_code
    assert found.values["source"] == "tickets"
    assert found.values["title"]
    assert found.values["manifestation"]


def test_several_tickets_are_a_line_each_and_the_most_common_unit(demo_store, conn):
    keys = tuple((row.source_code, row.ticket_no) for row in some(conn))
    found = answers.proposal(source(demo_store, conn), keys)
    lines = found.values["manifestation"].split("\n")
    assert lines[0] == "关联工单3件："
    assert [number in line for (_, number), line in zip(keys, lines[1:], strict=True)] == [True] * 3
    assert found.values["lead_unit_code"] in {row.unit_code for row in some(conn)}


def test_nothing_of_restricted_classes_is_carried_over(demo_store, conn):
    row = some(conn, 1, restricted=True)
    if not row:
        pytest.skip("the demo city of this seed holds no restricted ticket with a unit")
    found = answers.proposal(source(demo_store, conn), ((row[0].source_code, row[0].ticket_no),))
    assert {"title", "manifestation"}.isdisjoint(found.values)


def test_tickets_are_found_by_number_within_reach(demo_store, conn):
    row = some(conn, 1)[0]
    known = answers.tickets_by_number(source(demo_store, conn), (row.ticket_no, "没有的"))
    assert known == {row.ticket_no: ((row.source_code, row.ticket_no),), "没有的": ()}
    assert answers.tickets_by_number(source(demo_store, conn, Access(reach=())), (row.ticket_no,)) == {
        row.ticket_no: ()
    }
    blind = source(demo_store, conn, Access(reach=None, tickets=False))
    assert answers.tickets_by_number(blind, (row.ticket_no,)) == {}
    with pytest.raises(NotAllowedError):
        answers.proposal(blind, ((row.source_code, row.ticket_no),))


def test_doubles_share_a_ticket_or_unit_and_words(any_store):
    open_one = new_item(any_store)
    gone = item_in(any_store, "voided")
    assert gone != open_one

    def found(title="别的事", unit="U2", keys=()):
        with any_store.reading() as conn:
            return [(d.item_no, d.why) for d in answers.duplicates(conn, "supervision", title, unit, keys)]

    assert found(keys=[("A", "T1"), ("A", "T2")]) == [(open_one, "已关联同一工单 T1")]
    assert found("关于向阳小区供暖不热的问题", "U1") == [(open_one, "责任单位相同、标题相近")]
    assert found("关于向阳小区供暖不热的问题", "U2") == []
    assert found("向阳小区井盖缺失", "U1") == []
    assert found(keys=[("B", "T1")]) == []
