"""The running server from outside: strangers, forged headers, stolen names of sessions, sockets after the end."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import streamlit
from sqlalchemy import select
from streamlit.web.server.starlette import starlette_auth_routes, starlette_routes, starlette_websocket
from websockets.exceptions import ConnectionClosed

from lib.access import sessions
from lib.access.shared import shared_assessment
from lib.logs import log_file
from lib.schema import assessment as a
from lib.ui.sitemap import PLACES
from tests.browser.serving import start_server
from tests.server.knocking import knock, open_page, open_socket, refused, sign_in

# One server for the module.
# Takes long: `make prove` and CI run it, `make test` does not.
pytestmark = pytest.mark.proof

PUBLIC = ("/sign-in", "/compat", "/compat.js", "/compat-syntax.js", "/healthz", "/kiosk")
OURS = (
    *(f"/{slug}" for slug in PLACES),
    "/",
    "/nothing-here",
    "/password",
    "/exports/x",
    "/one-page",
    "/oidc/callback",
)
STATIC = Path(streamlit.__file__).parent / "static"
FILES = [f"/{path.relative_to(STATIC).as_posix()}" for path in sorted(STATIC.rglob("*.*"))]
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")
END_SECONDS, END_CODE = 5.0, 1008


def known_paths():
    """Every address that Streamlit's own modules name, filled in, and ours; some of the files, and ways round."""
    named = set()
    for module in (starlette_routes, starlette_auth_routes, starlette_websocket):
        named |= {v for k, v in vars(module).items() if "ROUTE_" in k and isinstance(v, str) and not v.endswith("_")}
    filled = {"/" + v.strip("/").replace("{", "").replace(":path}", "").replace("}", "") for v in named}
    round_about = {
        "/sign-in/../trends", "/sign-in/", "//", "/%2e%2e/media/x", "/sign-in%2f..%2fmedia%2fx", "/healthz/../media/x",
        "/media%2fx", "/_stcore%2fstream", "/static/../media/x", "/;/media/x", "/sign-in%00",
    }  # fmt: skip
    return sorted((filled | set(OURS) | set(FILES[::40]) | round_about) - set(PUBLIC))


@pytest.fixture(scope="module")
def server(demo_settings, tmp_path_factory):
    yield from start_server(demo_settings.data_dir, tmp_path_factory.mktemp("served") / "server.log")


@pytest.fixture(scope="module")
def url(server):
    return server.url


@pytest.fixture(scope="module")
def store(demo_settings):
    return shared_assessment(demo_settings, "demo")


def session_of(store, cookie):
    with store.reading() as conn:
        return sessions.by_token(conn, cookie.split("=", 1)[1], now=datetime.now(UTC))


def listen_to_the_end(channel):
    try:
        while True:
            channel.recv(timeout=END_SECONDS)
    except ConnectionClosed as closed:
        return closed.rcvd.code


def assert_closed_in_time(channel, since):
    assert listen_to_the_end(channel) == END_CODE
    assert time.monotonic() - since < END_SECONDS


def test_known_paths_are_many():
    assert len(known_paths()) > 40
    assert {"/_stcore/health", "/_stcore/stream", "/media/file_id", "/_stcore/metrics"} <= set(known_paths())


def test_a_stranger_gets_nothing_but_the_door(url):
    for path in known_paths():
        for method in METHODS if path in OURS or path.startswith(("/_stcore", "/media")) else ("GET",):
            answer = knock(url, path, method, {"Origin": url})
            assert answer.status in (303, 401, 404), (method, path, answer.status)
            assert b"streamlit" not in answer.body.lower(), (method, path)
            if answer.status == 303:
                assert answer.headers["location"].startswith("/sign-in"), (method, path)
            assert "default-src 'self'" in answer.headers["content-security-policy"], (method, path)
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["x-frame-options"] == "DENY"


def test_the_door_answers_with_all_headers(url):
    for path in PUBLIC:
        answer = knock(url, path)
        assert answer.status == 200, path
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_who_is_signed_in_gets_the_page_and_its_files(url):
    cookie = {"Cookie": sign_in(url, "leader")}
    for path in ("/", "/trends", "/_stcore/health", FILES[0]):
        assert knock(url, path, headers=cookie).status == 200, path
    assert "default-src 'self'" in knock(url, "/", headers=cookie).headers["content-security-policy"]


