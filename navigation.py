"""What every run begins with: navigation, the version of the data, the shared filters; then the page."""

from __future__ import annotations

import streamlit as st

from lib import loaders, logs
from lib.access.runs import SignedOutError
from lib.config import ConfigError
from lib.store import DamagedDataError, NoDataError
from lib.ui import faults, filters, layout, sitemap

# The first page of most has the root for its address. Others have a root that leads on, so that the address of
# their first page stays its own.
FIRST, HOME = "overview", "home"
# Pages that show no tickets, and the one on which missing data can be mended, open without data.
WITHOUT_FILTERS = (
    "accounts", "audit", "my_account", "kiosk", "problem_list", "supervision_list", "list_item", "list_entry",
    "letters", "suggestions", "visits", "warnings", "scheduling", "results", "mechanisms", HOME,
)  # fmt: skip
OPEN_WITHOUT_DATA = ("imports", *WITHOUT_FILTERS)


def run() -> None:
    """Draw one page. Faults become a designed state: the person gets a sentence, the log the rest."""
    st.set_page_config(page_title="民声看板", layout="wide")
    layout.style()
    try:
        own = sitemap.places_of(loaders.identity())
    except (SignedOutError, ConfigError) as error:
        # Without a person there are no pages: nothing is registered but the reason.
        reason = error
        st.navigation([st.Page(lambda: faults.show(reason), title="民声看板")], position="hidden").run()
        layout.footer()
        return
    page = st.navigation(_pages(own), position="top")
    body = st.container()
    # Drawn before the page, which may say that it has nothing to show and stop.
    layout.footer()
    with body:
        # Streamlit calls whatever page has the root by the empty name.
        _guarded(page, page.url_path or (FIRST if FIRST in own else HOME))


def _pages(own: dict[str, sitemap.Place]) -> dict[str, list[st.Page]]:
    """The pages of one person; what is not registered cannot be reached."""
    groups: dict[str, list[st.Page]] = {}
    for slug, place in own.items():
        page = st.Page(f"pages/{slug}.py", title=place.title, url_path=slug, default=slug == FIRST,
                       visibility="hidden" if place.is_hidden else "visible")  # fmt: skip
        groups.setdefault(place.group, []).append(page)
    if FIRST not in own:
        first = next(iter(own))
        home = st.Page(
            lambda: st.switch_page(f"pages/{first}.py"), title="首页", url_path=HOME, default=True, visibility="hidden"
        )
        groups.setdefault("", []).insert(0, home)
    return groups


def _guarded(page: st.Page, slug: str) -> None:
    try:
        logs.about(page=slug, **logs.facts_of(loaders.identity()))
        _draw(page, slug)
    except Exception as error:
        faults.show(error, slug)


def _draw(page: st.Page, slug: str) -> None:
    try:
        loaders.begin_run()
        if slug not in WITHOUT_FILTERS:
            filters.bar()
    except (NoDataError, DamagedDataError):
        if slug not in OPEN_WITHOUT_DATA:
            raise
    page.run()


run()
