"""Moments: the assessment database keeps UTC without zone, people read the city's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

# One zone for the whole country, without summer time: no table of zones is needed on the machine.
CITY_TIME = timezone(timedelta(hours=8))


def utc(moment: datetime) -> datetime:
    """A moment as the database keeps it: UTC without zone. One without zone is taken as UTC."""
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def city_time(moment: datetime) -> datetime:
    """A kept moment on the city's clock, without zone."""
    return utc(moment).replace(tzinfo=UTC).astimezone(CITY_TIME).replace(tzinfo=None)


def clock(moment: datetime) -> str:
    """11月2日17:05 on the city's clock."""
    local = city_time(moment)
    return f"{local.month}月{local.day}日{local:%H:%M}"
