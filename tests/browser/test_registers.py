"""复核与回头看, 疑难包案, 民情日记 and 预警 in a browser: Chinese all over, and a note that is written and listed."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.reading import english_words, open_page, settle, texts
from tests.browser.serving import Server

TITLES = {"reinspection": "复核与回头看", "hard_cases": "疑难包案", "visits": "民情日记", "warnings": "预警"}


def test_the_registers_are_chinese_and_a_note_becomes_an_item(page: Page, server: Server) -> None:
    for slug, title in TITLES.items():
        open_page(page, f"{server.url}/{slug}")
        settle(page)
        expect(page.get_by_role("heading", name=title)).to_be_visible()
        assert english_words(texts(page)) == {}, slug
    open_page(page, f"{server.url}/visits")
    settle(page)
    page.get_by_text("记一篇民情日记").click()
    page.get_by_role("textbox", name="走访人").fill("周衡")
    page.get_by_role("textbox", name="走访地点").fill("青禾社区")
    page.get_by_role("textbox", name="群众反映").fill("三楼以上早晚没水 <b>请尽快</b>")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_text("民情日记已保存")).to_be_visible()
    settle(page)
    box = page.get_by_test_id("stDataFrame").first.bounding_box()
    assert box is not None
    # The grid learns where it stands from the mouse that moves over it.
    page.mouse.move(box["x"] + 500, box["y"] + 80, steps=5)
    page.mouse.move(box["x"] + 300, box["y"] + 53, steps=5)
    page.mouse.click(box["x"] + 300, box["y"] + 53)
    opened = page.get_by_role("dialog")
    expect(opened.get_by_text("三楼以上早晚没水 <b>请尽快</b>")).to_be_visible()
    opened.get_by_text("转为清单事项").click()
    opened.get_by_role("button", name="列入问题清单（拟列）").click()
    expect(page.get_by_text("已转为事项 问")).to_be_visible()
