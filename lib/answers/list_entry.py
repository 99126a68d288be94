"""What the entry of list items asks: what tickets say already, and what may be on a list already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from lib.access.masking import mask_text
from lib.access.roles import NotAllowedError
from lib.answers.labels import names_of
from lib.answers.source import Source
from lib.lists.likeness import LIKE, likeness
from lib.lists.process import RESOURCES
from lib.queries import list_duplicates, ticket_detail
from lib.schema.list_terms import STATES
from lib.schema.tickets import UNMAPPED

TicketKey = tuple[str, str]
MOST_TICKETS = 50
_TITLE, _CONTENT, _WORDS = 200, 300, 4500
_HIDDEN = "（限制件，内容不显示）"


@dataclass(frozen=True)
class Proposal:
    """What tickets say about an item: values under the keys of lists.fields, the tickets found, numbers of those that
    are none within reach.
    """

    values: dict[str, Any]
    tickets: tuple[TicketKey, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Duplicate:
    """An open item that may be the same matter; why: a sentence."""

    item_no: str
    title: str
    state: str
    why: str


def proposal(source: Source, keys: tuple[TicketKey, ...]) -> Proposal:
    """Title, description, unit, district and category as the tickets have them, texts masked; what several tickets
    disagree on is taken from most of them. At most MOST_TICKETS are looked at.

    Raises NotAllowedError for those who see figures only.
    """
    if not source.access.tickets:
        raise NotAllowedError("没有查看工单的权限，不能从工单带出内容")
    wanted = list(dict.fromkeys(keys))[:MOST_TICKETS]
    rows = [(key, ticket_detail.ticket_row(source.conn, *key, reach=source.access.reach)) for key in wanted]
    found = [(key, row) for key, row in rows if row is not None]
    missing = tuple(number for (_, number), row in rows if row is None)
    if not found:
        return Proposal({}, (), missing)
    said = [_said(source, row) for _, row in found]
    units = names_of(source, "unit")
    values = {
        "title": next((title for title, _ in said if title != _HIDDEN), "")[:_TITLE],
        "manifestation": _description([row for _, row in found], said, units),
        "source": "tickets",
        "lead_unit_code": _most(row["unit_code"] for _, row in found),
        "district_code": _most(row["district_code"] for _, row in found),
        "category_code": _most(row["category_code"] for _, row in found),
    }
    return Proposal({k: v for k, v in values.items() if v}, tuple(key for key, _ in found), missing)


def _said(source: Source, row: dict[str, Any]) -> tuple[str, str]:
    """Masked title and beginning of the content; nothing of restricted classes."""
    if row["restricted_class"] is not None:
        return _HIDDEN, ""
    raw = ticket_detail.ticket_text(source.conn, row)
    return " ".join(mask_text(raw["title"]).split()), mask_text(raw["content"]).strip()[:_CONTENT]


def _description(rows: Sequence[dict[str, Any]], said: Sequence[tuple[str, str]], units: dict[object, str]) -> str:
    """One ticket: its content. Several: a line each."""
    if len(rows) == 1:
        return said[0][1]
    lines = []
    for row, (title, _) in zip(rows, said, strict=True):
        received: datetime | None = row["received_at"]
        day = f"{received:%Y-%m-%d}" if received is not None else "时间不详"
        lines.append(f"{day}　{row['ticket_no']}　{units.get(row['unit_code'], '')}　{title}")
    return f"关联工单{len(rows)}件：\n{chr(10).join(lines)}"[:_WORDS]


def _most(codes: Iterable[str | None]) -> str | None:
    known = Counter(code for code in codes if code and code != UNMAPPED)
    return known.most_common(1)[0][0] if known else None


def tickets_by_number(source: Source, numbers: tuple[str, ...]) -> dict[str, tuple[TicketKey, ...]]:
    """Number → tickets of that number within reach: none, one, or several where sources share a number."""
    if not source.access.tickets:
        return {}
    keys = ticket_detail.keys_of_numbers(source.conn, numbers, reach=source.access.reach)
    return {number: tuple(key for key in keys if key[1] == number) for number in numbers}


def duplicates(
    conn: Connection, list_kind: str, title: str, unit_code: str | None, keys: Sequence[TicketKey]
) -> list[Duplicate]:
    """Open items that may be the same matter: linked to one of the tickets (of either list), or of the same unit
    with a very similar title (of this list). Most alike first. Raises KeyError for an unknown list.
    """
    assert list_kind in RESOURCES, list_kind
    found: dict[str, Duplicate] = {}
    if keys:
        for row in list_duplicates.open_items_of_tickets(conn, keys).to_dict("records"):
            why = f"已关联同一工单 {row['ticket_no']}"
            found.setdefault(row["item_no"], Duplicate(row["item_no"], row["title"], STATES[row["state"]], why))
    if title and unit_code:
        open_ones = list_duplicates.open_titles(conn, list_kind)
        own = open_ones[open_ones["unit_code"] == unit_code]
        alike = sorted(((likeness(title, row["title"]), row) for row in own.to_dict("records")), key=lambda x: -x[0])
        for share, row in alike[:5]:
            if share >= LIKE:
                why = "责任单位相同、标题相近"
                found.setdefault(row["item_no"], Duplicate(row["item_no"], row["title"], STATES[row["state"]], why))
    return list(found.values())


def made_by_form(conn: Connection, form_key: str) -> str | None:
    """Number of the item that the form of this key made or changed; None where it was not carried out."""
    return list_duplicates.made_by_form(conn, form_key)
