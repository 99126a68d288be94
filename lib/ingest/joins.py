"""What depends on more than one ticket: reminders, approved exclusions and repeats, only where touched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd
from sqlalchemy import BigInteger, Column, Connection, Select, and_, delete, insert, or_, select, update

from lib.ingest import repeats, stored
from lib.ingest.bulk import insert_frame, temporary
from lib.ingest.draft import Draft
from lib.ingest.events import numbered
from lib.ingest.frames import differ, in_types_of, key_columns, read
from lib.ingest.rollups import Change
from lib.schema import tickets as t

T = t.tickets.c


class Touched:
    """Ids of tickets that this import writes; each enters the change of the rollups once."""

    def __init__(self, conn: Connection, change: Change | None) -> None:
        self.conn, self.change = conn, change
        self.table = temporary(
            conn, "touched_ids", key_columns(t.tickets, "ticket_id"), pd.DataFrame({"ticket_id": []})
        )

    @property
    def ids(self) -> Select[Any]:
        """The ids so far, as a subquery."""
        return select(self.table.c.ticket_id)

    def take(self, ids: pd.Index) -> None:
        """Note tickets about to be written, subtracting what they counted, unless noted before."""
        batch = stored.wanted_ids(self.conn, ids, "touched_batch")
        new = select(batch.c.ticket_id).where(batch.c.ticket_id.not_in(self.ids))
        if self.change is not None:
            self.change.subtract(new)
        self.conn.execute(insert(self.table).from_select(["ticket_id"], new))


@dataclass(frozen=True)
class Before:
    """Keys of the written tickets that groups are found by: as stored before and as they stand now."""

    hashes: pd.Series
    places: pd.Series
    received: pd.Series
    parents: pd.Series

    @classmethod
    def of(cls, *frames: pd.DataFrame) -> Before:
        """From frames of tickets."""
        rows = pd.concat([f[["requester_hash", "place_key", "received_at", "parent_ticket_no"]] for f in frames])
        return cls(
            rows["requester_hash"].dropna().drop_duplicates(),
            rows["place_key"].dropna().drop_duplicates(),
            rows["received_at"].dropna(),
            rows["parent_ticket_no"].dropna().drop_duplicates(),
        )


def store_exclusions(conn: Connection, rows: pd.DataFrame | None) -> pd.DataFrame:
    """Insert or replace exclusions asked for, by ticket and code. Returns the keys of those that changed."""
    keys = ["source_code", "ticket_no", "exclusion_code"]
    empty = pd.DataFrame({"source_code": [], "ticket_no": []}, dtype=object)
    if rows is None or rows.empty:
        return empty
    names = [c.name for c in t.ticket_exclusions.c]
    new = in_types_of(t.ticket_exclusions, rows.reindex(columns=names)).drop_duplicates(keys, keep="last")
    old = read(conn, select(t.ticket_exclusions))
    both = new.merge(old, on=keys, how="left", suffixes=("", "_old"), indicator=True)
    changed = (both["_merge"] == "left_only").to_numpy(copy=True)
    for column in ("approved_by", "approved_on", "evidence"):
        if column in rows:
            changed |= differ(both[column], both[f"{column}_old"])
        else:
            both[column] = both[f"{column}_old"]
    both = both[changed]
    mine = temporary(conn, "changed_exclusions", key_columns(t.ticket_exclusions, *keys), both[keys])
    same = and_(*(mine.c[k] == t.ticket_exclusions.c[k] for k in keys))
    conn.execute(delete(t.ticket_exclusions).where(select(mine.c.ticket_no).where(same).exists()))
    insert_frame(conn, t.ticket_exclusions, both[names])
    return both[["source_code", "ticket_no"]].drop_duplicates()


def apply_exclusions(draft: Draft, touched: Touched, keys: pd.DataFrame) -> None:
    """Set is_excluded of the tickets named by `keys` (source_code, ticket_no): an approved exclusion names them."""
    conn = draft.conn
    columns = key_columns(t.tickets, "source_code", "ticket_no")
    mine = temporary(conn, "exclusion_keys", columns, keys.drop_duplicates())
    e = t.ticket_exclusions.c
    approved = (
        select(e.ticket_no)
        .where(e.source_code == T.source_code, e.ticket_no == T.ticket_no, e.approved_by.is_not(None))
        .exists()
    )
    named = select(mine.c.ticket_no).where(mine.c.source_code == T.source_code, mine.c.ticket_no == T.ticket_no)
    wrong = select(T.ticket_id).where(named.exists(), T.is_excluded.is_distinct_from(approved))
    ids = pd.Index(list(conn.scalars(wrong)), dtype="int64")
    if ids.empty:
        return
    touched.take(ids)
    batch = stored.wanted_ids(conn, ids)
    conn.execute(update(t.tickets).where(T.ticket_id.in_(select(batch.c.ticket_id))).values(is_excluded=~T.is_excluded))


def join_reminders(draft: Draft, written: pd.DataFrame, parents: pd.Series) -> int:
    """Add 催办 rows to the tickets they remind of: an event each, and their number.

    written: keys of tickets written by this import (they may have been reminded of earlier); parents:
    numbers that written reminders name. Returns the tickets rewritten.
    """
    conn = draft.conn
    numbers = pd.concat([written["ticket_no"], parents]).dropna().drop_duplicates()
    wanted = temporary(
        conn, "reminded_numbers", key_columns(t.tickets, "ticket_no"), pd.DataFrame({"ticket_no": numbers})
    )
    reminders = read(
        conn,
        select(T.source_code, T.parent_ticket_no, T.received_at).where(
            T.handling_type == t.URGING, T.parent_ticket_no.in_(select(wanted.c.ticket_no))
        ),
    )
    if reminders.empty:
        return 0
    keys = reminders.rename(columns={"parent_ticket_no": "ticket_no"})[["source_code", "ticket_no"]].drop_duplicates()
    rows = stored.by_number(conn, keys)
    ids = rows.tickets.reset_index()[["source_code", "ticket_no", "ticket_id"]]
    named = reminders.merge(
        ids, left_on=["source_code", "parent_ticket_no"], right_on=["source_code", "ticket_no"], how="inner"
    )
    told = named.assign(kind="urging", happened_at=named["received_at"])[["ticket_id", "kind", "happened_at"]]
    events = pd.concat([rows.events, told], ignore_index=True)
    # A reminder that the stored history already shows at that time is not shown twice.
    again = events.duplicated(["ticket_id", "kind", "happened_at"]) & (events["kind"] == "urging")
    joined = numbered(events[~again])
    count = joined[joined["kind"] == "urging"].groupby("ticket_id").size()
    now = rows.tickets["urging_count"].fillna(0)
    rows.tickets["urging_count"] = now.where(now >= count.reindex(now.index, fill_value=0), count)
    more = joined.groupby("ticket_id").size() > rows.events.groupby("ticket_id").size().reindex(now.index, fill_value=0)
    ids_changed = now.index[(rows.tickets["urging_count"] != now) | more.reindex(now.index, fill_value=False)]
    if ids_changed.empty:
        return 0
    rows.events = joined
    _rewrite(draft, rows, ids_changed)
    return len(ids_changed)


def _rewrite(draft: Draft, rows: stored.Stored, ids: pd.Index) -> None:
    """Write histories of these tickets into the draft's segment and say so in the ticket table."""
    stored.write_histories(
        draft,
        stored.Stored(
            rows.tickets.loc[ids],
            rows.texts.loc[rows.texts.index.intersection(ids)],
            rows.events[rows.events["ticket_id"].isin(ids)],
            rows.rounds[rows.rounds["ticket_id"].isin(ids)],
            rows.callbacks,
            rows.returns,
        ),
    )
    counts = rows.tickets.loc[ids, ["urging_count"]].reset_index()
    mine = temporary(draft.conn, "reminded_ids", key_columns(t.tickets, "ticket_id", "urging_count"), counts)
    draft.conn.execute(
        update(t.tickets)
        .where(T.ticket_id == mine.c.ticket_id)
        .values(urging_count=mine.c.urging_count, segment_no=draft.segment_no)
    )


