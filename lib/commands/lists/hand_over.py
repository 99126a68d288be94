"""Handing an item of the 问题清单 over to 督查局 or 纪委监委, and signing for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, insert, select, update

from lib.access.roles import ROLES, NotAllowedError
from lib.assessment_store import AssessmentStore
from lib.commands import CommandError
from lib.commands.lists import desk as d
from lib.commands.lists.desk import Desk, Taken
from lib.commands.lists.items import AddItem, insert_item, link_tickets, values_of
from lib.commands.lists.requests import refuse_undecided
from lib.lists.fields import fields_of
from lib.lists.process import SUPERVISION
from lib.schema import lists as t
from lib.schema.list_terms import RECEIVERS

# A new list, a new limit: it is set when the item is assigned.
_NOT_TAKEN_ALONG = ("due_on", "source", "source_note")


@dataclass(frozen=True)
class HandOver:
    """Hand the item over (移交). approver: leader who approved, as on the paper; receivers: keys of RECEIVERS."""

    item_no: str
    opened_version: int
    reason: str
    approver: str
    receivers: Sequence[str] = ("supervision",)
    form_key: str | None = None


@dataclass(frozen=True)
class Receive:
    """Sign for a hand-over, or send it back with words. values: fields of the new supervision item that the receiver
    changes, as in AddItem; the others come from the problem item.
    """

    hand_over_id: int
    is_accepted: bool
    receipt: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    form_key: str | None = None


@dataclass(frozen=True)
class _OnItem:
    """The command as a step of the item."""

    item_no: str
    form_key: str | None


def hand_over(store: AssessmentStore, desk: Desk, command: HandOver) -> int:
    """→ 已移交, one row per receiver that signs for itself; returns the new version.

    Raises NotAllowedError, CommandError, ConflictError.
    """
    reason = d.written(command.reason, "移交理由", required=True)
    approver = d.written(command.approver, "批准人", required=True, longest=64)
    receivers = tuple(dict.fromkeys(command.receivers))
    allowed = {key: RECEIVERS[key] for key in desk.profile.hand_over_to}
    if not receivers:
        raise CommandError(f"请选择接收单位：{'、'.join(allowed.values())}")
    for receiver in receivers:
        d.chosen(receiver, allowed, "接收单位")

    def act(taken: Taken) -> None:
        refuse_undecided(taken)
        for receiver in receivers:
            taken.conn.execute(
                insert(t.list_hand_overs).values(
                    item_id=taken.item.item_id, receiver=receiver, reason=reason, approver=approver,
                    handed_at=desk.moment, handed_by=desk.person.account, receipt="",
                )
            )  # fmt: skip
        taken.text = reason
        taken.facts.update({"接收单位": "、".join(RECEIVERS[key] for key in receivers), "批准人": approver})

    return d.take_step(store, desk, "hand_over", command, act)


def receive(store: AssessmentStore, desk: Desk, command: Receive) -> str | None:
    """Sign or send back, by the role of the receiver. 督查局 accepting makes an item of the 督办清单, 待交办, whose
    number is returned. Once all have sent it back, the item is again what it was.

    Raises NotAllowedError, CommandError.
    """
    receipt = d.written(command.receipt, "退回理由" if not command.is_accepted else "签收意见",
                        required=not command.is_accepted, longest=2000)  # fmt: skip
    h = t.list_hand_overs
    with store.reading() as conn:
        which = (
            select(t.list_items.c.item_no, h.c.receiver)
            .join(h, h.c.item_id == t.list_items.c.item_id)
            .where(h.c.hand_over_id == command.hand_over_id)
        )
        found = conn.execute(which).first()
    if found is None:
        raise CommandError("没有这份移交，请刷新后核对")
    if found.receiver != desk.person.role:
        raise NotAllowedError(f"这份移交应由{RECEIVERS[found.receiver]}签收，{ROLES[desk.person.role]}不能代签")

    def act(taken: Taken) -> None:
        rows = _latest(taken.conn, taken.item.item_id)
        mine = next((row for row in rows if row.hand_over_id == command.hand_over_id), None)
        if mine is None or mine.received_at is not None:
            raise CommandError("这份移交已经签收或退回，无须重复办理")
        new_no, new_id = None, None
        if command.is_accepted and mine.receiver == "supervision":
            new_no, new_id = _supervise(taken, desk, command)
        answer = {"received_at": desk.moment, "received_by": desk.person.account, "receipt": receipt,
                  "is_accepted": command.is_accepted, "new_item_id": new_id}  # fmt: skip
        taken.conn.execute(update(h).where(h.c.hand_over_id == command.hand_over_id).values(**answer))
        others = [row for row in rows if row.hand_over_id != command.hand_over_id]
        if not command.is_accepted and all(row.is_accepted is False for row in others):
            taken.changes["state"] = _state_before(taken.conn, taken.item.item_id)
        taken.text = receipt
        taken.facts[RECEIVERS[mine.receiver]] = "签收" if command.is_accepted else "退回"
        if new_no:
            taken.facts["督办清单编号"] = new_no

    d.take_step(store, desk, "receive", _OnItem(found.item_no, command.form_key), act)
    with store.reading() as conn:
        made = select(t.list_items.c.item_no).join(h, h.c.new_item_id == t.list_items.c.item_id)
        return conn.execute(made.where(h.c.hand_over_id == command.hand_over_id)).scalar()


def _latest(conn: Connection, item_id: int) -> list[Any]:
    """Rows of the last hand-over of the item: those of one moment."""
    h = t.list_hand_overs
    rows = conn.execute(select(h).where(h.c.item_id == item_id).order_by(h.c.hand_over_id.desc())).all()
    return [row for row in rows if row.handed_at == rows[0].handed_at]


def _state_before(conn: Connection, item_id: int) -> str:
    """What the item was when it was handed over."""
    s = t.list_steps.c
    last = select(s.from_state).where(s.item_id == item_id, s.step == "hand_over").order_by(s.step_no.desc())
    return str(conn.execute(last.limit(1)).scalar_one())


def _supervise(taken: Taken, desk: Desk, command: Receive) -> tuple[str, int]:
    """Make the supervision item: the same matter, tickets and responsible units; returns its number and its id."""
    conn, problem = taken.conn, taken.item
    rules = fields_of(SUPERVISION, desk.profile)
    standing = {key: value for key, value in values_of(conn, problem).items()
                if key in rules and key not in _NOT_TAKEN_ALONG and value not in (None, "")
                and rules[key].place != "own"}  # fmt: skip
    if standing.get("reply_by_on", desk.today) < desk.today:
        del standing["reply_by_on"]
    # Units may have left the unit tree since: then the receiver names another.
    standing["supporting_unit_codes"] = [c for c in standing.get("supporting_unit_codes", ()) if c in desk.units]
    if standing.get("lead_unit_code") not in desk.units:
        standing = {key: value for key, value in standing.items() if rules[key].place != "lead"}
    given = {"source": "hand_over", "source_note": f"问题清单 {problem.item_no}", **command.values}
    made = AddItem(SUPERVISION, {**standing, **given}, origin_item_id=problem.item_id)
    item_no = insert_item(conn, desk, made, state="listed", step="receive")
    item_id = conn.execute(select(t.list_items.c.item_id).where(t.list_items.c.item_no == item_no)).scalar_one()
    k = t.list_tickets.c
    linked = conn.execute(
        select(k.source_code, k.ticket_no).where(k.item_id == problem.item_id, k.unlinked_at.is_(None))
        .order_by(k.link_id)
    )  # fmt: skip
    # As they are: a ticket that has left the ticket database since still belongs to the matter.
    link_tickets(conn, desk, item_id, [(row.source_code, row.ticket_no) for row in linked])
    return item_no, int(item_id)
