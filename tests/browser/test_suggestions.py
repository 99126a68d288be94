"""拟列建议 in a real browser: the rules run at a click, the evidence opens, a person decides; all of it Chinese."""

import re

from tests.browser.reading import english_words, open_page, settle, texts, title

GRID = '[data-testid="stDataFrame"]'


def listed(page):
    """How many suggestions the page says it lists."""
    return int(re.search(r"共\s*([\d,]+)\s*条", page.inner_text("body"))[1].replace(",", ""))


def test_a_clerk_runs_the_rules_looks_at_the_evidence_and_decides(page, server):
    open_page(page, f"{server.url}/suggestions")
    assert title(page, "拟列建议").is_visible()
    page.get_by_role("button", name="立即研判").click()
    page.get_by_text("研判完成").wait_for(timeout=60_000)
    settle(page)
    assert english_words(texts(page)) == {}
    waiting = listed(page)

    page.locator(GRID).last.click(position={"x": 240, "y": 52})
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("证据链", exact=False).first.wait_for()
    settle(page)
    assert "疑点提示：由规则从工单中找出" in dialog.inner_text()
    dialog.get_by_text("不采纳", exact=True).click()
    dialog.get_by_label("不采纳的理由（必填）").fill("已在督办事项中")
    assert english_words(texts(page)) == {}
    dialog.get_by_role("button", name="确认不采纳").click()
    page.get_by_text("已记为未采纳").wait_for()
    settle(page)
    assert listed(page) == waiting - 1
