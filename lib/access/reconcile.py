"""Intents without an outcome: what a killed process left open is closed at the next start."""

from __future__ import annotations

import json
import logging
from typing import Any

from sqlalchemy import Connection, select

from lib.access import audit
from lib.access.acts import none_under_way
from lib.access.audit import Act
from lib.assessment_store import AssessmentStore
from lib.config import Settings
from lib.schema import assessment as a
from lib.schema import tickets as t
from lib.store import DamagedDataError, NoDataError, PairName, open_store

log = logging.getLogger("minsheng.audit")

STARTS = ("import_started", "export_started")
ENDS = ("import_finished", "import_failed", "export_finished", "export_failed")
REASON = "启动核对"


def reconcile(settings: Settings, store: AssessmentStore) -> list[int]:
    """Close the open intents of the pair; returns the numbers of those that stay open.

    An import whose version was published becomes finished, every other act failed. Nothing is closed while any
    process is at an act, and no import while the ticket data cannot be read: the next start looks again.
    """
    with none_under_way(settings, store.pair) as is_quiet, store.writing() as conn:
        found = open_intents(conn)
        if not is_quiet:
            return sorted(found)
        return [number for number, row in sorted(found.items()) if not _closed(settings, store.pair, conn, number, row)]


def open_intents(conn: Connection) -> dict[int, Any]:
    """Number → row of the intents that have no outcome yet.

    Looks at what came after the last start, and at what that start said it left open.
    """
    e = a.audit_entries.c
    last = conn.execute(select(e.entry_no, e.text).where(e.action == "started").order_by(e.entry_no.desc()).limit(1))
    start = last.first()
    since, left = 0, []
    if start is not None:
        since, left = start.entry_no, (json.loads(start.text)["after"] or {}).get("left_open", [])
    wanted = select(e.entry_no, e.action, e.subject, e.text).where(e.action.in_((*STARTS, *ENDS)))
    rows = list(conn.execute(wanted.where(e.entry_no > since)))
    if left:
        rows += list(conn.execute(wanted.where(e.entry_no.in_(left))))
    found = {row.entry_no: row for row in rows if row.action in STARTS}
    for row in rows:
        if row.action in ENDS:
            found.pop((json.loads(row.text)["after"] or {}).get("intent"), None)
    return found


def _closed(settings: Settings, pair: PairName, conn: Connection, number: int, row: Any) -> bool:
    """Append the outcome; False when it cannot be told yet."""
    kind = row.action.removesuffix("_started")
    why = f"{REASON}：没有完成，记录结果前程序中断"
    if kind == "import":
        try:
            is_published = _is_published(settings, pair, row.subject)
        except DamagedDataError:
            log.warning("an import stays open because the ticket data cannot be read: %s", row.subject)
            return False
        if is_published:
            finished = Act("import_finished", audit.Verbatim(row.subject), after={"intent": number},
                           reason=f"{REASON}：版本已发布，记录结果前程序中断")  # fmt: skip
            audit.append(conn, audit.SYSTEM, finished)
            return True
        why = f"{REASON}：没有发布，数据未改动"
    audit.append(conn, audit.SYSTEM, Act(f"{kind}_failed", audit.Verbatim(row.subject), after={"intent": number},
                                         reason=why))  # fmt: skip
    return True


def _is_published(settings: Settings, pair: PairName, version: str) -> bool:
    """Whether the version was ever current. Raises DamagedDataError."""
    try:
        store = open_store(settings, pair)
    except NoDataError:
        return False
    try:
        with store.engine.connect() as conn:
            p = t.publications.c
            return conn.execute(select(p.version).where(p.version == version)).first() is not None
    finally:
        store.dispose()
