"""The demo city is the same for a seed, and its derived fields are those an import would derive."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Connection, Table, func, select, text

from lib.calendar_cn import WorkCalendar
from lib.city import load_city
from lib.config import Settings
from lib.demo import generate
from lib.demo.generate import DemoOptions
from lib.demo.plan import make_plan
from lib.ingest import callbacks, derive, repeats
from lib.ingest.draft import new_version
from lib.schema import tickets as t
from lib.store import TicketStore, open_store

# Takes long: `make prove` and CI run it, `make test` does not.
pytestmark = pytest.mark.proof

SMALL = DemoOptions(months=2, monthly=900, seed=11, end=date(2026, 3, 20))
TABLES = (*t.FACTS, *t.SEGMENT_TABLES, t.units, t.workdays, t.injected_truths)


def fingerprints(conn: Connection) -> dict[str, str]:
    """SHA-256 of every table's sorted rows."""
    found = {}
    for table in TABLES:
        rows = sorted(repr(tuple(row)) for row in conn.execute(select(table)))
        assert rows, table.name
        found[table.name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


@contextmanager
def made(settings: Settings, options: DemoOptions, threads: int) -> Iterator[Connection]:
    """The demo city generated with so many threads."""
    city = load_city("demo")
    plan = make_plan(city, options.first, options.end + timedelta(days=1), options.monthly, options.seed)
    with new_version(settings, "demo", "demo", options.as_of, is_demo=True) as draft:
        draft.conn.execute(text(f"SET threads = {threads}"))
        generate.fill(draft, city, plan, options, lambda done, total, step: None)
    store = open_store(settings, "demo")
    with store.engine.connect() as conn:
        yield conn
    store.dispose()


def in_folder(tmp_path: Path, name: str) -> Settings:
    return Settings(data_dir=tmp_path / name, city="anyang", tickets_url=None)


@pytest.fixture(scope="module")
def one_thread(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """The small city, made by one thread."""
    with made(in_folder(tmp_path_factory.mktemp("demo"), "one"), SMALL, threads=1) as conn:
        yield conn


@pytest.fixture(scope="module")
def once(one_thread: Connection) -> dict[str, str]:
    return fingerprints(one_thread)


def test_same_seed_same_city_whatever_the_threads(
    once: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with made(in_folder(tmp_path, "four"), SMALL, threads=4) as conn:
        assert fingerprints(conn) == once
    # Nor does it matter how the rows are cut into chunks.
    monkeypatch.setattr(generate, "CHUNK_ROWS", 400)
    with made(in_folder(tmp_path, "chunks"), SMALL, threads=2) as conn:
        assert fingerprints(conn) == once


def test_another_seed_another_city(once: dict[str, str], tmp_path: Path) -> None:
    other = DemoOptions(SMALL.months, SMALL.monthly, 12, SMALL.end)
    with made(in_folder(tmp_path, "b"), other, threads=2) as conn:
        second = fingerprints(conn)
    assert once["tickets"] != second["tickets"]
    assert once["workdays"] == second["workdays"]


def test_progress_counts_up_to_the_total(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "CHUNK_ROWS", 1000)
    told: list[tuple[int, int]] = []
    options = DemoOptions(2, 900, 3, date(2026, 2, 28))
    settings = in_folder(tmp_path, "progress")
    result = generate.generate(settings, options, lambda done, total, step: told.append((done, total)))
    assert {total for _, total in told} == {result.tickets}
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[0][0] == 0
    assert told[-1][0] == result.tickets


def test_postgres_holds_the_same_city(one_thread: Connection, tmp_path: Path, postgres_url: str) -> None:
    shared = Settings(data_dir=tmp_path / "pg", city="anyang", tickets_url=postgres_url)
    generate.generate(shared, SMALL)
    a, theirs = one_thread, open_store(shared, "demo")
    try:
        with theirs.engine.connect() as b:
            for table in TABLES:
                assert count(a, table) == count(b, table) > 0
            for column in ("handling_hours", "latitude"):
                total = select(func.sum(t.tickets.c[column]))
                assert a.scalar(total) == pytest.approx(b.scalar(total))
            words = select(t.tickets.c.ticket_no, t.tickets.c.unit_code, t.tickets.c.due_at, t.tickets.c.satisfaction)
            newest = words.order_by(t.tickets.c.ticket_id.desc()).limit(200)
            assert a.execute(newest).all() == b.execute(newest).all()
    finally:
        theirs.dispose()


def count(conn: Connection, table: Table) -> int:
    return int(conn.scalar(select(func.count()).select_from(table)) or 0)


# --- derived fields --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tickets(demo_store: TicketStore) -> pd.DataFrame:
    with demo_store.engine.connect() as conn:
        frame = pd.read_sql(select(t.tickets), conn).set_index("ticket_id", drop=False)
    for column in t.tickets.c:
        if column.name.endswith("_at"):
            frame[column.name] = frame[column.name].astype("datetime64[us]")
    return frame


@pytest.fixture(scope="module")
def calendar(demo_store: TicketStore) -> WorkCalendar:
    with demo_store.engine.connect() as conn:
        days = pd.read_sql(select(t.workdays).order_by(t.workdays.c.day), conn)
    days["day"] = pd.to_datetime(days["day"]).dt.date
    return WorkCalendar(days, load_city("demo").rules.working_hours)


def test_handling_hours_are_those_an_import_derives(tickets: pd.DataFrame, calendar: WorkCalendar) -> None:
    derived = tickets[["is_closed", "received_at", "closed_at"]].assign(handling_hours=None)
    derive.handling_hours(derived, calendar)
    pd.testing.assert_series_equal(
        tickets["handling_hours"].astype(float), derived["handling_hours"].astype(float), atol=1e-6, rtol=0
    )
    assert (tickets["handling_hours"] > 7).sum() > 10_000


def test_limits_are_those_an_import_derives(tickets: pd.DataFrame, calendar: WorkCalendar) -> None:
    columns = ["handling_type", "category_code", "request_type", "urgency", "dispatched_at", "extension_count"]
    rows = tickets[columns].copy()
    rows["extension_count"] = rows["extension_count"].astype("Int64")
    for column in ("due_at", "original_due_at"):
        rows[column] = pd.Series(pd.NaT, index=rows.index, dtype="datetime64[us]")
    derive.due_times(rows, load_city("demo"), calendar, tickets.iloc[:0], set())
    for column in ("due_at", "original_due_at"):
        pd.testing.assert_series_equal(tickets[column], rows[column], check_dtype=False)
    assert (tickets["due_at"] > tickets["original_due_at"]).sum() > 100


def test_answers_are_those_an_import_derives(demo_store: TicketStore, tickets: pd.DataFrame) -> None:
    with demo_store.engine.connect() as conn:
        calls = pd.read_sql(select(t.callbacks).order_by(t.callbacks.c.ticket_id, t.callbacks.c.attempt_no), conn)
    calls["called_at"] = calls["called_at"].astype("datetime64[us]")
    again = callbacks.with_flags(calls[["ticket_id", *callbacks.CALLBACK_SET]])
    assert calls.groupby("ticket_id")["called_at"].is_monotonic_increasing.all()
    for column in ("is_valid", "is_first_valid", "superseded_at"):
        assert (calls[column].isna() == again[column].isna()).all()
        known = calls[column].notna()
        assert (calls.loc[known, column].astype(str) == again.loc[known, column].astype(str)).all(), column
    stand = callbacks.answers(again)
    for column in stand.columns:
        ours = tickets[column].dropna()
        theirs = stand[column].dropna()
        assert len(ours) > 10_000
        assert ours.astype(str).to_dict() == theirs.astype(str).to_dict(), column


def test_repeats_are_those_an_import_links(demo_store: TicketStore, tickets: pd.DataFrame) -> None:
    with demo_store.engine.connect() as conn:
        links = pd.read_sql(repeats.links(load_city("demo").rules.repeat_days), conn)
    ours = tickets.loc[tickets["is_repeat"], "repeat_of_id"].astype(int)
    assert ours.to_dict() == dict(zip(links["ticket_id"], links["earlier_id"], strict=True))
    assert tickets.loc[~tickets["is_repeat"], "repeat_of_id"].isna().all()


def test_counts_agree_with_histories(demo_store: TicketStore, tickets: pd.DataFrame) -> None:
    with demo_store.engine.connect() as conn:
        events = pd.read_sql(select(t.ticket_events), conn)
        rounds = pd.read_sql(select(t.handling_rounds), conn)
        returns = pd.read_sql(select(t.ticket_returns), conn)
    counted = events.groupby(["ticket_id", "kind"]).size().unstack(fill_value=0).reindex(tickets.index, fill_value=0)
    for column, kind in (("urging_count", "urging"), ("transfer_count", "transfer"), ("return_count", "return"),
                         ("extension_count", "extension")):  # fmt: skip
        assert (tickets[column] == counted[kind]).all(), kind
        assert tickets[column].sum() > 50, kind
    assert returns.groupby("ticket_id").size().to_dict() == {
        k: v for k, v in tickets["return_count"].to_dict().items() if v
    }
    dispatched = tickets[tickets["dispatched_at"].notna()]
    assert rounds.groupby("ticket_id").size().to_dict() == dispatched["round_count"].to_dict()
    in_order = events.sort_values(["ticket_id", "event_no"])
    assert in_order.groupby("ticket_id")["happened_at"].is_monotonic_increasing.all()
    assert (in_order.groupby("ticket_id").cumcount() + 1 == in_order["event_no"]).all()


def test_excluded_are_exactly_the_approved(demo_store: TicketStore, tickets: pd.DataFrame) -> None:
    with demo_store.engine.connect() as conn:
        asked = pd.read_sql(select(t.ticket_exclusions), conn)
    approved = asked[asked["approved_by"].notna()]
    assert set(tickets.loc[tickets["is_excluded"], "ticket_no"]) == set(approved["ticket_no"])
    assert len(approved) > 50
    assert asked["approved_by"].isna().any()
    assert set(asked["exclusion_code"]) == set(t.EXCLUSION_CODES)
