"""清单录入 in a real browser: by keyboard alone, thirty rows by paste, the ledger out and back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, BrowserContext, expect
from sqlalchemy import select

from lib.access.roles import Identity
from lib.access.shared import shared_assessment
from lib.assessment_store import AssessmentStore
from lib.commands.lists import items
from lib.commands.lists.desk import Desk
from lib.config import Settings
from lib.lists.profile import load_lists
from lib.schema import lists as t
from tests.browser.entering import STATUS, clerk, open_entry, own_city, said
from tests.browser.reading import english_words, open_page, settle, texts
from tests.browser.serving import Server, start_server

ROWS = 30
PASTE_SECONDS = 60
UNIT = {"S02": "某单位"}


@pytest.fixture(scope="module")
def entry_server(demo_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("entry")
    yield from start_server(own_city(demo_settings, folder), folder / "server.log")


@pytest.fixture(scope="module")
def entry_store(entry_server: Server) -> AssessmentStore:
    """The lists of that city."""
    settings = Settings(data_dir=entry_server.log.parent / "var", city="anyang", tickets_url=None)
    return shared_assessment(settings, "demo")


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
    # A tick box in a table tells screen readers its value.
    assert set(english_words(texts(page))) <= {"xlsx", "true", "false"}
    page.get_by_role("button", name="按所选保存").click()
    expect(page.get_by_text("已按台账修改1件")).to_be_visible()
    page.close()


def clerks_desk() -> Desk:
    """A colleague of the clerk."""
    person = Identity("demo-supervision-2", "督查局·复核", "supervision")
    return Desk(person, None, load_lists("demo"), dict(UNIT), set, datetime.now(UTC))


def test_a_conflict_of_the_ledger_is_decided_cell_by_cell(
    person: BrowserContext, entry_server: Server, entry_store: AssessmentStore, tmp_path: Path
) -> None:
    desk = clerks_desk()
    made = [items.add(entry_store, desk, items.AddItem("supervision", {"title": title, "source": "other"}))
            for title in ("新城路修路", "新城路修桥")]  # fmt: skip
    page = open_entry(person, entry_server.url, "台账往返")
    with page.expect_download() as download:
        page.get_by_text("导出台账（A3横向）").click()
    path = tmp_path / "台账.xlsx"
    download.value.save_as(path)
    for number in made:
        items.edit(entry_store, desk, items.EditItem(number, 1, {"target": "系统改的"}))
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    at = {cell.value: cell.column for cell in sheet[3]}
    lines = {sheet.cell(row, at["编号"]).value: row for row in range(4, sheet.max_row + 1)}
    for number in made:
        sheet.cell(lines[number], at["目标要求"]).value = "文件改的"
    book.save(path)
    page.locator('input[type="file"]').set_input_files(path)
    expect(page.get_by_test_id("stMetric").filter(has_text="冲突")).to_contain_text("2格")
    settle(page)
    seen = " ".join(texts(page))
    assert seen.count("冲突：系统也改过") == 2
    assert seen.count("系统改的") >= 2
    assert seen.count("文件改的") >= 2
    box = page.get_by_test_id("stDataFrame").first.bounding_box()
    assert box is not None
    # 采用文件 of the first conflict; the second stays with 保留系统, as both began.
    page.mouse.move(box["x"] + 200, box["y"] + 80, steps=4)
    page.mouse.move(box["x"] + 10, box["y"] + 53, steps=4)
    page.mouse.click(box["x"] + 10, box["y"] + 53)
    page.keyboard.press("Space")
    settle(page)
    page.get_by_role("button", name="按所选保存").click()
    expect(page.get_by_text("已按台账修改1件")).to_be_visible()
    with entry_store.reading() as conn:
        known = t.list_items.c
        found = conn.execute(select(known.item_no, known.target).where(known.item_no.in_(made)))
        assert {row.item_no: row.target for row in found} == {made[0]: "文件改的", made[1]: "系统改的"}
    page.close()


def test_what_was_typed_into_a_dialog_or_a_register_is_offered_after_a_reload(
    person: BrowserContext, entry_server: Server, entry_store: AssessmentStore
) -> None:
    added = items.AddItem("supervision", {"title": "排水管网", "source": "other", "lead_unit_code": next(iter(UNIT))})
    with entry_store.writing() as conn:
        number = items.insert_item(conn, clerks_desk(), added, state="handling")
    page = person.new_page()
    for address, opener, field in (
        (f"list_item?no={number}", "填报进展", "进展情况"), ("visits", "记一篇民情日记", "走访地点"),
    ):  # fmt: skip
        open_page(page, f"{entry_server.url}/{address}", "督查局")
        page.get_by_text(opener, exact=True).first.click()
        box = page.get_by_role("textbox", name=field)
        box.wait_for()
        # What a form begins with is nobody's typing.
        page.wait_for_timeout(1500)
        assert "草稿" not in page.evaluate(STATUS)
        box.fill("已疏通一半")
        said(page, "草稿已保存")
        page.reload()
        settle(page)
        page.get_by_text(opener, exact=True).first.click()
        page.get_by_role("button", name="恢复草稿").click()
        expect(page.get_by_role("textbox", name=field)).to_have_value("已疏通一半")
        assert english_words(texts(page)) == {}
    page.close()
