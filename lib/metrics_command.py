"""`python -m lib metrics`: numerators, denominators and rates on the terminal, by the code of the pages."""

from __future__ import annotations

import argparse
import json
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from lib import answers
from lib.answers import Source
from lib.city import load_city
from lib.config import Settings
from lib.metrics.arithmetic import is_missing
from lib.metrics.catalogue import CATALOGUE
from lib.metrics.formats import NONE, show_value
from lib.period import Period, default_period
from lib.scope import Scope
from lib.store import DamagedDataError, NoDataError, open_store

BY = ("district", "unit", "category", "channel", "month")
BASES = ("all", "assessed", "bounds")
BASIS_LABELS = {"all": "全口径", "assessed": "考核口径", "bounds": "上下界"}
_COLUMNS = {
    "category": "category2", "district": "district", "unit": "unit", "channel": "channel",
}  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `python -m lib metrics`."""
    parser.add_argument("--period", help="统计期：2026、2026-Q3、2026-10 或 2026-10-01..2026-10-15；默认最新月份")
    parser.add_argument("--by", choices=BY, help="分组：区县、单位、二级事项、渠道或最近24个月")
    parser.add_argument("--basis", choices=BASES, default="all", help="口径：全口径、考核口径、满意率上下界")
    parser.add_argument("--metric", action="append", choices=tuple(CATALOGUE), help="只算这些指标，可重复；默认全部")
    parser.add_argument("--pair", choices=("demo", "city"), help="演示数据或本市数据；默认当前使用的")
    parser.add_argument("--json", action="store_true", help="以 JSON 输出")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print the metrics; 0 when done, 2 with a sentence when the period or the data are unusable."""
    try:
        store = open_store(settings, args.pair)
        period = Period.parse(args.period) if args.period else default_period(store.pointer.as_of)
    except (NoDataError, DamagedDataError, ValueError) as error:
        print(str(error), file=sys.stderr)
        return 2
    try:
        with store.engine.connect() as conn:
            source = Source(conn, store.pointer, load_city(store.pointer.city))
            report = build_report(source, Scope(period), args.basis, args.by, args.metric)
    finally:
        store.dispose()
    print(json.dumps(report, ensure_ascii=False, indent=1) if args.json else as_text(report))
    return 0


def build_report(
    source: Source, scope: Scope, basis: str, by: str | None = None, keys: Sequence[str] | None = None
) -> dict[str, Any]:
    """Period, as-of, basis and rows: one per metric, or per metric and member of `by`.

    A row holds metric, label, numerator, denominator and value (None for none); rates add low and high;
    with `by` also code and name. basis "bounds" gives the bounds of the satisfaction rate instead.
    """
    if basis == "bounds":
        rows = _bounds(source, scope, by)
    else:
        scope = replace(scope, basis="assessed" if basis == "assessed" else "all")
        wanted = tuple(keys or CATALOGUE)
        rows = _totals(source, scope, wanted) if by is None else _grouped(source, scope, wanted, by)
    return {
        "period": scope.period.token,
        "period_label": scope.period.label,
        "as_of": source.as_of.isoformat(),
        "city": source.city.label,
        "is_demo": source.pointer.is_demo,
        "version": source.pointer.version,
        "basis": basis,
        "basis_label": BASIS_LABELS[basis],
        "by": by,
        "rows": rows,
    }


