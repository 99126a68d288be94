"""A matter's way through both lists in a real browser: three people, each at a desk of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from sqlalchemy import select

from lib.access.roles import Identity
from lib.access.shared import shared_assessment
from lib.commands.lists import items
from lib.commands.lists.desk import Desk
from lib.lists.profile import load_lists
from lib.schema import lists as t
from tests.browser.conftest import Place
from tests.browser.reading import english_words, open_page, settle, texts
from tests.browser.serving import Server
from tests.lists.office_files import PDF

HOTLINE, OFFICE, SECOND = "热线中心", "督查局", "督查局·复核"
People = Callable[[str], Page]


@pytest.fixture
def people(browser: Browser) -> Iterator[People]:
    """The tab of whoever is asked for."""
    contexts: dict[str, BrowserContext] = {}

    def tab(role: str) -> Page:
        if role not in contexts:
            contexts[role] = browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
            contexts[role].set_default_timeout(15_000)
            contexts[role].new_page()
        return contexts[role].pages[0]

    yield tab
    for context in contexts.values():
        context.close()


@pytest.fixture
def proposed(place: Place, place_units: dict[str, str]) -> str:
    """A problem that the hotline centre has entered."""
    person = Identity("demo-hotline", "演示账号", "hotline")
    desk = Desk(person, None, load_lists("demo"), place_units, set, datetime.now(UTC))
    said = {"title": "向阳小区供暖连续三年不热", "source": "tickets", "lead_unit_code": next(iter(place_units))}
    return items.add(shared_assessment(place.settings, "demo"), desk, items.AddItem("problem", said))


def dialog(page: Page) -> Locator:
    return page.get_by_test_id("stDialog")


def take(page: Page, step: str, *chosen: str, **typed: str) -> str:
    """Take a step by its form: options that are chosen, fields that are typed; what the page says afterwards."""
    page.get_by_role("button", name=step, exact=True).click()
    dialog(page).wait_for()
    for option in chosen:
        dialog(page).get_by_text(option, exact=True).click()
    for label, text in typed.items():
        dialog(page).get_by_role("textbox", name=label).fill(text)
    # As impatient people do; the step is taken once.
    dialog(page).get_by_role("button", name=f"确认{step}").dblclick()
    done = page.get_by_test_id("stAlert").filter(has_text=f"已办理：{step}")
    expect(done).to_be_visible()
    dialog(page).wait_for(state="detached")
    return done.inner_text()


def test_from_the_hotline_to_the_close_out_and_after(place: Place, people: People, proposed: str) -> None:
    server = place.server
    hotline, office, second = people(HOTLINE), people(OFFICE), people(SECOND)
    open_page(hotline, f"{server.url}/list_item?no={proposed}", HOTLINE)
    take(hotline, "审核列入")
    take(hotline, "移交", 移交理由="久拖不决，需高位推动", 批准人="王主任")

    open_page(office, f"{server.url}/list_item?no={proposed}", OFFICE)
    made = re.search(r"督\d{4}-\d{4}", take(office, "签收移交", "签收"))
    assert made is not None
    open_page(office, f"{server.url}/list_item?no={made[0]}")
    take(office, "立项交办")
    take(office, "签收", 签收人="李科长")
    take(office, "催办", 催办内容="请三日内报告")

    office.get_by_role("button", name="上传佐证材料", exact=True).click()
    office.locator("input[type=file]").set_input_files([
        {"name": "整改报告.pdf", "mimeType": "application/pdf", "buffer": PDF},
    ])  # fmt: skip
    dialog(office).get_by_text("整改报告.pdf").wait_for()
    # The name of the file, as the person has it.
    assert set(english_words(texts(office))) <= {"pdf"}
    dialog(office).get_by_role("button", name="确认上传").click()
    dialog(office).wait_for(state="detached")
    take(office, "申请销号", 办结情况="已更换换热器，住户满意")
    expect(office.get_by_role("button", name="销号复核", exact=True)).to_be_disabled()

    open_page(second, f"{server.url}/list_item?no={made[0]}", SECOND)
    take(second, "销号复核", "同意", 复核意见="现场核实，同意销号")
    settle(second)
    assert second.get_by_text("已销号").first.is_visible()
    assert set(english_words(texts(second))) <= {"pdf"}
    take(second, "回头看", "已解决", 核查情况="回访十户，均已供暖")
    with shared_assessment(place.settings, "demo").reading() as conn:
        i, s = t.list_items.c, t.list_steps.c
        went = select(s.step).join(t.list_items, i.item_id == s.item_id).where(i.item_no == made[0]).order_by(s.step_no)
        assert list(conn.execute(went).scalars()) == [
            "receive", "assign", "sign", "urge", "attach", "ask_close_out", "verify_close_out",
            "reinspect",
        ]  # fmt: skip


def test_the_lists_are_chinese(server: Server, people: People) -> None:
    page = people(OFFICE)
    for slug in ("problem_list", "supervision_list"):
        open_page(page, f"{server.url}/{slug}", OFFICE)
        assert english_words(texts(page)) == {}
