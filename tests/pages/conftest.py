"""The whole application in AppTest, on the demo city: navigation, filters, one page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from lib.config import ROOT, Settings
from tests.people import signed_in

Opener = Callable[..., AppTest]
DENIED = ("本页暂时打不开", "已退出登录", "数据暂时不能使用", "还没有工单数据", "系统设置有误")


def words(test: AppTest) -> str:
    """Every text of the page, in its order, one per line."""
    return "\n".join(str(e.value) for e in test.main if getattr(e, "value", None) is not None)


def dialog(test: AppTest) -> str:
    """Texts of the whole run, an open dialog included: AppTest keeps it beside the main block."""
    return "\n".join(str(e.value) for e in (*test.markdown, *test.text, *test.caption))


def address(test: AppTest) -> dict[str, str]:
    """Parameters of the address."""
    return {name: v if isinstance(v, str) else v[0] for name, v in test.query_params.items()}


def checked(test: AppTest) -> AppTest:
    """Fails when the run ended in a designed error state."""
    assert not test.exception
    said = words(test)
    assert not [text for text in DENIED if text in said], said
    return test


@pytest.fixture(autouse=True)
def navigation_alone_knows_the_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Like the server: AppTest would run files of pages/ by themselves, without navigation.py."""
    create = PagesManager.__init__

    def without_folder(self: PagesManager, *args: Any, **kwargs: Any) -> None:
        create(self, *args, **kwargs)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", without_folder)


@pytest.fixture
def open_page(demo_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Opener:
    """Opens a page by its slug with parameters of the address, on the shared demo city."""
    monkeypatch.setenv("MINSHENG_DATA_DIR", str(demo_settings.data_dir))
    monkeypatch.delenv("TICKETS_URL", raising=False)
    monkeypatch.delenv("CITY", raising=False)

    return run_page


def run_page(slug: str, *, user: dict[str, str] | None = None, **parameters: str) -> AppTest:
    """A page as somebody sees it who opens its address; fails where it shows a designed error.

    user: who opens it, from tests.people.signed_in; the usual role unless given.
    """
    return checked(raw_page(slug, user=user, **parameters))


def raw_page(slug: str, *, user: dict[str, str] | None = None, **parameters: str) -> AppTest:
    """The same, whatever it shows. AppTest knows the pages of st.navigation only after a first run."""
    test = AppTest.from_file(str(ROOT / "navigation.py"), default_timeout=60)
    test.user = signed_in() if user is None else user
    if slug != "overview":
        test.run()
        test.switch_page(f"pages/{slug}.py")
        test.query_params.clear()
    for name, value in parameters.items():
        test.query_params[name] = value
    return test.run()
