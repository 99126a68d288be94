"""Rows of the ticket tables checked against each other and against the clock: kept, emptied, or refused."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from lib.ingest.convert import Converted, Issues
from lib.ingest.coordinates import to_wgs84
from lib.ingest.fields import TICKETS
from lib.ingest.mapping import MappingFile
from lib.ingest.staged import REJECTED_COLUMNS, WARNING_COLUMNS

# Years outside are placeholders (1900-01-01, 1970-01-01, 2059-12-31, 9999-12-31), never real moments.
FIRST_YEAR, LAST_YEAR = 1990, 2049
# Distinct values listed under one warning; the others are counted together.
_LISTED = 50
_MANY = "（其余各值）"
_SCIENTIFIC = r"\d(\.\d+)?[eE]\+\d+"
_NUMBER_LENGTH = 64
CLOSED_WITHOUT_TIME = "状态为已办结但没有有效的办结时间：计入办结，不计入按期办结和办理时长"


def newest_event(converted: list[Converted], now: datetime) -> datetime | None:
    """The newest moment of any event in the tables that is not later than `now` and no placeholder."""
    newest: pd.Timestamp | None = None
    for part in converted:
        for name in part.frame.columns.intersection([f.name for f in TICKETS.values() if f.is_event]):
            moments = part.frame[name]
            moments = moments[(moments <= pd.Timestamp(now)) & (moments.dt.year >= FIRST_YEAR)]
            if len(moments) and (newest is None or moments.max() > newest):
                newest = moments.max()
    if newest is None:
        return None
    # A day without time of day counts to its end: the data then cover the whole day, as midnight says.
    whole_day = newest + pd.Timedelta(seconds=1)
    return (whole_day if whole_day == whole_day.normalize() else newest).to_pydatetime()


def validate_tickets(converted: list[Converted], mapping: MappingFile, limit: datetime) -> pd.DataFrame:
    """All tables' accepted rows as one frame with file_name, line_no; faults go to each table's issues.

    limit: no event may be later (the as-of, or the wall clock where the mapping gives none). The first
    accepted row of a number wins; later ones are rejected, naming where the first stands.
    """
    seen: dict[str, tuple[str, int]] = {}
    pieces = []
    for part in converted:
        _require(part, limit)
        _check_times(part, limit)
        _check_places(part, mapping)
        _check_closing(part)
        _reject_overlong(part)
        pieces.append(_accepted(part, seen))
    # A field that only some of the files have stays NA for the rows of the others.
    return pd.concat(pieces, ignore_index=True)


def _require(part: Converted, limit: datetime) -> None:
    number, issues = part.frame["ticket_no"], part.issues
    text = part.text.get("ticket_no", number.fillna(""))
    issues.reject(number.isna(), "ticket_no", text, "编号为空，请补上编号")
    issues.reject(
        text.str.fullmatch(_SCIENTIFIC),
        "ticket_no",
        text,
        "编号“{}”已被表格软件改成科学计数法，请把该列设为文本后重新导出",
    )
    issues.reject(
        text.str.len() > _NUMBER_LENGTH, "ticket_no", text, f"编号超过 {_NUMBER_LENGTH} 个字符，请检查列是否错位"
    )
    received = part.frame["received_at"]
    said = part.text.get("received_at", received.astype("str"))
    issues.reject(said == "", "received_at", said, "受理时间为空，请补上")
    issues.reject(received.isna(), "received_at", said, "无法识别受理时间“{}”，请写成 2026-10-01 09:12:30")
    issues.reject(_placeholder(received), "received_at", said, "受理时间“{}”是占位日期，请改为真实时间")
    issues.reject(
        received > limit, "received_at", said, f"受理时间“{{}}”晚于数据截止时间 {limit:%Y-%m-%d %H:%M}，请核对"
    )


def _placeholder(moments: pd.Series) -> pd.Series:
    return moments.notna() & ((moments.dt.year < FIRST_YEAR) | (moments.dt.year > LAST_YEAR))


def _check_times(part: Converted, limit: datetime) -> None:
    frame = part.frame
    for name in frame.columns:
        spec = TICKETS[name]
        if spec.kind != "time" or name == "received_at":
            continue
        said = part.text.get(name, frame[name].astype("str"))
        _empty(part, name, _placeholder(frame[name]), said, "占位日期，已置空")
        if not spec.is_event:
            continue
        # A day without time of day counts to its end, but never beyond the extraction.
        if name in part.no_time:
            same_day = frame[name].dt.normalize() == pd.Timestamp(limit).normalize()
            late = part.no_time[name] & same_day & (frame[name] > limit)
            frame[name] = frame[name].mask(late, pd.Timestamp(limit) - pd.Timedelta(seconds=1))
        _empty(part, name, frame[name] > limit, said, f"晚于数据截止时间 {limit:%Y-%m-%d %H:%M}，已置空")


def _empty(part: Converted, name: str, rows: pd.Series, said: pd.Series, reason: str) -> None:
    if rows.any():
        part.issues.warn(rows, name, said, reason)
        part.frame[name] = part.frame[name].mask(rows)


def _check_closing(part: Converted) -> None:
    """The status decides what is closed; closing times that contradict it or the receipt are emptied."""
    frame, text = part.frame, part.text
    for name in ("closed_at", "first_closed_at"):
        if name in frame:
            said = text.get(name, frame[name].astype("str"))
            _empty(part, name, frame[name] < frame["received_at"], said, "办结时间早于受理时间，已置空")
    if "due_at" in frame:
        said = text.get("due_at", frame["due_at"].astype("str"))
        _empty(part, "due_at", frame["due_at"] < frame["received_at"], said, "办理时限早于受理时间，已置空")
    if "is_closed" not in frame:
        return
    if "status_raw" not in frame and "is_closed" in text and frame["is_closed"].notna().any():
        source = text["is_closed"]
        if part.headings["is_closed"] != part.headings.get("closed_at"):
            frame["status_raw"] = source.mask(source == "").astype("str")
    if "closed_at" in frame:
        said = text.get("closed_at", frame["closed_at"].astype("str"))
        is_open = (frame["is_closed"] == False).fillna(False).astype(bool)  # noqa: E712 - NA must stay out
        _empty(part, "closed_at", is_open & frame["closed_at"].notna(), said, "状态为未办结，办结时间不采用")
        lacking = frame["is_closed"].fillna(False).astype(bool) & frame["closed_at"].isna()
        part.issues.warn(lacking, "closed_at", pd.Series("", index=frame.index, dtype="str"), CLOSED_WITHOUT_TIME)


def _check_places(part: Converted, mapping: MappingFile) -> None:
    frame = part.frame
    if "longitude" not in frame or "latitude" not in frame:
        frame.drop(columns=["longitude", "latitude"], errors="ignore", inplace=True)
        return
    lon, lat = frame["longitude"], frame["latitude"]
    given = lon.notna() | lat.notna()
    wrong = given & ~(lon.between(-180, 180) & lat.between(-90, 90) & ~((lon == 0) & (lat == 0)))
    said = part.text["longitude"] + "，" + part.text["latitude"]
    part.issues.warn(wrong, "longitude", said, "经纬度无效，已置空")
    values = to_wgs84(lon.mask(wrong).to_numpy(dtype=float), lat.mask(wrong).to_numpy(dtype=float), mapping.coordinates)
    frame["longitude"], frame["latitude"] = values


def _reject_overlong(part: Converted) -> None:
    for row, width in part.table.overlong.items():
        reason = f"该行有 {width} 列，比表头的 {len(part.table.headings)} 列多，请检查分隔符是否加了引号、各列是否错位"
        part.issues.rejected.setdefault(row, ("", "", reason))


def _accepted(part: Converted, seen: dict[str, tuple[str, int]]) -> pd.DataFrame:
    """Rows without a fault whose number was not met before; later rows of a number are rejected."""
    table, issues = part.table, part.issues
    numbers = part.frame["ticket_no"]
    ok = ~numbers.index.isin(list(issues.rejected))
    # Plain walk: the place of the first row is told to whoever corrects the second.
    for row, number in zip(numbers.index[ok], numbers[ok].tolist(), strict=True):
        line = int(table.lines[row])
        if number in seen:
            place, first = seen[number]
            where = f"第 {first} 行" if place == table.place else f"{place} 第 {first} 行"
            issues.rejected[int(row)] = ("ticket_no", number, f"编号“{number}”重复：首次出现在{where}，以首次为准")
        else:
            seen[number] = (table.place, line)
    kept = part.frame[~part.frame.index.isin(list(issues.rejected))].copy()
    kept["file_name"] = pd.Series(table.place, index=kept.index, dtype="str")
    kept["line_no"] = table.lines[kept.index.to_numpy()]
    return kept


def rejected_frame(converted: list[Converted]) -> pd.DataFrame:
    """One row per refused row: REJECTED_COLUMNS, in the order of the files."""
    rows: list[dict[str, Any]] = []
    for part in converted:
        for row in sorted(part.issues.rejected):
            name, value, reason = part.issues.rejected[row]
            label = TICKETS[name].label if name in TICKETS else ""
            rows.append(
                {
                    "file_name": part.table.place,
                    "line_no": int(part.table.lines[row]),
                    "column_name": part.headings.get(name, label),
                    "value": value,
                    "reason": reason,
                    "cells": dict(zip(part.table.headings, part.table.frame.iloc[row].tolist(), strict=True)),
                }
            )
    return pd.DataFrame(rows, columns=list(REJECTED_COLUMNS))


def warnings_frame(issues: list[Issues]) -> pd.DataFrame:
    """One row per field, value and reason: WARNING_COLUMNS, the commonest first; rare values counted together."""
    total: Counter[tuple[str, str, str]] = Counter()
    for one in issues:
        total.update(one.warnings)
    listed: Counter[tuple[str, str]] = Counter()
    result: Counter[tuple[str, str, str]] = Counter()
    for (name, value, reason), count in total.most_common():
        listed[(name, reason)] += 1
        shown = value if listed[(name, reason)] <= _LISTED else _MANY
        result[(name, shown, reason)] += count
    rows = [(name, value, reason, count) for (name, value, reason), count in result.most_common()]
    return pd.DataFrame(rows, columns=list(WARNING_COLUMNS))


def clock_limit(as_of: datetime | None, now: datetime) -> datetime:
    """No event may be later than this: the given as-of, else the wall clock with an hour for clocks that differ."""
    return as_of if as_of is not None else now + timedelta(hours=1)
