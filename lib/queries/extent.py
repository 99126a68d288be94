"""What a scope means in SQL: filters, basis and period as conditions on a rollup or on the facts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Date, Table, cast, false, func, literal_column, or_, select, true

from lib.period import Period, cut_day
from lib.schema import tickets as t
from lib.schema.dialect import day_of, month_start
from lib.schema.measures import Cohort
from lib.schema.rollups import rollup_channel, rollup_place, rollup_unit
from lib.scope import Scope

T = t.tickets.c

GRAINS = ("day", "week", "month")
# Smallest first: the first that holds every dimension asked for is read.
ROLLUP_DIMENSIONS: tuple[tuple[Table, dict[str, str]], ...] = (
    (
        rollup_channel,
        {"channel": "channel_code", "request_type": "request_type", "enterprise": "is_enterprise"},
    ),
    (
        rollup_place,
        {
            "district": "district_code",
            "category1": "category1_code",
            "category2": "category2_code",
            "enterprise": "is_enterprise",
        },
    ),
    (rollup_unit, {"unit": "unit_code", "enterprise": "is_enterprise"}),
)
_FACT_COLUMNS = {
    "district": T.district_code,
    "township": T.township_code,
    "category1": T.category1_code,
    "category2": T.category2_code,
    "category3": T.category_code,
    "channel": T.channel_code,
    "request_type": T.request_type,
    "enterprise": T.is_enterprise,
}
DIMENSIONS = (*_FACT_COLUMNS, "unit")


def dimensions_of(scope: Scope) -> set[str]:
    """Names of the dimensions a scope restricts, the category at its level."""
    names = set(scope.filters)
    if "category" in names:
        names.remove("category")
        names.add(f"category{category_level(scope)}")
    return names


def category_level(scope: Scope) -> int:
    """Level of the scope's category. Raises ValueError when the scope does not say it."""
    if scope.category_level not in (1, 2, 3):
        raise ValueError("筛选的事项缺少层级，请重新选择")
    return scope.category_level


def rollup_for(dimensions: set[str]) -> tuple[Table, dict[str, str]] | None:
    """The smallest rollup that knows all of the dimensions, with its columns; None means the facts."""
    for table, columns in ROLLUP_DIMENSIONS:
        if dimensions <= columns.keys():
            return table, columns
    return None


def _values(scope: Scope) -> dict[str, Any]:
    return {
        "district": scope.district_code,
        "channel": scope.channel_code,
        "request_type": scope.request_type,
        "enterprise": scope.is_enterprise,
        "unit": scope.unit_codes or ((scope.unit_code,) if scope.unit_code else None),
    } | ({f"category{category_level(scope)}": scope.category_code} if scope.category_code is not None else {})


def within_reach(unit: ColumnElement[Any], reach: tuple[str, ...] | None) -> ColumnElement[bool]:
    """The unit is one whose tickets the asker may see."""
    if reach is None:
        return true()
    # An empty list is said plainly: databases disagree about the type of an empty IN.
    return unit.in_(reach) if reach else false()


def may_open(reach: tuple[str, ...] | None) -> ColumnElement[bool]:
    """The ticket may be opened: a unit within reach leads its final round, got its first dispatch or returned it.

    These are the units that the figures count it for, so that every list behind a figure can be opened.
    """
    if reach is None:
        return true()
    returned = select(t.ticket_returns.c.ticket_id).where(within_reach(t.ticket_returns.c.unit_code, reach))
    return or_(within_reach(T.unit_code, reach), within_reach(T.first_unit_code, reach), T.ticket_id.in_(returned))


def _restrict(scope: Scope, column_of: dict[str, ColumnElement[Any]]) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if scope.reach is not None:
        conditions.append(within_reach(column_of["unit"], scope.reach))
    for name, value in _values(scope).items():
        if value is None:
            continue
        column = column_of[name]
        if name == "unit":
            conditions.append(column.in_(value))
        elif isinstance(column.type, Boolean):
            conditions.append(column.is_(value))
        else:
            conditions.append(column == value)
    return conditions


def rollup_conditions(scope: Scope, rollup: Table, columns: dict[str, str]) -> list[ColumnElement[bool]]:
    """Filters and basis as conditions on a rollup; the period is added by the caller."""
    conditions = _restrict(scope, {name: rollup.c[column] for name, column in columns.items()})
    if scope.basis == "assessed":
        conditions.append(rollup.c.is_excluded.is_(False))
    return conditions


def fact_conditions(scope: Scope, unit: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    """Filters and basis as conditions on the facts; `unit` is the column of the unit that counts."""
    conditions = _restrict(scope, {**_FACT_COLUMNS, "unit": unit})
    if scope.basis == "assessed":
        conditions.append(T.is_excluded.is_(False))
    return conditions


def fact_dimension(name: str, cohort: Cohort) -> ColumnElement[Any]:
    """Expression of a dimension or time grain on the facts of a cohort."""
    if name == "unit":
        return cohort.unit
    if name in GRAINS:
        return time_grain(name, cohort.time)
    return _FACT_COLUMNS[name]


def time_grain(name: str, time: ColumnElement[Any]) -> ColumnElement[Any]:
    """Day, week (its Monday) or month (its first day) of a time or date."""
    if name == "month":
        return month_start(time)
    if name == "week":
        return cast(func.date_trunc(literal_column("'week'"), time), Date)
    return day_of(time)


def midnight(day: date) -> datetime:
    """The first moment of a day."""
    return datetime(day.year, day.month, day.day)


def during(time: ColumnElement[Any], start: date | None, end: date, as_of: datetime) -> list[ColumnElement[bool]]:
    """The cohort's time lies in [start, end) and is not later than as_of."""
    conditions = [time < midnight(end)]
    if start is not None:
        conditions.append(time >= midnight(start))
    if end >= cut_day(as_of):
        conditions.append(time <= as_of)
    return conditions


def is_calendar_month(period: Period) -> bool:
    """True when the period is exactly one calendar month, whatever its kind."""
    whole = Period.of(period.start)
    return (period.start, period.end) == (whole.start, whole.end)


def any_of(conditions: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    """OR of at least one condition."""
    return or_(*conditions)
