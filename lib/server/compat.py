"""The browser check: before the application loads, old browsers are led to a page that says what to install."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lib.server.front_end import Asset
from lib.server.pages import ReadSettings, render, session_of
from lib.server.templating import TEMPLATES

COMPAT = "/compat"
SCRIPTS = ("/compat-syntax.js", "/compat.js")
# What the check names → what a person is told.
FEATURES = {
    "syntax": "新版脚本语法",
    "toSorted": "新版脚本函数",
    "websocket": "实时连接（WebSocket）",
    "cookies": "Cookie",
}


def routes(read_settings: ReadSettings) -> list[Route]:
    """The page and the scripts that test the browser; all answer without a session."""
    assets = {name: Asset.of((TEMPLATES / name[1:]).read_text("utf-8"), "text/javascript") for name in SCRIPTS}

    async def script(request: Request) -> Response:
        return assets[request.url.path].respond(request.headers)

    async def page(request: Request) -> Response:
        named = request.query_params.get("missing", "").split(",")
        return render(
            read_settings(), "compat.html", title="浏览器检查", person=session_of(request),
            missing=[words for name, words in FEATURES.items() if name in named],
        )  # fmt: skip

    return [Route(COMPAT, page, methods=["GET"]), *(Route(name, script, methods=["GET"]) for name in SCRIPTS)]
