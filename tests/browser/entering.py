"""A clerk who enters items: a city of his own to write into, his browser, and what he sees."""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

from lib.config import Settings
from tests.browser.reading import open_page

STATUS = """() => {
  const hosts = [...document.querySelectorAll('*')].filter(e => e.shadowRoot?.querySelector('span[role=status]'));
  return hosts.map(e => e.shadowRoot.querySelector('span[role=status]').textContent).join();
}"""


def own_city(demo: Settings, folder: Path) -> Path:
    """A copy of the demo city with lists of its own; returns its data folder."""
    own = folder / "var"
    shutil.copytree(demo.data_dir, own, ignore=shutil.ignore_patterns("assessment*", "*.lock", "logs"))
    return own


def clerk(browser: Browser) -> BrowserContext:
    """The browser of somebody in the city."""
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(30_000)
    return context


def open_entry(context: BrowserContext, url: str, way: str = "录入一件") -> Page:
    """清单录入 of the supervision office."""
    page = context.new_page()
    open_page(page, f"{url}/list_entry?way={way}", "督查局")
    return page


def said(page: Page, words: str) -> None:
    """Wait until the quiet line under the form says so."""
    page.wait_for_function(f"words => ({STATUS})().includes(words)", arg=words)
