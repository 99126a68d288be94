"""What one person asks and another decides: extension, objection to a duty, suspension, close-out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from lib.assessment_store import AssessmentStore
from lib.commands import CommandError
from lib.commands.lists import desk as d
from lib.commands.lists import units
from lib.commands.lists.desk import Desk, Taken
from lib.commands.lists.items import set_lead, set_supporting
from lib.schema import lists as t
from lib.schema.list_terms import REQUEST_KINDS, VERDICTS

# Evidence that speaks for a close-out.
SPEAKS_FOR_CLOSE_OUT = ("close_out", "progress")


@dataclass(frozen=True)
class AskExtension:
    """Ask for a later limit (申请延期). unit_code: who asks, the lead unit by default."""

    item_no: str
    opened_version: int
    reason: str
    wanted_on: date
    unit_code: str | None = None
    form_key: str | None = None


@dataclass(frozen=True)
class DecideExtension:
    """Grant or refuse it. verdict: key of VERDICTS; a refusal needs words."""

    item_no: str
    opened_version: int
    request_id: int
    verdict: str
    decision: str = ""
    form_key: str | None = None


@dataclass(frozen=True)
class ObjectDuty:
    """The lead unit says that the matter is not its duty (职责异议). wanted_unit_code: whose it should be."""

    item_no: str
    opened_version: int
    reason: str
    wanted_unit_code: str | None = None
    unit_code: str | None = None
    form_key: str | None = None


@dataclass(frozen=True)
class DecideDuty:
    """Decide it in writing. new_unit_code: the new lead unit where it is granted; the one wanted by default."""

    item_no: str
    opened_version: int
    request_id: int
    verdict: str
    decision: str
    new_unit_code: str | None = None
    form_key: str | None = None


@dataclass(frozen=True)
class AskSuspension:
    """Ask to put the item aside (申请挂账) until it is reviewed on review_on."""

    item_no: str
    opened_version: int
    reason: str
    review_on: date
    form_key: str | None = None


@dataclass(frozen=True)
class DecideSuspension:
    """Grant or refuse it. approver: leader who approved, as on the paper; whoever decides by default."""

    item_no: str
    opened_version: int
    request_id: int
    verdict: str
    decision: str = ""
    approver: str = ""
    form_key: str | None = None


@dataclass(frozen=True)
class AskCloseOut:
    """Ask to close the item out (申请销号), with evidence on the item. unit_code: the lead unit by default."""

    item_no: str
    opened_version: int
    reason: str
    unit_code: str | None = None
    form_key: str | None = None


@dataclass(frozen=True)
class WithdrawCloseOut:
    """Take the request back before it is decided."""

    item_no: str
    opened_version: int
    reason: str
    form_key: str | None = None


@dataclass(frozen=True)
class VerifyCloseOut:
    """Close the item out, or refuse with words (销号复核); by another person than the one who asked."""

    item_no: str
    opened_version: int
    request_id: int
    verdict: str
    decision: str
    form_key: str | None = None


Decision = DecideExtension | DecideDuty | DecideSuspension | VerifyCloseOut


def ask_extension(store: AssessmentStore, desk: Desk, command: AskExtension) -> int:
    """Returns the new version. Raises NotAllowedError, CommandError, ConflictError."""
    reason = d.written(command.reason, "延期理由", required=True)
    wanted_on = d.not_before_today(command.wanted_on, desk, "申请延至")

    def act(taken: Taken) -> None:
        due_on = taken.item.due_on
        if due_on is None:
            raise CommandError("该事项没有办结时限，无须申请延期")
        if wanted_on <= due_on:
            raise CommandError(f"申请延至的日期须晚于现在的办结时限（{due_on:%Y年%-m月%-d日}）")
        unit = units.speaking_unit(taken.conn, desk, taken.item.item_id, command.unit_code, lead_only=True)
        _ask(taken, desk, "extension", reason, unit, wanted_on=wanted_on)
        taken.facts["申请延至"] = wanted_on.isoformat()
        if due_on < desk.today:
            # The approver must see that it was asked for too late.
            taken.facts["提出时"] = f"已逾期{desk.profile.days.between(due_on, desk.today)}个工作日"

    return d.take_step(store, desk, "ask_extension", command, act)


def decide_extension(store: AssessmentStore, desk: Desk, command: DecideExtension) -> int:
    """Granted, the limit is the one asked for; returns the new version.

    Raises NotAllowedError, CommandError, ConflictError.
    """

    def grant(taken: Taken, request: Any) -> None:
        if request.wanted_on < desk.today:
            raise CommandError(f"申请延至的{request.wanted_on:%Y年%-m月%-d日}已过，不能同意，请重新申请")
        taken.changes.update(due_on=request.wanted_on, extended_count=taken.item.extended_count + 1)
        taken.facts["办结时限"] = f"{taken.item.due_on} → {request.wanted_on}"

    return _decide(store, desk, "decide_extension", "extension", command, grant)


def object_duty(store: AssessmentStore, desk: Desk, command: ObjectDuty) -> int:
    """Returns the new version. Raises NotAllowedError, CommandError after the city's days for it, ConflictError."""
    reason = d.written(command.reason, "异议理由", required=True)
    wanted = command.wanted_unit_code and d.known_unit(command.wanted_unit_code, desk, "建议承办单位")

    def act(taken: Taken) -> None:
        days, allowed = desk.profile.days, desk.profile.objection_days
        last = days.after(taken.item.assigned_on, allowed)
        if desk.today > last:
            raise CommandError(f"职责异议须在交办后{allowed}个工作日内提出，本事项的期限到{last:%Y年%-m月%-d日}为止")
        now = units.responsible(taken.conn, taken.item.item_id)
        if wanted and wanted == now.lead:
            raise CommandError("建议承办单位就是现在的单位，请重新选择")
        unit = units.speaking_unit(taken.conn, desk, taken.item.item_id, command.unit_code, lead_only=True)
        _ask(taken, desk, "duty", reason, unit, wanted_unit_code=wanted)
        if wanted:
            taken.facts["建议承办单位"] = desk.names[wanted]

    return d.take_step(store, desk, "object_duty", command, act)


