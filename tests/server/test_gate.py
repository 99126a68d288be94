"""The gate by itself: who passes, who is led where, what is stripped, when websockets end."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from lib.access import runs, sessions
from lib.access.shared import shared_assessment
from lib.server import presence as presence_module
from lib.server.gate import Gate, own_path
from lib.server.presence import OpenSockets, Presence, close_ended
from tests.access.stores import put_account
from tests.server.asgi import get, told

PUBLIC = frozenset({"/sign-in", "/sign-out", "/healthz"})
HOST = {"host": "127.0.0.1:8501", "origin": "http://127.0.0.1:8501"}


@pytest.fixture
def store(settings):
    return shared_assessment(settings, "demo")


@pytest.fixture
def sockets():
    return OpenSockets()


@pytest.fixture
def app(settings, sockets):
    return Gate(told, Presence(lambda: settings), sockets, "the-mark", PUBLIC, lambda raw: raw == b"act")


@pytest.fixture
def person(store):
    number = put_account(store, "wang")
    return number, sign_in(store, number)


def sign_in(store, number, *, ago=timedelta(0)):
    with store.writing() as conn:
        return sessions.start(conn, number, peer="127.0.0.1", user_agent="test", now=datetime.now(UTC) - ago)


def ref_of(store, token):
    with store.reading() as conn:
        return sessions.by_token(conn, token, now=datetime.now(UTC)).identity.session_ref


def end(store, token):
    with store.writing() as conn:
        sessions.end(conn, ref_of(store, token), "signed_out", now=datetime.now(UTC))


def cookie(token):
    return {"cookie": f"minsheng_session={token}"}


@pytest.mark.parametrize("path", ["/", "/trends", "/_stcore", "/nothing"])
def test_a_stranger_who_opens_a_page_is_led_to_the_sign_in_page(app, path):
    answer = get(app, path)
    assert answer.status == 303
    assert answer.headers["location"].startswith("/sign-in")
    assert answer.headers["cache-control"] == "no-store"


def test_a_link_from_elsewhere_is_asked_again_by_our_own_page(app, person):
    """The browser keeps a Strict cookie back from other sites' links; nobody should sign in again for that."""
    answer = get(app, "/trends", sec_fetch_site="cross-site")
    assert (answer.status, 'content="0;url=/trends"' in answer.text) == (200, True)
    assert "x-ms" not in answer.text
    assert get(app, "/trends", sec_fetch_site="same-origin").headers["location"] == "/sign-in?next=%2Ftrends"
    assert "x-ms-session" in get(app, "/trends", sec_fetch_site="cross-site", **cookie(person[1])).text
    assert get(app, "/media/a.xlsx", sec_fetch_site="cross-site").status == 401


def test_whoever_follows_a_link_to_a_file_without_a_session_is_shown_the_way(app):
    answer = get(app, "/exports/abc", sec_fetch_dest="document")
    assert answer.status == 401
    assert 'href="/sign-in"' in answer.body.decode()
    assert "<" not in get(app, "/exports/abc").body.decode(), "a program gets a line"


@pytest.mark.parametrize(
    "path",
    [
        "/media/a.xlsx", "/exports/1", "/static/js/index.js", "/_stcore/health", "/_stcore/metrics", "/component/a/b",
        "/_stcore/upload_file/a/b", "/sign-in/", "/sign-in/x", "//sign-in", "/SIGN-IN", "/healthz/x", "/oidc/other",
        "/favicon.png", "/sign-in;x=1/a.b", "/_stcore/../sign-in.js", "/sign-in\x00.js",
    ],
)  # fmt: skip
def test_everything_else_is_closed_to_a_stranger(app, path):
    answer = get(app, path)
    assert (answer.status, b"told" in answer.body) in {(401, False), (303, False)}
    if answer.status == 401:
        assert "登录" in answer.body.decode()


@pytest.mark.parametrize("path", sorted(PUBLIC))
def test_what_is_public_answers(app, path):
    assert get(app, path).status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_stranger_can_change_nothing(app, method):
    assert get(app, "/trends", method, **HOST).status == 401


def test_who_is_signed_in_passes_and_is_told_to_the_application(app, store, person):
    answer = get(app, "/media/a.xlsx", **cookie(person[1]))
    assert answer.status == 200
    assert answer.json() == {"x-ms-session": [ref_of(store, person[1])], "x-ms-gate": ["the-mark"]}


