"""What makes tickets hard, and which tickets there are to draw a sample from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pandas as pd
from sqlalchemy import ColumnElement, Connection, func, select

from lib.queries.extent import during, fact_conditions
from lib.queries.frames import fetch
from lib.queries.ticket_filter import matter_of
from lib.schema import tickets as t
from lib.scope import Scope

T = t.tickets.c
Key = tuple[str, str]


def hard_facts(conn: Connection, ticket_ids: Sequence[int]) -> pd.DataFrame:
    """One row per ticket: ticket_id, round_count, transfer_count, received_at, same_matter (tickets of its matter,
    itself included).
    """
    ids = list(ticket_ids)
    matter = matter_of(T).label("matter")
    shown = select(T.ticket_id, T.round_count, T.transfer_count, T.received_at, matter)
    frame = fetch(conn, shown.where(T.ticket_id.in_(ids)))
    matters = [int(key) for key in frame["matter"].unique()]
    repeats = select(T.repeat_of_id.label("matter"), func.count().label("repeats"))
    # Asked for these matters alone: the column is indexed, and there may be millions of tickets.
    counted = fetch(conn, repeats.where(T.repeat_of_id.in_(matters)).group_by(T.repeat_of_id))
    frame = frame.merge(counted, on="matter", how="left")
    return frame.assign(same_matter=frame["repeats"].fillna(0).astype("int64") + 1).drop(columns=["matter", "repeats"])


def closed_in(scope: Scope, as_of: datetime) -> list[ColumnElement[bool]]:
    """Referred tickets of the scope that were closed in its period."""
    return [
        T.is_closed.is_(True), T.handling_type == t.REFERRED, *fact_conditions(scope, T.unit_code),
        *during(T.closed_at, scope.period.start, scope.period.end, as_of),
    ]  # fmt: skip


def ticket_keys(conn: Connection, conditions: list[ColumnElement[bool]]) -> list[Key]:
    """(source_code, ticket_no) of the tickets that meet the conditions, in that order."""
    statement = select(T.source_code, T.ticket_no).where(*conditions).order_by(T.source_code, T.ticket_no)
    return [(row.source_code, row.ticket_no) for row in conn.execute(statement)]
