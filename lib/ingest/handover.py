"""A `Staged` on its way from the reading process to the publishing one: a folder of Parquet files and a JSON file."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from lib.ingest.staged import Staged

_FRAMES = ("tickets", "events", "rounds", "callbacks", "calls", "exclusions", "warnings")


def save_staged(staged: Staged, folder: Path) -> None:
    """Write `staged` into the (existing) folder."""
    for name in _FRAMES:
        frame = getattr(staged, name)
        if frame is not None:
            frame.to_parquet(folder / f"{name}.parquet")
    rejected = staged.rejected.copy()
    rejected["cells"] = [json.dumps(cells, ensure_ascii=False) for cells in rejected["cells"]]
    rejected.to_parquet(folder / "rejected.parquet")
    plain = {
        "source_code": staged.source_code,
        "mapping_name": staged.mapping_name,
        "as_of": staged.as_of.isoformat(),
        "read_rows": staged.read_rows,
        "file_names": staged.file_names,
        "file_sha256": staged.file_sha256,
        "dimensions": staged.dimensions,
        "phones_masked": staged.phones_masked,
        "derive_due": staged.derive_due,
        "lacking": staged.lacking,
    }
    (folder / "staged.json").write_text(json.dumps(plain, ensure_ascii=False), "utf-8")


def load_staged(folder: Path) -> Staged:
    """Read back what `save_staged` wrote."""
    plain = json.loads((folder / "staged.json").read_text("utf-8"))
    frames: dict[str, Any] = {
        name: pd.read_parquet(path) for name in _FRAMES if (path := folder / f"{name}.parquet").exists()
    }
    rejected = pd.read_parquet(folder / "rejected.parquet")
    rejected["cells"] = pd.Series([json.loads(cells) for cells in rejected["cells"]], dtype="object")
    plain["lacking"] = {name: tuple(columns) for name, columns in plain["lacking"].items()}
    plain["as_of"] = datetime.fromisoformat(plain["as_of"])
    plain["file_names"], plain["file_sha256"] = tuple(plain["file_names"]), tuple(plain["file_sha256"])
    return Staged(rejected=rejected, **frames, **plain)
