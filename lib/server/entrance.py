"""The pages at the door: sign in, sign out, new password. Plain forms without scripts, so that any browser can."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

import anyio
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from lib.access import accounts, audit, sessions
from lib.access.accounts import DEMO_ROLES, DEMO_SECONDS, Refused, SignedIn
from lib.access.audit import Act
from lib.access.roles import ROLES
from lib.access.sessions import Session
from lib.access.shared import shared_assessment
from lib.commands import CommandError
from lib.commands.accounts import ChangeOwnPassword, handle
from lib.config import Settings
from lib.server import cookies
from lib.server.binding import comes_from_here
from lib.server.gate import PASSWORD, SIGN_IN, SIGN_OUT, own_path
from lib.server.one_page import PATH as PLAIN_PAGE
from lib.server.pages import ReadSettings, form_of, peer_of, render, session_of
from lib.store import active_pair

ENDED = "登录已退出或长时间没有操作，请重新登录"
NOT_HERE = "演示账号只能在运行本系统的这台电脑上使用"
INCOMPLETE = "请填写账号和密码"
DIFFERENT = "两次输入的新密码不一致"
RULES = "至少10位，包含大写字母、小写字母、数字、符号中的三类，不能包含账号或姓名。"
# Passwords are slow to check on purpose: a flood of sign-ins waits here, not in front of the pages.
CHECKING_AT_ONCE = 4

T = TypeVar("T")


class Way(Protocol):
    """Another way to sign in, as the page offers it."""

    @property
    def label(self) -> str:
        """What stands on the button."""

    @property
    def address(self) -> str:
        """Where it leads."""


@dataclass(frozen=True)
class Entrance:
    """The routes. bound_to_loopback: nobody but this machine can reach the server. demo_unit: whom the demo's
    承办单位 speaks for. other_ways: buttons besides the form.
    """

    read_settings: ReadSettings
    bound_to_loopback: bool
    demo_unit: Callable[[Settings], str | None]
    other_ways: tuple[Way, ...] = ()
    limiter: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(CHECKING_AT_ONCE))

    def public_routes(self) -> list[Route]:
        """Answer everybody."""
        return [
            Route(SIGN_IN, self.sign_in_page, methods=["GET"]),
            Route(SIGN_IN, self.sign_in, methods=["POST"]),
            Route(SIGN_OUT, self.sign_out_page, methods=["GET"]),
            Route(SIGN_OUT, self.sign_out, methods=["POST"]),
        ]

    def inner_routes(self) -> list[Route]:
        """Answer whoever is signed in."""
        return [
            Route(PASSWORD, self.password_page, methods=["GET"]),
            Route(PASSWORD, self.change_password, methods=["POST"]),
        ]

    async def sign_in_page(self, request: Request) -> Response:
        """The form; whoever is signed in already goes on."""
        wanted = own_path(request.query_params.get("next", "/"))
        if session_of(request) is not None:
            return RedirectResponse(wanted, status_code=303)
        return self._form(request, wanted, note=ENDED if "ended" in request.query_params else "")

    async def sign_in(self, request: Request) -> Response:
        """Check name and password, or the one click of the demo; set the cookie and lead on."""
        form = await form_of(request)
        if form is None:
            return self._form(request, "/", why=INCOMPLETE, status=413)
        wanted, name = own_path(form.get("next", "/")), form.get("name", "")
        if "demo" in form:
            if not self._offers_demo(request):
                return self._form(request, wanted, why=NOT_HERE, status=403)
            outcome = await self._in_thread(partial(self._by_click, form["demo"], request))
        elif not name.strip() or not form.get("password"):
            return self._form(request, wanted, why=INCOMPLETE, name=name, status=400)
        else:
            outcome = await self._in_thread(partial(self._by_password, name, form["password"], request))
        if isinstance(outcome, Refused):
            return self._form(request, wanted, why=outcome.sentence, name=name, status=403)
        address = wanted
        if outcome.must_change:
            address = PASSWORD if wanted == "/" else f"{PASSWORD}?{urlencode({'next': wanted})}"
        response = RedirectResponse(address, status_code=303, headers={"Cache-Control": "no-store"})
        cookies.set_session_cookie(response, outcome.token, request.scope)
        return response

    async def sign_out_page(self, request: Request) -> Response:
        """Ask before ending: a link alone must not sign anybody out."""
        session = session_of(request)
        if session is None:
            return RedirectResponse(SIGN_IN, status_code=303)
        who = session.identity
        return render(
            self.read_settings(), "sign_out.html", title="退出登录", person=who.display_name, role=ROLES[who.role]
        )

    async def sign_out(self, request: Request) -> Response:
        """End the session; its websockets are closed by whoever holds them."""
        session = session_of(request)
        if session is not None:
            await self._in_thread(partial(self._end, session))
        response = RedirectResponse(f"{SIGN_IN}?ended=1", status_code=303, headers={"Cache-Control": "no-store"})
        cookies.clear_session_cookie(response, request.scope)
        return response

    async def password_page(self, request: Request) -> Response:
        """The form for a new password."""
        session = session_of(request)
        if session is None:
            return RedirectResponse(SIGN_IN, status_code=303)
        return self._password_form(session, own_path(request.query_params.get("next", "/")))

    async def change_password(self, request: Request) -> Response:
        """Set it and lead on; other sessions of the account end."""
        session = session_of(request)
        if session is None:
            return RedirectResponse(SIGN_IN, status_code=303)
        form = await form_of(request) or {}
        wanted = own_path(form.get("next", "/"))
        if form.get("new", "") != form.get("again", ""):
            return self._password_form(session, wanted, why=DIFFERENT, status=400)
        command = ChangeOwnPassword(form.get("old", ""), form.get("new", ""))
        store = shared_assessment(self.read_settings())
        try:
            await self._in_thread(partial(handle, store, command, session.identity))
        except CommandError as error:
            return self._password_form(session, wanted, why=str(error), status=400)
        return RedirectResponse(wanted, status_code=303, headers={"Cache-Control": "no-store"})

    def _offers_demo(self, request: Request) -> bool:
        """Only this machine, only the demo data: asked for the page and again for the click."""
        is_demo = active_pair(self.read_settings()) == "demo"
        return is_demo and self.bound_to_loopback and comes_from_here(request.scope)

    def _form(
        self, request: Request, wanted: str, *, why: str = "", note: str = "", name: str = "", status: int = 200
    ) -> Response:
        offers_demo = self._offers_demo(request)
        roles = {role: ROLES[role] for role in DEMO_ROLES} if offers_demo else {}
        seconds = {key: f"{ROLES[role]}·{words}" for key, (role, words) in DEMO_SECONDS.items()} if offers_demo else {}
        return render(
            self.read_settings(), "sign_in.html", status, title="登录", next=wanted, why=why, note=note, name=name[:64],
            buttons=self.other_ways, demo_roles=roles, demo_seconds=seconds,
            # An old browser that signs in for the plain page must not be sent to the check again.
            tests_browser=wanted != PLAIN_PAGE,
        )  # fmt: skip

    def _password_form(self, session: Session, wanted: str, *, why: str = "", status: int = 200) -> Response:
        return render(
            self.read_settings(), "password.html", status, title="修改密码", next=wanted, why=why, rules=RULES,
            is_forced=session.must_change_password, account=session.identity.account,
        )  # fmt: skip

    def _by_password(self, name: str, password: str, request: Request) -> SignedIn | Refused:
        store = shared_assessment(self.read_settings())
        outcome = accounts.sign_in(store, name, password, **_visit(request))
        self._end_former(request, outcome)
        return outcome

    def _by_click(self, role: str, request: Request) -> SignedIn | Refused:
        settings = self.read_settings()
        unit_code = self.demo_unit(settings) if role == "unit" else None
        if role == "unit" and unit_code is None:
            return Refused("not_allowed", "演示数据中没有承办单位，请重新生成演示数据")
        outcome = accounts.demo_sign_in(shared_assessment(settings), role, unit_code=unit_code, **_visit(request))
        self._end_former(request, outcome)
        return outcome

    def _end_former(self, request: Request, outcome: SignedIn | Refused) -> None:
        """The browser forgets its former session now; nobody else may go on with it."""
        former = session_of(request)
        if former is not None and isinstance(outcome, SignedIn):
            self._end(former)

    def _end(self, session: Session) -> None:
        now = datetime.now(UTC)
        with shared_assessment(self.read_settings()).writing() as conn:
            sessions.end(conn, session.identity.session_ref, "signed_out", now=now)
            audit.append(conn, session.identity, Act("sign_out", session.identity.account))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(work, limiter=self.limiter)


def _visit(request: Request) -> dict[str, Any]:
    agent = request.headers.get("user-agent", "")
    return {"peer": peer_of(request), "user_agent": agent, "now": datetime.now(UTC)}
