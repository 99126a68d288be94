"""The pages at the door, each over the whole chain of gate and routes: errors, cookies, the demo's one click."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from lib.access.passwords import STANDARD
from lib.access.roles import ROLES
from lib.access.shared import shared_assessment
from lib.schema import assessment as a
from lib.server import compat
from lib.server.entrance import Entrance
from lib.server.gate import Gate
from lib.server.oidc import Button
from lib.server.presence import OpenSockets, Presence
from lib.store import choose_pair
from tests.access.stores import account, put_account, rows
from tests.server.asgi import Browser

URL = "http://127.0.0.1:8501"
PASSWORD = "Anyang-2026-mima"
ONE_CLICK = ("领导", "督查局", "纪委监委", "组织部", "热线中心", "承办单位", "系统管理员")


@pytest.fixture
def store(settings):
    return shared_assessment(settings, "demo")


@pytest.fixture
def make(settings):
    """A browser in front of the chain."""

    def browser(*, bound_to_loopback=True, client="127.0.0.1", url=URL):
        button = Button("使用统一身份认证登录", "/oidc/start")
        entrance = Entrance(lambda: settings, bound_to_loopback, lambda _: "U-12", (button,))
        public = [*entrance.public_routes(), *compat.routes(lambda: settings)]
        inner = [*entrance.inner_routes(), Route("/{rest:path}", lambda _: PlainTextResponse("inside"))]
        gate = Middleware(
            Gate, presence=Presence(lambda: settings), sockets=OpenSockets(), mark="m",
            public=frozenset(route.path for route in public), is_act=lambda _: True,
        )  # fmt: skip
        app = Starlette(routes=[*public, *inner], middleware=[gate])
        return Browser(app, url, client)

    return browser


def said(answer):
    return re.sub(r"<[^>]+>|\s+", " ", answer.text)


def test_name_and_password_open_a_session_that_scripts_cannot_read(make, store):
    put_account(store, "wang", password_hash=STANDARD.hash(PASSWORD))
    browser = make()
    assert browser.get("/trends").status == 303
    answer = browser.post("/sign-in", {"name": " Wang ", "password": PASSWORD, "next": "/trends?period=2026-08"})
    assert (answer.status, answer.headers["location"]) == (303, "/trends?period=2026-08")
    given = answer.headers["set-cookie"].lower()
    assert all(word in given for word in ("minsheng_session=", "httponly", "samesite=strict", "path=/"))
    assert "secure" not in given
    assert browser.get("/trends").text == "inside"
    assert browser.get("/sign-in?next=/units").headers["location"] == "/units"


def test_behind_tls_the_cookie_travels_by_tls_only(make, store):
    put_account(store, "wang", password_hash=STANDARD.hash(PASSWORD))
    answer = make(url="https://minsheng.example").post("/sign-in", {"name": "wang", "password": PASSWORD})
    assert "secure" in answer.headers["set-cookie"].lower()
    answer = make().post("/sign-in", {"name": "wang", "password": PASSWORD}, x_forwarded_proto="https")
    assert "secure" in answer.headers["set-cookie"].lower()


def test_wrong_words_are_answered_in_chinese_and_the_fifth_locks(make, store):
    put_account(store, "wang", password_hash=STANDARD.hash(PASSWORD))
    browser = make()
    for attempt in range(5):
        answer = browser.post("/sign-in", {"name": "wang", "password": "wrong", "next": "/units"})
        assert (answer.status, "set-cookie" in answer.headers) == (403, False)
        assert ("账号或密码不正确" in said(answer)) is (attempt < 4)
        assert 'value="wang"' in answer.text
        assert 'value="/units"' in answer.text
    assert "账号已锁定至" in said(answer)
    assert "账号已锁定至" in said(browser.post("/sign-in", {"name": "wang", "password": PASSWORD}))
    assert "请填写账号和密码" in said(browser.post("/sign-in", {"name": "wang", "password": ""}))


def test_what_was_typed_comes_back_as_text(make):
    answer = make().post("/sign-in", {"name": '"><script>x</script>', "password": "x", "next": '/"><u>'})
    assert "<script>x" not in answer.text
    assert "<u>" not in answer.text


def test_a_form_larger_than_any_is_not_read(make):
    answer = make().post("/sign-in", {"name": "x" * 30_000, "password": "x"})
    assert answer.status == 413


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:x"])
def test_signing_in_never_leads_elsewhere(make, wanted):
    browser = make()
    assert browser.post("/sign-in", {"demo": "leader", "next": wanted}).headers["location"] == "/"
    assert browser.get("/sign-in?" + urlencode({"next": wanted})).headers["location"] == "/"


def test_a_new_person_sets_a_password_first(make, store):
    put_account(store, "li", password_hash=STANDARD.hash(PASSWORD), must_change_password=True)
    browser = make()
    answer = browser.post("/sign-in", {"name": "li", "password": PASSWORD, "next": "/units"})
    assert answer.headers["location"] == "/password?next=%2Funits"
    assert browser.get("/units").headers["location"] == "/password?next=%2Funits"
    assert "首次登录" in said(browser.get("/password"))
    fields = {"old": PASSWORD, "new": "Xin-mima-20261", "again": "Xin-mima-20262", "next": "/units"}
    assert "两次输入的新密码不一致" in said(browser.post("/password", fields))
    assert "原密码不正确" in said(browser.post("/password", fields | {"again": fields["new"], "old": "x"}))
    assert "密码至少10位" in said(browser.post("/password", fields | {"new": "a", "again": "a"}))
    assert account(store, "li").must_change_password
    answer = browser.post("/password", fields | {"again": fields["new"]})
    assert (answer.status, answer.headers["location"]) == (303, "/units")
    assert browser.get("/units").text == "inside"


def test_signing_out_needs_a_click_and_ends_the_session(make, store):
    browser = make()
    browser.post("/sign-in", {"demo": "hotline"})
    token = browser.cookies["minsheng_session"]
    assert "热线中心" in said(browser.get("/sign-out"))
    assert browser.get("/trends").text == "inside"
    assert browser.post("/sign-out", origin="http://evil.example").status == 403
    assert browser.get("/trends").text == "inside"
    answer = browser.post("/sign-out", {})
    assert answer.headers["location"] == "/sign-in?ended=1"
    assert "请重新登录" in said(browser.get("/sign-in?ended=1"))
    stolen = make()
    stolen.cookies["minsheng_session"] = token
    assert stolen.get("/trends").status == 303
    assert [row.end_reason for row in rows(store, a.sessions)] == ["signed_out"]
    assert [row.action for row in rows(store, a.audit_entries)][-1] == "sign_out"


def test_signing_in_again_ends_the_browsers_former_session(make, store):
    browser = make()
    browser.post("/sign-in", {"demo": "hotline"})
    browser.post("/sign-in", {"demo": "leader"})
    assert [row.end_reason for row in rows(store, a.sessions)].count("signed_out") == 1


# --- the demo's one click ----------------------------------------------------------------------


def test_the_demo_offers_one_click_per_role(make, store):
    page = said(make().get("/sign-in"))
    assert "演示账号" in page
    assert all(label in page for label in ONE_CLICK)
    assert "督查局·复核" in page
    assert "热线中心·审核" in page
    assert make().post("/sign-in", {"demo": "hotline-2"}).status == 303
    assert account(store, "demo-hotline-2").role == "hotline"
    for role in ("leader", "unit", "system_admin"):
        browser = make()
        assert browser.post("/sign-in", {"demo": role}).status == 303
        assert ROLES[role] in said(browser.get("/sign-out"))
    assert account(store, "demo-unit").unit_code == "U-12"


@pytest.mark.parametrize("role", ["kiosk", "security_admin", "nobody", ""])
def test_no_other_role_is_offered(make, role):
    answer = make().post("/sign-in", {"demo": role})
    assert (answer.status, "set-cookie" in answer.headers) == (403, False)


@pytest.mark.parametrize(
    ("where", "headers"),
    [
        ({"bound_to_loopback": False}, {}), ({"client": "192.168.3.4"}, {}), ({}, {"x_forwarded_for": "127.0.0.1"}),
        ({}, {"forwarded": "for=127.0.0.1"}), ({}, {"x_real_ip": "127.0.0.1"}), ({}, {"via": "1.1 proxy"}),
    ],
)  # fmt: skip
def test_elsewhere_there_are_no_demo_accounts(make, store, where, headers):
    browser = make(**where)
    assert "演示账号" not in said(browser.get("/sign-in", **headers))
    answer = browser.post("/sign-in", {"demo": "leader"}, **headers)
    assert (answer.status, "set-cookie" in answer.headers) == (403, False)
    assert rows(store, a.accounts) == []


def test_the_city_has_no_demo_accounts(make, settings):
    choose_pair(settings, "city")
    browser = make()
    page = said(browser.get("/sign-in"))
    assert "演示" not in page
    assert "安阳" in page
    assert browser.post("/sign-in", {"demo": "leader"}).status == 403


# --- pages -------------------------------------------------------------------------------------


def test_the_page_looks_like_the_product_and_offers_the_other_way(make):
    page = make().get("/sign-in")
    assert page.headers["cache-control"] == "no-store"
    assert all(word in page.text for word in ("民声看板", "示例市", "账号", "密码", "本系统不得处理、存储涉密信息"))
    assert 'href="/oidc/start"' in page.text
    assert "使用统一身份认证登录" in page.text


def test_an_old_browser_is_told_what_to_install_and_can_sign_in(make):
    browser = make()
    assert "/compat.js" in browser.get("/sign-in").text
    assert "script" not in browser.get("/sign-in?next=/one-page").text
    page = browser.get("/compat?missing=toSorted,syntax,<b>")
    assert "版本过低" in page.text
    assert all(word in page.text for word in ("麒麟", "统信", "Windows", "Chromium 110", "登录后查看一页纸"))
    assert "<b>," not in page.text
    browser.post("/sign-in", {"demo": "leader"})
    assert 'href="/one-page"' in browser.get("/compat").text


@pytest.mark.parametrize("path", ["/compat.js", "/compat-syntax.js"])
def test_scripts_of_the_check_answer_strangers_and_are_asked_anew(make, path):
    first = make().get(path)
    assert first.status == 200
    assert first.headers["content-type"].startswith("text/javascript")
    assert make().get(path, if_none_match=first.headers["etag"]).status == 304
