"""Common ground of tests that run a page or a part of it."""

from __future__ import annotations

import pytest

from lib.city import load_city
from lib.config import Settings
from tests.factories import create_ticket, publish_rows


@pytest.fixture
def small_city(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Two tickets in the demo city's places, published, and the environment that points to them."""
    monkeypatch.setenv("MINSHENG_DATA_DIR", str(settings.data_dir))
    monkeypatch.delenv("TICKETS_URL", raising=False)
    monkeypatch.delenv("CITY", raising=False)
    publish_rows(settings, [create_ticket(), create_ticket()], pair="demo", city=load_city("demo")).dispose()
    return settings
