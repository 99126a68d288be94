"""Figures: each metric with its parts, target, preceding period and last year, in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from lib.answers.hours import handling_hours
from lib.answers.source import LAST_YEAR, NOW, PREVIOUS, Source, compared_with, population_of
from lib.answers.values import COUNTED_KINDS, NO_VALUE, Value, evaluate, ratio, total
from lib.metrics.arithmetic import counts_differ, differs, divide
from lib.metrics.catalogue import CATALOGUE, Metric, metric
from lib.period import Period
from lib.queries.counts import call_counts, counts
from lib.scope import Basis, Scope


@dataclass(frozen=True)
class Compared:
    """The same metric over another period, at equal maturity; value None where there are no data."""

    label: str
    period: Period
    value: float | None
    numerator: float | None
    denominator: float | None


@dataclass(frozen=True)
class Share:
    """A companion share that stands beside a figure."""

    label: str
    numerator: float
    denominator: float
    value: float | None


@dataclass(frozen=True)
class Figure:
    """One metric over one scope.

    value, numerator, denominator: at equal maturity, that is what was known at the end of the period
    (or at as_of while it runs); mature repeats value. today: the same cohort as known now. low, high:
    Wilson 95 % interval of rates. differs: the change from the preceding period is larger than chance
    (None where that cannot be told). coverage: share of the denominator with a limit on record.
    For hours the numerator is the number of tickets measured and there is no denominator.
    """

    metric_key: str
    label: str
    value: float | None
    numerator: float | None
    denominator: float | None
    low: float | None
    high: float | None
    target: float | None
    mature: float | None
    today: float | None
    previous: Compared
    last_year: Compared
    as_of: datetime
    period: Period
    basis: Basis
    version: str
    is_approximate: bool = False
    differs: bool | None = None
    beside: tuple[Share, ...] = ()
    coverage: float | None = None
    note: str = ""


def figures(source: Source, scope: Scope, keys: tuple[str, ...]) -> dict[str, Figure]:
    """The metrics of `keys` over the scope, in that order. Raises KeyError for an unknown key."""
    asked = [metric(key) for key in keys]
    windows = source.windows(scope)
    rows = _rows(source, scope, asked, windows)
    hours: dict[str, dict[str, Any]] = {}
    if any(m.kind == "quantile" for m in asked):
        hours = _by_window(handling_hours(source, scope, windows))
    calls: dict[str, dict[str, Any]] = {}
    if any(m.kind == "calls" for m in asked) and not scope.filters:
        calls = _by_window(call_counts(source.conn, windows, as_of=source.as_of))
    population = population_of(source, scope) if any(m.kind == "population" for m in asked) else None
    covered = source.covered(windows)
    found: dict[str, Figure] = {}
    for m in asked:
        values = {}
        for window in windows:
            if window not in covered:
                values[window] = NO_VALUE
            elif m.kind == "quantile":
                values[window] = _hours_value(m, hours, window)
            elif m.kind == "calls":
                values[window] = _calls_value(calls, window)
            else:
                values[window] = evaluate(m, rows[window], source.city.rules, population=population)
        found[m.key] = _figure(source, scope, m, windows, values, rows.get(NOW, {}), hours, population)
    return found


def _rows(source: Source, scope: Scope, asked: list[Metric], windows: dict[str, Period]) -> dict[str, dict[str, Any]]:
    """Counts per window; windows in which nothing happened hold zeros."""
    measures: list[str] = []
    for m in asked:
        if m.kind in COUNTED_KINDS:
            measures += m.measures(source.city.rules)
    if not measures:
        return {}
    frame = counts(source.conn, scope, (), measures, "period", as_of=source.as_of, windows=windows)
    columns = [c for c in frame.columns if c != "window"]
    rows: dict[str, dict[str, Any]] = {window: dict.fromkeys(columns, 0) for window in windows}
    for record in frame.to_dict("records"):
        rows[record["window"]] = {str(k): v for k, v in record.items()}
    return rows


def _by_window(frame: pd.DataFrame) -> dict[str, dict[str, Any]]:
    return {str(row["window"]): {str(k): v for k, v in row.items()} for row in frame.to_dict("records")}


def _hours_value(m: Metric, hours: dict[str, dict[str, Any]], window: str) -> Value:
    if window not in hours:
        return Value(0, None, None)
    row = hours[window]
    value = row["median" if m.quantile == 0.5 else "p90"]
    return Value(int(row["tickets"]), None, None if pd.isna(value) else float(value))


def _calls_value(calls: dict[str, dict[str, Any]], window: str) -> Value:
    if window not in calls:
        return NO_VALUE
    return ratio(int(calls[window]["calls_answered"]), int(calls[window]["calls_inbound"]))


def _figure(
    source: Source,
    scope: Scope,
    m: Metric,
    windows: dict[str, Period],
    values: dict[str, Value],
    row: dict[str, Any],
    hours: dict[str, dict[str, Any]],
    population: float | None,
) -> Figure:
    now = values[NOW]
    rules = source.city.rules
    today, beside, coverage, note = now.value, [], None, ""
    if m.kind in COUNTED_KINDS:
        today = evaluate(m, row, rules, mature=False, population=population).value
        for item in m.beside:
            above, below = total(row, item.numerator_keys(rules), True), total(row, item.denominator, True)
            beside.append(Share(item.label, above, below, divide(above, below)))
        if m.limited:
            coverage = divide(row[m.limited], row[m.denominator[0]])
            if coverage == 0:
                note = "数据源没有提供该时限，无法计算。"
    if m.kind == "calls" and scope.filters:
        note = "话务量不分区县、单位和事项，请取消筛选后查看。"
    elif m.kind == "calls" and now.value is None:
        note = "数据源没有提供话务量。"
    compared_label = compared_with(scope.period, source.as_of)
    labels = {PREVIOUS: compared_label, LAST_YEAR: "上年同期"}
    compared = {
        key: Compared(label, windows[key], values[key].value, values[key].numerator, values[key].denominator)
        for key, label in labels.items()
    }
    return Figure(
        metric_key=m.key,
        label=m.label,
        value=now.value,
        numerator=now.numerator,
        denominator=now.denominator,
        low=now.low,
        high=now.high,
        target=source.target(m.key, scope.period),
        mature=now.value,
        today=today,
        previous=compared[PREVIOUS],
        last_year=compared[LAST_YEAR],
        as_of=source.as_of,
        period=scope.period,
        basis=scope.basis,
        version=m.version,
        is_approximate=m.kind == "quantile" and any(row["is_approximate"] for row in hours.values()),
        differs=_differs(m, now, values[PREVIOUS], windows),
        beside=tuple(beside),
        coverage=coverage,
        note=note,
    )


def _differs(m: Metric, now: Value, before: Value, windows: dict[str, Period]) -> bool | None:
    """Whether the change from the preceding period exceeds chance; None where that cannot be told."""
    if now.value is None or before.value is None:
        return None
    if m.kind in ("ratio", "calls"):
        if now.low is None or before.low is None:
            return None
        assert now.numerator is not None
        assert now.denominator is not None
        assert before.numerator is not None
        assert before.denominator is not None
        return differs((now.numerator, now.denominator), (before.numerator, before.denominator))
    if m.kind in ("count", "population") and now.numerator is not None and before.numerator is not None:
        # Months differ in length: compare what the earlier one would have held in as many days.
        scale = divide(windows[NOW].days, windows[PREVIOUS].days)
        assert scale is not None
        return counts_differ(now.numerator, before.numerator * scale)
    return None


def misses_target(figure: Figure) -> bool:
    """True when there is a target and the figure is on its wrong side."""
    if figure.value is None or figure.target is None:
        return False
    direction = CATALOGUE[figure.metric_key].direction
    if direction is None:
        return False
    return figure.value < figure.target if direction == "up" else figure.value > figure.target


ALL_KEYS = tuple(CATALOGUE)
