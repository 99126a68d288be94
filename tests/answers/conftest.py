"""Opens published rows as a Source under the rules of the reference city."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lib.answers import Source
from lib.city import load_city
from lib.config import Settings
from tests.access.conftest import any_store, empty_database, postgres_store, store
from tests.factories import publish_rows

__all__ = ["any_store", "empty_database", "postgres_store", "store"]

Publish = Callable[..., Source]


@pytest.fixture
def publish(settings: Settings) -> Iterator[Publish]:
    """`publish(tickets, callbacks, …)` gives a Source; everything is closed after the test."""
    opened: list[Any] = []

    def make(*rows: Any, **more: Any) -> Source:
        store = publish_rows(settings, *rows, **more)
        conn = store.engine.connect()
        opened.extend([conn.close, store.dispose])
        return Source(conn, store.pointer, more.get("city") or load_city("anyang"))

    yield make
    for close in opened:
        close()
