"""A ledger that went out to Excel and comes back: what was added, changed, or changed on both sides meanwhile.

The file carries, in a sheet nobody sees, which item each row was, its version, and every cell as it went out. Three
texts are compared per cell: as it went out, as it stands in the file, as it stands in the system now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from lib.lists.cells import CellError, Names, day_of, tidy, value_of
from lib.lists.fields import FieldRule
from lib.lists.headings import exact, header_row
from lib.lists.ledger import INSTRUCTED, NUMBER, LedgerColumn, columns, instructed_of
from lib.lists.process import OPEN
from lib.lists.profile import ListProfile
from lib.lists.rows import is_empty
from lib.schema.list_terms import LIST_KINDS, STATES

_NEW_ROWS = "新增事项请把编号留空"
HIDDEN_SHEET, HIDDEN_HEADING, FORMAT = "台账数据", "行标识", "minsheng-ledger-1"


class LedgerError(Exception):
    """The file is no ledger that may be read back here; the message is Chinese and says why and what to do."""


@dataclass(frozen=True)
class Exported:
    """What the hidden sheet tells: versions and cells of the items as they went out."""

    city: str
    list_kind: str
    at: str
    versions: Mapping[str, int]
    cells: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class FileRow:
    """One row of the file: line counted from 1; item_no: which item it was, None for a row that somebody added."""

    line: int
    item_no: str | None
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Standing:
    """An item as it is now: version, key of the state, cells in words."""

    version: int
    state: str
    cells: Mapping[str, str]


@dataclass(frozen=True)
class CellChange:
    """One cell that differs. is_conflict: the system changed it too since the ledger went out, to something else."""

    item_no: str
    key: str
    label: str
    exported: str
    system: str
    file: str
    is_conflict: bool
    is_report: bool
    values: Mapping[str, Any]


@dataclass(frozen=True)
class NotTaken:
    """Something in the file that will not be taken over. place: number or line; label: column, "" for a whole row."""

    place: str
    label: str
    text: str
    why: str


@dataclass(frozen=True)
class Difference:
    """What coming back would do. added: rows without a number; missing: items that went out and are not in the file
    (they stay as they are); unchanged: rows in which nothing differs.
    """

    changes: tuple[CellChange, ...]
    added: tuple[FileRow, ...]
    not_taken: tuple[NotTaken, ...]
    missing: tuple[str, ...]
    unchanged: int


def hidden_rows(
    list_kind: str, profile: ListProfile, at: str, versions: Mapping[str, int], cells: Mapping[str, Mapping[str, str]]
) -> list[list[str]]:
    """The hidden sheet of a ledger, as rows of texts."""
    keys = [column.key for column in columns(list_kind, profile)]
    head = [[FORMAT, profile.city, list_kind, at], [NUMBER, "version", *keys]]
    return head + [[number, str(versions[number]), *(cells[number][key] for key in keys)] for number in versions]


def exported(rows: Sequence[Sequence[str]] | None) -> Exported | None:
    """What the hidden sheet holds; None where there is none or it is not ours."""
    if not rows or len(rows) < 2 or not rows[0] or rows[0][0] != FORMAT or len(rows[0]) < 3:
        return None
    keys = rows[1][2:]
    versions, cells = {}, {}
    for row in rows[2:]:
        if len(row) < 2 or not row[1].isdigit():
            return None
        versions[row[0]] = int(row[1])
        cells[row[0]] = dict(zip(keys, [*map(tidy, row[2:]), *[""] * len(keys)], strict=False))
    return Exported(rows[0][1], rows[0][2], rows[0][3] if len(rows[0]) > 3 else "", versions, cells)


def require_own(found: Exported, list_kind: str, profile: ListProfile) -> None:
    """Raises LedgerError for the ledger of another city or of the other list."""
    if found.city != profile.city:
        raise LedgerError(
            "这是另一个城市的台账，不能读回本市。如要把其中的事项录入本市，请另存为普通表格后用“旧表导入”"
        )
    if found.list_kind != list_kind:
        other = LIST_KINDS.get(found.list_kind, "另一份清单")
        raise LedgerError(f"这是{other}的台账，不能读回{LIST_KINDS[list_kind]}，请由负责该清单的人员读回")


def file_rows(
    rows: Sequence[tuple[int, Sequence[str]]], list_kind: str, profile: ListProfile
) -> tuple[list[FileRow], list[str]]:
    """Rows of the visible sheet, and headings that no column has. rows: (line, cells). Raises LedgerError where no
    row of headings is found.
    """
    at = header_row([cells for _, cells in rows], list_kind, profile)
    if at is None:
        raise LedgerError("没有找到表头行（如“编号”“督办事项”），请不要删除或改写台账的表头")
    headings = rows[at][1]
    known: dict[int, LedgerColumn] = {}
    unknown, ids = [], None
    for position, heading in enumerate(headings):
        column = exact(heading, list_kind, profile)
        if tidy(heading) == HIDDEN_HEADING:
            ids = position
        elif column is not None and column not in known.values():
            known[position] = column
        elif tidy(heading):
            unknown.append(tidy(heading))
    found: list[tuple[int, str, str, dict[str, str]]] = []
    for line, cells in rows[at + 1 :]:
        said = {column.key: tidy(cells[k]) if k < len(cells) else "" for k, column in known.items()}
        if is_empty({k: v for k, v in said.items() if k != "seq"}):
            continue
        hidden = tidy(cells[ids]) if ids is not None and ids < len(cells) else ""
        found.append((line, said.get(NUMBER, ""), hidden, said))
    written = {number for _, number, _, _ in found}
    # A row that somebody copied and whose number he erased still has the hidden one: it is a new row.
    return [
        FileRow(line, number or (hidden if hidden not in written else "") or None, said)
        for line, number, hidden, said in found
    ], unknown


def difference(
    rows: Sequence[FileRow],
    went_out: Exported,
    standing: Mapping[str, Standing],
    list_kind: str,
    profile: ListProfile,
    rules: Mapping[str, FieldRule],
    names: Names,
    today: date,
) -> Difference:
    """Compare a file with what stands. standing: the list's items within reach, by number."""
    changes: list[CellChange] = []
    not_taken: list[NotTaken] = []
    added: list[FileRow] = []
    seen: set[str] = set()
    unchanged = 0
    known = {column.key: column for column in columns(list_kind, profile)}
    for row in rows:
        place = row.item_no or f"第{row.line}行"
        if row.item_no is None:
            added.append(row)
        elif row.item_no in seen:
            not_taken.append(NotTaken(place, "", f"第{row.line}行", f"同一编号出现了两次，只看第一次；{_NEW_ROWS}"))
        elif row.item_no not in went_out.cells or row.item_no not in standing:
            not_taken.append(NotTaken(place, "", f"第{row.line}行", f"导出时没有这个编号，请核对；{_NEW_ROWS}"))
        else:
            seen.add(row.item_no)
            before = len(changes) + len(not_taken)
            for key, text in row.cells.items():
                _compare(row.item_no, known[key], text, went_out.cells[row.item_no].get(key, ""),
                         standing[row.item_no], rules, names, today, changes, not_taken)  # fmt: skip
            unchanged += len(changes) + len(not_taken) == before
    missing = tuple(number for number in went_out.cells if number in standing and number not in seen)
    return Difference(tuple(changes), tuple(added), tuple(not_taken), missing, unchanged)


