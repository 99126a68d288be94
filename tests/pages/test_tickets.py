"""工单查询: the tickets behind a figure, searched, paged and masked."""

from __future__ import annotations

import pytest

from lib import answers
from lib.answers import Source, TicketQuery
from lib.city import load_city
from lib.period import Period
from lib.scope import Scope
from lib.store import TicketStore
from lib.ui.ticket_search import FLAGS
from tests.pages.conftest import Opener, address, checked, dialog, words

SCOPE = Scope(Period.month(2026, 10))


@pytest.fixture
def source(demo_store: TicketStore):
    with demo_store.engine.connect() as conn:
        yield Source(conn, demo_store.pointer, load_city("demo"))


def test_every_flag_of_the_answers_has_a_word() -> None:
    assert set(FLAGS) == set(answers.FLAGS)


def test_fifty_tickets_a_page_and_the_number_of_all(open_page: Opener, source: Source) -> None:
    test = open_page("tickets")
    total = answers.ticket_count(source, SCOPE, TicketQuery())
    assert f"共 **{total:,}** 件" in words(test)
    assert len(test.dataframe[0].value) == 50


def test_the_list_behind_a_figure_holds_as_many_as_the_figure_says(open_page: Opener, source: Source) -> None:
    figure = answers.figures(source, SCOPE, ("satisfaction_rate",))["satisfaction_rate"]
    assert figure.numerator is not None
    assert figure.denominator is not None
    said = words(open_page("tickets", period="2026-10", metric="satisfaction_rate", part="complement"))
    assert f"共 **{figure.denominator - figure.numerator:,.0f}** 件" in said
    assert "未计入分子的工单" in said


def test_the_next_page_goes_on_where_the_first_ended(open_page: Opener) -> None:
    test = open_page("tickets")
    first = list(test.dataframe[0].value["ticket_no"])
    turn = next(b for b in test.button if b.label == "下一页")
    checked(turn.click().run())
    second = list(test.dataframe[0].value["ticket_no"])
    assert not set(first) & set(second)
    assert "第 2 页" in words(test)
    back = next(b for b in test.button if b.label == "上一页")
    checked(back.click().run())
    assert list(test.dataframe[0].value["ticket_no"]) == first


def test_another_question_begins_at_the_first_page(open_page: Opener) -> None:
    test = open_page("tickets")
    next(b for b in test.button if b.label == "下一页").click().run()
    checked(test.multiselect(key="t_flags").select("repeat").run())
    assert "第 2 页" not in words(test)


def test_flags_words_and_numbers_stand_in_the_address(open_page: Opener) -> None:
    test = open_page("tickets")
    checked(test.multiselect(key="t_flags").select("overdue").run())
    checked(test.text_input(key="t_words").set_value("供热").run())
    assert address(test) == {"period": "2026-10", "flag": "overdue", "q": "供热"}


def test_an_address_fills_the_search(open_page: Opener, source: Source) -> None:
    test = open_page("tickets", flag="group_event,nonsense", q="")
    assert test.multiselect(key="t_flags").value == ["group_event"]
    total = answers.ticket_count(source, SCOPE, TicketQuery(flags=("group_event",)))
    assert f"共 **{total:,}** 件" in words(test) if total else "没有符合条件的工单" in words(test)


def test_a_number_is_found_in_any_period(open_page: Opener, source: Source) -> None:
    old = answers.ticket_list(source, Scope(Period.month(2025, 3)), TicketQuery(), None, 1)["ticket_no"].iloc[0]
    test = open_page("tickets", no=old)
    assert list(test.dataframe[0].value["ticket_no"]) == [old]


def test_a_figure_that_nobody_knows_is_ignored(open_page: Opener) -> None:
    assert "按受理时间归入" in words(open_page("tickets", metric="no_such", part="numerator"))


def test_all_tickets_again_after_those_of_a_figure(open_page: Opener) -> None:
    test = open_page("tickets", metric="received", part="numerator")
    next(b for b in test.button if b.label == "查看全部工单").click()
    checked(test.run())
    assert "metric" not in address(test)


def test_a_ticket_named_in_the_address_opens_with_its_course(open_page: Opener, source: Source) -> None:
    row = answers.ticket_list(source, Scope(Period.month(2026, 9)), TicketQuery(flags=("reworked",)), None, 1).iloc[0]
    test = open_page("tickets", ticket=f"{row['source_code']}~{row['ticket_no']}")
    said = dialog(test)
    assert row["ticket_no"] in said
    assert "办理过程" in said
    assert "办理轮次" in said


def test_a_ticket_that_does_not_exist_says_so(open_page: Opener) -> None:
    assert "没有这件工单" in dialog(open_page("tickets", ticket="demo~0"))
