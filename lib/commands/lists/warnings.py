"""Early signs and deviations (预警): who noticed what, with whom it was shared, and what came of it."""

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
from lib.commands import CommandError, ConflictError
from lib.commands.lists import desk as d
from lib.commands.lists import registers
from lib.commands.lists.desk import Desk
from lib.schema import lists as t
from lib.schema.list_terms import WARNING_KINDS, WARNING_STATES

_W = t.list_warnings


@dataclass(frozen=True)
class NoteWarning:
    """Register a warning. kind: key of WARNING_KINDS. source_department: who noticed. shared_with: departments."""

    noticed_on: date | None
    kind: str
    source_department: str
    title: str
    text: str = ""
    unit_code: str | None = None
    district_code: str | None = None
    shared_with: str = ""
    form_key: str | None = None


@dataclass(frozen=True)
class FollowWarning:
    """Say what came of it. state: key of WARNING_STATES; 已办结 needs an outcome."""

    warning_id: int
    opened_version: int
    state: str
    outcome: str = ""
    shared_with: str = ""
    form_key: str | None = None


@dataclass(frozen=True)
class WarningToItem:
    """Propose an item from a warning. values: as in AddItem; title, text, unit and place default to the warning's."""

    warning_id: int
    opened_version: int
    list_kind: str = "supervision"
    values: Mapping[str, Any] = field(default_factory=dict)
    form_key: str | None = None


def note_warning(store: AssessmentStore, desk: Desk, command: NoteWarning) -> int:
    """Store the warning and return its warning_id; for a form that was sent before, that of then.

    Raises NotAllowedError, CommandError.
    """
    registers.require_clerk(desk, "预警")
    if command.noticed_on is None:
        raise CommandError("请填写发现日期")
    values: dict[str, Any] = {
        "noticed_on": d.not_after_today(command.noticed_on, desk, "发现日期"),
        "kind": d.chosen(command.kind, WARNING_KINDS, "预警类型"),
        "source_department": d.written(command.source_department, "来源部门", required=True, longest=64),
        "title": mask_text(" ".join(d.written(command.title, "预警事项", required=True, longest=200).split())),
        "text": mask_text(d.written(command.text, "具体情况")),
        "unit_code": d.known_unit(command.unit_code, desk, "涉及单位") if command.unit_code else None,
        "district_code": registers.known_district(command.district_code, desk),
        "shared_with": _shared(command.shared_with),
    }
    with store.writing() as conn:
        known = registers.sent_before(conn, _W, command.form_key)
        if known is not None:
            return int(known.warning_id)
        stored = {**values, **registers.made(desk), "state": "open", "outcome": "", "form_key": command.form_key}
        warning_id = conn.execute(insert(_W).values(**stored).returning(_W.c.warning_id)).scalar_one()
        said = {"类型": WARNING_KINDS[values["kind"]], "来源部门": values["source_department"],
                "事项": values["title"], "共享": values["shared_with"]}  # fmt: skip
        audit.append(conn, desk.person, Act("warning_noted", f"预警{warning_id}", after=said), at=desk.moment)
        return int(warning_id)


def follow_warning(store: AssessmentStore, desk: Desk, command: FollowWarning) -> int:
    """Store state, outcome and departments; returns the new version. Raises NotAllowedError, CommandError,
    ConflictError with both versions.
    """
    registers.require_clerk(desk, "预警")
    state = d.chosen(command.state, WARNING_STATES, "办理状态")
    outcome = mask_text(d.written(command.outcome, "处置结果", required=state == "closed"))
    shared = _shared(command.shared_with)
    with store.writing() as conn:
        row = _row(conn, command.warning_id)
        if (row.state, row.outcome, row.shared_with) == (state, outcome, shared):
            # What was asked stands already: a second click, or nothing was changed.
            return int(row.version)
        if row.version != command.opened_version:
            raise ConflictError(f"预警{row.warning_id}", _said(row.state, row.outcome, row.shared_with),
                                _said(state, outcome, shared))  # fmt: skip
        new = {"state": state, "outcome": outcome, "shared_with": shared, "version": row.version + 1}
        conn.execute(update(_W).where(_W.c.warning_id == row.warning_id).values(**new))
        act = Act("warning_followed", f"预警{row.warning_id}", before=_said(row.state, row.outcome, row.shared_with),
                  after=_said(state, outcome, shared))  # fmt: skip
        audit.append(conn, desk.person, act, at=desk.moment)
        return int(new["version"])


def warning_to_item(store: AssessmentStore, desk: Desk, command: WarningToItem) -> str:
    """Propose the item (拟列) and return its number; the warning names it and is followed from then on.

    Raises NotAllowedError, CommandError when the warning has become one already, ConflictError.
    """

    def values(row: Any) -> dict[str, Any]:
        told = {
            "title": row.title, "manifestation": row.text or row.title, "lead_unit_code": row.unit_code,
            "district_code": row.district_code,
            "source_note": f"{row.source_department} {row.noticed_on:%Y-%m-%d} {WARNING_KINDS[row.kind]}",
        }  # fmt: skip
        return {**told, **command.values, "source": "warning"}

    def settle(conn: Connection, row: Any, item_id: int, item_no: str) -> None:
        state = "followed" if row.state == "open" else row.state
        new = {"item_id": item_id, "state": state, "version": row.version + 1}
        conn.execute(update(_W).where(_W.c.warning_id == row.warning_id).values(**new))
        act = Act("warning_followed", f"预警{row.warning_id}", before={"状态": WARNING_STATES[row.state]},
                  after={"状态": WARNING_STATES[state], "事项": item_no})  # fmt: skip
        audit.append(conn, desk.person, act, at=desk.moment)

    def found(conn: Connection) -> Any:
        return _row(conn, command.warning_id)

    source = registers.Source(command.list_kind, command.opened_version, command.form_key, found, values, settle)
    return registers.to_item(store, desk, source)


def _row(conn: Connection, warning_id: int) -> Any:
    row = conn.execute(select(_W).where(_W.c.warning_id == warning_id).with_for_update()).first()
    if row is None:
        raise CommandError("没有这条预警，请刷新页面后重试")
    return row


def _said(state: str, outcome: str, shared_with: str) -> dict[str, str]:
    return {"状态": WARNING_STATES[state], "处置结果": outcome[:200], "共享部门": shared_with}


def _shared(text: str) -> str:
    return " ".join(d.written(text, "共享部门", longest=200).split())
