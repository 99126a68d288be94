"""One size, measured: data, questions three ways, bucket error, pages, import, memory."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from lib.answers import Source
from lib.bench import with_pandas
from lib.bench.questions import CALLBACK_COLUMNS, QUESTIONS, TICKET_COLUMNS, Months, same
from lib.bench.visitor import BenchError, serving
from lib.city import load_city
from lib.config import DEMO_CITY, ROOT, Settings
from lib.metrics.arithmetic import quantile_of_buckets
from lib.period import default_period
from lib.queries.counts import NOW
from lib.queries.hours import exact_hours, hour_buckets
from lib.schema.rollups import BUCKET_BASE, BUCKET_FLOOR_HOURS
from lib.scope import Scope
from lib.store import open_store, pair_dir, read_pointer

MONTHS, SEED, END = 48, 7, date(2026, 10, 31)
OUR_RUNS, DIRECT_RUNS, WARM_RUNS = 7, 3, 5
# Pages that answer for a scope; each is opened with every filter. The others are opened once.
SCOPED_PAGES = ("overview", "trends", "districts", "units", "tickets")
OTHER_PAGES = (
    "definitions", "imports", "problem_list", "supervision_list", "list_entry", "letters", "suggestions",
    "reinspection", "hard_cases", "visits", "warnings", "scheduling", "results", "mechanisms",
)  # fmt: skip
FIRST_PAGE = "overview"  # Streamlit calls it by the empty name
# Medians of groups smaller than this are computed exactly by the product.
SMALLEST_BUCKETED = 300

Say = Callable[[str], None]


@dataclass
class Measured:
    """Everything measured at one size. Times in seconds, memory in MB."""

    tickets: int
    made_seconds: float
    main_mb: float
    segments_mb: float
    questions: pd.DataFrame = field(default_factory=pd.DataFrame)
    pandas_load: float = 0.0
    pandas_mb: float = 0.0
    pages: pd.DataFrame = field(default_factory=pd.DataFrame)
    server_mb: float = 0.0
    start_seconds: float = 0.0
    bucket_groups: int = 0
    bucket_worst: float = 0.0
    bucket_typical: float = 0.0
    imported: dict[str, Any] = field(default_factory=dict)


def make_city(settings: Settings, tickets: int) -> Measured:
    """The demo city with about that many tickets: what the folder holds already, else made now."""
    noted = settings.data_dir / "made_seconds.txt"
    if not noted.exists():
        noted.parent.mkdir(parents=True, exist_ok=True)
        noted.write_text(str(_generate(settings, tickets)), "utf-8")
    seconds = float(noted.read_text("utf-8"))
    folder, pointer = pair_dir(settings, "demo"), read_pointer(settings, "demo")
    store = open_store(settings, "demo")
    try:
        count = store.count_tickets()
    finally:
        store.dispose()
    segments = sum((folder / name).stat().st_size for name in pointer.segments.values())
    return Measured(count, seconds, (folder / pointer.file).stat().st_size / 1e6, segments / 1e6)


def _generate(settings: Settings, tickets: int) -> float:
    """Make it in a process of its own; returns the seconds."""
    start = time.perf_counter()
    options = ["--months", str(MONTHS), "--monthly", str(round(tickets / MONTHS)), "--seed", str(SEED)]
    done = subprocess.run(
        [sys.executable, "-m", "lib", "demo", *options, "--end", END.isoformat()],
        cwd=ROOT,
        env=os.environ | {"MINSHENG_DATA_DIR": str(settings.data_dir), "TICKETS_URL": ""},
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise BenchError(f"the demo city could not be made:\n{done.stderr}")
    return time.perf_counter() - start


def ask_questions(settings: Settings, folder: Path, into: Measured) -> None:
    """The eight questions three ways. Raises BenchError when two ways disagree."""
    pointer = read_pointer(settings, "demo")
    at = Months.before(_first_of_next(pointer.as_of))
    _to_parquet(settings, folder)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        theirs = pool.apply(with_pandas.run, (folder, at))
    into.pandas_load, into.pandas_mb = theirs["load_seconds"], theirs["memory_mb"]
    store = open_store(settings, "demo")
    rows = []
    try:
        with store.engine.connect() as conn:
            source = Source(conn, pointer, load_city(DEMO_CITY))
            for question in QUESTIONS:
                ours, our_rows = _timed(lambda q=question: q.ours(source, at), OUR_RUNS)  # type: ignore[misc]
                direct, direct_rows = _timed(lambda q=question: q.direct(conn, at), DIRECT_RUNS)  # type: ignore[misc]
                if not same(our_rows, direct_rows, question.tolerance):
                    raise BenchError(f"{question.key}: our queries and the direct scan disagree")
                if not same(direct_rows, theirs["rows"][question.key], 1e-9):
                    raise BenchError(f"{question.key}: the direct scan and pandas disagree")
                rows.append((question.label, question.rollup, ours, direct, theirs["seconds"][question.key]))
            _bucket_error(source, at, into)
    finally:
        store.dispose()
    into.questions = pd.DataFrame(rows, columns=["label", "rollup", "ours", "direct", "pandas"])


def _first_of_next(as_of: datetime) -> date:
    """First day after the newest month that is complete at `as_of`."""
    month = default_period(as_of)
    return month.start if month.is_running(as_of) else month.end


def _to_parquet(settings: Settings, folder: Path) -> None:
    main = pair_dir(settings, "demo") / read_pointer(settings, "demo").file
    with duckdb.connect(str(main), read_only=True) as conn:
        for table, columns in (("tickets", TICKET_COLUMNS), ("callbacks", CALLBACK_COLUMNS)):
            conn.execute(f"COPY (SELECT {', '.join(columns)} FROM {table}) TO '{folder}/{table}.parquet'")


def _timed(ask: Callable[[], pd.DataFrame], runs: int) -> tuple[float, pd.DataFrame]:
    """Median seconds of the runs after a first one, and the answer."""
    answer, times = ask(), []
    for _ in range(runs):
        start = time.perf_counter()
        ask()
        times.append(time.perf_counter() - start)
    return sorted(times)[runs // 2], answer


def _bucket_error(source: Source, at: Months, into: Measured) -> None:
    """Medians per division and month, from buckets and exact: how far apart, as a share of the exact one."""
    scope, windows, by = Scope(at.year), {NOW: at.year}, ("district", "month")
    exact = exact_hours(source.conn, scope, windows, by, as_of=source.as_of)
    large = exact[exact["tickets"] >= SMALLEST_BUCKETED]
    medians = {(r["district"], r["month"]): float(r["median"]) for r in large.to_dict("records")}
    errors = []
    for key, group in hour_buckets(source.conn, scope, windows, by, as_of=source.as_of).groupby(list(by)):
        if key in medians:
            median = quantile_of_buckets(
                group["bucket"].tolist(), group["tickets"].tolist(), 0.5, BUCKET_BASE, BUCKET_FLOOR_HOURS
            )
            assert median is not None
            errors.append(abs(median / medians[key] - 1))
    into.bucket_groups = len(errors)
    if errors:
        into.bucket_worst, into.bucket_typical = max(errors), sorted(errors)[len(errors) // 2]


def open_pages(settings: Settings, folder: Path, into: Measured, say: Say) -> None:
    """Every page with every scope: cold in a server process that nobody has visited, then warm in the same."""
    rows, starts = [], []
    scopes = _scopes(settings)
    for page in (*SCOPED_PAGES, *OTHER_PAGES):
        for label, query in scopes.items() if page in SCOPED_PAGES else [("默认范围", "")]:
            say(f"打开 {page} · {label}")
            name = "" if page == FIRST_PAGE else page
            with serving(settings.data_dir, folder / "server.log") as server:
                starts.append(server.start_seconds)
                cold = server.visit(name, query)
                warm = sorted(server.visit(name, query).seconds for _ in range(WARM_RUNS))
            rows.append((page, label, cold.seconds, warm[WARM_RUNS // 2], cold.elements, cold.sent_bytes / 1000))
    into.pages = pd.DataFrame(rows, columns=["page", "scope", "cold", "warm", "elements", "sent_kb"])
    into.start_seconds = sorted(starts)[len(starts) // 2]
    with serving(settings.data_dir, folder / "server.log") as server, server.session() as visitor:
        for query in scopes.values():
            for page in (*SCOPED_PAGES, *OTHER_PAGES):
                visitor.open("" if page == FIRST_PAGE else page, query)
        into.server_mb = server.memory_mb()


def _scopes(settings: Settings) -> dict[str, str]:
    """Query strings by label: nothing, each single filter, several; with values that occur most."""
    store = open_store(settings, "demo")
    month = default_period(store.pointer.as_of).token
    columns = {
        "district": "district_code", "category": "category2_code", "unit": "unit_code", "channel": "channel_code",
        "type": "request_type",
    }  # fmt: skip
    try:
        with store.engine.connect() as conn:
            most = "SELECT {0} FROM tickets WHERE {0} <> 'UNMAPPED' GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
            often = {name: conn.exec_driver_sql(most.format(column)).scalar_one() for name, column in columns.items()}
    finally:
        store.dispose()
    labels = {"district": "区县", "category": "事项", "unit": "承办单位", "channel": "渠道", "type": "诉求类型"}
    single = {labels[name]: f"period={month}&{name}={value}" for name, value in often.items()}
    several = f"period={month}&district={often['district']}&category={often['category']}&channel={often['channel']}"
    return {"默认范围": "", **single, "企业诉求": f"period={month}&enterprise=1", "三个筛选": several}
