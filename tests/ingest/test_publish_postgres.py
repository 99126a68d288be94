"""A finished DuckDB version copied to a shared server, and publishing there in turn."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lib.ingest import versions
from lib.ingest.draft import lock_postgres
from lib.ingest.publish import publish
from lib.schema import tickets as t
from lib.store import postgres_engine
from tests.ingest.conftest import Pair, drop_pairs
from tests.ingest.staging import staged, ticket


@pytest.fixture
def server(pair: Pair, postgres_url: str):
    drop_pairs(postgres_url)
    yield Pair(replace(pair.settings, tickets_url=postgres_url))
    drop_pairs(postgres_url)


def test_a_second_publisher_is_told_to_wait(server: Pair) -> None:
    server.publish(staged(ticket()))
    engine = postgres_engine(server.settings, "city")
    with engine.begin() as conn:
        lock_postgres(conn, "city")
        with pytest.raises(versions.BusyError, match="正在发布"):
            publish(server.settings, "city", staged(ticket("A2")))
    engine.dispose()
    assert server.publish(staged(ticket("A2"))).inserted == 1


def test_a_failure_leaves_the_old_version(server: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    server.publish(staged(ticket()))

    def fail(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("lib.ingest.publish.selfcheck.touched", fail)
    with pytest.raises(RuntimeError, match="boom"):
        publish(server.settings, "city", staged(ticket("A2")))
    assert [r["ticket_no"] for r in server.rows(t.tickets)] == ["A1"]


def test_every_table_of_the_server_is_described(server: Pair) -> None:
    server.publish(staged(ticket()))
    engine = postgres_engine(server.settings, "city")
    from sqlalchemy import inspect

    found = inspect(engine)
    for name in found.get_table_names(schema="minsheng_city"):
        assert found.get_table_comment(name, schema="minsheng_city")["text"], name
    engine.dispose()
