"""`/exports/<ref>`: hands a file that a page offered to the session it was offered to, and writes the history of it.

Streamlit's own media addresses answer anybody who knows them and outlive the session; no data goes through them.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import Response

from lib.access import audit
from lib.access.acts import under_way
from lib.access.offers import OFFERS, Offer, Offers
from lib.access.roles import Identity
from lib.access.shared import shared_assessment
from lib.config import Settings
from lib.server import plain_page

log = logging.getLogger("minsheng.export")

PATH = "/exports/{ref}"
# A large table needs some hundred megabytes while it is written: more at a time would starve the pages.
AT_A_TIME = 2

SIGNED_OUT = "登录已失效或已退出，请重新登录后再导出"
LAPSED = "页面已过期，请刷新后再导出"
NOT_ALLOWED = "本账号没有导出权限，如需使用请联系系统管理员"
_WAY_BACK = ("回到首页", "/")


class ExportFailedError(Exception):
    """The file could not be made; number: under which the log has the rest."""

    def __init__(self, number: str) -> None:
        """number: eight hexadecimal digits."""
        super().__init__(f"文件没有生成，故障编号 {number}。请稍后再试；如仍不能导出，请把编号告诉信息中心")
        self.number = number


def exports_endpoint(read_settings: Callable[[], Settings], offers: Offers = OFFERS) -> Callable[[Request], Any]:
    """The handler of `/exports/<ref>`.

    401 without a session, 403 when the role may not, 404 for everything that is not this session's (also what
    never existed: nobody learns which), 500 with a fault number when the file cannot be made.
    """
    # By offer and by who asks: a second click waits for the file of the first.
    running: dict[tuple[str, str], asyncio.Task[bytes]] = {}
    limiter: list[CapacityLimiter] = []

    def forget(key: tuple[str, str], done: asyncio.Task[bytes]) -> None:
        running.pop(key, None)
        if not done.cancelled():
            done.exception()  # looked at, also when every browser that waited went away

    async def made_once(ref: str, offer: Offer, identity: Identity) -> bytes:
        key = (ref, identity.session_ref)
        if key not in running:
            if not limiter:  # belongs to the event loop that serves, which is not there yet at start
                limiter.append(CapacityLimiter(AT_A_TIME))
            settings = read_settings()
            work = to_thread.run_sync(make_recorded, settings, identity, offer, limiter=limiter[0])
            running[key] = asyncio.ensure_future(work)
            running[key].add_done_callback(lambda done: forget(key, done))
        # A browser that goes away must not stop the file of the other click, nor the entry of its outcome.
        return await asyncio.shield(running[key])

    async def export(request: Request) -> Response:
        if request.method != "GET":
            return Response(status_code=405, headers={"Allow": "GET", "Cache-Control": "no-store"})
        session = request.scope.get("state", {}).get("session")
        if session is None or not session.identity.session_ref:
            return _refused("请先登录", SIGNED_OUT, 401)
        identity: Identity = session.identity
        ref = request.path_params["ref"]
        offer = offers.find(ref, identity.session_ref)
        if offer is None:
            return _refused("没有这个文件", LAPSED, 404)
        if not identity.may(offer.resource):
            return _refused("不能导出", NOT_ALLOWED, 403)
        try:
            content = await made_once(ref, offer, identity)
        except ExportFailedError as error:
            return _refused("没有导出", str(error), 500)
        return Response(content, headers=_headers(offer))

    return export


def make_recorded(settings: Settings, identity: Identity, offer: Offer) -> bytes:
    """Make the file, with an entry of intent before and one of outcome after. Raises ExportFailedError.

    Nothing is handed out that the history does not know: when an entry cannot be written, there is no file.
    """
    about: dict[str, Any] = {"file": offer.file_name, **offer.facts}
    if offer.rows is not None:
        about["rows"] = offer.rows
    try:
        # Another process that starts meanwhile must not take this for an act that a killed one left open.
        with under_way(settings, offer.pair):
            intent = _record(settings, identity, offer, "export_started", about)
            try:
                content = offer.make()
            except Exception as error:
                failure = about | {"intent": intent, "error": type(error).__name__}
                _record(settings, identity, offer, "export_failed", failure)
                raise
            digest = hashlib.sha256(content).hexdigest()
            done = about | {"intent": intent, "bytes": len(content), "sha256": audit.Verbatim(digest)}
            _record(settings, identity, offer, "export_finished", done)
    except Exception as error:
        number = secrets.token_hex(4)
        log.exception("fault %s: the export %s failed", number, offer.file_name, extra={"fault": number})
        raise ExportFailedError(number) from error
    return content


def _record(settings: Settings, identity: Identity, offer: Offer, action: str, after: dict[str, Any]) -> int:
    with shared_assessment(settings, offer.pair).writing() as conn:
        return audit.append(conn, identity, audit.Act(action, subject=offer.file_name, after=after))


def _headers(offer: Offer) -> dict[str, str]:
    plain = "export." + offer.file_name.rsplit(".", 1)[-1]
    return {
        "Content-Type": offer.media_type,
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(offer.file_name, safe='')}",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }


def _refused(title: str, sentence: str, status: int) -> Response:
    return plain_page.message(title, f"{sentence}。", status, link=_WAY_BACK)
