import shutil
from datetime import date

import duckdb
import pandas as pd
import pytest

from lib.answers import Source
from lib.bench import questions, with_pandas
from lib.bench.questions import CALLBACK_COLUMNS, QUESTIONS, TICKET_COLUMNS, Months, same
from lib.city import load_city
from lib.store import pair_dir, read_pointer

AT = Months.before(date(2026, 10, 1))


@pytest.fixture(scope="module", autouse=True)
def small_city():
    """Few units of the small demo city have thirty tickets due in a month."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(questions, "LEAST_DUE", 3)
        yield


@pytest.fixture(scope="module")
def theirs(demo_settings, tmp_path_factory):
    """What pandas answers on the demo city."""
    folder = tmp_path_factory.mktemp("parquet")
    # A copy: the store of the session holds the file itself open, with other settings.
    main = shutil.copy(pair_dir(demo_settings, "demo") / read_pointer(demo_settings, "demo").file, folder)
    with duckdb.connect(str(main), read_only=True) as conn:
        for table, columns in (("tickets", TICKET_COLUMNS), ("callbacks", CALLBACK_COLUMNS)):
            conn.execute(f"COPY (SELECT {', '.join(columns)} FROM {table}) TO '{folder}/{table}.parquet'")
    return with_pandas.run(folder, AT)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.key)
def test_three_ways_give_the_same_rows(demo_store, theirs, question):
    with demo_store.engine.connect() as conn:
        ours = question.ours(Source(conn, demo_store.pointer, load_city("demo")), AT)
        direct = question.direct(conn, AT)
    assert len(ours) > 0
    assert same(ours, direct, question.tolerance)
    assert same(direct, theirs["rows"][question.key], 1e-9)
    assert theirs["seconds"][question.key] > 0


def test_a_difference_is_noticed():
    frame = pd.DataFrame({"month": [date(2026, 9, 1), date(2026, 8, 1)], "received": [3, 4]})
    assert same(frame, frame.iloc[::-1], 0)
    assert not same(frame, frame.assign(received=[3, 5]), 0)
    assert not same(frame, frame.head(1), 0)
    assert same(frame, frame.assign(received=[3.01, 4.0]), 0.01)


def test_months_end_before_the_running_one():
    assert (AT.month.token, AT.year.start, AT.two_years.start) == ("2026-09", date(2025, 10, 1), date(2024, 10, 1))
