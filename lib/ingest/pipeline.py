"""Files in, a published version out: read → map → validate (in a limited child process) → publish."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import func, select

from lib.access.acts import recorded
from lib.access.audit import COMMAND_LINE, Verbatim
from lib.access.roles import Identity
from lib.config import Settings
from lib.ingest.handover import load_staged
from lib.ingest.mapping import load_mapping
from lib.ingest.publish import BusyError, publish
from lib.ingest.readers import Progress, ReadError
from lib.ingest.reading import preview_tables, stage_into, stage_source_into
from lib.ingest.rejected import write_rejected
from lib.ingest.sandbox import Budget, run_limited
from lib.ingest.staged import WARNING_COLUMNS, PublishResult, Staged
from lib.ingest.versions import new_version_name
from lib.schema.tickets import tickets
from lib.store import NoDataError, PairName, open_store, read_pointer

# What an import may be refused with; the message is a Chinese sentence, and nothing has changed.
REFUSALS = (ReadError, BusyError)


def import_files(
    paths: Sequence[Path],
    settings: Settings,
    mapping: str | None = None,
    as_of: datetime | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
    pair: PairName = "city",
    actor: Identity = COMMAND_LINE,
) -> PublishResult:
    """Read, validate and publish files as one import: all of it or nothing.

    mapping: name or path; None picks the best fitting by the headings. actor: who imports, for the history.
    The result's rejected_path names the file of rejected rows, ready to be corrected and imported again (None when
    there were none or on a dry run). Raises one of REFUSALS; nothing has changed then.
    """
    staged = read_and_validate(paths, mapping, settings, as_of, progress)
    return publish_staged(staged, settings, dry_run, progress, pair, actor)


def import_table(
    url: str,
    table: str,
    settings: Settings,
    mapping: str | None = None,
    as_of: datetime | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
    pair: PairName = "city",
    actor: Identity = COMMAND_LINE,
) -> PublishResult:
    """Import a table of another database: what changed since the newest stored source_updated_at of its source.

    Without a mapping, or where it names no updated-at column, the whole table is read. actor: who imports, for the
    history. Raises ReadError.
    """
    since = None
    if mapping is not None:
        since = watermark(settings, pair, load_mapping(mapping, settings).source_code)
    with tempfile.TemporaryDirectory(prefix="import-") as folder:
        arguments = {
            "url": url,
            "table": table,
            "mapping": mapping,
            "since": since.isoformat() if since else None,
            "data_dir": str(settings.data_dir),
            "city": settings.city,
            "as_of": as_of.isoformat() if as_of else None,
            "folder": folder,
        }
        if run_limited(stage_source_into, arguments, progress) == 0:
            return _nothing_new(settings, pair, since)
        staged = load_staged(Path(folder))
    return publish_staged(staged, settings, dry_run, progress, pair, actor)


def watermark(settings: Settings, pair: PairName, source_code: str) -> datetime | None:
    """The newest source_updated_at stored for a source, or None when there is none."""
    try:
        store = open_store(settings, pair)
    except NoDataError:
        return None
    try:
        with store.engine.connect() as conn:
            stmt = select(func.max(tickets.c.source_updated_at)).where(tickets.c.source_code == source_code)
            return conn.execute(stmt).scalar()
    finally:
        store.dispose()


def _nothing_new(settings: Settings, pair: PairName, since: datetime | None) -> PublishResult:
    if since is None:
        raise ReadError("数据库表里没有数据行")
    version = read_pointer(settings, pair).version
    return PublishResult(0, 0, 0, 0, 0, version, False, pd.DataFrame(columns=list(WARNING_COLUMNS)))


def publish_staged(
    staged: Staged,
    settings: Settings,
    dry_run: bool,
    progress: Progress | None,
    pair: PairName,
    actor: Identity = COMMAND_LINE,
) -> PublishResult:
    """Publish what was read and keep its rejected rows as a file; the history says who began it and how it ended.

    A dry run changes nothing and is not recorded.
    """
    if dry_run:
        return publish(settings, pair, staged, progress=progress, dry_run=True)
    version = new_version_name()
    about = {
        "source": staged.source_code, "mapping": staged.mapping_name, "files": staged.file_names,
        "sha256": [Verbatim(digest) for digest in staged.file_sha256], "rows": staged.read_rows,
    }  # fmt: skip
    with recorded(settings, pair, actor, "import", Verbatim(version), about, REFUSALS) as outcome:
        result = publish(settings, pair, staged, progress=progress, version=version)
        outcome.after = {
            "version": Verbatim(str(result.version)), "is_new_version": result.is_new_version, "read": result.read,
            "inserted": result.inserted, "updated": result.updated, "unchanged": result.unchanged,
            "rejected": result.rejected,
        }  # fmt: skip
    if staged.rejected.empty:
        return result
    # Named by the version it published, so that the history finds it; by the moment where there was none.
    name = str(result.version) if result.is_new_version else f"{datetime.now():%Y%m%dT%H%M%S%f}"
    return replace(result, rejected_path=str(write_rejected(staged.rejected, settings, pair, name)))


def read_and_validate(
    paths: Sequence[Path],
    mapping: str | None,
    settings: Settings,
    as_of: datetime | None = None,
    progress: Progress | None = None,
    budget: Budget | None = None,
) -> Staged:
    """Read, map and validate in a child process with limits of memory and time. Raises ReadError."""
    with tempfile.TemporaryDirectory(prefix="import-") as folder:
        run_limited(
            stage_into,
            {
                "paths": [str(path.resolve()) for path in paths],
                "mapping": mapping,
                "data_dir": str(settings.data_dir),
                "city": settings.city,
                "as_of": as_of.isoformat() if as_of else None,
                "folder": folder,
            },
            progress,
            budget,
        )
        return load_staged(Path(folder))


def preview(paths: Sequence[Path], settings: Settings, rows: int = 20, budget: Budget | None = None) -> dict[str, Any]:
    """What the files hold, read in the limited child: tables (place, headings, first rows), fitting mappings.

    Raises ReadError.
    """
    arguments = {
        "paths": [str(path.resolve()) for path in paths],
        "data_dir": str(settings.data_dir),
        "city": settings.city,
        "rows": rows,
    }
    return dict(run_limited(preview_tables, arguments, None, budget))
