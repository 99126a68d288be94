"""An import as it happens every morning: a file with tickets on record whose state has changed."""

from __future__ import annotations

import csv
import time
from datetime import timedelta
from pathlib import Path

import yaml
from sqlalchemy import select

from lib.bench.measure import Measured
from lib.bench.visitor import BenchError
from lib.config import MAPPINGS_DIR, Settings
from lib.ingest.pipeline import import_files
from lib.schema import tickets as t
from lib.store import open_store

ROWS = 5_000
MAPPING = "standard_zh"
# Headings of the standard template that the file carries; fields it lacks are not touched.
HEADINGS = ("工单编号", "受理时间", "办件状态", "办结时间", "满意度", "回访时间", "回访结果", "答复内容")
REPLY = "经现场核实，问题已处理完毕，并向诉求人当面说明情况，诉求人表示认可；后续将加强巡查，防止问题反复。"


def import_changes(settings: Settings, folder: Path, into: Measured) -> None:
    """Write the file, import it, note seconds and bytes. Raises BenchError unless every row was an update."""
    store = open_store(settings, "demo")
    as_of = store.pointer.as_of
    newest = (
        select(t.tickets.c.source_code, t.tickets.c.ticket_no, t.tickets.c.received_at, t.tickets.c.satisfaction)
        .where(t.tickets.c.handling_type == t.REFERRED, t.tickets.c.is_closed)
        .order_by(t.tickets.c.received_at.desc(), t.tickets.c.ticket_no)
        .limit(ROWS)
    )
    try:
        with store.engine.connect() as conn:
            rows = conn.execute(newest).fetchall()
    finally:
        store.dispose()
    path, mapping = folder / "changed.csv", folder / "changed.yaml"
    # The standard template, for the source that the tickets on record have.
    standard = yaml.safe_load((MAPPINGS_DIR / f"{MAPPING}.yaml").read_text("utf-8"))
    mapping.write_text(yaml.safe_dump(standard | {"source_code": rows[0].source_code}, allow_unicode=True), "utf-8")
    closed, called = ((as_of - timedelta(hours=h)).isoformat(sep=" ") for h in (2, 1))
    with open(path, "w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(HEADINGS)
        for row in rows:
            answer = "不满意" if row.satisfaction == t.SATISFIED else "满意"
            writer.writerow((row.ticket_no, row.received_at, "已办结", closed, answer, called, "接通", REPLY))
    start = time.perf_counter()
    result = import_files([path], settings, mapping=str(mapping), as_of=as_of, pair="demo")
    seconds = time.perf_counter() - start
    if result.updated != len(rows) or result.rejected:
        raise BenchError(
            f"of {len(rows)} changed rows {result.updated} were updates, {result.inserted} new, "
            f"{result.unchanged} unchanged, {result.rejected} rejected"
        )
    into.imported = {
        "rows": len(rows),
        "total_seconds": seconds,
        "publish_seconds": result.seconds,
        "bytes_copied": result.bytes_copied,
    }
