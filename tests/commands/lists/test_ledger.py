"""Many rows at once: each on its own, each once, every refusal with its reason."""

import json
from datetime import date

import pytest

from lib.access.roles import NotAllowedError
from lib.commands.lists import items
from lib.commands.lists.ledger import LedgerRow, ReadLedger, faults, read_ledger
from lib.schema import assessment as a
from lib.schema import lists as t
from tests.access.stores import rows
from tests.commands.lists.desks import desk, item_in, keeper, new_item, row

OWN = keeper("supervision")


def new(key, **values):
    return LedgerRow(key, f"第{key}行", {"title": f"事项{key}", "source": "other", **values})


def read(store, *given, key="f" * 24, by=OWN, **more):
    return read_ledger(store, by, ReadLedger("supervision", given, key, "去年台账.xlsx", **more))


def actions(store):
    return [json.loads(entry.text)["action"] for entry in rows(store, a.audit_entries)]


def test_valid_rows_are_taken_and_refused_ones_hold_nobody_up(any_store):
    done = read(any_store, new("1", lead_unit_code="U1"), new("2", due_on=date(2020, 1, 1)), new("3"))
    assert [outcome.why is None for outcome in done] == [True, False, True]
    assert "办结时限不能早于今天" in done[1].why
    assert [i.title for i in rows(any_store, t.list_items)] == ["事项1", "事项3"]
    assert actions(any_store)[-1] == "ledger_read"
    entry = json.loads(rows(any_store, a.audit_entries)[-1].text)
    assert (entry["subject"], entry["after"]["录入"], entry["after"]["退回"]) == ("去年台账.xlsx", 2, 1)


def test_the_same_form_twice_makes_every_row_once(any_store):
    first = read(any_store, new("1"), new("2"))
    again = read(any_store, new("1"), new("2"), new("3"))
    assert [o.item_no for o in again][:2] == [o.item_no for o in first]
    assert len(rows(any_store, t.list_items)) == 3
    read(any_store, new("1"), key="e" * 24)
    assert len(rows(any_store, t.list_items)) == 4


def test_an_old_ledger_may_hold_limits_in_the_past(store):
    done = read(store, new("1", due_on=date(2025, 12, 1)), is_backlog=True)
    assert row(store, done[0].item_no).due_on == date(2025, 12, 1)


def test_a_changed_row_names_the_version_it_saw(any_store):
    no = new_item(any_store)
    changed = LedgerRow("a", no, {"target": "室温18度"}, no, row(any_store, no).version)
    late = LedgerRow("b", no, {"target": "室温16度"}, no, changed.opened_version)
    done = read(any_store, changed, late)
    assert done[0].why is None
    assert "刚被他人修改" in done[1].why
    assert "室温18度" in done[1].why
    assert row(any_store, no).target == "室温18度"


def test_progress_in_a_ledger_becomes_a_report_once(any_store):
    no = item_in(any_store, "handling")
    told = LedgerRow(
        "a", no, {}, no, row(any_store, no).version, {"progress": "完成八成", "problems": "", "next_steps": ""}
    )
    assert [o.why for o in (*read(any_store, told), *read(any_store, told))] == [None, None]
    assert [r.progress for r in rows(any_store, t.list_reports)] == ["完成八成"]


def test_who_does_not_keep_the_list_reads_nothing_in(store):
    with pytest.raises(NotAllowedError):
        read(store, new("1"), by=desk("hotline"))
    assert rows(store, t.list_items) == []
    assert "ledger_read" not in actions(store)


def test_every_fault_of_a_row_is_named_at_once():
    found = faults({"due_on": date(2020, 1, 1), "lead_unit_code": "U9", "person": "张" * 40}, "supervision", OWN)
    assert set(found) == {"title", "due_on", "lead_unit_code", "person"}
    assert faults({"title": "x", "due_on": date(2020, 1, 1)}, "supervision", OWN, past=True) == {}
    nobody = faults({"title": "x", "leader": "张局长", "person": "李科长"}, "supervision", OWN)
    assert set(nobody) == {"lead_unit_code"}
    assert nobody["lead_unit_code"].startswith("填写了责任领导、责任人，请同时选择牵头单位")


def test_thirty_rows_are_thirty_items_with_numbers_in_order(store):
    done = read(store, *(new(str(n)) for n in range(30)))
    assert [o.item_no for o in done] == [f"督2026-{n:04d}" for n in range(1, 31)]
    assert items.add(store, OWN, items.AddItem("supervision", {"title": "后", "source": "other"})) == "督2026-0031"
