"""The server opens its own pages once before anybody else does.

The first run of a page in a process pays for what stays: statements compiled, files opened, answers of the
default scope. A visitor should not. The visit goes through the whole application in memory, gate included.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.types import ASGIApp, Message, Scope

_HOST = b"127.0.0.1"


async def open_pages(
    app: ASGIApp, questions: Sequence[bytes], is_last: Callable[[bytes], bool], budget_seconds: float,
    known: Mapping[str, Any] | None = None,
) -> int:  # fmt: skip
    """Open pages one after the other, each in a session of its own; returns how many were opened.

    questions: the message that asks for a page, one per page. is_last: whether a message ends a run. Pages that
    do not fit into the budget are left to their first visitor. known: what the scope says besides, by which the
    gate knows this visit; nothing that comes over the network can say it.
    """
    deadline = time.monotonic() + budget_seconds
    for number, question in enumerate(questions):
        left = deadline - time.monotonic()
        if left <= 0 or not await _visit(app, question, is_last, left, known or {}):
            return number
    return len(questions)


async def _visit(
    app: ASGIApp, question: bytes, is_last: Callable[[bytes], bool], seconds: float, known: Mapping[str, Any]
) -> bool:
    """One visit over an in-memory websocket; False when the page did not finish in time."""
    incoming: asyncio.Queue[Message] = asyncio.Queue()
    finished = asyncio.Event()

    async def send(message: Message) -> None:
        if message["type"] == "websocket.accept":
            incoming.put_nowait({"type": "websocket.receive", "bytes": question})
        elif message["type"] == "websocket.send" and is_last(message["bytes"]):
            finished.set()

    incoming.put_nowait({"type": "websocket.connect"})
    visit = asyncio.ensure_future(app({**_handshake(), **known}, incoming.get, send))
    waiting = asyncio.create_task(finished.wait())
    await asyncio.wait((visit, waiting), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
    await visit
    return finished.is_set()


def _handshake() -> Scope:
    return {
        "type": "websocket",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "ws",
        "server": ("127.0.0.1", 0),
        "client": ("127.0.0.1", 0),
        "root_path": "",
        "path": "/_stcore/stream",
        "raw_path": b"/_stcore/stream",
        "query_string": b"",
        "headers": [(b"host", _HOST), (b"origin", b"http://" + _HOST)],
        "subprotocols": ["streamlit"],
        "state": {},
    }
