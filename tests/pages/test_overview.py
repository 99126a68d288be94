"""总体情况: the six figures, three sentences, three lists and the one-page print of a running month."""

from __future__ import annotations

import pytest

from lib import answers
from lib.answers import Source
from lib.city import load_city
from lib.metrics.catalogue import CATALOGUE
from lib.metrics.formats import show_value
from lib.period import Period
from lib.scope import Scope
from lib.store import TicketStore
from tests.pages.conftest import Opener, words

SIX = ["受理量", "按期办结率", "满意率", "解决率", "逾期未结", "办理时长中位数"]


@pytest.fixture
def seen(demo_store: TicketStore) -> answers.Overview:
    """What the page must show for the demo's newest month."""
    with demo_store.engine.connect() as conn:
        source = Source(conn, demo_store.pointer, load_city("demo"))
        return answers.overview(source, Scope(Period.month(2026, 10)))


def test_six_figures_in_their_order_with_the_values_of_the_answers(open_page: Opener, seen: answers.Overview) -> None:
    shown = {m.label: m.value for m in open_page("overview").metric}
    assert list(shown) == SIX
    for key, figure in seen.figures.items():
        assert show_value(CATALOGUE[key], figure.value) in shown[CATALOGUE[key].label]


def test_page_says_question_as_of_period_scope_and_that_it_is_a_demo(open_page: Opener) -> None:
    said = words(open_page("overview"))
    assert "这个月城市答得怎么样？" in said
    assert "数据截至 2026年10月20日 24:00" in said
    assert "2026年10月（进行中）" in said
    assert "全口径" in said
    assert "演示数据" in said
    assert said.rstrip().endswith("本系统不得处理、存储涉密信息")


def test_the_question_follows_the_period(open_page: Opener) -> None:
    assert "这一年城市答得怎么样？" in words(open_page("overview", period="2025"))


def test_three_sentences_and_the_worst_places_are_links_with_the_scope(
    open_page: Opener, seen: answers.Overview
) -> None:
    links = {link.label.replace("\\", ""): link for link in open_page("overview").get("page_link")}
    for sentence in seen.sentences:
        assert any(sentence.text == label for label in links), sentence.text
    for item in (*seen.places, *seen.matters, *seen.group_events):
        assert any(label.startswith(item.label) for label in links), item.label
    place = next(link for label, link in links.items() if label.startswith(seen.places[0].label))
    assert "period=2026-10" in place.proto.query_string
    assert f"district={seen.places[0].code}" in place.proto.query_string


def test_enterprise_line_shows_its_four_stages(open_page: Opener) -> None:
    said = words(open_page("overview"))
    for stage in ("**诉求**", "**办理**", "**反馈**", "**评价**"):
        assert stage in said


def test_a_period_without_tickets_says_so_instead_of_showing_noughts(open_page: Opener) -> None:
    test = open_page("overview", period="2019-01-01..2019-01-31")
    assert not test.metric
    assert "没有符合条件的工单" in words(test)


def test_an_opened_figure_is_asked_for_only_when_it_is_opened(open_page: Opener) -> None:
    test = open_page("overview")
    assert "考核口径剔除" not in words(test)
