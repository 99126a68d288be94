"""One part of an import: merge the file's rows with what is stored, derive, compare, write what changed."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from lib.calendar_cn import WorkCalendar
from lib.city import City
from lib.ingest import callbacks, derive, events, identity
from lib.ingest.dimensions import Resolver
from lib.ingest.frames import differ, different_sets, empty_of, in_types_of, typed
from lib.ingest.staged import DIRECT_FIELDS, TEXT_FIELDS, Staged
from lib.ingest.stored import Stored
from lib.schema import tickets as t

# Set by publishing itself or by looking at other tickets: no difference of these makes a row "updated".
BOOKKEEPING = ("ticket_id", "import_no", "segment_no", "is_repeat", "repeat_of_id", "is_excluded", "urging_count")
_FILE_ONLY = ("called_at", "callback_outcome", "callback_count", "satisfaction", "resolution", "returned_at",
              "return_verdict")  # fmt: skip


@dataclass(frozen=True)
class Rules:
    """What derivation needs besides the rows."""

    city: City
    calendar: WorkCalendar
    requester_key: bytes
    derive_due: bool


@dataclass
class Counts:
    """Rows of the file by what became of them."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0


@dataclass
class Joined:
    """Rows of separate files for the tickets of one part, keyed by ticket_id; None where no such file."""

    events: pd.DataFrame | None
    rounds: pd.DataFrame | None
    callbacks: pd.DataFrame | None


def joined_rows(staged: Staged, resolver: Resolver, ids: pd.DataFrame) -> Joined:
    """The separate files' rows of the tickets in `ids` (source_code, ticket_no, ticket_id)."""

    def mine(frame: pd.DataFrame | None) -> pd.DataFrame | None:
        if frame is None:
            return None
        rows = frame.merge(ids, on=["source_code", "ticket_no"], how="inner")
        if "unit" in rows:
            rows["unit_code"] = resolver.unit_codes(rows["unit"])
        return rows

    own_events, own_rounds, own_calls = mine(staged.events), mine(staged.rounds), mine(staged.callbacks)
    return Joined(
        None if own_events is None else _full(own_events, t.ticket_events),
        None if own_rounds is None else _full(own_rounds, t.handling_rounds),
        None if own_calls is None else _full(own_calls, t.callbacks),
    )


def _full(frame: pd.DataFrame, table: object) -> pd.DataFrame:
    names = [c.name for c in table.c if c.name != "segment_no"]  # type: ignore[attr-defined]
    return in_types_of(table, frame.reindex(columns=names))  # type: ignore[arg-type]


def merged(part: pd.DataFrame, resolver: Resolver, joined: Joined, old: Stored, rules: Rules) -> Stored:
    """What these tickets will be: the file's fields over the stored ones, everything else derived anew.

    part: staged tickets indexed by ticket_id. A column that the file lacks keeps its stored value.
    """
    given = set(part.columns)
    rows = _overlaid(part, resolver, old, given)
    texts = _texts(part, old, given)
    if joined.events is not None and not joined.events.empty:
        derive.fill_from(rows, events.facts_of(joined.events), given)
    if joined.rounds is not None and not joined.rounds.empty:
        derive.fill_from(rows, events.facts_of_rounds(joined.rounds), given)
    told = _told_columns(given, joined)
    derive.fill_defaults(rows)
    derive.follow_first_unit(rows, old.tickets, told)
    derive.count_rounds(rows, old.tickets, told)
    derive.limits(rows, rules.city, told)
    if rules.derive_due:
        derive.due_times(rows, rules.city, rules.calendar, old.tickets, given)
    derive.keep_original_due(rows, old.tickets, given | ({"original_due_at"} if rules.derive_due else set()))
    derive.handling_hours(rows, rules.calendar)
    _identify(rows, texts, part, rules, resolver.area_names, given)

    calls = callbacks.merged_callbacks(rows, given, joined.callbacks, old.callbacks)
    answers = callbacks.answers(calls).reindex(rows.index)
    for column in map(str, answers):
        rows[column] = typed(answers[column], t.tickets.c[column].type)
    own = empty_of(t.ticket_events) if joined.events is None else joined.events
    returns = callbacks.merged_returns(rows, given, own, old.returns)
    returned = returns.groupby("ticket_id").size().reindex(rows.index, fill_value=0).astype("Int64")
    rows["return_count"] = rows["return_count"].where(rows["return_count"] >= returned, returned)
    life = events.merged_events(events.told_by_columns(rows, calls, returns), own, old.events)
    rounds = events.derived_rounds(rows, life)
    if joined.rounds is not None:
        stated = rounds["ticket_id"].isin(joined.rounds["ticket_id"])
        rounds = pd.concat([rounds[~stated], joined.rounds], ignore_index=True)
    return Stored(in_types_of(t.tickets, rows), texts, life, rounds, calls, returns)


