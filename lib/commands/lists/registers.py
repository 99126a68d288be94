"""What the registers beside the lists (民情日记, 预警) share: who keeps them, forms sent twice, becoming an item."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, select

from lib.access.roles import ROLES, NotAllowedError
from lib.assessment_store import AssessmentStore
from lib.city import load_city
from lib.commands import CommandError, ConflictError
from lib.commands.lists import desk as d
from lib.commands.lists.desk import Desk
from lib.commands.lists.items import AddItem, insert_item
from lib.schema import lists as t
from lib.schema.list_terms import LIST_KINDS


@dataclass(frozen=True)
class Source:
    """An entry of a register that becomes an item. found: its row, locked (columns item_id and version). values: what
    the item says. settle: writes the item into the entry, with the entry of the history.
    """

    list_kind: str
    opened_version: int
    form_key: str | None
    found: Callable[[Connection], Any]
    values: Callable[[Any], Mapping[str, Any]]
    settle: Callable[[Connection, Any, int, str], None]


def to_item(store: AssessmentStore, desk: Desk, source: Source) -> str:
    """Propose an item (拟列) in one transaction with the entry it comes from; returns its number.

    Raises NotAllowedError, CommandError when the entry has become one already, ConflictError.
    """
    kind = d.chosen(source.list_kind, LIST_KINDS, "清单")
    d.refuse("propose", desk, kind, None)
    i = t.list_items.c
    try:
        with store.writing() as conn:
            row = source.found(conn)
            d.done_before(conn, source.form_key)
            if row.item_id is not None:
                item_no = conn.execute(select(i.item_no).where(i.item_id == row.item_id)).scalar_one()
                raise CommandError(f"已经转为事项 {item_no}，请在该事项中继续办理")
            if row.version != source.opened_version:
                raise ConflictError("该记录", {"版本": str(row.version)}, {"办理": "转为事项"})
            item_no = insert_item(conn, desk, AddItem(kind, source.values(row), form_key=source.form_key))
            item_id = conn.execute(select(i.item_id).where(i.item_no == item_no)).scalar_one()
            source.settle(conn, row, int(item_id), item_no)
            return item_no
    except d.DoneBefore as before:
        return before.item_no


def sent_before(conn: Connection, table: Table, form_key: str | None) -> Any:
    """The row that the form of this key made already, or None."""
    if form_key is None:
        return None
    # The same form sent twice at once: the second waits until the first is through.
    d.lock_history(conn)
    return conn.execute(select(table).where(table.c.form_key == form_key)).first()


def made(desk: Desk) -> dict[str, Any]:
    """Columns that say who made an entry, and when."""
    return {"created_by": desk.person.account, "created_at": desk.moment, "version": 1}


def known_district(code: str | None, desk: Desk) -> str | None:
    """Code of a district of the city, or None. Raises CommandError."""
    if not code:
        return None
    if code not in set(load_city(desk.profile.city).districts["district_code"]):
        raise CommandError(f"所属县区“{code}”不在区县表中，请从列表中选择")
    return code


def is_clerk(desk: Desk) -> bool:
    """Whether the person keeps one of the lists, and so the registers beside them."""
    return desk.person.may("registers", "write")


def require_clerk(desk: Desk, what: str) -> None:
    """Raises NotAllowedError for whoever keeps none of the lists."""
    if not is_clerk(desk):
        raise NotAllowedError(f"{ROLES[desk.person.role]}不能登记{what}，应由热线中心或督查局办理")
