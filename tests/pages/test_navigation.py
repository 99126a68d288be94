"""Faults become designed states: a sentence for the person, the rest in the log, never a wrong figure."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from lib.config import Settings
from tests.pages.conftest import Opener, raw_page, words
from tests.people import signed_in


@pytest.fixture
def empty_folder(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MINSHENG_DATA_DIR", str(settings.data_dir))
    monkeypatch.delenv("TICKETS_URL", raising=False)
    return settings.data_dir


@pytest.mark.usefixtures("empty_folder")
def test_without_data_a_page_says_what_to_do() -> None:
    said = words(raw_page("overview"))
    assert "还没有工单数据" in said
    assert "导入工单" in said
    assert "本系统不得处理、存储涉密信息" in said


@pytest.mark.usefixtures("empty_folder")
def test_without_data_the_import_page_opens() -> None:
    test = raw_page("imports")
    assert not test.exception
    assert "还没有工单数据" not in words(test)


def test_a_damaged_pointer_shows_no_figure(empty_folder: Path) -> None:
    (empty_folder / "demo").mkdir(parents=True)
    (empty_folder / "demo" / "current.json").write_text("{", "utf-8")
    test = raw_page("overview")
    assert not test.metric
    assert "数据暂时不能使用" in words(test)


@pytest.mark.usefixtures("empty_folder")
def test_a_wrong_setting_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    somebody = signed_in()
    monkeypatch.setenv("TICKETS_URL", "mysql://x")
    assert "系统设置有误" in words(raw_page("overview", user=somebody))


def test_an_unforeseen_fault_gets_a_number_that_is_in_the_log(
    open_page: Opener, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from lib import answers

    open_page("overview")

    def broken(*_args: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(answers, "overview", broken)
    with caplog.at_level(logging.ERROR, "minsheng.page"):
        test = raw_page("overview")
    said = words(test)
    assert "本页暂时打不开" in said
    assert "secret detail" not in said
    number = said.split("故障编号 ")[1][:8]
    assert number in caplog.text
    assert "secret detail" in caplog.text
