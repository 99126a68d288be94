"""数据导入与质量: upload, check, publish once; refusals; an unknown export gets a proposed mapping."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update
from streamlit.testing.v1 import AppTest

from lib.assessment_store import open_assessment
from lib.config import Settings
from lib.ingest.mapping import load_mapping
from lib.schema import assessment
from lib.store import NoDataError, active_pair, read_pointer
from lib.ui import jobs
from tests.ingest import files
from tests.pages.conftest import Opener, raw_page, words

UPLOADER = "upload_0"


@pytest.fixture
def empty_city(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A server without any data."""
    monkeypatch.setenv("MINSHENG_DATA_DIR", str(settings.data_dir))
    monkeypatch.delenv("TICKETS_URL", raising=False)
    monkeypatch.delenv("CITY", raising=False)
    return settings


def upload(test: AppTest, path: Path) -> AppTest:
    test.file_uploader(key=UPLOADER).upload(path.name, path.read_bytes())
    return settled(test.run())


def settled(test: AppTest) -> AppTest:
    """Run again until no job is under way."""
    deadline = time.monotonic() + 120
    while any(not job.is_done for job in jobs._jobs.values()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return test.run()


def figures(test: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in test.metric}


def click(test: AppTest, key: str) -> AppTest:
    return settled(test.button(key=key).click().run())


def test_nobody_is_locked_out_by_the_first_import(empty_city: Settings, tmp_path: Path) -> None:
    test = raw_page("imports")
    with open_assessment(empty_city, "city").writing() as conn:
        conn.execute(update(assessment.accounts).values(disabled_at=datetime(2026, 1, 1)))
    test = upload(test, files.write_csv(tmp_path / "十月.csv"))
    assert figures(test)["新增"] == "3"
    assert "本市库还没有账号" in words(test)
    assert "publish" not in [button.key for button in test.button]


def test_first_import_makes_the_citys_own_database_and_shows_it(empty_city: Settings, tmp_path: Path) -> None:
    test = raw_page("imports")
    assert "导入会建立本市自己的数据库" in words(test)
    rows = [*files.ROWS, ["A001", *files.ROWS[0][1:]]]
    test = upload(test, files.write_csv(tmp_path / "十月.csv", rows))
    assert figures(test) == {"读取": "4", "新增": "3", "更新": "0", "未变": "0", "退回": "1"}
    assert "标准导入模板" in words(test)
    with pytest.raises(NoDataError):
        read_pointer(empty_city, "city")
    test = click(test, "publish")
    assert "已发布" in words(test)
    assert figures(test) == {"读取": "4", "新增": "3", "更新": "0", "未变": "0", "退回": "1"}
    assert active_pair(empty_city) == "city"
    with open_assessment(empty_city, "city").reading() as conn:
        e = assessment.audit_entries.c
        told = conn.execute(select(e.action, e.account).order_by(e.entry_no)).all()
    assert told == [(act, "hotline-all") for act in ("import_started", "import_finished", "pair_chosen")]
    assert not list((empty_city.data_dir / "uploads").iterdir())
    assert len(list((empty_city.data_dir / "city" / "rejected").iterdir())) == 1
    test = click(test, "import_more")
    assert "最近一次导入" in words(test)
    test.file_uploader(key="upload_1").upload("十月.csv", files.csv_text(rows).encode())
    test = settled(test.run())
    assert figures(test) == {"读取": "4", "新增": "0", "更新": "0", "未变": "3", "退回": "1"}
    assert "不需要导入" in words(test)


def test_a_second_click_or_a_second_tab_does_not_import_twice(empty_city: Settings, tmp_path: Path) -> None:
    path = files.write_csv(tmp_path / "十月.csv")
    first, second = upload(raw_page("imports"), path), upload(raw_page("imports"), path)
    first.button(key="publish").click().run()
    second.button(key="publish").click().run()
    first, second = settled(first), settled(second)
    assert "已发布" in words(first)
    assert "已发布" in words(second)
    assert len(list((empty_city.data_dir / "city").glob("tickets-*.duckdb"))) == 1


def test_bad_file_is_refused_and_the_page_goes_on(empty_city: Settings, tmp_path: Path) -> None:
    path = tmp_path / "坏.xlsx"
    path.write_bytes(b"PK\x03\x04" + b"\0" * 500)
    test = upload(raw_page("imports"), path)
    assert "没有导入，数据未改动" in words(test)
    assert "文件不完整" in words(test)
    assert "publish" not in [button.key for button in test.button]


def test_unknown_headings_get_a_proposed_mapping_that_is_kept(empty_city: Settings, tmp_path: Path) -> None:
    rows = [[f"K{i}", "2026-10-01 09:00", "已办结"] for i in range(4)]
    test = upload(raw_page("imports"), files.write_csv(tmp_path / "x.csv", rows, ["件号", "来电时间", "状态"]))
    assert "没有见过的表头" in words(test)
    test = click(test, "save_mapping")
    assert load_mapping("own", empty_city).label == "本市导出"
    assert figures(test)["新增"] == "4"


def test_quality_of_the_demo_city_and_its_mark(open_page: Opener) -> None:
    said = words(open_page("imports"))
    for part in ("数据到几号", "数据疑点", "哪些字段空缺、未归类", "当前显示的是演示数据"):
        assert part in said
