"""`python -m lib metrics` prints what the pages show."""

from __future__ import annotations

import json

import pytest

from lib import answers, metrics_command
from lib.answers import Source
from lib.city import load_city
from lib.cli import main
from lib.config import Settings
from lib.metrics.catalogue import CATALOGUE
from lib.period import Period
from lib.scope import Scope
from tests.factories import create_callback, create_ticket, publish_rows


@pytest.fixture
def store(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MINSHENG_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("CITY", "anyang")
    monkeypatch.delenv("TICKETS_URL", raising=False)
    good, bad, gone = create_ticket(), create_ticket(district_code="410503"), create_ticket(is_excluded=True)
    calls = [create_callback(good["ticket_id"]), create_callback(bad["ticket_id"], satisfaction="unsatisfied")]
    store = publish_rows(settings, [good, bad, gone], calls)
    yield store
    store.dispose()


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    assert main(["metrics", "--pair", "city", "--period", "2026-10", "--json", *arguments]) == 0
    return json.loads(capsys.readouterr().out)


def test_every_metric_is_printed_as_the_pages_show_it(store, capsys: pytest.CaptureFixture[str]) -> None:
    rows = {row["metric"]: row for row in printed(capsys)["rows"]}
    with store.engine.connect() as conn:
        source = Source(conn, store.pointer, load_city("anyang"))
        shown = answers.figures(source, Scope(Period.parse("2026-10")), tuple(CATALOGUE))
    assert list(rows) == list(CATALOGUE)
    for key, figure in shown.items():
        assert (rows[key]["numerator"], rows[key]["denominator"]) == (figure.numerator, figure.denominator)
        assert rows[key]["value"] == pytest.approx(figure.value)


@pytest.mark.parametrize("by", metrics_command.BY)
def test_groups_add_up_to_the_total(store, capsys: pytest.CaptureFixture[str], by: str) -> None:
    rows = printed(capsys, "--by", by, "--metric", "received")["rows"]
    assert sum(row["numerator"] for row in rows) == 3
    assert all(row["name"] for row in rows)


def test_bases_and_bounds(store, capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "--metric", "received", "--basis", "assessed")["rows"][0]["value"] == 2
    assert printed(capsys, "--basis", "bounds")["rows"][0]["closed"] == 3
    assert len(printed(capsys, "--basis", "bounds", "--by", "district")["rows"]) == 2


def test_the_table_for_people_shows_dashes_for_nothing(store, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["metrics", "--pair", "city", "--period", "2026-10"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("安阳市 2026年10月 全口径")
    assert next(line for line in lines if line.startswith("接通率")).split() == ["接通率", "—", "—", "—"]
    assert next(line for line in lines if line.startswith("满意率")).split() == ["满意率", "1", "2", "50.0%"]


def test_a_wrong_period_and_missing_data_are_said(store, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["metrics", "--pair", "city", "--period", "2026-13"]) == 2
    assert "不是有效日期" in capsys.readouterr().err
    assert main(["metrics", "--pair", "demo"]) == 2
    assert "尚无数据" in capsys.readouterr().err
