"""`python -m lib verify`, and the program for outsiders that docs/audit.md gives."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lib import cli
from lib.assessment_store import AssessmentStore, database_file
from lib.config import ROOT, Settings
from tests.access.chains import appended, entries, overwrite, with_other_hash


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs `verify` on the data folder of the test; returns exit code, output and errors."""
    monkeypatch.setenv("MINSHENG_DATA_DIR", str(settings.data_dir))
    for name in ("TICKETS_URL", "ASSESSMENT_URL", "CITY", "MINSHENG_AUDIT_HASH"):
        monkeypatch.delenv(name, raising=False)

    def verify(*arguments: str) -> tuple[int, str, str]:
        code = cli.main(["verify", "--pair", "city", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return verify


def test_whole_chain_is_said_with_its_limit(run, store: AssessmentStore) -> None:
    appended(store, 3)
    code, out, _ = run()
    assert code == 0
    assert "本市数据：核验 3 条审计记录" in out
    assert "没有导出的链末端可对照" in out


def test_exported_head_is_followed(run, store: AssessmentStore, tmp_path: Path) -> None:
    appended(store, 3)
    head = tmp_path / "链末端.json"
    code, out, _ = run("--export-head", str(head))
    assert (code, "已导出第 3 条的链末端" in out) == (0, True)
    appended(store, 2)
    code, out, _ = run("--head", str(head))
    assert code == 0
    assert "一致到第 3 条；其后 3 条尚无链末端可对照" in out
    rows = entries(store)[:2]
    overwrite(store, rows, head=(2, rows[-1]["hash"]))
    code, out, _ = run("--head", str(head), "--json")
    report = json.loads(out)
    assert (code, report["is_whole"], report["broken"]["entry_no"], report["covered"]) == (2, False, 3, 0)


def test_broken_chain_is_named_and_not_exported(run, store: AssessmentStore, tmp_path: Path) -> None:
    rows = appended(store, 3)
    overwrite(store, [rows[0], {**rows[1], "text": rows[1]["text"].replace("调整", "变更")}, rows[2]])
    code, out, err = run("--export-head", str(tmp_path / "head.json"))
    assert code == 2
    assert "不完整：第 2 条起有问题——正文被改动" in out
    assert "没有导出链末端" in err
    assert not (tmp_path / "head.json").exists()
    assert len(entries(store)) == 3


def test_what_cannot_be_checked_is_a_sentence(run, settings: Settings, tmp_path: Path) -> None:
    code, _, err = run()
    assert (code, "还没有考核库" in err) == (2, True)
    assert not database_file(settings, "city").exists()


def test_head_that_cannot_be_written_is_not_recorded(run, store: AssessmentStore, tmp_path: Path) -> None:
    appended(store, 1)
    (tmp_path / "folder").mkdir()
    code, _, err = run("--export-head", str(tmp_path / "folder"))
    assert (code, "写不进去" in err) == (2, True)
    assert len(entries(store)) == 1
    assert run("--head", str(tmp_path / "none.json"))[0] == 2


def outsiders_program(folder: Path) -> Path:
    text = (ROOT / "docs" / "audit.md").read_text("utf-8")
    found = re.search(r"<!-- outsider -->\n```python\n(.*?)```", text, re.DOTALL)
    assert found
    path = folder / "check.py"
    path.write_text(found.group(1), "utf-8")
    return path


def test_outsiders_find_the_same_without_our_program(
    run, store: AssessmentStore, settings: Settings, tmp_path: Path
) -> None:
    appended(store, 2)
    rows = appended(with_other_hash(store, "sm3"), 2)
    head = tmp_path / "head.json"
    assert run("--export-head", str(head))[0] == 0
    program = outsiders_program(tmp_path)
    assert len(program.read_text("utf-8").strip().splitlines()) <= 17

    def outsider() -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, str(program), str(database_file(settings, "city")), str(head)],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    whole = entries(store)
    assert outsider() == (0, f"5 entries are whole; the last hash is {whole[-1]['hash']}\n")
    overwrite(store, [*rows[:2], {**rows[2], "text": rows[2]["text"].replace("调整", "变更")}, *rows[3:]])
    assert outsider() == (1, "broken at entry 3\n")
    overwrite(store, rows[:1], head=(1, rows[0]["hash"]))
    assert outsider() == (1, "cut behind entry 1\n")
