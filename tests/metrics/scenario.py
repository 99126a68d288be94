"""Generated cities of a few hundred tickets, with every state a definition asks about, and random scopes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from lib.period import Period
from lib.schema import tickets as t
from lib.scope import Scope
from tests.factories import create_callback, create_return, create_ticket

DISTRICTS = ("410502", "410503", "410590", t.UNMAPPED)
UNITS = ("U1", "U2", "U3", "U4")
CATEGORIES = (("01", "0101", "010101"), ("01", "0102", "0102"), ("02", "0201", "020101"), ("02", t.UNMAPPED, "02"))
CHANNELS = ("hotline", "app", "mayor")
# Half of the tickets of last year, half of the months that are asked about.
SPANS = ((datetime(2025, 8, 1), datetime(2025, 11, 10)), (datetime(2026, 6, 20), datetime(2026, 11, 1)))


@dataclass(frozen=True)
class Scenario:
    """Rows as tests.factories.publish_rows takes them, and their as-of."""

    seed: int
    as_of: datetime
    tickets: list[dict[str, Any]]
    callbacks: list[dict[str, Any]]
    returns: list[dict[str, Any]]
    exclusions: list[dict[str, Any]]
    calls: list[dict[str, Any]]

    def rows(self) -> dict[str, Sequence[dict[str, Any]]]:
        """Everything but the tickets, by keyword."""
        return {
            "callbacks": self.callbacks, "returns": self.returns, "exclusions": self.exclusions, "calls": self.calls,
        }  # fmt: skip


def make_scenario(seed: int, size: int = 220) -> Scenario:
    """A city of `size` tickets. Nothing but limits lies after its as-of."""
    r = random.Random(seed)
    as_of = r.choice([datetime(2026, 11, 1), datetime(2026, 10, 18, 15, 30), datetime(2026, 10, 9)])
    tickets, callbacks, returns, exclusions = [], [], [], []
    for number in range(1, size + 1):
        ticket, answers = _ticket(r, as_of, seed * 10_000 + number)
        tickets.append(ticket)
        callbacks += answers
        if ticket["return_count"]:
            returns += [
                create_return(ticket["ticket_id"], return_no=n + 1, unit_code=r.choice(UNITS),
                              verdict=r.choice(["refused", "agreed", "pending"]))
                for n in range(ticket["return_count"])
            ]  # fmt: skip
        if r.random() < 0.15:
            approved = r.random() < 0.7
            ticket["is_excluded"] = approved
            exclusions.append({
                "source_code": ticket["source_code"], "ticket_no": ticket["ticket_no"],
                "exclusion_code": r.choice(list(t.EXCLUSION_CODES)), "approved_by": "核准人" if approved else None,
                "approved_on": date(2026, 9, 1) if approved else None, "evidence": "核查记录",
            })  # fmt: skip
    first = min(row["received_at"] for row in tickets).date()
    calls = [
        {
            "day": first + timedelta(days=n),
            "inbound": (inbound := r.randrange(0, 60)),
            "answered": r.randint(0, inbound),
        }
        for n in range((as_of.date() - first).days)
    ]
    return Scenario(seed, as_of, tickets, callbacks, returns, exclusions, calls)


def _later(r: random.Random, moment: datetime, hours: float) -> datetime:
    return moment + timedelta(seconds=1 + int(r.expovariate(1 / hours) * 3600))


def _ticket(r: random.Random, as_of: datetime, ticket_id: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    start, end = r.choice(SPANS)
    end = min(end, as_of)
    received = start + timedelta(seconds=r.randrange(int((end - start).total_seconds())))
    handling = r.choices([t.DESK, t.REFERRED, t.URGING], [2, 7, 1])[0]

    def known(moment: datetime | None) -> datetime | None:
        """What lies after the as-of has not happened yet."""
        return moment if moment is not None and moment <= as_of else None

    dispatched = known(_later(r, received, 4)) if handling == t.REFERRED else None
    closed, first_closed, reworked, rounds = _closings(r, received, as_of)
    is_closed = closed is not None
    if is_closed and r.random() < 0.06:
        closed = first_closed = None  # closed by its status, no valid time
    due = _later(r, received, 120) if r.random() < 0.93 else None
    category1, category2, category3 = r.choice(CATEGORIES)
    row = create_ticket(
        ticket_id=ticket_id,
        handling_type=handling,
        request_type=r.choice(["投诉", "咨询", "求助", "其他"]),
        is_enterprise=r.random() < 0.2,
        is_group_event=r.random() < 0.08,
        is_repeat=r.random() < 0.2,
        is_excluded=False,
        district_code=r.choice(DISTRICTS),
        township_code=r.choice(["410502001", "410503002", t.UNMAPPED]),
        category1_code=category1,
        category2_code=category2,
        category_code=category3,
        channel_code=r.choice(CHANNELS),
        unit_code=r.choice(UNITS),
        first_unit_code=r.choice(UNITS),
        received_at=received,
        dispatched_at=dispatched,
        acknowledged_at=known(_later(r, dispatched, 6)) if dispatched and r.random() < 0.9 else None,
        acknowledge_due_at=dispatched + timedelta(hours=4) if dispatched and r.random() < 0.8 else None,
        first_contacted_at=known(_later(r, dispatched, 20)) if dispatched and r.random() < 0.8 else None,
        contact_due_at=dispatched + timedelta(hours=24) if dispatched and r.random() < 0.9 else None,
        original_due_at=due,
        due_at=due,
        is_closed=is_closed,
        closed_at=closed,
        first_closed_at=first_closed,
        reworked_at=reworked,
        round_count=rounds,
        extension_count=r.choice([0, 0, 0, 1, 2]),
        return_count=r.choice([0, 0, 0, 0, 1, 2]),
        handling_hours=round(r.expovariate(1 / 60), 3) if closed and r.random() < 0.95 else None,
        longitude=round(114.3 + r.random() / 50, 5) if r.random() < 0.6 else None,
        latitude=round(36.1 + r.random() / 50, 5),
    )
    row["repeat_of_id"] = None
    calls = _callbacks(r, ticket_id, first_closed, as_of)
    row.update(_answers(calls))
    return row, calls


def _closings(
    r: random.Random, received: datetime, as_of: datetime
) -> tuple[datetime | None, datetime | None, datetime | None, int]:
    """closed_at, first_closed_at, reworked_at, round_count: once, again, or reopened and still open."""
    first = _later(r, received, 140)
    if r.random() < 0.12 or first > as_of:
        return None, None, None, 1
    if r.random() < 0.75:
        return first, first, None, 1
    again = _later(r, first, 160)
    if again > as_of:
        return first, first, None, 1
    last = _later(r, again, 100)
    known = again if r.random() < 0.9 else None
    return (last if last <= as_of else None), first, known, r.choice([2, 2, 3])


def _callbacks(
    r: random.Random, ticket_id: int, first_closed: datetime | None, as_of: datetime
) -> list[dict[str, Any]]:
    """Attempts in the order of time, the answers superseding one another."""
    calls: list[dict[str, Any]] = []
    moment = first_closed
    for attempt in range(1, r.randrange(5) + 1):
        if moment is None:
            break
        moment = _later(r, moment, 220)
        if moment > as_of:
            break
        outcome = r.choice(["reached", "reached", "reached", "unreachable", "refused"])
        reached = outcome == "reached"
        calls.append(
            create_callback(
                ticket_id,
                attempt_no=attempt,
                called_at=moment,
                outcome=outcome,
                satisfaction=r.choice([None, *t.SATISFACTIONS]) if reached else None,
                resolution=r.choice([None, *t.RESOLUTIONS]) if reached else None,
                is_first_valid=False,
            )
        )
    valid = [c for c in calls if c["is_valid"]]
    for call, after in pairwise(valid):
        call["superseded_at"] = after["called_at"]
    if valid:
        valid[0]["is_first_valid"] = True
    return calls


def _answers(calls: list[dict[str, Any]]) -> dict[str, Any]:
    """What the ticket's own row says about its callbacks."""
    valid = [c for c in calls if c["is_valid"]]
    reached = [c for c in calls if c["outcome"] == "reached"]
    last = valid[-1] if valid else {}
    return {
        "callback_attempted_at": calls[0]["called_at"] if calls else None,
        "callback_reached_at": reached[0]["called_at"] if reached else None,
        "answered_at": last.get("called_at"),
        "satisfaction": last.get("satisfaction"),
        "resolution": last.get("resolution"),
    }


