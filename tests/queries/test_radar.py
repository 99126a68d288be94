"""Who handled what, on both databases, against counting by hand."""

from collections.abc import Iterator
from datetime import datetime

import pandas as pd
import pytest

from lib.config import Settings
from lib.period import Period
from lib.queries.radar import handled_counts
from lib.scope import Scope
from lib.store import TicketStore
from tests.factories import publish_rows
from tests.metrics.scenario import make_scenario

KEYS = ["category2_code", "district_code", "unit_code"]


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TicketStore]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    scenario = make_scenario(31)
    settings = Settings(tmp_path_factory.mktemp("radar"), "anyang", url)
    store = publish_rows(settings, scenario.tickets, **scenario.rows(), as_of=scenario.as_of)
    yield store
    store.dispose()


@pytest.mark.parametrize(("basis", "reach"), [("all", None), ("assessed", None), ("all", ("U1", "U3")), ("all", ())])
def test_handled_counts_are_those_of_counting_by_hand(store: TicketStore, basis, reach) -> None:
    period = Period.parse("2026-07-01..2026-10-31")
    scope = Scope(period, basis=basis, reach=reach)
    with store.engine.connect() as conn:
        found = handled_counts(conn, scope, store.pointer.as_of)
    rows = pd.DataFrame(make_scenario(31).tickets)
    received = pd.to_datetime(rows["received_at"])
    rows = rows[(received >= datetime(2026, 7, 1)) & (received <= store.pointer.as_of)]
    rows = rows[rows["handling_type"] != "urging"]
    if basis == "assessed":
        rows = rows[~rows["is_excluded"].astype(bool)]
    if reach is not None:
        rows = rows[rows["unit_code"].isin(reach)]
    referred = rows["handling_type"] == "referred"
    passed_on = (rows["transfer_count"] > 0) | (rows["return_count"] > 0)
    rows = rows.assign(tickets=1, referred=referred.astype(int), moved=(referred & passed_on).astype(int))
    expected = rows.groupby(KEYS)[["tickets", "referred", "moved"]].sum().to_dict("index")
    keys = ["category_code", *KEYS[1:]]
    assert found.set_index(keys).to_dict("index") == expected
    assert reach == () or found["moved"].sum() > 0
