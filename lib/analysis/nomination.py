"""From the tickets a rule points to, to suggestions: which belong together, and what the figures are.

A finding is a hint to look (疑点提示), never a verdict.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from lib.analysis.similar_replies import clusters

UNMAPPED = "unmapped"


@dataclass(frozen=True)
class Finding:
    """Tickets that one rule holds against one matter.

    matter: what makes it the same matter in the next run. tickets: ticket_ids, ascending. minimum: fewer tickets
    than that would not have been found. figures: name → number, as the rule's page words it. remarks: ticket_id →
    number that is said of the ticket (rounds, days, answers …).
    """

    rule: str
    matter: tuple[str, ...]
    tickets: tuple[int, ...]
    minimum: int
    unit_code: str | None = None
    figures: Mapping[str, float] = field(default_factory=dict)
    remarks: Mapping[int, float] = field(default_factory=dict)


def by_unit_and_category(rule: str, frame: pd.DataFrame, remark: str | None = None) -> list[Finding]:
    """One finding per unit and second-level category. frame: ticket_id, unit_code, category2_code and the column
    that `remark` names.
    """
    found = []
    for (unit, category), part in frame.groupby(["unit_code", "category2_code"], sort=True, dropna=False):
        remarks = {} if remark is None else dict(zip(part["ticket_id"].astype(int), part[remark], strict=True))
        matter = ("unit", _text(unit), "category", _text(category))
        found.append(Finding(rule, matter, _ids(part), 1, _known(unit), {"tickets": len(part)}, remarks))
    return found


def one_by_one(rule: str, frame: pd.DataFrame, remark: str) -> list[Finding]:
    """One finding per ticket. frame: ticket_id, source_code, ticket_no, unit_code and the column of `remark`."""
    return [
        Finding(rule, ("ticket", row["source_code"], row["ticket_no"]), (int(row["ticket_id"]),), 1,
                _known(row["unit_code"]), {"tickets": 1}, {int(row["ticket_id"]): row[remark]})
        for row in frame.sort_values("ticket_id").to_dict("records")
    ]  # fmt: skip


def repeated_matters(frame: pd.DataFrame, minimum: int) -> list[Finding]:
    """One finding per matter that was brought up again and again. frame: as queries.nomination.repeated.

    Where a place and a requester stand for the same tickets, the larger of the two speaks for both.
    """
    groups = []
    for (same, matter, category), part in frame.groupby(["same", "matter", "category2_code"], sort=True):
        groups.append((set(part["ticket_id"].astype(int)), same, matter, category, part))
    groups.sort(key=lambda group: (-len(group[0]), group[1], group[2], group[3]))
    found: list[Finding] = []
    spoken: list[set[int]] = []
    for ids, same, matter, category, part in groups:
        if any(2 * len(ids & other) >= len(ids) for other in spoken):
            continue
        spoken.append(ids)
        units = part["unit_code"].dropna().value_counts()
        figures = {"tickets": len(ids), "units": int(part["unit_code"].nunique())}
        found.append(Finding("repeated", (str(same), str(matter), "category", str(category)), _ids(part), minimum,
                             _known(units.index[0]) if len(units) else None, {**figures, f"by_{same}": 1}))  # fmt: skip
    return found


def without_contact(frame: pd.DataFrame, minimum: int) -> list[Finding]:
    """One finding per unit. frame: as queries.nomination.without_contact."""
    found = []
    for unit, part in frame.groupby("unit_code", sort=True):
        closed = int(part["unit_closed"].iloc[0])
        figures = {"tickets": len(part), "unit_closed": closed, "share": len(part) / closed}
        found.append(Finding("no_contact", ("unit", str(unit)), _ids(part), minimum, _known(unit), figures))
    return found


def template_replies(
    frame: pd.DataFrame,
    *,
    replies: int,
    similarity_percent: int,
    categories: int,
    share_percent: int,
    one_kind_percent: int,
    event_days: int,
    event_percent: int,
) -> list[Finding]:
    """One finding per unit whose replies repeat one text. frame: as queries.nomination.replies.

    A text counts when it stands under `replies` tickets or more, a part of the unit's replies that matters
    (`share_percent`), of many kinds (`categories` third-level ones) or of a large part (`one_kind_percent`), and
    these tickets are not about one event.
    """  # fmt: skip
    if frame.empty:
        return []
    frame = frame.assign(
        cluster=clusters(
            frame["unit_code"].tolist(), frame["reply"].tolist(), similarity_percent / 100, share_percent / 100
        )
    )
    totals = frame["unit_code"].value_counts()
    found: dict[str, list[pd.DataFrame]] = {}
    sizes = frame[frame["cluster"] >= 0].groupby("cluster")["ticket_id"].transform("size")
    for _, part in frame.loc[sizes[sizes >= replies].index].groupby("cluster"):
        unit = part["unit_code"].iloc[0]
        kinds = part.loc[part["category_code"] != UNMAPPED, "category_code"].nunique()
        needed = share_percent if kinds >= categories else one_kind_percent
        if len(part) * 100 < totals[unit] * needed:
            continue
        if not about_one_event(part, event_days, event_percent):
            found.setdefault(unit, []).append(part)
    result = []
    for unit, parts in sorted(found.items()):
        together = pd.concat(parts)
        figures = {
            "tickets": len(together), "unit_replies": int(totals[unit]), "share": len(together) / totals[unit],
            "texts": len(parts), "categories": int(together["category_code"].nunique()),
        }  # fmt: skip
        result.append(Finding("template_reply", ("unit", unit), _ids(together), replies, unit, figures))
    return result


def bulk_closings(
    frame: pd.DataFrame,
    totals: Mapping[str, int],
    *,
    minutes: int,
    batch: int,
    tickets: int,
    share_percent: int,
    event_days: int,
    event_percent: int,
) -> list[Finding]:
    """One finding per unit that closes in batches just before the limit. frame: as queries.nomination.late_closings;
    totals: unit → tickets that it closed in the window.
    """  # fmt: skip
    found = []
    for code, part in frame.groupby("unit_code", sort=True):
        unit = str(code)
        if len(part) < tickets:
            continue
        ordered = part.sort_values(["closed_at", "ticket_id"])
        inside = in_batches(ordered["closed_at"], minutes, batch)
        mine = ordered[inside]
        if len(mine) < tickets or len(mine) * 100 < totals[unit] * share_percent:
            continue
        if about_one_event(mine, event_days, event_percent):
            continue
        left = (mine["due_at"] - mine["closed_at"]).dt.total_seconds() / 60
        figures = {
            "tickets": len(mine), "unit_closed": int(totals[unit]), "share": len(mine) / totals[unit],
            "days": int(mine["closed_at"].dt.normalize().nunique()), "minutes_left": float(left.median()),
        }  # fmt: skip
        remarks = dict(zip(mine["ticket_id"].astype(int), left, strict=True))
        found.append(Finding("bulk_closing", ("unit", unit), _ids(mine), tickets, unit, figures, remarks))
    return found


def in_batches(times: pd.Series, minutes: int, batch: int) -> np.ndarray:
    """Which of the times (ascending) lie with `batch` or more of them within so many minutes."""
    at = pd.to_datetime(times).to_numpy().astype("datetime64[s]").astype("int64")
    inside = np.zeros(len(at), dtype=bool)
    if len(at) < batch:
        return inside
    for start in np.flatnonzero(at[batch - 1 :] - at[: len(at) - batch + 1] <= minutes * 60):
        inside[start : start + batch] = True
    return inside


def about_one_event(frame: pd.DataFrame, days: int, percent: int) -> bool:
    """Whether most of the tickets (percent) are of one category and received within so many days, or of one place:
    a burst pipe, a storm. frame: category2_code, place_key, received_at.
    """
    needed = len(frame) * percent / 100
    places = frame["place_key"].dropna().value_counts()
    if len(places) and places.iloc[0] >= needed:
        return True
    for _, part in frame.groupby("category2_code"):
        if len(part) < needed:
            continue
        at = np.sort(pd.to_datetime(part["received_at"]).to_numpy().astype("datetime64[s]").astype("int64"))
        within = np.searchsorted(at, at + days * 86_400, side="right") - np.arange(len(at))
        if within.max() >= needed:
            return True
    return False


def _ids(frame: pd.DataFrame) -> tuple[int, ...]:
    ids: Iterable[int] = frame["ticket_id"].astype(int)
    return tuple(sorted(set(ids)))


def _text(code: Hashable) -> str:
    return UNMAPPED if pd.isna(code) else str(code)  # type: ignore[call-overload]


def _known(unit: Hashable) -> str | None:
    code = _text(unit)
    return None if code == UNMAPPED else code
