"""Call an ASGI application as a server would, without one."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.types import ASGIApp, Message, Scope


@dataclass(frozen=True)
class Answer:
    """What came back: status, headers by lower-case name, body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def cookies(self) -> list[str]:
        """What Set-Cookie says; our pages set one at a time."""
        return [self.headers["set-cookie"]] if "set-cookie" in self.headers else []

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    def json(self) -> Any:
        """The body read as JSON."""
        return json.loads(self.body)


async def hello(scope: Scope, receive: Any, send: Any) -> None:
    """The application behind the middleware: accepts websockets, says hello to everybody else."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"cache-control", b"public")]})
    await send({"type": "http.response.body", "body": b"hello"})


async def told(scope: Scope, receive: Any, send: Any) -> None:
    """An application that says which of our own headers it was told; echoes over a websocket until it closes."""
    if scope["type"] == "http":
        own: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            if name.startswith(b"x-ms-"):
                own.setdefault(name.decode(), []).append(value.decode())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(own).encode()})
        return
    while (message := await receive())["type"] != "websocket.disconnect":
        if message["type"] == "websocket.connect":
            await send({"type": "websocket.accept"})
        else:
            await send({"type": "websocket.send", "bytes": message["bytes"]})


def get(app: ASGIApp, path: str, method: str = "GET", **headers: str) -> Answer:
    """One HTTP request. Header names are written with _ for -."""
    return _answer(_call(app, _scope("http", path, headers) | {"method": method}))


def _answer(messages: list[Message]) -> Answer:
    start = next(m for m in messages if m["type"] == "http.response.start")
    body = b"".join(m.get("body", b"") for m in messages if m["type"] == "http.response.body")
    return Answer(start["status"], {k.decode().lower(): v.decode() for k, v in start["headers"]}, body)


class Browser:
    """Somebody who goes from page to page: keeps cookies, follows no redirect."""

    def __init__(self, app: ASGIApp, origin: str, client: str) -> None:
        self.app, self.origin, self.client = app, origin, client
        self.cookies: dict[str, str] = {}

    def get(self, path: str, **headers: str) -> Answer:
        """Open an address with its parameters. Header names are written with _ for -."""
        return self._send("GET", path, b"", headers)

    def post(self, path: str, fields: dict[str, str] | None = None, **headers: str) -> Answer:
        """Send a form, as a page of this very origin would."""
        return self._send("POST", path, urlencode(fields or {}).encode(), {"origin": self.origin} | headers)

    def _send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        parts = urlsplit(self.origin)
        known = {"host": parts.netloc}
        if self.cookies:
            known["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        plain, _, query = path.partition("?")
        scope = _scope("http", plain, known | headers) | {
            "method": method, "query_string": query.encode(), "scheme": parts.scheme, "client": (self.client, 5),
            "root_path": "", "server": (parts.hostname, parts.port), "state": {},
        }  # fmt: skip
        answer = _answer(_call(self.app, scope, body))
        for line in answer.cookies:
            name, _, value = line.split(";")[0].partition("=")
            self.cookies[name] = value
            if "max-age=0" in line.lower():
                del self.cookies[name]
        return answer


def websocket_is_accepted(app: ASGIApp, **headers: str) -> bool:
    """Whether the application opens a websocket for these headers."""
    return any(m["type"] == "websocket.accept" for m in _call(app, _scope("websocket", "/_stcore/stream", headers)))


def websocket_scope(**headers: str) -> Scope:
    """The handshake of a websocket. Header names are written with _ for -."""
    return _scope("websocket", "/_stcore/stream", headers)


def _scope(kind: str, path: str, headers: dict[str, str]) -> Scope:
    encoded = [(name.replace("_", "-").lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": kind, "path": path, "headers": encoded, "query_string": b"", "http_version": "1.1"}


def _call(app: ASGIApp, scope: Scope, body: bytes = b"") -> list[Message]:
    messages: list[Message] = []

    async def receive() -> Message:
        if scope["type"] == "websocket":
            return {"type": "websocket.connect"}
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    asyncio.run(app(scope, receive, send))
    return messages
