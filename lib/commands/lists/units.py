"""Which units answer for an item, and which of them speaks when a report or a request comes in."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from lib.access.roles import NotAllowedError
from lib.commands.lists.desk import Desk, known_unit
from lib.schema import lists as t


@dataclass(frozen=True)
class Responsible:
    """The units that answer for an item now: its lead unit (None before one is chosen) and the supporting ones."""

    lead: str | None
    supporting: tuple[str, ...]


def responsible(conn: Connection, item_id: int) -> Responsible:
    """Who answers for the item now."""
    r = t.list_responsibilities.c
    standing = select(r.unit_code, r.is_lead).where(r.item_id == item_id, r.ended_at.is_(None))
    rows = conn.execute(standing.order_by(r.responsibility_id)).all()
    leads = [row.unit_code for row in rows if row.is_lead]
    return Responsible(leads[0] if leads else None, tuple(row.unit_code for row in rows if not row.is_lead))


def speaking_unit(conn: Connection, desk: Desk, item_id: int, named: str | None, *, lead_only: bool) -> str | None:
    """The unit that a report or request comes from: the one named, else the lead unit or, for an account of a unit,
    whichever of the responsible ones it speaks for. lead_only: among accounts of units only that of the lead unit may.

    Raises NotAllowedError, CommandError.
    """
    now = responsible(conn, item_id)
    if desk.reach is not None:
        if lead_only and now.lead not in desk.reach:
            raise NotAllowedError(f"本单位是配合单位，此项应由牵头单位{desk.names.get(now.lead or '', '')}提出")
        if named and named not in desk.reach:
            raise NotAllowedError("只能以本单位或下属单位的名义填报")
        own = [code for code in (now.lead, *now.supporting) if code in desk.reach]
        return named or own[0]
    return known_unit(named, desk, "填报单位") if named else now.lead
