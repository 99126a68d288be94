"""The words of the one-page print: taken from the overview, and actions that follow from the figures."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lib import answers
from lib.answers import Overview, Source
from lib.city import load_city
from lib.documents.monthly import actions, sheet
from lib.documents.one_page import ACTIONS_MAX, document
from lib.period import Period
from lib.scope import Scope
from lib.store import TicketStore


@pytest.fixture
def seen(demo_store: TicketStore) -> Overview:
    with demo_store.engine.connect() as conn:
        return answers.overview(Source(conn, demo_store.pointer, load_city("demo")), Scope(Period.month(2026, 9)))


def test_rows_are_the_six_figures_with_their_targets(seen: Overview) -> None:
    rows = sheet(seen, "示例市", "全市", "2026年10月20日 24:00", True).rows
    assert [row[0] for row in rows] == ["受理量", "按期办结率", "满意率", "解决率", "逾期未结", "办理时长中位数"]
    assert {row[0]: row[4] for row in rows}["满意率"] == "95.0%"


def test_judgments_are_the_sentences_of_the_page(seen: Overview) -> None:
    words = sheet(seen, "示例市", "全市", "2026年10月20日 24:00", True)
    assert words.judgments == tuple(s.text for s in seen.sentences)
    assert document(words)[:2] == b"PK"


def test_a_missed_target_asks_for_action_and_a_reached_one_does_not(seen: Overview) -> None:
    def with_rate(value: float) -> Overview:
        figure = replace(seen.figures["satisfaction_rate"], value=value)
        return replace(seen, figures={**seen.figures, "satisfaction_rate": figure})

    assert any("满意率90.0%，未达到目标95.0%" in a for a in actions(with_rate(0.90)))
    assert not any("满意率99.0%，未达到目标" in a for a in actions(with_rate(0.99)))


def test_group_events_are_never_left_out_by_the_limit_of_the_page(seen: Overview) -> None:
    figures = {key: replace(f, target=f.value + 1) if f.value is not None else f for key, f in seen.figures.items()}
    crowded = replace(seen, figures=figures, group_event_count=3)
    assert any("突发及群体性" in a for a in actions(crowded)[:ACTIONS_MAX])


def test_a_good_month_says_so(seen: Overview) -> None:
    figures = {key: replace(f, target=None) for key, f in seen.figures.items()}
    neutral = tuple(replace(s, tone="neutral") for s in seen.sentences)
    calm = replace(seen, figures=figures, sentences=neutral, matters=(), group_event_count=0)
    assert len(actions(calm)) == 1
    assert "保持" in actions(calm)[0]
