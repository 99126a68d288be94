"""Is the history whole? Every entry is read and hashed anew, in order, without holding more than a few."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, String, cast, select, type_coerce
from sqlalchemy.exc import DBAPIError

from lib.access import audit
from lib.access.roles import RESERVED_ROLES, Identity
from lib.assessment_store import AssessmentStore
from lib.config import AUDIT_HASHES, ConfigError
from lib.schema import assessment as a
from lib.store import replace_file

Progress = Callable[[int, int, str], None]
READ_AT_ONCE = 5_000
# Inside the text under the same name as in the columns.
_REPEATED = ("account", "role", "action", "subject")


@dataclass(frozen=True)
class Head:
    """An exported end of the chain: what entry_no was hashed to at `time` (UTC), kept where nobody of ours writes."""

    pair: str
    entry_no: int
    hash: str
    algorithm: str
    time: str


@dataclass(frozen=True)
class Broken:
    """The first entry at which the chain does not hold, and why, as a Chinese sentence."""

    entry_no: int
    why: str


@dataclass(frozen=True)
class Report:
    """What a verification found.

    entries: how many hold, from the first. broken: None when the chain is whole. covered: up to which entry an
    exported head vouches that nothing was rewritten or cut; 0 without one. verified_at: UTC.
    """

    pair: str
    entries: int
    broken: Broken | None
    covered: int
    covered_time: str | None
    verified_at: datetime

    @property
    def is_whole(self) -> bool:
        """True when every entry and every exported head holds."""
        return self.broken is None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for --json."""
        return {**asdict(self), "is_whole": self.is_whole, "verified_at": self.verified_at.isoformat() + "Z"}


def verify(store: AssessmentStore, heads: Sequence[Head] = (), progress: Progress | None = None) -> Report:
    """Check the chain from its first entry to its end, and against exported heads.

    It stops at the first entry that does not hold. Raises ConfigError for a head of another pair.
    """
    for head in heads:
        if head.pair != store.pair:
            raise ConfigError(f"链末端文件属于另一套数据（{head.pair}），当前核验的是 {store.pair}")
    with store.reading() as conn:
        checked, broken = _walk(conn, heads, progress or (lambda done, total, words: None))
    reached = [h for h in heads if h.entry_no <= checked]
    best = max(reached, key=lambda h: h.entry_no, default=None)
    return Report(
        store.pair,
        checked,
        broken,
        best.entry_no if best else 0,
        best.time if best else None,
        datetime.now(UTC).replace(tzinfo=None),
    )


def _walk(conn: Connection, heads: Sequence[Head], tell: Progress) -> tuple[int, Broken | None]:
    """How many entries hold from the first, and the one that does not."""
    end = conn.execute(select(a.audit_head.c.entry_no, a.audit_head.c.hash).where(a.audit_head.c.head_no == 1)).first()
    total = int(end.entry_no) if end else 0
    exported = {h.entry_no: h for h in sorted(heads, key=lambda h: h.entry_no)}
    number, previous = 0, audit.GENESIS
    for row in _entries(conn):
        if row is None:
            return number, Broken(number + 1, "读不出来：数据库文件损坏，或正文不是文字")
        why = _fault(row, number + 1, previous)
        if why is None and (head := exported.get(number + 1)) is not None and head.hash != row[-1]:
            why = f"与{head.time}导出的链末端不符：这一条或它之前的记录被改写后重新计算过"
        if why is not None:
            return number, Broken(number + 1, why)
        number, previous = number + 1, row[-1]
        if number % READ_AT_ONCE == 0:
            tell(number, total, "正在核验审计记录")
    return number, _end_fault(number, previous, end, heads)


def _end_fault(number: int, last_hash: str, end: Any, heads: Sequence[Head]) -> Broken | None:
    """What is wrong behind the last entry: a cut tail, or entries that nobody appended."""
    beyond = max(heads, key=lambda h: h.entry_no, default=None)
    if beyond is not None and beyond.entry_no > number:
        return Broken(number + 1, f"末尾被截去：{beyond.time}导出的链末端是第 {beyond.entry_no:,} 条")
    if end is None:
        return Broken(number + 1, "链末端记录丢失，不能确定末尾是否被截去")
    if end.entry_no > number:
        return Broken(number + 1, f"末尾缺失：链末端记录是第 {end.entry_no:,} 条")
    if end.entry_no < number:
        return Broken(int(end.entry_no) + 1, f"多出记录：链末端记录是第 {end.entry_no:,} 条")
    return None if end.hash == last_hash else Broken(number, "与链末端记录的哈希不符")


