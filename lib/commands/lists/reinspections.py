"""Looking again (回头看): at closed-out items when their days come, at tickets that citizens are not satisfied with,
and at random samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, select, update

from lib.access import audit
from lib.access.audit import Act, Verbatim
from lib.access.moments import city_time, clock
from lib.assessment_store import AssessmentStore
from lib.commands import CommandError
from lib.commands.lists import desk as d
from lib.commands.lists.desk import Desk, TicketKey
from lib.commands.lists.registers import require_clerk
from lib.lists.sampling import draw
from lib.schema import assessment as a
from lib.schema import lists as t
from lib.schema.list_terms import REINSPECTION_KINDS, REINSPECTION_VERDICTS

SAMPLE_MOST = 1000
QUEUE_MOST = 200
NOTE_LONGEST = 2000
_R = t.list_reinspections


@dataclass(frozen=True)
class Reinspect:
    """Say what a re-inspection that is due has found. verdict: key of REINSPECTION_VERDICTS."""

    reinspection_id: int
    verdict: str
    note: str = ""
    form_key: str | None = None


@dataclass(frozen=True)
class ReviewTicket:
    """Say what the review of an unsatisfied ticket (不满意工单复核) has found, whether it was queued before or not."""

    ticket: TicketKey
    verdict: str
    note: str = ""
    form_key: str | None = None


@dataclass(frozen=True)
class DrawSample:
    """Draw `size` of the tickets. label: from what, in words. The same draw asked twice is one sample."""

    label: str
    population: Sequence[TicketKey]
    size: int
    seed: int
    due_on: date
    form_key: str | None = None


@dataclass(frozen=True)
class QueueTickets:
    """Set tickets down for review by a day."""

    tickets: Sequence[TicketKey]
    due_on: date
    kind: str = "unsatisfied"
    form_key: str | None = None


def reinspect(store: AssessmentStore, desk: Desk, command: Reinspect) -> int:
    """Store the outcome; of an item it becomes a step of its timeline. Returns the reinspection_id.

    A relapse reopens nothing by itself: that is a step of its own. Raises NotAllowedError, CommandError for one that
    somebody else has done, or that fell away.
    """
    require_clerk(desk, "回头看和复核")
    verdict = d.chosen(command.verdict, REINSPECTION_VERDICTS, "核查结果")
    with store.reading() as conn:
        row = _row(conn, command.reinspection_id)
        item_no = _item_no(conn, row.item_id) if row.item_id is not None else None
    note = d.written(command.note, "核查情况", required=item_no is not None or verdict != "held", longest=NOTE_LONGEST)
    try:
        if item_no is None:
            with store.writing() as conn:
                d.lock_history(conn)
                return _settle(conn, desk, _row(conn, command.reinspection_id), verdict, note)
        with d.taking(store, desk, "reinspect", item_no, None, form_key=command.form_key) as taken:
            row = _row(taken.conn, command.reinspection_id)
            taken.text = note
            taken.facts = {"方式": REINSPECTION_KINDS[row.kind], "核查结果": REINSPECTION_VERDICTS[verdict]}
            return _settle(taken.conn, desk, row, verdict, note, item_no)
    except d.DoneBefore:
        return command.reinspection_id


def review_ticket(store: AssessmentStore, desk: Desk, command: ReviewTicket) -> int:
    """Store the outcome of an unsatisfied ticket and return the reinspection_id.

    Raises NotAllowedError, CommandError for an unknown ticket, and for one that was reviewed meanwhile.
    """
    require_clerk(desk, "回头看和复核")
    verdict = d.chosen(command.verdict, REINSPECTION_VERDICTS, "复核结果")
    note = d.written(command.note, "复核情况", required=verdict != "held", longest=NOTE_LONGEST)
    key = d.check_tickets([command.ticket], desk)[0]
    with store.writing() as conn:
        # Two who look for the same at once must not both find none.
        d.lock_history(conn)
        row = conn.execute(_of_ticket(key, "unsatisfied").where(_R.c.done_at.is_(None))).first()
        if row is None:
            done = conn.execute(_of_ticket(key, "unsatisfied").where(_R.c.done_at.is_not(None))).first()
            if done is not None and city_time(done.done_at).date() == desk.today:
                # A second click, or somebody who had the same queue open.
                if (done.done_by, done.verdict, done.note) == (desk.person.account, verdict, note):
                    return int(done.reinspection_id)
                raise CommandError(_done_words(conn, done, f"工单 {key[1]}"))
            row = _row(conn, _add(conn, key, "unsatisfied", desk.today))
        return _settle(conn, desk, row, verdict, note)


def draw_sample(store: AssessmentStore, desk: Desk, command: DrawSample) -> int:
    """Draw, store the sample with a re-inspection for each ticket, and return the sample_id.

    Raises NotAllowedError, CommandError.
    """
    require_clerk(desk, "回头看和复核")
    label = " ".join(d.written(command.label, "抽样范围", required=True, longest=200).split())
    due_on = d.not_before_today(command.due_on, desk, "完成期限")
    population = set(command.population)
    most = min(SAMPLE_MOST, len(population))
    if not most:
        raise CommandError("抽样范围内没有工单，请换一个统计期或放宽筛选条件")
    if not 0 < command.size <= most:
        raise CommandError(f"抽取数量须在1到{most}之间，现在是{command.size}")
    if not 0 <= command.seed < 2**31:
        raise CommandError("随机种子须为0到2147483647之间的整数")
    drawn = d.check_tickets(draw(population, command.size, command.seed), desk)
    s = t.list_samples
    values = {"account": desk.person.account, "label": label, "population": len(population), "size": command.size,
              "seed": command.seed}  # fmt: skip
    with store.writing() as conn:
        # Two who look for the same at once must not both find none.
        d.lock_history(conn)
        same = conn.execute(
            select(s.c.sample_id, s.c.at).where(*(s.c[name] == value for name, value in values.items()))
        ).all()
        for known in same:
            if city_time(known.at).date() == desk.today:
                return int(known.sample_id)
        sample_id = conn.execute(insert(s).values(at=desk.moment, **values).returning(s.c.sample_id)).scalar_one()
        for key in drawn:
            _add(conn, key, "sample", due_on, sample_id)
        after = {"范围": label, "总体": len(population), "样本": command.size, "种子": Verbatim(str(command.seed)),
                 "完成期限": due_on.isoformat()}  # fmt: skip
        audit.append(conn, desk.person, Act("sample_drawn", f"样本{sample_id}", after=after), at=desk.moment)
        return int(sample_id)


def queue_tickets(store: AssessmentStore, desk: Desk, command: QueueTickets) -> int:
    """Set the tickets down and return how many were new; those that wait already stay as they are.

    Raises NotAllowedError, CommandError.
    """
    require_clerk(desk, "回头看和复核")
    kind = d.chosen(command.kind, {"unsatisfied": REINSPECTION_KINDS["unsatisfied"]}, "方式")
    due_on = d.not_before_today(command.due_on, desk, "完成期限")
    if not command.tickets:
        raise CommandError("请至少选择一件工单")
    if len(command.tickets) > QUEUE_MOST:
        raise CommandError(f"一次最多列入{QUEUE_MOST}件，现在有{len(command.tickets)}件，请分次列入")
    keys = d.check_tickets(command.tickets, desk)
    with store.writing() as conn:
        # Two who look for the same at once must not both find none.
        d.lock_history(conn)
        new = [k for k in keys if conn.execute(_of_ticket(k, kind).where(_R.c.done_at.is_(None))).first() is None]
        for key in new:
            _add(conn, key, kind, due_on)
        if new:
            after = {"件数": len(new), "工单": [no for _, no in new[:50]], "完成期限": due_on.isoformat()}
            audit.append(conn, desk.person, Act("reinspection_queued", REINSPECTION_KINDS[kind], after=after),
                         at=desk.moment)  # fmt: skip
        return len(new)


def _settle(conn: Connection, desk: Desk, row: Any, verdict: str, note: str, item_no: str | None = None) -> int:
    subject = item_no or f"{row.source_code}~{row.ticket_no}"
    if row.cancelled_at is not None:
        raise CommandError(f"{item_no or row.ticket_no} 的这次回头看已因事项重启而取消，无须登记")
    if row.done_at is not None:
        if (row.done_by, row.verdict, row.note) == (desk.person.account, verdict, note):
            return int(row.reinspection_id)
        raise CommandError(_done_words(conn, row, item_no or f"工单 {row.ticket_no}"))
    outcome = {"done_at": desk.moment, "done_by": desk.person.account, "verdict": verdict, "note": note}
    conn.execute(update(_R).where(_R.c.reinspection_id == row.reinspection_id).values(**outcome))
    after = {"方式": REINSPECTION_KINDS[row.kind], "结果": REINSPECTION_VERDICTS[verdict]}
    act = Act("reinspected", subject if item_no else Verbatim(subject), after=after, reason=note[:500])
    audit.append(conn, desk.person, act, at=desk.moment)
    return int(row.reinspection_id)


def _done_words(conn: Connection, row: Any, subject: str) -> str:
    known = a.accounts.c
    who = conn.execute(select(known.display_name).where(known.name == row.done_by)).scalar() or row.done_by
    return f"{subject} 已由 {who} 在{clock(row.done_at)}登记为“{REINSPECTION_VERDICTS[row.verdict]}”，没有重复保存"


def _row(conn: Connection, reinspection_id: int) -> Any:
    """The row, locked where the connection writes. Raises CommandError."""
    found = conn.execute(select(_R).where(_R.c.reinspection_id == reinspection_id).with_for_update()).first()
    if found is None:
        raise CommandError("没有这次回头看，请刷新页面后重试")
    return found


def _of_ticket(key: TicketKey, kind: str) -> Any:
    """Standing re-inspections of a ticket, newest first."""
    return (
        select(_R)
        .where(_R.c.source_code == key[0], _R.c.ticket_no == key[1], _R.c.kind == kind, _R.c.cancelled_at.is_(None))
        .order_by(_R.c.reinspection_id.desc())
    )


def _add(conn: Connection, key: TicketKey, kind: str, due_on: date, sample_id: int | None = None) -> int:
    values = {"source_code": key[0], "ticket_no": key[1], "kind": kind, "due_on": due_on, "note": "",
              "sample_id": sample_id}  # fmt: skip
    return int(conn.execute(insert(_R).values(**values).returning(_R.c.reinspection_id)).scalar_one())


def _item_no(conn: Connection, item_id: int) -> str:
    i = t.list_items.c
    return str(conn.execute(select(i.item_no).where(i.item_id == item_id)).scalar_one())
