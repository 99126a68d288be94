"""Suggestions (拟列建议): storing what a run of the rules found, and deciding about each. A person decides."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from lib.access import audit
from lib.access.audit import COMMAND_LINE, Act, Verbatim
from lib.access.moments import city_time
from lib.access.roles import ROLES, NotAllowedError
from lib.assessment_store import AssessmentStore
from lib.commands import CommandError, ConflictError
from lib.commands.lists import desk as d
from lib.commands.lists.desk import Desk, TicketKey
from lib.commands.lists.items import AddItem, insert_item, link_tickets
from lib.lists.proposals import Proposal
from lib.schema import assessment as a
from lib.schema import lists as t
from lib.schema.list_terms import LIST_KINDS, SUGGESTION_STATES

S = t.list_suggestions.c
LONGEST_REASON = 1000
_ROWS_AT_ONCE = 500


@dataclass(frozen=True)
class StoreRun:
    """Store a run of the rules. as_of: of the tickets; data_version, rules_version: what it ran on."""

    as_of: datetime
    data_version: str
    rules_version: str
    proposals: Sequence[Proposal]


@dataclass(frozen=True)
class RunStored:
    """found: proposals of the run. added: new suggestions. renewed: open ones that gained tickets. The others were
    known, decided about already, or stand on a list.
    """

    run_id: int
    found: int
    added: int
    renewed: int


@dataclass(frozen=True)
class AcceptSuggestion:
    """Make a list item of a suggestion (采纳). values: as in AddItem; the tickets of the chain are linked."""

    suggestion_id: int
    opened_version: int
    list_kind: str
    values: Mapping[str, Any]
    reason: str
    form_key: str | None = None


@dataclass(frozen=True)
class MergeSuggestion:
    """Link the tickets of a suggestion to an item that stands already (并入)."""

    suggestion_id: int
    opened_version: int
    item_no: str
    reason: str
    form_key: str | None = None


@dataclass(frozen=True)
class DeclineSuggestion:
    """Do not follow a suggestion (不采纳)."""

    suggestion_id: int
    opened_version: int
    reason: str


@dataclass(frozen=True)
class DeclineSuggestions:
    """Do not follow several suggestions for the same reason: all of them or none. chosen: (id, opened version)."""

    chosen: Sequence[tuple[int, int]]
    reason: str


def may_decide(desk: Desk) -> bool:
    """Whether the person may run the rules and decide about suggestions."""
    return desk.person.may("suggestions", "write")


def store_run(store: AssessmentStore, desk: Desk, command: StoreRun) -> RunStored:
    """Store the run and what is new in it. A matter that is open already gains the new tickets; one that was decided
    comes back only with enough tickets that nobody decided about. Raises NotAllowedError.
    """
    if desk.person != COMMAND_LINE:
        _require_keeper(desk)
    with store.writing() as conn:
        # Two runs at once would both think a matter new: one after the other, by the end of the history.
        conn.execute(select(a.audit_head.c.head_no).with_for_update())
        run_id = conn.execute(
            insert(t.nomination_runs)
            .values(at=desk.moment, account=desk.person.account, as_of=command.as_of, added=0,
                    data_version=command.data_version, rules_version=command.rules_version,
                    found=len(command.proposals))
            .returning(t.nomination_runs.c.run_id)
        ).scalar_one()  # fmt: skip
        known = _known(conn, command.proposals)
        listed = _on_lists(conn)
        new: list[dict[str, Any]] = []
        renewed = 0
        for proposal in command.proposals:
            generations = known.get(proposal.matter_key, [])
            last = generations[-1] if generations else None
            decided = {key for g in generations if g["state"] != "open" for key in g["tickets"]}
            fresh = [key for key in proposal.tickets if key not in decided and key not in listed]
            if len(fresh) < proposal.minimum or not fresh:
                continue
            if last is None or last["state"] != "open":
                new.append(_row(proposal, fresh, run_id, len(generations) + 1, command.rules_version))
            elif last["rules_version"] == command.rules_version and set(fresh) - set(last["tickets"]):
                values = {"chain": _chain(proposal, fresh), "ticket_count": len(fresh), "version": last["version"] + 1}
                conn.execute(update(t.list_suggestions).where(S.suggestion_id == last["id"]).values(**values))
                renewed += 1
        for start in range(0, len(new), _ROWS_AT_ONCE):
            conn.execute(insert(t.list_suggestions), new[start : start + _ROWS_AT_ONCE])
        own_run = t.nomination_runs.c.run_id == run_id
        conn.execute(update(t.nomination_runs).where(own_run).values(added=len(new)))
        after = {"as_of": command.as_of.isoformat(), "data_version": Verbatim(command.data_version),
                 "rules_version": Verbatim(command.rules_version), "found": len(command.proposals), "added": len(new),
                 "renewed": renewed}  # fmt: skip
        audit.append(conn, desk.person, Act("nomination_run", f"第{run_id}次研判", after=after), at=desk.moment)
        return RunStored(run_id, len(command.proposals), len(new), renewed)


def accept(store: AssessmentStore, desk: Desk, command: AcceptSuggestion) -> str:
    """Make the item, state 拟列, and return its number; the same form sent again gives the same number.

    Raises NotAllowedError, CommandError, ConflictError.
    """
    d.refuse("propose", desk, d.chosen(command.list_kind, LIST_KINDS, "清单"), None)
    reason = _reason(command.reason, "采纳理由")
    try:
        with store.writing() as conn:
            d.done_before(conn, command.form_key)
            row = _open_suggestion(conn, command.suggestion_id, command.opened_version)
            values = {**command.values, "source": "suggestion"}
            tickets = _tickets_known(desk, row.chain)
            item_no = insert_item(
                conn, desk, AddItem(command.list_kind, values, tickets=tickets, form_key=command.form_key)
            )
            item_id = conn.execute(select(t.list_items.c.item_id).where(t.list_items.c.item_no == item_no)).scalar_one()
            _decide(conn, desk, row, "accepted", reason, item_id, item_no)
            return item_no
    except d.DoneBefore as before:
        return before.item_no


def merge(store: AssessmentStore, desk: Desk, command: MergeSuggestion) -> str:
    """Link the tickets to the item and return its number. Raises NotAllowedError, CommandError, ConflictError."""
    reason = _reason(command.reason, "并入理由")
    try:
        item_no = d.written(command.item_no, "要并入的事项编号", required=True, longest=32)
        with d.taking(store, desk, "link", item_no, None, form_key=command.form_key) as taken:
            row = _open_suggestion(taken.conn, command.suggestion_id, command.opened_version)
            new = link_tickets(taken.conn, desk, taken.item.item_id, _tickets_known(desk, row.chain))
            taken.text = reason
            taken.facts |= {"并入建议": row.title, "新关联工单": f"{len(new)}件"}
            _decide(taken.conn, desk, row, "merged", reason, taken.item.item_id, item_no)
            return item_no
    except d.DoneBefore as before:
        return before.item_no


def decline(store: AssessmentStore, desk: Desk, command: DeclineSuggestion) -> int:
    """Decline one suggestion and return its new version. Raises NotAllowedError, CommandError, ConflictError."""
    decline_many(store, desk, DeclineSuggestions(((command.suggestion_id, command.opened_version),), command.reason))
    return command.opened_version + 1


def decline_many(store: AssessmentStore, desk: Desk, command: DeclineSuggestions) -> int:
    """Decline all of them, or none where one has changed meanwhile; returns how many.

    Raises NotAllowedError, CommandError, ConflictError.
    """
    _require_keeper(desk)
    reason = _reason(command.reason, "不采纳的理由")
    chosen = dict(command.chosen)
    if not chosen:
        raise CommandError("请先选择要处理的建议")
    with store.writing() as conn:
        for suggestion_id, version in sorted(chosen.items()):
            _decide(conn, desk, _open_suggestion(conn, suggestion_id, version), "declined", reason, None, None)
    return len(chosen)


def tickets_of(chain: str) -> list[TicketKey]:
    """Keys of the tickets of a stored evidence chain, in its order."""
    return [(ticket["source"], ticket["no"]) for ticket in json.loads(chain)["tickets"]]


def _require_keeper(desk: Desk) -> None:
    if not may_decide(desk):
        raise NotAllowedError(f"{ROLES[desk.person.role]}不能处理拟列建议，应由热线中心或督查局办理")


def _reason(text: str, label: str) -> str:
    return d.written(text, label, required=True, longest=LONGEST_REASON)


def _open_suggestion(conn: Connection, suggestion_id: int, opened_version: int) -> Any:
    """The suggestion's row, locked. Raises CommandError where there is none, ConflictError where it changed."""
    row = conn.execute(select(t.list_suggestions).where(S.suggestion_id == suggestion_id).with_for_update()).first()
    if row is None:
        raise CommandError("没有这条拟列建议，请刷新页面后重试")
    if row.state != "open" or row.version != opened_version:
        now = {"状态": SUGGESTION_STATES[row.state], "涉及工单": f"{row.ticket_count}件"}
        if row.decided_by:
            now |= {"办理人": row.decided_by, "时间": city_time(row.decided_at).strftime("%Y-%m-%d %H:%M"),
                    "理由": row.reason or ""}  # fmt: skip
        raise ConflictError(f"拟列建议“{row.title}”", now, {})
    return row


