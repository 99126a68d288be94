"""Separate files of histories, callbacks, exclusions and calls, joined to the tickets by their number."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import pandas as pd

from lib.ingest.convert import Converted, Issues
from lib.ingest.fields import JOINS, REQUIRED

_LABELS = {"events": "流转", "rounds": "办理轮次", "callbacks": "回访", "exclusions": "剔除", "calls": "话务"}


def joined_frames(
    converted: dict[str, list[Converted]], source_code: str, numbers: Iterable[str], limit: datetime
) -> tuple[dict[str, pd.DataFrame], Issues]:
    """Frame of each joined kind that has files, keyed by source_code and ticket_no; and what was left out.

    Rows without a required value, later than `limit`, or of a number that is not among the imported
    tickets are left out with a warning that counts them: they are no rows of the ticket files.
    """
    issues = Issues()
    known = set(numbers)
    frames = {}
    for kind, parts in converted.items():
        pieces = [_cleaned(kind, part, known, limit, issues) for part in parts]
        if pieces:
            frame = pd.concat(pieces, ignore_index=True)
            if kind != "calls":
                frame.insert(0, "source_code", source_code)
            frames[kind] = frame.drop_duplicates(ignore_index=True)
            issues.warnings.update(issues_of(parts))
    return frames, issues


def issues_of(parts: list[Converted]) -> dict[tuple[str, str, str], int]:
    """Warnings that converting the parts gave, summed."""
    total: dict[tuple[str, str, str], int] = {}
    for part in parts:
        for key, count in part.issues.warnings.items():
            total[key] = total.get(key, 0) + count
    return total


def _cleaned(kind: str, part: Converted, known: set[str], limit: datetime, issues: Issues) -> pd.DataFrame:
    label = _LABELS[kind]
    frame = part.frame
    place = pd.Series(part.table.place, index=frame.index, dtype="str")
    bad = pd.Series(False, index=frame.index)
    for name in REQUIRED[kind]:
        missing = frame[name].isna() & ~bad
        issues.warn(missing, name, place, f"{label}记录缺少“{JOINS[kind][name].label}”或无法识别，未采用")
        bad |= missing
    for name, spec in JOINS[kind].items():
        if spec.is_event and name in frame:
            late = (frame[name] > limit).fillna(False) & ~bad
            issues.warn(late, name, place, f"{label}记录晚于数据截止时间，未采用")
            bad |= late
    if kind != "calls":
        strange = ~frame["ticket_no"].isin(known) & ~bad
        issues.warn(strange, "ticket_no", place, f"{label}记录的工单编号不在本次导入的工单中，未采用")
        bad |= strange
    return frame[~bad]
