"""At the door in a real browser: two people side by side, a first password, a locked account, an old browser."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

import pytest

from lib.access import sessions
from lib.access.passwords import STANDARD
from lib.access.shared import shared_assessment
from lib.schema import assessment as a
from tests.access.stores import account, put_account
from tests.browser.reading import english_words, open_page, settle, texts, title

# Names that the page about browsers cannot do without.
PRODUCTS = {"Chromium", "Windows", "Microsoft", "Edge", "ARM", "UOS", "IE", "Cookie"}
PASSWORD, NEW = "Anyang-2026-mima", "Xin-de-mima-2027"


@pytest.fixture
def people(browser):
    """A function that opens a browser of somebody's own; all are closed at the end."""
    contexts = []

    def another(**options):
        contexts.append(browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900}, **options))
        contexts[-1].set_default_timeout(15_000)
        return contexts[-1].new_page()

    yield another
    for context in contexts:
        context.close()


@pytest.fixture
def store(demo_settings):
    return shared_assessment(demo_settings, "demo")


def sign_in(page, name, password):
    page.get_by_label("账号", exact=True).fill(name)
    page.get_by_label("密码", exact=True).fill(password)
    page.get_by_role("button", name="登录", exact=True).click()


def test_two_people_side_by_side_see_different_things(people, server):
    hotline, administrator = people(), people()
    open_page(hotline, server.url, "热线中心")
    open_page(administrator, server.url, "系统管理员")
    assert title(hotline, "总体情况").is_visible()
    assert hotline.get_by_test_id("stMetricValue").count() == 6
    assert administrator.get_by_test_id("stMetricValue").count() == 0
    open_page(administrator, f"{server.url}/tickets")
    assert title(administrator, "工单查询").count() == 0
    names = [page.locator("[data-testid^=stTopNav]").all_inner_texts() for page in (hotline, administrator)]
    assert any("总体情况" in name for name in names[0])
    assert not any("总体情况" in name or "工单查询" in name for name in names[1])


@pytest.mark.parametrize("width", [820, 1440])
def test_the_door_is_chinese_and_fits(people, server, width):
    page = people()
    page.set_viewport_size({"width": width, "height": 900})
    for path in ("/sign-in?ended=1", "/compat?missing=syntax"):
        page.goto(server.url + path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert set(english_words(texts(page))) <= {
            "Chromium",
            "Windows",
            "Microsoft",
            "Edge",
            "ARM",
            "UOS",
            "IE",
            "Cookie",
        }
    assert page.get_by_text("本系统不得处理、存储涉密信息").is_visible()


def test_a_first_sign_in_sets_a_password_and_leads_where_the_link_led(people, server, store):
    name = f"first-{time.time_ns()}"
    put_account(store, name, password_hash=STANDARD.hash(PASSWORD), must_change_password=True)
    page = people()
    page.goto(f"{server.url}/definitions?metric=return_rate")
    sign_in(page, name, PASSWORD)
    assert page.get_by_text("首次登录或密码被重置后，请先设置新密码").is_visible()
    page.goto(f"{server.url}/definitions?metric=return_rate")
    assert page.get_by_role("heading", name="修改密码").is_visible()
    for label, text in (("当前密码", PASSWORD), ("新密码", NEW), ("再输一次新密码", NEW)):
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_role("button", name="修改密码").click()
    page.wait_for_url(re.compile("/definitions.*metric=return_rate"))
    settle(page)
    assert page.get_by_text("退单率").first.is_visible()


def test_the_fifth_wrong_password_locks_and_says_until_when(people, server, store):
    name = f"locked-{time.time_ns()}"
    put_account(store, name, password_hash=STANDARD.hash(PASSWORD))
    page = people()
    page.goto(server.url)
    for _ in range(4):
        sign_in(page, name, "wrong")
        assert page.get_by_role("alert").inner_text() == "账号或密码不正确"
    sign_in(page, name, "wrong")
    assert re.search(r"账号已锁定至\d+月\d+日\d\d:\d\d", page.get_by_role("alert").inner_text())
    sign_in(page, name, PASSWORD)
    assert "账号已锁定至" in page.get_by_role("alert").inner_text()


def test_an_open_page_goes_to_the_door_when_the_session_ends_and_comes_back(people, server, store):
    page = people()
    open_page(page, f"{server.url}/definitions?metric=return_rate", "督查局")
    number = account(store, "demo-supervision").account_id
    with store.writing() as conn:
        sessions.end_all(conn, number, "role_changed", now=datetime.now(UTC))
    page.wait_for_url("**/sign-in?**")
    assert page.get_by_text("请重新登录").is_visible()
    page.get_by_role("button", name="督查局", exact=True).click()
    page.wait_for_url(re.compile("/definitions.*metric=return_rate"))
    settle(page)


def test_signing_out_from_the_page(people, server, store):
    page = people()
    open_page(page, f"{server.url}/definitions", "纪委监委")
    page.get_by_text("退出", exact=True).first.click()
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url("**/sign-in?**")
    page.goto(f"{server.url}/definitions")
    assert page.get_by_role("heading", name="登录").is_visible()
    with store.reading() as conn:
        ends = conn.execute(a.sessions.select().order_by(a.sessions.c.started_at)).all()
    assert any(row.end_reason == "signed_out" for row in ends)


def test_a_browser_that_is_too_old_is_led_to_the_check_and_reads_the_plain_page(people, server):
    page = people()
    page.context.add_init_script("delete Array.prototype.toSorted")
    page.goto(f"{server.url}/trends")
    page.wait_for_url("**/compat?missing=toSorted")
    page.get_by_text("登录后查看一页纸").click()
    page.get_by_role("button", name="领导").click()
    page.wait_for_url("**/one-page")
    assert page.get_by_text("一、主要数据").is_visible()
    page.goto(server.url)  # signed in, and still too old
    page.wait_for_url("**/compat?missing=toSorted")
