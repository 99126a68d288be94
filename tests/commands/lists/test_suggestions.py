"""Suggestions: what a run stores, what it does not suggest again, and how people decide."""

import dataclasses
import json
from datetime import datetime

import pytest

from lib.access.audit import COMMAND_LINE
from lib.access.roles import NotAllowedError
from lib.commands import CommandError, ConflictError
from lib.commands.lists.suggestions import (
    AcceptSuggestion,
    DeclineSuggestion,
    DeclineSuggestions,
    MergeSuggestion,
    StoreRun,
    accept,
    decline,
    decline_many,
    merge,
    store_run,
    tickets_of,
)
from lib.lists.proposals import Proposal
from lib.schema import assessment as a
from lib.schema import lists as t
from tests.access.stores import rows
from tests.commands.lists.desks import PROFILE, desk, item_in, keeper, row

HOTLINE, SUPERVISION = keeper("problem"), keeper("supervision")
RULES, VALUES = "2026-11·abc", {"title": "住建局：供热长期逾期", "lead_unit_code": "U1"}


def proposal(*numbers, matter="U1", rule="overdue", minimum=1):
    """A matter with these tickets of source A."""
    listed = [{"source": "A", "no": no, "title": "暖气不热", "received_at": "2026-10-01 09:00"} for no in numbers]
    chain = {
        "words": "疑点提示",
        "rule": "长期逾期",
        "definition": "…",
        "figures": [],
        "restricted": 0,
        "tickets": listed,
    }
    return Proposal(
        rule, ("unit", matter), f"{matter}：长期逾期", tuple(("A", no) for no in numbers), minimum, chain, "U1"
    )


def run(store, *proposals, by=HOTLINE, rules=RULES):
    return store_run(store, by, StoreRun(datetime(2026, 11, 1), "v1", rules, proposals))


def stored(store):
    """Suggestions in the order of their numbers."""
    return sorted(rows(store, t.list_suggestions), key=lambda s: s.suggestion_id)


def numbers(suggestion):
    return [no for _, no in tickets_of(suggestion.chain)]


def entries(store, action):
    """What the history says about acts of that kind."""
    return [json.loads(e.text) for e in rows(store, a.audit_entries) if e.action == action]


def test_a_run_is_stored_with_its_versions_and_found_again_it_is_not_new(any_store):
    first = run(any_store, proposal("T1", "T2"), proposal("T3", matter="U2"))
    again = run(any_store, proposal("T1", "T2"), proposal("T3", matter="U2"))
    assert (first.found, first.added, first.renewed) == (2, 2, 0)
    assert (again.found, again.added, again.renewed) == (2, 0, 0)
    kept = stored(any_store)
    assert [(s.state, s.rules_version, s.ticket_count, s.version) for s in kept] == [
        ("open", RULES, 2, 1), ("open", RULES, 1, 1)]  # fmt: skip
    [run1, run2] = entries(any_store, "nomination_run")
    assert run1["after"] == {"as_of": "2026-11-01T00:00:00", "data_version": "v1", "rules_version": RULES, "found": 2,
                             "added": 2, "renewed": 0}  # fmt: skip
    assert run2["after"]["added"] == 0
    assert [r.added for r in rows(any_store, t.nomination_runs)] == [2, 0]


def test_an_open_suggestion_gains_tickets_but_keeps_the_rules_it_was_made_by(store):
    run(store, proposal("T1"))
    assert run(store, proposal("T2", "T1")).renewed == 1
    [kept] = stored(store)
    assert (numbers(kept), kept.ticket_count, kept.version) == (["T2", "T1"], 2, 2)
    assert run(store, proposal("T3", "T2", "T1"), rules="2026-12·def").renewed == 0
    assert (stored(store)[0].rules_version, stored(store)[0].ticket_count) == (RULES, 2)


def test_what_was_decided_comes_back_only_with_enough_that_is_new(store):
    run(store, proposal("T1", "T2", minimum=2))
    decline(store, HOTLINE, DeclineSuggestion(1, 1, "已在办理"))
    assert run(store, proposal("T3", "T2", "T1", minimum=2)).added == 0
    assert run(store, proposal("T4", "T3", "T2", "T1", minimum=2)).added == 1
    kept = stored(store)[-1]
    assert numbers(kept) == ["T4", "T3"]
    assert {"label": "其中不再列入", "value": "2件", "meaning": "以前已经研判，或已关联清单事项"} in json.loads(
        kept.chain
    )["figures"]


def test_what_stands_on_a_list_is_not_suggested(store):
    no = item_in(store, "listed")  # links T1
    assert run(store, proposal("T1")).added == 0
    assert run(store, proposal("T1", "T2")).added == 1
    assert numbers(stored(store)[0]) == ["T2"]
    assert row(store, no).version == 2


