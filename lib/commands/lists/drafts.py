"""What people have typed and not yet saved: one draft per person and form, kept while they type.

A draft is nobody's record: it goes into no history, and it goes away when its form is saved or thrown away.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from lib.access.moments import utc
from lib.access.roles import Identity, NotAllowedError
from lib.assessment_store import AssessmentStore
from lib.commands import CommandError
from lib.lists.process import RESOURCES
from lib.schema import lists as t

LARGEST_BYTES = 100 * 1024
MOST_DRAFTS = 200
# Of the body: key under which the form will be saved. A draft whose form was carried out is none any more.
FORM_KEY = "form_key"
_FORM = re.compile(r"[a-z_]{1,24}:[\w:~.\-]{1,39}")
_RIGHTS = ("write", "reply", "receive", "approve")


@dataclass(frozen=True)
class SaveDraft:
    """Keep what stands in a form now. form: which form, e.g. add:supervision. body: what was typed, with the key
    under which the form will be saved as `form_key`. sequence: counts up with each save of one form.
    """

    form: str
    body: Mapping[str, Any]
    sequence: int


@dataclass(frozen=True)
class DropDraft:
    """Throw a draft away."""

    form: str


@dataclass(frozen=True)
class Draft:
    """A draft as it is offered again. saved_at: UTC without zone."""

    form: str
    body: dict[str, Any]
    sequence: int
    saved_at: datetime


def save_draft(store: AssessmentStore, person: Identity, command: SaveDraft, *, now: datetime) -> datetime:
    """Keep the draft and return the moment at which it was kept (UTC without zone); once this returns it is on disk.
    An older sequence changes nothing, nor does a form that was carried out meanwhile.

    Raises NotAllowedError for roles that fill in no forms of the lists, CommandError.
    """
    if not any(person.may(resource, right) for resource in RESOURCES.values() for right in _RIGHTS):
        raise NotAllowedError("本角色不填写清单，没有草稿")
    if not _FORM.fullmatch(command.form):
        raise CommandError("草稿所属的表单名称有误，请刷新页面后重试")
    body = json.dumps(command.body, ensure_ascii=False, sort_keys=True).replace("\\u0000", "")
    if len(body.encode("utf-8", "replace")) > LARGEST_BYTES:
        raise CommandError("内容超过100KB，草稿没有保存；请分几次录入")
    body = body.encode("utf-8", "replace").decode()
    moment, d = utc(now), t.list_drafts
    own = (d.c.account == person.account, d.c.form == command.form)
    with store.writing() as conn:
        known = conn.execute(select(d.c.sequence, d.c.saved_at).where(*own).with_for_update()).first()
        if known is not None and known.sequence >= command.sequence:
            return moment if known.sequence == command.sequence else known.saved_at
        if _was_carried_out(conn, command.body.get(FORM_KEY)):
            conn.execute(delete(d).where(*own))
            return moment
        values = {"body": body, "sequence": command.sequence, "saved_at": moment}
        if known is not None:
            conn.execute(update(d).where(*own).values(**values))
            return moment
        held = conn.execute(select(func.count()).select_from(d).where(d.c.account == person.account)).scalar_one()
        if held >= MOST_DRAFTS:
            raise CommandError(f"未完成的草稿已有{MOST_DRAFTS}份，请先处理或放弃一些")
        conn.execute(insert(d).values(account=person.account, form=command.form, **values))
        return moment


def drop_draft(store: AssessmentStore, person: Identity, command: DropDraft) -> None:
    """Throw the draft away; one that is not there is no fault."""
    d = t.list_drafts
    with store.writing() as conn:
        conn.execute(delete(d).where(d.c.account == person.account, d.c.form == command.form))


def draft_of(conn: Connection, account: str, form: str) -> Draft | None:
    """The draft of that person and form; None where there is none, or where its form was carried out."""
    d = t.list_drafts
    row = conn.execute(select(d).where(d.c.account == account, d.c.form == form)).first()
    draft = _draft(row) if row is not None else None
    return None if draft is None or _was_carried_out(conn, draft.body.get(FORM_KEY)) else draft


def drafts_of(conn: Connection, account: str) -> list[Draft]:
    """Every draft of that person that still waits, newest first."""
    d = t.list_drafts
    rows = conn.execute(select(d).where(d.c.account == account).order_by(d.c.saved_at.desc())).all()
    return [draft for draft in map(_draft, rows) if not _was_carried_out(conn, draft.body.get(FORM_KEY))]


def _draft(row: Row[Any]) -> Draft:
    return Draft(row.form, json.loads(row.body), row.sequence, row.saved_at)


def _was_carried_out(conn: Connection, form_key: object) -> bool:
    """Whether a form of that key stands in the timeline of an item or in a register."""
    if not isinstance(form_key, str) or not form_key:
        return False
    places = (t.list_steps.c.form_key, t.visit_notes.c.form_key, t.list_warnings.c.form_key)
    return any(conn.execute(select(place).where(place == form_key).limit(1)).first() is not None for place in places)
