"""Sign-in through an identity provider: `/oidc/start` sends the browser there, `/oidc/callback` takes it back.

Authorization code flow with PKCE. State, nonce and verifier wait in a short-lived signed cookie of this browser;
each state is good once. What ends well gives the same session cookie as a sign-in by password.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, ParamSpec, TypeVar

import anyio
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from lib import logs
from lib.access import provider_accounts
from lib.access.accounts import Refused, SignedIn, Visit
from lib.access.provider_accounts import Person
from lib.access.roles import Role
from lib.access.shared import shared_assessment
from lib.config import ConfigError, Settings
from lib.server import cookies, plain_page
from lib.server.oidc_client import Provider, ProviderError, UntrustedTokenError
from lib.server.oidc_settings import CALLBACK, START, OidcSettings
from lib.server.pages import peer_of

log = logging.getLogger("minsheng.oidc")

COOKIE = "minsheng_oidc"
# From leaving for the provider to coming back.
WAITING_SECONDS = 600
# A provider that hangs may hold up so many sign-ins, and nothing else of the server.
WAITING_PEOPLE = 4

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Button:
    """What the sign-in page shows when an identity provider is set."""

    label: str
    address: str


def button(settings: OidcSettings | None) -> Button | None:
    """The button of the sign-in page; None without a provider."""
    return None if settings is None else Button(f"使用{settings.label}登录", START)


@dataclass
class _UsedStates:
    """States that came back already, until their cookie is void anyway."""

    seen: dict[str, float] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def is_first(self, state: str) -> bool:
        now = time.monotonic()
        with self.lock:
            self.seen = {s: until for s, until in self.seen.items() if until > now}
            if state in self.seen:
                return False
            self.seen[state] = now + WAITING_SECONDS
            return True


class Oidc:
    """Both routes, for one provider and one secret that signs the waiting cookie."""

    def __init__(
        self,
        settings: OidcSettings,
        secret: str,
        read_settings: Callable[[], Settings] = Settings.from_env,
    ) -> None:
        """secret: of the server, the same in every process behind one address."""
        self.settings = settings
        self.provider = Provider(settings)
        self._signer = URLSafeTimedSerializer(secret, salt="minsheng-oidc")
        self._used = _UsedStates()
        self._read_settings = read_settings
        self._limiter: anyio.CapacityLimiter | None = None

    def routes(self) -> list[Route]:
        """What the application serves; both addresses answer without a session."""
        return [Route(START, self.start, methods=["GET"]), Route(CALLBACK, self.callback, methods=["GET"])]

    async def start(self, request: Request) -> Response:
        """Send the browser to the provider."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        try:
            address = await self._in_thread(self.provider.authorization_url, state, nonce, verifier)
        except ProviderError:
            return self._fault(request, f"{self.settings.label}暂时无法连接，请稍后再试", 502)
        response = RedirectResponse(address, status_code=303)
        waiting = self._signer.dumps([state, nonce, verifier])
        # Lax, not Strict: the browser must send it when the provider leads back here.
        response.set_cookie(
            COOKIE, waiting, max_age=WAITING_SECONDS, path=CALLBACK, httponly=True, samesite="lax",
            secure=cookies.is_secure(request.scope),
        )  # fmt: skip
        response.headers["Cache-Control"] = "no-store"
        return response

    async def callback(self, request: Request) -> Response:
        """Take the browser back: check everything, open the session, lead on."""
        waiting = self._waiting(request)
        if waiting is None:
            return self._refused(request, "登录已超时，或不是从本浏览器开始的登录，请重新登录")
        _state, nonce, verifier = waiting
        if "error" in request.query_params:
            log.warning("the provider sent the error %r", request.query_params["error"][:60])
            return self._refused(request, f"{self.settings.label}没有完成登录，可能是在那边取消了，请重新登录")
        code = request.query_params.get("code", "")
        if not code:
            return self._refused(request, f"{self.settings.label}没有返回登录凭据，请重新登录")
        try:
            claims = await self._in_thread(self.provider.claims, code, nonce, verifier)
            person = person_of(self.settings, claims)
        except UntrustedTokenError:
            return self._fault(request, f"{self.settings.label}返回的身份信息不可信，没有登录", 403)
        except ProviderError:
            return self._fault(request, f"{self.settings.label}暂时无法完成登录，请稍后再试", 502)
        try:
            outcome = await self._in_thread(self._sign_in, person, request)
        except (SQLAlchemyError, ConfigError):
            return self._fault(request, "账号数据库暂时不能使用，没有登录", 503)
        if isinstance(outcome, Refused):
            return self._refused(request, outcome.sentence, 403)
        # A redirect would still count as coming from the provider's site, and the session cookie, being Strict,
        # would stay behind; a page of ours leads on as ourselves.
        response = plain_page.leading_on("登录成功", "正在进入民声看板……", "/")
        cookies.set_session_cookie(response, outcome.token, request.scope)
        self._clear(response, request)
        return response

    def _sign_in(self, person: Person, request: Request) -> SignedIn | Refused:
        visit = Visit(peer_of(request), request.headers.get("user-agent", ""), datetime.now(UTC))
        store = shared_assessment(self._read_settings())
        return provider_accounts.sign_in(store, person, visit, may_create=self.settings.on_unknown == "create")

    def _waiting(self, request: Request) -> tuple[str, str, str] | None:
        """State, nonce and verifier of this browser, when they belong to this answer and were not used before."""
        try:
            state, nonce, verifier = self._signer.loads(request.cookies.get(COOKIE, ""), max_age=WAITING_SECONDS)
        except (BadSignature, ValueError):
            return None
        given = request.query_params.get("state", "")
        if not secrets.compare_digest(given.encode(), str(state).encode()) or not self._used.is_first(state):
            return None
        return state, nonce, verifier

    async def _in_thread(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(WAITING_PEOPLE)
        return await anyio.to_thread.run_sync(partial(work, *args, **kwargs), limiter=self._limiter)

    def _refused(self, request: Request, sentence: str, status: int = 400) -> Response:
        response = plain_page.message("没有登录", sentence, status, link=("返回登录页", "/"))
        self._clear(response, request)
        return response

    def _fault(self, request: Request, sentence: str, status: int) -> Response:
        number = logs.fault_number()
        log.exception("fault %s at sign-in through the provider", number, extra={"fault": number})
        return self._refused(request, f"{sentence}。故障编号 {number}，如反复出现请把编号告诉信息中心", status)

    def _clear(self, response: Response, request: Request) -> None:
        response.delete_cookie(
            COOKIE, path=CALLBACK, httponly=True, samesite="lax", secure=cookies.is_secure(request.scope)
        )


def person_of(settings: OidcSettings, claims: Mapping[str, Any]) -> Person:
    """Whom the checked claims describe. Raises UntrustedTokenError for a subject that no account can have."""
    subject, name = str(claims["sub"]), str(claims.get("preferred_username") or "")
    if not subject.isprintable() or len(settings.issuer) + 1 + len(subject) > 255:
        raise UntrustedTokenError("the subject is too long or not printable")
    unit_code = claims.get(settings.unit_claim) if settings.unit_claim else None
    return Person(
        issuer=settings.issuer,
        subject=subject,
        name=name or subject,
        display_name=str(claims.get("name") or name),
        is_mapped=bool(settings.roles),
        role=mapped_role(settings, claims.get(settings.role_claim)),
        unit_code=unit_code if isinstance(unit_code, str) and 0 < len(unit_code) <= 64 else None,
    )


def mapped_role(settings: OidcSettings, value: object) -> Role | None:
    """The first role of the mapping whose value the person has; None when there is none."""
    held = value if isinstance(value, list) else [value]
    return next((role for named, role in settings.roles if named in held), None)


def from_environment(secret: str) -> Oidc | None:
    """The routes for the provider that the environment names; None without one.

    Raises ConfigError with a Chinese sentence when OIDC_* is incomplete or wrong.
    """
    settings = OidcSettings.from_env()
    if settings is None:
        return None
    if not secret:
        raise ConfigError("使用统一身份认证需要服务器密钥 MINSHENG_COOKIE_SECRET")
    return Oidc(settings, secret)
