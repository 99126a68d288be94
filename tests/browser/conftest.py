"""A real server on the demo city and a real Chromium; every request and every fault is recorded."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright
from sqlalchemy import select

from lib.config import Settings
from lib.schema import tickets
from lib.store import open_store
from tests.browser.serving import Recording, Server, start_server
from tests.conftest import DEMO_OPTIONS, run_command

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


@dataclass(frozen=True)
class Place:
    """A server with the demo city, and where both its databases are."""

    server: Server
    settings: Settings


@pytest.fixture(scope="session")
def postgres_place(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Iterator[Place]:
    """The demo city with tickets and lists on PostgreSQL."""
    folder = tmp_path_factory.mktemp("on-postgres")
    there = {"TICKETS_URL": postgres_url, "ASSESSMENT_URL": postgres_url}
    run_command("demo", *DEMO_OPTIONS, data_dir=folder / "var", more_env=there)
    settings = Settings(folder / "var", city="anyang", tickets_url=postgres_url, assessment_url=postgres_url)
    for server in start_server(folder / "var", folder / "server.log", more_env=there):
        yield Place(server, settings)


@pytest.fixture(params=["files", pytest.param("postgresql", marks=(pytest.mark.proof, pytest.mark.postgres))])
def place(request: pytest.FixtureRequest) -> Place:
    """Where the demo city is served from: files, and for proof both databases on PostgreSQL."""
    if request.param == "postgresql":
        found: Place = request.getfixturevalue("postgres_place")
        return found
    return Place(request.getfixturevalue("server"), request.getfixturevalue("demo_settings"))


@pytest.fixture
def place_units(place: Place) -> dict[str, str]:
    """Code → name of the units of that city."""
    store = open_store(place.settings, "demo")
    try:
        with store.engine.connect() as conn:
            known = conn.execute(select(tickets.units.c.unit_code, tickets.units.c.name)).all()
    finally:
        store.dispose()
    return {row.unit_code: row.name for row in known}


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