def test_accepting_makes_an_item_of_the_own_list_with_its_tickets_once(any_store):
    run(any_store, proposal("T1", "T2", "GONE"))
    command = AcceptSuggestion(1, 1, "problem", VALUES, "属实，须列入", "form-1")
    no = accept(any_store, HOTLINE, command)
    assert accept(any_store, HOTLINE, command) == no
    item = row(any_store, no)
    assert (item.list_kind, item.state, item.source, item.title) == (
        "problem",
        "proposed",
        "suggestion",
        VALUES["title"],
    )
    # A ticket that the database no longer holds is not linked.
    assert [k.ticket_no for k in rows(any_store, t.list_tickets)] == ["T1", "T2"]
    [kept] = stored(any_store)
    assert (kept.state, kept.reason, kept.item_id, kept.version) == ("accepted", "属实，须列入", item.item_id, 2)
    assert kept.decided_by == "hotline-1"
    [entry] = entries(any_store, "suggestion_decided")
    assert (entry["after"]["state"], entry["after"]["item_no"], entry["reason"]) == ("accepted", no, "属实，须列入")
    assert entry["before"]["rules_version"] == RULES


def test_a_refused_item_leaves_the_suggestion_open(store):
    run(store, proposal("T1"))
    with pytest.raises(CommandError, match="请填写问题"):
        accept(store, HOTLINE, AcceptSuggestion(1, 1, "problem", {"lead_unit_code": "U1"}, "属实"))
    with pytest.raises(NotAllowedError):
        accept(store, HOTLINE, AcceptSuggestion(1, 1, "supervision", VALUES, "属实"))
    with pytest.raises(CommandError, match="请填写采纳理由"):
        accept(store, HOTLINE, AcceptSuggestion(1, 1, "problem", VALUES, " "))
    assert stored(store)[0].state == "open"
    assert rows(store, t.list_items) == []


def test_merging_links_the_tickets_and_stands_in_the_timeline(any_store):
    no = item_in(any_store, "handling")  # links T1
    run(any_store, proposal("T2", "T3"))
    assert merge(any_store, SUPERVISION, MergeSuggestion(1, 1, no, "同一件事", "form-2")) == no
    assert merge(any_store, SUPERVISION, MergeSuggestion(1, 1, no, "同一件事", "form-2")) == no
    assert [k.ticket_no for k in rows(any_store, t.list_tickets)] == ["T1", "T2", "T3"]
    assert stored(any_store)[0].state == "merged"
    last = max(rows(any_store, t.list_steps), key=lambda s: s.step_no)
    assert (last.step, last.text, json.loads(last.facts)["新关联工单"]) == ("link", "同一件事", "2件")
    run(any_store, proposal("T4", matter="U2"))
    with pytest.raises(CommandError, match="没有编号为"):
        merge(any_store, SUPERVISION, MergeSuggestion(2, 1, "督2026-0099", "同一件事"))
    assert stored(any_store)[1].state == "open"


def test_the_second_to_decide_sees_what_the_first_did(store):
    run(store, proposal("T1"))
    decline(store, HOTLINE, DeclineSuggestion(1, 1, "已办结"))
    with pytest.raises(ConflictError) as conflict:
        accept(store, SUPERVISION, AcceptSuggestion(1, 1, "supervision", VALUES, "属实"))
    assert conflict.value.current["状态"] == "未采纳"
    assert conflict.value.current["办理人"] == "hotline-1"
    assert rows(store, t.list_items) == []


def test_several_are_declined_together_or_not_at_all(any_store):
    run(any_store, proposal("T1"), proposal("T2", matter="U2"), proposal("T3", matter="U3"))
    with pytest.raises(ConflictError):
        decline_many(any_store, HOTLINE, DeclineSuggestions(((1, 1), (2, 7)), "季节性诉求"))
    assert {s.state for s in stored(any_store)} == {"open"}
    assert decline_many(any_store, HOTLINE, DeclineSuggestions(((1, 1), (3, 1)), "季节性诉求")) == 2
    assert [s.state for s in stored(any_store)] == ["declined", "open", "declined"]
    assert len(entries(any_store, "suggestion_decided")) == 2
    with pytest.raises(CommandError, match="请先选择"):
        decline_many(any_store, HOTLINE, DeclineSuggestions((), "季节性诉求"))
    with pytest.raises(CommandError, match="没有这条拟列建议"):
        decline(any_store, HOTLINE, DeclineSuggestion(99, 1, "季节性诉求"))


@pytest.mark.parametrize("role", ["leader", "discipline", "organisation", "unit", "kiosk", "system_admin"])
def test_others_neither_run_the_rules_nor_decide(store, role):
    run(store, proposal("T1"))
    other = desk(role)
    with pytest.raises(NotAllowedError):
        run(store, proposal("T2", matter="U2"), by=other)
    with pytest.raises(NotAllowedError):
        decline(store, other, DeclineSuggestion(1, 1, "不需要"))
    with pytest.raises(NotAllowedError):
        accept(store, other, AcceptSuggestion(1, 1, "problem", VALUES, "属实"))
    assert len(stored(store)) == 1
    assert stored(store)[0].state == "open"


def test_the_command_line_runs_the_rules_every_night(store):
    night = dataclasses.replace(desk("hotline"), person=COMMAND_LINE, profile=PROFILE)
    assert run(store, proposal("T1"), by=night).added == 1
    assert entries(store, "nomination_run")[0]["name"] == "命令行"