def test_headers_of_our_own_are_taken_from_the_client(app, person):
    forged = {"x_ms_session": "somebody", "x_ms_gate": "the-mark", "X_MS_USER": "leader"}
    assert get(app, "/sign-in", **forged).json() == {}
    told_of = get(app, "/", **forged, **cookie(person[1])).json()
    assert told_of.keys() == {"x-ms-session", "x-ms-gate"}
    assert "somebody" not in str(told_of)


def test_forged_headers_alone_open_nothing(app, store, person):
    forged = {"x_ms_session": ref_of(store, person[1]), "x_ms_gate": "the-mark"}
    assert get(app, "/", **forged).status == 303
    assert get(app, "/media/a.xlsx", **forged).status == 401


def test_a_hundred_guesses_open_nothing(app, store, person):
    token, ref = person[1], ref_of(store, person[1])
    guesses = [ref, token[:-1], token + "x", token.upper(), token.swapcase(), "", "null", "0", "' OR 1=1 --", "\x00"]
    guesses += [token[:i] + ("A" if token[i] != "A" else "B") + token[i + 1 :] for i in range(len(token))]
    guesses += [f"{ref}{n}" for n in range(100 - len(guesses))]
    assert len(guesses) >= 90
    assert [g for g in guesses if get(app, "/media/a.xlsx", **cookie(g)).status != 401] == []
    assert get(app, "/media/a.xlsx", **cookie(token)).status == 200


def test_an_ended_session_is_closed_at_once_and_said_so(app, store, person):
    end(store, person[1])
    assert get(app, "/media/a.xlsx", **cookie(person[1])).status == 401
    assert get(app, "/trends", **cookie(person[1])).headers["location"] == "/sign-in?next=%2Ftrends&ended=1"


def test_a_session_of_the_demo_is_worth_nothing_in_the_city(app, settings, person):
    from lib.store import choose_pair

    choose_pair(settings, "city")
    assert get(app, "/media/a.xlsx", **cookie(person[1])).status == 401


def test_who_must_change_the_password_gets_nowhere_else(app, store):
    token = sign_in(store, put_account(store, "li", must_change_password=True))
    assert get(app, "/trends", **cookie(token)).headers["location"] == "/password?next=%2Ftrends"
    assert get(app, "/media/a.xlsx", **cookie(token)).status == 401
    assert get(app, "/password", **cookie(token)).status == 200
    assert not opened(app, **cookie(token))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:8502", None])
def test_a_change_from_elsewhere_is_refused(app, person, method, origin):
    headers = {"host": "127.0.0.1:8501"} | ({"origin": origin} if origin else {})
    for path in ("/sign-in", "/sign-out", "/_stcore/upload_file/a/b"):
        answer = get(app, path, method, **headers, **cookie(person[1]))
        assert (answer.status, b"x-ms" in answer.body) == (403, False)


def test_a_change_from_our_own_page_passes(app, person):
    assert get(app, "/_stcore/upload_file/a/b", "PUT", **HOST, **cookie(person[1])).status == 200


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("/trends?period=2026-08", "/trends?period=2026-08"), ("/趋势", "/趋势"), ("//evil.example", "/"),
        ("/\\evil.example", "/"), ("https://evil.example", "/"), ("javascript:alert(1)", "/"), ("", "/"),
        ("/\t/evil.example", "/"), ("/a\r\nSet-Cookie: x=1", "/"), ("/sign-out", "/"), ("/sign-in?next=/x", "/"),
        ("evil.example", "/"), ("/" + "a" * 3000, "/"), ("/a\\..\\b", "/"),
    ],
)  # fmt: skip
def test_only_paths_of_our_own_are_gone_to(given, wanted):
    assert own_path(given) == wanted


# --- websockets --------------------------------------------------------------------------------


def opened(app, **headers):
    """Whether a websocket is accepted."""
    return asyncio.run(visit(app, [], **headers))[0]


async def visit(app, messages, meanwhile=None, **headers):
    """Open a websocket, send the messages; (accepted, close codes seen, messages the application got)."""
    from tests.server.asgi import websocket_scope

    incoming, sent = asyncio.Queue(), []
    incoming.put_nowait({"type": "websocket.connect"})
    for message in messages:
        incoming.put_nowait({"type": "websocket.receive", "bytes": message})

    async def send(message):
        sent.append(message)
        if message["type"] == "websocket.close":
            incoming.put_nowait({"type": "websocket.disconnect", "code": message["code"]})

    running = asyncio.ensure_future(app(websocket_scope(**headers), incoming.get, send))
    await asyncio.sleep(0.05)
    if meanwhile:
        await meanwhile(incoming)
    incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
    await asyncio.wait_for(running, 10)
    kinds = [m["type"] for m in sent]
    return "websocket.accept" in kinds, [m["code"] for m in sent if m["type"] == "websocket.close"], sent