def _totals(source: Source, scope: Scope, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    rows = []
    for key, figure in answers.figures(source, scope, keys).items():
        rows.append({
            "metric": key, "label": figure.label, "numerator": _number(figure.numerator),
            "denominator": _number(figure.denominator), "value": _number(figure.value), "low": _number(figure.low),
            "high": _number(figure.high), "today": _number(figure.today), "target": _number(figure.target),
            "previous": _number(figure.previous.value), "last_year": _number(figure.last_year.value),
            "is_approximate": figure.is_approximate, "version": figure.version,
        })  # fmt: skip
    return rows


def _grouped(source: Source, scope: Scope, keys: tuple[str, ...], by: str) -> list[dict[str, Any]]:
    rows = []
    frames = answers.trends(source, scope, keys) if by == "month" else {}
    for key in keys:
        m = CATALOGUE[key]
        if by == "month":
            frame = frames[key].assign(code=[f"{month:%Y-%m}" for month in frames[key]["month"]])
            frame = frame[frame["numerator"].notna() | frame["value"].notna()]
        elif m.kind == "calls":
            continue  # calls have no dimension but time
        else:
            frame = answers.by_dimension(source, scope, key, _COLUMNS[by])
        for record in frame.to_dict("records"):
            row = {"metric": key, "label": m.label, "code": record["code"], "name": record["label"]}
            for name in ("numerator", "denominator", "value", "low", "high"):
                row[name] = _number(record.get(name))
            row["code"] = None if is_missing(row["code"]) else row["code"]
            rows.append(row)
    return rows


def _bounds(source: Source, scope: Scope, by: str | None) -> list[dict[str, Any]]:
    label = "满意率上下界"
    if by is None:
        b = answers.satisfaction_bounds(source, scope)
        return [{"metric": "satisfaction_rate", "label": label, "closed": b.closed, "satisfied": b.satisfied,
                 "unanswered": b.unanswered, "low": b.low, "high": b.high}]  # fmt: skip
    frame = answers.bounds_by_dimension(source, scope, _COLUMNS.get(by, by))
    rows = []
    for record in frame.to_dict("records"):
        code = record["code"]
        row = {"metric": "satisfaction_rate", "label": label, "code": str(code), "name": record["label"]}
        row |= {name: _number(record[name]) for name in ("closed", "satisfied", "unanswered", "low", "high")}
        rows.append(row)
    return rows


def _number(value: Any) -> float | int | None:
    """For JSON: whole numbers without a point, None for missing."""
    if is_missing(value) or pd.isna(value):
        return None
    return int(value) if float(value).is_integer() else float(value)


def as_text(report: dict[str, Any]) -> str:
    """The report as a table for people."""
    as_of = report["as_of"][:16].replace("T", " ")
    head = f"{report['city']} {report['period_label']} {report['basis_label']} 数据截至{as_of}"
    if report["is_demo"]:
        head += "（演示数据）"
    if report["basis"] == "bounds":
        titles = ["名称", "办结", "满意", "无有效评价", "下界", "上界"]
        lines = [
            [row.get("name", row["label"]), _count(row["closed"]), _count(row["satisfied"]), _count(row["unanswered"]),
             _share(row["low"]), _share(row["high"])]
            for row in report["rows"]
        ]  # fmt: skip
        return "\n".join([head, *_table(titles, lines)])
    titles = ["指标", "分子", "分母", "数值"]
    if report["by"]:
        titles.insert(1, "名称")
    lines = []
    for row in report["rows"]:
        value = show_value(CATALOGUE[row["metric"]], row["value"])
        about = "约" if row.get("is_approximate") else ""
        cells = [row["label"], _count(row["numerator"]), _count(row["denominator"]), about + value]
        if report["by"]:
            cells.insert(1, row["name"])
        lines.append(cells)
    return "\n".join([head, *_table(titles, lines)])


def _count(value: float | None) -> str:
    return NONE if value is None else f"{value:,.0f}"


def _share(value: float | None) -> str:
    return NONE if value is None else f"{value * 100:.1f}%"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(ch) in "WFA" else 1 for ch in text)


def _table(titles: list[str], lines: list[list[str]]) -> list[str]:
    """Columns aligned by display width; numbers to the right."""
    words = sum(title in ("指标", "名称") for title in titles)
    widths = [max(_width(row[i]) for row in [titles, *lines]) for i in range(len(titles))]
    shown = []
    for row in [titles, *lines]:
        cells = []
        for i, cell in enumerate(row):
            pad = " " * (widths[i] - _width(cell))
            cells.append(cell + pad if i < words else pad + cell)
        shown.append("  ".join(cells).rstrip())
    return shown
