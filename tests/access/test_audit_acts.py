"""Acts outside the database: intent and outcome of imports, what a start closes, rule files by hash."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lib.access import audit
from lib.access.acts import recorded, under_way
from lib.access.audit import Act
from lib.access.reconcile import open_intents, reconcile
from lib.access.roles import Identity
from lib.access.rule_files import record_rule_files
from lib.access.startup import at_start
from lib.access.verify import verify
from lib.assessment_store import AssessmentStore, has_assessment, open_assessment
from lib.config import ROOT, Settings
from lib.ingest.pipeline import import_files, publish_staged
from lib.ingest.publish import BusyError, publish
from lib.ingest.uploads import check_uploads, choose_recorded, keep_uploads, publish_checked, save_own_mapping
from lib.ingest.versions import new_version_name, publishing
from lib.store import pair_dir, read_pointer
from tests.access.chains import entries
from tests.ingest import files
from tests.ingest.staging import staged, ticket

# Takes long: `make prove` and CI run it, `make test` does not.
pytestmark = pytest.mark.proof

CLERK = Identity("zhang", "张三丰", "hotline")


def said(store: AssessmentStore) -> list[dict[str, Any]]:
    """The entries as their texts say them, without those of a start."""
    texts = [json.loads(row["text"]) for row in entries(store)]
    return [text for text in texts if text["action"] not in ("started", "rule_file_changed")]


def acts(store: AssessmentStore) -> list[str]:
    return [text["action"] for text in said(store)]


def test_import_is_recorded_before_and_after(store: AssessmentStore, settings: Settings, tmp_path: Path) -> None:
    result = import_files([files.write_csv(tmp_path / "十月.csv")], settings, actor=CLERK)
    begun, ended = said(store)
    assert (begun["action"], begun["account"], begun["subject"]) == ("import_started", "zhang", result.version)
    assert (begun["after"]["files"], begun["after"]["rows"]) == (["十月.csv"], 3)
    assert (ended["action"], ended["subject"]) == ("import_finished", result.version)
    assert ended["after"] == {
        "intent": 1, "version": result.version, "is_new_version": True, "read": 3, "inserted": 3, "updated": 0,
        "unchanged": 0, "rejected": 0,
    }  # fmt: skip
    again = import_files([tmp_path / "十月.csv"], settings)
    last = said(store)[-1]
    assert (last["account"], last["after"]["version"]) == ("command-line", again.version)
    assert last["after"]["is_new_version"] is False
    assert verify(store).is_whole


def test_dry_run_is_not_recorded(settings: Settings, tmp_path: Path) -> None:
    import_files([files.write_csv(tmp_path / "a.csv")], settings, dry_run=True)
    assert not has_assessment(settings, "city")


def test_refused_import_says_why(store: AssessmentStore, settings: Settings) -> None:
    with publishing(settings, "city"), pytest.raises(BusyError):
        publish_staged(staged(ticket("A1")), settings, False, None, "city", CLERK)
    assert acts(store) == ["import_started", "import_failed"]
    assert "请等它结束后再试" in said(store)[1]["reason"]


def test_fault_keeps_its_kind_only(store: AssessmentStore, settings: Settings) -> None:
    with pytest.raises(KeyError), recorded(settings, "city", CLERK, "import", "v1", {}):
        raise KeyError("李四 13812345678")
    assert said(store)[1]["reason"] == "程序中断（KeyError）"


def test_without_a_record_there_is_no_act(store: AssessmentStore, settings: Settings) -> None:
    with store.writing() as conn:
        conn.exec_driver_sql("DELETE FROM audit_head")
    with pytest.raises(audit.BrokenChainError):
        publish_staged(staged(ticket("A1")), settings, False, None, "city")
    assert not (pair_dir(settings, "city") / "current.json").exists()
    with pytest.raises(audit.BrokenChainError):
        choose_recorded(settings, "city", CLERK)
    assert not (settings.data_dir / "active.json").exists()


def test_page_import_tells_who_and_that_data_were_switched(settings: Settings) -> None:
    token, paths = keep_uploads(settings, [("十月.csv", files.csv_text(files.ROWS).encode())])
    checked = check_uploads(settings, token, paths, None, None)
    assert checked.folder is not None
    publish_checked(settings, token, checked.folder, actor=CLERK)
    store = open_assessment(settings, "city")
    assert [(s["action"], s["account"]) for s in said(store)] == [
        ("import_started", "zhang"), ("import_finished", "zhang"), ("pair_chosen", "zhang"),
    ]  # fmt: skip
    assert (said(store)[2]["before"], said(store)[2]["after"]) == ({"pair": "demo"}, {"pair": "city"})
    store.dispose()


def test_saved_mapping_is_recorded(settings: Settings) -> None:
    text = (ROOT / "data" / "mappings" / "standard_zh.yaml").read_text("utf-8")
    save_own_mapping(settings, text, CLERK)
    save_own_mapping(settings, text + "\n", CLERK)
    store = open_assessment(settings, "demo")
    first, second = said(store)
    assert (first["action"], first["before"], second["before"]) == ("mapping_saved", None, first["after"])
    store.dispose()


# --- open intents ----------------------------------------------------------------------------


def intend(store: AssessmentStore, action: str, subject: str) -> int:
    with store.writing() as conn:
        return audit.append(conn, CLERK, Act(action, audit.Verbatim(subject), after={}))


def test_start_closes_what_a_killed_process_left_open(settings: Settings, store: AssessmentStore) -> None:
    published = new_version_name()
    intend(store, "import_started", published)
    publish(settings, "city", staged(ticket("A1")), version=published)
    assert read_pointer(settings, "city").version == published
    intend(store, "import_started", "20261020T101010-00000000")
    intend(store, "export_started", "工单列表.xlsx")
    at_start(settings)  # the active pair is demo: the city has a history, too
    closed = said(store)[3:]
    assert [(c["action"], c["subject"], c["account"], c["after"]["intent"]) for c in closed] == [
        ("import_finished", published, "system", 1),
        ("import_failed", "20261020T101010-00000000", "system", 2),
        ("export_failed", "工单列表.xlsx", "system", 3),
    ]
    assert all(c["reason"].startswith("启动核对：") for c in closed)
    count = len(acts(store))
    at_start(settings)
    assert len(acts(store)) == count


def test_act_that_is_under_way_stays_open(settings: Settings, store: AssessmentStore) -> None:
    number = intend(store, "import_started", "v1")
    with under_way(settings, "city"):
        assert reconcile(settings, store) == [number]
        at_start(settings)
    assert acts(store) == ["import_started"]
    at_start(settings)
    assert acts(store) == ["import_started", "import_failed"]


def test_import_stays_open_while_the_data_are_damaged(settings: Settings, store: AssessmentStore) -> None:
    number = intend(store, "import_started", "v1")
    (pair_dir(settings, "city") / "current.json").write_text("{")
    assert reconcile(settings, store) == [number]
    with store.reading() as conn:
        assert list(open_intents(conn)) == [number]


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from unittest import mock
    from lib.config import Settings
    from lib.ingest.pipeline import publish_staged
    from tests.ingest.staging import staged, ticket

    settings = Settings(data_dir=Path(sys.argv[1]), city="anyang", tickets_url=None)
    with mock.patch(sys.argv[2], lambda *args, **kw: os.kill(os.getpid(), signal.SIGKILL)):
        publish_staged(staged(ticket("A1")), settings, False, None, "city")
"""


