"""Eight questions of a dashboard, asked three ways: by our queries, by direct scans, by pandas.

Each way gives the same rows in the same order of columns; the command compares them before it reports a time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlalchemy import Connection

from lib.answers import Source
from lib.answers.hours import handling_hours
from lib.period import Period, add_months
from lib.queries.counts import NOW, counts
from lib.queries.hexes import CELLS_PER_DEGREE, grid_counts
from lib.scope import Scope

# Columns of the facts that the questions read; the pandas dashboard loads these and no others.
TICKET_COLUMNS = (
    "ticket_id", "handling_type", "district_code", "category2_code", "unit_code", "longitude", "latitude",
    "received_at", "due_at", "is_closed", "closed_at", "handling_hours", "is_repeat",
)  # fmt: skip
LEAST_DUE = 30
CALLBACK_COLUMNS = ("ticket_id", "called_at", "satisfaction", "is_valid", "superseded_at")


@dataclass(frozen=True)
class Months:
    """The periods asked about: the newest complete month, and 12 and 24 months up to its end."""

    month: Period
    year: Period
    two_years: Period

    @classmethod
    def before(cls, end: date) -> Months:
        """Periods that end at `end`, the first day of a month."""
        return cls(
            Period.of(add_months(end, -1)),
            Period(add_months(end, -12), end),
            Period(add_months(end, -24), end),
        )


@dataclass(frozen=True)
class Question:
    """key and label; ours and direct give one row per group; rollup says whether a rollup can answer;
    tolerance: largest relative difference allowed to the other ways (0 is exact), because quantiles come
    from buckets.
    """

    key: str
    label: str
    rollup: bool
    ours: Callable[[Source, Months], pd.DataFrame]
    direct: Callable[[Connection, Months], pd.DataFrame]
    tolerance: float = 0.0


def _ours(source: Source, period: Period, measures: tuple[str, ...], by: tuple[str, ...] = ()) -> pd.DataFrame:
    frame = counts(source.conn, Scope(period), by, measures, as_of=source.as_of, windows={NOW: period})
    return frame[[*by, *measures]]


def _sql(conn: Connection, statement: str, period: Period) -> pd.DataFrame:
    bounds = {"start": f"TIMESTAMP '{period.start}'", "end": f"TIMESTAMP '{period.end}'"}
    result = conn.exec_driver_sql(statement.format(**bounds))
    return pd.DataFrame.from_records([tuple(row) for row in result.fetchall()], columns=list(result.keys()))


KPI = ("received", "due", "due_on_time", "answers", "satisfied")
KPI_SQL = """
SELECT
  (SELECT count(*) FROM tickets
    WHERE handling_type <> 'urging' AND received_at >= {start} AND received_at < {end}) AS received,
  due.due, due.due_on_time, answered.answers, answered.satisfied
FROM (SELECT count(*) AS due, count(*) FILTER (WHERE is_closed AND closed_at <= due_at) AS due_on_time
      FROM tickets WHERE handling_type = 'referred' AND due_at >= {start} AND due_at < {end}) AS due,
     (SELECT count(*) FILTER (WHERE c.satisfaction IS NOT NULL) AS answers,
             count(*) FILTER (WHERE c.satisfaction = 'satisfied') AS satisfied
      FROM callbacks c JOIN tickets t USING (ticket_id)
      WHERE t.handling_type <> 'urging' AND c.is_valid AND c.superseded_at IS NULL
        AND c.called_at >= {start} AND c.called_at < {end}) AS answered
"""
HOURS_SQL = """
SELECT quantile_cont(handling_hours, 0.5) AS median, quantile_cont(handling_hours, 0.9) AS p90
FROM tickets WHERE handling_type = 'referred' AND is_closed AND closed_at >= {start} AND closed_at < {end}
"""
TREND_SQL = """
SELECT coalesce(r.month, d.month) AS month, coalesce(r.received, 0) AS received,
       coalesce(d.due, 0) AS due, coalesce(d.due_closed, 0) AS due_closed
FROM (SELECT date_trunc('month', received_at)::DATE AS month, count(*) AS received FROM tickets
      WHERE handling_type <> 'urging' AND received_at >= {start} AND received_at < {end} GROUP BY 1) r
FULL JOIN
     (SELECT date_trunc('month', due_at)::DATE AS month, count(*) AS due,
             count(*) FILTER (WHERE is_closed) AS due_closed FROM tickets
      WHERE handling_type = 'referred' AND due_at >= {start} AND due_at < {end} GROUP BY 1) d USING (month)
"""
BY_SQL = """
SELECT {{column}}, count(*) AS due, count(*) FILTER (WHERE is_closed AND closed_at <= due_at) AS due_on_time
FROM tickets WHERE handling_type = 'referred' AND due_at >= {start} AND due_at < {end} GROUP BY 1
"""
MATTERS_SQL = """
SELECT category2_code, date_trunc('month', received_at)::DATE AS month, count(*) AS received FROM tickets
WHERE handling_type <> 'urging' AND received_at >= {start} AND received_at < {end} GROUP BY 1, 2
"""
GRID_SQL = f"""
SELECT floor(longitude * {CELLS_PER_DEGREE})::INTEGER AS x, floor(latitude * {CELLS_PER_DEGREE})::INTEGER AS y,
       count(*) AS received
