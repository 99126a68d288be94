"""Which tickets stand behind a figure or a search: conditions on the ticket table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, not_, or_, select, true

from lib.queries.extent import during, fact_conditions, may_open, midnight
from lib.schema import tickets as t
from lib.schema.measures import COHORTS, MEASURES, Measure
from lib.scope import Scope

T, C, R = t.tickets.c, t.callbacks.c, t.ticket_returns.c
Part = Literal["numerator", "denominator", "complement"]
FLAGS = (
    "open", "overdue", "unsatisfied", "unresolved", "repeat", "group_event", "hard_case", "reworked",
    "returned", "extended", "excluded", "restricted", "unmapped", "no_closing_time", "enterprise", "urgent",
    "dissatisfied", "hard", "many_rounds", "many_transfers", "long_open", "often_repeated",
)  # fmt: skip
# Flags of the present state: asked alone they look at every ticket on record, whenever it was received.
STOCK_FLAGS = frozenset({"open", "overdue", "hard"})
# 疑难工单: still open, and so many rounds, or transfers, or days since it was received, or tickets of its matter.
HARD_ROUNDS, HARD_TRANSFERS, HARD_DAYS, HARD_REPEATS = 3, 3, 60, 3
HARD_FLAGS = ("many_rounds", "many_transfers", "long_open", "often_repeated")


@dataclass(frozen=True)
class TicketQuery:
    """What a list of tickets is restricted to, within a scope. Hashable, so that it can be a cache key.

    number: a ticket number or its beginning; looks at every period. words: all of them must occur in
    title, content or reply. metric_key with part: the tickets behind that figure ("complement" is the
    denominator without the numerator). flags: any of FLAGS, all must hold.
    """

    words: str = ""
    number: str = ""
    metric_key: str | None = None
    part: Part = "denominator"
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Behind:
    """The measures of a figure: those of its numerator, those of its denominator (none for a count).

    is_stock: the figure is the open stock past due, not a flow of the period.
    """

    numerator: tuple[str, ...]
    denominator: tuple[str, ...] = ()
    is_stock: bool = False


def conditions_of(
    scope: Scope, query: TicketQuery, behind: Behind | None, as_of: datetime
) -> list[ColumnElement[bool]]:
    """Conditions on `tickets` for the query in the scope; `behind` goes with query.metric_key.

    Raises ValueError for an unknown flag.
    """
    unknown = set(query.flags) - set(FLAGS)
    if unknown:
        raise ValueError(f"不认识的筛选：{'、'.join(sorted(unknown))}")
    moment = _known_before(scope, as_of)
    conditions = [_flag(name, moment) for name in query.flags]
    if query.flags:
        # A reminder belongs to the ticket it joins; figures do not count it and neither do these lists.
        conditions.append(T.handling_type != t.URGING)
    if query.number.strip():
        # A number is looked up wherever it is: neither period nor basis hides it, only the reach does.
        return [*conditions, T.ticket_no.startswith(query.number.strip(), autoescape=True), may_open(scope.reach)]
    conditions += _containing(query.words)
    if behind is not None:
        return [*conditions, *_behind(scope, behind, query.part, as_of)]
    conditions += fact_conditions(scope, T.unit_code)
    if STOCK_FLAGS & set(query.flags):
        conditions.append(T.received_at < moment if moment <= as_of else true())
        return conditions
    return [*conditions, *during(T.received_at, scope.period.start, scope.period.end, as_of)]


def _known_before(scope: Scope, as_of: datetime) -> datetime:
    """First moment the stock knows nothing of: the end of the period, or just after the extraction.

    What happened at as_of itself has happened, as in the figures: often it is the newest closing.
    """
    return min(midnight(scope.period.end), as_of + timedelta(microseconds=1))


def _flag(name: str, moment: datetime) -> ColumnElement[bool]:
    still_open = or_(T.is_closed.is_(False), T.closed_at >= moment)
    if name == "hard":
        return and_(still_open, T.handling_type == t.REFERRED, or_(*(_flag(why, moment) for why in HARD_FLAGS)))
    return {
        "dissatisfied": or_(T.satisfaction == t.UNSATISFIED, T.resolution == t.UNRESOLVED),
        "many_rounds": T.round_count >= HARD_ROUNDS,
        "many_transfers": T.transfer_count >= HARD_TRANSFERS,
        "long_open": and_(still_open, T.received_at < moment - timedelta(days=HARD_DAYS)),
        "often_repeated": matter_of(T).in_(_often_repeated()),
        "open": and_(still_open, T.handling_type != t.URGING),
        "overdue": and_(still_open, T.handling_type == t.REFERRED, T.due_at < moment),
        "unsatisfied": T.satisfaction == t.UNSATISFIED,
        "unresolved": T.resolution == t.UNRESOLVED,
        "repeat": T.is_repeat.is_(True),
        "group_event": T.is_group_event.is_(True),
        "hard_case": T.is_hard_case.is_(True),
        "reworked": T.round_count >= 2,
        "returned": T.return_count > 0,
        "extended": T.extension_count > 0,
        "excluded": T.is_excluded.is_(True),
        "restricted": T.restricted_class.is_not(None),
        "unmapped": or_(T.district_code == t.UNMAPPED, T.category1_code == t.UNMAPPED,
                        T.unit_code == t.UNMAPPED, T.channel_code == t.UNMAPPED),
        "no_closing_time": and_(T.is_closed.is_(True), T.closed_at.is_(None)),
        "enterprise": T.is_enterprise.is_(True),
        "urgent": T.urgency.in_(("urgent", "emergency")),
    }[name]  # fmt: skip


def matter_of(ticket: Any) -> ColumnElement[Any]:
    """The earliest ticket of the same matter: a repeat names it, everything else is its own."""
    return func.coalesce(ticket.repeat_of_id, ticket.ticket_id)


def _often_repeated() -> Select[Any]:
    """Matters of which there are HARD_REPEATS tickets: the first one, and those that repeat it."""
    again = t.tickets.alias("again").c
    repeated = select(again.repeat_of_id).where(again.repeat_of_id.is_not(None)).group_by(again.repeat_of_id)
    return repeated.having(func.count() >= HARD_REPEATS - 1)


def _containing(words: str) -> list[ColumnElement[bool]]:
    """Every word occurs in one of the texts of the ticket's current segment. Restricted texts stay shut."""
    x = t.ticket_texts.c
    found: list[ColumnElement[bool]] = []
    for word in words.split():
        text = or_(*(column.contains(word, autoescape=True) for column in (x.title, x.content, x.reply)))
        inside = select(x.ticket_id).where(x.segment_no == T.segment_no, x.ticket_id == T.ticket_id, text)
        found.append(inside.exists())
    if found:
        found.append(T.restricted_class.is_(None))
    return found


