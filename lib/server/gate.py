"""The sign-in gate: without an open session nothing answers but what is public. Pure ASGI, after the headers.

It looks the session up at every request and websocket, tells Streamlit whose it is by two headers that clients
cannot send, and closes the websockets of sessions that ended. It decides by `scope["path"]` alone, which is what
is routed: anything it does not know is closed.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from lib.access.sessions import Session
from lib.server import cookies, plain_page
from lib.server.headers import same_origin
from lib.server.presence import OpenSockets, Presence

log = logging.getLogger("minsheng.gate")

SIGN_IN, SIGN_OUT, PASSWORD = "/sign-in", "/sign-out", "/password"
# Who must set a new password first may do that, or leave.
BEFORE_NEW_PASSWORD = frozenset({PASSWORD, SIGN_OUT})
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

# What Streamlit is told; a client's own headers of this kind are dropped.
OWN_PREFIX = b"x-ms-"
SESSION_HEADER, MARK_HEADER = b"x-ms-session", b"x-ms-gate"
# Where routes behind the gate find the Session (`request.state.session`): nothing that comes over the network
# gets there.
SESSION_KEY = "session"
# The server's own first visit carries its session in its scope, in memory.
WARM_UP_KEY = "minsheng.warm_up"

# A person at work is noted once in this time.
TOUCH_EVERY = timedelta(seconds=30)
# An address people type or keep: one segment without a dot.
_PAGE = re.compile(r"/[^/.]*")

NEEDS_SIGN_IN = "需要先登录：请在浏览器中打开民声看板并登录后再试"
FOREIGN = "请求不是从本系统的页面发出的，已拒绝"
UNAVAILABLE = "账号数据库暂时无法读取，请稍后再试；如反复出现请联系信息中心"


class Gate:
    """ASGI middleware: see the module."""

    def __init__(
        self, app: ASGIApp, presence: Presence, sockets: OpenSockets, mark: str, public: frozenset[str],
        is_act: Callable[[bytes], bool],
    ) -> None:  # fmt: skip
        """mark: of this process, see access.runs. public: paths that answer without a session. is_act: whether a
        message of the websocket is something a person did, rather than a page refreshing itself.
        """
        self.app = app
        self.presence = presence
        self.sockets = sockets
        self.mark = mark.encode()
        self.public = public
        self.is_act = is_act

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or websocket."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if scope["method"] not in SAFE_METHODS and not same_origin(Headers(scope=scope)):
            await PlainTextResponse(FOREIGN, status_code=403)(scope, receive, send)
            return
        try:
            session = await self._session(scope)
        except SQLAlchemyError:
            log.exception("the session could not be looked up")
            if path not in self.public:
                await PlainTextResponse(UNAVAILABLE, status_code=503)(scope, receive, send)
                return
            session = None
        if path not in self.public:
            refusal = self._refusal(scope, session)
            if refusal is not None:
                await refusal(scope, receive, send)
                return
        if session is not None and is_page(scope):
            await self._touch(session)
        await self.app(self._told(scope, session), receive, send)

    def _refusal(self, scope: Scope, session: Session | None) -> Response | None:
        """What to answer instead, or None where the request may pass."""
        path: str = scope["path"]
        if session is None:
            if not is_page(scope):
                return _needs_sign_in(scope)
            if Headers(scope=scope).get("sec-fetch-site") in ("cross-site", "same-site"):
                # A link in a mail or another system: the browser keeps the session cookie back, because it is
                # Strict, and sends it with the next request, which is our own page's.
                return plain_page.leading_on("正在打开", "正在进入民声看板……", _wanted(scope))
            return _led_to(SIGN_IN, scope)
        if session.must_change_password and path not in BEFORE_NEW_PASSWORD:
            if not is_page(scope):
                return _needs_sign_in(scope)
            return _led_to(PASSWORD, scope)
        return None

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            session = await self._session(scope)
        except SQLAlchemyError:
            log.exception("the session could not be looked up")
            session = None
        if session is None or session.must_change_password:
            await WebSocketClose(code=1008)(scope, receive, send)
            return
        socket = self.sockets.add(session.identity.session_ref, send)
        touched = datetime.min

        async def receive_while_signed_in() -> Message:
            nonlocal touched
            message = await receive()
            if socket.is_closed:
                return {"type": "websocket.disconnect", "code": 1008}
            moment = datetime.now(UTC).replace(tzinfo=None)
            acted = message["type"] == "websocket.receive" and self.is_act(message.get("bytes") or b"")
            if acted and moment - touched >= TOUCH_EVERY:
                touched = moment
                await self._touch(session)
            return message

        try:
            await self.app(self._told(scope, session), receive_while_signed_in, socket.send)
        finally:
            self.sockets.remove(session.identity.session_ref, socket)

    async def _session(self, scope: Scope) -> Session | None:
        """The open session behind a request; asked of the database each time, off the event loop."""
        if WARM_UP_KEY in scope:
            warm_up: Session = scope[WARM_UP_KEY]
            return warm_up
        cookie = Headers(scope=scope).get("cookie")
        token = cookie_parser(cookie).get(cookies.SESSION) if cookie else None
        return await run_in_threadpool(self.presence.by_token, token) if token else None

    async def _touch(self, session: Session) -> None:
        moment = datetime.now(UTC).replace(tzinfo=None)
        if moment - session.last_seen_at >= TOUCH_EVERY:
            await run_in_threadpool(self.presence.touch, session.identity.session_ref)

    def _told(self, scope: Scope, session: Session | None) -> Scope:
        """The scope as everything behind the gate sees it."""
        headers = [(name, value) for name, value in scope["headers"] if not name.lower().startswith(OWN_PREFIX)]
        if session is not None:
            headers += [(SESSION_HEADER, session.identity.session_ref.encode()), (MARK_HEADER, self.mark)]
        scope.setdefault("state", {})[SESSION_KEY] = session
        return {**scope, "headers": headers}


def _needs_sign_in(scope: Scope) -> Response:
    """A page for people who followed a link to a file, a line for everything else."""
    if Headers(scope=scope).get("sec-fetch-dest") == "document":
        return plain_page.message("需要先登录", f"{NEEDS_SIGN_IN}。", 401, link=("去登录", SIGN_IN))
    return PlainTextResponse(NEEDS_SIGN_IN, status_code=401, headers={"Cache-Control": "no-store"})


def is_page(scope: Scope) -> bool:
    """Whether a request asks for a page: what a browser shows, and what may be led to the sign-in page."""
    return scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and _PAGE.fullmatch(scope["path"]) is not None


def own_path(given: str) -> str:
    """Where to go on after signing in: `given` when it is a path of ours with its parameters, else the first page.

    A browser reads `//host` and `/\\host` as another host and drops tabs and line ends within.
    """
    is_ours = re.fullmatch(r"/(?![/\\])[^\\\x00-\x20\x7f]*", given) is not None
    leads_away = given.split("?")[0] in (SIGN_IN, SIGN_OUT, PASSWORD)
    return given if is_ours and not leads_away and len(given) <= 2000 else "/"


def _wanted(scope: Scope) -> str:
    """The address that was asked for, with its parameters."""
    query = scope["query_string"].decode("latin-1")
    return own_path(quote(scope["path"]) + (f"?{query}" if query else ""))


def _led_to(page: str, scope: Scope) -> Response:
    """To a page of ours, which leads back afterwards. Says so when the browser still has an old session."""
    wanted = _wanted(scope)
    parameters = {} if wanted == "/" else {"next": wanted}
    if page == SIGN_IN and cookies.SESSION in (Headers(scope=scope).get("cookie") or ""):
        parameters["ended"] = "1"
    address = f"{page}?{urlencode(parameters)}" if parameters else page
    return RedirectResponse(address, status_code=303, headers={"Cache-Control": "no-store"})