def decide_duty(store: AssessmentStore, desk: Desk, command: DecideDuty) -> int:
    """Granted, the item goes to the new lead unit, which signs anew and has its own days to object; returns the new
    version. Raises NotAllowedError, CommandError, ConflictError.
    """

    def grant(taken: Taken, request: Any) -> None:
        conn, item_id = taken.conn, taken.item.item_id
        if taken.item.state not in ("assigned", "handling"):
            raise CommandError("该事项已申请销号或挂账，请先撤回或恢复办理，再变更承办单位")
        now = units.responsible(conn, item_id)
        new = d.known_unit(command.new_unit_code or request.wanted_unit_code, desk, "新的承办单位")
        if new == now.lead:
            raise CommandError("新的承办单位就是现在的单位，请重新选择")
        set_lead(conn, desk, item_id, {"unit_code": new})
        set_supporting(conn, desk, item_id, [code for code in now.supporting if code != new])
        taken.changes.update(state="assigned", assigned_on=desk.today)
        taken.facts["承办单位"] = f"{desk.names.get(now.lead or '', '—')} → {desk.names[new]}"

    return _decide(store, desk, "decide_duty", "duty", command, grant, words=True)


def ask_suspension(store: AssessmentStore, desk: Desk, command: AskSuspension) -> int:
    """Returns the new version. Raises NotAllowedError, CommandError, ConflictError."""
    reason = d.written(command.reason, "挂账理由", required=True)
    review_on = _review_day(command.review_on, desk)

    def act(taken: Taken) -> None:
        _ask(taken, desk, "suspension", reason, None, wanted_on=review_on)
        taken.facts["复核日期"] = review_on.isoformat()

    return d.take_step(store, desk, "ask_suspension", command, act)


def _review_day(day: date, desk: Desk) -> date:
    if d.not_before_today(day, desk, "复核日期") == desk.today:
        raise CommandError("复核日期须晚于今天")
    return day


def decide_suspension(store: AssessmentStore, desk: Desk, command: DecideSuspension) -> int:
    """Granted, the item is suspended until the review date asked for; returns the new version.

    Raises NotAllowedError, CommandError, ConflictError.
    """
    approver = d.written(command.approver, "批准人", longest=64) or desk.person.display_name

    def grant(taken: Taken, request: Any) -> None:
        taken.changes.update(state="suspended", suspended_until_on=_review_day(request.wanted_on, desk))
        taken.facts.update({"批准人": approver, "复核日期": request.wanted_on.isoformat()})

    return _decide(store, desk, "decide_suspension", "suspension", command, grant)


def ask_close_out(store: AssessmentStore, desk: Desk, command: AskCloseOut) -> int:
    """办理中 → 待复核; returns the new version.

    Raises NotAllowedError, CommandError without evidence, ConflictError.
    """
    reason = d.written(command.reason, "销号理由", required=True)

    def act(taken: Taken) -> None:
        _require_evidence(taken)
        unit = units.speaking_unit(taken.conn, desk, taken.item.item_id, command.unit_code, lead_only=True)
        _ask(taken, desk, "close_out", reason, unit)

    return d.take_step(store, desk, "ask_close_out", command, act)


