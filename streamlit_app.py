"""The server: Streamlit behind our own gate. `make run`, `streamlit run streamlit_app.py` and
`uvicorn streamlit_app:app` all serve this application; nothing reaches Streamlit without passing it.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import pkgutil
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import streamlit as st
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route
from streamlit import config, file_util
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.pages_manager import PagesManager

from lib import logs
from lib.access import runs
from lib.access.roles import Identity
from lib.access.sessions import Session
from lib.access.startup import at_start
from lib.config import ConfigError, Settings
from lib.server import (
    binding,
    compat,
    drafts,
    exports,
    faults,
    first_visit,
    front_end,
    headers,
    health,
    kiosk,
    oidc,
    one_page,
)
from lib.server.demo_unit import demo_unit
from lib.server.entrance import Entrance
from lib.server.gate import WARM_UP_KEY, Gate
from lib.server.presence import OpenSockets, Presence, close_ended
from lib.server.secret import server_secret
from lib.ui.faults import on_script_error
from lib.ui.words import as_of

T = TypeVar("T")
HEALTH = "/healthz"
# Streamlit gives the first page the root and does not know its name; people who type it are led there.
FIRST_PAGE = "/overview"
# Imported before the first visitor comes: what pages need, so that no visitor waits for it.
PRELOADED = ("lib.answers", "lib.charts", "lib.documents", "lib.loaders", "lib.ui")


# Slugs in the order in which they matter; Streamlit calls the first page by the empty name.
OPENED_AT_START = ("", "trends", "districts", "units", "tickets")
OPENING_SECONDS = 4.0


def preload() -> None:
    """Import everything pages use."""
    for name in PRELOADED:
        module = importlib.import_module(name)
        for part in pkgutil.iter_modules(getattr(module, "__path__", []), f"{name}."):
            importlib.import_module(part.name)


async def open_own_pages(application: st.App) -> None:
    """Be the first visitor of the pages people open first, in a session that exists in memory only."""
    questions = []
    for slug in OPENED_AT_START:
        question = BackMsg()
        question.rerun_script.page_name = slug
        questions.append(question.SerializeToString())
    now = datetime.now(UTC).replace(tzinfo=None)
    session = Session(Identity("", "", "leader", session_ref=runs.begin_warm_up()), False, now, now, now)
    try:
        known = {WARM_UP_KEY: session}
        await first_visit.open_pages(application, questions, _ends_a_run, OPENING_SECONDS, known)
    finally:
        runs.end_warm_up()


def _ends_a_run(raw: bytes) -> bool:
    message = ForwardMsg()
    message.ParseFromString(raw)
    is_last: bool = message.WhichOneof("type") == "script_finished"
    return is_last and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY


def is_act(raw: bytes) -> bool:
    """Whether a message of a page's websocket is something the person did, rather than a page refreshing itself."""
    message = BackMsg()
    try:
        message.ParseFromString(raw)
    except DecodeError:
        return False
    kind = message.WhichOneof("type")
    return kind != "app_heartbeat" and not (kind == "rerun_script" and message.rerun_script.is_auto_rerun)


async def first_page(request: Request) -> RedirectResponse:
    """`/overview?…` is `/?…`: filters in the address are kept."""
    return RedirectResponse(str(request.url.replace(scheme="", netloc="", path="/")), status_code=307)


@asynccontextmanager
async def lifespan(application: st.App) -> AsyncIterator[None]:
    """Start: preload, open the pages once, then say where to look.

    What is loaded now stays: the garbage collector is told so, because Streamlit collects after every run, and
    looking through all loaded modules each time doubles the time of a run.
    """
    logs.set_up(Settings.from_env())
    at_start(Settings.from_env())
    preload()
    await open_own_pages(application)
    logs.take_over_servers()  # Streamlit has made more loggers meanwhile
    gc.collect()
    gc.freeze()
    watch = asyncio.create_task(close_ended(sockets, presence))
    if config._server_mode != "asgi-server":  # plain uvicorn says it itself
        address, port = config.get_option("server.address"), config.get_option("server.port")
        print(f"民声看板已启动，请在浏览器打开：http://{address}:{port}（按 Ctrl+C 停止）", flush=True)
    yield
    watch.cancel()
    with suppress(asyncio.CancelledError):
        await watch


# st.navigation switches the discovery of pages/ off only when it first runs: a link to a page that is the first
# visit after a start would run that page alone, without navigation and filters.
PagesManager.uses_pages_directory = False


def bound_address() -> str | None:
    """The address that this process will listen at, known before it does; None when it is not clear."""
    if config._server_mode is None:  # Streamlit did not start the server
        return binding.uvicorn_address()
    address: str | None = config.get_option("server.address")
    return address


def starting(build: Callable[[], T]) -> T:
    """What `build` gives. Wrong settings end the start with their sentence and exit code 2, not with a traceback."""
    try:
        return build()
    except ConfigError as error:
        print(f"配置错误：{error}", file=sys.stderr, flush=True)
        raise SystemExit(2) from error


only_here = binding.is_loopback(bound_address())
secret = starting(lambda: server_secret(Settings.from_env(), bound_to_loopback=only_here))
config.set_option("server.cookieSecret", secret)
presence, sockets = Presence(Settings.from_env), OpenSockets()
chinese = front_end.build(Path(file_util.get_static_dir()))
provider = starting(lambda: oidc.from_environment(secret))
way = oidc.button(provider.settings if provider else None)
entrance = Entrance(
    Settings.from_env,
    bound_to_loopback=only_here,
    demo_unit=demo_unit,
    other_ways=(way,) if way else (),
)
# What answers without a session. Everything else, Streamlit's own addresses too, is behind the gate.
public_routes = [
    Route(HEALTH, health.health_endpoint(Settings.from_env)),
    *entrance.public_routes(),
    *compat.routes(Settings.from_env),
    *kiosk.routes(Settings.from_env),
    *(provider.routes() if provider else ()),
]
own_routes = [
    *public_routes,
    *entrance.inner_routes(),
    *one_page.routes(Settings.from_env, as_of),
    Route(FIRST_PAGE, first_page),
    Route(exports.PATH, exports.exports_endpoint(Settings.from_env)),
    Route(drafts.PATH, drafts.drafts_endpoint(Settings.from_env, presence.touch), methods=["POST"]),
]
app = st.App(
    Path(__file__).with_name("navigation.py"),
    lifespan=lifespan,
    routes=own_routes,
    middleware=[
        Middleware(headers.SecurityHeaders, policy=headers.content_policy(chinese.inline_script_hash)),
        Middleware(faults.FaultPages),
        Middleware(
            Gate,
            presence=presence,
            sockets=sockets,
            mark=runs.open_gate(),
            public=frozenset(route.path for route in public_routes),
            is_act=is_act,
        ),
        Middleware(
            front_end.ChineseFrontEnd, front_end=chinese, own_paths=frozenset(route.path for route in own_routes)
        ),
    ],
    on_script_error=on_script_error,
)
