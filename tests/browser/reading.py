"""What a person sees on a page, and how to wait for it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page

# slug → name of the page, as the design has them.
PAGES = {
    "overview": "总体情况",
    "trends": "趋势研判",
    "districts": "区域分布",
    "units": "承办质效",
    "tickets": "工单查询",
    "definitions": "指标口径",
    "imports": "数据导入与质量",
}

# Who opens a page that says nothing else: the demo's account that sees most.
USUAL_ROLE = "热线中心"

# Words that officials use as they are: file types, statistics, names of keys, products and standards.
# fmt: off
ALLOWED_WORDS = frozenset((
    "Excel", "XLSX", "XLS", "CSV", "DOCX", "PNG", "PDF", "ZIP", "HTML", "SQL", "Parquet", "YAML",
    "Ctrl", "UTF", "GB", "KB", "MB", "WGS", "CGCS", "GCJ", "BD", "PostgreSQL", "DuckDB", "Wilson", "Spiegelhalter",
))
# fmt: on

# What the import page tells to type before the demo is left.
COMMANDS_OF_A_FIRST_IMPORT = {"python", "lib", "init", "user", "add", "--role", "--pair", "city"}

# Every text of the document and every attribute that is shown or read aloud. Icons are letters of a font
# of pictures; drawings describe their parts to screen readers in attributes, what they show is text.
_COLLECT = """() => {
  const out = [];
  const skip = 'script, style, noscript, [data-testid="stIconMaterial"], [data-testid="stAlertDynamicIcon"], ' +
    '[aria-hidden="true"][translate="no"]';
  const visit = root => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.nodeType === Node.TEXT_NODE) {
        const text = node.textContent.trim();
        if (text && !node.parentElement?.closest(skip + ', span[role="img"]')) out.push(text);
        continue;
      }
      if (node.shadowRoot) visit(node.shadowRoot);
      if (node.closest('svg') || node.closest(skip)) continue;
      for (const name of ['aria-label', 'aria-description', 'aria-valuetext', 'title', 'placeholder', 'alt']) {
        const value = node.getAttribute(name);
        if (value) out.push(value);
      }
    }
  };
  visit(document.body);
  return out;
}"""

# Grids draw their cells on a canvas and tell them to screen readers a moment later; those further down or folded
# away only when somebody looks there.
_STATE = """() => {
  const app = document.querySelector('[data-testid="stApp"]');
  const resting = app?.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-testid="stSkeleton"]');
  const grids = [...document.querySelectorAll('[data-testid="stDataFrame"]')]
    .filter(grid => grid.checkVisibility() && grid.getBoundingClientRect().top < window.innerHeight);
  const told = grids.every(g => [...g.querySelectorAll('canvas')].some(c => c.textContent));
  const size = document.body.innerText.length + ':' + document.body.querySelectorAll('*').length;
  return resting && told ? size : null;
}"""
# A run may start another (address, then page), with a moment of rest between them.
_LOOK_EVERY_MS = 100
_LOOKS_ALIKE = 4


def open_page(page: Page, address: str, role: str = USUAL_ROLE) -> None:
    """Go there, signing in on the way where nobody is, and wait until the script has run to its end and the charts
    stand.
    """
    page.goto(address)
    if urlsplit(page.url).path == "/sign-in":
        page.get_by_role("button", name=role, exact=True).click()
    settle(page)


def settle(page: Page) -> None:
    """Wait until no run is under way, tables have told their cells and nothing on the page changes any more."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    page.locator('[data-testid="stMainBlockContainer"]').first.wait_for()
    page.locator('[data-testid="stSkeleton"]').first.wait_for(state="detached")
    before, alike = None, 0
    for _ in range(100):
        now = page.evaluate(_STATE)
        alike = alike + 1 if now is not None and now == before else 0
        if alike == _LOOKS_ALIKE:
            return
        before = now
        page.wait_for_timeout(_LOOK_EVERY_MS)


def title(page: Page, name: str) -> Locator:
    """The heading that names the page."""
    return page.get_by_role("heading").filter(has_text=name).first


def texts(page: Page) -> list[str]:
    """Every text and every spoken or shown attribute of the page, cells of tables included."""
    return page.evaluate(_COLLECT)


def english_words(seen: list[str], allowed: frozenset[str] = ALLOWED_WORDS) -> dict[str, str]:
    """English word → the text it stands in. Numbers of things (T2026…, 41XH-7) are no words."""
    found = {}
    for text in seen:
        for token in re.findall(r"[A-Za-z0-9_\-]*[A-Za-z]{2,}[A-Za-z0-9_\-]*", text):
            if token not in allowed and not any(c.isdigit() for c in token):
                found.setdefault(token, text[:80])
    return found
