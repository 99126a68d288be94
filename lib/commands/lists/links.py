"""Linking tickets to an item, and taking a link back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import update

from lib.access.audit import Verbatim
from lib.assessment_store import AssessmentStore
from lib.commands import CommandError
from lib.commands.lists import desk as d
from lib.commands.lists.desk import Desk, Taken, TicketKey
from lib.commands.lists.items import link_tickets
from lib.schema import lists as t


@dataclass(frozen=True)
class LinkTickets:
    """Say that an item is about these tickets too."""

    item_no: str
    tickets: Sequence[TicketKey]
    form_key: str | None = None


@dataclass(frozen=True)
class UnlinkTicket:
    """Take a ticket off an item, with a reason; the link stays in the history."""

    item_no: str
    source_code: str
    ticket_no: str
    reason: str
    form_key: str | None = None


def link(store: AssessmentStore, desk: Desk, command: LinkTickets) -> int:
    """Link the tickets; returns the new version. Those that are linked already are left as they are.

    Raises NotAllowedError, CommandError for unknown tickets and when nothing is new.
    """
    if not command.tickets:
        raise CommandError("请选择要关联的工单")

    def act(taken: Taken) -> None:
        new = link_tickets(taken.conn, desk, taken.item.item_id, d.check_tickets(command.tickets, desk))
        if not new:
            raise CommandError("这些工单都已关联到该事项，无须重复关联")
        # Masking could take a long ticket number for that of a card.
        taken.facts["关联工单"] = Verbatim("、".join(number for _, number in new))

    return d.take_step(store, desk, "link", command, act)


def unlink(store: AssessmentStore, desk: Desk, command: UnlinkTicket) -> int:
    """End the link; returns the new version. Raises NotAllowedError, CommandError."""
    reason = d.written(command.reason, "取消关联的原因", required=True)

    def act(taken: Taken) -> None:
        k = t.list_tickets
        ended = taken.conn.execute(
            update(k)
            .where(k.c.item_id == taken.item.item_id, k.c.unlinked_at.is_(None))
            .where(k.c.source_code == command.source_code, k.c.ticket_no == command.ticket_no)
            .values(unlinked_at=desk.moment)
        )
        if not ended.rowcount:
            raise CommandError(f"工单 {command.ticket_no} 没有关联到该事项，请刷新后核对")
        taken.text = reason
        taken.facts["取消关联工单"] = Verbatim(command.ticket_no)

    return d.take_step(store, desk, "link", command, act)
