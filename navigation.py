"""What every run begins with: navigation, the version of the data, the shared filters; then the page."""

from __future__ import annotations

import logging
import secrets

import streamlit as st

from lib import loaders
from lib.config import ConfigError
from lib.store import DamagedDataError, NoDataError
from lib.ui import empty, filters, layout

log = logging.getLogger("minsheng.page")

PAGES = {
    "": [
        st.Page("pages/overview.py", title="总体情况", url_path="overview", default=True),
        st.Page("pages/trends.py", title="趋势研判", url_path="trends"),
        st.Page("pages/districts.py", title="区域分布", url_path="districts"),
        st.Page("pages/units.py", title="承办质效", url_path="units"),
        st.Page("pages/tickets.py", title="工单查询", url_path="tickets"),
    ],
    "口径与数据": [
        st.Page("pages/definitions.py", title="指标口径", url_path="definitions"),
        st.Page("pages/imports.py", title="数据导入与质量", url_path="imports"),
    ],
}
# The page on which missing data can be mended must open without data.
OPEN_WITHOUT_DATA = ("imports",)


def run() -> None:
    """Draw one page. Faults become a designed state: the person gets a sentence, the log the rest."""
    st.set_page_config(page_title="民声看板", layout="wide")
    layout.style()
    page = st.navigation(PAGES, position="top")
    body = st.container()
    # Drawn before the page, which may say that it has nothing to show and stop.
    layout.footer()
    with body:
        _guarded(page)


def _guarded(page: st.Page) -> None:
    try:
        _draw(page)
    except NoDataError as error:
        empty.no_data(str(error))
    except DamagedDataError as error:
        log.exception("the ticket data cannot be read")
        empty.damaged(str(error))
    except ConfigError as error:
        log.error("wrong setting: %s", error)
        empty.state("系统设置有误", str(error), icon=":material/error:")
    except Exception:
        number = secrets.token_hex(4)
        log.exception("fault %s on page %s", number, page.url_path)
        empty.fault(number)


def _draw(page: st.Page) -> None:
    try:
        loaders.begin_run()
        filters.bar()
    except (NoDataError, DamagedDataError):
        if page.url_path not in OPEN_WITHOUT_DATA:
            raise
    page.run()


run()
