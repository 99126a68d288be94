"""What is counted: cohorts and measures, written once for rollups and for direct scans.

A *cohort* says which time puts a row in a period and which unit it counts for. A *measure* is a count
of the cohort's rows under a condition. Where the answer may still change after the period (a closing,
a later callback), the measure also has a *mature* form: what was true by a given moment, so that
periods are compared at equal maturity. Rollups keep the mature form for the end of the calendar month.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, true

from lib.schema import tickets as t
from lib.schema.tickets import callbacks, ticket_returns, tickets

Condition = ColumnElement[bool]
T, C, R = tickets.c, callbacks.c, ticket_returns.c


@dataclass(frozen=True)
class Cohort:
    """Rows that enter a period by one time.

    source: "tickets", "callbacks" (joined to its ticket) or "returns" (joined to its ticket).
    time: the column that puts a row in a period. where: which rows belong at all.
    unit: the column of the unit it counts for.
    """

    key: str
    source: str
    time: ColumnElement[Any]
    where: Condition
    unit: ColumnElement[Any]


@dataclass(frozen=True)
class Measure:
    """A count over a cohort.

    condition: which rows count, as known now. mature: condition given the moment up to which things
    count; None where the condition cannot change after the period. event: the time that decides between
    the two forms: they differ only in rows whose event lies at or after the moment, which lets a scan
    skip everything else. value: what is summed instead of 1.
    """

    key: str
    cohort: str
    meaning: str
    condition: Condition
    mature: Callable[[Any], Condition] | None = None
    event: ColumnElement[Any] | None = None
    value: ColumnElement[Any] | None = None


_counted = T.handling_type != t.URGING
_referred = T.handling_type == t.REFERRED

COHORTS = {
    c.key: c
    for c in (
        Cohort("received", "tickets", T.received_at, and_(_counted, T.received_at.is_not(None)), T.unit_code),
        Cohort("dispatched", "tickets", T.dispatched_at, and_(_referred, T.dispatched_at.is_not(None)),
               T.first_unit_code),
        Cohort("due", "tickets", T.due_at, and_(_referred, T.due_at.is_not(None)), T.unit_code),
        Cohort("closed", "tickets", T.closed_at, and_(_counted, T.is_closed, T.closed_at.is_not(None)),
               T.unit_code),
        Cohort("first_closed", "tickets", T.first_closed_at, and_(_referred, T.first_closed_at.is_not(None)),
               T.unit_code),
        Cohort("answered", "callbacks", C.called_at, and_(_counted, C.is_valid), T.unit_code),
        Cohort("returned", "returns", T.dispatched_at, and_(_referred, T.dispatched_at.is_not(None)), R.unit_code),
    )
}  # fmt: skip


def _by(event: ColumnElement[Any]) -> Callable[[Any], Condition]:
    """Happened before the moment, or at a time nobody wrote down."""
    return lambda moment: or_(event.is_(None), event < moment)


def _standing(condition: Condition) -> tuple[Condition, Callable[[Any], Condition]]:
    """An answer that stands: not superseded at all, or not yet superseded at the moment."""
    now = and_(condition, C.superseded_at.is_(None))
    return now, lambda moment: and_(condition, or_(C.superseded_at.is_(None), C.superseded_at >= moment))


def _answer(key: str, meaning: str, condition: Condition) -> Measure:
    now, mature = _standing(condition)
    return Measure(key, "answered", meaning, now, mature, C.superseded_at)


def _with(
    condition: Condition, event: ColumnElement[Any]
) -> tuple[Condition, Callable[[Any], Condition], ColumnElement[Any]]:
    by = _by(event)
    return condition, lambda moment: and_(condition, by(moment)), event


_unanswered = T.satisfaction.is_(None)

MEASURES = {
    m.key: m
    for m in (
        Measure("received", "received", "Tickets received", true()),
        Measure("desk", "received", "Answered at the desk (直办)", T.handling_type == t.DESK),
        Measure("repeats", "received", "Linked to an earlier ticket of the same matter", T.is_repeat),
        Measure("group_events", "received", "突发及群体性诉求", T.is_group_event),
        Measure("dispatched", "dispatched", "Referred tickets, by first dispatch", true()),
        Measure("acknowledged", "dispatched", "Acknowledged at all", T.acknowledged_at.is_not(None)),
        Measure("acknowledged_on_time", "dispatched", "Acknowledged within the limit",
                T.acknowledged_at <= T.acknowledge_due_at),
        Measure("acknowledge_limited", "dispatched", "With a limit of acknowledgement on record",
                T.acknowledge_due_at.is_not(None)),
        Measure("responded", "dispatched", "Citizen contacted within the limit",
                T.first_contacted_at <= T.contact_due_at),
        Measure("response_limited", "dispatched", "With a limit of first contact on record",
                T.contact_due_at.is_not(None)),
        Measure("returns_refused", "returned", "Returns refused (驳回)", R.verdict == "refused"),
        Measure("returns_agreed", "returned", "Returns agreed", R.verdict == "agreed"),
        Measure("due", "due", "Referred tickets whose limit has come", true()),
        Measure("due_closed", "due", "Closed", *_with(T.is_closed, T.closed_at)),
        Measure("due_on_time", "due", "Closed by the due time", and_(T.is_closed, T.closed_at <= T.due_at)),
        Measure("due_extended", "due", "Extended at least once", T.extension_count > 0),
        # Overdue stock = entered minus left, both additive, so any day's stock comes from rollups.
        Measure("overdue_entered", "due", "Not closed by the due time",
                and_(or_(T.is_closed.is_(False), T.closed_at > T.due_at))),
        Measure("overdue_left", "closed", "Closed after the due time",
                and_(_referred, T.due_at.is_not(None), T.closed_at > T.due_at)),
        Measure("closed", "closed", "Closed, with a valid time", true()),
        Measure("closed_referred", "closed", "Of these referred", _referred),
        Measure("closed_timed", "closed", "Referred, with handling hours",
                and_(_referred, T.handling_hours.is_not(None))),
        Measure("handling_hours_sum", "closed", "Sum of handling hours of referred tickets",
                and_(_referred, T.handling_hours.is_not(None)), value=T.handling_hours),
        Measure("called_back", "closed", "Callback attempted",
                *_with(T.callback_attempted_at.is_not(None), T.callback_attempted_at)),
        Measure("reached", "closed", "Callback reached the citizen",
                *_with(T.callback_reached_at.is_not(None), T.callback_reached_at)),
        Measure("closed_satisfied", "closed", "Answer now: satisfied", T.satisfaction == t.SATISFIED),
        Measure("closed_basically", "closed", "Answer now: basically satisfied", T.satisfaction == t.BASICALLY),
        Measure("closed_unanswered", "closed", "No valid answer now", _unanswered),
        Measure("first_closed", "first_closed", "Closed for the first time", true()),
        Measure("reworked", "first_closed", "With two or more rounds", *_with(T.round_count >= 2, T.reworked_at)),
        _answer("answers", "Valid answers on satisfaction", C.satisfaction.is_not(None)),
        _answer("satisfied", "Satisfied", C.satisfaction == t.SATISFIED),
        _answer("basically_satisfied", "Basically satisfied", C.satisfaction == t.BASICALLY),
        _answer("resolution_answers", "Valid answers on resolution", C.resolution.is_not(None)),
        _answer("resolved", "Confirmed solved", C.resolution == t.RESOLVED),
        _answer("partly_resolved", "Confirmed partly solved", C.resolution == t.PARTLY),
        Measure("first_answers", "answered", "Valid first answers",
                and_(C.is_first_valid, C.satisfaction.is_not(None))),
        Measure("first_satisfied", "answered", "Satisfied at the first callback",
                and_(C.is_first_valid, C.satisfaction == t.SATISFIED)),
        Measure("first_basically", "answered", "Basically satisfied at the first callback",
                and_(C.is_first_valid, C.satisfaction == t.BASICALLY)),
    )
}  # fmt: skip


def source_of(cohort: Cohort) -> Any:
    """The FROM clause of a cohort: tickets, or tickets joined to callbacks or returns."""
    if cohort.source == "callbacks":
        return tickets.join(callbacks, callbacks.c.ticket_id == tickets.c.ticket_id)
    if cohort.source == "returns":
        return tickets.join(ticket_returns, ticket_returns.c.ticket_id == tickets.c.ticket_id)
    return tickets


def counted(measure: Measure, condition: Condition) -> ColumnElement[Any]:
    """SUM over the rows that meet the condition; never NULL. Counts are BIGINT, values DOUBLE."""
    from sqlalchemy import BigInteger, Float, case, cast, literal

    if measure.value is not None:
        return func.coalesce(func.sum(case((condition, measure.value), else_=literal(0.0))), 0.0, type_=Float())
    total = func.sum(case((condition, 1), else_=0))
    return cast(func.coalesce(total, 0), BigInteger)
