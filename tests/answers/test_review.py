"""Tickets to look at again: which are hard and why, which citizens are not satisfied with, and whole populations."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from lib import answers
from lib.access.roles import Access, NotAllowedError
from lib.period import Period
from lib.scope import Scope
from tests.answers.conftest import Publish
from tests.factories import AS_OF, RECEIVED_AT, create_ticket

OCTOBER = Scope(Period.parse("2026-10"))
OPEN = {"is_closed": False, "closed_at": None, "satisfaction": None, "resolution": None, "answered_at": None}
OLD = AS_OF - timedelta(days=60)


def hard(publish: Publish) -> dict[str, str]:
    """ticket number → reasons."""
    frame = answers.hard_tickets(publish(ROWS), OCTOBER)
    return dict(zip(frame["ticket_no"], frame["reasons"], strict=True))


ROWS = [
    create_ticket(ticket_id=900, ticket_no="PLAIN", **OPEN),
    create_ticket(ticket_no="ROUNDS", round_count=3, **OPEN),
    create_ticket(ticket_no="TWO-ROUNDS", round_count=2, **OPEN),
    create_ticket(ticket_no="TRANSFERS", transfer_count=4, **OPEN),
    create_ticket(ticket_no="TWO-TRANSFERS", transfer_count=2, **OPEN),
    create_ticket(ticket_no="OLD", received_at=OLD, **OPEN),
    create_ticket(ticket_no="FIFTY-NINE", received_at=AS_OF - timedelta(days=59), **OPEN),
    create_ticket(ticket_no="DONE", round_count=5, transfer_count=5, received_at=OLD),
    create_ticket(ticket_no="DESK", handling_type="direct", round_count=3, **OPEN),
    create_ticket(ticket_id=901, ticket_no="FIRST", received_at=RECEIVED_AT, **OPEN),
    create_ticket(ticket_no="AGAIN", is_repeat=True, repeat_of_id=901, round_count=3, **OPEN),
    create_ticket(ticket_no="AGAIN-DONE", is_repeat=True, repeat_of_id=901),
    create_ticket(ticket_no="TWICE", is_repeat=True, repeat_of_id=900, **OPEN),
]


def test_hard_tickets_say_why(publish):
    assert hard(publish) == {
        "ROUNDS": "办理3轮", "TRANSFERS": "转派4次", "OLD": "受理满60日", "FIRST": "同一事项3件",
        "AGAIN": "办理3轮、同一事项3件",
    }  # fmt: skip


def test_hard_tickets_stand_whenever_they_came(publish):
    source = publish(ROWS)
    july = Scope(Period.parse("2026-07"))
    assert len(answers.hard_tickets(source, july)) == answers.hard_count(source, july) == 5
    assert answers.hard_tickets(source, replace(OCTOBER, district_code="410599")).empty


def test_flags_find_the_same_tickets_in_the_search(publish):
    source = publish(ROWS)

    def found(flag: str) -> set[str]:
        frame = answers.ticket_list(source, Scope(Period.parse("2026")), answers.TicketQuery(flags=(flag,)))
        return set(frame["ticket_no"])

    assert found("many_rounds") == {"ROUNDS", "DONE", "DESK", "AGAIN"}
    assert found("many_transfers") == {"TRANSFERS", "DONE"}
    assert found("long_open") == {"OLD"}
    assert found("often_repeated") == {"FIRST", "AGAIN", "AGAIN-DONE"}


def test_populations_hold_what_their_names_say(publish):
    source = publish([
        create_ticket(ticket_no="A"),
        create_ticket(ticket_no="B", satisfaction="unsatisfied", resolution="resolved"),
        create_ticket(ticket_no="C", resolution="unresolved"),
        create_ticket(ticket_no="D", closed_at=datetime(2026, 9, 30, 9), received_at=datetime(2026, 9, 29, 9),
                      resolution="unresolved"),
        create_ticket(ticket_no="E", handling_type="direct"),
        create_ticket(ticket_no="F", **OPEN),
        create_ticket(ticket_no="G", handling_type="urging", satisfaction="unsatisfied"),
    ])  # fmt: skip
    assert [no for _, no in answers.population(source, OCTOBER, "closed")] == ["A", "B", "C"]
    assert [no for _, no in answers.population(source, OCTOBER, "dissatisfied")] == ["B", "C"]
    for population in answers.POPULATIONS:
        keys = answers.population(source, OCTOBER, population)
        assert answers.population_count(source, OCTOBER, population) == len(keys)


def test_who_sees_no_tickets_draws_none(publish):
    source = replace(publish(ROWS), access=Access(None, tickets=False))
    for ask in (answers.population_count, answers.population):
        with pytest.raises(NotAllowedError):
            ask(source, OCTOBER, "closed")
    with pytest.raises(NotAllowedError):
        answers.hard_tickets(source, OCTOBER)
