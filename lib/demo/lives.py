"""The life of each ticket, from acceptance to the last answer, as if nothing were cut off.

Statements run on the generating DuckDB connection. Every choice is `u(i, k)`: a number in [0, 1) that
depends on the seed, the row's number and the choice's number only, never on threads or on order.
Times are seconds since 1970 until the last step. What lies after the extraction is cut in lib/demo/facts.
"""

from __future__ import annotations

from datetime import datetime

import duckdb

from lib.city import City
from lib.demo.statements import statement

EPOCH = datetime(1970, 1, 1)
# The condition under which a ticket carries a recognisable place; the same in every statement.
HAS_PLACE = "town >= 0 AND NOT u(i, 1) < 0.010 AND u(i, 80) < 0.62"
LOST_MATTER = "u(i, 2) < 0.013"


def second(moment: datetime) -> int:
    """Seconds since 1970 of a local time."""
    return int((moment - EPOCH).total_seconds())


def install(raw: duckdb.DuckDBPyConnection, city: City, seed: int, cut: datetime) -> None:
    """Define the macros: random choices, working hours, what is seen by the extraction `cut`."""
    spans = [(a.hour * 3600 + a.minute * 60, b.hour * 3600 + b.minute * 60) for a, b in city.rules.working_hours]
    passed = " + ".join(f"least(greatest(s - {opens}, 0), {closes - opens})" for opens, closes in spans)
    raw.execute(statement("macros", seed=int(seed), cut=second(cut), day_hours=passed))


def prepare(raw: duckdb.DuckDBPyConnection, repeat_days: int) -> None:
    """From the table `base`: who urged whom (urged) and who follows whom (links), for all rows at once.

    links repeats the definition of lib/ingest/repeats on the narrow base, which spares a rewrite of the
    wide table; a test holds the two against each other.
    """
    raw.execute(statement("urged"))
    raw.execute(statement("links", has_place=HAS_PLACE, lost_matter=LOST_MATTER, within=int(repeat_days) * 86_400))


def live(raw: duckdb.DuckDBPyConnection, city: City, low: int, high: int, start: datetime, cut: datetime) -> None:
    """Fill life_c with the rows i in [low, high): their whole lives, uncut.

    start and cut bound the generated time.
    """
    closing = max(end.hour * 3600 + end.minute * 60 for _, end in city.rules.working_hours)
    raw.execute(statement("choices", low=int(low), high=int(high), lost_matter=LOST_MATTER))
    raw.execute(statement("closing", closing=closing, cut=second(cut)))
    raw.execute(statement("answers", start=second(start), cut=second(cut)))
