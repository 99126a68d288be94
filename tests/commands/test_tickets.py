"""Reading a ticket unmasked or of a restricted class: recorded first, with a reason, by those who may."""

import json

import pytest

from lib.access.roles import ROLES, Identity, NotAllowedError
from lib.commands import CommandError
from lib.commands.tickets import ReadRestricted, Unmask, read_restricted, unmask
from lib.schema import assessment as a
from tests.access.stores import NOW, rows

# Long enough to be taken for a card's number.
NUMBER = "2026101500060424"
TRUSTED = ("discipline", "hotline")


def person(role):
    return Identity("somebody", "某人", role, "S02" if role == "unit" else None)


@pytest.mark.parametrize("role", TRUSTED)
def test_an_unmasking_is_recorded_with_ticket_and_reason(store, role):
    unmask(store, person(role), Unmask("demo", NUMBER, "  核对 诉求人联系方式 "), now=NOW)
    entry = rows(store, a.audit_entries)[-1]
    assert (entry.action, entry.subject, entry.is_reserved) == (
        "ticket_unmasked",
        f"demo~{NUMBER}",
        role == "discipline",
    )
    assert json.loads(entry.text)["reason"] == "核对 诉求人联系方式"


def test_a_restricted_ticket_read_unmasked_is_recorded_as_both(store):
    unmask(store, person("hotline"), Unmask("demo", NUMBER, "核对诉求内容", is_restricted=True), now=NOW)
    assert [entry.action for entry in rows(store, a.audit_entries)] == ["restricted_read", "ticket_unmasked"]


def test_each_reading_of_a_restricted_ticket_is_recorded(store):
    for _ in range(2):
        read_restricted(store, person("discipline"), ReadRestricted("demo", NUMBER), now=NOW)
    assert [entry.action for entry in rows(store, a.audit_entries)] == ["restricted_read"] * 2


@pytest.mark.parametrize("reason", ["", "核对一下", " 核 对 ", "　　　　　　"])
def test_without_a_reason_nothing_is_unmasked(store, reason):
    with pytest.raises(CommandError, match="至少5个字"):
        unmask(store, person("hotline"), Unmask("demo", NUMBER, reason), now=NOW)
    assert rows(store, a.audit_entries) == []


@pytest.mark.parametrize("role", [role for role in ROLES if role not in TRUSTED])
def test_nobody_else_reads_either(store, role):
    for ask in (
        lambda: unmask(store, person(role), Unmask("demo", NUMBER, "核对诉求内容"), now=NOW),
        lambda: read_restricted(store, person(role), ReadRestricted("demo", NUMBER), now=NOW),
    ):
        with pytest.raises(NotAllowedError):
            ask()
    assert rows(store, a.audit_entries) == []
