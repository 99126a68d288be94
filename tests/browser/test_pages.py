import pytest

from tests.browser.reading import (
    ALLOWED_WORDS,
    COMMANDS_OF_A_FIRST_IMPORT,
    PAGES,
    english_words,
    open_page,
    settle,
    texts,
    title,
)

# Commands that a page tells its reader to type.
TYPED_WORDS = {"imports": COMMANDS_OF_A_FIRST_IMPORT}
# Names of demo accounts and of files, what a browser calls itself, the address that opens a projection device.
ACCOUNT_WORDS = {
    "demo", "leader", "supervision", "discipline", "organisation", "hotline", "unit", "system", "admin",
    "png", "xlsx", "docx", "Chrome", "Linux", "kiosk",
}  # fmt: skip


@pytest.mark.parametrize("slug", PAGES)
def test_page_is_reached_by_its_address(page, server, recording, slug):
    logged = server.log.stat().st_size
    open_page(page, f"{server.url}/{slug}")
    assert title(page, PAGES[slug]).is_visible()
    assert page.locator('[data-testid="stException"]').count() == 0
    assert "演示数据" in page.inner_text("body")
    assert "本系统不得处理、存储涉密信息" in page.inner_text("body")
    assert "Traceback" not in server.log.read_text("utf-8")[logged:]
    # The recording works: the page itself and its websocket are in it.
    assert any(url.startswith("ws://127.0.0.1") for url in recording.requests)


def test_every_page_is_reached_from_the_navigation(page, server):
    open_page(page, server.url)
    for slug, name in PAGES.items():
        link = page.locator('[data-testid^="stTopNav"]').get_by_text(name, exact=True)
        if not link.is_visible():
            page.get_by_test_id("stTopNavSection").filter(has_text="口径与数据").click()
        link.click()
        title(page, name).wait_for()
        settle(page)
        assert slug in page.url or slug == "overview"


@pytest.mark.parametrize("slug", PAGES)
def test_no_english_word_stands_on_the_page(page, server, slug):
    open_page(page, f"{server.url}/{slug}")
    assert set(english_words(texts(page))) <= TYPED_WORDS.get(slug, set())


@pytest.mark.parametrize(
    ("slug", "name", "role"),
    [("audit", "审计", "热线中心"), ("my_account", "我的账号", "热线中心"), ("accounts", "账号", "系统管理员")],
)
def test_pages_of_accounts_and_history_are_chinese(browser, server, slug, name, role):
    context = browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
    page = context.new_page()
    open_page(page, f"{server.url}/{slug}", role)
    assert title(page, name).is_visible()
    words = {part for word in english_words(texts(page)) for part in word.split("-")}
    assert words <= ACCOUNT_WORDS
    context.close()


def test_an_unknown_address_answers_in_chinese(browser, server):
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    open_page(page, f"{server.url}/nothing-here")
    assert page.get_by_text("没有这一页").is_visible()
    assert english_words(texts(page), ALLOWED_WORDS | {"nothing-here"}) == {}
    context.close()


def test_the_collector_sees_cells_of_tables_and_charts(page, server):
    open_page(page, f"{server.url}/trends")
    assert page.locator("svg text").count() > 10
    seen = texts(page)
    assert english_words([*seen, "Press Enter"]) == {"Press": "Press Enter", "Enter": "Press Enter"}
