"""Publish an import: the next version of a pair, or none when nothing changed.

The order matters for a process killed at any moment: everything is written into new files (or one
transaction), pushed to the disk, and only then made current.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pandas as pd
from sqlalchemy import Connection, delete, func, select, text

from lib.calendar_cn import WorkCalendar, workday_table
from lib.city import City, load_city
from lib.config import Settings
from lib.ingest import compaction, derive, dimensions, identity, joins, journal, rollups, selfcheck, stored, versions
from lib.ingest.bulk import insert_frame
from lib.ingest.draft import (
    Draft,
    create_postgres,
    index_postgres,
    lock_postgres,
    make_current,
    new_version,
)
from lib.ingest.frames import empty_of
from lib.ingest.staged import PublishResult, Staged
from lib.ingest.upsert import Counts, Rules, changed_ids, joined_rows, merged, only
from lib.schema import tickets as t
from lib.store import (
    NoDataError,
    PairName,
    Pointer,
    pair_city,
    pair_dir,
    postgres_engine,
    postgres_schema,
    read_pointer,
)

__all__ = ["BusyError", "PublishResult", "new_version", "publish"]

BusyError = versions.BusyError
Progress = Callable[[int, int, str], None]
PART_ROWS = 50_000
_NO_TIME = "没有回访时间的评价，按办结时间计入统计期"


def publish(
    settings: Settings,
    pair: PairName,
    staged: Staged,
    progress: Progress | None = None,
    dry_run: bool = False,
    version: str | None = None,
) -> PublishResult:
    """Bring staged rows into a pair and publish the result as its next version.

    version: its name, from new_version_name, for callers that must know it before; made here when None.
    progress is called with (done, total, Chinese words). dry_run counts and warns but keeps nothing. When
    no row, exclusion, call day, dimension or extraction time changes, the old version stays and
    `is_new_version` is False. Raises BusyError when somebody else is publishing.
    """
    staged.check()
    began = time.monotonic()
    tell = progress or (lambda done, total, words: None)
    city = load_city(pair_city(settings, pair))
    name = version or versions.new_version_name()
    drafting = _postgres if settings.tickets_url else _duckdb
    with drafting(settings, pair, city, staged, name) as (draft, opened):
        run = _Import(draft, opened, city, staged, tell)
        run.bring_in()
        opened.keep = run.has_changes and not dry_run
        if opened.keep:
            run.finish()
            tell(1, 1, "正在发布")
    return PublishResult(
        read=staged.read_rows,
        inserted=run.counts.inserted,
        updated=run.counts.updated,
        unchanged=run.counts.unchanged,
        rejected=len(staged.rejected),
        version=draft.version if opened.keep else opened.old.version if opened.old else None,
        is_new_version=opened.keep,
        warnings=run.warnings(),
        bytes_copied=opened.bytes_copied,
        seconds=time.monotonic() - began,
    )


@dataclass
class _Opened:
    """How the draft was opened. keep: publish it at the end, else forget it."""

    old: Pointer | None
    folder: Path
    bytes_copied: int = 0
    segments: dict[int, str] = field(default_factory=dict)
    keep: bool = False


def _current(settings: Settings, pair: PairName) -> Pointer | None:
    try:
        return read_pointer(settings, pair)
    except NoDataError:
        return None


def _drafted(conn: Connection, version: str, old: Pointer | None, city: City, pair: PairName, staged: Staged) -> Draft:
    as_of = max(staged.as_of, old.as_of) if old else staged.as_of
    return Draft(
        conn,
        version,
        segment_no=1,
        city=city.name,
        is_demo=pair == "demo",
        as_of=as_of,
        repeat_days=city.rules.repeat_days,
        exclusion_revision=old.exclusion_revision if old else 1,
    )


@contextmanager
def _duckdb(
    settings: Settings, pair: PairName, city: City, staged: Staged, name: str
) -> Iterator[tuple[Draft, _Opened]]:
    """A copy of the current main file, the old segments beside it and a new one to write into."""
    with versions.publishing(settings, pair) as folder:
        opened = _Opened(_current(settings, pair), folder)
        old = opened.old
        path = folder / versions.main_file(name)
        if old:
            shutil.copyfile(folder / old.file, path)
            opened.bytes_copied = path.stat().st_size
            opened.segments = dict(old.segments)
        number = max(opened.segments, default=0) + 1
        opened.segments[number] = versions.segment_file(number, name)
        root, engine = versions.open_writer(path)
        try:
            if not old:
                versions.create_main(root)
            for no, file in opened.segments.items():
                versions.attach(root, folder / file, no, readonly=no != number)
            versions.create_segment(root, number)
            versions.create_views(root, list(opened.segments))
            with engine.connect() as conn:
                draft = _drafted(conn, name, old, city, pair, staged)
                draft.use_segment(number)
                yield draft, opened
                if opened.keep:
                    opened.segments = compaction.settle(draft, root, folder, opened.segments)
            if opened.keep:
                root.execute("CHECKPOINT")
        except BaseException:
            opened.keep = False
            raise
        finally:
            engine.dispose()
            root.close()
            if not opened.keep:
                versions.discard(path, folder / versions.segment_file(number, name))
        if opened.keep:
            make_current(folder, draft.pointer(opened.segments))


@contextmanager
def _postgres(
    settings: Settings, pair: PairName, city: City, staged: Staged, name: str
) -> Iterator[tuple[Draft, _Opened]]:
    """One transaction on the pair's schema; made first when it does not exist."""
    folder = pair_dir(settings, pair)
    folder.mkdir(parents=True, exist_ok=True)
    engine = postgres_engine(settings, pair)
    try:
        with engine.connect() as conn, conn.begin() as transaction:
            lock_postgres(conn, pair)
            old = _current(settings, pair)
            opened = _Opened(old, folder)
            if old is None:
                conn.execute(text(f"DROP SCHEMA IF EXISTS {postgres_schema(pair)} CASCADE"))
                conn.execute(text(f"CREATE SCHEMA {postgres_schema(pair)}"))
                create_postgres(conn)
                index_postgres(conn)
            draft = _drafted(conn, name, old, city, pair, staged)
            yield draft, opened
            if not opened.keep:
                transaction.rollback()
    finally:
        engine.dispose()


