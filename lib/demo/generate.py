"""Make the demo city and publish it as a version of its own pair of databases."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pandas as pd
from sqlalchemy import Connection, Table, insert

from lib.city import City, load_city
from lib.config import DEMO_CITY, Settings
from lib.demo import facts, lives, lookups
from lib.demo.base import call_days, make_base
from lib.demo.plan import Plan, make_plan
from lib.ingest.bulk import insert_frame
from lib.ingest.dimensions import load_profile
from lib.ingest.draft import Draft, new_version
from lib.period import add_months
from lib.schema import tickets as t

SOURCE = "demo"
CHUNK_ROWS = 250_000
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class DemoOptions:
    """months of data ending with the day `end`, about `monthly` tickets a month, all drawn from `seed`."""

    months: int
    monthly: int
    seed: int
    end: date

    @property
    def first(self) -> date:
        """First day: the months are calendar months, the last of which holds `end`."""
        return add_months(self.end.replace(day=1), 1 - self.months)

    @property
    def as_of(self) -> datetime:
        """Extraction: the midnight after the last day."""
        after = self.end + timedelta(days=1)
        return datetime(after.year, after.month, after.day)


@dataclass(frozen=True)
class DemoResult:
    """What was made."""

    version: str
    tickets: int
    as_of: datetime
    seconds: float


def generate(
    settings: Settings, options: DemoOptions, progress: Progress = lambda done, total, text: None
) -> DemoResult:
    """Generate and publish the demo city. progress is told tickets done, tickets in all and the step.

    Raises what lib.ingest.draft.new_version raises; then the demo city that stood before stays whole.
    """
    started = time.monotonic()
    city = load_city(DEMO_CITY)
    plan = make_plan(city, options.first, options.end + timedelta(days=1), options.monthly, options.seed)
    progress(0, plan.total, "安排诉求")
    days = city.rules.repeat_days
    with new_version(settings, "demo", city.name, options.as_of, is_demo=True, repeat_days=days) as draft:
        fill(draft, city, plan, options, progress)
        progress(plan.total, plan.total, "汇总、自检并发布")
    return DemoResult(draft.version, plan.total, options.as_of, time.monotonic() - started)


def fill(draft: Draft, city: City, plan: Plan, options: DemoOptions, progress: Progress) -> None:
    """Write dimensions, facts and histories of the demo city into a draft."""
    conn = draft.conn
    load_profile(conn, city)
    insert_frame(conn, t.workdays, lookups.workday_calendar(city, plan))
    raw, own = _generator(conn)
    try:
        raw.register("base_rows", make_base(city, plan, options.seed))
        raw.execute("CREATE OR REPLACE TEMP TABLE base AS SELECT * FROM base_rows")
        raw.unregister("base_rows")
        truths = plan.truths + lookups.register(raw, city, plan, options.seed)
        lives.install(raw, city, options.seed, options.as_of)
        lives.prepare(raw, city.rules.repeat_days)
        write_chunks(raw, _emitter(raw, conn, own), draft, city, plan, options, progress)
    finally:
        _drop_temporary(raw)
        if own:
            raw.close()
    insert_frame(conn, t.call_days, pd.DataFrame(call_days(plan, options.seed)))
    numbered = [{"truth_no": k, **asdict(truth)} for k, truth in enumerate(truths, 1)]
    insert_frame(conn, t.injected_truths, pd.DataFrame(numbered))
    _log_import(conn, draft, plan, options)


def write_chunks(
    raw: duckdb.DuckDBPyConnection,
    emit: facts.Emit,
    draft: Draft,
    city: City,
    plan: Plan,
    options: DemoOptions,
    progress: Progress,
) -> None:
    """Live, cut and write the tickets in the order of time, a chunk after the other."""
    start = datetime(plan.first.year, plan.first.month, plan.first.day)
    target = facts.Target(options.as_of, SOURCE, draft.segment_no, draft.texts, draft.events, draft.rounds)
    for low in range(1, plan.total + 1, CHUNK_ROWS):
        high = min(low + CHUNK_ROWS, plan.total + 1)
        lives.live(raw, city, low, high, start, options.as_of)
        facts.write(raw, emit, city, target, options.seed)
        progress(high - 1, plan.total, "生成工单")


def _generator(conn: Connection) -> tuple[duckdb.DuckDBPyConnection, bool]:
    """The DuckDB connection that generates: the draft's own, or one in memory beside PostgreSQL."""
    if conn.dialect.name == "postgresql":
        return duckdb.connect(config={"threads": 2, "memory_limit": "2GB"}), True
    wrapper: Any = conn.connection.dbapi_connection
    return wrapper, False


def _emitter(raw: duckdb.DuckDBPyConnection, conn: Connection, own: bool) -> facts.Emit:
    """How rows reach the draft: inside DuckDB by one statement, to PostgreSQL by copying."""

    def inside(table: Table, query: str) -> None:
        names = ", ".join(c.name for c in table.columns)
        where = f"{table.schema}.{table.name}" if table.schema else table.name
        raw.execute(f"INSERT INTO {where} ({names}) SELECT {names} FROM ({query})")

    def across(table: Table, query: str) -> None:
        insert_frame(conn, table, raw.sql(query).to_arrow_table())

    return across if own else inside


_TEMPORARY = ("base", "urged", "links", "life_a", "life_b", "life_c", "seen_a")


def _drop_temporary(raw: duckdb.DuckDBPyConnection) -> None:
    """Give the memory back before rollups are built."""
    for name in _TEMPORARY:
        raw.execute(f"DROP TABLE IF EXISTS temp.{name}")


def _log_import(conn: Connection, draft: Draft, plan: Plan, options: DemoOptions) -> None:
    """One import run, so that the history of imports says where the rows come from."""
    row = {
        "import_no": 1,
        "started_at": draft.published_at,
        "finished_at": datetime.now().replace(microsecond=0),
        "source_code": SOURCE,
        "mapping_name": "demo",
        "file_names": f"演示数据（种子 {options.seed}）",
        "file_sha256": None,
        "as_of": options.as_of,
        "read_rows": plan.total,
        "inserted_rows": plan.total,
        "updated_rows": 0,
        "unchanged_rows": 0,
        "rejected_rows": 0,
        "warning_count": 0,
        "version": draft.version,
    }
    conn.execute(insert(t.import_runs).values(**row))