def _compare(
    number: str, column: LedgerColumn, text: str, before: str, item: Standing, rules: Mapping[str, FieldRule],
    names: Names, today: date, changes: list[CellChange], not_taken: list[NotTaken],
) -> None:  # fmt: skip
    file, now = _same_form(column, text, today), item.cells.get(column.key, "")
    if file in (before, now) or column.key in ("seq", NUMBER):
        return
    why = _why_not(column, item, rules)
    if why is None and not file and column.use == "report":
        why = "已填报的进展不能清空"
    values: dict[str, Any] = {}
    if why is None:
        try:
            values = _values(column, file, rules, names, today)
        except CellError as error:
            why = str(error)
    if why is not None:
        not_taken.append(NotTaken(number, column.label, file, why))
        return
    changes.append(
        CellChange(number, column.key, column.label, before, now, file, is_conflict=now != before,
                   is_report=column.use == "report", values=values)
    )  # fmt: skip


def _why_not(column: LedgerColumn, item: Standing, rules: Mapping[str, FieldRule]) -> str | None:
    """Why the column of that item cannot be changed by a file; None where it can."""
    if column.use not in ("field", "report"):
        return f"“{column.label}”不能通过台账修改：{column.instead}"
    if item.state not in OPEN:
        return f"该事项已是“{STATES[item.state]}”，内容不再修改"
    if column.use == "report":
        under_way = ("assigned", "handling", "suspended", "closing")
        return None if item.state in under_way else f"该事项还是“{STATES[item.state]}”，交办之后才填报进展"
    rule = rules.get(column.key)
    if rule is not None and rule.until is not None and OPEN.index(item.state) > OPEN.index(rule.until):
        return f"“{column.label}”在交办之后不能直接修改：时限请走延期审批，责任单位请走职责异议"
    return None


def _same_form(column: LedgerColumn, text: str, today: date) -> str:
    """The text of the file as the system would write it, where it says the same in another form."""
    clean = tidy(text)
    if column.kind == "date" and clean:
        try:
            return day_of(clean, today).isoformat()
        except CellError:
            return clean
    if column.kind == "count" and clean.endswith(".0"):
        return clean[:-2]
    return clean


def _values(
    column: LedgerColumn, text: str, rules: Mapping[str, FieldRule], names: Names, today: date
) -> dict[str, Any]:
    """What the cell says, under the keys of fields (or of a report)."""
    if column.use == "report":
        return {column.key: text}
    if column.key == INSTRUCTED:
        return dict(instructed_of(text))
    return {column.key: value_of(rules[column.key], text, names, today)}
