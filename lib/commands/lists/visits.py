"""Notes of visits (民情日记), and what becomes an item of a list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, select, update

from lib.access import audit
from lib.access.audit import Act
from lib.access.masking import mask_text
from lib.assessment_store import AssessmentStore
from lib.commands import CommandError
from lib.commands.lists import desk as d
from lib.commands.lists import registers
from lib.commands.lists.desk import Desk
from lib.schema import lists as t

_N = t.visit_notes


@dataclass(frozen=True)
class NoteVisit:
    """Write down a visit. Numbers of phones and identity cards are masked before the text is stored."""

    visited_on: date | None
    visitor: str
    place: str
    text: str
    district_code: str | None = None
    form_key: str | None = None


@dataclass(frozen=True)
class VisitToItem:
    """Propose an item from a note. values: as in AddItem; title and 问题表现 default to what the note says."""

    note_id: int
    opened_version: int
    values: Mapping[str, Any] = field(default_factory=dict)
    list_kind: str = "problem"
    form_key: str | None = None


def note_visit(store: AssessmentStore, desk: Desk, command: NoteVisit) -> int:
    """Store the note and return its note_id; for a form that was sent before, that of then.

    Raises NotAllowedError, CommandError.
    """
    registers.require_clerk(desk, "民情日记")
    if command.visited_on is None:
        raise CommandError("请填写走访日期")
    values: dict[str, Any] = {
        "visited_on": d.not_after_today(command.visited_on, desk, "走访日期"),
        "visitor": d.written(command.visitor, "走访人", required=True, longest=64),
        "place": mask_text(d.written(command.place, "走访地点", required=True, longest=100)),
        "text": mask_text(d.written(command.text, "群众反映", required=True)),
        "district_code": registers.known_district(command.district_code, desk),
    }
    with store.writing() as conn:
        known = registers.sent_before(conn, _N, command.form_key)
        if known is not None:
            return int(known.note_id)
        stored = {**values, **registers.made(desk), "form_key": command.form_key}
        note_id = conn.execute(insert(_N).values(**stored).returning(_N.c.note_id)).scalar_one()
        said = {"走访日期": values["visited_on"].isoformat(), "走访人": values["visitor"], "地点": values["place"],
                "群众反映": values["text"]}  # fmt: skip
        audit.append(conn, desk.person, Act("visit_noted", f"民情日记{note_id}", after=said), at=desk.moment)
        return int(note_id)


def visit_to_item(store: AssessmentStore, desk: Desk, command: VisitToItem) -> str:
    """Propose the item (拟列) and return its number; the note names it from then on.

    Raises NotAllowedError, CommandError when the note has become one already, ConflictError.
    """

    def found(conn: Connection) -> Any:
        row = conn.execute(select(_N).where(_N.c.note_id == command.note_id).with_for_update()).first()
        if row is None:
            raise CommandError("没有这篇民情日记，请刷新页面后重试")
        return row

    def values(row: Any) -> dict[str, Any]:
        told = {
            "title": " ".join(row.text.split())[:60], "manifestation": row.text, "district_code": row.district_code,
            "source_note": f"{row.visited_on:%Y-%m-%d} {row.visitor}走访{row.place}"[:200],
        }  # fmt: skip
        return {**told, **command.values, "source": "visit"}

    def settle(conn: Connection, row: Any, item_id: int, item_no: str) -> None:
        conn.execute(update(_N).where(_N.c.note_id == row.note_id).values(item_id=item_id, version=row.version + 1))
        act = Act("visit_listed", f"民情日记{row.note_id}", after={"事项": item_no})
        audit.append(conn, desk.person, act, at=desk.moment)

    source = registers.Source(command.list_kind, command.opened_version, command.form_key, found, values, settle)
    return registers.to_item(store, desk, source)
