"""`python -m lib demo`: what it prints and how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from lib.cli import main
from lib.config import Settings
from lib.ingest.versions import publishing
from lib.store import read_pointer


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MINSHENG_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("TICKETS_URL", raising=False)
    monkeypatch.delenv("CITY", raising=False)
    return tmp_path


def test_it_prints_counts_and_the_version(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--months", "2", "--monthly", "500", "--end", "2026-02-10"]) == 0
    said = capsys.readouterr().out
    pointer = read_pointer(Settings(folder, "anyang", None), "demo")
    assert pointer.is_demo
    assert pointer.as_of.isoformat() == "2026-02-11T00:00:00"
    assert f"版本 {pointer.version}" in said
    assert "生成工单：" in said


def test_a_second_publisher_is_told_to_wait(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with publishing(Settings(folder, "anyang", None), "demo"):
        assert main(["demo", "--months", "1", "--monthly", "300", "--end", "2026-02-10"]) == 2
    assert "请等它结束" in capsys.readouterr().err
    assert not (folder / "demo" / "current.json").exists()


@pytest.mark.parametrize("option", [["--months", "0"], ["--monthly", "-5"], ["--end", "2026-13-01"]])
def test_impossible_options_are_refused(folder: Path, option: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["demo", *option])
    assert stopped.value.code == 2
