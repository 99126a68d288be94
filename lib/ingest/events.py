"""The life of a ticket: events and handling rounds, from separate files or from the columns of a flat export.

Frames carry the column ticket_id. Every event kind is merged by itself: a separate file replaces all
stored events of a kind it lists for a ticket; what the columns tell is added or corrects a single event.
"""

from __future__ import annotations

import pandas as pd

from lib.ingest.frames import empty_of, in_types_of
from lib.schema import tickets as t

EVENT_SET = ("kind", "happened_at", "unit_code", "verdict", "note")
ROUND_SET = ("round_no", "unit_code", "started_at", "closed_at")
_ORDER = {kind: place for place, kind in enumerate(
    ("receive", "dispatch", "acknowledge", "contact", "return", "transfer", "whistle", "arrival", "extension", "urging",
     "reply", "closure", "callback", "reopen"))}  # fmt: skip
# Which column of a ticket tells which event, and the column of the unit that acted.
_TOLD = (
    ("receive", "received_at", None),
    ("dispatch", "dispatched_at", "first_unit_code"),
    ("acknowledge", "acknowledged_at", "first_unit_code"),
    ("contact", "first_contacted_at", "first_unit_code"),
    ("closure", "first_closed_at", "first_unit_code"),
    ("closure", "closed_at", "unit_code"),
    ("reopen", "reworked_at", None),
)


def told_by_columns(rows: pd.DataFrame, calls: pd.DataFrame, returns: pd.DataFrame) -> pd.DataFrame:
    """The events that the columns of a ticket, its callbacks and its returns stand for."""
    parts = []
    for kind, time, unit in _TOLD:
        happened = rows[time].dropna()
        units = rows.loc[happened.index, unit].to_numpy() if unit else None
        parts.append(
            pd.DataFrame({"ticket_id": happened.index, "kind": kind, "happened_at": happened.array, "unit_code": units})
        )
    called = calls.dropna(subset="called_at")
    parts.append(called[["ticket_id"]].assign(kind="callback", happened_at=called["called_at"]))
    returned = returns.dropna(subset="returned_at")
    columns = ["ticket_id", "unit_code", "verdict"]
    parts.append(returned[columns].assign(kind="return", happened_at=returned["returned_at"]))
    events = pd.concat([_plain(p) for p in parts], ignore_index=True)
    return events.drop_duplicates(["ticket_id", "kind", "happened_at"], keep="last")


def _plain(events: pd.DataFrame) -> pd.DataFrame:
    return in_types_of(t.ticket_events, events.reindex(columns=["ticket_id", *EVENT_SET]))


def merged_events(told: pd.DataFrame, own: pd.DataFrame, old: pd.DataFrame) -> pd.DataFrame:
    """One row per event, numbered in the order of time within its ticket.

    told: from columns. own: from a separate file, as stated. old: as stored.
    """
    told, own, old = _plain(told), _plain(own), _plain(old)
    kinds = ["ticket_id", "kind"]
    kept = old[~_in(old, own, kinds)]
    rest = told[~_in(told, own, kinds)]
    # Of a kind that the record knows at least as well, only events at new times are news.
    times = [*kinds, "happened_at"]
    news = rest[~_in(rest, kept, times)]
    counts_told, counts_kept = rest.groupby(kinds).size(), kept.groupby(kinds).size()
    corrected = counts_kept[counts_kept <= counts_told.reindex(counts_kept.index, fill_value=0)].index
    corrected = corrected.intersection(pd.MultiIndex.from_frame(news[kinds]))
    is_corrected = pd.MultiIndex.from_frame(kept[kinds]).isin(corrected)
    again = rest[pd.MultiIndex.from_frame(rest[kinds]).isin(corrected)]
    events = pd.concat([own, kept[~is_corrected], again, news], ignore_index=True)
    events = events.drop_duplicates(["ticket_id", *EVENT_SET])
    # The unit or verdict of a stored event at a told time follows the columns.
    return numbered(_refreshed(events, rest))


