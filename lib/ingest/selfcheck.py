"""What must hold of a version before anybody sees it. A failure stops the publish."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
from sqlalchemy import Connection, Table, and_, func, or_, select

from lib.ingest.bulk import temporary
from lib.ingest.frames import key_columns
from lib.schema import tickets as t
from lib.schema.measures import COHORTS
from lib.schema.rollups import COUNT_ROLLUPS

T = t.tickets.c
# A row that lacks one of these would fall out of some rollup or filter unseen.
NEVER_NULL = (
    "ticket_id", "source_code", "ticket_no", "segment_no", "handling_type", "request_type", "is_closed",
    "is_enterprise", "is_group_event", "district_code", "township_code", "category1_code", "category2_code",
    "category_code", "channel_code", "unit_code", "first_unit_code", "round_count", "is_repeat", "is_excluded",
)  # fmt: skip


class SelfCheckError(Exception):
    """The new version contradicts itself: a fault of ours, and the old version stays."""


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise SelfCheckError(f"自检未通过，数据未发布：{sentence}")


def whole(conn: Connection, as_of: datetime) -> None:
    """Everything: keys, empty columns, rows without their ticket, rollups against facts."""
    missing = or_(*(T[name].is_(None) for name in NEVER_NULL))
    _require(_count(conn, t.tickets, missing) == 0, "有工单缺少必备字段")
    rows = _count(conn, t.tickets)
    keys = conn.scalar(select(func.count()).select_from(select(T.source_code, T.ticket_no).distinct().subquery()))
    _require(rows == keys, "工单编号重复")
    _require(rows == conn.scalar(select(func.count(T.ticket_id.distinct()))), "内部编号重复")
    for table in (t.callbacks, t.ticket_returns):
        known = select(T.ticket_id).where(T.ticket_id == table.c.ticket_id).exists()
        _require(_count(conn, table, ~known) == 0, f"{table.name} 中有找不到工单的记录")
    sums(conn, as_of)


def sums(conn: Connection, as_of: datetime) -> None:
    """The sum of every count rollup equals the number of facts received by the extraction time."""
    cohort = COHORTS["received"]
    facts = _count(conn, t.tickets, and_(cohort.where, cohort.time <= as_of))
    for rollup in COUNT_ROLLUPS:
        total = conn.scalar(select(func.coalesce(func.sum(rollup.c.received), 0)))
        _require(int(total or 0) == facts, f"汇总表 {rollup.name} 与工单不一致（{total} 与 {facts}）")


def touched(conn: Connection, keys: pd.DataFrame, as_of: datetime) -> None:
    """After an incremental publish: the tickets named by `keys` (source_code, ticket_no) stand once each."""
    mine = temporary(conn, "checked_keys", key_columns(t.tickets, "source_code", "ticket_no"), keys)
    same = and_(mine.c.source_code == T.source_code, mine.c.ticket_no == T.ticket_no)
    rows = select(*(T[name] for name in NEVER_NULL)).join(mine, same).subquery()
    _require(conn.scalar(select(func.count()).select_from(rows)) == len(keys), "写入的工单数与预期不符或编号重复")
    missing = or_(*(rows.c[name].is_(None) for name in NEVER_NULL))
    _require(conn.scalar(select(func.count()).select_from(rows).where(missing)) == 0, "有工单缺少必备字段")
    sums(conn, as_of)


def _count(conn: Connection, table: Table, where: object = None) -> int:
    stmt = select(func.count()).select_from(table)
    if where is not None:
        stmt = stmt.where(where)  # type: ignore[arg-type]
    return int(conn.scalar(stmt) or 0)
