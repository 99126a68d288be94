"""Rollups held against facts, on both databases, and against themselves when only days are rebuilt."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import Connection, and_, delete, func, select, update

from lib.config import Settings
from lib.ingest import rollups
from lib.ingest.versions import open_writer
from lib.period import add_months
from lib.schema import tickets as t
from lib.schema.measures import COHORTS, MEASURES, counted, source_of
from lib.schema.rollups import COUNT_ROLLUPS, MATURE, ROLLUPS, rollup_hours, rollup_place
from lib.store import TicketStore, pair_dir, postgres_engine
from tests.factories import create_callback, create_return, create_ticket, publish_rows

AS_OF = datetime(2026, 10, 20, 15, 0)


@pytest.fixture(params=["duckdb", "postgres"])
def where(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    if request.param == "duckdb":
        return settings
    return replace(settings, tickets_url=request.getfixturevalue("postgres_url"))


def random_rows(seed: int, size: int) -> tuple[list[dict], list[dict], list[dict]]:
    """Tickets in every state that conditions ask about, some beyond the as-of, with calls and returns."""
    r = random.Random(seed)

    def later(moment: datetime, hours: float) -> datetime:
        return moment + timedelta(seconds=int(r.expovariate(1 / hours) * 3600))

    tickets, calls, returns = [], [], []
    for _ in range(size):
        received = datetime(2026, 7, 15) + timedelta(seconds=r.randrange(98 * 86400))
        handling = r.choice(["desk", "referred", "referred", "referred", "urging"])
        dispatched = later(received, 5) if r.random() < 0.95 else None
        closed = later(received, 200) if r.random() < 0.8 else None
        answers = r.randrange(4)
        row = create_ticket(
            received_at=received if r.random() < 0.98 else None,
            handling_type=handling,
            request_type=r.choice(["投诉", "咨询"]),
            is_enterprise=r.random() < 0.2,
            is_group_event=r.random() < 0.1,
            is_repeat=r.random() < 0.2,
            is_excluded=r.random() < 0.1,
            district_code=r.choice(["410502", "410503", t.UNMAPPED]),
            category1_code=r.choice(["01", "02"]),
            category2_code=r.choice(["0101", "0201", t.UNMAPPED]),
            channel_code=r.choice(["hotline", "app"]),
            unit_code=r.choice(["U1", "U2", "U3"]),
            first_unit_code=r.choice(["U1", "U2", "U3"]),
            dispatched_at=dispatched,
            acknowledged_at=later(received, 8) if r.random() < 0.8 else None,
            acknowledge_due_at=later(received, 8) if r.random() < 0.8 else None,
            first_contacted_at=later(received, 8) if r.random() < 0.8 else None,
            contact_due_at=later(received, 8) if r.random() < 0.8 else None,
            due_at=later(received, 200) if r.random() < 0.9 else None,
            is_closed=closed is not None or r.random() < 0.3,
            closed_at=closed,
            first_closed_at=later(received, 100) if r.random() < 0.8 else None,
            round_count=r.choice([1, 1, 2, 3]),
            reworked_at=later(received, 300) if r.random() < 0.5 else None,
            extension_count=r.choice([0, 0, 1]),
            handling_hours=r.choice([None, 0.0, r.uniform(0, 500)]),
            callback_attempted_at=later(received, 400) if r.random() < 0.6 else None,
            callback_reached_at=later(received, 400) if r.random() < 0.6 else None,
            satisfaction=r.choice([None, "satisfied", "basically_satisfied", "unsatisfied"]),
        )
        tickets.append(row)
        for number in range(answers):
            calls.append(
                create_callback(
                    row["ticket_id"],
                    attempt_no=number + 1,
                    called_at=later(received, 300),
                    satisfaction=r.choice([None, "satisfied", "basically_satisfied", "unsatisfied"]),
                    resolution=r.choice([None, "resolved", "partly_resolved", "unresolved"]),
                    superseded_at=later(received, 600) if r.random() < 0.5 else None,
                )
            )
        if r.random() < 0.2:
            verdict = r.choice(["refused", "agreed", "pending"])
            returns.append(create_return(row["ticket_id"], unit_code=r.choice(["U1", "U2"]), verdict=verdict))
    return tickets, calls, returns


def writing(store: TicketStore, where: Settings) -> Iterator[Connection]:
    """A connection that may write into the very version, which only a test does."""
    store.dispose()
    if where.tickets_url:
        engine = postgres_engine(where, "city")
        with engine.begin() as conn:
            yield conn
        engine.dispose()
        return
    root, engine = open_writer(pair_dir(where, "city") / store.pointer.file)
    with engine.connect() as conn:
        yield conn
    root.close()


def frame(conn: Connection, table) -> pd.DataFrame:
    """The rollup's rows in one order, equal on both databases."""
    rows = pd.DataFrame(conn.execute(select(table)).mappings().all(), columns=[c.name for c in table.c])
    rows = rows.astype({c: "object" for c in rows.columns if rows[c].dtype != "float64"})
    return rows.sort_values([c.name for c in table.c][:6], na_position="first").reset_index(drop=True)


