"""A real server on the demo city and a real Chromium; every request and every fault is recorded."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from lib.config import Settings
from tests.browser.serving import Recording, Server, start_server

BROWSER_ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    # The graphics card is played by the processor: only maps (WebGL) are worth it, the rest is drawn without.
    "--disable-gpu-compositing",
    "--disable-gpu-rasterization",
    "--disable-accelerated-2d-canvas",
)


@pytest.fixture(scope="session")
def server(demo_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The product serving the demo city of the session. Tests must not publish into it."""
    yield from start_server(demo_settings.data_dir, tmp_path_factory.mktemp("server") / "server.log")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The driver of the browsers."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser."""
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("chromium is not installed: apt-get install -y chromium fonts-noto-cjk, or `make test` as root")
    return path


@pytest.fixture(scope="session")
def browser(playwright: Playwright, chromium: str) -> Iterator[Browser]:
    """A browser for visitors of another kind, whom nobody records."""
    with playwright.chromium.launch(executable_path=chromium, args=list(BROWSER_ARGUMENTS)) as another:
        yield another


@pytest.fixture(scope="session")
def visitor(
    playwright: Playwright, chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[BrowserContext, Recording]]:
    """One person with a laptop, whose browser keeps what it has fetched, and the record of all it does."""
    recording = Recording()
    context = playwright.chromium.launch_persistent_context(
        tmp_path_factory.mktemp("profile"),
        executable_path=chromium,
        args=list(BROWSER_ARGUMENTS),
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        viewport={"width": 1440, "height": 900},
        accept_downloads=True,
    )
    context.set_default_timeout(15_000)
    recording.attach(context)
    yield context, recording
    context.close()


@pytest.fixture
def recording(visitor: tuple[BrowserContext, Recording]) -> Recording:
    """What this test's visitor does, from now on."""
    visitor[1].clear()
    return visitor[1]


@pytest.fixture
def context(visitor: tuple[BrowserContext, Recording], recording: Recording) -> Iterator[BrowserContext]:
    """The visitor. Whatever a test is about, no request may leave and the console stays clean."""
    yield visitor[0]
    for page in visitor[0].pages[1:]:  # a browser without a tab ends
        page.close()
    assert recording.outside == [], "a request left the machine"
    assert recording.complaints == [], "the browser's console complains"


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """An empty tab of that visitor."""
    return context.new_page()
