"""From counts to values: a metric evaluated on one row of counts or on a whole frame of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lib.metrics.arithmetic import divide, divide_columns, per_population, wilson, wilson_columns
from lib.metrics.catalogue import AnswerRules, Metric
from lib.queries.counts import matured

COUNTED_KINDS = ("ratio", "count", "population", "stock")


@dataclass(frozen=True)
class Value:
    """A metric's parts: numerator, denominator (None for counts), value, Wilson interval of rates."""

    numerator: float | None
    denominator: float | None
    value: float | None
    low: float | None = None
    high: float | None = None


NO_VALUE = Value(None, None, None)


def columns_of(keys: Sequence[str], mature: bool) -> list[str]:
    """Columns of a counts frame that hold these measures."""
    return [matured(k) if mature else k for k in keys]


def total(row: Mapping[str, Any], keys: Sequence[str], mature: bool) -> float:
    """Sum of the measures in one row of counts; a count stays a whole number."""
    added = sum(row[c] for c in columns_of(keys, mature))
    return int(added) if float(added).is_integer() else float(added)


def ratio(numerator: float, denominator: float) -> Value:
    """A rate with its Wilson interval (none where counts exceed the denominator, as returns may)."""
    value = divide(numerator, denominator)
    if value is None or value > 1:
        return Value(numerator, denominator, value)
    return Value(numerator, denominator, value, *wilson(numerator, denominator))


def evaluate(
    metric: Metric, row: Mapping[str, Any], rules: AnswerRules, mature: bool = True, population: float | None = None
) -> Value:
    """The metric from one row of counts. Quantiles and calls are evaluated where they are asked."""
    above = total(row, metric.numerator_keys(rules), mature)
    if metric.kind == "count":
        return Value(above, None, above)
    if metric.kind == "population":
        return Value(above, population, per_population(above, population))
    if metric.kind == "stock":
        entered, left = (row[key] for key in metric.numerator)
        return Value(int(entered - left), None, int(entered - left))
    found = ratio(above, total(row, metric.denominator, mature))
    if metric.limited and not row[metric.limited]:
        return Value(None, found.denominator, None)
    return found


def evaluate_frame(metric: Metric, frame: pd.DataFrame, rules: AnswerRules, mature: bool = True) -> pd.DataFrame:
    """`evaluate` for every row: numerator, denominator, value, low, high with the frame's index.

    For "population" the frame has a column population (NaN where unknown).
    """
    result = pd.DataFrame(index=frame.index)
    above = frame[columns_of(metric.numerator_keys(rules), mature)].sum(axis=1)
    if metric.kind == "stock":
        above = frame[metric.numerator[0]] - frame[metric.numerator[1]]
    result["numerator"] = above
    if metric.kind in ("count", "stock"):
        result["denominator"] = float("nan")
        result["value"] = above.astype(float)
    elif metric.kind == "population":
        result["denominator"] = frame["population"]
        result["value"] = divide_columns(above, frame["population"]) * 10_000
    else:
        result["denominator"] = frame[columns_of(metric.denominator, mature)].sum(axis=1)
        result["value"] = divide_columns(above, result["denominator"])
        if metric.limited:
            result["value"] = result["value"].where(frame[metric.limited] > 0)
    if metric.kind == "ratio":
        inside = result["value"] <= 1
        low, high = wilson_columns(above, result["denominator"])
        result["low"], result["high"] = low.where(inside), high.where(inside)
    else:
        result["low"] = result["high"] = float("nan")
    return result
