"""The developers' sample exports: rows accounted for, figures equal to a plain pandas computation, no second change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest

from lib import answers
from lib.answers import Source
from lib.city import load_city
from lib.config import Settings
from lib.ingest.pipeline import import_files
from lib.ingest.staged import PublishResult
from lib.period import Period, cut_day
from lib.scope import Scope
from lib.store import open_store, read_pointer

ALL_TIME = Scope(Period(date(2010, 1, 1), date(2027, 1, 1)))
KEYS = ("received", "closure_rate", "on_time_closure_rate", "overdue_open")


@dataclass(frozen=True)
class Imported:
    """A sample in a data folder of its own, and its rows read independently."""

    settings: Settings
    path: Path
    result: PublishResult
    raw: pd.DataFrame


@contextmanager
def source_of(settings: Settings) -> Iterator[Source]:
    store = open_store(settings, "city")
    try:
        with store.engine.connect() as conn:
            yield Source(conn, store.pointer, load_city(store.pointer.city))
    finally:
        store.dispose()


def imported(tmp_path_factory: pytest.TempPathFactory, path: Path) -> Imported:
    settings = Settings(tmp_path_factory.mktemp(path.stem) / "var", "anyang", None)
    result = import_files([path], settings)
    read = pd.read_excel if path.suffix == ".xlsx" else pd.read_csv
    raw = read(path, dtype=str, keep_default_na=False).replace("", None)
    return Imported(settings, path, result, raw)


@pytest.fixture(scope="module")
def boston(samples_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    return imported(tmp_path_factory, samples_dir / "boston311" / "raw_sample.csv")


@pytest.fixture(scope="module")
def nyc(samples_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    return imported(tmp_path_factory, samples_dir / "nyc311" / "nyc311_sample.csv")


@pytest.fixture(scope="module")
def kc(samples_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    return imported(tmp_path_factory, samples_dir / "kc311_pothole" / "pothole_2020.csv")


def tally(result: PublishResult) -> tuple[int, int, int, int, int]:
    assert result.read == result.inserted + result.updated + result.unchanged + result.rejected
    return result.read, result.inserted, result.updated, result.unchanged, result.rejected


def open_tickets(source: Source) -> int:
    return answers.ticket_count(source, ALL_TIME, answers.TicketQuery(flags=("open",)))


def test_every_row_is_accounted_for(boston: Imported, nyc: Imported, kc: Imported) -> None:
    assert tally(boston.result) == (4995, 4995, 0, 0, 0)
    assert tally(nyc.result) == (10000, 10000, 0, 0, 0)
    assert tally(kc.result) == (4493, 4493, 0, 0, 0)


@pytest.mark.parametrize("name", ["boston", "nyc", "kc"])
def test_a_second_import_changes_nothing(name: str, request: pytest.FixtureRequest) -> None:
    sample: Imported = request.getfixturevalue(name)
    before = read_pointer(sample.settings, "city")
    again = import_files([sample.path], sample.settings)
    assert tally(again) == (again.read, 0, 0, again.read, 0)
    assert not again.is_new_version
    assert read_pointer(sample.settings, "city") == before


def test_boston_figures_equal_pandas(boston: Imported) -> None:
    raw = boston.raw
    received, due, closed = (pd.to_datetime(raw[c]) for c in ("OPEN_DT", "TARGET_DT", "CLOSED_DT"))
    as_of = max(received.max(), closed.max())
    came_due = due < pd.Timestamp(cut_day(as_of))
    with source_of(boston.settings) as source:
        assert source.as_of == as_of.to_pydatetime()
        found = answers.figures(source, ALL_TIME, KEYS)
        assert found["received"].value == len(raw)
        assert found["closure_rate"].denominator == int(came_due.sum())
        assert found["closure_rate"].numerator == int((came_due & closed.notna()).sum())
        assert found["on_time_closure_rate"].numerator == int((came_due & (closed <= due)).sum())
        assert found["overdue_open"].value == 0
        months = answers.trend(source, Scope(Period.month(2024, 12)), "received", 120).set_index("month")["value"]
        # The trend leaves out the month in which the data begin.
        mine = received.dt.to_period("M").value_counts().drop(pd.Period("2015-01"))
        assert {month: months[month.start_time.date()] for month in mine.index} == mine.to_dict()
        assert open_tickets(source) == 0
        places = answers.by_dimension(source, ALL_TIME, "received", "district").set_index("label")["value"]
        expected = raw["neighborhood"].str.strip().replace("", None).value_counts()
        assert {name: places[name] for name in expected.index} == expected.to_dict()
        reasons = answers.by_dimension(source, ALL_TIME, "received", "category1").set_index("label")["value"]
        assert {name: reasons[name] for name in raw["REASON"].unique()} == raw["REASON"].value_counts().to_dict()


def test_boston_on_time_by_month_equals_pandas(boston: Imported) -> None:
    due, closed = (pd.to_datetime(boston.raw[c]) for c in ("TARGET_DT", "CLOSED_DT"))
    with source_of(boston.settings) as source:
        for year, month in ((2022, 3), (2023, 8), (2024, 12)):
            period = Period.month(year, month)
            inside = (due >= pd.Timestamp(period.start)) & (due < pd.Timestamp(period.end))
            found = answers.figures(source, Scope(period), ("on_time_closure_rate", "closure_rate"))
            assert found["on_time_closure_rate"].denominator == int(inside.sum()) > 0
            assert found["on_time_closure_rate"].numerator == int((inside & (closed <= due)).sum())
            # At equal maturity: closed by the end of the period.
            by_end = closed < pd.Timestamp(period.end)
            assert found["closure_rate"].numerator == int((inside & by_end).sum())


def test_nyc_open_tickets_and_hours(nyc: Imported) -> None:
    raw = nyc.raw
    received, closed = (pd.to_datetime(raw[c]) for c in ("created_date", "closed_date"))
    with source_of(nyc.settings) as source:
        assert open_tickets(source) == int(closed.isna().sum()) == 4148
        profile = answers.hour_profile(source, ALL_TIME)
        mine = received.groupby([received.dt.dayofweek + 1, received.dt.hour]).size()
        got = profile[profile["received"] > 0].set_index(["weekday", "hour"])["received"]
        assert got.to_dict() == mine.to_dict()
        agencies = answers.by_dimension(source, ALL_TIME, "received", "unit").set_index("label")["value"]
        assert {name: agencies[name] for name in raw["agency"].unique()} == raw["agency"].value_counts().to_dict()


def test_kc_resolved_without_a_date_count_as_closed_and_are_listed(kc: Imported) -> None:
    raw = kc.raw
    resolved, dated = raw["STATUS"] == "RESOL", raw["CLOSED DATE"].notna()
    assert int((resolved & ~dated).sum()) == 457
    warned = kc.result.warnings
    assert warned.loc[warned["field"] == "closed_at", "row_count"].tolist() == [457]
    with source_of(kc.settings) as source:
        assert open_tickets(source) == int((~resolved).sum()) == 1681
        doubts = answers.quality(source, ALL_TIME).doubtful.set_index("key")["tickets"]
        assert doubts["closed_without_time"] == 457
        callback = answers.figures(source, ALL_TIME, ("callback_rate",))["callback_rate"]
        assert callback.denominator == int((resolved & dated).sum())


def test_petitions_494_of_495_and_both_files_stand_together(
    samples_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = samples_dir / "petitions_zh"
    labelled = imported(tmp_path_factory, folder / "labelled_messages.xlsx")
    assert tally(labelled.result) == (495, 494, 0, 0, 1)
    assert labelled.result.rejected_path is not None
    back = pd.read_excel(labelled.result.rejected_path, dtype=str)
    assert back[["原文件行号", "出错的列", "出错的值"]].to_numpy().tolist() == [["312", "留言编号", "37042"]]
    replies = import_files([folder / "messages_with_replies.xlsx"], labelled.settings)
    assert tally(replies) == (120, 120, 0, 0, 0)
    first = import_files([folder / "labelled_messages.xlsx"], labelled.settings)
    assert tally(first) == (495, 0, 0, 494, 1)
    raw = labelled.raw.drop_duplicates("留言编号")
    with source_of(labelled.settings) as source:
        assert source.as_of == datetime(2020, 1, 9, 11, 0, 5)
        assert answers.figures(source, ALL_TIME, ("received",))["received"].value == 494 + 120
        classes = answers.by_dimension(source, ALL_TIME, "received", "category1").set_index("label")["value"]
        assert {n: classes[n] for n in raw["一级分类"].unique()} == raw["一级分类"].value_counts().to_dict()


def test_petitions_in_one_import(samples_dir: Path, settings: Settings) -> None:
    folder = samples_dir / "petitions_zh"
    paths = [folder / "labelled_messages.xlsx", folder / "messages_with_replies.xlsx"]
    assert tally(import_files(paths, settings)) == (615, 614, 0, 0, 1)
    assert tally(import_files(paths[1:], settings)) == (120, 0, 0, 120, 0)
    assert tally(import_files(paths, settings)) == (615, 0, 0, 614, 1)
