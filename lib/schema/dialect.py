"""The few places where DuckDB, PostgreSQL, Spark SQL and SQLite differ, as compiled constructs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Date, DateTime, Float, Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class hours_between(FunctionElement):
    """Hours from the first timestamp to the second, as a float (negative when reversed)."""

    type = Float()
    inherit_cache = True
    name = "hours_between"


class month_start(FunctionElement):
    """First day of the month of a timestamp or date, as a date."""

    type = Date()
    inherit_cache = True
    name = "month_start"


class next_month_start(FunctionElement):
    """First midnight after the month of a timestamp, as a timestamp."""

    type = DateTime()
    inherit_cache = True
    name = "next_month_start"


class day_of(FunctionElement):
    """The calendar day of a timestamp."""

    type = Date()
    inherit_cache = True
    name = "day_of"


class hour_of(FunctionElement):
    """Hour of the day, 0-23."""

    type = Integer()
    inherit_cache = True
    name = "hour_of"


class weekday_of(FunctionElement):
    """ISO weekday, 1 = Monday."""

    type = Integer()
    inherit_cache = True
    name = "weekday_of"


class quantile(FunctionElement):
    """Interpolated quantile: quantile(column, share)."""

    type = Float()
    inherit_cache = True
    name = "quantile"


def _args(element: Any, compiler: Any, **kw: Any) -> list[str]:
    return [compiler.process(clause, **kw) for clause in element.clauses]


@compiles(hours_between)
def _hours_default(element: Any, compiler: Any, **kw: Any) -> str:
    start, end = _args(element, compiler, **kw)
    return f"(CAST(date_diff('second', {start}, {end}) AS DOUBLE) / 3600.0)"


@compiles(hours_between, "postgresql")
def _hours_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    start, end = _args(element, compiler, **kw)
    return f"(CAST(floor(extract(epoch FROM ({end} - {start}))) AS DOUBLE PRECISION) / 3600.0)"


@compiles(hours_between, "hive")
def _hours_spark(element: Any, compiler: Any, **kw: Any) -> str:
    start, end = _args(element, compiler, **kw)
    return f"((unix_timestamp({end}) - unix_timestamp({start})) / 3600.0D)"


@compiles(month_start)
def _month_default(element: Any, compiler: Any, **kw: Any) -> str:
    return f"CAST(date_trunc('month', {_args(element, compiler, **kw)[0]}) AS DATE)"


@compiles(next_month_start)
def _next_month_default(element: Any, compiler: Any, **kw: Any) -> str:
    moment = _args(element, compiler, **kw)[0]
    return f"CAST(date_trunc('month', {moment}) + INTERVAL '1 month' AS TIMESTAMP)"


@compiles(next_month_start, "hive")
def _next_month_spark(element: Any, compiler: Any, **kw: Any) -> str:
    return f"CAST(add_months(date_trunc('month', {_args(element, compiler, **kw)[0]}), 1) AS TIMESTAMP)"


@compiles(day_of)
def _day_default(element: Any, compiler: Any, **kw: Any) -> str:
    return f"CAST({_args(element, compiler, **kw)[0]} AS DATE)"


@compiles(hour_of)
def _hour_default(element: Any, compiler: Any, **kw: Any) -> str:
    return f"CAST(extract(hour FROM {_args(element, compiler, **kw)[0]}) AS INTEGER)"


@compiles(weekday_of)
def _weekday_default(element: Any, compiler: Any, **kw: Any) -> str:
    return f"CAST(extract(isodow FROM {_args(element, compiler, **kw)[0]}) AS INTEGER)"


@compiles(weekday_of, "hive")
def _weekday_spark(element: Any, compiler: Any, **kw: Any) -> str:
    return f"(weekday({_args(element, compiler, **kw)[0]}) + 1)"


@compiles(quantile)
def _quantile_default(element: Any, compiler: Any, **kw: Any) -> str:
    column, share = _args(element, compiler, **kw)
    return f"quantile_cont({column}, {share})"


@compiles(quantile, "postgresql")
def _quantile_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    column, share = _args(element, compiler, **kw)
    return f"percentile_cont(CAST({share} AS DOUBLE PRECISION)) WITHIN GROUP (ORDER BY {column})"


@compiles(quantile, "hive")
def _quantile_spark(element: Any, compiler: Any, **kw: Any) -> str:
    column, share = _args(element, compiler, **kw)
    return f"percentile({column}, {share})"