def _refreshed(events: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    times = ["ticket_id", "kind", "happened_at"]
    now = told.drop_duplicates(times).set_index(times)[["unit_code", "verdict"]]
    if events.empty or now.empty:
        return events
    index = pd.MultiIndex.from_frame(events[times])
    alone = ~index.duplicated(keep=False) & index.isin(now.index)
    for column in ("unit_code", "verdict"):
        value = now[column].reindex(index[alone]).to_numpy()
        current = events.loc[alone, column]
        events.loc[alone, column] = pd.Series(value, index=current.index, dtype=object).where(pd.notna(value), current)
    return events


def _in(left: pd.DataFrame, right: pd.DataFrame, columns: list[str]) -> pd.Series:
    found = pd.MultiIndex.from_frame(left[columns]).isin(pd.MultiIndex.from_frame(right[columns]))
    return pd.Series(found, index=left.index, dtype=bool)


def numbered(events: pd.DataFrame) -> pd.DataFrame:
    """event_no 1, 2, … by time within each ticket; events without a time come last."""
    if events.empty:
        return empty_of(t.ticket_events)
    events = events.assign(order=events["kind"].map(_ORDER))
    events = events.sort_values(["ticket_id", "happened_at", "order", "note"], kind="stable").drop(columns="order")
    events["event_no"] = events.groupby("ticket_id").cumcount() + 1
    return in_types_of(t.ticket_events, events)


def facts_of(own: pd.DataFrame) -> pd.DataFrame:
    """One row per ticket of a separate event file: the ticket columns that its events tell."""
    ids = pd.Index(own["ticket_id"].unique(), name="ticket_id")

    def first(kind: str, last: bool = False) -> pd.Series:
        times = own[own["kind"] == kind].groupby("ticket_id")["happened_at"]
        return (times.max() if last else times.min()).reindex(ids)

    def count(kind: str) -> pd.Series:
        return own[own["kind"] == kind].groupby("ticket_id").size().reindex(ids)

    dispatched = own[own["kind"] == "dispatch"].sort_values("happened_at", kind="stable")
    granted = own[(own["kind"] == "extension") & ~own["verdict"].isin(["refused", "pending"])]
    reopened = count("reopen")
    return pd.DataFrame(
        {
            "dispatched_at": first("dispatch"),
            "first_unit_code": dispatched.drop_duplicates("ticket_id").set_index("ticket_id")["unit_code"].reindex(ids),
            "acknowledged_at": first("acknowledge"),
            "first_contacted_at": first("contact"),
            "first_closed_at": first("closure"),
            "closed_at": first("closure", last=True),
            "reworked_at": first("reopen"),
            "round_count": reopened + 1,
            "transfer_count": count("transfer"),
            "return_count": count("return"),
            "extension_count": granted.groupby("ticket_id").size().reindex(ids),
            "urging_count": count("urging"),
        },
        index=ids,
    )


def derived_rounds(rows: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """One row per ticket and round: the first and the last from the columns, starts from reopening events."""
    count = rows["round_count"].fillna(1).astype("int64").clip(lower=1)
    referred = rows["handling_type"] == t.REFERRED
    ids = rows.index[referred].repeat(count[referred])
    if ids.empty:
        return empty_of(t.handling_rounds)
    rounds = pd.DataFrame({"ticket_id": ids})
    rounds["round_no"] = rounds.groupby("ticket_id").cumcount() + 1
    total = rounds["ticket_id"].map(count)
    is_first, is_last = rounds["round_no"] == 1, rounds["round_no"] == total

    def column(name: str) -> pd.Series:
        return rounds["ticket_id"].map(rows[name])

    reopened = events[events["kind"] == "reopen"].sort_values(["ticket_id", "happened_at"])
    reopened = reopened.assign(round_no=reopened.groupby("ticket_id").cumcount() + 2)
    begun = reopened.drop_duplicates(["ticket_id", "round_no"]).set_index(["ticket_id", "round_no"])["happened_at"]
    started = begun.reindex(pd.MultiIndex.from_frame(rounds[["ticket_id", "round_no"]])).reset_index(drop=True)
    rounds["started_at"] = pd.to_datetime(started).where(~is_first, column("dispatched_at"))
    rounds["closed_at"] = column("closed_at").where(is_last, column("first_closed_at").where(is_first))
    rounds["unit_code"] = column("unit_code").where(is_last, column("first_unit_code"))
    return in_types_of(t.handling_rounds, rounds)


def facts_of_rounds(own: pd.DataFrame) -> pd.DataFrame:
    """One row per ticket of a separate file of rounds: the ticket columns that its rounds tell."""
    ordered = own.sort_values(["ticket_id", "round_no"], kind="stable")
    grouped = ordered.groupby("ticket_id")
    second = ordered[ordered["round_no"] == 2].drop_duplicates("ticket_id").set_index("ticket_id")
    first, last = grouped.head(1).set_index("ticket_id"), grouped.tail(1).set_index("ticket_id")
    return pd.DataFrame(
        {
            "round_count": grouped["round_no"].max(),
            "dispatched_at": first["started_at"],
            "first_unit_code": first["unit_code"],
            "unit_code": last["unit_code"],
            "first_closed_at": first["closed_at"],
            "closed_at": last["closed_at"],
            "reworked_at": second["started_at"].reindex(first.index),
        }
    )
