"""A returned reply sheet becomes a progress report, and the sheet itself evidence."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from lib.assessment_store import AssessmentStore
from lib.commands import CommandError
from lib.commands.lists import evidence, reports
from lib.commands.lists.desk import Desk
from lib.lists.reply import TITLE, Reply
from lib.schema import lists as t


@dataclass(frozen=True)
class TakeReply:
    """Take in one sheet. content: the file as it came, which the key of the form is made of: sent twice, it is
    carried out once.
    """

    reply: Reply
    file_name: str
    content: bytes = field(repr=False)


def take_reply(store: AssessmentStore, desk: Desk, command: TakeReply) -> int:
    """Store the report and the sheet; returns the new version of the item.

    Two steps, each once however often the sheet comes: what an interrupted import left undone, the next one does.
    Raises NotAllowedError, CommandError.
    """
    reply = command.reply
    if reply.unit_code not in desk.units:
        raise CommandError(f"回复表上的单位（编码 {reply.unit_code}）不在单位表中，请在事项页录入进展")
    said = reports.Report(
        reply.item_no, reply.progress, reply.problems, reply.next_steps, reply.unit_code, reply.reporter,
        reply.reported_on, origin="sheet", form_key=form_key(command.content),
    )  # fmt: skip
    reports.report(store, desk, said)
    if not _is_kept(store, reply.item_no, command.content):
        key = form_key(command.content, "file")
        sheet = evidence.AddEvidence(
            reply.item_no, command.file_name, command.content, "progress", TITLE, form_key=key
        )  # fmt: skip
        evidence.add_evidence(store, desk, sheet)
    with store.reading() as conn:
        version = select(t.list_items.c.version).where(t.list_items.c.item_no == reply.item_no)
        return int(conn.execute(version).scalar_one())


def _is_kept(store: AssessmentStore, item_no: str, content: bytes) -> bool:
    """Whether the item has the file already, because somebody attached it by hand."""
    e, i = t.list_evidence.c, t.list_items.c
    same = select(e.evidence_id).join_from(t.list_evidence, t.list_items).where(
        i.item_no == item_no, e.sha256 == hashlib.sha256(content).hexdigest(), e.withdrawn_at.is_(None)
    )  # fmt: skip
    with store.reading() as conn:
        return conn.execute(same).first() is not None


def form_key(content: bytes, part: str = "reply") -> str:
    """Key of the form that a sheet is: the same file always gives the same one."""
    return f"{part}:{hashlib.sha256(content).hexdigest()[:56]}"


def taken_before(conn: Connection, contents: list[bytes]) -> list[bool]:
    """Of each file, whether it was taken in before."""
    keys = [form_key(content) for content in contents]
    s = t.list_steps.c
    known = set(conn.execute(select(s.form_key).where(s.form_key.in_(keys))).scalars()) if keys else set()
    return [key in known for key in keys]