FROM tickets WHERE handling_type <> 'urging' AND longitude IS NOT NULL AND latitude IS NOT NULL
  AND received_at >= {{start}} AND received_at < {{end}} GROUP BY 1, 2
"""
REPEATS_SQL = """
SELECT date_trunc('month', received_at)::DATE AS month, count(*) AS received,
       count(*) FILTER (WHERE is_repeat) AS repeats
FROM tickets WHERE handling_type <> 'urging' AND received_at >= {start} AND received_at < {end} GROUP BY 1
"""


def _kpi_year(source: Source, at: Months) -> pd.DataFrame:
    hours = handling_hours(source, Scope(at.year), {NOW: at.year})
    return pd.concat([_ours(source, at.year, KPI), hours[["median", "p90"]]], axis=1)


def _kpi_year_direct(conn: Connection, at: Months) -> pd.DataFrame:
    return pd.concat([_sql(conn, KPI_SQL, at.year), _sql(conn, HOURS_SQL, at.year)], axis=1)


def _grid(source: Source, at: Months) -> pd.DataFrame:
    cells = grid_counts(source.conn, Scope(at.month), at.month, as_of=source.as_of)
    x, y = ((cells[c] * CELLS_PER_DEGREE - 0.5).round().astype("int64") for c in ("longitude", "latitude"))
    return pd.DataFrame({"x": x, "y": y, "received": cells["received"]})


def worst(frame: pd.DataFrame) -> pd.DataFrame:
    """The ten units with the lowest share in time, of those with at least LEAST_DUE due; ties by code."""
    enough = frame[frame["due"] >= LEAST_DUE]
    order = (enough["due_on_time"] / enough["due"]).rename("rate")
    return (
        enough.assign(rate=order).sort_values(["rate", "unit_code"], ignore_index=True).head(10)[
            ["unit_code", "due", "due_on_time"]
        ]
    )  # fmt: skip


QUESTIONS = (
    Question("kpi_month", "当月指标", True,
             lambda s, at: _ours(s, at.month, KPI), lambda c, at: _sql(c, KPI_SQL, at.month)),
    Question("kpi_year", "一年指标与时长 P90", True, _kpi_year, _kpi_year_direct, tolerance=0.02),
    Question("trend", "24 个月趋势", True,
             lambda s, at: _ours(s, at.two_years, ("received", "due", "due_closed"), ("month",)),
             lambda c, at: _sql(c, TREND_SQL, at.two_years)),
    Question("districts", "各区县", True,
             lambda s, at: _ours(s, at.month, ("due", "due_on_time"), ("district",)),
             lambda c, at: _sql(c, BY_SQL.replace("{{column}}", "district_code"), at.month)),
    Question("worst_units", "最差的十个单位", True,
             lambda s, at: worst(_ours(s, at.month, ("due", "due_on_time"), ("unit",))
                                  .rename(columns={"unit": "unit_code"})),
             lambda c, at: worst(_sql(c, BY_SQL.replace("{{column}}", "unit_code"), at.month))),
    Question("matters", "事项 × 月份", True,
             lambda s, at: _ours(s, at.year, ("received",), ("category2", "month")),
             lambda c, at: _sql(c, MATTERS_SQL, at.year)),
    Question("grid", "地图网格", False, _grid, lambda c, at: _sql(c, GRID_SQL, at.month)),
    Question("repeats", "重复诉求", True,
             lambda s, at: _ours(s, at.year, ("received", "repeats"), ("month",)),
             lambda c, at: _sql(c, REPEATS_SQL, at.year)),
)  # fmt: skip


def same(first: pd.DataFrame, second: pd.DataFrame, tolerance: float) -> bool:
    """Whether two ways gave the same rows, whatever their order and the names of their columns."""
    rows = [sorted(_plain(frame)) for frame in (first, second)]
    if len(rows[0]) != len(rows[1]):
        return False
    return all(
        len(a) == len(b) and all(_close(x, y, tolerance) for x, y in zip(a, b, strict=True))
        for a, b in zip(*rows, strict=True)
    )


def _plain(frame: pd.DataFrame) -> list[tuple[str | float, ...]]:
    def value(x: object) -> str | float:
        if isinstance(x, date):
            return x.isoformat()[:10]
        return x if isinstance(x, str) else float(x)  # type: ignore[arg-type]

    return [tuple(value(x) for x in row) for row in frame.itertuples(index=False)]


def _close(first: str | float, second: str | float, tolerance: float) -> bool:
    if isinstance(first, str) or isinstance(second, str):
        return first == second
    return abs(first - second) <= tolerance * max(abs(first), abs(second))
