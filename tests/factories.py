"""Rows with defaults, and a version made of them: a test states only what it is about.

Derived columns are written as given: a test that sets `round_count` also sets what follows from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pandas as pd

from lib.city import City
from lib.config import Settings
from lib.ingest import dimensions
from lib.ingest.bulk import insert_frame
from lib.ingest.draft import new_version
from lib.schema import tickets as t
from lib.store import PairName, TicketStore, open_store

RECEIVED_AT = datetime(2026, 10, 8, 9, 0)
AS_OF = datetime(2026, 11, 1)
_ids = count(1)

_DIMENSION_OF = {
    "district_code": t.districts,
    "township_code": t.townships,
    "unit_code": t.units,
    "first_unit_code": t.units,
    "channel_code": t.channels,
}


def create_ticket(**overrides: Any) -> dict[str, Any]:
    """A referred complaint, closed in time after a day, the citizen satisfied; fields as in schema.tickets.

    Times that are not given follow received_at. `title`, `content`, `reply`, `address` and
    `answer_comment` go to ticket_texts.
    """
    ticket_id = overrides.get("ticket_id") or next(_ids)
    received = overrides.get("received_at", RECEIVED_AT)
    start = received or RECEIVED_AT
    row: dict[str, Any] = {
        "ticket_id": ticket_id,
        "source_code": "test",
        "ticket_no": f"T{ticket_id:08d}",
        "import_no": 1,
        "segment_no": 1,
        "handling_type": "referred",
        "request_type": "投诉",
        "urgency": "normal",
        "is_enterprise": False,
        "is_group_event": False,
        "is_hard_case": False,
        "district_code": "410502",
        "township_code": t.UNMAPPED,
        "category1_code": "01",
        "category2_code": "0101",
        "category_code": "0101",
        "channel_code": "hotline",
        "unit_code": "U1",
        "received_at": received,
        "dispatched_at": start + timedelta(hours=1),
        "acknowledged_at": start + timedelta(hours=2),
        "acknowledge_due_at": start + timedelta(hours=5),
        "first_contacted_at": start + timedelta(hours=3),
        "contact_due_at": start + timedelta(hours=25),
        "due_at": start + timedelta(days=7),
        "is_closed": True,
        "closed_at": start + timedelta(days=1),
        "round_count": 1,
        "transfer_count": 0,
        "return_count": 0,
        "extension_count": 0,
        "urging_count": 0,
        "handling_hours": 7.0,
        "callback_attempted_at": start + timedelta(days=2),
        "callback_reached_at": start + timedelta(days=2),
        "answered_at": start + timedelta(days=2),
        "satisfaction": "satisfied",
        "resolution": "resolved",
        "is_repeat": False,
        "is_excluded": False,
        "title": "小区供热温度不达标",
        "content": "反映小区供热温度不达标，希望尽快处理。",
    }
    row.update(overrides)
    row.setdefault("first_unit_code", row["unit_code"])
    row.setdefault("original_due_at", row["due_at"])
    row.setdefault("first_closed_at", row["closed_at"])
    return row


def create_callback(ticket_id: int, **overrides: Any) -> dict[str, Any]:
    """The valid, first and last callback of a ticket: satisfied, resolved."""
    row: dict[str, Any] = {
        "ticket_id": ticket_id,
        "attempt_no": 1,
        "round_no": 1,
        "called_at": RECEIVED_AT + timedelta(days=2),
        "outcome": "reached",
        "satisfaction": "satisfied",
        "resolution": "resolved",
        "superseded_at": None,
    }
    row.update(overrides)
    row.setdefault("is_valid", row["satisfaction"] is not None or row["resolution"] is not None)
    row.setdefault("is_first_valid", row["is_valid"] and row["attempt_no"] == 1)
    return row


def create_return(ticket_id: int, **overrides: Any) -> dict[str, Any]:
    """A refused return (驳回) by unit U1."""
    row: dict[str, Any] = {
        "ticket_id": ticket_id,
        "return_no": 1,
        "unit_code": "U1",
        "returned_at": RECEIVED_AT + timedelta(hours=4),
        "verdict": "refused",
    }
    row.update(overrides)
    return row


def publish_rows(
    settings: Settings,
    tickets: Iterable[dict[str, Any]],
    callbacks: Sequence[dict[str, Any]] = (),
    returns: Sequence[dict[str, Any]] = (),
    exclusions: Sequence[dict[str, Any]] = (),
    calls: Sequence[dict[str, Any]] = (),
    events: Sequence[dict[str, Any]] = (),
    rounds: Sequence[dict[str, Any]] = (),
    as_of: datetime = AS_OF,
    pair: PairName = "city",
    city: City | None = None,
) -> TicketStore:
    """Publish the rows as a whole new version (DuckDB, or PostgreSQL with settings.tickets_url) and open it.

    Dimensions come from `city`; without one, every code met becomes a row named after itself.
    """
    rows = pd.DataFrame(list(tickets), columns=None)
    if rows.empty:
        rows = pd.DataFrame([create_ticket()]).iloc[:0]
    name = city.name if city else settings.city
    with new_version(settings, pair, name, as_of, is_demo=pair == "demo") as draft:
        if city:
            dimensions.load_profile(draft.conn, city)
        else:
            for table, frame in _dimensions(rows):
                insert_frame(draft.conn, table, frame)
        for table, frame in (
            (t.tickets, rows.drop(columns="segment_no").assign(segment_no=draft.segment_no)),
            (t.callbacks, pd.DataFrame(list(callbacks))),
            (t.ticket_returns, pd.DataFrame(list(returns))),
            (t.ticket_exclusions, pd.DataFrame(list(exclusions))),
            (t.call_days, pd.DataFrame(list(calls))),
            (draft.texts, rows.drop(columns="segment_no").assign(segment_no=draft.segment_no)),
            (draft.events, pd.DataFrame(list(events)).assign(segment_no=draft.segment_no)),
            (draft.rounds, pd.DataFrame(list(rounds)).assign(segment_no=draft.segment_no)),
        ):
            if not frame.empty:
                insert_frame(draft.conn, table, frame)
    return open_store(settings, pair)


def _dimensions(rows: pd.DataFrame) -> Iterable[tuple[Any, pd.DataFrame]]:
    """Dimension rows for every code in the tickets, named after the code."""
    found: dict[Any, set[str]] = {}
    for field, table in _DIMENSION_OF.items():
        found.setdefault(table, set()).update(set(rows[field].dropna()) - {t.UNMAPPED})
    for table, codes in found.items():
        code = next(iter(table.c)).name
        frame = pd.DataFrame({code: sorted(codes)})
        frame["name"] = frame[code]
        frame["short_name"] = frame[code]
        frame["sort_no"] = range(1, len(frame) + 1)
        if table is t.districts:
            frame["district_type"], frame["has_boundary"] = "county", False
            frame["population"] = 100_000
        if table is t.units:
            frame["level"], frame["peer_group"] = 2, "市直部门"
        yield table, frame
    levels = []
    for level, field in enumerate(("category1_code", "category2_code", "category_code"), start=1):
        known = rows[[field]].drop_duplicates().rename(columns={field: "category_code"})
        levels.append(known.assign(level=level))
    frame = pd.concat(levels).drop_duplicates("category_code")
    frame = frame[frame["category_code"] != t.UNMAPPED]
    parents = dict(zip(rows["category2_code"], rows["category1_code"], strict=True))
    parents |= {
        deep: second
        for deep, second in zip(rows["category_code"], rows["category2_code"], strict=True)
        if deep != second
    }
    frame["parent_code"] = [
        parents.get(c) if lv > 1 else None for c, lv in zip(frame["category_code"], frame["level"], strict=True)
    ]
    frame["name"] = frame["full_name"] = frame["category_code"]
    frame["is_seasonal"] = False
    yield t.categories, frame
