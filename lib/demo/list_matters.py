"""What the demo city's lists are about: its own tickets that were reworked, passed on, late or repeated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, or_, select

from lib.schema import tickets as t

RECENT = timedelta(days=75)
SETTLING = timedelta(days=6)
MOST_TICKETS = 6
# Enquiries and praise are no matter for a list.
TROUBLES = ("求助", "投诉", "举报")
# The hotline's own desk and units that no list would name.
NOT_RESPONSIBLE = ("S00", t.UNMAPPED)


@dataclass(frozen=True)
class Matter:
    """One matter of a list: its first ticket, and those of the same category in the same district."""

    title: str
    manifestation: str
    problem_type: str
    tickets: tuple[tuple[str, str], ...]
    unit_code: str
    district_code: str | None
    category_code: str | None
    remedy: str


class Matters:
    """Candidates of one demo city, each given away once."""

    def __init__(self, conn: Connection, until: date, as_of: datetime, remedies: dict[str, str]) -> None:
        """until: day up to which lists run. remedies: second-level category → remedy."""
        self._rows = _candidates(conn, datetime.combine(until, datetime.min.time()), as_of)
        self._as_of = as_of
        self._remedies = remedies
        self._taken = np.zeros(len(self._rows), dtype=bool)

    def __len__(self) -> int:
        return len(self._rows)

    def take(self, before: date, rng: np.random.Generator, units: frozenset[str] | None = None) -> Matter | None:
        """A matter that was known by that day, its ticket some days old; of one of the units where given and there
        is one. None when the demo city is too small to have another.
        """
        known = (self._rows["received_at"] < pd.Timestamp(before) - SETTLING).to_numpy() & ~self._taken
        if units is not None and (known & self._rows["unit_code"].isin(units).to_numpy()).any():
            known &= self._rows["unit_code"].isin(units).to_numpy()
        recent = known & (self._rows["received_at"] > pd.Timestamp(before) - SETTLING - RECENT).to_numpy()
        places = np.flatnonzero(recent if recent.any() else known)
        if not len(places):
            return None
        weight = self._rows["weight"].to_numpy()[places]
        best = places[np.argsort(-weight, kind="stable")[:25]]
        place = int(rng.choice(best))
        # Of several tickets with the same words one is enough.
        self._taken |= (self._rows["title"] == self._rows["title"].iloc[place]).to_numpy()
        return self._matter(place, before)

    def closed(self) -> list[tuple[str, str]]:
        """Keys of those that are closed, in the order of their numbers."""
        return self._keys(self._rows["is_closed"].astype(bool))

    def unsatisfied(self) -> list[tuple[str, str]]:
        """Keys of the latest closed ones whose citizen said that nothing was solved, newest first."""
        return self._keys(self._rows["is_closed"].astype(bool) & (self._rows["resolution"] == "unresolved"))[::-1]

    def _keys(self, which: pd.Series) -> list[tuple[str, str]]:
        rows = self._rows[which]
        return [(str(s), str(n)) for s, n in zip(rows["source_code"], rows["ticket_no"], strict=True)]

    def _matter(self, place: int, before: date) -> Matter:
        row: Any = self._rows.iloc[place]
        same = self._rows[self._rows["alike"] == row["alike"]]
        window = pd.Timestamp(before)
        same = same[(same["received_at"] < window - SETTLING) & (same["received_at"] > window - 2 * RECENT)]
        keys = [(str(row["source_code"]), str(row["ticket_no"]))]
        keys += [(str(s), str(n)) for s, n in zip(same["source_code"], same["ticket_no"], strict=True)]
        tickets = tuple(dict.fromkeys(keys))[:MOST_TICKETS]
        # As a list calls it: the matter itself.
        title = str(row["title"]).replace("诉求人反映", "")
        kind, said = _story(row, len(tickets), pd.Timestamp(self._as_of))
        since = row["received_at"]
        district, category = str(row["district_code"]), str(row["category_code"])
        return Matter(
            title=title[:120],
            manifestation=f"{since.year}年{since.month}月{since.day}日以来，群众通过热线反映：{title}。{said}",
            problem_type=kind,
            tickets=tickets,
            unit_code=str(row["unit_code"]),
            district_code=None if district == t.UNMAPPED else district,
            category_code=None if category == t.UNMAPPED else category,
            remedy=self._remedies.get(str(row["category2_code"]), "service"),
        )


def _story(row: Any, count: int, as_of: pd.Timestamp) -> tuple[str, str]:
    """Type of the problem and a sentence, both from what the ticket's own columns say."""
    several = f"同一区县近期同类诉求{count}件。" if count > 1 else ""
    if row["transfer_count"] >= 2:
        return "long_delayed", f"工单已转派{row['transfer_count']}次，责任单位不明确。{several}"
    if not row["is_closed"] and row["due_at"] < as_of:
        return "long_delayed", f"工单办理时限已过，仍未办结。{several}"
    if row["round_count"] >= 3:
        return "perfunctory", f"工单已办理{row['round_count']}轮，群众仍不认可。{several}"
    if row["resolution"] == "unresolved":
        return "closed_unsolved", f"工单办结后回访，群众表示问题未解决。{several}"
    return "perfunctory", f"承办单位答复后问题反复出现。{several}"


def _candidates(conn: Connection, until: datetime, as_of: datetime) -> pd.DataFrame:
    """One row per ticket that a list could be about, of the year before, in the order of their numbers."""
    c, x = t.tickets.c, t.ticket_texts.c
    columns = (c.ticket_id, c.segment_no, c.source_code, c.ticket_no, c.unit_code, c.district_code, c.category2_code,
               c.category_code, c.received_at, c.due_at, c.is_closed, c.round_count,
               c.transfer_count, c.is_repeat, c.resolution, x.title)  # fmt: skip
    statement = (
        select(*columns)
        .join(t.ticket_texts, (x.ticket_id == c.ticket_id) & (x.segment_no == c.segment_no))
        .where(c.restricted_class.is_(None), c.handling_type == "referred", c.request_type.in_(TROUBLES))
        .where(c.unit_code.not_in(NOT_RESPONSIBLE))
        .where(c.received_at >= min(until, as_of) - timedelta(days=365), c.received_at < min(until, as_of))
        .where(or_(c.round_count >= 2, c.transfer_count >= 2, c.resolution == "unresolved",
                   ~c.is_closed & (c.due_at < as_of), c.is_repeat))
        .order_by(c.ticket_id)
    )  # fmt: skip
    rows = pd.DataFrame(conn.execute(statement).all(), columns=[column.name for column in columns])
    overdue = ~rows["is_closed"].astype(bool) & (pd.to_datetime(rows["due_at"]) < pd.Timestamp(as_of))
    unsolved = (rows["resolution"] == "unresolved").astype(int)
    alike = rows["district_code"] + "/" + rows["category_code"]
    several = alike.map(alike.value_counts()).clip(upper=6)
    weight = 2 * rows["round_count"] + 2 * rows["transfer_count"] + 3 * overdue + unsolved + several
    return rows.assign(alike=alike, weight=weight)
