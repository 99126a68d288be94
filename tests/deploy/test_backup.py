"""Backup while in use, restore into an empty folder: the same tickets and the same end of the history."""

import json
import os
import shutil
import subprocess
import sys
import threading
from dataclasses import replace

import pytest

from deploy import backup
from lib.access import audit
from lib.assessment_store import open_assessment
from lib.config import ROOT
from lib.schema import assessment as a
from lib.store import open_store


@pytest.fixture
def used(demo_settings, tmp_path):
    """A data folder with tickets, secrets and an assessment database that is being written to."""
    shutil.copytree(demo_settings.data_dir, tmp_path / "var")
    settings = replace(demo_settings, data_dir=tmp_path / "var")
    (settings.data_dir / "secrets.json").write_text("{}", "utf-8")
    return settings


def head(settings):
    store = open_assessment(settings, "demo")
    with store.reading() as conn:
        row = conn.execute(a.audit_head.select()).first()
    store.dispose()
    return row.entry_no, row.hash


def test_a_copy_taken_while_writing_is_whole(used, tmp_path):
    stop = threading.Event()
    store = open_assessment(used, "demo")
    with store.writing() as conn:
        audit.append(conn, audit.SYSTEM, audit.Act("started"))

    def write():
        while not stop.is_set():
            with store.writing() as conn:
                audit.append(conn, audit.SYSTEM, audit.Act("started"))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = backup.backup(used.data_dir, tmp_path / "backups")
    finally:
        stop.set()
        writer.join()
        store.dispose()
    assert backup.verify(made) > 3
    again = replace(used, data_dir=tmp_path / "restored")
    assert backup.restore(made, again.data_dir) == backup.verify(made)
    tickets, original = open_store(again, "demo"), open_store(used, "demo")
    assert tickets.count_tickets() == original.count_tickets()
    tickets.dispose()
    original.dispose()
    assert head(again)[0] <= head(used)[0]
    with open_assessment(again, "demo").reading() as conn:
        entries = conn.execute(a.audit_entries.select().order_by(a.audit_entries.c.entry_no)).all()
    assert [entry.entry_no for entry in entries] == list(range(1, len(entries) + 1))
    assert entries[-1].hash == head(again)[1]


def test_versions_nobody_points_at_are_left_out(used, tmp_path):
    (used.data_dir / "demo" / "tickets-old.duckdb").write_bytes(b"x")
    made = backup.backup(used.data_dir, tmp_path)
    pointer = json.loads((made / "demo" / "current.json").read_text("utf-8"))
    assert {path.name for path in made.glob("demo/tickets-*.duckdb")} == {pointer["file"].split("/")[-1]}


def test_damage_is_named_and_nothing_is_restored(used, tmp_path):
    made = backup.backup(used.data_dir, tmp_path)
    (made / "secrets.json").write_text("{ }", "utf-8")
    with pytest.raises(backup.BackupError, match=r"secrets\.json"):
        backup.restore(made, tmp_path / "restored")
    assert not (tmp_path / "restored").exists()


def test_a_missing_version_stops_the_backup_and_leaves_nothing(used, tmp_path):
    for file in used.data_dir.glob("demo/tickets-*.duckdb"):
        file.unlink()
    with pytest.raises(backup.BackupError, match="demo"):
        backup.backup(used.data_dir, tmp_path / "backups")
    assert list((tmp_path / "backups").iterdir()) == []


def test_a_folder_in_use_is_never_overwritten(used, tmp_path):
    made = backup.backup(used.data_dir, tmp_path)
    with pytest.raises(backup.BackupError, match="不是空的"):
        backup.restore(made, used.data_dir)


def test_the_script_says_what_it_did(used, tmp_path):
    def script(*arguments):
        env = os.environ | {"PYTHON": sys.executable, "MINSHENG_DATA_DIR": str(used.data_dir)}
        command = ["sh", str(ROOT / "deploy" / "backup.sh"), *arguments]
        return subprocess.run(command, env=env, capture_output=True, text=True)

    made = script(str(tmp_path / "backups"))
    assert (made.returncode, "已备份到" in made.stdout) == (0, True), made.stderr
    folder = next((tmp_path / "backups").iterdir())
    assert folder.stat().st_mode & 0o077 == 0
    assert script("--check", str(folder)).returncode == 0
    refused = script("--restore", str(folder))
    assert (refused.returncode, "不是空的" in refused.stderr) == (2, True)
