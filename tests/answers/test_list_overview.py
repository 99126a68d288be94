"""What 总体情况 says of the lists, hard cases, re-inspections and samples, from rows that were put in by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert

from lib import answers
from lib.access.roles import NotAllowedError
from lib.metrics.arithmetic import wilson
from lib.schema import lists as t
from tests.answers.list_rows import TODAY, noon, put_item, put_relapse, view

LATE = {"due_on": TODAY - timedelta(days=12)}


def put_whistle(conn, item_id: int, days_ago: int, hours: int | None = None) -> None:
    at = noon(TODAY - timedelta(days=days_ago))
    conn.execute(insert(t.list_whistles).values(
        item_id=item_id, unit_code="U1", called_unit_code="U2", whistled_at=at, reason="占道",
        arrived_at=None if hours is None else at + timedelta(hours=hours), note="",
    ))  # fmt: skip


def put_sponsor(conn, item_id: int, days: int) -> None:
    conn.execute(insert(t.list_sponsors).values(
        item_id=item_id, name="程若水", post="副市长", zero_by_on=TODAY + timedelta(days=days), added_at=noon(TODAY),
    ))  # fmt: skip


def put_reinspection(conn, item_id: int | None = None, **given) -> None:
    values = {"item_id": item_id, "kind": "day30", "due_on": TODAY, "note": "", **given}
    conn.execute(insert(t.list_reinspections).values(values))


def glance(conn, role="leader"):
    return answers.lists_at_a_glance(conn, view(role))


def test_at_most_three_items_need_a_leader_the_most_pressing_first(any_store):
    with any_store.writing() as conn:
        put_item(conn, "督1", **LATE)
        put_item(conn, "督2", **LATE, is_cross_region=True)
        put_item(conn, "督3", "U3", due_on=TODAY - timedelta(days=30), is_duty_unclear=True)
        put_item(conn, "督4", level=2, due_on=TODAY + timedelta(days=9))
        put_item(conn, "督5", reopened_count=1, due_on=TODAY - timedelta(days=7))
        put_item(conn, "督6", is_cross_region=True, due_on=TODAY + timedelta(days=9))
        put_item(conn, "督7", state="closed", closed_on=TODAY, level=2)
        put_whistle(conn, put_item(conn, "督8"), 20)
        put_whistle(conn, put_item(conn, "督9"), 1)
        put_whistle(conn, put_item(conn, "督10"), 20, hours=30)
        found = glance(conn)
    assert [item.item_no for item in found.coordination] == ["督4", "督3", "督2"]
    days = view().profile.days
    late = [days.between(TODAY - timedelta(days=n), TODAY) for n in (30, 12)]
    assert [item.reason for item in found.coordination] == [
        "已提级至市委市政府督办", f"职责不清，逾期{late[0]}个工作日", f"四跨事项，逾期{late[1]}个工作日",
    ]  # fmt: skip
    assert found.coordination[1].unit == "第3单位"
    assert found.waiting == 5


def test_counts_and_instructions(any_store):
    with any_store.writing() as conn:
        put_item(conn, "督1", **LATE)
        put_item(conn, "督2", due_on=TODAY + timedelta(days=1))
        put_item(conn, "督3", state="proposed", **LATE)
        put_item(conn, "问1", list_kind="problem", state="suspended", **LATE)
        said = {"source": "instruction", "instructed_by": "顾清平", "instruction": "请抓紧办"}
        put_item(conn, "督4", **said, state="closed", closed_on=TODAY)
        put_item(conn, "督5", **said, reply_by_on=TODAY - timedelta(days=1), due_on=TODAY + timedelta(days=30))
        put_item(conn, "督6", **said, reply_by_on=TODAY, due_on=TODAY + timedelta(days=30))
        put_item(conn, "督7", **said, state="voided", **LATE)
        found = glance(conn)
    assert found.counts == {"problem": (1, 0, 0), "supervision": (4, 1, 1)}
    assert (found.instructions.total, found.instructions.settled, found.instructions.late) == (3, 1, 1)


def test_who_reads_no_whole_list_is_told_nothing(store):
    with store.reading() as conn:
        for role in ("unit", "organisation", "kiosk", "system_admin"):
            person = view(role, ("U1",) if role == "unit" else None)
            assert answers.lists_at_a_glance(conn, person) is None
            for ask in (answers.hard_cases, answers.item_reinspections, answers.samples, answers.visits,
                        answers.warnings, answers.listed_tickets):  # fmt: skip
                with pytest.raises(NotAllowedError):
                    ask(conn, person)


def test_hard_cases_say_why_and_count_down(any_store):
    with any_store.writing() as conn:
        put_item(conn, "督1")
        put_item(conn, "督2", is_cross_level=True, is_cross_region=True, is_legacy=True)
        put_item(conn, "督3", level=1)
        put_item(conn, "督4", reopened_count=2)
        put_whistle(conn, put_item(conn, "督5"), 2, hours=6)
        put_sponsor(conn, put_item(conn, "督6"), 5)
        put_sponsor(conn, put_item(conn, "督7"), -3)
        put_sponsor(conn, put_item(conn, "督8", state="closed", closed_on=TODAY), -3)
        put_sponsor(conn, put_item(conn, "督9", state="voided"), 5)
        found = answers.hard_cases(conn, view())
    reasons = dict(zip(found.items["item_no"], found.items["reasons"], strict=True))
    assert reasons == {
        "督7": "包案", "督6": "包案", "督2": "四跨（跨层级、跨区域）、历史遗留", "督3": "督查局督办",
        "督4": "反弹重启2次",
        "督5": "吹哨",
    }  # fmt: skip
    assert list(found.items["item_no"])[:2] == ["督7", "督6"]
    assert list(found.items["days_to_zero"])[:2] == [-3, 5]
    assert (found.sponsored, found.cleared, found.past_zero) == (3, 1, 1)
    [whistle] = found.whistles.to_dict("records")
    assert (whistle["unit"], whistle["called"], whistle["hours"]) == ("第1单位", "第2单位", 6.0)
    assert f"{whistle['whistled_at']:%H:%M}" == "12:00"


def test_tickets_on_a_list_are_known(any_store):
    with any_store.writing() as conn:
        for number, state in (("T1", "handling"), ("T2", "voided"), ("T3", "closed")):
            conn.execute(insert(t.list_tickets).values(
                item_id=put_item(conn, f"督{number}", state=state), source_code="s", ticket_no=number,
                linked_at=noon(TODAY), linked_by="x",
            ))  # fmt: skip
        assert answers.listed_tickets(conn, view()) == {("s", "T1"), ("s", "T3")}


def test_reinspections_of_items_and_tickets(any_store):
    with any_store.writing() as conn:
        first = put_item(conn, "督1", "U2", state="closed", closed_on=TODAY - timedelta(days=33))
        put_reinspection(conn, first, due_on=TODAY - timedelta(days=3))
        put_reinspection(conn, first, due_on=TODAY, cancelled_at=noon(TODAY))
        put_relapse(conn, first, TODAY + timedelta(days=57))
        put_reinspection(conn, kind="unsatisfied", source_code="s", ticket_no="T1")
        items = answers.item_reinspections(conn, view())
        tickets = answers.ticket_reviews(conn, view(), "unsatisfied")
    assert items["days_left"].tolist() == [-3, 57]
    assert items["verdict_label"].tolist() == ["", "未解决或反弹"]
    assert set(items["unit"]) == {"第2单位"}
    assert tickets[["source_code", "ticket_no"]].values.tolist() == [["s", "T1"]]


def test_samples_say_what_was_found_and_how_sure_it_is(any_store):
    with any_store.writing() as conn:
        sample = insert(t.list_samples).values(
            at=noon(TODAY), account="x", label="十月", population=400, size=12, seed=1
        )
        number = conn.execute(sample.returning(t.list_samples.c.sample_id)).scalar_one()
        verdicts = ["held"] * 6 + ["relapsed"] * 3 + ["unreachable"] + [None] * 2
        for position, verdict in enumerate(verdicts):
            put_reinspection(conn, kind="sample", sample_id=number, source_code="s", ticket_no=f"T{position}",
                             verdict=verdict, done_at=verdict and noon(TODAY))  # fmt: skip
        [row] = answers.samples(conn, view()).to_dict("records")
        assert len(answers.ticket_reviews(conn, view(), "sample", number)) == 12
    assert (row["held"], row["relapsed"], row["unreachable"], row["open"]) == (6, 3, 1, 2)
    assert row["rate"] == pytest.approx(6 / 9)
    assert (row["low"], row["high"]) == pytest.approx(wilson(6, 9))
    assert row["margin"] == pytest.approx(1.96 * (0.25 / 12 * 388 / 399) ** 0.5, rel=1e-3)
