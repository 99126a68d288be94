"""What reading hands to publishing: rows in our own words, before codes are looked up.

Reading (read, mapping, validate) fills a `Staged`; publishing (publish, derive, dimensions) turns it
into a version. A column that is ABSENT from a frame means that the file lacks the field: a stored value
is then never overwritten. A missing value (NA) in a present column means that the file says "empty".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import pandas as pd

# Fields of a ticket that a file may state directly; names, types and codes are those of schema.tickets.
DIRECT_FIELDS = (
    "parent_ticket_no", "handling_type", "request_type", "urgency", "restricted_class",
    "is_enterprise", "is_group_event", "is_hard_case", "longitude", "latitude",
    "received_at", "dispatched_at", "acknowledged_at", "acknowledge_due_at", "first_contacted_at",
    "contact_due_at", "original_due_at", "due_at", "is_closed", "status_raw", "first_closed_at", "closed_at",
    "reworked_at", "round_count", "transfer_count", "return_count", "extension_count", "urging_count",
    "satisfaction", "resolution", "source_updated_at",
)  # fmt: skip

# Words of the source, looked up in the dimensions by publishing. `category` may be a whole path or a
# name of any level; `unit` is the lead unit of the final round, `first_unit` that of the first dispatch.
WORD_FIELDS = ("district", "township", "category", "category1", "category2", "category3", "unit", "first_unit",
               "channel")  # fmt: skip

# Texts of a ticket, stored raw in a segment and shown masked.
TEXT_FIELDS = ("title", "content", "reply", "address", "answer_comment")

# What a flat export says of the one callback and the one return it knows.
# called_at: time of the callback whose answer satisfaction/resolution are. callback_outcome: reached,
# unreachable, refused. callback_count: attempts. return_unit, returned_at, return_verdict: last return.
CALLBACK_FIELDS = ("called_at", "callback_outcome", "callback_count")
RETURN_FIELDS = ("return_unit", "returned_at", "return_verdict", "return_reason")

KEY_FIELDS = ("source_code", "ticket_no")
TICKET_FIELDS = (*KEY_FIELDS, *DIRECT_FIELDS, *WORD_FIELDS, *TEXT_FIELDS, *CALLBACK_FIELDS, *RETURN_FIELDS,
                 "requester_phone", "file_name", "line_no")  # fmt: skip

# Frames from separate 流转/回访 files; every frame also carries source_code and ticket_no.
EVENT_FIELDS = ("kind", "happened_at", "unit", "verdict", "note")
ROUND_FIELDS = ("round_no", "unit", "started_at", "closed_at")
CALLBACK_ROW_FIELDS = ("attempt_no", "round_no", "called_at", "outcome", "satisfaction", "resolution")
EXCLUSION_FIELDS = ("exclusion_code", "approved_by", "approved_on", "evidence")
CALL_FIELDS = ("day", "inbound", "answered")

REJECTED_COLUMNS = ("file_name", "line_no", "column_name", "value", "reason", "cells")
WARNING_COLUMNS = ("field", "value", "reason", "row_count")


def _empty(columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype="object") for name in columns})


@dataclass
class Staged:
    """One import, read, mapped and validated; nothing looked up yet.

    tickets: one row per (source_code, ticket_no), columns out of TICKET_FIELDS. Times are datetime64
    without zone, flags boolean, counts Int64, coordinates WGS84 degrees, everything else text. Several
    rows of one number were already reduced to the first by validation.
    events, rounds, callbacks, exclusions: rows of separate files keyed by source_code and ticket_no, or
    None when there was no such file (they are then derived from the flat columns). calls: one row per day.
    rejected: one row per refused row, REJECTED_COLUMNS, `cells` being a dict heading -> original text.
    warnings: one row per field, value and reason, WARNING_COLUMNS.
    read_rows: rows read of the ticket files = len(tickets) + len(rejected).
    dimensions: "profile" looks words up in the city profile, "source" makes dimension rows of them.
    derive_due: compute due_at by the city's time-limit rules where the file gives none.
    phones_masked: the source masks phones, so that repeats rest on places alone.
    lacking: file_name -> ticket columns which that file lacks although another file of the import has them;
    they are NA in its rows and, like absent columns, overwrite nothing.
    """

    tickets: pd.DataFrame
    source_code: str
    mapping_name: str
    as_of: datetime
    read_rows: int
    events: pd.DataFrame | None = None
    rounds: pd.DataFrame | None = None
    callbacks: pd.DataFrame | None = None
    calls: pd.DataFrame | None = None
    exclusions: pd.DataFrame | None = None
    rejected: pd.DataFrame = field(default_factory=lambda: _empty(REJECTED_COLUMNS))
    warnings: pd.DataFrame = field(default_factory=lambda: _empty(WARNING_COLUMNS))
    file_names: tuple[str, ...] = ()
    file_sha256: tuple[str, ...] = ()
    dimensions: Literal["profile", "source"] = "profile"
    phones_masked: bool = False
    derive_due: bool = False
    lacking: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def parts(self) -> list[pd.DataFrame]:
        """The tickets as blocks in which a column is present exactly when the file has it."""
        if not self.lacking:
            return [self.tickets]
        lacks = self.tickets["file_name"].map(lambda name: self.lacking.get(name, ()))
        return [rows.drop(columns=list(names)) for names, rows in self.tickets.groupby(lacks, sort=False)]

    def check(self) -> None:
        """Raise ValueError when the frames break the agreement above: a fault of ours, not of the file."""
        unknown = set(self.tickets.columns) - set(TICKET_FIELDS)
        if unknown:
            raise ValueError(f"unknown ticket columns: {sorted(unknown)}")
        missing = {*KEY_FIELDS, "received_at"} - set(self.tickets.columns)
        if missing:
            raise ValueError(f"missing ticket columns: {sorted(missing)}")
        if len(self.tickets) + len(self.rejected) != self.read_rows:
            raise ValueError(f"{self.read_rows} rows read, {len(self.tickets)} kept, {len(self.rejected)} refused")
        if self.tickets.duplicated(list(KEY_FIELDS)).any():
            raise ValueError("two staged rows of one ticket number")


@dataclass(frozen=True)
class PublishResult:
    """Counts of one import; read == inserted + updated + unchanged + rejected always.

    version: the version that stands afterwards; is_new_version False when nothing changed (or dry_run)
    and the old version stayed. warnings: WARNING_COLUMNS, those of looking words up included.
    rejected_path: the file of rejected rows, set by the pipeline that writes it. bytes_copied: size of
    the main file copied for the new version (0 on PostgreSQL). seconds: wall time of publishing.
    """

    read: int
    inserted: int
    updated: int
    unchanged: int
    rejected: int
    version: str | None
    is_new_version: bool
    warnings: pd.DataFrame
    rejected_path: str | None = None
    bytes_copied: int = 0
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Plain values for --json."""
        return {
            "read": self.read,
            "inserted": self.inserted,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
            "version": self.version,
            "is_new_version": self.is_new_version,
            "warnings": self.warnings.to_dict("records"),
            "rejected_path": self.rejected_path,
            "bytes_copied": self.bytes_copied,
            "seconds": round(self.seconds, 3),
        }
