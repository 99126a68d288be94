"""Rows of a ledger, of a pasted table or of an old sheet: item by item, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lib.access import audit
from lib.access.audit import Act
from lib.access.roles import NotAllowedError
from lib.assessment_store import AssessmentStore
from lib.commands import CommandError
from lib.commands.lists import desk as d
from lib.commands.lists import items, reports
from lib.commands.lists.desk import Desk, TicketKey
from lib.commands.lists.items import AddItem, EditItem
from lib.lists.fields import fields_of
from lib.schema.list_terms import LIST_KINDS


@dataclass(frozen=True)
class LedgerRow:
    """One row. key: unique within the form, for the same row sent twice. place: how a refusal names it. item_no: the
    item that it changes, None for a new one. opened_version: of that item as it was looked at. values: as in AddItem
    or EditItem. report: a progress report besides (progress, problems, next_steps). tickets: of a new item.
    """

    key: str
    place: str
    values: Mapping[str, Any]
    item_no: str | None = None
    opened_version: int = 0
    report: Mapping[str, str] = field(default_factory=dict)
    tickets: Sequence[TicketKey] = ()


@dataclass(frozen=True)
class ReadLedger:
    """Take over rows. source: where they come from, for the history: 粘贴, or the name of a file. is_backlog: taken
    over from an older sheet, so that limits may lie in the past.
    """

    list_kind: str
    rows: Sequence[LedgerRow]
    form_key: str
    source: str
    is_backlog: bool = False


@dataclass(frozen=True)
class RowOutcome:
    """What became of a row. item_no: the item; why: the sentence it was refused with, None where it was taken."""

    key: str
    place: str
    item_no: str | None
    why: str | None = None


def read_ledger(store: AssessmentStore, desk: Desk, command: ReadLedger) -> list[RowOutcome]:
    """Carry out every row on its own and say of each what became of it; a refused row changes nothing and holds up no
    other. The same form sent twice does every row once. One entry of the history sums it up, besides one per item.

    Raises NotAllowedError where the person does not keep the list.
    """
    d.require_list(desk, d.chosen(command.list_kind, LIST_KINDS, "清单"), "write")
    done = [_row(store, desk, command, row) for row in command.rows]
    taken = [outcome for outcome in done if outcome.why is None]
    if taken:
        after = {
            "清单": LIST_KINDS[command.list_kind], "行数": len(done), "录入": len(taken),
            "退回": len(done) - len(taken), "事项": [outcome.item_no for outcome in taken],
        }  # fmt: skip
        with store.writing() as conn:
            audit.append(conn, desk.person, Act("ledger_read", command.source[:200], after=after), at=desk.moment)
    return done


def _row(store: AssessmentStore, desk: Desk, command: ReadLedger, row: LedgerRow) -> RowOutcome:
    form_key = f"{command.form_key[:36]}-{row.key}"[:62]
    try:
        if row.item_no is None:
            added = AddItem(command.list_kind, row.values, row.tickets, form_key, is_backlog=command.is_backlog)
            return RowOutcome(row.key, row.place, items.add(store, desk, added))
        if row.values:
            items.edit(store, desk, EditItem(row.item_no, row.opened_version, row.values, form_key))
        if row.report:
            problems, next_steps = (row.report.get(part, "") for part in ("problems", "next_steps"))
            said = reports.Report(row.item_no, row.report["progress"], problems, next_steps, form_key=f"{form_key}-r")
            reports.report(store, desk, said)
        return RowOutcome(row.key, row.place, row.item_no)
    except (CommandError, NotAllowedError) as error:
        return RowOutcome(row.key, row.place, row.item_no, str(error))


def faults(values: Mapping[str, Any], list_kind: str, desk: Desk, *, past: bool = False) -> dict[str, str]:
    """Field key → why that value would be refused, for every field at once; required ones that are missing too.
    past: limits may lie in the past. Nothing is written.
    """
    found: dict[str, str] = {}
    for key, value in values.items():
        try:
            items.checked({key: value}, list_kind, desk, past=past)
        except CommandError as error:
            found[key] = str(error)
    for key, rule in fields_of(list_kind, desk.profile).items():
        if rule.required and not values.get(key) and key not in ("source",) and key not in found:
            found[key] = f"请填写{rule.label(list_kind)}"
    if nowhere := items.people_without_unit(values, list_kind, desk):
        found["lead_unit_code"] = nowhere
    return found
