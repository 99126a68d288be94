"""Our cookies: the session's and the projection device's. Neither can be read by scripts or sent from other sites."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

SESSION = "minsheng_session"
DEVICE = "minsheng_device"


def is_secure(scope: Scope) -> bool:
    """Whether the browser came by TLS, as far as the connection or the proxy in front says.

    A client that claims it falsely only keeps its own cookie from being sent back.
    """
    if scope["scheme"] in ("https", "wss"):
        return True
    return Headers(scope=scope).get("x-forwarded-proto", "").split(",")[0].strip().lower() == "https"


def set_session_cookie(response: Response, token: str, scope: Scope) -> None:
    """Give the browser its session; it forgets it when it is closed, the row on the server ends it earlier."""
    response.set_cookie(SESSION, token, path="/", httponly=True, samesite="strict", secure=is_secure(scope))


def clear_session_cookie(response: Response, scope: Scope) -> None:
    """Take the session from the browser."""
    response.delete_cookie(SESSION, path="/", httponly=True, samesite="strict", secure=is_secure(scope))