def test_a_hundred_tries_to_take_a_session_over_fail(url, store):
    cookie = sign_in(url, "hotline")
    token, ref = cookie.split("=", 1)[1], session_of(store, cookie).identity.session_ref
    with open_socket(url, {"Cookie": cookie}) as channel:
        streamlit_id, said = open_page(channel, "definitions")
        assert "演示账号（热线中心）" in said
        assert ref not in said  # the page itself never learns the name of the session
        assert token not in said
        forged = ({}, {"x-ms-gate": ref}, {"X-MS-Gate": "1"})
        tries = [{"x-ms-session": ref, **more} for more in forged]
        guesses = [ref, token[:-1], token.upper(), streamlit_id, *(secrets.token_urlsafe(32) for _ in range(43))]
        tries += [{"Cookie": f"minsheng_session={guess}"} for guess in guesses]
        assert len(tries) == 50
        assert [t for t in tries if not refused(url, t)] == []
        assert [t for t in tries if knock(url, "/_stcore/health", headers=t).status != 401] == []
    # Streamlit itself goes on with a session whose id somebody knows: not with somebody else's.
    other = sign_in(url, "organisation")
    for _ in range(2):
        with open_socket(url, {"Cookie": other, "x-ms-session": ref}, resume=streamlit_id) as channel:
            own_id, said = open_page(channel, "definitions")
            assert own_id != streamlit_id
            assert "演示账号（组织部）" in said
            assert "演示账号（热线中心）" not in said


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "null"])
def test_other_origins_open_and_change_nothing(url, origin):
    cookie = {"Cookie": sign_in(url, "leader")}
    assert refused(url, cookie, origin=origin)
    assert knock(url, "/sign-out", "POST", cookie | {"Origin": origin}).status == 403
    assert knock(url, "/_stcore/upload_file/a/b", "PUT", cookie | {"Origin": origin}).status == 403
    assert knock(url, "/sign-out", "POST", cookie).status == 403
    assert knock(url, "/_stcore/health", headers=cookie).status == 200


def test_signing_out_closes_the_open_page(url):
    cookie = {"Cookie": sign_in(url, "leader")}
    with open_socket(url, cookie) as channel, open_socket(url, cookie) as second:
        open_page(channel, "definitions")
        since = time.monotonic()
        assert knock(url, "/sign-out", "POST", cookie | {"Origin": url}).status == 303
        assert_closed_in_time(channel, since)
        assert_closed_in_time(second, since)
    assert refused(url, cookie)


@pytest.mark.parametrize("change", ["role_changed", "disabled"])
def test_a_change_in_another_process_closes_the_open_page(url, store, change):
    cookie = sign_in(url, "supervision")
    name = session_of(store, cookie).identity.account
    with open_socket(url, {"Cookie": cookie}) as channel:
        open_page(channel, "definitions")
        since = time.monotonic()
        with store.writing() as conn:
            number = conn.execute(select(a.accounts.c.account_id).where(a.accounts.c.name == name)).scalar_one()
            sessions.end_all(conn, number, change, now=datetime.now(UTC))
        assert_closed_in_time(channel, since)
    assert knock(url, "/", headers={"Cookie": cookie}).headers["location"] == "/sign-in?ended=1"


def test_no_log_knows_a_token(server, demo_settings):
    cookie = sign_in(server.url, "leader")
    knock(server.url, f"/trends?token={cookie}", headers={"Cookie": cookie})
    console, kept = server.log.read_text("utf-8"), log_file(demo_settings).read_text("utf-8")
    assert "已启动" in console
    assert "uvicorn" in kept
    assert cookie.split("=", 1)[1] not in console + kept


def test_the_script_alone_shows_nobody_anything(demo_settings, store, url, tmp_path):
    """`streamlit run navigation.py` has no gate: it refuses, whatever a client writes into the headers."""
    ref = session_of(store, sign_in(url, "hotline")).identity.session_ref
    command = ("streamlit", "run", "navigation.py", "--server.port", "{port}")
    for server in start_server(demo_settings.data_dir, tmp_path / "server.log", command):
        for forged in ({}, {"x-ms-session": ref}, {"x-ms-session": ref, "x-ms-gate": secrets.token_hex(32)}):
            with open_socket(server.url, forged) as channel:
                _, said = open_page(channel)
                assert "登录入口" in said
                assert "metric {" not in said
                assert "受理量" not in said
