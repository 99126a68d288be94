"""Faults of routes, ours and Streamlit's: the person sees a Chinese sentence and a number, the log has the rest."""

from __future__ import annotations

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from lib import logs
from lib.server import plain_page

log = logging.getLogger("minsheng.server")

TITLE = "暂时打不开"
SENTENCE = "故障编号 {number}。请稍后刷新重试；如仍不能打开，请把编号告诉信息中心，日志中有详细记录。"


class FaultPages:
    """ASGI middleware: what nobody foresaw becomes a page with a number; records say whose request it was."""

    def __init__(self, app: ASGIApp) -> None:
        """app: what is guarded."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or websocket."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        has_begun = False

        async def send_on(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self.app(scope, receive, send_on)
        except Exception:
            number = logs.fault_number()
            session = scope.get("state", {}).get("session")
            person = {} if session is None else logs.facts_of(session.identity)
            kind = scope.get("method", "websocket")
            log.exception("fault %s: %s %s", number, kind, scope["path"],
                          extra={"fault": number, "page": scope["path"], **person})  # fmt: skip
            if scope["type"] == "websocket":
                await WebSocketClose(code=1011)(scope, receive, send)
            elif has_begun:
                raise  # half an answer cannot be mended; the server closes the connection
            else:
                page = plain_page.message(TITLE, SENTENCE.format(number=number), 500, link=("回到首页", "/"))
                await page(scope, receive, send)
