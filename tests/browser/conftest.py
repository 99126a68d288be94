"""A real server on the demo city and a real Chromium; every request and every fault is recorded."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from lib.config import Settings
from tests.browser.serving import Recording, Server, start_server

BROWSER_ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All browser tests in one worker: they share a server and a browser."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def server(demo_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The product serving the demo city of the session. Tests must not publish into it."""
    yield from start_server(demo_settings.data_dir, tmp_path_factory.mktemp("server") / "server.log")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, as the office has it."""
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("chromium is not installed: apt-get install -y chromium fonts-noto-cjk, or `make test` as root")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(BROWSER_ARGUMENTS))
        yield chromium
        chromium.close()


@pytest.fixture
def recording() -> Recording:
    """The recording of this test's visitor."""
    return Recording()


@pytest.fixture
def context(browser: Browser, recording: Recording) -> Iterator[BrowserContext]:
    """A visitor with a laptop. Whatever the test is about, no request may leave and the console stays clean."""
    visitor = browser.new_context(
        locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": 1440, "height": 900}, accept_downloads=True
    )
    visitor.set_default_timeout(15_000)
    recording.attach(visitor)
    yield visitor
    visitor.close()
    assert recording.outside == [], "a request left the machine"
    assert recording.complaints == [], "the browser's console complains"


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """An empty tab of that visitor."""
    return context.new_page()
