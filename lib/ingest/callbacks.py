"""Callbacks and returns of tickets: from their own files, or the one that a flat export knows.

Frames here carry the column ticket_id; a list of a ticket is always derived whole.
"""

from __future__ import annotations

import pandas as pd

from lib.ingest.frames import empty_of, in_types_of
from lib.schema import tickets as t

CALLBACK_SET = ("attempt_no", "round_no", "called_at", "outcome", "satisfaction", "resolution")
RETURN_SET = ("return_no", "unit_code", "returned_at", "verdict")
_FLAT = ("called_at", "callback_outcome", "callback_count", "satisfaction", "resolution")


def is_flat_callback(given: set[str]) -> bool:
    """True when a flat export says anything about callbacks."""
    return bool(given & set(_FLAT))


def merged_callbacks(rows: pd.DataFrame, given: set[str], own: pd.DataFrame | None, old: pd.DataFrame) -> pd.DataFrame:
    """One row per ticket and attempt, flags not yet set.

    rows: the tickets as they will stand, by ticket_id, with the flat callback fields of the file. own:
    callbacks of a separate file, which replace all of a ticket. A flat export knows the last callback
    only: it replaces the stored one of the same time, follows an earlier one, else replaces the last.
    """
    parts = []
    listed = pd.Index([]) if own is None else pd.Index(own["ticket_id"].unique())
    if own is not None:
        parts.append(own)
    rest = rows.loc[rows.index.difference(listed)]
    kept = old[old["ticket_id"].isin(rest.index)]
    if is_flat_callback(given):
        flat = _flat_callbacks(rest, given)
        kept = _without_replaced(kept, flat, rest.index)
        parts.append(flat)
    parts.append(kept)
    calls = pd.concat([_plain(p) for p in parts], ignore_index=True)
    calls = calls.sort_values(["ticket_id", "called_at", "attempt_no"], kind="stable", na_position="first")
    counted = calls.groupby("ticket_id").cumcount() + 1
    # Attempts that nobody listed stay counted: the third of three is number 3.
    calls["attempt_no"] = calls["attempt_no"].fillna(0).astype("int64").where(lambda n: n >= counted, counted)
    return with_flags(calls)


def _plain(calls: pd.DataFrame) -> pd.DataFrame:
    full = calls.reindex(columns=["ticket_id", *CALLBACK_SET])
    return in_types_of(t.callbacks, full)


def _flat_callbacks(rows: pd.DataFrame, given: set[str]) -> pd.DataFrame:
    """The last callback of each ticket that has one, from the flat fields of the file."""

    def field(name: str) -> pd.Series:
        return rows[f"file_{name}"] if name in given else pd.Series(None, index=rows.index, dtype=object)

    calls = pd.DataFrame(
        {
            "ticket_id": rows.index,
            "attempt_no": field("callback_count").to_numpy(),
            "round_no": rows["round_count"].to_numpy(),
            "called_at": field("called_at").to_numpy(),
            "outcome": field("callback_outcome").to_numpy(),
            "satisfaction": field("satisfaction").to_numpy(),
            "resolution": field("resolution").to_numpy(),
        }
    )
    calls = _plain(calls)
    answered = calls["satisfaction"].notna() | calls["resolution"].notna()
    calls["outcome"] = calls["outcome"].where(calls["outcome"].notna() | ~answered, "reached")
    # An answer without a time is put at the closing: exports that list only the answer took it then.
    closed = rows["closed_at"].reset_index(drop=True)
    calls["called_at"] = calls["called_at"].where(calls["called_at"].notna() | ~answered, closed)
    return calls[answered | calls["outcome"].notna() | calls["called_at"].notna()]


def _without_replaced(kept: pd.DataFrame, flat: pd.DataFrame, said: pd.Index) -> pd.DataFrame:
    if kept.empty:
        return kept
    now = kept["ticket_id"].map(flat.set_index("ticket_id")["called_at"])
    has_flat = kept["ticket_id"].isin(flat["ticket_id"])
    last = ~kept.duplicated("ticket_id", keep="last")
    alone = ~kept.duplicated("ticket_id", keep=False)
    follows = kept["called_at"] < now
    # The file says "no callback": a single stored one was the flat one, and goes.
    withdrawn = kept["ticket_id"].isin(said) & ~has_flat & alone
    replaced = has_flat & ((kept["called_at"] == now) | (last & ~follows))
    return kept[~(withdrawn | replaced)]


