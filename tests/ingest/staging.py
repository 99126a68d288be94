"""Staged imports for tests: rows with few fields, as a file would give them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd

from lib.ingest.staged import Staged

AS_OF = datetime(2026, 10, 20)
_TIMES = ("_at",)


def ticket(number: str = "A1", **fields: Any) -> dict[str, Any]:
    """A received ticket of which the file says little."""
    return {"source_code": "test", "ticket_no": number, "received_at": datetime(2026, 10, 8, 9)} | fields


def staged(*rows: dict[str, Any], **overrides: Any) -> Staged:
    """A staged import of these tickets; columns are those that any row has."""
    frame = pd.DataFrame(list(rows)) if rows else pd.DataFrame(columns=["source_code", "ticket_no", "received_at"])
    values: dict[str, Any] = {
        "tickets": typed(frame),
        "source_code": "test",
        "mapping_name": "test",
        "as_of": AS_OF,
        "file_names": ("工单.xlsx",),
        "file_sha256": ("0" * 64,),
        "dimensions": "source",
    }
    values |= overrides
    rejected = values.get("rejected")
    values.setdefault("read_rows", len(rows) + (0 if rejected is None else len(rejected)))
    return Staged(**values)


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Times as datetime64, flags as boolean, counts as Int64, everything else as objects."""
    out = pd.DataFrame(index=frame.index)
    for name in frame.columns:
        if name.endswith("_at"):
            out[name] = pd.to_datetime(frame[name]).astype("datetime64[us]")
        elif name.startswith("is_"):
            out[name] = frame[name].astype("boolean")
        elif name.endswith("_count") or name in ("attempt_no", "round_no"):
            out[name] = frame[name].astype("Int64")
        else:
            out[name] = frame[name].astype(object).where(frame[name].notna(), None)
    return out


def joined(*rows: dict[str, Any]) -> pd.DataFrame:
    """Rows of a separate file."""
    return typed(pd.DataFrame([{"source_code": "test"} | row for row in rows]))
