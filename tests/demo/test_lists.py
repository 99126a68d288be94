"""The dual lists of the demo city: believable, whole, and made by the commands alone."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from lib.access.verify import verify
from lib.assessment_store import AssessmentStore, open_assessment
from lib.config import Settings
from lib.demo.lists import fill_lists
from lib.lists.due import light
from lib.lists.profile import load_lists
from lib.schema import assessment as a
from lib.schema import lists as t
from lib.schema import tickets
from lib.schema.list_terms import STATES
from lib.store import TicketStore
from tests.access.stores import rows

TABLES = [table for name, table in t.metadata.tables.items() if name.startswith(("list_", "visit_"))]


@pytest.fixture(scope="module")
def store(demo_settings: Settings) -> Iterator[AssessmentStore]:
    store = open_assessment(demo_settings, "demo")
    yield store
    store.dispose()


def own_items(store: AssessmentStore) -> list[Any]:
    """Those that the demo was made with; other tests of the session may enter some of their own."""
    return [item for item in rows(store, t.list_items) if item.created_by in ("demo-hotline", "demo-supervision")]


def test_both_lists_show_every_state_and_every_light(store: AssessmentStore) -> None:
    profile, items = load_lists("demo"), own_items(store)
    made_on = max(item.created_at for item in items).date()
    for kind in ("problem", "supervision"):
        mine = [item for item in items if item.list_kind == kind]
        expected = set(STATES) - ({"handed_over"} if kind == "supervision" else set())
        assert {item.state for item in mine} == expected
        lights = Counter(light(i.state, i.due_on, made_on, profile.days, profile.near_days) for i in mine)
        assert min(lights[each] for each in ("normal", "near", "overdue")) >= 3, lights
        assert 50 <= len(mine) <= 100


def test_every_linked_ticket_exists_and_none_is_restricted(store: AssessmentStore, demo_store: TicketStore) -> None:
    linked = {(k.source_code, k.ticket_no) for k in rows(store, t.list_tickets) if k.linked_by.startswith("demo-")}
    c = tickets.tickets.c
    with demo_store.engine.connect() as conn:
        found = conn.execute(
            select(c.source_code, c.ticket_no, c.restricted_class).where(c.ticket_no.in_([no for _, no in linked]))
        ).all()
    assert {(row.source_code, row.ticket_no) for row in found} == linked
    assert {row.restricted_class for row in found} == {None}
    assert len(linked) > 100


def test_the_history_tells_it_in_the_order_of_time(store: AssessmentStore) -> None:
    assert verify(store).broken is None
    taken = [step for step in rows(store, t.list_steps) if step.account.startswith("demo-")]
    by_item: dict[int, list[datetime]] = {}
    for step in taken:
        by_item.setdefault(step.item_id, []).append(step.at)
    assert all(moments == sorted(moments) for moments in by_item.values())
    assert max(step.at for step in taken) < datetime.now(UTC).replace(tzinfo=None)
    asked = {row.name for row in rows(store, a.accounts) if row.origin == "demo"}
    assert {step.account for step in taken} <= asked


def test_what_stands_is_never_filled_again(demo_settings: Settings, store: AssessmentStore) -> None:
    before = len(rows(store, t.list_steps))
    assert fill_lists(demo_settings, 8) is None
    assert len(rows(store, t.list_steps)) == before


@pytest.mark.proof
def test_the_same_day_and_seed_make_the_same_lists_on_both_databases(
    demo_settings: Settings, tmp_path: Path, postgres_url: str
) -> None:
    now, found = datetime(2026, 11, 20, 3, tzinfo=UTC), []
    for url in (None, postgres_url):
        folder = tmp_path / str(url is None) / "demo"
        folder.mkdir(parents=True)
        for path in (demo_settings.data_dir / "demo").iterdir():
            if not path.name.startswith("assessment"):
                (folder / path.name).symlink_to(path)
        settings = dataclasses.replace(demo_settings, data_dir=folder.parent, assessment_url=url)
        made = fill_lists(settings, 7, now)
        assert made is not None
        assert set(made) == {"problem", "supervision"}
        store = open_assessment(settings, "demo")
        found.append({table.name: rows(store, table) for table in [*TABLES, a.audit_entries]})
        assert verify(store).broken is None
        store.dispose()
    assert found[0] == found[1]
    assert max(row.at for row in found[0]["list_steps"]).date() == date(2026, 11, 19)