def _decide(
    conn: Connection, desk: Desk, row: Any, state: str, reason: str, item_id: int | None, item_no: str | None
) -> None:
    values = {"state": state, "decided_at": desk.moment, "decided_by": desk.person.account, "reason": reason,
              "item_id": item_id, "version": row.version + 1}  # fmt: skip
    conn.execute(update(t.list_suggestions).where(S.suggestion_id == row.suggestion_id).values(**values))
    before = {"state": row.state, "rule": row.rule, "rules_version": Verbatim(row.rules_version)}
    after = {"state": state, "item_no": item_no, "tickets": row.ticket_count}
    subject = f"{row.suggestion_id} {row.title}"
    audit.append(conn, desk.person, Act("suggestion_decided", subject, before, after, reason), at=desk.moment)


def _tickets_known(desk: Desk, chain: str) -> list[TicketKey]:
    """Tickets of the chain that exist still: an item links no others."""
    keys = tickets_of(chain)
    known = desk.tickets_known(keys)
    return [key for key in keys if key in known]


def _known(conn: Connection, proposals: Sequence[Proposal]) -> dict[str, list[dict[str, Any]]]:
    """Matter key → its suggestions so far, the oldest first, with their tickets."""
    rules = {proposal.rule for proposal in proposals}
    wanted = {proposal.matter_key for proposal in proposals}
    rows = conn.execute(
        select(S.suggestion_id, S.matter_key, S.state, S.version, S.rules_version, S.chain)
        .where(S.rule.in_(rules))
        .order_by(S.suggestion_id)
    )
    known: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        matter = row.matter_key.rpartition(":")[0]
        if matter in wanted:
            known.setdefault(matter, []).append({
                "id": row.suggestion_id, "state": row.state, "version": row.version,
                "rules_version": row.rules_version, "tickets": tickets_of(row.chain),
            })  # fmt: skip
    return known


