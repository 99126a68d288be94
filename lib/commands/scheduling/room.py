"""What every write of the scheduling shares: who may, the row locked, the version seen, the entry of the history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update

from lib.access import audit
from lib.access.audit import Act
from lib.access.roles import ROLES, NotAllowedError
from lib.commands import CommandError, ConflictError
from lib.commands.lists import desk as d
from lib.commands.lists.desk import Desk


@dataclass(frozen=True)
class Kind:
    """One kind of row: its table, what it is called, the action of the history, column → label of what is told.
    words: column → how its value is written for people.
    """

    table: Table
    called: str
    action: str
    labels: Mapping[str, str]
    words: Mapping[str, Callable[[Any, Desk], str]] = field(default_factory=dict)

    def said(self, values: Mapping[str, Any], desk: Desk) -> dict[str, str]:
        """Values in the words of people: label → text, of those that are told."""
        return {label: self._word(key, values[key], desk) for key, label in self.labels.items() if key in values}

    def _word(self, key: str, value: Any, desk: Desk) -> str:
        if key in self.words:
            return self.words[key](value, desk)
        if isinstance(value, bool):
            return "是" if value else "否"
        return value.isoformat() if isinstance(value, date) else "" if value is None else str(value)


def require_clerk(desk: Desk) -> None:
    """Raises NotAllowedError for whoever does not prepare the meetings."""
    if not desk.person.may("scheduling", "write"):
        raise NotAllowedError(f"{ROLES[desk.person.role]}不能办理月调度，应由热线中心或督查局办理")


def row_of(conn: Connection, kind: Kind, number: int | None) -> Any:
    """The row, locked. Raises CommandError when there is none."""
    key = next(iter(kind.table.primary_key.columns))
    row = conn.execute(select(kind.table).where(key == number).with_for_update()).first()
    if row is None or getattr(row, "removed_at", None) is not None:
        raise CommandError(f"没有找到这{kind.called}，可能已被删除，请刷新页面后重试")
    return row


def add(conn: Connection, desk: Desk, kind: Kind, values: Mapping[str, Any], subject: str) -> int:
    """Store a new row with the entry of the history; returns its number."""
    key = next(iter(kind.table.primary_key.columns))
    number = int(conn.execute(insert(kind.table).values(**values).returning(key)).scalar_one())
    tell(conn, desk, kind, f"{subject}（{number}）", after={"办理": "新增", **kind.said(values, desk)})
    return number


def change(conn: Connection, desk: Desk, kind: Kind, row: Any, opened_version: int, new: Mapping[str, Any],
           subject: str, reason: str = "") -> int:  # fmt: skip
    """Set columns of a row that was locked, with the entry of the history; returns the new version. What stands
    already is not stored again: a form sent twice is carried out once. Raises ConflictError with both versions.
    """
    changed = {key: value for key, value in new.items() if row._mapping[key] != value}
    if not changed:
        return int(row.version)
    before = kind.said({key: row._mapping[key] for key in changed}, desk)
    after = kind.said(changed, desk)
    same_version(row, opened_version, subject, before, after)
    key = next(iter(kind.table.primary_key.columns))
    number = row._mapping[key.name]
    conn.execute(update(kind.table).where(key == number).values(**changed, version=row.version + 1))
    tell(conn, desk, kind, f"{subject}（{number}）", before=before, after=after, reason=reason)
    return int(row.version) + 1


def same_version(row: Any, opened_version: int, subject: str, current: Mapping[str, str],
                 wanted: Mapping[str, str]) -> None:  # fmt: skip
    """Raises ConflictError when somebody was faster than this form."""
    if row.version != opened_version:
        raise ConflictError(subject, {**current, "版本": str(row.version)}, wanted)


def tell(conn: Connection, desk: Desk, kind: Kind, subject: str, *, before: Any = None, after: Any = None,
         reason: str = "") -> None:  # fmt: skip
    """One entry of the history in the same transaction."""
    act = Act(kind.action, f"{kind.called} {subject}", before=before, after=after, reason=reason[:500])
    audit.append(conn, desk.person, act, at=desk.moment)


def line(value: str | None, label: str, *, required: bool = False, longest: int = 200) -> str:
    """A text of one line. Raises CommandError."""
    return " ".join(d.written(value, label, required=required, longest=longest).split())


def far_day(day: date | None, desk: Desk, label: str) -> date:
    """A day that is given and no slip of the pen. Raises CommandError."""
    if day is None:
        raise CommandError(f"请填写{label}")
    if abs(day - desk.today) > d.LATEST_LIMIT:
        raise CommandError(f"{label}是{day:%Y年%-m月%-d日}，请核对年份")
    return day


def unit_name(code: Any, desk: Desk) -> str:
    """Name of a unit for the history."""
    return desk.units.get(code, str(code)) if code else ""
