from urllib.parse import parse_qs, urlsplit

import pytest

from lib.city import load_city
from tests.browser.reading import PAGES, open_page, settle, texts, title

CITY = load_city("demo")
DISTRICT = CITY.districts.iloc[0]
SCOPED = ("overview", "trends", "districts", "units", "tickets")


def parameters(page) -> dict[str, str]:
    """What the address says, one value per name."""
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def choose(page, label: str, option: str) -> None:
    """Pick an option of a filter."""
    before = page.url
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()
    page.wait_for_url(lambda address: address != before)
    settle(page)


def shown_facts(page) -> str:
    """The line that says what the page is about."""
    return page.locator(".st-key-page_title").inner_text()


def figures(page) -> list[str]:
    """Values of the cards."""
    return page.locator('[data-testid="stMetricValue"]').all_inner_texts()


def test_a_chosen_district_stands_in_the_address_and_on_the_page(page, server):
    open_page(page, server.url)
    before = figures(page)
    choose(page, "区县", DISTRICT["name"])
    assert parameters(page)["district"] == DISTRICT["district_code"]
    assert DISTRICT["name"] in shown_facts(page)
    assert figures(page) != before


def test_filters_are_kept_from_page_to_page(page, server):
    open_page(page, server.url)
    choose(page, "区县", DISTRICT["name"])
    choose(page, "统计期", "2026年9月")
    for slug in SCOPED[1:]:
        page.get_by_role("link", name=PAGES[slug], exact=True).first.click()
        title(page, PAGES[slug]).wait_for()
        settle(page)
        assert DISTRICT["name"] in shown_facts(page), slug
        assert "2026年9月" in shown_facts(page), slug
        asked = parameters(page)
        assert (asked["district"], asked["period"]) == (DISTRICT["district_code"], "2026-09"), slug


@pytest.mark.parametrize("slug", SCOPED)
def test_a_link_opens_the_same_view_in_another_session(page, context, server, slug):
    address = f"{server.url}/{slug}?period=2026-08&district={DISTRICT['district_code']}&basis=assessed"
    open_page(page, address)
    somebody_else = context.new_page()
    open_page(somebody_else, page.url)
    assert shown_facts(somebody_else) == shown_facts(page)
    # As a set: a chart drawn before its font has come may leave a label out of an axis that is close to another.
    assert set(texts(somebody_else)) == set(texts(page))
    for fact in (DISTRICT["name"], "2026年8月", "考核口径"):
        assert fact in shown_facts(somebody_else)


def test_reset_leads_back_to_the_whole_city(page, server):
    open_page(page, f"{server.url}/?period=2026-08&district={DISTRICT['district_code']}")
    page.get_by_role("button", name="重置").click()
    page.get_by_text("全市 ·").first.wait_for()
    settle(page)
    assert "district" not in parameters(page)
    assert "2026年10月" in shown_facts(page)


def test_nonsense_in_the_address_is_no_fault(page, server):
    open_page(page, f"{server.url}/?period=nonsense&district=999999&unit=%27--&basis=x&type=%3Cb%3E")
    assert title(page, "总体情况").is_visible()
    assert "全市" in shown_facts(page)
    assert "2026年10月" in shown_facts(page)