def relink_repeats(draft: Draft, touched: Touched, groups: Before) -> int:
    """Link repeats anew in the groups of requester and place that this import touched. Returns links changed."""
    conn = draft.conn
    if groups.received.empty:
        return 0
    days = timedelta(days=draft.repeat_days)
    first, last = groups.received.min() - days, groups.received.max() + days
    affected = _members(conn, "affected", groups.hashes, groups.places, first, last)
    # A ticket that lost its requester and place is in no group any more, and its link goes.
    lost = touched.ids.where(touched.table.c.ticket_id.not_in(select(affected.c.ticket_id)))
    conn.execute(insert(affected).from_select(["ticket_id"], lost))
    around = read(conn, select(T.requester_hash, T.place_key).where(T.ticket_id.in_(select(affected.c.ticket_id))))
    hashes, places = around["requester_hash"].dropna().unique(), around["place_key"].dropna().unique()
    context = _members(conn, "context", pd.Series(hashes), pd.Series(places), first - days, last)
    found = repeats.links(draft.repeat_days, T.ticket_id.in_(select(context.c.ticket_id)))
    scope = T.ticket_id.in_(select(affected.c.ticket_id))
    changed = read(conn, repeats.changed_links(found, scope))
    if changed.empty:
        return 0
    touched.take(pd.Index(changed["ticket_id"].astype("int64")))
    columns = [Column("ticket_id", BigInteger), Column("earlier_id", BigInteger)]
    links = temporary(conn, "changed_links", columns, changed)
    repeats.write_links(conn, select(links))
    return len(changed)


def _members(conn: Connection, name: str, hashes: pd.Series, places: pd.Series, first: Any, last: Any) -> Any:
    """A temporary table of the tickets of these requesters and places within a range of time."""
    h = temporary(conn, f"{name}_hashes", key_columns(t.tickets, "requester_hash"), hashes.to_frame("requester_hash"))
    p = temporary(conn, f"{name}_places", key_columns(t.tickets, "place_key"), places.to_frame("place_key"))
    table = temporary(conn, f"{name}_ids", key_columns(t.tickets, "ticket_id"), pd.DataFrame({"ticket_id": []}))
    rows = select(T.ticket_id).where(
        T.received_at.between(first.to_pydatetime(), last.to_pydatetime()),
        or_(
            T.requester_hash.in_(select(h.c.requester_hash)),
            T.place_key.in_(select(p.c.place_key)),
        ),
    )
    conn.execute(insert(table).from_select(["ticket_id"], rows))
    return table
