"""The reading process: files → tables → mapping → validation → `Staged`. Knows nothing of the ticket database."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from lib.config import Settings
from lib.ingest.convert import Converted, Issues, convert, quoted
from lib.ingest.fields import known_headings
from lib.ingest.handover import save_staged
from lib.ingest.join_files import joined_frames
from lib.ingest.mapping import MappingError, MappingFile, TableRule, all_mappings, choose_mapping, load_mapping
from lib.ingest.readers import Progress
from lib.ingest.sql_source import read_source
from lib.ingest.staged import Staged
from lib.ingest.tables import RawTable, read_tables
from lib.ingest.validate import clock_limit, newest_event, rejected_frame, validate_tickets, warnings_frame


def stage_into(
    paths: list[str],
    mapping: str | None,
    data_dir: str,
    city: str,
    as_of: str | None,
    folder: str,
    progress: Progress | None = None,
) -> None:
    """Read, map and validate in the limited child; leaves the `Staged` in `folder`. Raises ReadError."""
    settings = Settings(Path(data_dir), city, None)
    files = [Path(path) for path in paths]
    chosen = load_mapping(mapping, settings) if mapping else None
    known = chosen.headings if chosen else known_headings() | {h for m in all_mappings(settings) for h in m.headings}
    header_row = chosen.tickets.header_row if chosen else None
    tables = list(read_tables(files, known, header_row, progress=progress))
    chosen = chosen or pick_mapping(tables, settings)
    moment = datetime.fromisoformat(as_of) if as_of else None
    staged = stage(tables, chosen, moment, progress)
    staged.file_names = tuple(path.name for path in files)
    staged.file_sha256 = tuple(_digest(path) for path in files)
    save_staged(staged, Path(folder))


def pick_mapping(tables: list[RawTable], settings: Settings) -> MappingFile:
    """The mapping that fits the tables best. Raises MappingError that says how to get one."""
    fitting = choose_mapping([(t.sheet, t.headings) for t in tables], all_mappings(settings))
    if not fitting:
        raise MappingError(
            f"没有适合“{tables[0].file_name}”的映射。文件的列有：{'、'.join(tables[0].headings[:30])}。"
            "请用 python -m lib mapping suggest 生成建议的映射，核对后用 --mapping 指定"
        )
    return fitting[0]


def stage(
    tables: list[RawTable], mapping: MappingFile, as_of: datetime | None = None, progress: Progress | None = None
) -> Staged:
    """Map and validate tables already read. Raises MappingError when none of them holds tickets.

    as_of: the given one, else the mapping's, else the newest event of the data.
    """
    tickets: list[Converted] = []
    joins: dict[str, list[Converted]] = {}
    issues: list[Issues] = []
    for number, table in enumerate(tables):
        if progress:
            progress(number, len(tables), f"正在核对 {table.place}")
        rule = _rule_for(table, mapping)
        if rule is None:
            issues.append(_passed_over(table))
        elif rule.kind == "tickets":
            tickets.append(convert(table, rule, mapping))
        else:
            joins.setdefault(rule.kind, []).append(convert(table, rule, mapping))
    if not tickets:
        raise MappingError(
            f"文件里没有符合映射“{mapping.label}”的工单表：它需要列 {'、'.join(mapping.tickets.match)}；"
            f"找到的列有 {'、'.join(tables[0].headings[:30])}。流转、回访文件须与工单文件一起导入"
        )
    given = as_of or mapping.as_of
    now = datetime.now()
    limit = clock_limit(given, now)
    as_of = given or newest_event([*tickets, *(part for parts in joins.values() for part in parts)], limit) or now
    accepted = validate_tickets(tickets, mapping, limit)
    accepted.insert(0, "source_code", pd.Series(mapping.source_code, index=accepted.index, dtype="str"))
    frames, join_issues = joined_frames(joins, mapping.source_code, accepted["ticket_no"], limit)
    issues += [*(part.issues for part in tickets), join_issues]
    return Staged(
        tickets=accepted,
        source_code=mapping.source_code,
        mapping_name=mapping.name,
        as_of=as_of,
        read_rows=sum(len(part.frame) for part in tickets),
        rejected=rejected_frame(tickets),
        warnings=warnings_frame(issues),
        dimensions=mapping.dimensions,
        phones_masked=_phones_masked(accepted, mapping),
        derive_due=mapping.derive_due,
        lacking=_lacking(tickets),
        events=frames.get("events"),
        rounds=frames.get("rounds"),
        callbacks=frames.get("callbacks"),
        calls=frames.get("calls"),
        exclusions=frames.get("exclusions"),
    )


def _lacking(tickets: list[Converted]) -> dict[str, tuple[str, ...]]:
    """Fields that a file lacks although another one has them, by file."""
    every = {name: None for part in tickets for name in part.frame.columns}
    lacks = {part.table.place: tuple(n for n in every if n not in part.frame) for part in tickets}
    return {place: names for place, names in lacks.items() if names}


def _rule_for(table: RawTable, mapping: MappingFile) -> TableRule | None:
    """The rule that accepts the table; among several the one that uses most of its headings."""
    rules = [rule for rule in (mapping.tickets, *mapping.joins) if rule.accepts(table.sheet, table.headings)]
    return max(rules, key=lambda rule: rule.overlap(table.headings)) if rules else None


def _passed_over(table: RawTable) -> Issues:
    issues = Issues()
    issues.warnings[("", table.place, "该表的列与映射不符，未导入")] += len(table.frame)
    return issues


def _phones_masked(tickets: pd.DataFrame, mapping: MappingFile) -> bool:
    """Whether the source masks phones: as the mapping says, else when most of them carry a star."""
    if mapping.phones_masked is not None:
        return mapping.phones_masked
    if "requester_phone" not in tickets:
        return False
    phones = tickets["requester_phone"].dropna()
    return bool(len(phones)) and float(phones.str.contains("*", regex=False).mean()) > 0.5


def _digest(path: Path) -> str:
    """SHA-256 of a file, or of the files of a folder in order."""
    total = hashlib.sha256()
    for part in sorted(p for p in path.iterdir() if p.is_file()) if path.is_dir() else [path]:
        with open(part, "rb") as handle:
            while chunk := handle.read(1 << 20):
                total.update(chunk)
    return total.hexdigest()


def preview_tables(
    paths: list[str], data_dir: str, city: str, rows: int, progress: Progress | None = None
) -> dict[str, Any]:
    """What the files hold: tables (place, headings, first rows, masked) and the names of fitting mappings."""
    settings = Settings(Path(data_dir), city, None)
    mappings = all_mappings(settings)
    known = known_headings() | {h for m in mappings for h in m.headings}
    tables = list(read_tables([Path(p) for p in paths], known, progress=progress, first_rows=rows))
    fitting = choose_mapping([(t.sheet, t.headings) for t in tables], mappings)
    return {
        "tables": [
            {
                "place": t.place,
                "headings": list(t.headings),
                "rows": [[quoted(cell) for cell in row] for row in t.frame.to_numpy().tolist()],
            }
            for t in tables
        ],
        "mappings": [m.name for m in fitting],
    }


def stage_source_into(
    url: str,
    table: str,
    mapping: str | None,
    since: str | None,
    data_dir: str,
    city: str,
    as_of: str | None,
    folder: str,
    progress: Progress | None = None,
) -> int:
    """Read a database table, map and validate it in the limited child; leaves the `Staged` in `folder`.

    Returns the number of rows read; nothing is left when there were none. Raises ReadError.
    """
    settings = Settings(Path(data_dir), city, None)
    chosen = load_mapping(mapping, settings) if mapping else None
    raw = read_source(url, table, chosen, datetime.fromisoformat(since) if since else None, progress)
    if raw.frame.empty:
        return 0
    chosen = chosen or pick_mapping([raw], settings)
    staged = stage([raw], chosen, datetime.fromisoformat(as_of) if as_of else None, progress)
    staged.file_names = (raw.file_name,)
    save_staged(staged, Path(folder))
    return len(raw.frame)
