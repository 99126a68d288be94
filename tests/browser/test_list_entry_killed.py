"""The server is killed while somebody types and while he saves: no acknowledged draft is lost, nothing made twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from lib.access.shared import shared_assessment
from lib.config import ROOT, Settings
from lib.schema import lists as t
from tests.browser.entering import STATUS, clerk, open_entry, own_city, said
from tests.browser.reading import settle
from tests.browser.serving import START_SECONDS, Server, start_server

pytestmark = pytest.mark.proof

TITLE, KEPT, REST = "北大街供水管网漏损", "已经保存的一段。", "断线之后写的一段。"


class Mortal:
    """A server that can be killed and started again at the same address."""

    def __init__(self, server: Server, data: Path) -> None:
        self.server, self.data, self.process = server, data, server.process

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def restart(self) -> None:
        port = self.server.url.rsplit(":", 1)[1]
        with open(self.server.log, "a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", port],
                cwd=ROOT, env=os.environ | {"MINSHENG_DATA_DIR": str(self.data)}, stdout=log, stderr=log,
            )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                self.server.get("/healthz")
                return
            except OSError:
                time.sleep(0.2)
        pytest.fail("the server did not come back")


@pytest.fixture
def mortal(demo_settings: Settings, tmp_path: Path) -> Iterator[Mortal]:
    data = own_city(demo_settings, tmp_path)
    for server in start_server(data, tmp_path / "server.log"):
        found = Mortal(server, data)
        yield found
        if found.process.poll() is None:
            found.kill()


@pytest.fixture
def page(browser: Browser, mortal: Mortal) -> Iterator[Page]:
    context = clerk(browser)
    yield open_entry(context, mortal.server.url)
    context.close()


def titles(data: Path) -> list[str]:
    settings = Settings(data_dir=data, city="demo", tickets_url=None)
    with shared_assessment(settings, "demo").reading() as conn:
        return list(conn.execute(select(t.list_items.c.title)).scalars())


def test_killed_while_typing(page: Page, mortal: Mortal) -> None:
    page.get_by_label("督办事项（必填）").fill(TITLE)
    page.get_by_label("主要内容").fill(KEPT)
    said(page, "草稿已保存")
    page.wait_for_timeout(1000)
    page.route("**/drafts/**", lambda route: route.abort())
    page.get_by_label("主要内容").press_sequentially(REST)
    said(page, "未连接，内容保留在本页")
    mortal.kill()
    mortal.restart()
    page.unroute("**/drafts/**")
    # The open tab keeps the rest and hands it in by itself.
    said(page, "草稿已保存")
    expect(page.get_by_label("主要内容")).to_have_value(KEPT + REST)
    page.reload()
    settle(page)
    page.get_by_role("button", name="恢复草稿").click()
    expect(page.get_by_label("督办事项（必填）")).to_have_value(TITLE)
    expect(page.get_by_label("主要内容")).to_have_value(KEPT + REST)


def test_a_reloaded_tab_hands_in_what_could_not_be_sent(page: Page) -> None:
    page.get_by_label("督办事项（必填）").fill(TITLE)
    said(page, "草稿已保存")
    page.route("**/drafts/**", lambda route: route.abort())
    page.get_by_label("主要内容").fill(REST)
    said(page, "未连接，内容保留在本页")
    page.unroute("**/drafts/**")
    page.reload()
    settle(page)
    page.get_by_role("button", name="恢复草稿").click()
    expect(page.get_by_label("主要内容")).to_have_value(REST)


@pytest.mark.parametrize("moment_ms", [0, 60, 200])
def test_killed_while_saving(page: Page, mortal: Mortal, moment_ms: int) -> None:
    page.get_by_label("督办事项（必填）").fill(TITLE)
    page.get_by_label("立项来源（必填）").click()
    page.keyboard.type("媒体")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    said(page, "草稿已保存")
    page.wait_for_timeout(1000)
    press: Callable[[], None] = page.get_by_role("button", name="保存（拟列）").click
    press()
    page.wait_for_timeout(moment_ms)
    mortal.kill()
    mortal.restart()
    page.reload()
    settle(page)
    saved = page.get_by_text("已保存到督办清单（拟列）")
    if not saved.count():
        page.get_by_role("button", name="恢复草稿").click()
        expect(page.get_by_label("督办事项（必填）")).to_have_value(TITLE)
        press()
        expect(saved).to_be_visible()
    assert titles(mortal.data) == [TITLE]
    assert page.evaluate(STATUS) is not None
