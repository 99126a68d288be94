"""Acts outside the assessment database (imports, exports): an entry of intent before, one of outcome after.

The outcome names the number of its intent (`after.intent`). While an act is under way, its process holds a lock
of the kernel, which a killed process cannot leave behind: start-up then knows that an open intent is nobody's.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from lib.access import audit
from lib.access.audit import Act
from lib.access.roles import Identity
from lib.assessment_store import open_assessment
from lib.config import Settings
from lib.store import PairName, pair_dir

LOCK_FILE = "acts.lock"
Kind = Literal["import", "export"]


@dataclass
class Outcome:
    """after: what the entry of the outcome says; the act fills it in."""

    after: dict[str, Any] | None = None


@contextmanager
def recorded(
    settings: Settings,
    pair: PairName,
    actor: Identity,
    kind: Kind,
    subject: str,
    intent: dict[str, Any],
    refusals: tuple[type[Exception], ...] = (),
) -> Iterator[Outcome]:
    """Record the act of the block in the pair's history: `<kind>_started`, then `_finished` or `_failed`.

    When the intent cannot be recorded, the block does not run. refusals: errors whose message is meant for people
    and becomes the reason; of others only the kind is kept.
    """
    store = open_assessment(settings, pair)
    try:
        with under_way(settings, pair):
            with store.writing() as conn:
                number = audit.append(conn, actor, Act(f"{kind}_started", subject, after=intent))
            outcome = Outcome()
            try:
                yield outcome
            except BaseException as error:
                reason = str(error) if isinstance(error, refusals) else f"程序中断（{type(error).__name__}）"
                with store.writing() as conn:
                    audit.append(conn, actor, Act(f"{kind}_failed", subject, after={"intent": number}, reason=reason))
                raise
            with store.writing() as conn:
                after = {"intent": number, **(outcome.after or {})}
                audit.append(conn, actor, Act(f"{kind}_finished", subject, after=after))
    finally:
        store.dispose()


@contextmanager
def done_and_recorded(settings: Settings, pair: PairName, actor: Identity, act: Act) -> Iterator[None]:
    """One entry for a block that is done in an instant (a small file replaced): the entry stands when the block
    went through, and the block does not run when it could not be written.
    """
    store = open_assessment(settings, pair)
    try:
        with store.writing() as conn:
            audit.append(conn, actor, act)
            yield
    finally:
        store.dispose()


@contextmanager
def under_way(settings: Settings, pair: PairName) -> Iterator[None]:
    """Hold the pair's lock together with all other acts that are under way."""
    handle = _lock_file(settings, pair)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


@contextmanager
def none_under_way(settings: Settings, pair: PairName) -> Iterator[bool]:
    """True when no act is under way in any process; none begins before the block ends."""
    handle = _lock_file(settings, pair)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)


def _lock_file(settings: Settings, pair: PairName) -> int:
    folder = pair_dir(settings, pair)
    folder.mkdir(parents=True, exist_ok=True)
    return os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
