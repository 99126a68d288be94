"""What must be looked at again, and what was found? Asked of the assessment database."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Connection

from lib.access.roles import ROLES, Identity, NotAllowedError
from lib.answers.list_items import ListView, city_times
from lib.lists.process import RESOURCES
from lib.metrics.arithmetic import divide_columns, wilson_columns
from lib.metrics.sampling import margin
from lib.queries import list_reinspections as queries
from lib.schema.list_terms import REINSPECTION_KINDS, REINSPECTION_VERDICTS


def may_read_all(person: Identity) -> list[str]:
    """Lists that the person reads as a whole, none for whom the registers beside them are closed."""
    return [kind for kind, resource in RESOURCES.items() if person.may(resource) and person.may("registers")]


def item_reinspections(conn: Connection, view: ListView) -> pd.DataFrame:
    """One row per re-inspection of an item, by day: reinspection_id, kind_label, due_on, days_left (calendar days,
    negative when past), item_no, list_kind, title, unit, state, closed_on, done_at (the city's clock; NaT while it is
    due), days_early (calendar days between its outcome and its day, negative when late, NA while it is due), done_by,
    verdict_label, note. Raises NotAllowedError.
    """
    frame = queries.of_items(conn, _readable(view))
    frame["unit"] = [view.names.get(c, c) if isinstance(c, str) else "" for c in frame["lead_unit_code"]]
    frame["days_left"] = pd.array([(day - view.today).days for day in frame["due_on"]], dtype="Int64")
    frame = _labelled(frame)
    days = zip(frame["due_on"], frame["done_at"], strict=True)
    early = [(due - at.date()).days if pd.notna(at) else None for due, at in days]
    frame["days_early"] = pd.array(early, dtype="Int64")
    return frame


def ticket_reviews(conn: Connection, view: ListView, kind: str, sample_id: int | None = None) -> pd.DataFrame:
    """One row per re-inspection of a ticket of that kind (of that sample): reinspection_id, source_code, ticket_no,
    kind_label, due_on, days_left (as in item_reinspections), done_at, done_by, verdict_label, note.

    Raises NotAllowedError.
    """
    _readable(view)
    frame = queries.of_tickets(conn, kind, sample_id)
    frame["days_left"] = pd.array([(day - view.today).days for day in frame["due_on"]], dtype="Int64")
    frame["kind_label"] = REINSPECTION_KINDS[kind]
    return _labelled(frame)


def samples(conn: Connection, view: ListView) -> pd.DataFrame:
    """One row per sample, newest first: sample_id, at (the city's clock), account, label, population, size, seed,
    due_on, held, relapsed, unreachable, open, rate (held ÷ verified), low, high (Wilson 95 %), margin (half the width
    of the design at 95 %, 0–1). Raises NotAllowedError.
    """
    _readable(view)
    frame = queries.sample_frame(conn)
    for column in ("held", "relapsed", "unreachable"):
        frame[column] = pd.to_numeric(frame[column]).fillna(0).astype("int64")
    verified = frame["held"] + frame["relapsed"]
    frame["at"] = city_times(frame["at"])
    frame["open"] = frame["size"] - verified - frame["unreachable"]
    frame["rate"] = divide_columns(frame["held"], verified)
    frame["low"], frame["high"] = wilson_columns(frame["held"], verified)
    frame["margin"] = [margin(n, total) for n, total in zip(frame["size"], frame["population"], strict=True)]
    return frame


def _labelled(frame: pd.DataFrame) -> pd.DataFrame:
    if "kind" in frame:
        frame["kind_label"] = frame["kind"].map(REINSPECTION_KINDS)
    frame["verdict_label"] = [REINSPECTION_VERDICTS[v] if isinstance(v, str) else "" for v in frame["verdict"]]
    frame["done_at"] = city_times(frame["done_at"])
    return frame


def _readable(view: ListView) -> list[str]:
    """Raises NotAllowedError for who reads neither list as a whole."""
    kinds = may_read_all(view.person)
    if not kinds:
        raise NotAllowedError(f"{ROLES[view.person.role]}不能查看复核与回头看，如工作需要请联系系统管理员")
    return kinds
