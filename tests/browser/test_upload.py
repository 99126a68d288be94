"""A clerk of the city brings files in: first sign-in, wrong files, publishing from two windows, going back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from lib.config import Settings
from lib.store import read_pointer
from tests.browser.reading import english_words, settle, texts
from tests.browser.serving import Server, start_server
from tests.conftest import run_command
from tests.ingest import files

FIRST, OWN = "Anfang-2026-10", "Herbst-2026-11"
# Names of files are shown as they are.
FILE_ENDINGS = {"csv", "xlsx"}
NEW_ROWS = [[f"B{n:03d}", *files.ROWS[n % 3][1:]] for n in range(20)]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A city with three tickets, secrets and an account of the hotline centre."""
    folder = tmp_path_factory.mktemp("city")
    settings = Settings(folder / "var", "anyang", None)
    run_command("import", str(files.write_csv(folder / "十月.csv")), "--yes", data_dir=settings.data_dir)
    run_command("init", data_dir=settings.data_dir)
    password = folder / "password"
    password.write_text(FIRST, "utf-8")
    run_command(
        "user", "add", "clerk", "--role", "hotline", "--display-name", "李敏", "--password-file", str(password),
        data_dir=settings.data_dir,
    )  # fmt: skip
    return settings


@pytest.fixture(scope="module")
def city_server(city: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from start_server(city.data_dir, tmp_path_factory.mktemp("log") / "server.log")


@pytest.fixture(scope="module")
def clerk(browser: Browser, city_server: Server) -> Iterator[BrowserContext]:
    """The clerk's browser, signed in for the first time: a new password comes before anything else."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(45_000)
    page = context.new_page()
    page.goto(f"{city_server.url}/imports")
    expect(page.get_by_text("演示账号")).to_have_count(0)
    page.get_by_label("账号").fill("clerk")
    page.get_by_label("密码").fill(FIRST)
    page.get_by_role("button", name="登录", exact=True).click()
    page.get_by_label("当前密码").fill(FIRST)
    page.get_by_label("新密码", exact=True).fill(OWN)
    page.get_by_label("再输一次新密码").fill(OWN)
    page.get_by_role("button", name="修改密码").click()
    settle(page)
    page.close()
    yield context
    context.close()


@pytest.fixture
def imports(clerk: BrowserContext, city_server: Server) -> Iterator[Page]:
    """The import page in a window of its own."""
    page = open_imports(clerk, city_server)
    yield page
    page.close()


def open_imports(clerk: BrowserContext, server: Server) -> Page:
    page = clerk.new_page()
    page.goto(f"{server.url}/imports")
    settle(page)
    return page


def choose(page: Page, *paths: Path) -> None:
    page.locator('input[type="file"]').first.set_input_files([str(path) for path in paths])


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("空.csv", b"", "空"),
        ("坏.xlsx", b"PK\x03\x04" + b"\0" * 500, "文件不完整"),
        ("照片.xlsx", b"\x89PNG\r\n\x1a\n" + b"\0" * 200, "没有导入"),
    ],
)
def test_a_wrong_file_is_refused_with_a_sentence(
    imports: Page, city: Settings, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    before = read_pointer(city, "city")
    path = tmp_path / name
    path.write_bytes(content)
    choose(imports, path)
    alert = imports.get_by_text("没有导入，数据未改动")
    alert.wait_for()
    assert said in imports.inner_text("body")
    assert imports.get_by_role("button", name="导入并发布").count() == 0
    assert set(english_words(texts(imports))) <= FILE_ENDINGS
    assert read_pointer(city, "city") == before


def test_two_windows_and_double_clicks_publish_once(
    imports: Page, clerk: BrowserContext, city: Settings, city_server: Server, tmp_path: Path
) -> None:
    path = files.write_csv(tmp_path / "十一月.csv", NEW_ROWS)
    before = read_pointer(city, "city")
    other = open_imports(clerk, city_server)
    for page in (imports, other):
        choose(page, path)
    for page in (imports, other):
        page.get_by_role("button", name="导入并发布").wait_for()
    assert read_pointer(city, "city") == before, "checking changes nothing"
    imports.get_by_role("button", name="导入并发布").dblclick()
    other.get_by_role("button", name="导入并发布").dblclick()
    for page in (imports, other):
        page.get_by_text("已发布").first.wait_for()
    after = read_pointer(city, "city")
    assert after.version != before.version
    assert len(list((city.data_dir / "city").glob("tickets-*.duckdb"))) == 2, "the version before and the new one"
    assert set(english_words(texts(other))) <= FILE_ENDINGS
    # Going back and forth leaves the page in order and imports nothing again.
    other.goto(f"{city_server.url}/overview")
    settle(other)
    other.go_back()
    settle(other)
    other.get_by_text("最近一次导入").first.wait_for()
    assert read_pointer(city, "city") == after
    other.close()
