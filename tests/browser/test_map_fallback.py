"""The map is never blank: deck.gl where there is WebGL, the same map as a chart where there is none."""

import io
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from lib.charts import maps, style
from tests.browser.reading import open_page, settle
from tests.browser.serving import Recording

WITHOUT_WEBGL = ("--no-sandbox", "--disable-background-networking", "--disable-gpu", "--disable-3d-apis")
CARD = ".st-key-card_map"
DECK, CHART = f"{CARD} [data-testid=stDeckGlJsonChart] canvas", f"{CARD} [data-testid=stVegaLiteChart] svg"
# On a processor that stands in for a graphics card, a click may be lost while a frame is drawn.
CLICKS = 12


@pytest.fixture
def plain_page(browser, server):
    """A visitor whose browser has no WebGL."""
    recording = Recording()
    chromium = browser.browser_type.launch(executable_path=shutil.which("chromium"), args=list(WITHOUT_WEBGL))
    context = chromium.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(15_000)
    recording.attach(context)
    yield context.new_page()
    chromium.close()
    assert recording.outside == []
    assert recording.complaints == []


def share_coloured(page, selector):
    """Share of the picture's pixels that have a colour of the map's scale."""
    taken = page.locator(selector).first.screenshot()
    pixels = np.asarray(Image.open(io.BytesIO(taken)).convert("RGB")).reshape(-1, 3).astype(int)
    near = [np.abs(pixels - maps.rgb(shade)).max(axis=1) <= 6 for shade in style.SEQUENTIAL]
    return float(np.any(near, axis=0).mean())


def wait_until_coloured(page, selector):
    for _ in range(40):
        if share_coloured(page, selector) > 0.1:
            return
        page.wait_for_timeout(250)
    pytest.fail(f"the map at {selector} stays blank")


@pytest.mark.parametrize("view", ["按区县", "按网格"])
def test_with_webgl_the_map_is_drawn_by_deck(page, server, view):
    open_page(page, f"{server.url}/districts?map={view}")
    page.locator(DECK).first.wait_for()
    assert page.locator(CHART).count() == 0
    if view == "按区县":
        wait_until_coloured(page, DECK)
    assert page.locator(CARD).get_by_text("不作划界依据").is_visible()


@pytest.mark.parametrize("view", ["按区县", "按网格"])
def test_without_webgl_the_same_map_is_a_chart(plain_page, server, view):
    open_page(plain_page, f"{server.url}/districts?map={view}")
    plain_page.locator(CHART).first.wait_for()
    assert plain_page.locator(DECK).count() == 0
    assert plain_page.locator(CARD).get_by_text("不作划界依据").is_visible()
    if view == "按区县":
        wait_until_coloured(plain_page, CHART)
        names = plain_page.locator(f"{CHART} text").all_text_contents()
        assert len([n for n in names if n and not n[0].isdigit()]) >= 9


def test_a_district_clicked_on_the_chart_is_opened(plain_page, server):
    open_page(plain_page, f"{server.url}/districts")
    plain_page.locator(f"{CHART} path[aria-roledescription=geoshape]").nth(6).click()
    plain_page.wait_for_url(re.compile("focus="))
    settle(plain_page)
    inside = plain_page.locator(".st-key-card_inside")
    for word in ("乡镇街道", "事项", "承办单位", "受理量"):
        assert inside.get_by_text(word).first.is_visible()


def test_a_district_clicked_on_the_deck_is_opened(page, server):
    open_page(page, f"{server.url}/districts")
    wait_until_coloured(page, DECK)
    box = page.locator(DECK).first.bounding_box()
    for k in range(CLICKS):
        page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * (0.76 + 0.005 * (k % 3)))
        page.wait_for_timeout(400)
        page.mouse.click(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * (0.76 + 0.005 * (k % 3)))
        page.wait_for_timeout(1000)
        if "focus=" in page.url:
            break
    assert "focus=" in page.url
    settle(page)
    assert page.locator(".st-key-card_inside").get_by_text("乡镇街道").first.is_visible()


def test_a_bar_opens_a_district_and_a_second_click_closes_it(plain_page, server):
    open_page(plain_page, f"{server.url}/districts")
    row = (
        ".st-key-card_ranking path[aria-roledescription=bar][fill-opacity='0'], .st-key-card_ranking path[opacity='0']"
    )
    plain_page.locator(row).first.click(force=True)
    plain_page.wait_for_url(re.compile("focus="))
    settle(plain_page)
    plain_page.get_by_text("取消选择").click()
    plain_page.wait_for_url(lambda address: "focus=" not in address)
    plain_page.locator(".st-key-card_inside").wait_for(state="detached")


def test_a_link_opens_the_district_and_the_metric(page, server):
    open_page(page, f"{server.url}/districts?metric=satisfaction_rate&focus=990122")
    assert page.locator(".st-key-card_inside").get_by_text("西河县").first.is_visible()
    assert page.locator(".st-key-card_ranking svg text").filter(has_text="满意率").count() > 0
