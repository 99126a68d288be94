"""Items of the lists as rows, made at random without any command: for figures counted by other means."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert

from lib.access.roles import Identity, Role
from lib.answers import ListView
from lib.assessment_store import AssessmentStore
from lib.lists.profile import load_lists
from lib.schema import lists as t
from lib.schema.list_terms import FLAGS

TODAY = date(2026, 11, 2)
UNITS = {f"U{n}": f"第{n}单位" for n in range(1, 7)}
_STATES = ("proposed", "declined", "listed", "assigned", "handling", "suspended", "closing", "closed", "closed",
           "closed", "handed_over", "voided")  # fmt: skip


def view(role: Role = "leader", reach: tuple[str, ...] | None = None) -> ListView:
    """Somebody of that role, today."""
    return ListView(Identity("someone", "某人", role), reach, TODAY, load_lists("demo"), UNITS)


def noon(day: date) -> datetime:
    """Noon of a day in the city, as it is stored."""
    return datetime(day.year, day.month, day.day, 4, 0)


def put_item(conn: Connection, item_no: str, unit: str | None = None, **given: Any) -> int:
    """An item as a row, with its lead unit; returns item_id."""
    values = {
        "item_no": item_no, "list_kind": "supervision", "state": "handling", "title": f"事项{item_no}",
        "manifestation": "", "source": "other", "source_note": "", "target": "", "measures": "", "urgency": "normal",
        "level": 0, **dict.fromkeys(FLAGS, False), "state_since": noon(TODAY), "urged_count": 0,
        "extended_count": 0, "reopened_count": 0, "own_values": "{}", "remarks": "", "created_by": "x",
        "created_at": noon(TODAY), "updated_at": noon(TODAY), "version": 1, **given,
    }  # fmt: skip
    item_id = conn.execute(insert(t.list_items).values(values).returning(t.list_items.c.item_id)).scalar_one()
    if unit is not None:
        conn.execute(insert(t.list_responsibilities).values(
            item_id=item_id, is_lead=True, unit_code=unit, leader="", person="", phone="", duty="",
            added_at=noon(TODAY),
        ))  # fmt: skip
    return int(item_id)


def put_step(conn: Connection, item_id: int, step: str, day: date, to_state: str) -> None:
    """A row of the timeline."""
    conn.execute(insert(t.list_steps).values(
        item_id=item_id, at=noon(day), account="x", display_name="某人", role="supervision", step=step,
        from_state=None, to_state=to_state, text="", facts="{}",
    ))  # fmt: skip


def put_relapse(conn: Connection, item_id: int, day: date) -> None:
    """A re-inspection that found a relapse."""
    conn.execute(insert(t.list_reinspections).values(
        item_id=item_id, kind="day30", due_on=day, done_at=noon(day), done_by="x", verdict="relapsed", note="又坏了",
    ))  # fmt: skip


def generated(store: AssessmentStore, count: int, seed: int) -> list[dict[str, Any]]:
    """`count` items with closings, relapses, hand-overs, urgings and letters; returns what was put in, an item each:
    its columns, unit, closings, signs (days), hand_overs, urgings (unit, day), letters (unit, day, kind, is_void).
    """
    lots = random.Random(seed)
    made = []
    with store.writing() as conn:
        for number in range(count):
            made.append(_one(conn, lots, number))
    return made


def _one(conn: Connection, lots: random.Random, number: int) -> dict[str, Any]:
    assigned = TODAY - timedelta(days=lots.randrange(10, 500))
    first_due = assigned + timedelta(days=lots.randrange(5, 40))
    item: dict[str, Any] = {
        "item_no": f"督{number:05d}", "list_kind": lots.choice(("supervision", "supervision", "problem")),
        "state": lots.choice(_STATES), "assigned_on": None if lots.random() < 0.05 else assigned,
        "first_due_on": first_due, "due_on": first_due + timedelta(days=lots.choice((0, 0, 14, 60))), "closed_on": None,
    }  # fmt: skip
    unit = lots.choice([*UNITS, None])
    closings, signs = [], []
    if item["state"] == "closed":
        closed = min(TODAY, assigned + timedelta(days=lots.randrange(0, 60)))
        item["closed_on"] = closed
        closings = [closed]
        if lots.random() < 0.3:
            signs = [min(TODAY, closed + timedelta(days=lots.randrange(0, 120)))]
    elif item["state"] == "handling" and lots.random() < 0.5:
        closings = [assigned + timedelta(days=5)]
        signs = [assigned + timedelta(days=lots.randrange(5, 9))]
    item_id = put_item(conn, unit=unit, **item)
    for day in closings:
        put_step(conn, item_id, "verify_close_out", day, "closed")
    for day in signs:
        if item["state"] == "closed":
            put_relapse(conn, item_id, day)
        else:
            put_step(conn, item_id, "reopen", day, "handling")
    rest = {"closings": closings, "signs": signs, "unit": unit}
    return {**item, **rest, **_asked(conn, lots, item_id), "hand_overs": _handed(conn, lots, item_id, item)}


def _handed(conn: Connection, lots: random.Random, item_id: int, item: dict[str, Any]) -> list[tuple[Any, ...]]:
    if item["list_kind"] != "problem" or item["state"] != "handed_over":
        return []
    day = TODAY - timedelta(days=lots.randrange(0, 500))
    answered = None if lots.random() < 0.2 else min(TODAY, day + timedelta(days=lots.randrange(0, 9)))
    accepted = None if answered is None else lots.random() < 0.8
    receiver = lots.choice(("supervision", "discipline"))
    conn.execute(insert(t.list_hand_overs).values(
        item_id=item_id, receiver=receiver, reason="x", approver="x", handed_at=noon(day), handed_by="x",
        received_at=answered and noon(answered), is_accepted=accepted, receipt="",
    ))  # fmt: skip
    return [(receiver, day, answered, accepted)]


def _asked(conn: Connection, lots: random.Random, item_id: int) -> dict[str, Any]:
    urgings = [(lots.choice(list(UNITS)), TODAY - timedelta(days=lots.randrange(0, 400)))
               for _ in range(lots.randrange(0, 3))]  # fmt: skip
    for unit, day in urgings:
        conn.execute(insert(t.list_urgings).values(item_id=item_id, level=1, at=noon(day), account="x",
                                                   unit_code=unit, text=""))  # fmt: skip
    letters = []
    if lots.random() < 0.4:
        kind, is_void = lots.choice(("notice", "urging", "escalation", "extension")), lots.random() < 0.2
        unit, day = lots.choice(list(UNITS)), TODAY - timedelta(days=lots.randrange(0, 400))
        conn.execute(insert(t.list_documents).values(
            item_id=item_id, kind=kind, word="示督办", year=2026, number=item_id, document_no=f"〔2026〕{item_id}号",
            title="x", unit_code=unit, made_at=noon(day), made_by="x", voided_at=noon(day) if is_void else None,
        ))  # fmt: skip
        letters.append((unit, day, kind, is_void))
    return {"urgings": urgings, "letters": letters}
