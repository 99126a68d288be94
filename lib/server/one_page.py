"""`/one-page`: today's 一页纸 as plain HTML, for browsers in which the pages do not work. Signed in, within reach."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from lib.access.roles import ROLES, Access, Identity
from lib.answers import Source, newest_month, overview, reach_of
from lib.city import load_city
from lib.config import Settings
from lib.documents import monthly, one_page_html
from lib.scope import Scope
from lib.server.gate import SIGN_IN
from lib.server.pages import ReadSettings, render, session_of
from lib.store import DamagedDataError, NoDataError, open_store

log = logging.getLogger("minsheng.one_page")

PATH = "/one-page"
NOT_ALLOWED = "{role}没有查看数据看板的权限，如工作需要请联系系统管理员"
NO_TICKETS = "本期没有可以显示的工单"


def routes(read_settings: ReadSettings, as_of_words: Callable[[datetime], str]) -> list[Route]:
    """The address; it stands behind the gate. as_of_words: writes a moment as the pages do."""

    async def page(request: Request) -> Response:
        session = session_of(request)
        if session is None:
            return RedirectResponse(SIGN_IN, status_code=303)
        settings, who = read_settings(), session.identity
        status, why, content = 200, "", ""
        if not who.may("dashboards"):
            status, why = 403, NOT_ALLOWED.format(role=ROLES[who.role])
        else:
            try:
                content = await run_in_threadpool(fragment_for, settings, who, as_of_words)
                why = "" if content else NO_TICKETS
            except NoDataError as error:
                status, why = 503, str(error)
            except DamagedDataError as error:
                log.exception("the ticket data cannot be read")
                status, why = 503, str(error)
        return render(settings, "one_page.html", status, title="一页纸", wide=True, why=why, content=content)

    return [Route(PATH, page, methods=["GET"])]


def fragment_for(settings: Settings, who: Identity, as_of_words: Callable[[datetime], str]) -> str:
    """The newest month as this person may see it, as HTML; "" when there are no tickets within reach.

    Raises NoDataError, DamagedDataError.
    """
    store = open_store(settings)
    try:
        with store.engine.connect() as conn:
            city = load_city(store.pointer.city)
            everything = Source(conn, store.pointer, city)
            reach = reach_of(everything, who.unit_code or "") if who.may("dashboards", "own_unit") else None
            source = Source(conn, store.pointer, city, Access(reach, tickets=who.may("tickets")))
            seen = overview(source, Scope(newest_month(source), reach=reach))
    finally:
        store.dispose()
    if not seen.figures["received"].value:
        return ""
    place = "全市" if reach is None else "本单位"
    words = as_of_words(store.pointer.as_of)
    return one_page_html.fragment(monthly.sheet(seen, city.label, f"{place} · 全口径", words, store.pointer.is_demo))
