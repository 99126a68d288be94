"""The threshold rules of 拟列规则 once more, in plain pandas and row by row, to hold the SQL against."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import chinese_calendar
import pandas as pd
from sqlalchemy import Connection

from lib.lists.rules import NominationRule
from lib.queries import nomination as queries
from lib.schema import tickets as t

TICKET_COLUMNS = (
    "ticket_id", "source_code", "segment_no", "handling_type", "request_type", "unit_code", "category2_code",
    "requester_hash", "place_key", "received_at", "due_at", "is_closed", "closed_at", "first_contacted_at",
    "round_count", "transfer_count",
)  # fmt: skip
Groups = dict[tuple[str, ...], set[int]]


class ByHand:
    """All tickets, callbacks and events of a database in memory, and the rules on them as of one moment.

    Every method gives group → ticket ids, as the suggestions of that rule should be.
    """

    def __init__(self, conn: Connection, as_of: datetime, overrides: dict[date, bool] | None = None) -> None:
        self.tickets = queries.whole(conn, t.tickets, TICKET_COLUMNS)
        self.callbacks = queries.whole(conn, t.callbacks, ("ticket_id", "called_at", "resolution", "is_valid"))
        self.events = queries.whole(conn, t.ticket_events, ("segment_no", "ticket_id", "kind", "happened_at"))
        for name in ("received_at", "due_at", "closed_at", "first_contacted_at"):
            self.tickets[name] = pd.to_datetime(self.tickets[name])
        self.as_of, self.overrides = pd.Timestamp(as_of), overrides or {}

    def evaluate(self, rule: NominationRule) -> Groups:
        """Groups of a threshold rule. Raises AttributeError for a fuzzy one."""
        found: Groups = getattr(self, rule.key)(**rule.parameters)
        return found

    def reworked(self, window_days: int, rounds: int) -> Groups:
        """Referred tickets received in the window with so many rounds."""
        f = self.tickets
        recent = (f["received_at"] > self.as_of - timedelta(days=window_days)) & (f["received_at"] <= self.as_of)
        return _by_unit(f[recent & (f["handling_type"] == "referred") & (f["round_count"] >= rounds)])

    def transferred(self, transfers: int) -> Groups:
        """Open tickets whose last event of a unit is a transfer, or that have no unit."""
        f = self.tickets[self._open() & (self.tickets["transfer_count"] >= transfers)]
        found: Groups = {}
        for _, row in f.iterrows():
            mine = self.events[
                (self.events["ticket_id"] == row.ticket_id) & (self.events["segment_no"] == row.segment_no)
                & (pd.to_datetime(self.events["happened_at"]) <= self.as_of)
            ]  # fmt: skip
            moved = mine.loc[mine["kind"] == "transfer", "happened_at"].max()
            acts = ["acknowledge", "contact", "reply", "closure", "arrival"]
            taken = mine.loc[mine["kind"].isin(acts), "happened_at"].max()
            nobody = pd.notna(moved) and (pd.isna(taken) or taken < moved)
            if nobody or pd.isna(row.unit_code) or row.unit_code == "unmapped":
                found[(str(row.ticket_id),)] = {int(row.ticket_id)}
        return found

    def overdue(self, workdays: int) -> Groups:
        """Open tickets with more than so many working days behind their limit, counted day by day."""
        today = (self.as_of - timedelta(microseconds=1)).date()
        f = self.tickets[self._open() & self.tickets["due_at"].notna()]
        late = {day: self._workdays(day, today, workdays + 1) for day in set(f["due_at"].dt.date)}
        return _by_unit(f[[late[due] > workdays for due in f["due_at"].dt.date]])

    def repeated(self, days: int, tickets: int) -> Groups:
        """Places and requesters that brought up one matter so often; the larger speaks for both."""
        f = self.tickets
        f = f[(f["received_at"] > self.as_of - timedelta(days=days)) & (f["received_at"] <= self.as_of)]
        f = f[(f["handling_type"] != "urging") & ~f["request_type"].isin(["咨询", "表扬"])]
        f = f[f["category2_code"] != "unmapped"]
        all_groups = []
        for same, column in (("place", "place_key"), ("requester", "requester_hash")):
            for (key, category), ids in f.groupby([column, "category2_code"])["ticket_id"]:
                if len(ids) >= tickets:
                    all_groups.append((-len(ids), same, key, category, set(ids)))
        found: Groups = {}
        for _, same, key, category, group in sorted(all_groups, key=lambda group: group[:4]):
            if all(2 * len(group & other) < len(group) for other in found.values()):
                found[(same, str(key), str(category))] = group
        return found

    def unsolved_twice(self, window_days: int, answers: int) -> Groups:
        """Closed tickets of which the citizen said so often that it is not solved."""
        c = self.callbacks[self.callbacks["is_valid"] & (self.callbacks["resolution"] == "unresolved")]
        c = c[pd.to_datetime(c["called_at"]) <= self.as_of]
        said = c.groupby("ticket_id")["called_at"].agg(["size", "max"])
        recent = pd.to_datetime(said["max"]) > self.as_of - timedelta(days=window_days)
        ids = said.index[(said["size"] >= answers) & recent]
        f = self.tickets
        closed = f["is_closed"].astype(bool) & (f["closed_at"].isna() | (f["closed_at"] <= self.as_of))
        return _by_unit(f[f["ticket_id"].isin(ids) & closed & (f["handling_type"] != "urging")])

    def no_contact(self, window_days: int, tickets: int, share_percent: int) -> Groups:
        """Units that closed so many tickets, and such a share, without a contact."""
        f = self.tickets
        inside = (f["closed_at"] > self.as_of - timedelta(days=window_days)) & (f["closed_at"] <= self.as_of)
        f = f[inside & f["is_closed"].astype(bool) & (f["handling_type"] == "referred")]
        told = f.groupby("source_code")["first_contacted_at"].apply(lambda at: at.notna().mean() >= 0.5)
        f = f[f["source_code"].map(told).astype(bool)] if len(f) else f
        found: Groups = {}
        for unit, part in f.groupby("unit_code"):
            silent = part[part["first_contacted_at"].isna()]
            if unit != "unmapped" and len(silent) >= tickets and len(silent) / len(part) >= share_percent / 100:
                found[(str(unit),)] = set(silent["ticket_id"])
        return found

    def _open(self) -> pd.Series:
        f = self.tickets
        still = ~f["is_closed"].astype(bool) | (f["closed_at"] > self.as_of)
        return still & (f["handling_type"] == "referred") & (f["received_at"] <= self.as_of)

    def _workdays(self, due: date, today: date, most: int) -> int:
        """Working days after `due` up to and with today; counting ends at `most`."""
        count, day = 0, due
        while day < today and count < most:
            day += timedelta(days=1)
            count += self.overrides[day] if day in self.overrides else chinese_calendar.is_workday(day)
        return count


def _by_unit(frame: pd.DataFrame) -> Groups:
    groups = frame.groupby(["unit_code", "category2_code"], dropna=False)["ticket_id"]
    return {(str(unit), str(category)): set(ids) for (unit, category), ids in groups}
