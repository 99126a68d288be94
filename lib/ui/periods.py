"""Periods to choose from: those that hold data, beginning where the newest tickets are."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from lib import answers
from lib.period import Period, add_months, cut_day, recent_months

MONTHS, QUARTERS, YEARS = 48, 12, 5
CUSTOM = "custom"
CALENDAR = ("month", "quarter", "year")


def periods(as_of: datetime) -> list[str]:
    """Tokens to choose from: the running month, quarter and year first, then the earlier ones."""
    last = _newest_day(as_of)
    months = [p.token for p in reversed(recent_months(last, MONTHS))]
    quarters = [Period.of(add_months(last, -3 * k), "quarter").token for k in range(QUARTERS)]
    years = [Period.year(last.year - k).token for k in range(YEARS)]
    return [months[0], quarters[0], years[0], CUSTOM, *months[1:], *quarters[1:], *years[1:]]


def with_data(source: answers.Source) -> tuple[str, ...]:
    """Of `periods` those that end after the data begin."""
    offered = periods(source.as_of)
    ends = {token: Period.parse(token).end for token in offered if token != CUSTOM}
    known = source.covered({token: Period(end - timedelta(days=1), end) for token, end in ends.items()})
    return tuple(token for token in offered if token == CUSTOM or token in known)


def shown(token: str | None, as_of: datetime, start: Period) -> tuple[str, tuple[date, date] | None]:
    """What the period's two widgets show for a token: a calendar period, or custom with its days.

    `start` stands for what is missing, cannot be read, or lies in the future.
    """
    try:
        period = Period.parse(token) if token else start
    except ValueError:
        period = start
    if period.start > _newest_day(as_of):
        period = start
    if period.kind in CALENDAR:
        return period.token, None
    return CUSTOM, (period.start, min(period.end - timedelta(days=1), _newest_day(as_of)))


def _newest_day(as_of: datetime) -> date:
    return cut_day(as_of) - timedelta(days=1)
