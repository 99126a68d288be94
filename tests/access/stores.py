"""Assessment databases and accounts for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select

from lib.assessment_store import AssessmentStore
from lib.schema import assessment as a

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def put_account(store: AssessmentStore, name: str, **given: Any) -> int:
    """An account as a row, without any command; returns its number."""
    values = {
        "name": name, "display_name": name, "role": "hotline", "origin": "local", "must_change_password": False,
        "failed_count": 0, "created_at": NOW.replace(tzinfo=None), "version": 1, **given,
    }  # fmt: skip
    with store.writing() as conn:
        return int(conn.execute(insert(a.accounts).values(values).returning(a.accounts.c.account_id)).scalar_one())


def account(store: AssessmentStore, name: str) -> Any:
    """The row of an account."""
    with store.reading() as conn:
        return conn.execute(select(a.accounts).where(a.accounts.c.name == name)).one()


def rows(store: AssessmentStore, table: Any) -> list[Any]:
    """Every row of a table, in the order of its key."""
    with store.reading() as conn:
        return list(conn.execute(select(table).order_by(*table.primary_key.columns)).all())
