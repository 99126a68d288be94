"""Assessment databases and accounts for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from argon2 import Parameters, Type
from sqlalchemy import insert, select

from lib.access.passwords import Hashing
from lib.assessment_store import AssessmentStore
from lib.schema import assessment as a

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
# Argon2 is slow on purpose; tests of everything else use the least it allows.
QUICK = Hashing(Parameters(Type.ID, 19, salt_len=16, hash_len=32, time_cost=1, memory_cost=8, parallelism=1))
PASSWORD = "Kettle-7orchard"


def put_person(store: AssessmentStore, name: str, password: str = PASSWORD, **given: Any) -> int:
    """An account with a password."""
    return put_account(store, name, password_hash=QUICK.hash(password), **given)


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