@pytest.mark.parametrize("rollup", COUNT_ROLLUPS, ids=lambda r: r.name)
def test_every_measure_of_a_rollup_equals_the_facts(where: Settings, rollup) -> None:
    tickets, calls, returns = random_rows(11, 300)
    store = publish_rows(where, tickets, calls, returns, as_of=AS_OF)
    compared = 0
    with store.engine.connect() as conn:
        for measure in MEASURES.values():
            cohort = COHORTS[measure.cohort]
            for month in (8, 9, 10):
                start = date(2026, month, 1)
                end = add_months(start, 1)
                within = and_(
                    cohort.where,
                    cohort.time >= datetime(2026, month, 1),
                    cohort.time < datetime(end.year, end.month, 1),
                    cohort.time <= AS_OF,
                )
                conditions = {measure.key: measure.condition}
                if measure.mature:
                    conditions[measure.key + MATURE] = measure.mature(datetime(end.year, end.month, 1))
                for column, condition in conditions.items():
                    facts = conn.scalar(
                        select(counted(measure, condition)).select_from(source_of(cohort)).where(within)
                    )
                    stored = conn.scalar(
                        select(func.coalesce(func.sum(rollup.c[column]), 0)).where(
                            rollup.c.day >= start, rollup.c.day < end
                        )
                    )
                    assert float(stored) == pytest.approx(float(facts)), (column, month)
                    compared += float(facts) > 0
    store.dispose()
    assert compared > 3 * len(MEASURES) * 0.9


def test_measures_against_an_independent_count_in_pandas(where: Settings) -> None:
    tickets, calls, returns = random_rows(12, 400)
    store = publish_rows(where, tickets, calls, returns, as_of=AS_OF)
    with store.engine.connect() as conn:
        r = pd.DataFrame(conn.execute(select(rollup_place)).mappings().all())
    store.dispose()
    rows, called = pd.DataFrame(tickets), pd.DataFrame(calls)
    counted_rows = rows[rows.handling_type != "urging"]
    referred = rows[rows.handling_type == "referred"]
    due = referred[referred.due_at <= AS_OF]
    closed = counted_rows[counted_rows.is_closed & (counted_rows.closed_at <= AS_OF)]
    month_end = due.due_at.dt.to_period("M").dt.end_time
    merged = called.merge(counted_rows[["ticket_id", "due_at"]], on="ticket_id")
    answers = merged[merged.is_valid & (merged.called_at <= AS_OF) & merged.satisfaction.notna()]
    standing = answers[answers.superseded_at.isna()]
    late = referred.due_at < referred.closed_at
    assert r.received.sum() == (counted_rows.received_at <= AS_OF).sum()
    assert r.due.sum() == len(due)
    assert r.due_closed.sum() == due.is_closed.sum()
    assert r.due_closed_mature.sum() == (due.is_closed & ~(due.closed_at > month_end)).sum()
    assert r.due_on_time.sum() == (due.is_closed & (due.closed_at <= due.due_at)).sum()
    assert r.closed.sum() == len(closed)
    assert r.handling_hours_sum.sum() == pytest.approx(closed[closed.handling_type == "referred"].handling_hours.sum())
    assert r.answers.sum() == len(standing)
    assert r.satisfied.sum() == (standing.satisfaction == "satisfied").sum()
    assert r.overdue_left.sum() == (late & referred.is_closed & (referred.closed_at <= AS_OF)).sum()


