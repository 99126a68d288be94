"""清单录入 in a real browser: by keyboard alone, thirty rows by paste, the ledger out and back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from lib.config import Settings
from tests.browser.entering import clerk, open_entry, own_city, said
from tests.browser.reading import english_words, texts
from tests.browser.serving import Server, start_server

ROWS = 30
PASTE_SECONDS = 60


@pytest.fixture(scope="module")
def entry_server(demo_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("entry")
    yield from start_server(own_city(demo_settings, folder), folder / "server.log")


@pytest.fixture(scope="module")
def person(browser: Browser) -> Iterator[BrowserContext]:
    context = clerk(browser)
    yield context
    context.close()


def test_an_item_is_entered_by_keyboard_alone_and_once(person: BrowserContext, entry_server: Server) -> None:
    page = open_entry(person, entry_server.url)
    expect(page.get_by_label("督办事项（必填）")).to_be_focused()
    page.keyboard.type("东风路路灯不亮")
    page.keyboard.press("Tab")
    expect(page.get_by_label("立项来源（必填）")).to_be_focused()
    page.keyboard.type("媒体")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    said(page, "草稿已保存")
    assert english_words(texts(page)) == {}
    page.get_by_label("主要内容").focus()
    page.keyboard.type("<b>整条路</b> =1+1")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("已保存到督办清单（拟列）")).to_be_visible()
    page.reload()
    expect(page.get_by_text("已保存到督办清单（拟列）")).to_be_visible()
    page.get_by_role("button", name="再录一件").click()
    expect(page.get_by_label("督办事项（必填）")).to_have_value("")
    expect(page.get_by_text("有一份没有保存的草稿")).to_have_count(0)
    page.close()


def test_thirty_rows_are_pasted_and_saved_in_under_a_minute(person: BrowserContext, entry_server: Server) -> None:
    page = open_entry(person, entry_server.url, "批量录入")
    due = (date.today() + timedelta(days=30)).isoformat()
    lines = [f"第{n}号小区供热管网改造\t{due}\t按期完成" for n in range(ROWS)]
    began = time.monotonic()
    page.get_by_label("从表格软件粘贴").fill("\n".join(["督办事项\t办结时限\t目标要求", *lines]))
    page.get_by_role("button", name="读入表格").click()
    expect(page.get_by_text(f"已读入{ROWS}行")).to_be_visible()
    page.get_by_role("button", name="保存全部").dblclick()
    expect(page.get_by_text(f"已保存{ROWS}行（拟列）")).to_be_visible()
    assert time.monotonic() - began < PASTE_SECONDS
    assert english_words(texts(page)) == {}
    page.close()


def test_the_ledger_goes_out_is_changed_and_comes_back(
    person: BrowserContext, entry_server: Server, tmp_path: Path
) -> None:
    page = open_entry(person, entry_server.url, "台账往返")
    expect(page.get_by_text(f"{ROWS + 1}件，可打印")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_text("导出台账（A3横向）").click()
    path = tmp_path / "台账.xlsx"
    download.value.save_as(path)
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    headings = {cell.value: cell.column for cell in sheet[3]}
    sheet.cell(5, headings["目标要求"]).value = "提前完成"
    sheet.cell(6, headings["亮灯"]).value = "逾期"
    book.save(path)
    page.locator('input[type="file"]').set_input_files(path)
    expect(page.get_by_text("不采用的改动（1处）")).to_be_visible()
    assert set(english_words(texts(page))) <= {"xlsx"}
    page.get_by_role("button", name="按所选保存").click()
    expect(page.get_by_text("已按台账修改1件")).to_be_visible()
    page.close()
