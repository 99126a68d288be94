"""What was measured, as a table for people and as docs/performance.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import pandas as pd

from lib.bench.measure import MONTHS, Measured

# What issue 2 asks for at ten million tickets on DuckDB.
COLD, WARM, COLD_SEVERAL = 0.5, 0.1, 2.0
TIMES_PANDAS, IMPORT_SECONDS, SERVER_MB = 50, 5.0, 1024
SEVERAL = "三个筛选"
NAMES = {
    "overview": "总体情况", "trends": "趋势研判", "districts": "区域分布", "units": "承办质效",
    "tickets": "工单查询", "definitions": "指标口径", "imports": "数据导入与质量",
    "problem_list": "问题清单", "supervision_list": "督办清单", "list_entry": "清单录入", "letters": "文书与催办",
    "suggestions": "拟列建议", "reinspection": "复核与回头看", "hard_cases": "疑难包案", "visits": "民情日记",
    "warnings": "预警",
    "scheduling": "月调度",
    "results": "历次成效",
    "mechanisms": "政策库与工具箱",
}  # fmt: skip


def machine() -> str:
    """Cores, memory and processor of this machine, with the versions that matter."""
    model = next(
        (line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
         if line.startswith("model name")), platform.machine(),
    )  # fmt: skip
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GB, {model}, Python {platform.python_version()}"


def document(measured: Sequence[Measured], on: date) -> str:
    """docs/performance.md."""
    lines = [
        "# Speed",
        "",
        "Written by `make bench`; all numbers of a size are from one run. Ratios travel between machines, "
        "seconds do not.",
        "",
        f"Machine: {machine()}. Measured on {on.isoformat()}.",
    ]
    for m in measured:
        lines += ["", *_size(m)]
    lines += ["", *_method()]
    return "\n".join(lines) + "\n"


def _size(m: Measured) -> Iterable[str]:
    yield f"## {m.tickets:,} tickets"
    yield ""
    yield (
        f"Generated with texts in {m.made_seconds:.0f} s; main file {m.main_mb:,.0f} MB (copied at each publish), "
        f"segments of texts and histories {m.segments_mb:,.0f} MB (never copied)."
    )
    yield ""
    yield from verdicts(m)
    yield ""
    yield "### Eight questions"
    yield ""
    yield "Milliseconds, median of the run; all three ways gave the same rows. pandas has its table in memory already."
    yield ""
    yield from _table(
        ["question", "ours", "direct scan", "pandas", "scan ÷ ours", "pandas ÷ ours"],
        [
            [r["label"] + ("" if r["rollup"] else " (facts)"), _ms(r["ours"]), _ms(r["direct"]), _ms(r["pandas"]),
             f"{r['direct'] / r['ours']:.1f}", f"{r['pandas'] / r['ours']:.1f}"]
            for r in m.questions.to_dict("records")
        ],
    )  # fmt: skip
    yield ""
    yield (
        "Before its first answer pandas loads the table from Parquet, only the columns it needs: "
        f"{m.pandas_load:.1f} s, {m.pandas_mb:,.0f} MB at its peak."
    )
    yield ""
    yield "### Pages"
    yield ""
    yield (
        "Milliseconds from the visitor's request to the end of the script, over the websocket of the real server. "
        "Cold: a process that nobody has visited. Warm: the next visitors, median of five. A start, from the command "
        f"to the first answer, takes {m.start_seconds:.1f} s; in it the server opens its main pages once itself."
    )
    yield ""
    yield from _table(
        ["page", "scope", "cold", "warm", "elements", "KB sent"],
        [
            [NAMES[r["page"]], r["scope"], _ms(r["cold"]), _ms(r["warm"]), str(r["elements"]), f"{r['sent_kb']:,.0f}"]
            for r in m.pages.to_dict("records")
        ],
    )
    yield ""
    yield f"Server after all pages with all scopes: {m.server_mb:,.0f} MB resident."
    yield ""
    yield "### Import and medians"
    yield ""
    i = m.imported
    yield (
        f"Import of {i['rows']:,} changed rows: publishing {i['publish_seconds']:.1f} s, reading and publishing "
        f"{i['total_seconds']:.1f} s; {i['bytes_copied'] / 1e6:,.0f} MB copied."
    )
    yield ""
    yield (
        f"Medians from buckets against exact ones, {m.bucket_groups} groups of division and month: typically "
        f"{m.bucket_typical:.2%} off, at most {m.bucket_worst:.2%}."
    )


def verdicts(m: Measured) -> Iterable[str]:
    """Each goal with what was reached: a table."""
    pages, several = m.pages[m.pages["scope"] != SEVERAL], m.pages[m.pages["scope"] == SEVERAL]
    rollups = m.questions[m.questions["rollup"]]
    loaded = float(((rollups["pandas"] + m.pandas_load) / rollups["ours"]).min())
    in_memory = float((rollups["pandas"] / rollups["ours"]).min())
    goals = [
        ("cold page, default scope or one filter", COLD, float(pages["cold"].max()), "s", True),
        ("warm page, default scope or one filter", WARM, float(pages["warm"].max()), "s", True),
        ("cold page, several filters", COLD_SEVERAL, float(several["cold"].max()), "s", True),
        ("rollup questions against pandas, which loads the table first", TIMES_PANDAS, loaded, "×", False),
        ("the same, were the table in memory already", TIMES_PANDAS, in_memory, "×", False),
        ("import of 5,000 rows, reading included", IMPORT_SECONDS, m.imported["total_seconds"], "s", True),
        ("memory of the server", SERVER_MB, m.server_mb, "MB", True),
    ]
    rows = []
    for label, goal, reached, unit, is_limit in goals:
        met = reached <= goal if is_limit else reached >= goal
        sign = "≤" if is_limit else "≥"
        rows.append([label, f"{sign} {goal:g} {unit}", f"{reached:,.2f} {unit}".replace(".00 ", " "),
                     "yes" if met else "**no**"])  # fmt: skip
    return _table(["worst case of", "goal at 10 million", "measured", "reached"], rows)


def _method() -> list[str]:
    return [
        "## How it is measured",
        "",
        f"- `python -m lib bench --sizes 1,10` makes the demo city of {MONTHS} months in a temporary folder, per size.",
        "- Questions: the newest complete month, the twelve and the twenty-four months up to its end. Ours go through "
        "the same functions as the pages; direct scans are hand-written SQL on the facts of the same file.",
        "- Pages: a websocket client that speaks Streamlit's messages; a page that shows a fault ends the run.",
        "- Import: rows of a standard file that change status and satisfaction of tickets on record.",
    ]


def _table(heads: list[str], rows: list[list[str]]) -> Iterable[str]:
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    yield from ("| " + " | ".join(row) + " |" for row in rows)


def _ms(seconds: float) -> str:
    value = seconds * 1000
    return f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def print_summary(m: Measured) -> None:
    """The verdicts and the questions, on the terminal."""
    print(f"\n{m.tickets:,} 件工单")
    print("\n".join(verdicts(m)))
    with pd.option_context("display.width", 160, "display.unicode.east_asian_width", True):
        print(m.questions.round(4).to_string(index=False))
        print(m.pages.round(3).to_string(index=False))
