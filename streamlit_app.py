"""The server: Streamlit behind our own gate. `make run`, `streamlit run streamlit_app.py` and
`uvicorn streamlit_app:app` all serve this application; nothing reaches Streamlit without passing it.
"""

from __future__ import annotations

import gc
import importlib
import os
import pkgutil
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route
from streamlit import config, file_util
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.pages_manager import PagesManager

from lib.config import Settings
from lib.server import first_visit, front_end, headers, health

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
    """Be the first visitor of the pages people open first."""
    questions = []
    for slug in OPENED_AT_START:
        question = BackMsg()
        question.rerun_script.page_name = slug
        questions.append(question.SerializeToString())
    await first_visit.open_pages(application, questions, _ends_a_run, OPENING_SECONDS)


def _ends_a_run(raw: bytes) -> bool:
    message = ForwardMsg()
    message.ParseFromString(raw)
    is_last: bool = message.WhichOneof("type") == "script_finished"
    return is_last and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY


async def first_page(request: Request) -> RedirectResponse:
    """`/overview?…` is `/?…`: filters in the address are kept."""
    return RedirectResponse(str(request.url.replace(scheme="", netloc="", path="/")), status_code=307)


@asynccontextmanager
async def lifespan(application: st.App) -> AsyncIterator[None]:
    """Start: preload, open the pages once, then say where to look.

    What is loaded now stays: the garbage collector is told so, because Streamlit collects after every run, and
    looking through all loaded modules each time doubles the time of a run.
    """
    preload()
    await open_own_pages(application)
    gc.collect()
    gc.freeze()
    if config._server_mode != "asgi-server":  # plain uvicorn says it itself
        address, port = config.get_option("server.address"), config.get_option("server.port")
        print(f"民声看板已启动，请在浏览器打开：http://{address}:{port}（按 Ctrl+C 停止）", flush=True)
    yield


# st.navigation switches the discovery of pages/ off only when it first runs: a link to a page that is the first
# visit after a start would run that page alone, without navigation and filters.
PagesManager.uses_pages_directory = False

# Without a secret of the environment every start makes its own: enough for one process, not for several ports.
config.set_option("server.cookieSecret", os.environ.get("MINSHENG_COOKIE_SECRET") or secrets.token_hex(32))

chinese = front_end.build(Path(file_util.get_static_dir()))
app = st.App(
    Path(__file__).with_name("navigation.py"),
    lifespan=lifespan,
    routes=[Route(HEALTH, health.health_endpoint(Settings.from_env)), Route(FIRST_PAGE, first_page)],
    middleware=[
        Middleware(headers.SecurityHeaders, policy=headers.content_policy(chinese.inline_script_hash)),
        # The sign-in gate takes its place here: after the headers, before anything is served.
        Middleware(front_end.ChineseFrontEnd, front_end=chinese, own_paths=frozenset({HEALTH, FIRST_PAGE})),
    ],
)
