"""What Streamlit leaves open: security headers, foreign websockets, addresses nobody needs.

Pure ASGI, so that it sees HTTP and websockets alike and stands before everything else.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

# Streamlit's metrics and its interface for programs answer anybody; nothing of ours uses them.
CLOSED_PREFIXES = ("/_stcore/metrics", "/_stcore/agent", "/_stcore/script-health-check")
# Answers that may hold tickets, or that must be asked anew each time.
UNCACHED_PREFIXES = ("/_stcore/", "/media/", "/healthz")


def content_policy(inline_script_hash: str) -> str:
    """The content security policy that charts, tables, maps and the editor work under; nothing from elsewhere."""
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' 'wasm-unsafe-eval' blob: '{inline_script_hash}'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self' blob: data:",
            "worker-src 'self' blob:",
            "frame-ancestors 'none'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
        )
    )


def same_origin(headers: Headers) -> bool:
    """True when the request comes from a page of this very host and port.

    Browsers always send Origin with a websocket; a request without one is not a browser's and is refused.
    """
    origin, host = headers.get("origin"), headers.get("host")
    return bool(origin and host) and urlsplit(origin or "").netloc.lower() == (host or "").lower()


class SecurityHeaders:
    """ASGI middleware: headers on every answer, foreign websockets and closed addresses refused.

    Streamlit asks an outside service for its own address when the origin of a websocket does not match; refusing
    here, before it looks, also keeps that request from leaving.
    """

    def __init__(self, app: ASGIApp, policy: str) -> None:
        """policy: the value of Content-Security-Policy."""
        self.app = app
        self.headers = {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or websocket."""
        if scope["type"] == "websocket":
            if not same_origin(Headers(scope=scope)):
                await WebSocketClose(code=1008)(scope, receive, send)
                return
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path: str = scope["path"]

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers[name] = value
                if path.startswith(UNCACHED_PREFIXES):
                    headers["Cache-Control"] = "no-store"
            await send(message)

        if path.startswith(CLOSED_PREFIXES):
            await PlainTextResponse("没有这个地址", status_code=404)(scope, receive, send_with_headers)
            return
        await self.app(scope, receive, send_with_headers)
