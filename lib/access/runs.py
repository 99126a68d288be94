"""Who is behind a run of the script: checked against the session each time, and only when the gate vouches for it.

Streamlit hands a run the headers of its websocket. Without the gate anybody could write them, so they count only
together with the mark of this very process, which the gate sets and nobody outside ever sees. A process without
a gate has no mark, and no run in it is anybody's.
"""

from __future__ import annotations

import secrets
import threading
import time
from datetime import UTC, datetime

from lib.access import sessions
from lib.access.roles import Identity
from lib.access.shared import shared_assessment
from lib.config import Settings

SIGNED_OUT = "登录已退出或超过时限，请重新登录"
NO_GATE = "请求没有经过本系统的登录入口。请用 make run 或 streamlit run streamlit_app.py 启动后，从登录页进入"
NEW_PASSWORD_FIRST = "请先修改密码，再使用本系统"


# A run asks for many answers: one look at the session serves those within this time.
LOOK_SECONDS = 0.5


class SignedOutError(Exception):
    """There is no open session behind this run; the message is Chinese."""


class NoGateError(SignedOutError):
    """The run did not come through the gate of this process: it was started another way, or headers are forged."""


class _Process:
    """What this process knows about itself, in memory only."""

    mark: str | None = None
    warm_up_ref: str | None = None


_looks: dict[tuple[Settings, str], tuple[float, Identity]] = {}
_looking = threading.Lock()


def open_gate() -> str:
    """The mark of this process, made when the gate is set up."""
    if _Process.mark is None:
        _Process.mark = secrets.token_hex(32)
    return _Process.mark


def begin_warm_up() -> str:
    """A session that exists in memory only, for the server's own first visit; returns its public name."""
    _Process.warm_up_ref = secrets.token_hex(32)
    return _Process.warm_up_ref


def end_warm_up() -> None:
    """The first visit is over: its session is worth nothing any more."""
    _Process.warm_up_ref = None


def identity_of(settings: Settings, session_ref: str | None, mark: str | None, *, anew: bool = False) -> Identity:
    """The person behind a run, as the database has it now or, unless `anew`, had it LOOK_SECONDS ago.

    Raises NoGateError, SignedOutError.
    """
    if not _Process.mark or not mark or not secrets.compare_digest(mark.encode(), _Process.mark.encode()):
        raise NoGateError(NO_GATE)
    if not session_ref:
        raise SignedOutError(SIGNED_OUT)
    if _Process.warm_up_ref and secrets.compare_digest(session_ref.encode(), _Process.warm_up_ref.encode()):
        return Identity("system-warm-up", "系统预热", "leader", session_ref=session_ref)
    now = time.monotonic()
    with _looking:
        for key in [key for key, (until, _) in _looks.items() if until <= now]:
            del _looks[key]
        seen = _looks.get((settings, session_ref))
    if seen is not None and not anew:
        return seen[1]
    identity = _ask(settings, session_ref)
    with _looking:
        _looks[(settings, session_ref)] = (now + LOOK_SECONDS, identity)
    return identity


def _ask(settings: Settings, session_ref: str) -> Identity:
    with shared_assessment(settings).reading() as conn:
        session = sessions.by_ref(conn, session_ref, now=datetime.now(UTC))
    if session is None:
        raise SignedOutError(SIGNED_OUT)
    if session.must_change_password:
        raise SignedOutError(NEW_PASSWORD_FIRST)
    return session.identity
