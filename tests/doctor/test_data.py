"""The data folder as the doctor sees it: looking changes nothing, damage is named."""

import json
import sqlite3
from dataclasses import replace

import pytest
from sqlalchemy import text

from lib import cli
from lib.access import audit
from lib.access.secrets_file import make_secrets, secrets_path
from lib.assessment_store import database_file, open_assessment
from lib.doctor import data
from lib.store import pair_dir


def written(settings, pair="demo", entries=3):
    store = open_assessment(settings, pair)
    for number in range(entries):
        with store.writing() as conn:
            audit.append(conn, audit.SYSTEM, audit.Act("started", f"{number}"))
    store.dispose()


def test_an_empty_folder_needs_data_and_is_left_empty(settings):
    found = data.check(settings)
    assert [f.level for f in found] == ["ok", "warn", "warn", "ok", "ok", "ok"]
    assert not settings.data_dir.exists()


def test_secrets_that_others_can_read_are_a_fault(settings):
    assert data.secrets(settings, "city").level == "bad"
    make_secrets(settings)
    assert data.secrets(settings, "city").level == "ok"
    secrets_path(settings).chmod(0o644)
    assert data.secrets(settings, "city").level == "bad"


def test_the_demo_city_opens(demo_settings):
    assert data.tickets(demo_settings, "demo", is_shown=True).level == "ok"


def test_a_damaged_pointer_is_a_fault(settings):
    folder = pair_dir(settings, "demo")
    folder.mkdir(parents=True)
    (folder / "current.json").write_text("{", "utf-8")
    assert data.tickets(settings, "demo", is_shown=True).level == "bad"


def test_the_end_of_the_chain_is_named(settings):
    written(settings)
    found = data.assessment(settings, "demo")
    assert (found.level, "第 3 条" in found.found) == ("ok", True)


def test_a_head_that_is_not_the_last_entry_is_a_fault(settings):
    written(settings)
    with sqlite3.connect(database_file(settings, "demo")) as raw:
        raw.execute("UPDATE audit_head SET entry_no = 2")
    assert data.assessment(settings, "demo").level == "bad"


def test_a_folder_that_took_the_place_of_the_database_is_a_fault(settings):
    database_file(settings, "demo").mkdir(parents=True)
    assert data.assessment(settings, "demo").level == "bad"


def test_an_older_revision_is_left_alone(settings):
    written(settings)
    path = database_file(settings, "demo")
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE alembic_version SET version_num = 'earlier'")
    assert data.assessment(settings, "demo").level == "warn"
    with sqlite3.connect(path) as raw:
        assert raw.execute("SELECT version_num FROM alembic_version").fetchone() == ("earlier",)


@pytest.mark.xdist_group("doctor-postgres")
def test_the_chain_on_a_server(settings, postgres_url):
    on_server = replace(settings, assessment_url=postgres_url)
    store = open_assessment(on_server, "city")
    with store.writing() as conn:
        audit.append(conn, audit.SYSTEM, audit.Act("started"))
    try:
        assert data.assessment(on_server, "city").level == "ok"
    finally:
        with store.engine.begin() as conn:
            conn.execute(text("DROP SCHEMA assessment_city CASCADE"))
        store.dispose()


def test_the_command_answers_programs(settings, monkeypatch, capsys):
    monkeypatch.setenv("MINSHENG_DATA_DIR", str(settings.data_dir))
    code = cli.main(["doctor", "--json"])
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is (code == 0)
    assert {"Python", "内存", "中文字体", "示例市工单库"} <= {f["topic"] for f in report["findings"]}