class _Import:
    """The steps of one import inside an opened draft."""

    def __init__(self, draft: Draft, opened: _Opened, city: City, staged: Staged, tell: Progress) -> None:
        self.draft, self.opened, self.city, self.staged, self.tell = draft, opened, city, staged, tell
        self.conn = draft.conn
        self.started_at = datetime.now().replace(microsecond=0)
        self.counts = Counts()
        old = opened.old
        if not old and staged.dimensions == "profile":
            dimensions.load_profile(self.conn, city)
        self.resolver = dimensions.Resolver(self.conn, staged.dimensions == "source")
        self.change = rollups.Change(self.conn, old.as_of, draft.as_of) if old else None
        self.touched = joins.Touched(self.conn, self.change)
        self.rules = self._rules()
        self.import_no = int(self.conn.scalar(select(func.max(t.import_runs.c.import_no))) or 0) + 1
        self.next_id = int(self.conn.scalar(select(func.max(t.tickets.c.ticket_id))) or 0) + 1
        self.is_first = self.next_id == 1
        self.written: list[pd.DataFrame] = []
        self.untimed = 0
        self.others = 0

    @property
    def has_changes(self) -> bool:
        """True when anything of the next version would differ from the current one."""
        old = self.opened.old
        return (
            old is None or self.counts.inserted + self.counts.updated + self.others > 0 or self.draft.as_of > old.as_of
        )

    def _rules(self) -> Rules:
        rows = self.staged.tickets
        times = [rows[c] for c in ("received_at", "dispatched_at", "closed_at", "acknowledged_at") if c in rows]
        stored_days = self.conn.execute(select(func.min(t.workdays.c.day), func.max(t.workdays.c.day))).one()
        closings = [f["happened_at"] for f in (self.staged.events,) if f is not None]
        closings += [
            f[c] for f in (self.staged.rounds,) if f is not None for c in ("started_at", "closed_at") if c in f
        ]
        first, last = derive.calendar_days([*times, *closings, *self._stored_times()], self.draft.as_of)
        if stored_days[0] is not None:
            first, last = min(first, stored_days[0]), max(last, stored_days[1])
        table = workday_table(first, last, self.city.workday_overrides, self.city.rules.hours_per_day)
        if (first, last) != tuple(stored_days):
            self.conn.execute(delete(t.workdays))
            insert_frame(self.conn, t.workdays, table)
        calendar = WorkCalendar(table, self.city.rules.working_hours)
        key = identity.requester_key(self.opened.folder)
        return Rules(self.city, calendar, key, self.staged.derive_due)

    def _stored_times(self) -> list[pd.Series]:
        T = t.tickets.c
        found = self.conn.execute(select(func.min(T.received_at), func.max(T.received_at), func.max(T.closed_at))).one()
        return [pd.Series(pd.to_datetime([moment for moment in found if moment is not None]))]

    def bring_in(self) -> None:
        """Merge all parts, then exclusions and call days."""
        total, done = len(self.staged.tickets), 0
        for block in self.staged.parts():
            for start in range(0, len(block), PART_ROWS):
                self.tell(done + start, total, "正在比对并写入工单")
                self._part(block.iloc[start : start + PART_ROWS])
            done += len(block)
        self.tell(total, total, "正在比对并写入工单")
        self.others += self.resolver.write_new_rows(self.conn)
        self.excluded = joins.store_exclusions(self.conn, self.staged.exclusions)
        self.others += len(self.excluded)
        self.others += journal.store_calls(self.conn, self.staged.calls)

    def _part(self, rows: pd.DataFrame) -> None:
        keys = rows[["source_code", "ticket_no"]].reset_index(drop=True)
        old = stored.nothing() if self.is_first else stored.by_number(self.conn, keys)
        known = old.tickets.reset_index()[["source_code", "ticket_no", "ticket_id"]]
        ids = keys.merge(known, on=["source_code", "ticket_no"], how="left")
        is_new = ids["ticket_id"].isna()
        # Ids follow the time of receipt, so that blocks of the file hold neighbouring days.
        order = rows["received_at"].reset_index(drop=True)[is_new].sort_values(kind="stable").index
        ids.loc[order, "ticket_id"] = range(self.next_id, self.next_id + len(order))
        self.next_id += len(order)
        ids["ticket_id"] = ids["ticket_id"].astype("int64")
        part = rows.set_index(pd.Index(ids["ticket_id"], name="ticket_id"))
        joined = joined_rows(self.staged, self.resolver, ids)
        new = merged(part, self.resolver, joined, old, self.rules)
        changed = changed_ids(new, old)
        inserted = pd.Index(ids.loc[is_new, "ticket_id"])
        self.counts.inserted += len(inserted)
        self.counts.updated += len(changed)
        self.counts.unchanged += len(rows) - len(inserted) - len(changed)
        self.untimed += _untimed_answers(part, new)
        ids_written = inserted.union(changed)
        if ids_written.empty:
            return
        writing = only(new, ids_written)
        writing.tickets["import_no"] = self.import_no
        self.touched.take(ids_written)
        stored.write(self.draft, writing)
        columns = ["source_code", "ticket_no", "requester_hash", "place_key", "received_at", "parent_ticket_no"]
        self.written += [writing.tickets[columns], old.tickets.loc[changed, columns]]

    def finish(self) -> None:
        """What depends on several tickets, the rollups, the checks and the log."""
        conn, draft = self.conn, self.draft
        written = pd.concat(self.written) if self.written else empty_of(t.tickets)
        keys = written[["source_code", "ticket_no"]].drop_duplicates()
        groups = joins.Before.of(written)
        self.tell(0, 4, "正在归并催办与剔除")
        joins.join_reminders(draft, keys, groups.parents)
        if len(self.excluded):
            draft.exclusion_revision += 1
        joins.apply_exclusions(draft, self.touched, pd.concat([keys, self.excluded]))
        self.tell(1, 4, "正在识别重复诉求")
        joins.relink_repeats(draft, self.touched, groups)
        self.tell(2, 4, "正在更新汇总")
        if self.change is None:
            rollups.build(conn, draft.as_of)
        else:
            self.change.add(self.touched.ids)
            self.change.add_newly_past(self.touched.ids)
            self.change.apply()
        self.tell(3, 4, "正在自检")
        selfcheck.touched(conn, keys, draft.as_of)
        draft.phones_masked = self._phones_masked()
        journal.record_run(draft, self.staged, self.counts, self.import_no, self.started_at, self.warnings())
        draft.record()

    def _phones_masked(self) -> bool:
        rows = self.staged.tickets
        if "requester_phone" not in rows:
            last = select(t.publications.c.phones_masked).order_by(t.publications.c.publication_no.desc()).limit(1)
            return self.staged.phones_masked or bool(self.conn.scalar(last))
        phones = rows["requester_phone"].dropna()
        return self.staged.phones_masked or (len(phones) > 0 and bool(identity.is_masked(phones).mean() > 0.5))

    def warnings(self) -> pd.DataFrame:
        """Warnings of reading and those of looking words up, as in import_warnings."""
        own = [self.staged.warnings, self.resolver.warnings()]
        if self.untimed:
            row = {"field": "called_at", "value": "", "reason": _NO_TIME, "row_count": self.untimed}
            own.append(pd.DataFrame([row]))
        known = [frame for frame in own if len(frame)]
        return pd.concat(known, ignore_index=True) if known else self.staged.warnings


def _untimed_answers(part: pd.DataFrame, new: stored.Stored) -> int:
    """Answers that the file states without a time of its own."""
    if "satisfaction" not in part and "resolution" not in part:
        return 0
    answered = part.get("satisfaction", pd.Series(None, index=part.index, dtype=object)).notna()
    answered |= part.get("resolution", pd.Series(None, index=part.index, dtype=object)).notna()
    timed = part["called_at"].notna() if "called_at" in part else pd.Series(False, index=part.index)
    return int((answered & ~timed & new.tickets["answered_at"].reindex(part.index).notna()).sum())
