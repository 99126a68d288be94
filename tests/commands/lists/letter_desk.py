"""A desk and an item for tests of letters, replies and reminders."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import docx
from sqlalchemy import select

from lib.access.roles import Identity, Role
from lib.assessment_store import AssessmentStore
from lib.commands.lists import items
from lib.commands.lists.desk import Desk
from lib.lists.profile import load_lists
from lib.schema import lists as t

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
UNITS = {"U1": "示例市住房保障局", "U2": "示例市东湖区", "U21": "东湖区青禾街道"}


def desk(role: Role = "supervision", reach: tuple[str, ...] | None = None, *, now: datetime = NOW) -> Desk:
    """Somebody of that role; a unit with the units it may act for."""
    person = Identity(f"{role}-1", "测试人", role, unit_code=reach[0] if reach else None)
    return Desk(person, reach, load_lists("demo"), UNITS, lambda keys: set(keys), now)


def later(at: Desk, when: datetime) -> Desk:
    """The same person at another moment."""
    return dataclasses.replace(at, now=when)


def put_item(store: AssessmentStore, list_kind: str = "supervision", state: str = "handling", **values: Any) -> str:
    """An item in some state, without the steps that lead there; returns its number."""
    said: Mapping[str, Any] = {
        "title": "青禾小区二次供水改造久拖不决", "source": "tickets", "lead_unit_code": "U1",
        "due_on": date(2026, 11, 9), "person": "周衡", "phone": "0372-0000001", **values,
    }  # fmt: skip
    who = desk("supervision" if list_kind == "supervision" else "hotline")
    command = items.AddItem(list_kind, said, is_backlog=True)
    with store.writing() as conn:
        return items.insert_item(conn, who, command, state=state)


def put_in(store: AssessmentStore, item_no: str, **values: Any) -> None:
    """Set columns of an item."""
    with store.writing() as conn:
        conn.execute(t.list_items.update().where(t.list_items.c.item_no == item_no).values(**values))


def documents(store: AssessmentStore) -> list[Any]:
    """Rows of the documents, by number."""
    with store.reading() as conn:
        return list(conn.execute(select(t.list_documents).order_by(t.list_documents.c.document_id)).all())


def words_of(content: bytes) -> str:
    """Every text of a DOCX: headers, paragraphs and cells, one per line."""
    paper = docx.Document(io.BytesIO(content))
    parts = [
        paper.element.body,
        *(s.header._element for s in paper.sections),
        *(s.footer._element for s in paper.sections),
    ]
    return "\n".join("".join(t.text or "" for t in p.iter("{*}t")) for part in parts for p in part.iter("{*}p"))