def with_flags(calls: pd.DataFrame) -> pd.DataFrame:
    """is_valid, is_first_valid and superseded_at of callbacks sorted within their tickets."""
    calls = calls.reset_index(drop=True)
    calls["is_valid"] = (calls["satisfaction"].notna() | calls["resolution"].notna()).astype("boolean")
    valid = calls[calls["is_valid"]]
    calls["is_first_valid"] = False
    calls.loc[valid.index[~valid.duplicated("ticket_id")], "is_first_valid"] = True
    calls["superseded_at"] = valid.groupby("ticket_id")["called_at"].shift(-1)
    return in_types_of(t.callbacks, calls)


def answers(calls: pd.DataFrame) -> pd.DataFrame:
    """One row per ticket with callbacks: first attempt, first reached, and the answer that stands."""
    valid = calls[calls["is_valid"]].drop_duplicates("ticket_id", keep="last").set_index("ticket_id")
    reached = calls[calls["outcome"] == "reached"]
    ids = pd.Index(calls["ticket_id"].unique(), name="ticket_id")
    return pd.DataFrame(
        {
            "callback_attempted_at": calls.groupby("ticket_id")["called_at"].min().reindex(ids),
            "callback_reached_at": reached.groupby("ticket_id")["called_at"].min().reindex(ids),
            "answered_at": valid["called_at"].reindex(ids),
            "satisfaction": valid["satisfaction"].reindex(ids),
            "resolution": valid["resolution"].reindex(ids),
        },
        index=ids,
    )


def merged_returns(rows: pd.DataFrame, given: set[str], events: pd.DataFrame, old: pd.DataFrame) -> pd.DataFrame:
    """One row per ticket and return (退单).

    events: those of a separate file; its returns replace all of a ticket. A flat export knows their
    number and the last one: rows without a time stand for the others, their verdict pending.
    """
    own = events[events["kind"] == "return"].rename(columns={"happened_at": "returned_at"})
    own = own.sort_values(["ticket_id", "returned_at"], kind="stable")
    rest = rows.loc[rows.index.difference(pd.Index(own["ticket_id"].unique()))]
    kept = old[old["ticket_id"].isin(rest.index)]
    parts = [own]
    if given & {"return_count", "return_unit", "returned_at", "return_verdict"}:
        flat = _flat_returns(rest, given)
        # The record knows returns better when it has more of them, or when the file only counts.
        stored, told = (f.groupby("ticket_id").size().reindex(rest.index, fill_value=0) for f in (kept, flat))
        only_counts = not given & {"return_unit", "returned_at", "return_verdict"}
        better = (stored > told) | ((stored == told) & only_counts)
        parts.append(flat[~flat["ticket_id"].map(better).astype(bool)])
        kept = kept[kept["ticket_id"].map(better).astype(bool)]
    parts.append(kept)
    returns = pd.concat([p.reindex(columns=["ticket_id", *RETURN_SET]) for p in parts], ignore_index=True)
    if returns.empty:
        return empty_of(t.ticket_returns)
    returns["return_no"] = returns.groupby("ticket_id").cumcount() + 1
    returns["verdict"] = returns["verdict"].astype(object).where(returns["verdict"].notna(), "pending")
    return in_types_of(t.ticket_returns, returns.sort_values(["ticket_id", "return_no"]))


def _flat_returns(rows: pd.DataFrame, given: set[str]) -> pd.DataFrame:
    def field(name: str) -> pd.Series:
        return rows[f"file_{name}"] if name in given else pd.Series(None, index=rows.index, dtype=object)

    detail = field("returned_at").notna() | field("return_unit_code").notna() | field("return_verdict").notna()
    count = rows["return_count"].fillna(0).astype("int64")
    count = count.where(count > 0, detail.astype("int64"))
    returns = rows.index.repeat(count)
    frame = pd.DataFrame({"ticket_id": returns})
    last = ~frame.duplicated("ticket_id", keep="last")
    unit = field("return_unit_code")
    unit = unit.where(unit.notna(), rows["first_unit_code"])
    frame["unit_code"] = frame["ticket_id"].map(unit)
    frame["returned_at"] = pd.to_datetime(frame["ticket_id"].map(field("returned_at")).where(last))
    frame["verdict"] = frame["ticket_id"].map(field("return_verdict")).where(last, None)
    return frame
