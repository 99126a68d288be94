"""Files given to the page: kept beside the data until they are imported, for a day at most; and what a check finds."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from lib.access.acts import done_and_recorded
from lib.access.audit import COMMAND_LINE, Act, Verbatim
from lib.access.roles import Identity
from lib.config import Settings
from lib.ingest.fields import JOINS, TICKETS
from lib.ingest.handover import load_staged, save_staged
from lib.ingest.mapping import MappingError, own_mappings_dir, parse_mapping
from lib.ingest.mapping_command import suggest_text
from lib.ingest.pipeline import preview, publish_staged, read_and_validate
from lib.ingest.readers import Progress, ReadError
from lib.ingest.sandbox import run_limited
from lib.ingest.staged import PublishResult, Staged
from lib.store import PairName, active_pair, choose_pair, replace_file

_KEPT_SECONDS = 24 * 3600
SHOWN_REJECTED = 200


@dataclass(frozen=True)
class Checked:
    """What a check of uploaded files found; nothing has been written.

    preview: see reading.preview_tables. mapping: the one used, None where none fits (suggestion is then the
    YAML of a proposed one, and the rest is None). folder: where the `Staged` waits for publishing.
    counts: the dry run. rejected: the first rejected rows without their cells.
    """

    preview: dict[str, Any]
    mapping: str | None
    suggestion: str | None = None
    folder: Path | None = None
    counts: PublishResult | None = None
    rejected: Any = None
    as_of: datetime | None = None

    @property
    def is_kept(self) -> bool:
        """False once what was read has been published or swept: the check must be made again."""
        return self.folder is None or self.folder.is_dir()


def keep_uploads(settings: Settings, files: Sequence[tuple[str, bytes]]) -> tuple[str, list[Path]]:
    """Store uploaded files; returns (token of their names and contents, paths). Old uploads are swept.

    The same files again give the same token and are not written twice.
    """
    total = hashlib.sha256()
    for name, data in files:
        total.update(hashlib.sha256(data).digest() + name.encode() + b"\0")
    token = total.hexdigest()[:16]
    folder = _folder(settings) / token
    _sweep(settings)
    paths = []
    for number, (name, data) in enumerate(files, start=1):
        # A folder of its own for each, so that equal names do not meet; names are never used as paths.
        path = folder / f"{number:03d}" / (Path(name.replace("\\", "/")).name or "file")
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.parent.chmod(0o700)
            path.write_bytes(data)
        paths.append(path)
    return token, paths


def _folder(settings: Settings) -> Path:
    return settings.data_dir / "uploads"


def drop_uploads(settings: Settings, token: str) -> None:
    """Remove the files and the check of a token: they hold personal data."""
    shutil.rmtree(_folder(settings) / token, ignore_errors=True)


def _sweep(settings: Settings) -> None:
    folder = _folder(settings)
    for path in folder.iterdir() if folder.is_dir() else ():
        if time.time() - path.stat().st_mtime > _KEPT_SECONDS:
            shutil.rmtree(path, ignore_errors=True)


def check_uploads(
    settings: Settings,
    token: str,
    paths: Sequence[Path],
    mapping: str | None,
    as_of: datetime | None,
    progress: Progress | None = None,
    pair: PairName = "city",
) -> Checked:
    """Read, map, validate and compare with what is stored, writing nothing. Raises pipeline.REFUSALS."""
    found = preview(paths, settings)
    chosen = mapping or (found["mappings"][0] if found["mappings"] else None)
    if chosen is None:
        return Checked(found, None, suggestion=run_limited(suggest_text, {"path": str(paths[0])}))
    staged = read_and_validate(paths, chosen, settings, as_of, progress)
    counts = publish_staged(staged, settings, True, progress, pair)
    folder = _folder(settings) / token / f"staged-{chosen}"
    folder.mkdir(parents=True, exist_ok=True)
    save_staged(staged, folder)
    rejected = staged.rejected.drop(columns="cells").head(SHOWN_REJECTED)
    return Checked(found, chosen, None, folder, counts, rejected, staged.as_of)


def publish_checked(
    settings: Settings,
    token: str,
    folder: Path,
    progress: Progress | None = None,
    pair: PairName = "city",
    actor: Identity = COMMAND_LINE,
) -> PublishResult:
    """Publish what a check has read, show its pair from now on, remove the uploads. Raises pipeline.REFUSALS.

    actor: who imports, for the history.
    """
    if not folder.is_dir():
        raise ReadError("这次核对已经发布过或已过期，请重新选择文件")
    staged: Staged = load_staged(folder)
    result = publish_staged(staged, settings, False, progress, pair, actor)
    if active_pair(settings) != pair:
        choose_recorded(settings, pair, actor)
    drop_uploads(settings, token)
    return result


def choose_recorded(settings: Settings, pair: PairName, actor: Identity) -> None:
    """Make `pair` the one that pages show; its history says who did it."""
    act = Act("pair_chosen", pair, {"pair": active_pair(settings)}, {"pair": pair})
    with done_and_recorded(settings, pair, actor, act):
        choose_pair(settings, pair)


def save_own_mapping(settings: Settings, text: str, actor: Identity = COMMAND_LINE) -> str:
    """Check a mapping and keep it beside the city's data; returns its name. Raises MappingError.

    actor: who saves it, for the history.
    """
    mapping = parse_mapping(text, "映射")
    folder = own_mappings_dir(settings)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{mapping.name}.yaml"
    old = _digest(path.read_bytes()) if path.exists() else None
    act = Act("mapping_saved", mapping.name, old, _digest(text.encode()))
    with done_and_recorded(settings, active_pair(settings), actor, act):
        replace_file(path, text)
    return mapping.name


def _digest(content: bytes) -> dict[str, str]:
    return {"sha256": Verbatim(hashlib.sha256(content).hexdigest())}


def renamed_mapping(text: str, name: str, label: str) -> str:
    """The mapping's text with another name and label. Raises MappingError for text that is no mapping."""
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise MappingError("映射不是有效的 YAML，请检查缩进、冒号后的空格和引号") from error
    if not isinstance(raw, dict):
        raise MappingError("映射应是“名称: 值”的结构，请参照 docs/mapping.md")
    return yaml.safe_dump({**raw, "name": name, "label": label}, allow_unicode=True, sort_keys=False, width=110)


def field_labels() -> dict[str, str]:
    """Chinese names of all fields, of tickets and of joined rows, for reports."""
    joined = {name: field.label for fields in JOINS.values() for name, field in fields.items()}
    return {**joined, **{name: field.label for name, field in TICKETS.items()}}