def _behind(scope: Scope, behind: Behind, part: Part, as_of: datetime) -> list[ColumnElement[bool]]:
    """Tickets counted in a part of the figure, at equal maturity, so that the list agrees with the figure."""
    if behind.is_stock:
        return [_flag("overdue", _known_before(scope, as_of)), *fact_conditions(scope, T.unit_code)]
    if part == "numerator" or not behind.denominator:
        return [_counted(scope, behind.numerator, as_of)]
    if part == "denominator":
        return [_counted(scope, behind.denominator, as_of)]
    if MEASURES[behind.numerator[0]].cohort == MEASURES[behind.denominator[0]].cohort:
        return [_counted(scope, behind.denominator, as_of, but_not=behind.numerator)]
    return [_counted(scope, behind.denominator, as_of), not_(_counted(scope, behind.numerator, as_of))]


def _counted(
    scope: Scope, keys: tuple[str, ...], as_of: datetime, but_not: tuple[str, ...] = ()
) -> ColumnElement[bool]:
    """The ticket is counted by one of the measures, and by none of `but_not`; all share a cohort."""
    moment = midnight(scope.period.end)
    cohort = COHORTS[MEASURES[keys[0]].cohort]
    inside = during(cohort.time, scope.period.start, scope.period.end, as_of)
    inside.append(or_(*(_condition(MEASURES[key], moment) for key in keys)))
    if but_not:
        # A missing value makes a condition unknown; for NOT it must be plainly false.
        above = or_(*(_condition(MEASURES[key], moment) for key in but_not))
        inside.append(not_(func.coalesce(above, False)))
    belongs = and_(cohort.where, *fact_conditions(scope, cohort.unit))
    if cohort.source == "callbacks":
        return _answered(inside, belongs)
    if cohort.source == "returns":
        return exists().where(R.ticket_id == T.ticket_id, belongs, *inside).correlate(t.tickets)
    return and_(belongs, *inside)


def _answered(inside: list[ColumnElement[bool]], belongs: ColumnElement[bool]) -> ColumnElement[bool]:
    """The ticket has such a callback. The flag keeps DuckDB from hashing all tickets (see queries.counts)."""
    flagged = (
        select(C.ticket_id, case((belongs, 1), else_=0).label("belongs"))
        .select_from(t.callbacks.outerjoin(t.tickets, T.ticket_id == C.ticket_id))
        .where(C.is_valid, *inside)
        .subquery()
    )
    return T.ticket_id.in_(select(flagged.c.ticket_id).where(flagged.c.belongs == 1))


def _condition(measure: Measure, moment: datetime) -> ColumnElement[bool]:
    return measure.mature(moment) if measure.mature is not None else measure.condition