def _entries(conn: Connection) -> Iterator[Sequence[Any] | None]:
    """entry_no, at, account, role, action, subject, is_reserved, text, algorithm, previous_hash, hash, in order.

    None stands for an entry that SQLite cannot give, and ends it. at comes as text: making dates of a million
    texts would take longer than hashing them.
    """
    is_sqlite = conn.dialect.name == "sqlite"
    last = None
    try:
        for row in _read(conn, is_sqlite, last, READ_AT_ONCE):
            last = row[0]
            yield row
    except DBAPIError:
        if not is_sqlite:
            raise
        # Once more from there, one by one, to know which it is.
        try:
            yield from _read(conn, is_sqlite, last, 1)
        except DBAPIError:
            yield None


def _read(conn: Connection, is_sqlite: bool, after: int | None, at_once: int) -> Iterator[Sequence[Any]]:
    e = a.audit_entries.c
    moment = type_coerce(e.at, String) if is_sqlite else cast(e.at, String)
    columns = (e.entry_no, moment, e.account, e.role, e.action, e.subject, e.is_reserved, e.text, e.algorithm,
               e.previous_hash, e.hash)  # fmt: skip
    statement = select(*columns).order_by(e.entry_no).execution_options(yield_per=at_once)
    if after is not None:
        statement = statement.where(e.entry_no > after)
    for rows in conn.execute(statement).partitions():
        yield from rows


def _fault(row: Sequence[Any], expected: int, previous: str) -> str | None:
    """Why an entry does not hold; None when it does."""
    number, moment, account, role, action, subject, is_reserved, text, algorithm, before, own = row
    if number != expected:
        return "记录缺失" if number > expected else "记录编号不应出现"
    if algorithm not in AUDIT_HASHES:
        return f"算法“{algorithm}”不是本系统使用的"
    if before != previous:
        return "与上一条不衔接：记录被改动、调换或插入"
    if hashlib.new(algorithm, f"{number}\n{before}\n{text}".encode()).hexdigest() != own:
        return "正文被改动：与哈希不符"
    try:
        said = json.loads(text)
        repeated = tuple(said[name] for name in _REPEATED)
        stated = (said["no"], datetime.fromisoformat(said["at"]))
        at_column = datetime.fromisoformat(moment)
    except (ValueError, KeyError, TypeError):
        return "正文或时间不是规定的格式"
    if repeated != (account, role, action, subject) or stated != (number, at_column):
        return "列与正文不一致：时间、账号、角色、事项或对象被改动"
    return None if bool(is_reserved) == (role in RESERVED_ROLES) else "列与正文不一致：可见范围被改动"


def export_head(store: AssessmentStore, path: Path, actor: Identity = audit.COMMAND_LINE) -> Head:
    """Write the end of the chain to a file, record that it was done, and return it.

    The file belongs in other hands (the archive, 纪委监委): whoever can write the database could recompute the
    whole chain, but not that file. Raises OSError when it cannot be written, ConfigError for an empty history.
    """
    with store.writing() as conn:
        end = conn.execute(select(a.audit_head).where(a.audit_head.c.head_no == 1).with_for_update()).first()
        if end is None or end.entry_no == 0:
            raise ConfigError("还没有审计记录，没有可以导出的链末端")
        algorithm = conn.execute(
            select(a.audit_entries.c.algorithm).where(a.audit_entries.c.entry_no == end.entry_no)
        ).scalar_one()
        now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
        head = Head(store.pair, int(end.entry_no), end.hash, algorithm, f"{now.isoformat()}Z")
        replace_file(path, json.dumps(asdict(head), ensure_ascii=False, indent=1) + "\n")
        after = {"entry_no": head.entry_no, "hash": audit.Verbatim(head.hash), "file": path.name}
        audit.append(conn, actor, audit.Act("chain_exported", f"第 {head.entry_no} 条", after=after))
    return head


def read_head(path: Path) -> Head:
    """Read an exported head. Raises ConfigError."""
    try:
        raw = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"链末端文件打不开：{path.name}") from error
    except ValueError as error:
        raise ConfigError(f"链末端文件不是导出时的样子：{path.name}") from error
    names = ("pair", "entry_no", "hash", "algorithm", "time")
    if not isinstance(raw, Mapping) or not isinstance(raw.get("entry_no"), int) or any(n not in raw for n in names):
        raise ConfigError(f"链末端文件不是导出时的样子：{path.name}")
    return Head(**{name: raw[name] for name in names})