def make_scope(seed: int, as_of: datetime) -> Scope:
    """A random question: period of any kind, no to three filters, one of two bases."""
    r = random.Random(seed)
    period = r.choice([
        Period.parse("2026-10"), Period.parse("2026-10"), Period.parse("2026-09"), Period.parse("2026-08"),
        Period.parse("2026-Q3"), Period.parse("2026"), Period.parse("2026-09-05..2026-09-24"),
        Period.parse("2026-10-08"),
    ])  # fmt: skip
    chosen: dict[str, Any] = {}
    for name in r.sample(
        ["district", "unit", "category", "channel", "request", "enterprise"], r.choice([0, 0, 1, 1, 2, 3])
    ):
        if name == "district":
            chosen["district_code"] = r.choice(DISTRICTS)
        elif name == "unit":
            codes = tuple(sorted(r.sample(UNITS, r.choice([1, 2]))))
            chosen |= {"unit_code": codes[0], "unit_codes": codes}
        elif name == "category":
            level = r.choice([1, 2, 3])
            chosen |= {"category_code": r.choice(CATEGORIES)[level - 1], "category_level": level}
        elif name == "channel":
            chosen["channel_code"] = r.choice(CHANNELS)
        elif name == "request":
            chosen["request_type"] = r.choice(["投诉", "咨询"])
        else:
            chosen["is_enterprise"] = r.random() < 0.5
    return Scope(period, basis=r.choice(["all", "assessed"]), **chosen)