@pytest.mark.parametrize(
    ("moment", "outcome"),
    [("lib.ingest.draft.replace_file", "import_failed"), ("lib.ingest.versions.sweep", "import_finished")],
    ids=["before the swap", "after the swap"],
)
def test_killed_import_is_told_as_it_ended(
    settings: Settings, store: AssessmentStore, moment: str, outcome: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(settings.data_dir), moment],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL
    assert acts(store) == ["import_started"]
    at_start(settings)
    assert acts(store) == ["import_started", outcome]


# --- rule files ------------------------------------------------------------------------------


def test_changed_rule_files_are_recorded_once(store: AssessmentStore, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    for name in ("cities/anyang/city.yaml", "mappings/a.yaml", "var/city/tickets.duckdb", ".hidden/x"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)

    def look() -> list[str]:
        with store.writing() as conn:
            return record_rule_files(conn, folder)

    assert look() == ["cities/anyang/city.yaml", "mappings/a.yaml"]
    assert look() == []
    (folder / "mappings/a.yaml").write_text("changed")
    (folder / "cities/anyang/city.yaml").unlink()
    assert look() == ["cities/anyang/city.yaml", "mappings/a.yaml"]
    gone, changed = [json.loads(row["text"]) for row in entries(store)][2:]
    assert (gone["after"], gone["reason"]) == (None, "启动核对：文件已删除")
    assert changed["before"] != changed["after"]
    assert look() == []
    (folder / "cities/anyang/city.yaml").write_text("back")
    assert look() == ["cities/anyang/city.yaml"]


def test_start_records_the_rule_files_and_itself(settings: Settings) -> None:
    at_start(replace(settings, audit_hash="sm3"))
    store = open_assessment(settings, "demo")
    rows = entries(store)
    assert {row["subject"] for row in rows if row["action"] == "rule_file_changed"} >= {"mappings/standard_zh.yaml"}
    assert (rows[-1]["action"], rows[-1]["account"], rows[-1]["algorithm"]) == ("started", "system", "sm3")
    assert not has_assessment(settings, "city")
    before = len(rows)
    at_start(settings)
    assert len(entries(store)) == before + 1
    store.dispose()
