"""Many rows at once, whatever they come from: checked as the commands would, before anything is saved."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import streamlit as st

from lib import loaders
from lib.access.roles import NotAllowedError
from lib.access.shared import shared_assessment
from lib.answers import list_entry as answers
from lib.commands import CommandError
from lib.commands.lists.desk import Desk
from lib.commands.lists.ledger import LedgerRow, ReadLedger, RowOutcome, faults, read_ledger
from lib.config import Settings
from lib.lists.cells import Names
from lib.lists.fields import fields_of
from lib.lists.ledger import TICKETS
from lib.lists.rows import RowReading, read_row
from lib.ui import list_rows, show
from lib.ui.words import plain

# Every row is compared with every open item of its unit: for larger sheets that would keep people waiting.
MOST_COMPARED = 500


@dataclass(frozen=True)
class Candidate:
    """A row before it is saved. key: unique within the form. sure: the person said that it is no double."""

    key: str
    place: str
    cells: Mapping[str, str]
    sure: bool = False


@dataclass
class Prepared:
    """ready: rows that may be saved. refused: key of the row → why not, in one sentence per fault. notes: key of a row
    that may be saved → what it may double.
    """

    ready: list[LedgerRow] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    def said(self, key: str) -> str:
        """What was found about the row."""
        return self.refused.get(key) or self.notes.get(key) or "可以录入"


def prepare(
    desk: Desk,
    list_kind: str,
    rows: Sequence[Candidate],
    names: Names,
    *,
    past: bool = False,
    hold_doubles: bool = True,
) -> Prepared:
    """Read and check rows; nothing is written. past: limits may lie in the past (an older ledger). hold_doubles:
    rows that may be on the list already are held back until somebody says that they are not, or only noted.
    """
    rules = fields_of(list_kind, desk.profile)
    readings = [(row, read_row(row.cells, rules, names, desk.today)) for row in rows]
    numbers = tuple(sorted({number for _, reading in readings for number in reading.numbers}))
    tickets = loaders.ask(answers.tickets_by_number, numbers) if numbers else {}
    twice = Counter(_same(reading) for _, reading in readings)
    found = Prepared()
    for row, reading in readings:
        # What could not be read says more than that it is missing.
        said = {**faults(reading.values, list_kind, desk, past=past), **reading.errors}
        if unknown := [n for n in reading.numbers if not tickets.get(n)]:
            said[TICKETS] = f"工单库中没有工单{'、'.join(unknown[:3])}，请核对编号"
        elif several := [n for n in reading.numbers if len(tickets[n]) > 1]:
            said[TICKETS] = f"有几个来源都有工单{several[0]}，请用“录入一件”从工单带出"
        if said:
            labels = {key: rule.label(list_kind) for key, rule in rules.items()} | {TICKETS: "关联工单号"}
            found.refused[row.key] = "；".join(_named(labels.get(key, key), why) for key, why in said.items())
            continue
        keys = tuple(key for number in reading.numbers for key in tickets[number])
        double = None if row.sure or len(rows) > MOST_COMPARED else _double(list_kind, reading, keys, twice)
        if double and hold_doubles:
            found.refused[row.key] = f"{double}；确认不是同一件事，请勾选“确认不重复”"
            continue
        if double:
            found.notes[row.key] = f"可以录入，但{double}"
        found.ready.append(LedgerRow(row.key, row.place, reading.values, tickets=keys))
    return found


def save(desk: Desk, command: ReadLedger) -> list[RowOutcome] | None:
    """Carry the rows out; None where all of it was refused, which is shown."""
    try:
        return read_ledger(shared_assessment(Settings.from_env()), desk, command)
    except (CommandError, NotAllowedError) as error:
        st.error(plain(error), icon=":material/block:")
        return None


def said_numbers(outcomes: Sequence[RowOutcome]) -> str:
    """督2026-0001 至 督2026-0030, for the items that were made one after the other."""
    numbers = [o.item_no for o in outcomes if o.why is None and o.item_no]
    return numbers[0] if len(numbers) == 1 else f"{numbers[0]} 至 {numbers[-1]}" if numbers else ""


def report(frame: pd.DataFrame, columns: show.Columns, name: str, title: str = "") -> None:
    """A table of what a file holds, with its export."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"):
        st.markdown(f"**{plain(title)}**" if title else "", width="content")
        list_rows.export(frame, columns, name, title or name)
    show.grid(frame, columns, name, height="content" if len(frame) <= 8 else 300)


def _named(label: str, why: str) -> str:
    return why if label in why else f"{label}：{why}"


def _same(reading: RowReading) -> tuple[Any, Any]:
    return re.sub(r"\s", "", str(reading.values.get("title", ""))), reading.values.get("lead_unit_code")


def _double(
    list_kind: str, reading: RowReading, keys: tuple[tuple[str, str], ...], twice: Mapping[tuple[Any, Any], int]
) -> str | None:
    if twice[_same(reading)] > 1:
        return "这一批中有另一行的事项和单位相同"
    unit = reading.values.get("lead_unit_code")
    found = loaders.ask_records(answers.duplicates, list_kind, reading.values.get("title", ""), unit, keys)
    if not found:
        return None
    return f"可能与 {found[0].item_no}“{found[0].title[:30]}”重复（{found[0].why}）"
