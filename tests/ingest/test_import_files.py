"""From files and database tables to a published version: the pipeline and the command."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import duckdb
import openpyxl
import pandas as pd
import pytest
from sqlalchemy import create_engine, select, text

from lib.cli import main
from lib.config import ROOT, Settings
from lib.ingest.command import parse_as_of
from lib.ingest.mapping import own_mappings_dir
from lib.ingest.pipeline import import_files, import_table, watermark
from lib.ingest.readers import ReadError
from lib.ingest.sql_source import read_only_engine, source_url
from lib.ingest.staged import PublishResult
from lib.ingest.template_command import write_template
from lib.schema import tickets as t
from lib.store import NoDataError, active_pair, open_store, read_pointer
from tests.ingest import files

OWN = """
name: own
label: 热线库
source_code: own
match: [no, received]
dimensions: source
fields: {ticket_no: no, received_at: received, title: title, is_closed: state, source_updated_at: changed}
constants: {handling_type: referred}
"""


def tally(result: PublishResult) -> tuple[int, int, int, int, int]:
    assert result.read == result.inserted + result.updated + result.unchanged + result.rejected
    return result.read, result.inserted, result.updated, result.unchanged, result.rejected


def stored(settings: Settings, *columns: str) -> list[tuple[object, ...]]:
    store = open_store(settings, "city")
    try:
        with store.engine.connect() as conn:
            stmt = select(*(t.tickets.c[name] for name in columns)).order_by(t.tickets.c.ticket_no)
            return [tuple(row) for row in conn.execute(stmt)]
    finally:
        store.dispose()


def command(settings: Settings, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if k not in ("TICKETS_URL", "CITY")}
    return subprocess.run(
        [sys.executable, "-m", "lib", *arguments],
        cwd=ROOT,
        env=env | {"MINSHENG_DATA_DIR": str(settings.data_dir), "SOURCE_DB": "sqlite:////nowhere/secret.db"},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_files_are_published_and_the_same_again_changes_nothing(tmp_path: Path, settings: Settings) -> None:
    path = files.write_csv(tmp_path / "a.csv")
    first = import_files([path], settings)
    assert tally(first) == (3, 3, 0, 0, 0)
    assert first.is_new_version
    again = import_files([path], settings)
    assert tally(again) == (3, 0, 0, 3, 0)
    assert (again.is_new_version, again.version) == (False, first.version)
    changed = [[*files.ROWS[1][:4], "已办结", "2026-10-05 09:00:00", files.ROWS[1][6]], files.ROWS[0]]
    assert tally(import_files([files.write_csv(tmp_path / "b.csv", changed)], settings)) == (2, 0, 1, 1, 0)
    assert stored(settings, "ticket_no", "is_closed") == [("A001", True), ("A002", True), ("A003", True)]


def test_dry_run_keeps_nothing(tmp_path: Path, settings: Settings) -> None:
    result = import_files([files.write_csv(tmp_path / "a.csv")], settings, dry_run=True)
    assert tally(result) == (3, 3, 0, 0, 0)
    assert (result.version, result.rejected_path) == (None, None)
    with pytest.raises(NoDataError):
        read_pointer(settings, "city")


def test_a_bad_part_changes_nothing(tmp_path: Path, settings: Settings) -> None:
    import_files([files.write_csv(tmp_path / "a.csv")], settings)
    before = read_pointer(settings, "city")
    (tmp_path / "空.csv").write_bytes(b"")
    good = files.write_csv(tmp_path / "c.csv", [["A009", "2026-10-05", "", "", "", "", ""]])
    with pytest.raises(ReadError, match=r"空.csv：文件是空的"):
        import_files([good, tmp_path / "空.csv"], settings)
    assert read_pointer(settings, "city") == before


def test_fields_one_of_two_files_lacks_are_not_emptied(tmp_path: Path, settings: Settings) -> None:
    head = ["工单编号", "受理时间", "紧急程度"]
    both = [["A1", "2026-10-01", "紧急"], ["A2", "2026-10-01", "紧急"]]
    import_files([files.write_csv(tmp_path / "a.csv", both, head)], settings)
    paths = [
        files.write_csv(tmp_path / "b.csv", [["A1", "2026-10-01"]], head[:2]),
        files.write_csv(tmp_path / "c.csv", [["A2", "2026-10-01", "突发"], ["A3", "2026-10-02", "一般"]], head),
    ]
    assert tally(import_files(paths, settings)) == (3, 1, 1, 1, 0)
    assert stored(settings, "ticket_no", "urgency") == [("A1", "urgent"), ("A2", "emergency"), ("A3", "normal")]


def test_rejected_rows_are_corrected_and_imported(tmp_path: Path, settings: Settings) -> None:
    rows = [files.ROWS[0], ["A010", "不详", *files.ROWS[1][2:]]]
    result = import_files([files.write_csv(tmp_path / "a.csv", rows)], settings)
    assert tally(result) == (2, 1, 0, 0, 1)
    assert result.rejected_path is not None
    assert result.rejected_path.endswith(f"退回行_{result.version}.xlsx")
    book = openpyxl.load_workbook(result.rejected_path)
    book["待更正"]["B2"] = "2026-10-04 09:00"
    book.save(tmp_path / "更正.xlsx")
    assert tally(import_files([tmp_path / "更正.xlsx"], settings)) == (1, 1, 0, 0, 0)


def test_import_command_asks_before_it_leaves_the_demo(tmp_path: Path, settings: Settings) -> None:
    path = str(files.write_csv(tmp_path / "a.csv"))
    refused = command(settings, "import", path, stdin="n\n")
    assert refused.returncode == 2
    assert "请确认（或加 --yes）" in refused.stderr
    assert active_pair(settings) == "demo"
    done = command(settings, "import", path, "--yes", "--json", "--as-of", "2026-10-20")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert {k: result[k] for k in ("read", "inserted", "rejected")} == {"read": 3, "inserted": 3, "rejected": 0}
    assert active_pair(settings) == "city"
    pointer = read_pointer(settings, "city")
    assert (pointer.version, pointer.as_of) == (result["version"], datetime(2026, 10, 21))
    assert command(settings, "import", path).returncode == 0


def test_import_command_refuses_with_a_sentence(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MINSHENG_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("SOURCE_DB", "sqlite:////nowhere/secret.db")
    monkeypatch.delenv("TICKETS_URL", raising=False)
    odd = str(files.write_csv(tmp_path / "odd.csv", [["1", "2"]], ["甲", "乙"]))
    for arguments, sentence in (
        (["import"], "请给出要导入的文件"),
        (["import", odd, "--yes"], "没有适合“odd.csv”的映射"),
        (["import", odd, "--yes", "--mapping", "nothing"], "没有名为“nothing”的映射"),
        (["import", "--yes", "--from-url", "env:SOURCE_DB", "--table", "t"], "找不到数据库文件“secret.db”"),
        (["import", "--yes", "--from-url", "oracle://u:geheim@h/x", "--table", "t"], "不支持的数据库类型“oracle”"),
    ):
        assert main(arguments) == 2
        said = capsys.readouterr().err
        assert sentence in said
        assert "Traceback" not in said
        assert "geheim" not in said
    assert not (settings.data_dir / "city" / "current.json").exists()


def test_as_of_given_as_a_day_ends_with_it() -> None:
    assert parse_as_of("2026-10-20") == datetime(2026, 10, 21)
    assert parse_as_of("2026-10-20 18:30") == datetime(2026, 10, 20, 18, 30)


def test_template_imports_cleanly(tmp_path: Path, settings: Settings) -> None:
    write_template(tmp_path / "t.xlsx")
    result = import_files([tmp_path / "t.xlsx"], settings)
    assert tally(result) == (2, 2, 0, 0, 0)


# --- a database table as the source ---------------------------------------------------------


@pytest.fixture
def own_mapping(settings: Settings) -> str:
    folder = own_mappings_dir(settings)
    folder.mkdir(parents=True)
    (folder / "own.yaml").write_text(OWN, "utf-8")
    return "own"


def rows_of(count: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "no": [f"T{i:03d}" for i in range(count)],
            "received": pd.Timestamp("2026-10-01 09:00"),
            "title": "路灯",
            "state": "办理中",
            "changed": pd.date_range("2026-10-02", periods=count, freq="h"),
        }
    )


def write_source(kind: str, folder: Path, url: str, frame: pd.DataFrame) -> str:
    """Put the frame into a table `t` of a source of that kind; returns its address."""
    if kind == "sqlite":
        with sqlite3.connect(folder / "s.db") as conn:
            frame.astype(str).to_sql("t", conn, index=False, if_exists="replace")
        return f"sqlite:///{folder / 's.db'}"
    if kind == "duckdb":
        with duckdb.connect(str(folder / "s.duckdb")) as db:
            db.register("frame", frame)
            db.execute("CREATE OR REPLACE TABLE t AS SELECT * FROM frame")
        return f"duckdb:///{folder / 's.duckdb'}"
    engine = create_engine(url)
    frame.to_sql("t", engine, index=False, if_exists="replace")
    engine.dispose()
    return url


SERVERS = {"postgresql": "postgres_url", "mysql": "mysql_url"}


@pytest.mark.parametrize("kind", ["sqlite", "duckdb", "postgresql", "mysql"])
def test_table_is_imported_and_then_only_what_changed(
    kind: str, tmp_path: Path, settings: Settings, own_mapping: str, request: pytest.FixtureRequest
) -> None:
    server = request.getfixturevalue(SERVERS[kind]) if kind in SERVERS else ""
    frame = rows_of(30)
    url = write_source(kind, tmp_path, server, frame)
    assert tally(import_table(url, "t", settings, own_mapping)) == (30, 30, 0, 0, 0)
    assert watermark(settings, "city", "own") == datetime(2026, 10, 3, 5)
    frame.loc[3, ["state", "changed"]] = ["已办结", pd.Timestamp("2026-10-04 08:00")]
    write_source(kind, tmp_path, server, frame)
    # The newest known row is read again: several rows may carry its moment.
    assert tally(import_table(url, "t", settings, own_mapping)) == (2, 0, 1, 1, 0)
    assert sum(closed is True for (closed,) in stored(settings, "is_closed")) == 1


@pytest.mark.parametrize("kind", ["sqlite", "duckdb", "postgresql", "mysql"])
def test_source_connection_cannot_write(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    server = request.getfixturevalue(SERVERS[kind]) if kind in SERVERS else ""
    engine = read_only_engine(source_url(write_source(kind, tmp_path, server, rows_of(2))))
    with pytest.raises(Exception, match=r"(?i)read.?only"), engine.begin() as conn:
        conn.execute(text("DELETE FROM t"))
    engine.dispose()


def test_missing_table_and_bad_address_are_sentences(tmp_path: Path, settings: Settings, own_mapping: str) -> None:
    url = write_source("sqlite", tmp_path, "", rows_of(1))
    with pytest.raises(ReadError, match="没有表“nothing”"):
        import_table(url, "nothing", settings, own_mapping)
    with pytest.raises(ReadError, match="写法不对"):
        import_table("://", "t", settings, own_mapping)
    with pytest.raises(ReadError) as refused:
        import_table("postgresql+psycopg://u:geheim@127.0.0.1:1/x", "t", settings, own_mapping)
    assert "geheim" not in str(refused.value)
    assert "请检查地址、账号权限和网络" in str(refused.value)