def test_overdue_stock_is_entered_minus_left(settings: Settings) -> None:
    tickets, calls, returns = random_rows(13, 300)
    store = publish_rows(settings, tickets, calls, returns, as_of=AS_OF)
    with store.engine.connect() as conn:
        entered, left = conn.execute(
            select(func.sum(rollup_place.c.overdue_entered), func.sum(rollup_place.c.overdue_left))
        ).one()
    store.dispose()
    rows = pd.DataFrame(tickets)
    mine = rows[(rows.handling_type == "referred") & (rows.due_at <= AS_OF)]
    untimed = mine.is_closed & mine.closed_at.isna()
    stock = (~mine.is_closed | (mine.closed_at > AS_OF)) & ~untimed
    assert entered - left == stock.sum()


def test_adding_a_change_equals_a_full_build(where: Settings) -> None:
    tickets, calls, returns = random_rows(14, 300)
    store = publish_rows(where, tickets, calls, returns, as_of=AS_OF)
    some = [row["ticket_id"] for row in tickets[:40]]
    ids = select(t.tickets.c.ticket_id).where(t.tickets.c.ticket_id.in_(some))
    for conn in writing(store, where):
        change = rollups.Change(conn, AS_OF, AS_OF + timedelta(days=3))
        change.subtract(ids)
        conn.execute(
            update(t.tickets)
            .where(t.tickets.c.ticket_id.in_(some))
            .values(district_code="410505", is_closed=False, closed_at=None, due_at=datetime(2026, 9, 3, 4))
        )
        conn.execute(delete(t.callbacks).where(t.callbacks.c.ticket_id.in_(some[:20])))
        change.add(ids)
        change.add_newly_past(ids)
        change.apply()
        partly = {r.name: frame(conn, r) for r in ROLLUPS}
        rollups.build(conn, AS_OF + timedelta(days=3))
        for rollup in ROLLUPS:
            pd.testing.assert_frame_equal(partly[rollup.name], frame(conn, rollup))
        assert (partly["rollup_place"].district_code == "410505").any()


def test_a_key_that_loses_its_last_ticket_leaves_no_row(settings: Settings) -> None:
    row = create_ticket(handling_hours=0.1 + 0.2)
    store = publish_rows(settings, [row, create_ticket(district_code="410503")], as_of=AS_OF)
    ids = select(t.tickets.c.ticket_id).where(t.tickets.c.ticket_id == row["ticket_id"])
    for conn in writing(store, settings):
        change = rollups.Change(conn, AS_OF, AS_OF)
        change.subtract(ids)
        conn.execute(delete(t.tickets).where(t.tickets.c.ticket_id == row["ticket_id"]))
        change.apply()
        assert set(conn.scalars(select(rollup_place.c.district_code))) == {"410503"}


@pytest.mark.parametrize(("hours", "bucket"), [(0.0, 0), (0.05, 0), (0.0521, 1), (1.0, 76)])
def test_handling_hours_fall_into_their_bucket(settings: Settings, hours: float, bucket: int) -> None:
    store = publish_rows(settings, [create_ticket(handling_hours=hours)], as_of=AS_OF)
    with store.engine.connect() as conn:
        assert conn.execute(select(rollup_hours.c.bucket, rollup_hours.c.tickets)).all() == [(bucket, 1)]
    store.dispose()


def test_spans_of_days_leave_the_same_rows_as_one_span(where: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    tickets, calls, returns = random_rows(15, 200)
    store = publish_rows(where, tickets, calls, returns, as_of=AS_OF)
    for conn in writing(store, where):
        whole = {r.name: frame(conn, r) for r in ROLLUPS}
        monkeypatch.setattr(rollups, "SPAN_TICKETS", 17)
        rollups.build(conn, AS_OF)
        for rollup in ROLLUPS:
            pd.testing.assert_frame_equal(whole[rollup.name], frame(conn, rollup))
