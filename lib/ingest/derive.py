"""The columns of a ticket that no file states: derived from those it does, in the same way for every source."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd

from lib.calendar_cn import WorkCalendar
from lib.city import City
from lib.ingest.frames import typed
from lib.schema import tickets as t

_FLAGS = ("is_enterprise", "is_group_event", "is_hard_case")
_COUNTS = ("transfer_count", "return_count", "extension_count", "urging_count")
_CODES = ("district_code", "township_code", "category1_code", "category2_code", "category_code", "channel_code",
          "unit_code")  # fmt: skip


def fill_from(rows: pd.DataFrame, facts: pd.DataFrame, given: set[str]) -> None:
    """Set columns that separate files tell; a column that the ticket file itself has wins."""
    for column in facts.columns:
        if column not in given:
            told = facts[column].dropna()
            rows.loc[told.index, column] = typed(told, t.tickets.c[column].type)


def fill_defaults(rows: pd.DataFrame) -> None:
    """What a ticket is when its source does not say: a normal referred ticket that nobody flagged."""
    handling = rows["handling_type"].where(rows["handling_type"].notna(), t.REFERRED)
    rows["handling_type"] = handling.astype(object)
    rows["request_type"] = rows["request_type"].where(rows["request_type"].notna(), "其他").astype(object)
    rows["urgency"] = rows["urgency"].where(rows["urgency"].notna(), "normal").astype(object)
    rows["is_closed"] = rows["is_closed"].fillna(rows["closed_at"].notna().astype("boolean"))
    for column in _FLAGS:
        rows[column] = rows[column].fillna(False)
    for column in _COUNTS:
        rows[column] = rows[column].fillna(0)
    for column in _CODES:
        rows[column] = rows[column].where(rows[column].notna(), t.UNMAPPED).astype(object)
    first = rows["first_unit_code"]
    rows["first_unit_code"] = first.where(first.notna(), rows["unit_code"]).astype(object)


def follow_first_unit(rows: pd.DataFrame, old: pd.DataFrame, given: set[str]) -> None:
    """A file without the first unit: a ticket dispatched once went to its unit; a known first unit stays."""
    if "first_unit_code" in given or "unit_code" not in given:
        return
    before = old["first_unit_code"].reindex(rows.index)
    was_same = before.isna() | (before == old["unit_code"].reindex(rows.index)) & (before == t.UNMAPPED)
    rows["first_unit_code"] = rows["unit_code"].where(was_same, before).astype(object)


def count_rounds(rows: pd.DataFrame, old: pd.DataFrame, given: set[str]) -> None:
    """round_count and first_closed_at where the file does not state them.

    A ticket that was closed and is open again was reopened: one more round, at an unknown time.
    """
    known = rows["round_count"].fillna(1).clip(lower=1)
    if "round_count" not in given and "is_closed" in given:
        was_closed = old["is_closed"].reindex(rows.index).fillna(False).astype(bool)
        known = known + (was_closed & ~rows["is_closed"].astype(bool)).astype("int64")
    rows["round_count"] = known.where(rows["reworked_at"].isna(), known.clip(lower=2)).astype("Int64")
    once = rows["round_count"] == 1
    if "first_closed_at" in given:
        rows["first_closed_at"] = rows["first_closed_at"].where(
            rows["first_closed_at"].notna() | ~once, rows["closed_at"]
        )
        return
    stored = old["first_closed_at"].reindex(rows.index)
    rows["first_closed_at"] = typed(rows["first_closed_at"].fillna(stored), t.tickets.c.first_closed_at.type)
    rows["first_closed_at"] = rows["first_closed_at"].where(~once, rows["closed_at"])


def limits(rows: pd.DataFrame, city: City, given: set[str]) -> None:
    """Limits of acknowledgement and first contact, by the clock from dispatch, where the source has the act.

    Without the act in the source a limit would only say that nobody ever acknowledged.
    """
    for act, limit, hours in (
        ("acknowledged_at", "acknowledge_due_at", city.rules.acknowledge_hours),
        ("first_contacted_at", "contact_due_at", city.rules.contact_hours),
    ):
        if act in given and limit not in given:
            referred = rows["handling_type"] == t.REFERRED
            due = (rows["dispatched_at"] + timedelta(hours=hours)).where(referred)
            rows[limit] = typed(due, t.tickets.c[limit].type)


def due_times(rows: pd.DataFrame, city: City, calendar: WorkCalendar, old: pd.DataFrame, given: set[str]) -> None:
    """due_at of referred tickets by the time-limit rules, where the file gives none; granted extensions add up."""
    wanted = (rows["handling_type"] == t.REFERRED) & (
        rows["due_at"].isna() if "due_at" in given else pd.Series(True, index=rows.index)
    )
    open_ = wanted.copy()
    for rule in city.time_limit_rules.sort_values("rule_no").to_dict("records"):
        mine = open_ & _applies(rows, rule)
        if not mine.any():
            continue
        chosen = rows[mine]
        start = chosen[f"{rule['starts_at']}_at"]
        extended = chosen["extension_count"].clip(upper=rule["extensions_max"] or 0).astype(float)
        amount = pd.Series(float(rule["amount"]), index=chosen.index)
        longer = amount + extended * float(rule["extension_amount"] or 0)
        unit = pd.Series(rule["unit"], index=chosen.index)
        next_day = pd.Series(bool(rule["starts_next_day"]), index=chosen.index)
        rows.loc[mine, "due_at"] = calendar.due(start, longer, unit, next_day)
        rows.loc[mine, "original_due_at"] = calendar.due(start, amount, unit, next_day)
        open_ &= ~mine


def _applies(rows: pd.DataFrame, rule: dict) -> pd.Series:
    mine = pd.Series(True, index=rows.index)
    if _set(rule["category_code"]):
        mine &= rows["category_code"].astype("string").str.startswith(rule["category_code"]).fillna(False).astype(bool)
    for column in ("request_type", "urgency"):
        if _set(rule[column]):
            mine &= rows[column] == rule[column]
    start = rows[f"{rule['starts_at']}_at"]
    if _set(rule["valid_from"]):
        mine &= ~(start < pd.Timestamp(rule["valid_from"]))
    if _set(rule["valid_to"]):
        mine &= ~(start >= pd.Timestamp(rule["valid_to"]))
    return mine


def _set(value: object) -> bool:
    return value is not None and not (isinstance(value, float) and np.isnan(value)) and value is not pd.NA


def keep_original_due(rows: pd.DataFrame, old: pd.DataFrame, given: set[str]) -> None:
    """original_due_at where the file does not state it: what the limit was when it was first seen."""
    if "original_due_at" in given:
        rows["original_due_at"] = rows["original_due_at"].fillna(rows["due_at"])
        return
    before = typed(old["original_due_at"].reindex(rows.index), t.tickets.c.due_at.type)
    extended = rows["extension_count"] > 0
    rows["original_due_at"] = before.where(before.notna() & extended, rows["due_at"])


def handling_hours(rows: pd.DataFrame, calendar: WorkCalendar) -> None:
    """Working hours from received_at to closed_at; missing unless both are valid and in order."""
    valid = rows["is_closed"].astype(bool) & (rows["closed_at"] >= rows["received_at"])
    hours = calendar.hours(rows["received_at"].where(valid), rows["closed_at"].where(valid))
    rows["handling_hours"] = typed(hours, t.tickets.c.handling_hours.type)


def calendar_days(frames: Sequence[pd.Series], as_of: datetime) -> tuple[date, date]:
    """First and last day that working time is reckoned on, with room for the longest limits."""
    times = pd.concat([as_dates.dropna() for as_dates in frames])
    first = min(times.min(), pd.Timestamp(as_of)) if len(times) else pd.Timestamp(as_of)
    last = max(times.max(), pd.Timestamp(as_of)) if len(times) else pd.Timestamp(as_of)
    return date(first.year, 1, 1), date(last.year + 1, 12, 31)
