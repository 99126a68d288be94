"""A letter and its answer in a real browser: issued by a double click, sent back as a sheet, taken in."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import docx
import pytest
from playwright.sync_api import Browser, Download, Page, expect

from lib.access.roles import Identity
from lib.access.shared import shared_assessment
from lib.commands.lists import items
from lib.commands.lists.desk import Desk
from lib.lists.profile import load_lists
from tests.browser.conftest import Place
from tests.browser.reading import english_words, open_page, settle, texts
from tests.commands.lists.letter_desk import put_in, words_of

OFFICE = "督查局"
# Names of files are shown as they are.
FILE_ENDINGS = {"docx", "xlsx"}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900}, accept_downloads=True)
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def item_no(place: Place, place_units: dict[str, str]) -> str:
    """An item that a unit has in hand."""
    person = Identity("demo-supervision", "演示账号", "supervision")
    desk = Desk(person, None, load_lists("demo"), place_units, set, datetime.now(UTC))
    said = {"title": "向阳路排水口改造", "source": "tickets", "lead_unit_code": max(place_units),
            "due_on": date(2026, 10, 9)}  # fmt: skip
    store = shared_assessment(place.settings, "demo")
    with store.writing() as conn:
        made = items.insert_item(conn, desk, items.AddItem("supervision", said, is_backlog=True), state="handling")
    put_in(store, made, assigned_on=date(2026, 9, 9))
    return made


def downloaded(page: Page, link: str) -> Download:
    with page.expect_download() as found:
        page.get_by_role("link", name=link).first.click()
    return found.value


def test_a_notice_goes_out_and_its_reply_sheet_comes_back(place: Place, page: Page, item_no: str, tmp_path: Path):
    open_page(page, f"{place.server.url}/list_item?no={item_no}", OFFICE)
    page.get_by_role("tab", name="文书").click()
    page.get_by_role("button", name="取号并出具").dblclick()
    settle(page)
    expect(page.get_by_text("已出具")).to_be_visible()
    expect(page.get_by_role("tab", name="文书 1")).to_have_attribute("aria-selected", "true")
    assert set(english_words(texts(page))) <= FILE_ENDINGS
    notice = downloaded(page, "下载")
    said = words_of(Path(notice.path()).read_bytes())
    assert notice.suggested_filename.removesuffix(".docx") in said
    assert item_no in said

    sheet = docx.Document(str(downloaded(page, "文字版").path()))
    for row in sheet.tables[0].rows:
        if row.cells[0].text == "办理进展":
            row.cells[1].text = "管道已经换完"
    back = io.BytesIO()
    sheet.save(back)
    file = tmp_path / "报回.docx"
    file.write_bytes(back.getvalue())
    wrong = tmp_path / "别的.docx"
    docx.Document().save(str(wrong))

    open_page(page, f"{place.server.url}/letters?part=导入回复表", OFFICE)
    page.locator("input[type=file]").set_input_files([file, wrong])
    page.get_by_role("button", name="导入 1 份").dblclick()
    settle(page)
    expect(page.get_by_text("已导入 1 份")).to_be_visible()
    assert set(english_words(texts(page))) <= FILE_ENDINGS
    open_page(page, f"{place.server.url}/list_item?no={item_no}", OFFICE)
    expect(page.get_by_role("tab", name="进展报告 1")).to_be_visible()
    expect(page.get_by_role("tab", name="佐证材料 1")).to_be_visible()
    expect(page.get_by_text("管道已经换完").first).to_be_visible()


def test_reminders_are_copied_by_one_click(place: Place, page: Page, item_no: str):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_page(page, f"{place.server.url}/letters", OFFICE)
    assert english_words(texts(page)) == {}
    block = page.get_by_test_id("stCode").filter(has_text=item_no)
    block.hover()
    block.get_by_role("button").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("【督办提醒】")
    assert f"{item_no} 向阳路排水口改造，时限10月9日，已逾期" in copied