def _on_lists(conn: Connection) -> set[TicketKey]:
    """Tickets that stand on a list: somebody has taken their matter on."""
    k, i = t.list_tickets.c, t.list_items.c
    rows = conn.execute(
        select(k.source_code, k.ticket_no)
        .join(t.list_items, i.item_id == k.item_id)
        .where(k.unlinked_at.is_(None), i.state.not_in(("declined", "voided")))
    )
    return {(row.source_code, row.ticket_no) for row in rows}


def _row(
    proposal: Proposal, tickets: Sequence[TicketKey], run_id: int, generation: int, rules_version: str
) -> dict[str, Any]:
    return {
        "run_id": run_id, "rule": proposal.rule, "rules_version": rules_version,
        "matter_key": f"{proposal.matter_key}:{generation}", "title": proposal.title[:200],
        "unit_code": proposal.unit_code, "district_code": proposal.district_code,
        "category_code": proposal.category_code, "ticket_count": len(tickets), "chain": _chain(proposal, tickets),
        "state": "open", "version": 1,
    }  # fmt: skip


def _chain(proposal: Proposal, tickets: Sequence[TicketKey]) -> str:
    """The evidence chain as it is stored: only the tickets that count anew, and how many do not."""
    fresh = set(tickets)
    known = len(proposal.tickets) - len(tickets)
    figures = list(proposal.chain["figures"])
    if known:
        figures.append({"label": "其中不再列入", "value": f"{known}件", "meaning": "以前已经研判，或已关联清单事项"})
    listed = [ticket for ticket in proposal.chain["tickets"] if (ticket["source"], ticket["no"]) in fresh]
    return json.dumps({**proposal.chain, "figures": figures, "tickets": listed}, ensure_ascii=False)
