"""What depends on several tickets: reminders, exclusions, repeats; and separate files of histories."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from lib.schema import tickets as t
from lib.schema.rollups import rollup_place
from lib.store import read_pointer
from tests.ingest.staging import AS_OF, joined, staged, ticket

RECEIVED = datetime(2026, 10, 8, 9)


def urging(number: str, parent: str, hour: int = 12) -> dict:
    return ticket(
        number, handling_type="urging", parent_ticket_no=parent, received_at=datetime(2026, 10, 9, hour), is_closed=True
    )


def reminders(pair, number: str) -> list[datetime]:
    ids = {r["ticket_no"]: r["ticket_id"] for r in pair.rows(t.tickets)}
    rows = pair.rows(t.ticket_events, ticket_id=ids[number])
    assert [r["event_no"] for r in rows] == list(range(1, len(rows) + 1))
    return [r["happened_at"] for r in rows if r["kind"] == "urging"]


def test_reminder_joins_its_ticket_and_is_not_received(both) -> None:
    both.publish(staged(ticket("A1"), urging("U1", "A1"), urging("U2", "A1", 15)))
    assert both.ticket("A1")["urging_count"] == 2
    assert reminders(both, "A1") == [datetime(2026, 10, 9, 12), datetime(2026, 10, 9, 15)]
    assert both.total(rollup_place.c.received) == 1


def test_reminder_that_comes_later_touches_its_ticket_only(both) -> None:
    both.publish(staged(ticket("A1", content="内容"), ticket("A2")))
    result = both.publish(staged(urging("U1", "A1")))
    assert (result.inserted, result.updated) == (1, 0)
    assert both.ticket("A1")["urging_count"] == 1
    assert both.ticket("A2")["urging_count"] == 0
    texts = {r["content"] for r in both.rows(t.ticket_texts)}
    assert "内容" in texts
    again = both.publish(staged(urging("U1", "A1")))
    assert not again.is_new_version


def test_ticket_that_comes_after_its_reminder_has_it(pair) -> None:
    pair.publish(staged(urging("U1", "A1")))
    pair.publish(staged(ticket("A1")))
    assert pair.ticket("A1")["urging_count"] == 1
    pair.publish(staged(ticket("A1", title="改")))
    assert pair.ticket("A1")["urging_count"] == 1
    assert len(reminders(pair, "A1")) == 1


def test_a_reminder_counts_where_the_file_counts_fewer(pair) -> None:
    pair.publish(staged(ticket("A1", urging_count=3), urging("U1", "A1")))
    assert pair.ticket("A1")["urging_count"] == 3


# --- repeats ---------------------------------------------------------------------------------

PHONE = "13800001111"


def caller(number: str, days: float, category: str = "供热", **fields) -> dict:
    received = datetime(2026, 8, 1) + timedelta(days=days)
    matter = {"category1": "城建", "category2": category, "requester_phone": PHONE}
    return ticket(number, **({"received_at": received} | matter | fields))


def repeat_of(pair, number: str) -> str | None:
    rows = {r["ticket_id"]: r for r in pair.rows(t.tickets)}
    row = next(r for r in rows.values() if r["ticket_no"] == number)
    assert row["is_repeat"] == (row["repeat_of_id"] is not None)
    return None if row["repeat_of_id"] is None else rows[row["repeat_of_id"]]["ticket_no"]


@pytest.mark.parametrize(("days", "expected"), [(30.0, "A1"), (30.0 + 1 / 86400, None), (0.0, "A1")])
def test_a_repeat_comes_within_thirty_days_to_the_second(both, days: float, expected: str | None) -> None:
    both.publish(staged(caller("A1", 0), caller("A2", days)))
    assert repeat_of(both, "A1") is None
    assert repeat_of(both, "A2") == expected
    assert both.total(rollup_place.c.repeats) == (expected is not None)


def test_a_repeat_is_linked_to_the_latest_earlier_ticket(both) -> None:
    both.publish(staged(caller("A1", 0), caller("A2", 10), caller("A3", 35)))
    assert [repeat_of(both, n) for n in ("A1", "A2", "A3")] == [None, "A1", "A2"]


def test_another_matter_or_a_reminder_is_no_repeat(pair) -> None:
    other = caller("A2", 1, category="供水")
    reminder = caller("A3", 2, handling_type="urging", parent_ticket_no="A1")
    pair.publish(staged(caller("A1", 0), other, reminder, caller("A4", 3)))
    assert [repeat_of(pair, n) for n in ("A2", "A3", "A4")] == [None, None, "A1"]


def test_a_ticket_that_arrives_late_relinks_its_neighbours(both) -> None:
    both.publish(staged(caller("A1", 0), caller("A3", 20), caller("B", 300)))
    both.publish(staged(caller("A2", 10)))
    assert [repeat_of(both, n) for n in ("A2", "A3", "B")] == ["A1", "A2", None]
    assert both.total(rollup_place.c.repeats) == 2


def test_a_corrected_category_unlinks(both) -> None:
    both.publish(staged(caller("A1", 0), caller("A2", 10)))
    both.publish(staged(caller("A1", 0, category="供水")))
    assert repeat_of(both, "A2") is None
    assert both.total(rollup_place.c.repeats) == 0


def test_the_same_place_is_a_repeat_where_phones_are_masked(pair) -> None:
    rows = [
        ticket(
            number,
            received_at=RECEIVED + timedelta(days=k),
            category2="供热",
            category1="城建",
            requester_phone="138****1111",
            address=address,
            district="北关区",
        )
        for k, (number, address) in enumerate(
            [("A1", "幸福小区3号楼"), ("A2", "幸福小区 3 号楼。"), ("A3", "中华路"), ("A4", "中华路")]
        )
    ]
    pair.publish(staged(*rows))
    assert [repeat_of(pair, n) for n in ("A2", "A4")] == ["A1", None]
    assert {r["requester_hash"] for r in pair.rows(t.tickets)} == {None}
    assert pair.rows(t.publications)[-1]["phones_masked"] is True


def test_phone_is_kept_only_as_a_keyed_hash(pair) -> None:
    pair.publish(staged(caller("A1", 0), caller("A2", 90, requester_phone="+86 138-0000-1111")))
    hashes = {r["requester_hash"] for r in pair.rows(t.tickets)}
    assert len(hashes) == 1
    assert PHONE not in str(hashes)


# --- exclusions ------------------------------------------------------------------------------


def exclusion(number: str, approved_by: str | None = "张主任") -> dict:
    return {"ticket_no": number, "exclusion_code": "judicial", "approved_by": approved_by, "evidence": "法院传票"}


def excluded(pair) -> set[str]:
    return {r["ticket_no"] for r in pair.rows(t.tickets) if r["is_excluded"]}


def test_only_approved_exclusions_exclude(both) -> None:
    both.publish(staged(ticket("A1"), ticket("A2"), exclusions=joined(exclusion("A1"), exclusion("A2", None))))
    assert excluded(both) == {"A1"}
    revision = read_pointer(both.settings, "city").exclusion_revision
    approved = both.publish(staged(exclusions=joined(exclusion("A2")), read_rows=0))
    assert approved.is_new_version
    assert excluded(both) == {"A1", "A2"}
    assert read_pointer(both.settings, "city").exclusion_revision == revision + 1
    store = both.open()
    with store.engine.connect() as conn:
        assert set(conn.scalars(select(rollup_place.c.is_excluded))) == {True}
    store.dispose()


def test_an_exclusion_withdrawn_counts_the_ticket_again(pair) -> None:
    pair.publish(staged(ticket("A1"), exclusions=joined(exclusion("A1"))))
    pair.publish(staged(exclusions=joined(exclusion("A1", None)), read_rows=0))
    assert excluded(pair) == set()


def test_an_exclusion_that_comes_before_its_ticket_waits_for_it(pair) -> None:
    pair.publish(staged(ticket("A1"), exclusions=joined(exclusion("A9"))))
    pair.publish(staged(ticket("A9")))
    assert excluded(pair) == {"A9"}


def test_the_same_exclusions_again_change_nothing(both) -> None:
    rows = joined(exclusion("A1"))
    both.publish(staged(ticket("A1"), exclusions=rows))
    assert not both.publish(staged(ticket("A1"), exclusions=rows)).is_new_version


# --- separate files --------------------------------------------------------------------------


def at(day: int, hour: int = 9) -> datetime:
    return datetime(2026, 10, day, hour)


def test_events_of_a_separate_file_tell_the_ticket(both) -> None:
    events = joined(
        {"ticket_no": "A1", "kind": "dispatch", "happened_at": at(8, 10), "unit": "甲局"},
        {"ticket_no": "A1", "kind": "return", "happened_at": at(8, 12), "unit": "甲局", "verdict": "agreed"},
        {"ticket_no": "A1", "kind": "dispatch", "happened_at": at(8, 14), "unit": "乙局"},
        {"ticket_no": "A1", "kind": "acknowledge", "happened_at": at(8, 15), "unit": "乙局"},
        {"ticket_no": "A1", "kind": "closure", "happened_at": at(10), "unit": "乙局"},
        {"ticket_no": "A1", "kind": "reopen", "happened_at": at(11)},
        {"ticket_no": "A1", "kind": "closure", "happened_at": at(13), "unit": "乙局"},
    )
    first = both.publish(staged(ticket(unit="乙局", is_closed=True), events=events))
    assert first.inserted == 1
    row = both.ticket()
    units = {r["name"]: r["unit_code"] for r in both.rows(t.units)}
    assert (row["dispatched_at"], row["acknowledged_at"]) == (at(8, 10), at(8, 15))
    assert (row["first_closed_at"], row["closed_at"], row["reworked_at"]) == (at(10), at(13), at(11))
    assert (row["round_count"], row["return_count"]) == (2, 1)
    assert (row["first_unit_code"], row["unit_code"]) == (units["甲局"], units["乙局"])
    returned = both.rows(t.ticket_returns)
    assert [(r["unit_code"], r["verdict"]) for r in returned] == [(units["甲局"], "agreed")]
    rounds = both.rows(t.handling_rounds)
    assert [(r["started_at"], r["closed_at"]) for r in rounds] == [(at(8, 10), at(10)), (at(11), at(13))]
    assert not both.publish(staged(ticket(unit="乙局", is_closed=True), events=events)).is_new_version


def test_a_flat_file_keeps_the_events_it_cannot_know(pair) -> None:
    events = joined(
        {"ticket_no": "A1", "kind": "dispatch", "happened_at": at(8, 10), "unit": "甲局"},
        {"ticket_no": "A1", "kind": "transfer", "happened_at": at(8, 11), "unit": "乙局", "note": "职责不符"},
    )
    pair.publish(staged(ticket(), events=events))
    pair.publish(staged(ticket(title="改", dispatched_at=at(8, 10))))
    kinds = [(r["kind"], r["note"]) for r in pair.rows(t.ticket_events)]
    assert kinds == [("receive", None), ("dispatch", None), ("transfer", "职责不符")]
    assert pair.ticket()["transfer_count"] == 1


def test_callbacks_of_a_separate_file_are_all_kept_and_the_last_valid_one_stands(both) -> None:
    calls = joined(
        {"ticket_no": "A1", "called_at": at(10), "outcome": "unreachable", "satisfaction": None},
        {"ticket_no": "A1", "called_at": at(11), "outcome": "reached", "satisfaction": "unsatisfied"},
        {"ticket_no": "A1", "called_at": at(15), "outcome": "reached", "satisfaction": "satisfied"},
        {"ticket_no": "A1", "called_at": at(16), "outcome": "refused", "satisfaction": None},
    )
    both.publish(staged(ticket(is_closed=True, closed_at=at(9)), callbacks=calls))
    rows = both.rows(t.callbacks)
    assert [r["is_valid"] for r in rows] == [False, True, True, False]
    assert [r["is_first_valid"] for r in rows] == [False, True, False, False]
    assert [r["superseded_at"] for r in rows] == [None, at(15), None, None]
    row = both.ticket()
    assert (row["answered_at"], row["satisfaction"]) == (at(15), "satisfied")
    assert (row["callback_attempted_at"], row["callback_reached_at"]) == (at(10), at(11))


def test_a_later_answer_of_a_flat_file_follows_the_first(both) -> None:
    both.publish(staged(ticket(is_closed=True, closed_at=at(9), called_at=at(10), satisfaction="unsatisfied")))
    both.publish(staged(ticket(is_closed=True, closed_at=at(13), called_at=at(14), satisfaction="satisfied")))
    rows = both.rows(t.callbacks)
    assert [(r["satisfaction"], r["superseded_at"]) for r in rows] == [("unsatisfied", at(14)), ("satisfied", None)]
    assert both.total(rollup_place.c.answers) == 1
    assert both.total(rollup_place.c.first_satisfied) == 0


def test_a_corrected_answer_of_the_same_call_replaces_it(pair) -> None:
    pair.publish(staged(ticket(called_at=at(10), satisfaction="unsatisfied")))
    pair.publish(staged(ticket(called_at=at(10), satisfaction="satisfied")))
    assert [r["satisfaction"] for r in pair.rows(t.callbacks)] == ["satisfied"]


def test_an_answer_without_a_time_is_put_at_the_closing_with_a_warning(pair) -> None:
    result = pair.publish(staged(ticket(is_closed=True, closed_at=at(12), satisfaction="satisfied")))
    assert pair.ticket()["answered_at"] == at(12)
    assert "没有回访时间的评价，按办结时间计入统计期" in set(result.warnings["reason"])


def test_a_reopened_ticket_has_one_more_round(pair) -> None:
    closed = ticket(dispatched_at=at(8, 10), is_closed=True, closed_at=at(9))
    pair.publish(staged(closed))
    pair.publish(staged(closed | {"is_closed": False, "closed_at": None}))
    row = pair.ticket()
    assert (row["round_count"], row["first_closed_at"], row["closed_at"]) == (2, at(9), None)
    pair.publish(staged(closed | {"closed_at": at(14)}))
    row = pair.ticket()
    assert (row["round_count"], row["first_closed_at"], row["closed_at"]) == (2, at(9), at(14))
    assert [r["closed_at"] for r in pair.rows(t.handling_rounds)] == [at(9), at(14)]


def test_call_days_are_stored_and_replaced(both) -> None:
    both.publish(staged(ticket(), calls=joined({"day": AS_OF.date(), "inbound": 100, "answered": 90})))
    again = both.publish(staged(ticket(), calls=joined({"day": AS_OF.date(), "inbound": 100, "answered": 95})))
    assert again.is_new_version
    assert [(r["inbound"], r["answered"]) for r in both.rows(t.call_days)] == [(100, 95)]
