"""Histories for tests: made by the product, and changed behind its back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, text, update

from lib.access import audit
from lib.access.audit import Act
from lib.access.roles import Identity
from lib.assessment_store import AssessmentStore
from lib.schema import assessment as a
from tests.access.stores import rows

ACTORS = (
    Identity("zhang", "张三丰", "hotline"),
    Identity("li", "李四光", "discipline"),
    Identity("wang", "王五", "unit", unit_code="U1"),
)
Row = dict[str, Any]


def appended(store: AssessmentStore, count: int) -> list[Row]:
    """So many entries of several people; returns the rows as stored."""
    for number in range(1, count + 1):
        with store.writing() as conn:
            act = Act("account_changed", f"账号 {number}", {"n": number}, {"n": number + 1}, "调整分工")
            audit.append(conn, ACTORS[number % len(ACTORS)], act, at=datetime(2026, 10, 20, 8, number % 60))
    return entries(store)


def entries(store: AssessmentStore) -> list[Row]:
    """The rows of the history, in order."""
    return [row._asdict() for row in rows(store, a.audit_entries)]


def rehashed(changed: Iterable[Row], previous: str = audit.GENESIS) -> list[Row]:
    """What somebody would write who knows how the chain is made: every hash follows the changed rows."""
    done = []
    for row in changed:
        digest = audit.chained(row["entry_no"], previous, row["text"], row["algorithm"])
        done.append({**row, "previous_hash": previous, "hash": digest})
        previous = digest
    return done


def overwrite(store: AssessmentStore, wanted: list[Row], head: tuple[int, str] | None = None) -> None:
    """Put these rows in place of the history, as somebody could who may write the file, past all triggers.

    head: number and hash that the row of the end gets; None leaves it.
    """
    with store.writing() as conn:
        if conn.dialect.name == "sqlite":
            for act in ("update", "delete"):
                conn.execute(text(f"DROP TRIGGER IF EXISTS audit_entries_no_{act}"))
        else:
            conn.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER ALL"))
        conn.execute(delete(a.audit_entries))
        if wanted:
            conn.execute(insert(a.audit_entries), wanted)
        if head:
            conn.execute(update(a.audit_head).values(entry_no=head[0], hash=head[1]))


def with_other_hash(store: AssessmentStore, algorithm: str) -> AssessmentStore:
    """The same database, opened for another algorithm."""
    return replace(store, engine=store.engine.execution_options(minsheng_audit_hash=algorithm))
