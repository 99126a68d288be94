"""Exports of real hotlines: rows accounted for, figures equal to a plain pandas computation, no second change.

Each check runs on the developers' samples where they lie at hand, and on small exports of our own in the same shape
where they do not; MINSHENG_SAMPLES=own asks for the latter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
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
from tests.ingest import small_exports

# Takes long: `make prove` and CI run it, `make test` does not.
pytestmark = pytest.mark.proof

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
    raw = read(path, dtype=str, keep_default_na=False).replace("", None).dropna(how="all")
    return Imported(settings, path, result, raw)


def one_of(
    folder: Path | None, factory: pytest.TempPathFactory, write: Callable[[Path], Path], sample: str
) -> Imported:
    """The sample, or our own small export where there is no folder of samples."""
    if folder is None:
        return imported(factory, write(factory.mktemp("own") / Path(sample).name))
    return imported(factory, folder / sample)


@pytest.fixture(scope="module")
def boston(own_or_samples: Path | None, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    return one_of(own_or_samples, tmp_path_factory, small_exports.boston, "boston311/raw_sample.csv")


@pytest.fixture(scope="module")
def nyc(own_or_samples: Path | None, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    return one_of(own_or_samples, tmp_path_factory, small_exports.nyc, "nyc311/nyc311_sample.csv")


@pytest.fixture(scope="module")
def kc(own_or_samples: Path | None, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    return one_of(own_or_samples, tmp_path_factory, small_exports.kc, "kc311_pothole/pothole_2020.csv")


def tally(result: PublishResult) -> tuple[int, int, int, int, int]:
    assert result.read == result.inserted + result.updated + result.unchanged + result.rejected
    return result.read, result.inserted, result.updated, result.unchanged, result.rejected


def open_tickets(source: Source) -> int:
    return answers.ticket_count(source, ALL_TIME, answers.TicketQuery(flags=("open",)))


def spelled(addresses: pd.Series) -> pd.Series:
    """Addresses without spaces, punctuation and case."""
    return addresses.map(lambda a: re.sub(r"[\W_]+", "", a).lower() if isinstance(a, str) else None)


def repeats(received: pd.Series, *matter: pd.Series) -> int:
    """Tickets that follow another of the same place and matter within 30 days."""
    columns = {str(number): part for number, part in enumerate(matter)}
    frame = pd.DataFrame({"received": received, **columns}).dropna().sort_values("received", kind="stable")
    return int((frame.groupby(list(columns))["received"].diff() <= pd.Timedelta(days=30)).sum())


def counted_repeats(sample: Imported) -> float | None:
    with source_of(sample.settings) as source:
        return answers.figures(source, ALL_TIME, ("repeat_rate",))["repeat_rate"].numerator


def check_import_and_import_again(sample: Imported) -> None:
    """All rows go in, and none of them changes anything the second time."""
    assert tally(sample.result) == (len(sample.raw), len(sample.raw), 0, 0, 0)
    before = read_pointer(sample.settings, "city")
    again = import_files([sample.path], sample.settings)
    assert tally(again) == (again.read, 0, 0, again.read, 0)
    assert not again.is_new_version
    assert read_pointer(sample.settings, "city") == before


def test_boston_goes_in_and_a_second_import_changes_nothing(boston: Imported) -> None:
    check_import_and_import_again(boston)


def test_nyc_goes_in_and_a_second_import_changes_nothing(nyc: Imported) -> None:
    check_import_and_import_again(nyc)


def test_kc_goes_in_and_a_second_import_changes_nothing(kc: Imported) -> None:
    check_import_and_import_again(kc)


def test_the_samples_are_those_we_know(samples_dir: Path) -> None:
    sizes = {
        "boston311/raw_sample.csv": 4995,
        "nyc311/nyc311_sample.csv": 10000,
        "kc311_pothole/pothole_2020.csv": 4493,
    }
    assert {path: len(pd.read_csv(samples_dir / path, dtype=str)) for path in sizes} == sizes


def test_boston_repeats_equal_pandas(boston: Imported) -> None:
    raw = boston.raw
    received, place = pd.to_datetime(raw["OPEN_DT"]), raw["neighborhood"].str.strip().fillna("")
    expected = repeats(received, spelled(raw["Location"]), place, raw["REASON"], raw["TYPE"])
    assert counted_repeats(boston) == expected > 0


def test_nyc_repeats_equal_pandas(nyc: Imported) -> None:
    raw = nyc.raw
    # Coordinates are kept to six digits; two points are one place when five of them agree.
    points = [pd.to_numeric(raw[c]).round(6).round(5) for c in ("longitude", "latitude")]
    matter = (raw["complaint_type"], raw["descriptor"].fillna(""))
    assert counted_repeats(nyc) == repeats(pd.to_datetime(raw["created_date"]), *points, *matter) > 0


def test_kc_repeats_equal_pandas(kc: Imported) -> None:
    raw = kc.raw
    received = pd.to_datetime(raw["CREATION DATE"] + " " + raw["CREATION TIME"], format="%m/%d/%y %I:%M %p")
    where = (spelled(raw["STREET ADDRESS"]), raw["COUNCIL DISTRICT"].fillna(""))
    assert counted_repeats(kc) == repeats(received, *where, raw["CATEGORY"], raw["TYPE"]) > 0


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
        last = Scope(Period.of(received.max().date()))
        months = answers.trend(source, last, "received", 120).set_index("month")["value"]
        # The trend leaves out the month in which the data begin.
        mine = received.dt.to_period("M").value_counts().drop(received.min().to_period("M"))
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
        months = due.dropna().dt.to_period("M").value_counts().index[:3]
        for month in months:
            period = Period.month(month.year, month.month)
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
        assert open_tickets(source) == int(closed.isna().sum())
        assert len(raw) != 10000 or open_tickets(source) == 4148
        profile = answers.hour_profile(source, ALL_TIME)
        mine = received.groupby([received.dt.dayofweek + 1, received.dt.hour]).size()
        got = profile[profile["received"] > 0].set_index(["weekday", "hour"])["received"]
        assert got.to_dict() == mine.to_dict()
        agencies = answers.by_dimension(source, ALL_TIME, "received", "unit").set_index("label")["value"]
        assert {name: agencies[name] for name in raw["agency"].unique()} == raw["agency"].value_counts().to_dict()


def test_kc_resolved_without_a_date_count_as_closed_and_are_listed(kc: Imported) -> None:
    raw = kc.raw
    resolved, dated = raw["STATUS"] == "RESOL", raw["CLOSED DATE"].notna()
    undated = int((resolved & ~dated).sum())
    assert undated == 457 if len(raw) == 4493 else undated > 0
    warned = kc.result.warnings
    assert warned.loc[warned["field"] == "closed_at", "row_count"].tolist() == [undated]
    with source_of(kc.settings) as source:
        assert open_tickets(source) == int((~resolved).sum())
        doubts = answers.quality(source, ALL_TIME).doubtful.set_index("key")["tickets"]
        assert doubts["closed_without_time"] == undated
        callback = answers.figures(source, ALL_TIME, ("callback_rate",))["callback_rate"]
        assert callback.denominator == int((resolved & dated).sum())


@pytest.fixture
def petitions(own_or_samples: Path | None, tmp_path: Path) -> tuple[Path, Path]:
    """The file with a class and the file with replies."""
    if own_or_samples is None:
        return small_exports.petitions(tmp_path / "own")
    folder = own_or_samples / "petitions_zh"
    return folder / "labelled_messages.xlsx", folder / "messages_with_replies.xlsx"


def test_petitions_without_the_number_that_stands_twice_and_both_files_together(
    petitions: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    labelled = imported(tmp_path_factory, petitions[0])
    rows, twice = len(labelled.raw), labelled.raw["留言编号"].duplicated()
    assert int(twice.sum()) == 1
    assert rows != 495 or labelled.raw.loc[twice, "留言编号"].tolist() == ["37042"]
    assert tally(labelled.result) == (rows, rows - 1, 0, 0, 1)
    assert labelled.result.rejected_path is not None
    back = pd.read_excel(labelled.result.rejected_path, dtype=str)
    line = str(labelled.raw.index[twice][0] + 2)
    wrong = [[line, "留言编号", labelled.raw.loc[twice, "留言编号"].iloc[0]]]
    assert back[["原文件行号", "出错的列", "出错的值"]].to_numpy().tolist() == wrong
    replied = pd.read_excel(petitions[1], dtype=str).dropna(how="all")
    replies = import_files([petitions[1]], labelled.settings)
    assert tally(replies) == (len(replied), len(replied), 0, 0, 0)
    first = import_files([petitions[0]], labelled.settings)
    assert tally(first) == (rows, 0, 0, rows - 1, 1)
    raw = labelled.raw.drop_duplicates("留言编号")
    times = pd.concat([raw["留言时间"], replied["留言时间"], replied["答复时间"]])
    with source_of(labelled.settings) as source:
        assert source.as_of == pd.to_datetime(times, format="mixed").max().to_pydatetime()
        assert answers.figures(source, ALL_TIME, ("received",))["received"].value == len(raw) + len(replied)
        classes = answers.by_dimension(source, ALL_TIME, "received", "category1").set_index("label")["value"]
        assert {n: classes[n] for n in raw["一级分类"].unique()} == raw["一级分类"].value_counts().to_dict()


def test_petitions_in_one_import(petitions: tuple[Path, Path], settings: Settings) -> None:
    rows = len(pd.read_excel(petitions[0], dtype=str).dropna(how="all"))
    replies = len(pd.read_excel(petitions[1], dtype=str).dropna(how="all"))
    assert tally(import_files(list(petitions), settings)) == (rows + replies, rows + replies - 1, 0, 0, 1)
    assert tally(import_files(list(petitions[1:]), settings)) == (replies, 0, 0, replies, 0)
    assert tally(import_files(list(petitions), settings)) == (rows + replies, 0, 0, rows + replies - 1, 1)
