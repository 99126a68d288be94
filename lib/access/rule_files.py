"""Rule files: cities, mappings and whatever else under data/ decides about figures. Who changes one does it with
an editor, so the history learns of it at the next start, by hash.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from sqlalchemy import Connection, select

from lib.access import audit
from lib.access.audit import Act, Verbatim
from lib.config import ROOT
from lib.schema import assessment as a

RULES_DIR = ROOT / "data"
# What the program generates lies below this folder, not what people set.
GENERATED = "var"
ACTION = "rule_file_changed"


def record_rule_files(conn: Connection, folder: Path = RULES_DIR) -> list[str]:
    """Append an entry for every rule file that is not as it was recorded last; returns their names.

    Names are relative to the folder. The first start records every file; a file that is gone is recorded, too.
    """
    known, found = recorded_hashes(conn), current_hashes(folder)
    changed = sorted(name for name in known.keys() | found.keys() if known.get(name) != found.get(name))
    for name in changed:
        old, new = known.get(name), found.get(name)
        why = "首次登记" if name not in known else "启动核对：文件已删除" if new is None else "启动核对"
        audit.append(conn, audit.SYSTEM, Act(ACTION, Verbatim(name), _state(old), _state(new), why))
    return changed


def current_hashes(folder: Path) -> dict[str, str]:
    """Name of each rule file → SHA-256 of its content in hex."""
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not _is_ignored(name := path.relative_to(folder).as_posix())
    }


def recorded_hashes(conn: Connection) -> dict[str, str | None]:
    """Name of each rule file the history knows → the hash recorded last; None when it was gone."""
    e = a.audit_entries.c
    known: dict[str, str | None] = {}
    for (text,) in conn.execute(select(e.text).where(e.action == ACTION).order_by(e.entry_no)):
        entry = json.loads(text)
        known[entry["subject"]] = (entry["after"] or {}).get("sha256")
    return known


def _is_ignored(name: str) -> bool:
    parts = name.split("/")
    return parts[0] == GENERATED or any(part.startswith(".") or part == "__pycache__" for part in parts)


def _state(digest: str | None) -> dict[str, str] | None:
    return None if digest is None else {"sha256": Verbatim(digest)}
