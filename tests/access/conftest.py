"""An empty assessment database of the city pair; where it matters, on both kinds of database."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from lib.assessment_store import AssessmentStore, database_file, migrate, open_assessment, postgres_schema
from lib.config import Settings
from lib.store import PairName


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with all tables: making them anew for each test would take most of its time."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("empty"), city="anyang", tickets_url=None)
    open_assessment(settings, "city").dispose()
    return database_file(settings, "city")


@pytest.fixture
def store(settings: Settings, empty_database: Path) -> Iterator[AssessmentStore]:
    yield from opened(settings, "city", empty_database)


@pytest.fixture
def demo_accounts(settings: Settings, empty_database: Path) -> Iterator[AssessmentStore]:
    yield from opened(settings, "demo", empty_database)


def opened(settings: Settings, pair: PairName, empty: Path) -> Iterator[AssessmentStore]:
    """The embedded database of a pair, begun as a copy."""
    path = database_file(settings, pair)
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(empty, path)
    store = open_assessment(settings, pair)
    yield store
    store.dispose()


@pytest.fixture
def postgres_store(settings: Settings, postgres_url: str) -> Iterator[AssessmentStore]:
    plain = make_url(postgres_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as admin:
        admin.execute(f"DROP SCHEMA IF EXISTS {postgres_schema('city')} CASCADE".encode())
    store = open_assessment(dataclasses.replace(settings, assessment_url=postgres_url), "city")
    # The schema of an earlier test may be remembered as made.
    migrate(store)
    yield store
    store.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def any_store(request: pytest.FixtureRequest) -> AssessmentStore:
    """The same test on both databases."""
    return request.getfixturevalue("store" if request.param == "sqlite" else "postgres_store")
