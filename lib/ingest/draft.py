"""A version in the making: a connection that sees all tables, and the steps that make it current."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Table, func, insert, select, text

from lib.config import Settings
from lib.ingest import repeats, rollups, selfcheck, versions
from lib.schema import tickets as t
from lib.schema.rollups import ROLLUPS
from lib.store import SCHEMA_REVISION, PairName, Pointer, postgres_engine, postgres_schema, replace_file


@dataclass
class Draft:
    """What a publisher writes into.

    conn: sees every table by its plain name. segment_no: the number that the rows of the new segment
    carry. texts, events, rounds: where histories are written (tables of the segment `segment_<no>`, or
    the plain tables on PostgreSQL). exclusion_revision, phones_masked: what the publications row states.
    """

    conn: Connection
    version: str
    segment_no: int
    city: str
    is_demo: bool
    as_of: datetime
    repeat_days: int = 30
    exclusion_revision: int = 1
    phones_masked: bool = False
    texts: Table = t.ticket_texts
    events: Table = t.ticket_events
    rounds: Table = t.handling_rounds
    published_at: datetime = field(default_factory=lambda: datetime.now().replace(microsecond=0))

    def use_segment(self, number: int) -> None:
        """Write histories to the attached segment of that number."""
        tables = versions.segment_tables(number)
        self.segment_no = number
        self.texts, self.events, self.rounds = (tables[x.name] for x in t.SEGMENT_TABLES)

    def record(self) -> None:
        """The publications row of this version."""
        last = self.conn.scalar(select(func.max(t.publications.c.publication_no)))
        self.conn.execute(
            insert(t.publications).values(
                publication_no=(last or 0) + 1,
                version=self.version,
                published_at=self.published_at,
                as_of=self.as_of,
                city=self.city,
                is_demo=self.is_demo,
                exclusion_revision=self.exclusion_revision,
                phones_masked=self.phones_masked,
                schema_revision=SCHEMA_REVISION,
            )
        )

    def finish_whole(self) -> None:
        """Links between repeats where nobody set them, all rollups, every check, the publications row."""
        unset = self.conn.scalar(select(func.count()).select_from(t.tickets).where(t.tickets.c.is_repeat.is_(None)))
        if unset:
            repeats.link_all(self.conn, self.repeat_days)
        rollups.build(self.conn, self.as_of)
        selfcheck.whole(self.conn, self.as_of)
        self.record()

    def pointer(self, segments: dict[int, str]) -> Pointer:
        """What current.json will say."""
        return Pointer(
            version=self.version,
            file=versions.main_file(self.version),
            segments=segments,
            as_of=self.as_of,
            city=self.city,
            is_demo=self.is_demo,
            exclusion_revision=self.exclusion_revision,
            published_at=self.published_at,
        )


@contextmanager
def new_version(
    settings: Settings, pair: PairName, city: str, as_of: datetime, is_demo: bool, repeat_days: int = 30
) -> Iterator[Draft]:
    """A whole new version of a pair, from nothing.

    Yields a Draft with empty tables (dimensions too). On a clean exit it is finished, checked and made
    current; on any exception the version that stood before stays whole. city is the name of the profile.
    Raises BusyError when somebody else is publishing, SelfCheckError when the rows contradict each other.
    """
    if settings.tickets_url:
        with _postgres_version(settings, pair, city, as_of, is_demo, repeat_days) as draft:
            yield draft
        return
    with versions.publishing(settings, pair) as folder:
        version = versions.new_version_name()
        path = folder / versions.main_file(version)
        segments = {1: versions.segment_file(1, version)}
        root, engine = versions.open_writer(path)
        finished = False
        try:
            versions.create_main(root)
            versions.attach(root, folder / segments[1], 1, readonly=False)
            versions.create_segment(root, 1)
            versions.create_views(root, [1])
            with engine.connect() as conn:
                draft = Draft(conn, version, 1, city, is_demo, as_of, repeat_days)
                draft.use_segment(1)
                yield draft
                draft.finish_whole()
            root.execute("CHECKPOINT")
            root.execute(f"CHECKPOINT {versions.segment_name(1)}")
            finished = True
        finally:
            engine.dispose()
            root.close()
            if not finished:
                versions.discard(path, folder / segments[1])
        versions.repack(path, folder / segments[1])
        make_current(folder, draft.pointer(segments))


def make_current(folder: Path, pointer: Pointer) -> None:
    """Push the version's files to the disk, then swap the pointer, then delete what nobody needs."""
    for name in versions.files_of({"file": pointer.file, "segments": pointer.segments}):
        versions.sync(folder / name)
    versions.sync(folder / "segments")
    versions.sync(folder)
    replace_file(folder / "current.json", pointer.to_json())
    versions.sweep(folder, pointer)


# --- PostgreSQL -----------------------------------------------------------------------------


def _next_schema(pair: PairName) -> str:
    return f"{postgres_schema(pair)}__next"


@contextmanager
def _postgres_version(
    settings: Settings, pair: PairName, city: str, as_of: datetime, is_demo: bool, repeat_days: int
) -> Iterator[Draft]:
    with postgres_successor(settings, pair) as conn:
        draft = Draft(conn, versions.new_version_name(), 1, city, is_demo, as_of, repeat_days)
        yield draft
        index_postgres(conn)
        draft.finish_whole()


@contextmanager
def postgres_successor(settings: Settings, pair: PairName) -> Iterator[Connection]:
    """A connection to a second schema with empty tables, which takes the first one's name on a clean exit.

    All in one transaction, so that readers see the old or the new version; a killed publisher leaves
    nothing behind.
    """
    current, following = postgres_schema(pair), _next_schema(pair)
    engine = postgres_engine(settings, pair)
    try:
        with engine.begin() as conn:
            lock_postgres(conn, pair)
            conn.execute(text(f"DROP SCHEMA IF EXISTS {following} CASCADE"))
            conn.execute(text(f"CREATE SCHEMA {following}"))
            conn.execute(text(f"SET LOCAL search_path TO {following}"))
            create_postgres(conn)
            yield conn
            conn.execute(text(f"DROP SCHEMA IF EXISTS {current} CASCADE"))
            conn.execute(text(f"ALTER SCHEMA {following} RENAME TO {current}"))
    finally:
        engine.dispose()


def lock_postgres(conn: Connection, pair: PairName) -> None:
    """Take the pair's publish lock until the transaction ends. Raises BusyError at once when taken."""
    taken = conn.scalar(select(func.pg_try_advisory_xact_lock(func.hashtext(postgres_schema(pair)))))
    if not taken:
        raise versions.BusyError(versions.BUSY)


def create_postgres(conn: Connection) -> None:
    """All tables in the schema that the search path names, without indexes: rows come first."""
    for table in (*versions.MAIN_TABLES, *t.SEGMENT_TABLES, *ROLLUPS):
        plain = versions.without_constraints((table,)).tables[table.name]
        plain.create(conn, checkfirst=True)


def index_postgres(conn: Connection) -> None:
    """The indexes, built after the rows, and fresh statistics for the planner."""
    for index in t.POSTGRES_INDEXES:
        index.create(conn)
    for rollup in ROLLUPS:
        conn.execute(text(f"CREATE INDEX {rollup.name}_day ON {rollup.name} (day)"))
    conn.execute(text("ALTER TABLE tickets ADD PRIMARY KEY (ticket_id)"))
    conn.execute(text("ANALYZE"))