def withdraw_close_out(store: AssessmentStore, desk: Desk, command: WithdrawCloseOut) -> int:
    """待复核 → 办理中, the request ended without a verdict; returns the new version.

    Raises NotAllowedError, CommandError, ConflictError.
    """
    reason = d.written(command.reason, "撤回原因", required=True)

    def act(taken: Taken) -> None:
        q = t.list_requests
        standing = q.c.item_id == taken.item.item_id, q.c.kind == "close_out", q.c.decided_at.is_(None)
        ended = {"decided_at": desk.moment, "decision": f"撤回：{reason}"}
        taken.conn.execute(update(q).where(*standing).values(**ended))
        taken.text = reason

    return d.take_step(store, desk, "withdraw_close_out", command, act)


def verify_close_out(store: AssessmentStore, desk: Desk, command: VerifyCloseOut) -> int:
    """Granted: 待复核 → 已销号, with its re-inspections on the calendar; refused: → 办理中. Returns the new version.

    Raises NotAllowedError, CommandError, ConflictError.
    """

    def grant(taken: Taken, _request: Any) -> None:
        _require_evidence(taken)
        refuse_undecided(taken)
        taken.changes.update(state="closed", closed_on=desk.today)
        for days in desk.profile.reinspection_days:
            taken.conn.execute(
                insert(t.list_reinspections).values(
                    item_id=taken.item.item_id, kind=f"day{days}", due_on=desk.today + timedelta(days=days), note=""
                )
            )

    def not_granted(taken: Taken) -> None:
        taken.changes["state"] = "handling"

    return _decide(store, desk, "verify_close_out", "close_out", command, grant, not_granted)


def _require_evidence(taken: Taken) -> None:
    e = t.list_evidence.c
    standing = select(e.evidence_id).where(
        e.item_id == taken.item.item_id, e.withdrawn_at.is_(None), e.purpose.in_(SPEAKS_FOR_CLOSE_OUT)
    )
    if taken.conn.execute(standing.limit(1)).first() is None:
        raise CommandError("销号须有佐证材料，请先上传“销号佐证”或“办理进展”材料")


def refuse_undecided(taken: Taken, but: str = "close_out") -> None:
    """Raises CommandError while a request other than of kind `but` waits: it would wait for ever on an item that
    leaves the list.
    """
    waiting = [REQUEST_KINDS[row.kind] for row in _open_requests(taken.conn, taken.item.item_id) if row.kind != but]
    if waiting:
        raise CommandError(f"该事项还有未决定的{'、'.join(waiting)}申请，请先作出决定")


def _open_requests(conn: Connection, item_id: int) -> list[Any]:
    q = t.list_requests
    return list(conn.execute(select(q).where(q.c.item_id == item_id, q.c.decided_at.is_(None))).all())


def _ask(taken: Taken, desk: Desk, kind: str, reason: str, unit: str | None, **wanted: Any) -> None:
    """Add the request. Raises CommandError while one of its kind waits."""
    if any(row.kind == kind for row in _open_requests(taken.conn, taken.item.item_id)):
        raise CommandError(f"该事项已有一份待决定的{REQUEST_KINDS[kind]}申请，请等决定后再提")
    taken.conn.execute(
        insert(t.list_requests).values(
            item_id=taken.item.item_id, kind=kind, asked_at=desk.moment, asked_by=desk.person.account, unit_code=unit,
            text=reason, **wanted,
        )
    )  # fmt: skip
    taken.text = reason
    if unit:
        taken.facts["申请单位"] = desk.names.get(unit, unit)


def _decide(
    store: AssessmentStore,
    desk: Desk,
    step: str,
    kind: str,
    command: Decision,
    grant: Callable[[Taken, Any], None],
    refuse: Callable[[Taken], None] = lambda _taken: None,
    *,
    words: bool = False,
) -> int:
    """Give the verdict on an open request. words: needed even where it is granted; a refusal always needs them."""
    verdict = d.chosen(command.verdict, VERDICTS, "决定")
    decision = d.written(command.decision, "决定的理由", required=words or verdict == "refused")
    q = t.list_requests

    def asked_by(conn: Connection, item: Row[Any]) -> str | None:
        row = _request(conn, item.item_id, command.request_id, kind)
        return str(row.asked_by)

    def act(taken: Taken) -> None:
        request = _request(taken.conn, taken.item.item_id, command.request_id, kind)
        taken.conn.execute(
            update(q).where(q.c.request_id == request.request_id)
            .values(decided_at=desk.moment, decided_by=desk.person.account, verdict=verdict, decision=decision)
        )  # fmt: skip
        if verdict == "granted":
            grant(taken, request)
        else:
            refuse(taken)
        taken.text = decision
        taken.facts["决定"] = VERDICTS[verdict]

    return d.take_step(store, desk, step, command, act, asked_by=asked_by)


def _request(conn: Connection, item_id: int, request_id: int, kind: str) -> Any:
    """The open request. Raises CommandError."""
    found = [row for row in _open_requests(conn, item_id) if (row.request_id, row.kind) == (request_id, kind)]
    if not found:
        raise CommandError(f"这份{REQUEST_KINDS[kind]}申请不存在或已经决定，请刷新后核对")
    return found[0]