def test_a_websocket_needs_a_session(app, person):
    assert not opened(app)
    assert not opened(app, x_ms_session="x", x_ms_gate="the-mark")
    assert not opened(app, **cookie("guess"))
    assert opened(app, **cookie(person[1]))


def test_websockets_of_an_ended_session_are_closed_and_only_those(app, store, sockets, settings, person, monkeypatch):
    monkeypatch.setattr(presence_module, "LOOK_EVERY_SECONDS", 0.05)
    other = sign_in(store, put_account(store, "zhao"))

    async def run():
        watching = asyncio.create_task(close_ended(sockets, Presence(lambda: settings)))

        async def sign_out(incoming):
            end(store, person[1])
            await asyncio.sleep(0.3)
            # What the client still sends is not heard any more.
            incoming.put_nowait({"type": "websocket.receive", "bytes": b"late"})

        async def wait(incoming):
            await asyncio.sleep(0.4)

        both = await asyncio.gather(
            visit(app, [], sign_out, **cookie(person[1])), visit(app, [], wait, **cookie(other))
        )
        watching.cancel()
        return both

    ended, kept = asyncio.run(run())
    assert ended[:2] == (True, [1008])
    assert {"type": "websocket.send", "bytes": b"late"} not in ended[2]
    assert kept[:2] == (True, [])
    assert not sockets.session_refs


def test_a_changed_role_and_a_closed_account_close_websockets(store, person):
    with store.writing() as conn:
        ref = sessions.by_token(conn, person[1], now=datetime.now(UTC)).identity.session_ref
        assert sessions.open_refs(conn, [ref, "nobody"], now=datetime.now(UTC)) == {ref}
        sessions.end_all(conn, person[0], "role_changed", now=datetime.now(UTC))
        assert sessions.open_refs(conn, [ref], now=datetime.now(UTC)) == frozenset()


def test_acts_keep_a_session_awake_and_refreshing_does_not(app, store):
    number = put_account(store, "sun")
    for message, is_kept in ((b"act", True), (b"refresh", False)):
        token = sign_in(store, number, ago=timedelta(minutes=20))

        def seen(given=token):
            with store.reading() as conn:
                return datetime.now() - sessions.by_token(conn, given, now=datetime.now(UTC)).last_seen_at

        before = seen()
        asyncio.run(visit(app, [message], **cookie(token)))
        assert (before - seen() > timedelta(minutes=10)) is is_kept


def test_opening_a_page_keeps_a_session_awake_and_fetching_files_does_not(app, store):
    token = sign_in(store, put_account(store, "sun"), ago=timedelta(minutes=29))
    for path, last in (("/static/js/a.js", 29), ("/trends", 0)):
        assert get(app, path, **cookie(token)).status == 200
        with store.reading() as conn:
            seen = sessions.by_token(conn, token, now=datetime.now(UTC)).last_seen_at
        assert round((datetime.now(UTC).replace(tzinfo=None) - seen).total_seconds() / 60) == last


# --- runs --------------------------------------------------------------------------------------


def test_a_run_is_somebodys_only_with_session_and_mark(settings, store, person):
    mark, ref = runs.open_gate(), ref_of(store, person[1])
    assert runs.identity_of(settings, ref, mark).account == "wang"
    for session_ref, given in ((ref, None), (ref, ""), (ref, mark[:-1]), (ref, "x" * 64), (ref, "标记")):
        with pytest.raises(runs.NoGateError, match="登录入口"):
            runs.identity_of(settings, session_ref, given)
    for session_ref in (None, "", "nobody"):
        with pytest.raises(runs.SignedOutError, match="重新登录"):
            runs.identity_of(settings, session_ref, mark)


def test_a_run_after_the_end_of_the_session_is_refused(settings, store, person):
    mark, ref = runs.open_gate(), ref_of(store, person[1])
    runs.identity_of(settings, ref, mark)
    end(store, person[1])
    with pytest.raises(runs.SignedOutError):
        runs.identity_of(settings, ref, mark, anew=True)


def test_the_warm_up_is_worth_nothing_once_it_is_over(settings):
    mark, ref = runs.open_gate(), runs.begin_warm_up()
    assert runs.identity_of(settings, ref, mark).account == "system-warm-up"
    with pytest.raises(runs.NoGateError):
        runs.identity_of(settings, ref, "x")
    runs.end_warm_up()
    with pytest.raises(runs.SignedOutError):
        runs.identity_of(settings, ref, mark)
