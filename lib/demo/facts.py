"""From whole lives to what the hotline's database would hold at the extraction.

What lies at or after the extraction has not happened. Derived fields follow the same definitions as
lib/ingest derives them by; tests compare the two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import duckdb
from sqlalchemy import Table

from lib.city import City
from lib.demo.lives import HAS_PLACE, second
from lib.demo.places import POINTS_PER_TOWNSHIP
from lib.demo.statements import statement
from lib.schema import tickets as t

# How rows reach the draft: a table and the query whose columns are named as the table's.
Emit = Callable[[Table, str], None]

VERDICT = (
    "CASE WHEN return_agreed THEN CASE WHEN v_transferred IS NULL THEN 'pending' ELSE 'agreed' END "
    "WHEN seen(v_returned + 14400) IS NULL THEN 'pending' ELSE 'refused' END"
)
# Cumulative shares of intake channels; firms use the enterprise line first.
CHANNELS = {
    "L1": 0.640, "L3": 0.668, "W1": 0.758, "W2": 0.842, "A1": 0.880, "M1": 0.906, "B1": 0.914, "B2": 0.924,
    "B3": 0.944, "W3": 0.949, "P1": 0.953, "P2": 0.962, "P3": 0.981, "P4": 1.0,
}  # fmt: skip
ENTERPRISE_LINE, SHARE_OF_ENTERPRISE_LINE = "L2", 0.6


@dataclass(frozen=True)
class Target:
    """Where rows go: the extraction, the segment's number and tables, the source's code."""

    cut: datetime
    source: str
    segment: int
    texts: Table
    events: Table
    rounds: Table


def write(raw: duckdb.DuckDBPyConnection, emit: Emit, city: City, target: Target, seed: int) -> None:
    """Cut the lives in life_c at the extraction and emit every table of them."""
    raw.execute(statement("seen", has_place=HAS_PLACE))
    segment, source = target.segment, target.source
    emit(
        t.tickets,
        statement(
            "tickets",
            source=source,
            segment=segment,
            seed=int(seed),
            cut=second(target.cut),
            points=POINTS_PER_TOWNSHIP,
            request_types="[" + ", ".join(f"'{word}'" for word in t.REQUEST_TYPES) + "]",
            enterprise_line=ENTERPRISE_LINE,
            enterprise_share=SHARE_OF_ENTERPRISE_LINE,
            channels=" ".join(f"WHEN u(x.i, 103) < {share} THEN '{code}'" for code, share in CHANNELS.items()),
            acknowledge=int(city.rules.acknowledge_hours * 3600),
            contact=int(city.rules.contact_hours * 3600),
        ),
    )
    emit(t.callbacks, statement("callbacks"))
    emit(t.ticket_returns, statement("returns", verdict=VERDICT))
    emit(t.ticket_exclusions, statement("exclusions", source=source))
    emit(target.events, statement("events", segment=segment, verdict=VERDICT))
    emit(target.rounds, statement("rounds", segment=segment))
    emit(target.texts, statement("texts", segment=segment))
