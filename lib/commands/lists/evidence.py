"""Evidence of an item: files that are kept, withdrawn but never deleted, and read by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, insert, select, update

from lib.access import audit
from lib.access.audit import Act, Verbatim
from lib.access.moments import clock
from lib.assessment_store import AssessmentStore
from lib.commands import CommandError
from lib.commands.lists import desk as d
from lib.commands.lists.desk import Desk
from lib.commands.lists.files import keep_file, kept_file
from lib.lists.file_types import KINDS, FileRefusedError, clean_name, kind_of
from lib.lists.process import RESOURCES
from lib.schema import lists as t
from lib.schema.list_terms import PURPOSES

# What a unit may attach; scans of instructions, receipts and findings of others are the office's.
UNIT_PURPOSES = {key: PURPOSES[key] for key in ("progress", "close_out", "other")}
# Scans of leaders' instructions stay among those who read the whole list.
NOT_FOR_UNITS = ("instruction",)


@dataclass(frozen=True)
class AddEvidence:
    """Attach a file. content: at most 20 MB, of a kind of file_types.KINDS by content. purpose: key of PURPOSES."""

    item_no: str
    file_name: str
    content: bytes = field(repr=False)
    purpose: str
    note: str = ""
    form_key: str | None = None


@dataclass(frozen=True)
class WithdrawEvidence:
    """Take a file back; it stays in the history."""

    item_no: str
    evidence_id: int
    reason: str
    form_key: str | None = None


def add_evidence(store: AssessmentStore, desk: Desk, command: AddEvidence) -> int:
    """Keep the file with the item and return its evidence_id.

    Raises NotAllowedError, CommandError for a file that may not be kept, and for one that the item has already.
    """
    offered = PURPOSES if desk.reach is None else UNIT_PURPOSES
    purpose = d.chosen(command.purpose, offered, "材料用途")
    note = d.written(command.note, "材料说明", longest=200)
    try:
        kind = kind_of(command.content)
        name = clean_name(command.file_name, kind)
    except FileRefusedError as error:
        shown = clean_name(command.file_name, "pdf").rsplit(".", 1)[0]
        raise CommandError(f"“{shown}”{error}") from error
    e = t.list_evidence
    try:
        with d.taking(store, desk, "attach", command.item_no, None, form_key=command.form_key) as taken:
            conn, item_id = taken.conn, taken.item.item_id
            digest = keep_file(conn, command.content)
            same = conn.execute(
                select(e).where(e.c.item_id == item_id, e.c.sha256 == digest, e.c.withdrawn_at.is_(None))
            ).first()
            if same is not None:
                raise CommandError(f"这份材料已经上传过（{same.file_name}，{clock(same.added_at)}），不再重复保存")
            values = {
                "item_id": item_id, "sha256": digest, "file_name": name, "kind": kind, "purpose": purpose,
                "note": note, "added_at": desk.moment, "added_by": desk.person.account,
            }  # fmt: skip
            evidence_id = conn.execute(insert(e).values(**values).returning(e.c.evidence_id)).scalar_one()
            taken.text = note
            taken.facts = {"材料": name, "用途": PURPOSES[purpose]}
            act = Act("evidence_added", taken.item.item_no,
                      after={**taken.facts, "大小": len(command.content), "校验值": Verbatim(digest)})  # fmt: skip
            audit.append(conn, desk.person, act, at=desk.moment)
            return int(evidence_id)
    except d.DoneBefore:
        with store.reading() as conn:
            return _latest_of(conn, command.item_no, desk)


def _latest_of(conn: Connection, item_no: str, desk: Desk) -> int:
    """What the form that was sent twice attached: the newest file of the person on that item."""
    e = t.list_evidence
    found = conn.execute(
        select(e.c.evidence_id)
        .join(t.list_items, t.list_items.c.item_id == e.c.item_id)
        .where(t.list_items.c.item_no == item_no, e.c.added_by == desk.person.account)
        .order_by(e.c.evidence_id.desc())
    ).first()
    assert found is not None, "a form that was carried out attached something"
    return int(found.evidence_id)


def withdraw_evidence(store: AssessmentStore, desk: Desk, command: WithdrawEvidence) -> int:
    """End the file's standing and return the item's new version. Raises NotAllowedError, CommandError."""
    reason = d.written(command.reason, "撤下原因", required=True, longest=200)
    e = t.list_evidence

    def act(taken: d.Taken) -> None:
        conn, item = taken.conn, taken.item
        row = conn.execute(select(e).where(e.c.evidence_id == command.evidence_id, e.c.item_id == item.item_id)).first()
        if row is None:
            raise CommandError("该事项没有这份材料，请刷新页面后重试")
        if row.withdrawn_at is not None:
            raise CommandError(f"“{row.file_name}”已在{clock(row.withdrawn_at)}撤下")
        if item.state == "closing" and row.purpose == "close_out":
            raise CommandError("该事项正在销号复核，佐证材料不能撤下：请先撤回销号申请")
        ended = update(e).where(e.c.evidence_id == row.evidence_id)
        conn.execute(ended.values(withdrawn_at=desk.moment, withdrawn_reason=reason))
        taken.text, taken.facts = reason, {"材料": row.file_name}
        said = Act("evidence_withdrawn", item.item_no, before=taken.facts, reason=reason)
        audit.append(conn, desk.person, said, at=desk.moment)

    return d.take_step(store, desk, "withdraw_evidence", command, act)


def read_evidence(store: AssessmentStore, desk: Desk, evidence_id: int) -> tuple[str, str, bytes]:
    """`evidence_content` in a transaction of its own."""
    with store.writing() as conn:
        return evidence_content(conn, desk, evidence_id)


def evidence_content(conn: Connection, desk: Desk, evidence_id: int) -> tuple[str, str, bytes]:
    """Name, type and content of a file, recorded as read. conn: of `store.writing()`, since nothing is shown that
    the history does not hold. Raises NotAllowedError, CommandError for a file that is not within reach.
    """
    e, i = t.list_evidence, t.list_items
    row = conn.execute(
        select(e, i.c.item_no, i.c.list_kind).join(i, i.c.item_id == e.c.item_id).where(e.c.evidence_id == evidence_id)
    ).first()
    if row is None or not _may_read(conn, desk, row):
        raise CommandError("没有这份材料，或者不在您的查看范围内")
    act = Act("evidence_read", row.item_no, after={"材料": row.file_name, "校验值": Verbatim(row.sha256)})
    audit.append(conn, desk.person, act, at=desk.moment)
    return row.file_name, KINDS[row.kind][1], kept_file(conn, row.sha256)


def _may_read(conn: Connection, desk: Desk, row: Any) -> bool:
    """Who reads the list reads its files; a unit those of its own items, as long as they stand."""
    resource = RESOURCES[row.list_kind]
    if desk.person.may(resource):
        return True
    if not desk.person.may(resource, "reply"):
        return False
    stands = row.withdrawn_at is None and row.purpose not in NOT_FOR_UNITS
    return stands and d.within_reach(conn, desk, row.item_id)
