"""Who is present: sessions as the gate asks for them, and the open websockets that end with them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.types import Message, Send

from lib.access import sessions
from lib.access.sessions import Session
from lib.access.shared import shared_assessment
from lib.config import Settings

log = logging.getLogger("minsheng.gate")

# A session may end in another process or on the command line: so often we look.
LOOK_EVERY_SECONDS = 2.0


class Presence:
    """Sessions of the pair that is shown. Every call asks the database; call off the event loop."""

    def __init__(self, read_settings: Callable[[], Settings]) -> None:
        self._read_settings = read_settings

    def by_token(self, token: str) -> Session | None:
        """The open session of a cookie."""
        with shared_assessment(self._read_settings()).reading() as conn:
            return sessions.by_token(conn, token, now=datetime.now(UTC))

    def touch(self, session_ref: str) -> None:
        """Note that the person did something now."""
        with shared_assessment(self._read_settings()).writing() as conn:
            sessions.touch(conn, session_ref, now=datetime.now(UTC))

    def open_refs(self, session_refs: frozenset[str]) -> frozenset[str]:
        """Those of the sessions that are still open, in one question."""
        with shared_assessment(self._read_settings()).reading() as conn:
            return sessions.open_refs(conn, session_refs, now=datetime.now(UTC))


class Socket:
    """An open websocket that can be closed from the server's side."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.is_closed = False

    async def send(self, message: Message) -> None:
        """What the application sends; once the session ended nothing goes out any more."""
        if not self.is_closed:
            await self._send(message)

    async def close(self) -> None:
        """End it. The page then asks for the server, is told 401 and goes to the sign-in page."""
        self.is_closed = True
        await self._send({"type": "websocket.close", "code": 1008, "reason": "signed out"})


class OpenSockets:
    """The websockets of this process by session."""

    def __init__(self) -> None:
        self._by_session: dict[str, set[Socket]] = {}

    def add(self, session_ref: str, send: Send) -> Socket:
        """Register one that is about to open."""
        socket = Socket(send)
        self._by_session.setdefault(session_ref, set()).add(socket)
        return socket

    def remove(self, session_ref: str, socket: Socket) -> None:
        """It was closed."""
        left = self._by_session.get(session_ref, set())
        left.discard(socket)
        if not left:
            self._by_session.pop(session_ref, None)

    @property
    def session_refs(self) -> frozenset[str]:
        """Sessions with an open websocket."""
        return frozenset(self._by_session)

    async def close_all(self, session_ref: str) -> None:
        """Close every websocket of a session."""
        for socket in tuple(self._by_session.get(session_ref, ())):
            try:
                await socket.close()
            except (RuntimeError, OSError):
                # It is just being closed from the other side.
                log.info("a websocket of an ended session was closed already")


async def close_ended(sockets: OpenSockets, presence: Presence) -> None:
    """Close the websockets of sessions that are over, until cancelled."""
    while True:
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        refs = sockets.session_refs
        if not refs:
            continue
        try:
            still_open = await run_in_threadpool(presence.open_refs, refs)
        except SQLAlchemyError:
            # Every run of a page asks for itself meanwhile, and gets no answer either.
            log.exception("open sessions could not be looked up")
            continue
        for session_ref in refs - still_open:
            await sockets.close_all(session_ref)
