"""The assessment database is brought to the newest revision: on both databases, by many at once, never backwards."""

from __future__ import annotations

import multiprocessing
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import DatabaseError

from lib import assessment_store
from lib.access import audit
from lib.assessment_store import database_file, has_assessment, migrate, open_assessment
from lib.config import ConfigError, Settings
from lib.schema import assessment as a
from lib.schema import migrations

KINDS = ("sqlite", "postgresql")
AT = datetime(2026, 10, 20, 8, 0)


@pytest.fixture(params=KINDS)
def placed(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    """Settings of an empty assessment database."""
    return empty_database(request, settings, request.param)


def empty_database(request: pytest.FixtureRequest, settings: Settings, kind: str) -> Settings:
    if kind == "sqlite":
        return settings
    url = request.getfixturevalue("postgres_url")
    placed = replace(settings, assessment_url=url)
    engine = assessment_store._engine(placed, "city")
    with engine.begin() as conn:
        conn.execute(text("DROP SCHEMA IF EXISTS assessment_city CASCADE"))
    engine.dispose()
    assessment_store._migrated.clear()
    return placed


def test_empty_database_migrated_to_head_equals_the_tables(placed: Settings) -> None:
    assert not has_assessment(placed, "city")
    store = open_assessment(placed, "city")
    assert has_assessment(placed, "city")
    options = {"compare_type": True, "compare_server_default": True}
    with store.reading() as conn:
        assert compare_metadata(MigrationContext.configure(conn, opts=options), a.metadata) == []
    store.dispose()


def test_difference_from_the_tables_is_seen(placed: Settings) -> None:
    store = open_assessment(placed, "city")
    with store.writing() as conn:
        conn.execute(text("ALTER TABLE accounts ADD COLUMN nickname VARCHAR(10)"))
    with store.reading() as conn:
        assert len(compare_metadata(MigrationContext.configure(conn), a.metadata)) == 1
    store.dispose()


def test_migrating_twice_keeps_what_is_there(placed: Settings) -> None:
    store = open_assessment(placed, "city")
    with store.writing() as conn:
        audit.append(conn, audit.SYSTEM, audit.Act("started"))
    migrate(store)
    with store.writing() as conn:
        migrations.upgrade(conn)
        assert audit.append(conn, audit.SYSTEM, audit.Act("started")) == 2
    store.dispose()


def test_named_revisions_are_those_in_the_folder() -> None:
    found = ScriptDirectory.from_config(migrations.configuration())
    assert found.get_heads() == [migrations.HEAD]
    assert [s.revision for s in reversed(list(found.walk_revisions()))] == list(migrations.REVISIONS)


def test_newer_database_is_refused_with_a_sentence(placed: Settings) -> None:
    store = open_assessment(placed, "city")
    with store.writing() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assessment_store._migrated.clear()
    with pytest.raises(ConfigError, match=r"更新版本的软件建立（版本 9999.*请升级软件"):
        open_assessment(placed, "city")
    store.dispose()


def test_tables_of_unknown_making_are_refused(settings: Settings) -> None:
    engine = assessment_store._engine(settings, "city")
    a.metadata.create_all(engine)
    engine.dispose()
    with pytest.raises(ConfigError, match="不是由本系统的正式版本建立"):
        open_assessment(settings, "city")


def open_and_append(settings: Settings, ready: Any, done: Any) -> None:
    ready.wait()
    try:
        store = open_assessment(settings, "city")
        with store.writing() as conn:
            audit.append(conn, audit.SYSTEM, audit.Act("started"))
        done.put("ok")
    except Exception as error:
        done.put(repr(error))


def test_processes_that_migrate_at_once_do_not_collide(placed: Settings) -> None:
    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Queue()
    workers = [context.Process(target=open_and_append, args=(placed, ready, done)) for _ in range(2)]
    for worker in workers:
        worker.start()
    ready.set()
    assert [done.get(timeout=60) for _ in workers] == ["ok"] * 2
    for worker in workers:
        worker.join()


SIGN_IN = {"at": AT, "name": "a", "outcome": "failed", "peer": "", "user_agent": ""}


@pytest.mark.parametrize("act", ["update", "delete", "around"])
def test_history_cannot_be_changed_through_the_database(placed: Settings, act: str) -> None:
    store = open_assessment(placed, "city")
    is_sqlite = store.engine.dialect.name == "sqlite"
    replacing = "INSERT OR REPLACE INTO {0} SELECT * FROM {0} WHERE {1} = 1"
    with store.writing() as conn:
        audit.append(conn, audit.SYSTEM, audit.Act("started"))
        conn.execute(insert(a.sign_ins).values(**SIGN_IN))
    for table in a.APPEND_ONLY:
        name = table.name
        key = next(iter(table.primary_key)).name
        statement = {
            "update": update(table).values(account="x") if name == "audit_entries" else update(table).values(name="x"),
            "delete": delete(table),
            "around": text(replacing.format(name, key) if is_sqlite else f"TRUNCATE {name}"),
        }[act]
        with pytest.raises(DatabaseError, match=f"只增不改: {name}"), store.writing() as conn:
            conn.execute(statement)
    store.dispose()


def test_looking_makes_no_database(settings: Settings) -> None:
    assert not has_assessment(settings, "demo")
    assert not database_file(settings, "demo").parent.exists()
