"""Which tickets should be looked at again: unsatisfied ones, hard ones, and populations to draw samples from."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pandas as pd

from lib.access.roles import NotAllowedError
from lib.answers.source import Source
from lib.answers.tickets import ticket_count, ticket_list
from lib.period import Period
from lib.queries import hard_tickets as queries
from lib.queries.ticket_filter import (
    HARD_DAYS,
    HARD_REPEATS,
    HARD_ROUNDS,
    HARD_TRANSFERS,
    TicketQuery,
    conditions_of,
)
from lib.queries.ticket_list import ticket_count as count_of
from lib.scope import Scope

# Population → in words.
POPULATIONS = {"closed": "本期办结的转办工单", "dissatisfied": "本期受理、评价不满意或未解决的工单"}
DISSATISFIED = TicketQuery(flags=("dissatisfied",))
HARD = TicketQuery(flags=("hard",))
HARD_SHOWN = 500


def hard_tickets(source: Source, scope: Scope) -> pd.DataFrame:
    """Hard tickets of the scope that are open now, whatever its period, newest first, at most HARD_SHOWN: the columns
    of ticket_list and reasons (words joined by 、), days_open. Raises NotAllowedError for those who see figures only.
    """
    frame = ticket_list(source, _now(source, scope), HARD, None, HARD_SHOWN)
    facts = queries.hard_facts(source.conn, frame["ticket_id"].tolist()).set_index("ticket_id")
    facts = facts.reindex(frame["ticket_id"])
    days = [None if pd.isna(at) else (source.as_of - at).days for at in frame["received_at"]]
    reasons = [
        "、".join(_reasons(rounds, transfers, same, source.as_of - received >= timedelta(days=HARD_DAYS)))
        for rounds, transfers, same, received in zip(
            facts["round_count"], facts["transfer_count"], facts["same_matter"], frame["received_at"], strict=True
        )
    ]
    return frame.assign(reasons=reasons, days_open=pd.array(days, dtype="Int64"))


def hard_count(source: Source, scope: Scope) -> int:
    """How many of them there are. Raises like hard_tickets."""
    return ticket_count(source, _now(source, scope), HARD)


def _now(source: Source, scope: Scope) -> Scope:
    """The scope in the month of the as-of: a stock of an earlier period is another one."""
    return replace(scope, period=Period.of(source.as_of.date()))


def _reasons(rounds: float, transfers: float, same: float, is_old: bool) -> list[str]:
    said = []
    if not pd.isna(rounds) and rounds >= HARD_ROUNDS:
        said.append(f"办理{int(rounds)}轮")
    if not pd.isna(transfers) and transfers >= HARD_TRANSFERS:
        said.append(f"转派{int(transfers)}次")
    if is_old:
        said.append(f"受理满{HARD_DAYS}日")
    if not pd.isna(same) and same >= HARD_REPEATS:
        said.append(f"同一事项{int(same)}件")
    return said


def population_count(source: Source, scope: Scope, population: str) -> int:
    """How many tickets the population holds. Raises KeyError for an unknown population, NotAllowedError."""
    return count_of(source.conn, _conditions(source, scope, population))


def population(source: Source, scope: Scope, population: str) -> tuple[tuple[str, str], ...]:
    """Its tickets (source_code, ticket_no). Raises like population_count."""
    return tuple(queries.ticket_keys(source.conn, _conditions(source, scope, population)))


def _conditions(source: Source, scope: Scope, population: str) -> list[queries.ColumnElement[bool]]:
    if not source.access.tickets:
        raise NotAllowedError("没有查看工单的权限，只能查看统计数字")
    known = {
        "closed": lambda: queries.closed_in(scope, source.as_of),
        "dissatisfied": lambda: conditions_of(scope, DISSATISFIED, None, source.as_of),
    }
    return known[population]()
