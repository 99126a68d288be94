"""What every page of the server itself needs: templates, the city's name, people in a request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse

from lib.access.sessions import Session
from lib.city import load_city
from lib.config import Settings
from lib.server.front_end import ICON
from lib.server.gate import SESSION_KEY
from lib.server.templating import environment
from lib.store import active_pair, pair_city

# More than any form of ours sends; the rest of a flood is not read.
FORM_BYTES = 20_000

ReadSettings = Callable[[], Settings]


def render(settings: Settings, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page from its template; texts are escaped. Nobody keeps it."""
    city = load_city(pair_city(settings, active_pair(settings))).label
    given: Mapping[str, Any] = {"icon": ICON, "city": city, "wide": False, **values}
    html = environment.get_template(template).render(given)
    return HTMLResponse(html, status_code=status, headers={"Cache-Control": "no-store"})


def session_of(request: Request) -> Session | None:
    """The open session that the gate found for this request."""
    session: Session | None = request.scope["state"].get(SESSION_KEY)
    return session


async def form_of(request: Request) -> dict[str, str] | None:
    """The fields of a posted form, as a browser sends it without files; None when it is larger than ours are."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES:
            return None
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=20))
    except ValueError:
        return {}


def peer_of(request: Request) -> str:
    """The network address a request came from, as the server (or a proxy that it trusts) has it."""
    return request.client.host if request.client else ""
