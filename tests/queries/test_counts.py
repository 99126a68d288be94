"""Rollups against facts, parts against the whole, row order, and both databases against each other."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pandas as pd
import pytest

from lib import answers
from lib.answers import BREAKDOWNS, Source, TicketQuery
from lib.city import load_city
from lib.config import Settings
from lib.metrics.catalogue import CATALOGUE
from lib.period import Period
from lib.queries.counts import counts
from lib.schema.measures import MEASURES
from lib.scope import Scope
from lib.store import TicketStore
from tests.factories import publish_rows
from tests.metrics.scenario import Scenario, make_scenario

SEED = 31
PERIODS = ("2026-10", "2026-09", "2026-Q3", "2026", "2026-09-05..2026-09-24")
FILTERS: dict[str, dict[str, Any]] = {
    "none": {},
    "district": {"district_code": "410502"},
    "category1": {"category_code": "01", "category_level": 1},
    "category2": {"category_code": "0101", "category_level": 2},
    "units": {"unit_code": "U1", "unit_codes": ("U1", "U3")},
    "channel": {"channel_code": "app"},
    "request": {"request_type": "投诉"},
    "enterprise": {"is_enterprise": True},
    "place": {"district_code": "410503", "category_code": "02", "category_level": 1},
    "intake": {"channel_code": "hotline", "request_type": "咨询", "is_enterprise": False},
}
COUNTED = tuple(k for k, m in CATALOGUE.items() if m.kind not in ("calls", "quantile", "population"))


def published(settings: Settings, scenario: Scenario) -> TicketStore:
    return publish_rows(settings, scenario.tickets, **scenario.rows(), as_of=scenario.as_of)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TicketStore]:
    store = published(Settings(tmp_path_factory.mktemp("counts"), "anyang", None), make_scenario(SEED))
    yield store
    store.dispose()


@pytest.fixture
def source(store: TicketStore) -> Iterator[Source]:
    with store.engine.connect() as conn:
        yield Source(conn, store.pointer, load_city("anyang"))


def in_order(frame: pd.DataFrame) -> list[dict[str, Any]]:
    keys = [c for c in frame.columns if c not in MEASURES and not c.endswith("_mature")]
    return (
        frame.sort_values(keys, ignore_index=True).astype(object).to_dict("records")
        if keys
        else frame.to_dict("records")
    )


# Every filter with three of the five periods.
@pytest.mark.parametrize(
    ("chosen", "period"), [(f, PERIODS[(i + n) % 5]) for i, f in enumerate(FILTERS) for n in range(3)]
)
def test_rollups_answer_as_the_facts_do(
    source: Source, monkeypatch: pytest.MonkeyPatch, period: str, chosen: str
) -> None:
    basis = "assessed" if (len(period) + len(chosen)) % 2 else "all"
    scope = Scope(Period.parse(period), basis=basis, **FILTERS[chosen])
    windows = source.windows(scope)
    asked = {"measures": tuple(MEASURES), "mature_by": "period", "as_of": source.as_of, "windows": windows}
    by = {"none": ("month",), "units": ("unit",), "channel": ("request_type",)}.get(chosen, ())
    quick = counts(source.conn, scope, by, **asked)
    monkeypatch.setattr("lib.queries.counts.rollup_for", lambda dimensions: None)
    slow = counts(source.conn, scope, by, **asked)
    for a, b in zip(in_order(quick), in_order(slow), strict=True):
        assert a == pytest.approx(b)
    assert quick["received"].sum() > 0


@pytest.mark.parametrize("by", BREAKDOWNS)
def test_parts_sum_to_the_whole(source: Source, by: str) -> None:
    for scope in (Scope(Period.parse("2026-09")), Scope(Period.parse("2026-10"), basis="assessed", channel_code="app")):
        wholes = answers.figures(source, scope, COUNTED)
        for key, frame in answers.by_dimensions(source, scope, COUNTED, by).items():
            assert frame["numerator"].sum() == wholes[key].numerator, key
            assert wholes[key].denominator in (None, frame["denominator"].sum()), key


def test_row_order_does_not_matter(source: Source, tmp_path) -> None:
    scenario = make_scenario(SEED)
    r = random.Random(1)
    mixed = replace(scenario, **{f.name: r.sample(rows, len(rows)) for f in fields(scenario)
                                 if isinstance(rows := getattr(scenario, f.name), list)})  # fmt: skip
    again = published(Settings(tmp_path, "anyang", None), mixed)
    scope = Scope(Period.parse("2026-09"))
    with again.engine.connect() as conn:
        other = Source(conn, again.pointer, load_city("anyang"))
        assert answers.figures(other, scope, tuple(CATALOGUE)) == answers.figures(source, scope, tuple(CATALOGUE))
        for by in ("district", "unit"):
            pd.testing.assert_frame_equal(
                answers.by_dimension(other, scope, "satisfaction_rate", by),
                answers.by_dimension(source, scope, "satisfaction_rate", by),
            )
    again.dispose()


def test_an_unknown_dimension_is_refused(source: Source) -> None:
    with pytest.raises(ValueError, match="不支持按"):
        counts(source.conn, Scope(Period.parse("2026-09")), ("colour",), as_of=source.as_of)


QUESTIONS: dict[str, tuple[Any, ...]] = {
    "overview": (answers.overview,),
    "figures": (answers.figures, tuple(CATALOGUE)),
    "trends": (answers.trends, ("received", "satisfaction_rate", "overdue_open", "handling_hours_p90", "per_10k")),
    "movers": (answers.category_movers,),
    "profile": (answers.hour_profile,),
    "mix": (answers.channel_mix,),
    "by district": (answers.by_dimension, "per_10k", "district"),
    "by unit": (answers.by_dimension, "return_rate", "unit"),
    "by township": (answers.by_dimension, "handling_hours_median", "township"),
    "by category3": (answers.by_dimension, "closure_rate", "category3"),
    "by peers": (answers.by_dimension, "satisfaction_rate", "peer_group"),
    "funnel": (answers.funnel, "closure_rate"),
    "unit": (answers.unit_profile, "U2"),
    "enterprise": (answers.enterprise,),
    "paired": (answers.paired,),
    "opened rate": (answers.opened, "satisfaction_rate"),
    "opened stock": (answers.opened, "overdue_open"),
    "opened hours": (answers.opened, "handling_hours_median"),
    "bounds": (answers.bounds_by_dimension, "month"),
    "definitions": (answers.definitions, tuple(CATALOGUE)),
    "quality": (answers.quality,),
    "hexes": (answers.hex_density, 7),
    "list": (answers.ticket_list, TicketQuery()),
    "list behind": (answers.ticket_list, TicketQuery(metric_key="satisfaction_rate", part="complement")),
    "list returns": (answers.ticket_list, TicketQuery(metric_key="return_rate", part="complement")),
    "list words": (answers.ticket_list, TicketQuery(words="供热 温度")),
    "list number": (answers.ticket_list, TicketQuery(number="T0031")),
    "count": (answers.ticket_count, TicketQuery(flags=("overdue", "reworked"))),
}


def plain(value: Any) -> Any:
    """Answers as nested lists and dicts that compare equal wherever they were computed."""
    if isinstance(value, pd.DataFrame):
        return [{k: plain(v) for k, v in row.items()} for row in value.astype(object).to_dict("records")]
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [plain(v) for v in value]
    if isinstance(value, float):
        return None if pd.isna(value) else round(value, 9)
    return None if value is None or value is pd.NaT else value


@pytest.fixture(scope="module")
def on_postgres(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Iterator[TicketStore]:
    settings = Settings(tmp_path_factory.mktemp("postgres"), "anyang", postgres_url)
    store = published(settings, make_scenario(SEED))
    yield store
    store.dispose()


@pytest.mark.parametrize("chosen", ["none", "intake"])
@pytest.mark.parametrize("name", QUESTIONS)
def test_both_databases_give_the_same_answer(source: Source, on_postgres: TicketStore, name: str, chosen: str) -> None:
    answer, *arguments = QUESTIONS[name]
    scope = Scope(Period.parse("2026-09"), **FILTERS[chosen])
    here = answer(source, scope, *arguments)
    with on_postgres.engine.connect() as conn:
        there = answer(Source(conn, on_postgres.pointer, load_city("anyang")), scope, *arguments)
    assert plain(here) == plain(there)
