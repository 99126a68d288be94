"""What is missing, late or unknown in the data, and the log of imports."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)

from lib.period import Period
from lib.queries.extent import during, fact_conditions
from lib.queries.frames import fetch, numeric
from lib.schema import tickets as t
from lib.schema.dialect import hours_between
from lib.scope import Scope

T = t.tickets.c
_REFERRED = T.handling_type == t.REFERRED
# Field → (label, which tickets should have it).
EXPECTED: dict[str, tuple[str, ColumnElement[bool]]] = {
    "request_type": ("诉求类型", T.ticket_id.is_not(None)),
    "district_code": ("区县", T.ticket_id.is_not(None)),
    "township_code": ("乡镇街道", T.ticket_id.is_not(None)),
    "category1_code": ("事项分类", T.ticket_id.is_not(None)),
    "channel_code": ("受理渠道", T.ticket_id.is_not(None)),
    "unit_code": ("承办单位", _REFERRED),
    "dispatched_at": ("派单时间", _REFERRED),
    "acknowledged_at": ("签收时间", _REFERRED),
    "acknowledge_due_at": ("签收时限", _REFERRED),
    "first_contacted_at": ("首次联系时间", _REFERRED),
    "contact_due_at": ("联系时限", _REFERRED),
    "due_at": ("办理时限", _REFERRED),
    "closed_at": ("办结时间", T.is_closed.is_(True)),
    "handling_hours": ("办理时长", and_(_REFERRED, T.is_closed.is_(True))),
    "answered_at": ("有效评价", T.is_closed.is_(True)),
    "requester_hash": ("诉求人标识", T.ticket_id.is_not(None)),
    "place_key": ("地点", T.ticket_id.is_not(None)),
    "longitude": ("经纬度", T.ticket_id.is_not(None)),
}
_CODED = {"district_code", "township_code", "category1_code", "channel_code", "unit_code"}


def _within(scope: Scope, period: Period, as_of: datetime) -> list[ColumnElement[bool]]:
    return [
        T.handling_type != t.URGING,
        *during(T.received_at, period.start, period.end, as_of),
        *fact_conditions(scope, T.unit_code),
    ]


def empty_fields(conn: Connection, scope: Scope, period: Period, *, as_of: datetime) -> pd.DataFrame:
    """One row per field of EXPECTED: expected (tickets received in the period that should have it), empty
    and unmapped (the code is UNMAPPED).
    """
    columns = []
    for name, (_, applies) in EXPECTED.items():
        column = T[name]
        unmapped = and_(applies, column == t.UNMAPPED) if name in _CODED else None
        columns.append(_number(applies).label(f"{name}__expected"))
        columns.append(_number(and_(applies, column.is_(None))).label(f"{name}__empty"))
        if unmapped is not None:
            columns.append(_number(unmapped).label(f"{name}__unmapped"))
    row = conn.execute(select(*columns).where(*_within(scope, period, as_of))).mappings().one()
    rows = [
        {
            "field": name, "label": label, "expected": int(row[f"{name}__expected"]),
            "empty": int(row[f"{name}__empty"]), "unmapped": int(row.get(f"{name}__unmapped", 0)),
        }
        for name, (label, _) in EXPECTED.items()
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return cast(func.coalesce(func.sum(case((condition, 1), else_=0)), 0), BigInteger)


def doubtful_counts(conn: Connection, scope: Scope, period: Period, *, as_of: datetime) -> dict[str, int]:
    """Tickets received in the period whose record cannot be quite right.

    closed_without_time: closed by its status, no valid closing time. late_updates: changed in the source
    more than 3 days after its last known step. answered_open: answered by the citizen, yet open.
    """
    last_step = func.coalesce(T.answered_at, T.closed_at, T.dispatched_at, T.received_at)
    columns = {
        "received": T.ticket_id.is_not(None),
        "closed_without_time": and_(T.is_closed.is_(True), T.closed_at.is_(None)),
        "late_updates": hours_between(last_step, T.source_updated_at) > literal(72.0),
        "answered_open": and_(T.is_closed.is_(False), T.answered_at.is_not(None)),
        "excluded": T.is_excluded.is_(True),
        "restricted": T.restricted_class.is_not(None),
    }
    statement = select(*(_number(c).label(name) for name, c in columns.items())).where(*_within(scope, period, as_of))
    return {name: int(value) for name, value in conn.execute(statement).mappings().one().items()}


def unmapped_words(conn: Connection, scope: Scope, period: Period, *, as_of: datetime, limit: int = 50) -> pd.DataFrame:
    """One row per field and word of the source that no dimension knows: field, label, word, tickets.

    Of the tickets received in the period, most frequent first, at most `limit` per field.
    """
    parts = []
    for name, label in (("district", "区县"), ("category", "事项分类"), ("channel", "受理渠道"), ("unit", "承办单位")):
        word = T[f"{name}_raw"]
        tickets = cast(func.count(), BigInteger).label("tickets")
        part = (
            select(literal(name).label("field"), literal(label).label("label"), word.label("word"), tickets)
            .where(word.is_not(None), *_within(scope, period, as_of))
            .group_by(word)
            .order_by(tickets.desc(), word)
            .limit(limit)
            .subquery()
        )
        parts.append(select(part))
    frame = numeric(fetch(conn, union_all(*parts)), ["tickets"])
    return frame.sort_values(["field", "tickets", "word"], ascending=[True, False, True], ignore_index=True)


def newest_times(conn: Connection, scope: Scope, period: Period, *, as_of: datetime) -> dict[str, datetime | None]:
    """The newest time of each kind among the tickets received in the period: how far the data reach."""
    names = ("received_at", "dispatched_at", "closed_at", "answered_at", "source_updated_at")
    statement = select(*(func.max(T[name]).label(name) for name in names)).where(*_within(scope, period, as_of))
    return dict(conn.execute(statement).mappings().one())


def import_runs(conn: Connection, reach: tuple[str, ...] | None, limit: int = 200) -> pd.DataFrame:
    """One row per published import run, newest first: columns of `import_runs`. None within a reach."""
    statement = select(t.import_runs).where(_whole(reach)).order_by(t.import_runs.c.import_no.desc())
    return fetch(conn, statement.limit(limit))


def import_warnings(conn: Connection, import_no: int, reach: tuple[str, ...] | None, limit: int = 1000) -> pd.DataFrame:
    """One row per warning of that run, most rows first: columns of `import_warnings`. None within a reach."""
    w = t.import_warnings
    statement = select(w).where(w.c.import_no == import_no, _whole(reach))
    return fetch(conn, statement.order_by(w.c.row_count.desc(), w.c.field, w.c.value).limit(limit))


def rejected_rows(conn: Connection, import_no: int, reach: tuple[str, ...] | None, limit: int = 1000) -> pd.DataFrame:
    """One row per rejected source row of that run, in file order: columns of `rejected_rows`. None within a reach."""
    r = t.rejected_rows
    statement = select(r).where(r.c.import_no == import_no, _whole(reach)).order_by(r.c.file_name, r.c.line_no)
    return fetch(conn, statement.limit(limit))


def _whole(reach: tuple[str, ...] | None) -> ColumnElement[bool]:
    """Logs of imports tell of all units at once: who may see only some sees nothing of them."""
    return true() if reach is None else false()


def phones_masked(conn: Connection) -> bool:
    """True when phones arrive masked, so that repeats rest on places only."""
    p = t.publications.c
    return bool(conn.execute(select(p.phones_masked).order_by(p.publication_no.desc()).limit(1)).scalar())


def without_due(conn: Connection, scope: Scope, period: Period, *, as_of: datetime) -> int:
    """Referred tickets received in the period without a due time: they stand in no closure rate."""
    statement = select(_number(and_(_REFERRED, or_(T.due_at.is_(None))))).where(*_within(scope, period, as_of))
    return int(conn.execute(statement).scalar_one())
