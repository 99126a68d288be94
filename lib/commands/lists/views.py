"""Views of the lists that people save for themselves: a name and the filters as they stand in the address.

A view is nobody's record and goes into no history.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select

from lib.access.moments import utc
from lib.assessment_store import AssessmentStore
from lib.commands import CommandError
from lib.commands.lists import desk as d
from lib.commands.lists.desk import Desk
from lib.lists.process import RESOURCES
from lib.schema import lists as t
from lib.schema.list_terms import LIST_KINDS

LONGEST_NAME = 20
MOST_VIEWS = 20
LONGEST_QUERY = 2000


@dataclass(frozen=True)
class SaveView:
    """Save filters under a name; one of that name is replaced. query: parameter of the address → value."""

    list_kind: str
    name: str
    query: Mapping[str, str]


@dataclass(frozen=True)
class DropView:
    """Throw a view away."""

    list_kind: str
    name: str


def save_view(store: AssessmentStore, desk: Desk, command: SaveView) -> None:
    """Raises NotAllowedError, CommandError."""
    kind = d.chosen(command.list_kind, LIST_KINDS, "清单")
    right = "own_unit" if desk.reach is not None else "read"
    d.require_list(desk, kind, right)
    name = " ".join(d.written(command.name, "视图名称", required=True, longest=LONGEST_NAME).split())
    if not command.query:
        raise CommandError("还没有筛选条件，请先选择条件再保存视图")
    query = json.dumps(dict(command.query), ensure_ascii=False, sort_keys=True)
    if len(query) > LONGEST_QUERY:
        raise CommandError("筛选条件太长，不能保存为视图，请减少条件")
    v = t.list_views
    own = v.c.account == desk.person.account, v.c.list_kind == kind
    with store.writing() as conn:
        # One of a kind at a time: locked, two tabs cannot both add the last one.
        d.lock_history(conn)
        conn.execute(delete(v).where(*own, v.c.name == name))
        if conn.execute(select(func.count()).select_from(v).where(*own)).scalar_one() >= MOST_VIEWS:
            raise CommandError(f"每个清单最多保存{MOST_VIEWS}个视图，请先删除不用的")
        conn.execute(
            insert(v).values(account=desk.person.account, list_kind=kind, name=name, query=query,
                             saved_at=utc(desk.now))
        )  # fmt: skip


def drop_view(store: AssessmentStore, desk: Desk, command: DropView) -> None:
    """Nothing happens where there is none of that name."""
    v = t.list_views.c
    own = v.account == desk.person.account, v.list_kind == command.list_kind, v.name == command.name
    with store.writing() as conn:
        conn.execute(delete(t.list_views).where(*own))


def views_of(conn: Connection, account: str, list_kind: str) -> dict[str, dict[str, str]]:
    """Name → parameters of the address of every view of the person on that list, by name. Raises KeyError."""
    assert list_kind in RESOURCES, list_kind
    v = t.list_views.c
    rows = conn.execute(select(v.name, v.query).where(v.account == account, v.list_kind == list_kind).order_by(v.name))
    return {row.name: json.loads(row.query) for row in rows}