def _told_columns(given: set[str], joined: Joined) -> set[str]:
    told = set(given)
    if joined.events is not None:
        told |= {"acknowledged_at", "first_contacted_at", "first_closed_at", "round_count", "first_unit_code"}
    if joined.rounds is not None:
        told |= {"first_closed_at", "round_count", "first_unit_code"}
    if "first_unit" in given:
        told |= {"first_unit_code"}
    if "unit" in given:
        told |= {"unit_code"}
    return told


def _overlaid(part: pd.DataFrame, resolver: Resolver, old: Stored, given: set[str]) -> pd.DataFrame:
    """All columns of the ticket table: stored values, then the file's; plus `file_*` for what tells callbacks."""
    columns = {c.name: c.type for c in t.tickets.c if c.name != "ticket_id"}
    stored = old.tickets.reindex(part.index)
    rows = pd.DataFrame({n: typed(stored[n], kind) for n, kind in columns.items()}, index=part.index)
    for name in ("source_code", "ticket_no", *DIRECT_FIELDS):
        if name in given and name not in ("satisfaction", "resolution"):
            rows[name] = typed(part[name], columns[name])
    codes = resolver.codes(part)
    rows[list(codes.columns)] = codes
    for name in _FILE_ONLY:
        if name in given:
            rows[f"file_{name}"] = part[name]
    if "return_unit" in given:
        rows["file_return_unit_code"] = resolver.unit_codes(part["return_unit"])
        given.add("return_unit_code")
    for name in ("is_excluded", "is_repeat"):  # decided later, by looking at other rows
        rows[name] = rows[name].fillna(False)
    return rows


def _texts(part: pd.DataFrame, old: Stored, given: set[str]) -> pd.DataFrame:
    stored = old.texts.reindex(part.index)
    return pd.DataFrame(
        {
            name: typed(part[name] if name in given else stored[name], t.ticket_texts.c[name].type)
            for name in TEXT_FIELDS
        },
        index=part.index,
    )


def _identify(
    rows: pd.DataFrame, texts: pd.DataFrame, part: pd.DataFrame, rules: Rules, areas: list[str], given: set[str]
) -> None:
    if "requester_phone" in given:
        rows["requester_hash"] = identity.requester_hashes(part["requester_phone"], rules.requester_key)
    if given & {"address", "district", "township", "longitude", "latitude"}:
        names = [rules.city.label, *areas]
        by_words = identity.place_keys(texts["address"], rows["district_code"], names)
        unnamed = texts["address"].isna()
        by_point = identity.point_keys(rows["longitude"], rows["latitude"])
        rows["place_key"] = by_words.where(~unnamed, by_point)


def changed_ids(new: Stored, old: Stored) -> pd.Index:
    """Stored tickets of which anything but bookkeeping differs."""
    ids = new.tickets.index.intersection(old.tickets.index)
    now, before = new.tickets.loc[ids], old.tickets.loc[ids]
    different = pd.Series(False, index=ids)
    for column in now.columns:
        if column not in BOOKKEEPING:
            different |= differ(now[column], before[column])
    texts, stored = new.texts.loc[ids], old.texts.reindex(ids)
    for column in TEXT_FIELDS:
        different |= differ(texts[column], typed(stored[column], t.ticket_texts.c[column].type))
    changed = set(ids[different])
    for left, right, columns in (
        (new.callbacks, old.callbacks, callbacks.CALLBACK_SET),
        (new.returns, old.returns, callbacks.RETURN_SET),
        (_own_events(new.events), _own_events(old.events), events.EVENT_SET),
        (new.rounds, old.rounds, events.ROUND_SET),
    ):
        changed |= set(different_sets(left, right, "ticket_id", columns))
    return ids[ids.isin(list(changed))]


def _own_events(frame: pd.DataFrame) -> pd.DataFrame:
    """Events that do not come from other tickets: reminders join from their own rows."""
    return frame[frame["kind"] != "urging"]


def only(rows: Stored, ids: pd.Index) -> Stored:
    """The rows of some tickets."""

    def mine(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[frame["ticket_id"].isin(ids)]

    return Stored(
        rows.tickets.loc[ids], rows.texts.loc[ids], mine(rows.events), mine(rows.rounds), mine(rows.callbacks),
        mine(rows.returns),
    )  # fmt: skip
