"""Desks of people who work on the lists, and items brought into any state by the very commands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import insert, select

from lib.access.roles import ROLES, Identity, Role
from lib.assessment_store import AssessmentStore
from lib.commands.lists import hand_over, items, requests, steps
from lib.commands.lists.desk import Desk
from lib.demo.lists import OneTransaction
from lib.lists.profile import load_lists
from lib.schema import lists as t

# Monday 2026-11-02, 17:00 in the city.
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 2)
PROFILE = load_lists("demo")
UNITS = {"U1": "住建局", "U2": "城管局", "U3": "水务局", "U1-1": "物业科", "T1": "向阳街道"}
TICKETS = {("A", f"T{number}") for number in range(1, 9)}
KEEPER: dict[str, Role] = {"problem": "hotline", "supervision": "supervision"}


def desk(role: Role = "supervision", account: str | None = None, *, now: datetime = NOW,
         reach: tuple[str, ...] | None = None, **given: Any) -> Desk:  # fmt: skip
    """Somebody of that role; role unit speaks for U1 and what is below it."""
    if role == "unit" and reach is None:
        reach = ("U1", "U1-1")
    person = Identity(account or f"{role}-1", f"{ROLES[role]}·甲", role, reach[0] if reach else None)
    return Desk(person, reach, given.pop("profile", PROFILE), UNITS, lambda keys: TICKETS & set(keys), now, **given)


def keeper(kind: str, *, second: bool = False, now: datetime = NOW) -> Desk:
    """Who keeps that list; second: the other person there, who verifies."""
    return desk(KEEPER[kind], f"{KEEPER[kind]}-{2 if second else 1}", now=now)


def row(store: AssessmentStore, item_no: str) -> Any:
    """The item as it stands."""
    with store.reading() as conn:
        return conn.execute(select(t.list_items).where(t.list_items.c.item_no == item_no)).one()


def request_of(store: AssessmentStore, item_no: str) -> int:
    """Number of the newest request on the item."""
    q = t.list_requests.c
    with store.reading() as conn:
        asked = select(q.request_id).join(t.list_items, t.list_items.c.item_id == q.item_id)
        return int(
            conn.execute(asked.where(t.list_items.c.item_no == item_no).order_by(q.request_id.desc())).scalars().first()
            or 0
        )


def hand_over_of(store: AssessmentStore, item_no: str, receiver: str = "supervision") -> int:
    """Number of the newest hand-over of the item to that receiver."""
    h = t.list_hand_overs.c
    with store.reading() as conn:
        handed = select(h.hand_over_id).join(t.list_items, t.list_items.c.item_id == h.item_id)
        handed = handed.where(t.list_items.c.item_no == item_no, h.receiver == receiver)
        return int(conn.execute(handed.order_by(h.hand_over_id.desc())).scalars().first() or 0)


@contextmanager
def trying(store: AssessmentStore) -> Iterator[OneTransaction]:
    """The store within one transaction that is rolled back at the end: whatever was tried did not happen."""
    with suppress(_Over), store.writing() as conn:
        yield OneTransaction(store.engine, store.pair, conn)
        raise _Over


class _Over(Exception):
    pass


def put_request(store: AssessmentStore, item_no: str, kind: str, *, asked_by: str = "somebody", **given: Any) -> int:
    """An open request on the item, as a row."""
    values = {"item_id": row(store, item_no).item_id, "kind": kind, "asked_at": NOW.replace(tzinfo=None),
              "asked_by": asked_by, "unit_code": "U1", "text": "理由", **given}  # fmt: skip
    with store.writing() as conn:
        return int(
            conn.execute(insert(t.list_requests).values(**values).returning(t.list_requests.c.request_id)).scalar_one()
        )


def put_evidence(store: AssessmentStore, item_no: str, purpose: str = "close_out") -> None:
    """A file as evidence of the item, as a row: what may be kept as one is proved elsewhere."""
    item_id = row(store, item_no).item_id
    with store.writing() as conn:
        if conn.execute(select(t.list_files).where(t.list_files.c.sha256 == "f" * 64)).first() is None:
            conn.execute(insert(t.list_files).values(sha256="f" * 64, size=1, content=b"x"))
        conn.execute(
            insert(t.list_evidence).values(
                item_id=item_id, sha256="f" * 64, file_name="现场照片.jpg", kind="jpeg", purpose=purpose, note="",
                added_at=NOW.replace(tzinfo=None), added_by="test",
            )
        )  # fmt: skip


def new_item(store: AssessmentStore, kind: str = "supervision", **values: Any) -> str:
    """An item, 拟列, with lead unit U1 and supporting unit U2."""
    said = {"title": "向阳小区供暖不热", "source": "tickets", "lead_unit_code": "U1", "supporting_unit_codes": ("U2",)}
    return items.add(store, keeper(kind), items.AddItem(kind, {**said, **values}, [("A", "T1")]))


_WAY = {
    "proposed": (), "declined": ("decline",), "voided": ("void",), "listed": ("enlist",),
    "assigned": ("enlist", "assign"), "handling": ("enlist", "assign", "sign"),
    "handed_over": ("enlist", "hand_over"), "suspended": ("enlist", "assign", "sign", "suspend"),
    "closing": ("enlist", "assign", "sign", "ask"), "closed": ("enlist", "assign", "sign", "ask", "verify"),
}  # fmt: skip


def item_in(store: AssessmentStore, state: str, kind: str = "supervision", **values: Any) -> str:
    """An item that went the whole way into that state."""
    item_no = new_item(store, kind, **values)
    for step in _WAY[state]:
        _take(store, item_no, step, kind)
    assert row(store, item_no).state == state
    return item_no


def _take(store: AssessmentStore, item_no: str, step: str, kind: str) -> None:
    own, other = keeper(kind), keeper(kind, second=True)
    version = row(store, item_no).version
    simple: dict[str, tuple[Any, Any]] = {
        "decline": (steps.decline, lambda: steps.Decline(item_no, version, "不属于清单范围")),
        "void": (steps.void, lambda: steps.Void(item_no, version, "重复录入")),
        "enlist": (steps.enlist, lambda: steps.Enlist(item_no, version)),
        "assign": (steps.assign, lambda: steps.Assign(item_no, version)),
        "sign": (steps.sign, lambda: steps.Sign(item_no, version)),
        "hand_over": (hand_over.hand_over, lambda: hand_over.HandOver(item_no, version, "久拖不决", "王主任")),
    }
    if step in simple:
        handler, command = simple[step]
        handler(store, own, command())
    elif step == "suspend":
        requests.ask_suspension(store, own, requests.AskSuspension(item_no, version, "待诉讼", date(2026, 12, 1)))
        asked = request_of(store, item_no)
        requests.decide_suspension(store, other, requests.DecideSuspension(item_no, version + 1, asked, "granted"))
    elif step == "ask":
        put_evidence(store, item_no)
        requests.ask_close_out(store, own, requests.AskCloseOut(item_no, version, "已整改"))
    else:
        asked = request_of(store, item_no)
        requests.verify_close_out(store, other, requests.VerifyCloseOut(item_no, version, asked, "granted", "属实"))
