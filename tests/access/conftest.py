"""An empty assessment database of the city pair; where it matters, on both kinds of database."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import make_url

from lib.assessment_store import AssessmentStore, migrate, open_assessment, postgres_schema
from lib.config import Settings


@pytest.fixture
def store(settings: Settings) -> Iterator[AssessmentStore]:
    opened = open_assessment(settings, "city")
    yield opened
    opened.dispose()


@pytest.fixture
def demo_accounts(settings: Settings) -> Iterator[AssessmentStore]:
    opened = open_assessment(settings, "demo")
    yield opened
    opened.dispose()


@pytest.fixture
def postgres_store(settings: Settings, postgres_url: str) -> Iterator[AssessmentStore]:
    plain = make_url(postgres_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as admin:
        admin.execute(f"DROP SCHEMA IF EXISTS {postgres_schema('city')} CASCADE".encode())
    opened = open_assessment(dataclasses.replace(settings, assessment_url=postgres_url), "city")
    # The schema of an earlier test may be remembered as made.
    migrate(opened)
    yield opened
    opened.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def any_store(request: pytest.FixtureRequest) -> AssessmentStore:
    """The same test on both databases."""
    return request.getfixturevalue("store" if request.param == "sqlite" else "postgres_store")
