"""What stands on the lists: columns, order, filters, one item in full, what waits; and what a unit never learns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import event, insert, update

from lib import answers
from lib.access.roles import ROLES, NotAllowedError
from lib.answers import ItemFilter, ListView
from lib.assessment_store import AssessmentStore
from lib.commands.lists import hand_over, items, links, reports, requests
from lib.commands.lists.desk import Desk
from lib.schema import lists as t
from tests.access.conftest import any_store, empty_database, postgres_store, store
from tests.access.stores import put_account
from tests.commands.lists.desks import (
    NOW,
    TODAY,
    desk,
    hand_over_of,
    item_in,
    keeper,
    new_item,
    put_evidence,
    put_request,
    request_of,
    row,
)

__all__ = ["any_store", "empty_database", "postgres_store", "store"]
OTHER = ("U3",)


def view(role: str = "supervision", account: str | None = None, *, today: date = TODAY, **given: Any) -> ListView:
    who: Desk = desk(role, account, **given)  # type: ignore[arg-type]
    return ListView(who.person, who.reach, today, who.profile, {**who.names})


def ask(store: AssessmentStore, seen: ListView, asked: ItemFilter | None = None, kind: str = "supervision") -> Any:
    with store.reading() as conn:
        return answers.list_items(conn, seen, kind, asked or ItemFilter())


def numbers(frame: pd.DataFrame) -> list[str]:
    return list(frame["item_no"])


def full(store: AssessmentStore, seen: ListView, item_no: str) -> answers.ItemDetail | None:
    with store.reading() as conn:
        return answers.list_item(conn, seen, item_no)


def waiting(store: AssessmentStore, seen: ListView) -> list[tuple[str, str]]:
    with store.reading() as conn:
        return [(todo.what, todo.item_no) for todo in answers.to_do(conn, seen)]


def put(store: AssessmentStore, item_no: str, **values: Any) -> None:
    """Set columns of an item as a row: what leads there is proved elsewhere."""
    with store.writing() as conn:
        conn.execute(update(t.list_items).where(t.list_items.c.item_no == item_no).values(**values))


def spread(store: AssessmentStore) -> Mapping[str, str]:
    """Items of different limits and states: name → number."""
    made = {
        "late": item_in(store, "handling", title="供暖不热"),
        "near": item_in(store, "handling", title="路灯不亮"),
        "far": item_in(store, "assigned", title="积水"),
        "closed": item_in(store, "closed", title="占道"),
        "proposed": new_item(store, title="噪声"),
    }
    put(store, made["late"], due_on=date(2026, 10, 30))
    put(store, made["near"], due_on=date(2026, 11, 5))
    put(store, made["far"], due_on=date(2026, 12, 30))
    return made


def test_the_overdue_stand_first_then_the_near(any_store: AssessmentStore) -> None:
    made = spread(any_store)
    frame = ask(any_store, view())
    assert numbers(frame) == [made[name] for name in ("late", "near", "far", "proposed", "closed")]
    assert list(frame["light"]) == ["overdue", "near", "normal", "none", "done"]
    # Friday 30 October to Monday 2 November is one working day; 2 to 5 November are three.
    assert frame["days_left"].tolist()[:2] == [-1, 3]
    assert frame["days_left"].isna().tolist()[3:] == [True, True]


def test_a_row_says_everything_the_ledger_needs(any_store: AssessmentStore) -> None:
    number = item_in(any_store, "handling", instructed_by="王市长", instruction="限期解决", **{"own:group": "督查一科"},
                     leader="张局长", person="李科", phone="0372-1", measures="抢修", is_legacy=True)  # fmt: skip
    office = keeper("supervision")
    reports.report(any_store, office, reports.Report(number, "先到现场", unit_code="U1"))
    reports.report(any_store, office, reports.Report(number, "已开工", "缺材料", "月底完工", "U1"))
    reports.urge(any_store, office, reports.Urge(number))
    version = row(any_store, number).version
    reports.sponsor(any_store, office, reports.Sponsor(number, version, "赵书记", "副书记", date(2026, 12, 1)))
    links.link(any_store, office, links.LinkTickets(number, [("A", "T2")]))
    put_evidence(any_store, number)
    put_request(any_store, number, "extension", wanted_on=date(2026, 12, 1))
    with any_store.writing() as conn:
        for count, voided in ((1, None), (2, NOW.replace(tzinfo=None))):
            conn.execute(
                insert(t.list_documents).values(
                    item_id=row(any_store, number).item_id, kind="notice", word="示督办", year=2026, number=count,
                    document_no=f"示督办〔2026〕{count}号", title="通知", made_at=NOW.replace(tzinfo=None), made_by="x",
                    voided_at=voided,
                )
            )  # fmt: skip
    one = ask(any_store, view()).iloc[0]
    said = {name: one[name] for name in (
        "state_label", "lead_unit", "supporting", "leader", "person", "progress", "problems", "next_steps",
        "urged_count", "sponsor", "sponsor_zero_by_on", "ticket_count", "tickets", "evidence_count", "open_request",
        "document_no", "own:group", "level_label", "instructed_by", "is_legacy", "source_label",
    )}  # fmt: skip
    assert said == {
        "state_label": "办理中", "lead_unit": "住建局", "supporting": "城管局", "leader": "张局长", "person": "李科",
        "progress": "已开工", "problems": "缺材料", "next_steps": "月底完工", "urged_count": 1, "sponsor": "赵书记",
        "sponsor_zero_by_on": date(2026, 12, 1), "ticket_count": 2, "tickets": "T1、T2", "evidence_count": 1,
        "open_request": "extension", "document_no": "示督办〔2026〕1号", "own:group": "督查一科",
        "level_label": "科室督办", "instructed_by": "王市长", "is_legacy": True, "source_label": "热线工单",
    }  # fmt: skip
    # The city's clock, eight hours ahead of what is stored.
    assert one["created_at"] == datetime(2026, 11, 2, 17, 0)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (ItemFilter(states=("handling",)), {"late", "near"}),
        (ItemFilter(units=("U1", "U1-1")), {"late", "near", "far", "closed", "proposed"}),
        (ItemFilter(units=("U3",)), set()),
        (ItemFilter(words="路灯"), {"near"}),
        (ItemFilter(words="路灯 没有"), set()),
        (ItemFilter(words="100%"), set()),
        (ItemFilter(due_from=date(2026, 11, 1), due_to=date(2026, 11, 30)), {"near"}),
        (ItemFilter(sources=("media",)), set()),
        (ItemFilter(flags=("is_legacy",)), set()),
    ],
)
def test_filters(any_store: AssessmentStore, asked: ItemFilter, expected: set[str]) -> None:
    made = spread(any_store)
    # Limits the commands set themselves would fall into the range asked for.
    put(any_store, made["closed"], due_on=date(2027, 1, 1))
    assert set(numbers(ask(any_store, view(), asked))) == {made[name] for name in expected}


@pytest.mark.parametrize("role", sorted(ROLES))
def test_the_matrix_says_who_sees_items(store: AssessmentStore, role: str) -> None:
    number = item_in(store, "handling")
    if role in ("leader", "supervision", "discipline", "hotline", "unit"):
        assert numbers(ask(store, view(role))) == [number]
        return
    with pytest.raises(NotAllowedError):
        ask(store, view(role))
    assert full(store, view(role), number) is None


def test_a_projection_device_sees_counts_only(store: AssessmentStore) -> None:
    spread(store)
    with store.reading() as conn:
        counted = answers.item_counts(conn, view("kiosk"), "supervision")
        assert counted == {"overdue": 1, "near": 1, "normal": 1, "done": 1}
        assert answers.to_do(conn, view("kiosk")) == []


def test_a_unit_sees_its_own_items_from_the_day_they_are_given_out(any_store: AssessmentStore) -> None:
    lead, later = item_in(any_store, "handling"), item_in(any_store, "listed")
    assert numbers(ask(any_store, view("unit"))) == [lead]
    assert numbers(ask(any_store, view("unit", reach=("U2",)))) == [lead]
    assert numbers(ask(any_store, view("unit", reach=OTHER))) == []
    assert numbers(ask(any_store, view("unit", reach=()))) == []
    assert full(any_store, view("unit"), later) is None
    assert full(any_store, view("unit", reach=OTHER), lead) is None


def contested(store: AssessmentStore) -> str:
    """An item that U1 objected to, that went to U3, with words of everybody on it."""
    number = item_in(store, "handling", supporting_unit_codes=())
    office = keeper("supervision")
    reports.report(store, office, reports.Report(number, "住建局的进展", unit_code="U1"))
    reports.urge(store, office, reports.Urge(number, "催住建局"))
    version = row(store, number).version
    requests.object_duty(store, office, requests.ObjectDuty(number, version, "住建局说不归它管", "U3", "U1"))
    requests.decide_duty(store, keeper("supervision", second=True), requests.DecideDuty(
        number, version + 1, request_of(store, number), "granted", "住建局有理"))  # fmt: skip
    put_account(store, "u1-clerk", role="unit", unit_code="U1")
    put_evidence(store, number, "progress")
    return number


def said_in(detail: answers.ItemDetail) -> str:
    """Everything that the detail holds, as one text."""
    frames = [value for value in vars(detail).values() if isinstance(value, pd.DataFrame)]
    return "\n".join([str(detail.row), *(frame.to_csv() for frame in frames)])


def test_a_unit_does_not_read_what_was_said_of_others(any_store: AssessmentStore) -> None:
    number = contested(any_store)
    office, unit = full(any_store, view(), number), full(any_store, view("unit", reach=OTHER), number)
    assert office is not None
    assert unit is not None
    assert "住建局" in said_in(office)
    assert unit.row["lead_unit"] == "水务局"
    assert "住建局" not in said_in(unit)
    assert unit.row["created_by"] == ""
    assert [len(f) for f in (unit.reports, unit.urgings, unit.requests, unit.evidence)] == [0, 0, 0, 0]
    assert [len(f) for f in (office.reports, office.urgings, office.requests, office.evidence)] == [1, 1, 1, 1]


def test_hand_overs_are_the_offices_affair(any_store: AssessmentStore) -> None:
    number = item_in(any_store, "handed_over", "problem")
    put(any_store, number, assigned_on=TODAY)
    office, unit = full(any_store, view("hotline"), number), full(any_store, view("unit"), number)
    assert office is not None
    assert unit is not None
    assert office.hand_overs[["receiver_label", "verdict", "approver"]].values.tolist() == [
        ["督查局", "待签收", "王主任"]
    ]
    assert unit.hand_overs.empty
    assert "王主任" not in said_in(unit)
    with any_store.reading() as conn:
        assert answers.hand_overs(conn, view("unit")).empty
        assert list(answers.hand_overs(conn, view("discipline"))["item_no"]) == [number]


def test_the_two_items_of_a_hand_over_lead_to_each_other(any_store: AssessmentStore) -> None:
    old = item_in(any_store, "handed_over", "problem")
    new = hand_over.receive(any_store, keeper("supervision"), hand_over.Receive(hand_over_of(any_store, old), True))
    assert new is not None
    for number in (old, new):
        detail = full(any_store, view(), number)
        assert detail is not None
        assert detail.hand_overs[["item_no", "new_item_no", "verdict"]].values.tolist() == [[old, new, "已签收"]]
    made = full(any_store, view(), new)
    assert made is not None
    assert made.row["origin_item_no"] == old


def test_the_timeline_tells_every_step_in_order(any_store: AssessmentStore) -> None:
    number = item_in(any_store, "closed")
    detail = full(any_store, view("leader"), number)
    assert detail is not None
    assert list(detail.steps["label"]) == ["拟列", "审核列入", "立项交办", "签收", "申请销号", "销号复核"]
    assert list(detail.reinspections["kind_label"]) == ["30日回头看", "90日回头看"]
    assert detail.requests[["kind_label", "verdict_label", "decision"]].values.tolist() == [["销号", "同意", "属实"]]


def test_what_waits_is_what_the_person_may_do(any_store: AssessmentStore) -> None:
    proposed, closing = new_item(any_store), item_in(any_store, "closing")
    handed = item_in(any_store, "handed_over", "problem")
    first, second = view(account="supervision-1"), view(account="supervision-2")
    # The close-out was asked for by the first person: the second one verifies.
    assert ("待复核销号", closing) not in waiting(any_store, first)
    assert waiting(any_store, second)[:2] == [("待复核销号", closing), ("待签收移交", handed)]
    assert ("待审核列入", proposed) in waiting(any_store, second)
    assert waiting(any_store, view("leader")) == []
    assert waiting(any_store, view("discipline")) == []
    assert waiting(any_store, view("hotline")) == []


def test_both_requests_on_one_item_wait(store: AssessmentStore) -> None:
    number = item_in(store, "handling")
    put_request(store, number, "extension", wanted_on=date(2026, 12, 20))
    put_request(store, number, "suspension", wanted_on=date(2026, 12, 20))
    assert {what for what, _ in waiting(store, view())} == {"待审批延期", "待审批挂账"}


def test_what_runs_out_waits_for_the_office_and_the_unit(store: AssessmentStore) -> None:
    made = spread(store)
    assert waiting(store, view(account="supervision-2"))[-2:] == [("已逾期", made["late"]), ("即将到期", made["near"])]
    unit = waiting(store, view("unit"))
    assert unit == [("待签收", made["far"]), ("已逾期", made["late"]), ("即将到期", made["near"])]
    reports.urge(store, keeper("supervision"), reports.Urge(made["late"]))
    assert ("催办待回复", made["late"]) in waiting(store, view("unit"))
    reports.report(store, desk("unit"), reports.Report(made["late"], "正在办"))
    assert ("催办待回复", made["late"]) not in waiting(store, view("unit"))


def test_reinspections_wait_when_their_day_is_near(store: AssessmentStore) -> None:
    number = item_in(store, "closed")
    assert waiting(store, view()) == []
    # 30 days after 2 November; three working days before.
    at = view(today=date(2026, 11, 27))
    assert waiting(store, at) == [("待回头看", number)]
    assert waiting(store, replace(at, today=date(2026, 11, 26))) == []


def test_more_items_take_no_more_statements(store: AssessmentStore) -> None:
    """Each kind of what belongs to items is read at once, however many they are."""
    said: list[str] = []
    new_item(store), new_item(store), item_in(store, "handling")
    event.listen(store.engine, "before_cursor_execute", lambda *a: said.append(a[2]))
    ask(store, view())
    few = len(said)
    for _ in range(5):
        items.add(store, keeper("supervision"), items.AddItem("supervision", {"title": "又一件", "source": "other"}))
    said.clear()
    ask(store, view())
    assert len(said) == few <= 12
