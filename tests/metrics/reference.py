"""The metrics computed a second time, from the definitions alone, with pandas on the raw rows.

Nothing here imports the measures, the queries or the catalogue: what the two agree on is the definition.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pandas as pd

from lib.scope import Scope
from tests.metrics.scenario import Scenario

DISTRICT_POPULATION = 100_000  # what the factories give every division they meet


@dataclass(frozen=True)
class Expected:
    """Numerator, denominator and value of a metric, or all None."""

    numerator: float | None
    denominator: float | None
    value: float | None


NOTHING = Expected(None, None, None)


class Reference:
    """One scenario under the city's two rules."""

    def __init__(self, scenario: Scenario, basically_counts: bool, partly_counts: bool) -> None:
        self.as_of = scenario.as_of
        self.good = {"satisfied", "basically_satisfied"} if basically_counts else {"satisfied"}
        self.solved = {"resolved", "partly_resolved"} if partly_counts else {"resolved"}
        self.tickets = pd.DataFrame(scenario.tickets)
        for name in self.tickets:
            if str(name).endswith("_at"):
                self.tickets[name] = pd.to_datetime(self.tickets[name])
        self.callbacks = pd.DataFrame(scenario.callbacks)
        self.callbacks["called_at"] = pd.to_datetime(self.callbacks["called_at"])
        self.returns = pd.DataFrame(scenario.returns)
        self.calls = pd.DataFrame(scenario.calls)
        self._filtered: dict[tuple[Scope, str], pd.DataFrame] = {}
        self.first = self.tickets.loc[self.tickets["handling_type"] != "urging", "received_at"].min().date()

    # --- periods ----------------------------------------------------------------------------

    def _today(self) -> date:
        """The day on which the data end (excluded)."""
        whole = self.as_of == datetime(self.as_of.year, self.as_of.month, self.as_of.day)
        return self.as_of.date() if whole else self.as_of.date() + timedelta(days=1)

    def window(self, scope: Scope, which: str) -> tuple[date, date] | None:
        """Days of the period itself, of the one before, or of last year; None where data do not reach."""
        start, end = scope.period.start, scope.period.end
        running = start < self._today() < end
        elapsed = min(end, self._today()) if self._today() > start else end
        if which == "now":
            return start, elapsed
        if which == "previous":
            before = (pd.Timestamp(start) - self._step(scope)).date()
            if running:
                days = (elapsed - start).days
                start, end = before, min(before + timedelta(days=days), start)
            else:
                start, end = before, start
        else:
            start = (pd.Timestamp(start) - pd.DateOffset(years=1)).date()
            end = (pd.Timestamp(elapsed) - pd.DateOffset(years=1)).date()
        return (start, end) if self.first <= start + timedelta(days=3) else None

    @staticmethod
    def _step(scope: Scope) -> pd.DateOffset:
        months = {"month": 1, "quarter": 3, "year": 12}.get(scope.period.kind)
        if months:
            return pd.DateOffset(months=months)
        return pd.DateOffset(days=(scope.period.end - scope.period.start).days)

    # --- metrics ----------------------------------------------------------------------------

    def value(self, key: str, scope: Scope, which: str = "now", mature: bool = True) -> Expected:
        """The metric over the window, as known at its end (mature) or as known today."""
        span = self.window(scope, which)
        if span is None:
            return NOTHING
        start, end = (pd.Timestamp(day) for day in span)
        known_by = min(end, pd.Timestamp(self.as_of) + pd.Timedelta(seconds=1)) if mature else pd.Timestamp.max
        return getattr(self, f"_{key}")(scope, start, end, known_by)

    def _mine(self, scope: Scope, rows: pd.DataFrame, unit: str = "unit_code") -> pd.DataFrame:
        keep = pd.Series(True, index=rows.index)
        level = {1: "category1_code", 2: "category2_code", 3: "category_code"}
        if scope.district_code:
            keep &= rows["district_code"] == scope.district_code
        if scope.unit_code:
            keep &= rows[unit].isin(scope.unit_codes)
        if scope.category_code:
            assert scope.category_level
            keep &= rows[level[scope.category_level]] == scope.category_code
        if scope.channel_code:
            keep &= rows["channel_code"] == scope.channel_code
        if scope.request_type:
            keep &= rows["request_type"] == scope.request_type
        if scope.is_enterprise is not None:
            keep &= rows["is_enterprise"] == scope.is_enterprise
        if scope.basis == "assessed":
            keep &= ~rows["is_excluded"]
        return rows[keep]

    def _cohort(self, scope, time, start, end, kinds=("desk", "referred"), unit="unit_code") -> pd.DataFrame:
        if (scope, unit) not in self._filtered:
            self._filtered[scope, unit] = self._mine(scope, self.tickets, unit)
        rows = self._filtered[scope, unit]
        rows = rows[rows["handling_type"].isin(kinds)]
        return rows[(rows[time] >= start) & (rows[time] < end) & (rows[time] <= self.as_of)]

    @staticmethod
    def _share(numerator: float, denominator: float) -> Expected:
        return Expected(numerator, denominator, numerator / denominator if denominator else None)

    def _received(self, scope, start, end, known_by) -> Expected:
        count = len(self._cohort(scope, "received_at", start, end))
        return Expected(count, None, count)

    def _per_10k(self, scope, start, end, known_by) -> Expected:
        count = len(self._cohort(scope, "received_at", start, end))
        districts = set(self.tickets["district_code"]) - {"unmapped"}
        if scope.district_code:
            districts &= {scope.district_code}
        if scope.unit_code or not districts:
            return Expected(count, None, None)
        people = DISTRICT_POPULATION * len(districts)
        return Expected(count, people, count / people * 10_000)

    def _desk_rate(self, scope, start, end, known_by) -> Expected:
        rows = self._cohort(scope, "received_at", start, end)
        return self._share((rows["handling_type"] == "desk").sum(), len(rows))

    def _answered_calls_rate(self, scope, start, end, known_by) -> Expected:
        if scope.district_code or scope.unit_code or scope.category_code or scope.channel_code:
            return NOTHING
        if scope.request_type or scope.is_enterprise is not None:
            return NOTHING
        days = self.calls[(pd.to_datetime(self.calls["day"]) >= start) & (pd.to_datetime(self.calls["day"]) < end)]
        if days.empty:
            return NOTHING
        return self._share(days["answered"].sum(), days["inbound"].sum())

    def _dispatched(self, scope, start, end) -> pd.DataFrame:
        return self._cohort(scope, "dispatched_at", start, end, ("referred",), "first_unit_code")

    def _on_time(self, rows: pd.DataFrame, event: str, limit: str) -> Expected:
        if rows[limit].notna().sum() == 0:
            return Expected(None, len(rows), None)
        return self._share((rows[event] <= rows[limit]).sum(), len(rows))

    def _acknowledged_on_time_rate(self, scope, start, end, known_by) -> Expected:
        return self._on_time(self._dispatched(scope, start, end), "acknowledged_at", "acknowledge_due_at")

    def _response_rate(self, scope, start, end, known_by) -> Expected:
        return self._on_time(self._dispatched(scope, start, end), "first_contacted_at", "contact_due_at")

    def _due(self, scope, start, end) -> pd.DataFrame:
        return self._cohort(scope, "due_at", start, end, ("referred",))

    def _closure_rate(self, scope, start, end, known_by) -> Expected:
        rows = self._due(scope, start, end)
        closed = rows["is_closed"] & (rows["closed_at"].isna() | (rows["closed_at"] < known_by))
        return self._share(closed.sum(), len(rows))

    def _on_time_closure_rate(self, scope, start, end, known_by) -> Expected:
        rows = self._due(scope, start, end)
        return self._share((rows["is_closed"] & (rows["closed_at"] <= rows["due_at"])).sum(), len(rows))

    def _extension_rate(self, scope, start, end, known_by) -> Expected:
        rows = self._due(scope, start, end)
        return self._share((rows["extension_count"] > 0).sum(), len(rows))

    def _closed(self, scope, start, end, kinds=("desk", "referred")) -> pd.DataFrame:
        rows = self._cohort(scope, "closed_at", start, end, kinds)
        return rows[rows["is_closed"]]

    def _callback_rate(self, scope, start, end, known_by) -> Expected:
        rows = self._closed(scope, start, end)
        attempts = self.callbacks[self.callbacks["called_at"] < known_by]
        reached = set(attempts.loc[attempts["outcome"] == "reached", "ticket_id"])
        return self._share(rows["ticket_id"].isin(reached).sum(), len(rows))

    def _standing(self, scope, start, end, known_by) -> pd.DataFrame:
        """The answer of each ticket: its last valid callback known by then, if it falls into the window."""
        calls = self.callbacks[self.callbacks["called_at"] < known_by]
        calls = calls[calls["satisfaction"].notna() | calls["resolution"].notna()]
        last = calls.sort_values("called_at").groupby("ticket_id").tail(1)
        last = last[(last["called_at"] >= start) & (last["called_at"] < end)]
        rows = self._mine(scope, self.tickets)
        rows = rows[rows["handling_type"] != "urging"]
        return last[last["ticket_id"].isin(rows["ticket_id"])]

    def _satisfaction_rate(self, scope, start, end, known_by) -> Expected:
        answers = self._standing(scope, start, end, known_by)["satisfaction"].dropna()
        return self._share(answers.isin(self.good).sum(), len(answers))

    def _resolution_rate(self, scope, start, end, known_by) -> Expected:
        answers = self._standing(scope, start, end, known_by)["resolution"].dropna()
        return self._share(answers.isin(self.solved).sum(), len(answers))

    def _first_round_satisfaction_rate(self, scope, start, end, known_by) -> Expected:
        calls = self.callbacks[self.callbacks["satisfaction"].notna() | self.callbacks["resolution"].notna()]
        first = calls.sort_values("called_at").groupby("ticket_id").head(1)
        first = first[(first["called_at"] >= start) & (first["called_at"] < end)]
        rows = self._mine(scope, self.tickets)
        rows = rows[rows["handling_type"] != "urging"]
        answers = first[first["ticket_id"].isin(rows["ticket_id"])]["satisfaction"].dropna()
        return self._share(answers.isin(self.good).sum(), len(answers))

    def _rework_rate(self, scope, start, end, known_by) -> Expected:
        rows = self._cohort(scope, "first_closed_at", start, end, ("referred",))
        again = (rows["round_count"] >= 2) & (rows["reworked_at"].isna() | (rows["reworked_at"] < known_by))
        return self._share(again.sum(), len(rows))

    def _return_rate(self, scope, start, end, known_by) -> Expected:
        dispatched = len(self._dispatched(scope, start, end))
        joined = self.returns.merge(self.tickets.drop(columns="unit_code"), on="ticket_id")
        joined = self._mine(scope, joined)  # unit_code is now the unit that returned it
        joined = joined[(joined["handling_type"] == "referred") & (joined["verdict"] == "refused")]
        inside = (joined["dispatched_at"] >= start) & (joined["dispatched_at"] < end)
        return self._share((inside & (joined["dispatched_at"] <= self.as_of)).sum(), dispatched)

    def _repeat_rate(self, scope, start, end, known_by) -> Expected:
        rows = self._cohort(scope, "received_at", start, end)
        return self._share(rows["is_repeat"].sum(), len(rows))

    def _overdue_open(self, scope, start, end, known_by) -> Expected:
        moment = min(end, pd.Timestamp(self.as_of))
        rows = self._mine(scope, self.tickets)
        rows = rows[(rows["handling_type"] == "referred") & (rows["due_at"] < moment)]
        count = (~rows["is_closed"] | (rows["closed_at"] >= moment)).sum()
        return Expected(count, None, count)

    def _hours(self, scope, start, end, share: float) -> Expected:
        hours = self._closed(scope, start, end, ("referred",))["handling_hours"].dropna()
        return Expected(len(hours), None, hours.quantile(share) if len(hours) else None)

    def _handling_hours_median(self, scope, start, end, known_by) -> Expected:
        return self._hours(scope, start, end, 0.5)

    def _handling_hours_p90(self, scope, start, end, known_by) -> Expected:
        return self._hours(scope, start, end, 0.9)
