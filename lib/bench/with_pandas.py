"""The usual way, for comparison: a dashboard that loads the table into pandas and groups it at every question.

It runs in a process of its own, so that its memory can be told from ours.
"""

from __future__ import annotations

import resource
import time
from pathlib import Path
from typing import Any

import pandas as pd

from lib.bench.questions import CALLBACK_COLUMNS, KPI, TICKET_COLUMNS, Months, worst
from lib.period import Period
from lib.queries.hexes import CELLS_PER_DEGREE

RUNS = 3


def run(folder: Path, at: Months) -> dict[str, Any]:
    """Load tickets.parquet and callbacks.parquet of `folder`, ask the eight questions.

    Returns load_seconds, memory_mb (peak), seconds: {question: median of RUNS}, rows: {question: frame}.
    """
    start = time.perf_counter()
    tickets = pd.read_parquet(folder / "tickets.parquet", columns=list(TICKET_COLUMNS))
    callbacks = pd.read_parquet(folder / "callbacks.parquet", columns=list(CALLBACK_COLUMNS))
    loaded = time.perf_counter() - start
    dashboard = Dashboard(tickets, callbacks, at)
    seconds, rows = {}, {}
    for key in ("kpi_month", "kpi_year", "trend", "districts", "worst_units", "matters", "grid", "repeats"):
        times = []
        for _ in range(RUNS):
            start = time.perf_counter()
            rows[key] = getattr(dashboard, key)()
            times.append(time.perf_counter() - start)
        seconds[key] = sorted(times)[RUNS // 2]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"load_seconds": loaded, "memory_mb": peak, "seconds": seconds, "rows": rows}


def _within(times: pd.Series, period: Period) -> pd.Series:
    return (times >= pd.Timestamp(period.start)) & (times < pd.Timestamp(period.end))


class Dashboard:
    """The loaded table and the questions as anybody would write them."""

    def __init__(self, tickets: pd.DataFrame, callbacks: pd.DataFrame, at: Months) -> None:
        self.tickets, self.callbacks, self.at = tickets, callbacks, at

    def _kpi(self, period: Period) -> dict[str, float]:
        t, c = self.tickets, self.callbacks
        due = t[(t["handling_type"] == "referred") & _within(t["due_at"], period)]
        valid = c[c["is_valid"] & c["superseded_at"].isna() & _within(c["called_at"], period)]
        counted = valid.merge(t.loc[t["handling_type"] != "urging", ["ticket_id"]], on="ticket_id")
        return {
            "received": int(((t["handling_type"] != "urging") & _within(t["received_at"], period)).sum()),
            "due": len(due),
            "due_on_time": int((due["is_closed"] & (due["closed_at"] <= due["due_at"])).sum()),
            "answers": int(counted["satisfaction"].notna().sum()),
            "satisfied": int((counted["satisfaction"] == "satisfied").sum()),
        }

    def kpi_month(self) -> pd.DataFrame:
        """Figures of the month."""
        return pd.DataFrame([self._kpi(self.at.month)], columns=list(KPI))

    def kpi_year(self) -> pd.DataFrame:
        """Figures of the year, with exact median and P90."""
        t = self.tickets
        closed = t[(t["handling_type"] == "referred") & t["is_closed"] & _within(t["closed_at"], self.at.year)]
        hours = closed["handling_hours"].quantile([0.5, 0.9])
        return pd.DataFrame([self._kpi(self.at.year) | {"median": hours[0.5], "p90": hours[0.9]}])

    def trend(self) -> pd.DataFrame:
        """Received, due and closed of the due per month."""
        t, period = self.tickets, self.at.two_years
        came = t[(t["handling_type"] != "urging") & _within(t["received_at"], period)]
        due = t[(t["handling_type"] == "referred") & _within(t["due_at"], period)]
        received = came.groupby(came["received_at"].dt.to_period("M")).size().rename("received")
        by = due.groupby(due["due_at"].dt.to_period("M"))["is_closed"]
        frame = pd.concat([received, by.size().rename("due"), by.sum().rename("due_closed")], axis=1).fillna(0)
        frame.insert(0, "month", [p.start_time.date() for p in frame.index])
        return frame

    def _due_by(self, column: str) -> pd.DataFrame:
        t = self.tickets
        due = t[(t["handling_type"] == "referred") & _within(t["due_at"], self.at.month)]
        on_time = due["is_closed"] & (due["closed_at"] <= due["due_at"])
        by = due.assign(due_on_time=on_time).groupby(column)["due_on_time"]
        return pd.concat([by.size().rename("due"), by.sum().rename("due_on_time")], axis=1).reset_index()

    def districts(self) -> pd.DataFrame:
        """Due and in time per division."""
        return self._due_by("district_code")

    def worst_units(self) -> pd.DataFrame:
        """The ten units with the lowest share in time."""
        return worst(self._due_by("unit_code"))

    def matters(self) -> pd.DataFrame:
        """Received per second-level category and month."""
        t = self.tickets
        came = t[(t["handling_type"] != "urging") & _within(t["received_at"], self.at.year)]
        frame = (
            came.groupby(["category2_code", came["received_at"].dt.to_period("M")]).size().reset_index(name="received")
        )
        frame["received_at"] = [p.start_time.date() for p in frame["received_at"]]
        return frame

    def grid(self) -> pd.DataFrame:
        """Received per cell of the map."""
        t = self.tickets
        came = t[(t["handling_type"] != "urging") & _within(t["received_at"], self.at.month)]
        placed = came.dropna(subset=["longitude", "latitude"])
        x = (placed["longitude"] * CELLS_PER_DEGREE // 1).astype("int64").rename("x")
        y = (placed["latitude"] * CELLS_PER_DEGREE // 1).astype("int64").rename("y")
        cells = pd.DataFrame({"x": x, "y": y, "received": 1})
        return cells.groupby(["x", "y"], as_index=False)[["received"]].sum()

    def repeats(self) -> pd.DataFrame:
        """Received and repeats per month."""
        t = self.tickets
        came = t[(t["handling_type"] != "urging") & _within(t["received_at"], self.at.year)]
        by = came.groupby(came["received_at"].dt.to_period("M"))["is_repeat"]
        frame = pd.concat([by.size().rename("received"), by.sum().rename("repeats")], axis=1)
        frame.insert(0, "month", [p.start_time.date() for p in frame.index])
        return frame
