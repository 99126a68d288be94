"""`/kiosk`: a projection device's way in. A bound browser gets a session at once, others are asked for a code."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from lib import logs
from lib.access import devices
from lib.access.accounts import Refused, SignedIn, Visit
from lib.access.devices import Bound
from lib.access.shared import shared_assessment
from lib.config import ConfigError, Settings
from lib.server import cookies, plain_page
from lib.server.headers import same_origin
from lib.server.pages import form_of, peer_of

log = logging.getLogger("minsheng.kiosk")

PATH = "/kiosk"
# Where a device goes once it has a session.
MEETING = "/"
REMEMBERED_SECONDS = 400 * 24 * 3600  # the longest that browsers keep a cookie
_INTRODUCTION = "在会议室的投影电脑上输入系统管理员给出的配对码，这个浏览器就成为投影设备，只能打开会议页面。"


def routes(read_settings: Callable[[], Settings] = Settings.from_env) -> list[Route]:
    """The one address, which answers without a session."""
    kiosk = _Kiosk(read_settings)
    return [Route(PATH, kiosk.enter, methods=["GET"]), Route(PATH, kiosk.pair, methods=["POST"])]


class _Kiosk:
    def __init__(self, read_settings: Callable[[], Settings]) -> None:
        self._read_settings = read_settings

    async def enter(self, request: Request) -> Response:
        """A bound browser gets a session; another one the form."""
        token = request.cookies.get(cookies.DEVICE)
        if not token:
            return _form()
        return await self._guarded(request, self._with_session, token)

    async def pair(self, request: Request) -> Response:
        """The form came back: bind this browser, then let it in."""
        if not same_origin(request.headers):
            return _form("请直接在本页输入配对码", 403)
        form = await form_of(request) or {}
        return await self._guarded(request, self._with_device, form.get("code", ""))

    async def _guarded(self, request: Request, work: Callable[[Request, str], Response], text: str) -> Response:
        try:
            return await run_in_threadpool(work, request, text)
        except (SQLAlchemyError, ConfigError):
            number = logs.fault_number()
            log.exception("fault %s at a projection device", number, extra={"fault": number})
            return _form(f"账号数据库暂时不能使用。故障编号 {number}，请把编号告诉信息中心", 503)

    def _with_session(self, request: Request, token: str) -> Response:
        opened = devices.open_session(shared_assessment(self._read_settings()), token, _visit(request))
        if isinstance(opened, Refused):
            response: Response = _form(opened.sentence, 403)
            response.delete_cookie(cookies.DEVICE, path=PATH, httponly=True, samesite="strict")
            return response
        return _let_in(request, opened)

    def _with_device(self, request: Request, code: str) -> Response:
        store, visit = shared_assessment(self._read_settings()), _visit(request)
        bound = devices.bind(store, code, visit)
        if isinstance(bound, Refused):
            return _form(bound.sentence, 403)
        opened = devices.open_session(store, bound.token, visit)
        if isinstance(opened, Refused):
            # Revoked between the two.
            return _form(opened.sentence, 403)
        response = _let_in(request, opened)
        _remember(response, request, bound)
        return response


def _let_in(request: Request, opened: SignedIn) -> Response:
    response = RedirectResponse(MEETING, status_code=303, headers={"Cache-Control": "no-store"})
    cookies.set_session_cookie(response, opened.token, request.scope)
    return response


def _remember(response: Response, request: Request, bound: Bound) -> None:
    response.set_cookie(
        cookies.DEVICE, bound.token, max_age=REMEMBERED_SECONDS, path=PATH, httponly=True, samesite="strict",
        secure=cookies.is_secure(request.scope),
    )  # fmt: skip


def _form(why: str = "", status: int = 200) -> Response:
    said = f'<p class="why" role="alert">{escape(why)}</p>' if why else ""
    return plain_page.page(
        "绑定投影设备",
        f"<p>{_INTRODUCTION}</p>{said}"
        f'<form method="post" action="{PATH}"><label for="code">配对码</label>'
        '<input id="code" type="text" name="code" required maxlength="40" autocomplete="off" autofocus '
        'placeholder="例如 ABCD-EFGH-JKMN"><button type="submit">绑定这个浏览器</button></form>'
        '<p class="small">配对码 10 分钟内有效，只能使用一次。绑定的是这个浏览器：清除浏览数据后需要重新绑定。</p>'
        '<p class="small"><a href="/">返回登录页</a></p>',
        status,
    )


def _visit(request: Request) -> Visit:
    return Visit(peer_of(request), request.headers.get("user-agent", ""), datetime.now(UTC))
