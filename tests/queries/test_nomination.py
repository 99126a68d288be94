"""The threshold rules of 拟列规则: SQL gives what pandas, row by row, gives; on both databases."""

import dataclasses
from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np
import pytest

from lib.answers.nomination import findings
from lib.answers.source import Source
from lib.city import load_city
from lib.config import Settings
from lib.lists.rules import FUZZY, read_rules
from lib.prove.threshold_rules import ByHand
from lib.queries import nomination as queries
from lib.schema.tickets import tickets as tickets_table
from lib.store import TicketStore
from tests.factories import create_callback, create_ticket, publish_rows

AS_OF = datetime(2026, 11, 1)
EXACT = [key for key in read_rules().at(AS_OF) if key not in FUZZY]


def drawn(rng: np.random.Generator, count: int) -> tuple[list, list, list]:
    """Tickets of every kind the rules look at, with callbacks and events; a few of each kind on the very edge."""
    tickets, callbacks, events = [], [], []
    for _ in range(count):
        received = AS_OF - timedelta(hours=float(rng.choice([rng.uniform(0, 40), rng.uniform(0, 130)]) * 24))
        closed = None if rng.random() < 0.3 else min(received + timedelta(days=float(rng.uniform(1, 9))), AS_OF)
        silent = rng.random()
        # Half of the sources' tickets must tell about contacts: source B does not.
        source, unit = str(rng.choice(["A", "A", "B"])), str(rng.choice(["U1", "U2", "U3", "unmapped"]))
        contacted = None if source == "B" or silent < (0.5 if unit == "U3" else 0.1) else received + timedelta(hours=3)
        ticket = create_ticket(
            source_code=source, unit_code=unit, received_at=received, dispatched_at=received + timedelta(hours=1),
            due_at=received + timedelta(days=int(rng.integers(1, 30))), is_closed=closed is not None, closed_at=closed,
            round_count=int(rng.integers(1, 5)), transfer_count=int(rng.integers(0, 5)), first_contacted_at=contacted,
            handling_type=str(rng.choice(["referred", "referred", "referred", "desk", "urging"])),
            request_type=str(rng.choice(["投诉", "求助", "咨询", "表扬"])),
            category1_code="01", category2_code=str(rng.choice(["0101", "0102", "unmapped"])), category_code="0101",
            place_key=None if rng.random() < 0.3 else f"place {rng.integers(0, 12)}",
            requester_hash=None if rng.random() < 0.3 else f"caller {rng.integers(0, 20)}",
            restricted_class="threat" if rng.random() < 0.05 else None,
        )  # fmt: skip
        tickets.append(ticket)
        for number in range(int(rng.integers(0, 4))):
            said = str(rng.choice(["resolved", "unresolved", "unresolved"]))
            called = min(received + timedelta(days=float(rng.uniform(1, 20))), AS_OF)
            callbacks.append(create_callback(ticket["ticket_id"], attempt_no=number + 1, called_at=called,
                                             resolution=said, is_valid=bool(rng.random() < 0.8)))  # fmt: skip
        for number in range(int(rng.integers(0, 4))):
            events.append({
                "ticket_id": ticket["ticket_id"], "event_no": number + 1,
                "kind": str(rng.choice(["transfer", "acknowledge", "contact", "dispatch"])),
                "happened_at": received + timedelta(hours=float(rng.integers(1, 6))),
            })  # fmt: skip
    # On the edge: the first and the last moment of the windows, and just outside.
    for days in (30, 90):
        for shift in (timedelta(0), timedelta(microseconds=1), -timedelta(microseconds=1)):
            at = AS_OF - timedelta(days=days) + shift
            tickets += [create_ticket(source_code="A", unit_code="U1", received_at=at, round_count=3, place_key="edge",
                                      category2_code="0102", category_code="0102")]  # fmt: skip
    return tickets, callbacks, events


def published(settings: Settings) -> TicketStore:
    tickets, callbacks, events = drawn(np.random.default_rng(20), 700)
    return publish_rows(settings, tickets, callbacks, events=events, as_of=AS_OF)


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TicketStore]:
    store = published(Settings(data_dir=tmp_path_factory.mktemp("nom"), city="anyang", tickets_url=None))
    yield store
    store.dispose()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Iterator[TicketStore]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("nom"), city="anyang", tickets_url=postgres_url)
    store = published(dataclasses.replace(settings, tickets_url=postgres_url))
    yield store
    store.dispose()


@pytest.fixture(params=["embedded", pytest.param("server", marks=pytest.mark.postgres)])
def source(request: pytest.FixtureRequest) -> Iterator[Source]:
    store: TicketStore = request.getfixturevalue(request.param)
    with store.engine.connect() as conn:
        yield Source(conn, store.pointer, load_city("anyang"))


@pytest.mark.parametrize("key", EXACT)
@pytest.mark.parametrize("as_of", [AS_OF, AS_OF - timedelta(days=7, hours=5)], ids=["now", "a week ago"])
def test_sql_finds_what_pandas_finds(source, key, as_of):
    rule = read_rules().at(as_of)[key]
    overrides = {r.day: bool(r.is_workday) for r in source.city.workday_overrides.itertuples()}
    expected = ByHand(source.conn, as_of, overrides).evaluate(rule)
    found = findings(source, rule, as_of)
    assert sorted(sorted(ids) for ids in expected.values()) == sorted(list(f.tickets) for f in found)
    assert found, "a rule that finds nothing here proves nothing"


def test_the_fuzzy_rules_are_given_the_same_on_both_databases(embedded, server):
    moment = AS_OF + timedelta(microseconds=1)
    got = []
    for store in (embedded, server):
        with store.engine.connect() as conn:
            replies = queries.replies(conn, moment, window_days=90, at_least=5)
            late = queries.late_closings(conn, moment, window_days=90, hours=48)
            totals = queries.unit_closings(conn, moment, window_days=90)
        assert len(late) > 5
        # Sources write different ticket_ids only where the factory counts on: compare what does not depend on them.
        got.append((len(replies), sorted(late["closed_at"].astype(str)), sorted(totals.values())))
    assert got[0] == got[1]


def test_texts_of_restricted_classes_are_neither_compared_nor_read(source):
    everything = queries.whole(source.conn, tickets_table, ["ticket_id", "restricted_class"])
    restricted = set(everything.loc[everything["restricted_class"].notna(), "ticket_id"])
    assert restricted
    assert set(queries.texts_of(source.conn, everything["ticket_id"].tolist())["ticket_id"]) == (
        set(everything["ticket_id"]) - restricted
    )
    replies = queries.replies(source.conn, AS_OF, window_days=90, at_least=1)
    assert not restricted & set(replies["ticket_id"])
