"""The list behind a figure is the figure; pages join without gap; nothing personal or restricted shows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from lib.answers import Source, TicketQuery, figures, next_key, ticket_count, ticket_detail, ticket_list
from lib.city import load_city
from lib.config import Settings
from lib.metrics.catalogue import CATALOGUE
from lib.period import Period
from lib.scope import Scope
from tests.answers.conftest import Publish
from tests.factories import create_ticket, publish_rows
from tests.metrics.scenario import make_scenario

OCTOBER = Scope(Period.parse("2026-10"))
# Returns are counted per return, tickets are listed once; calls have no tickets.
LISTED = [k for k in CATALOGUE if k not in ("return_rate", "answered_calls_rate", "acknowledged_on_time_rate")]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    scenario = make_scenario(41)
    settings = Settings(tmp_path_factory.mktemp("tickets"), "anyang", None)
    store = publish_rows(settings, scenario.tickets, **scenario.rows(), as_of=scenario.as_of)
    with store.engine.connect() as conn:
        yield Source(conn, store.pointer, load_city("anyang"))
    store.dispose()


@pytest.mark.parametrize("period", ["2026-09", "2026-10", "2026-Q3"])
def test_the_list_behind_a_figure_is_as_long_as_the_figure_says(source: Source, period: str) -> None:
    for scope in (Scope(Period.parse(period)), Scope(Period.parse(period), basis="assessed", district_code="410502")):
        for key, figure in figures(source, scope, tuple(LISTED)).items():

            def listed(part: str, key: str = key, scope: Scope = scope) -> int:
                return ticket_count(source, scope, TicketQuery(metric_key=key, part=part))  # type: ignore[arg-type]

            assert listed("numerator") == figure.numerator, key
            if CATALOGUE[key].kind == "ratio":
                assert listed("denominator") == figure.denominator, key
                assert listed("complement") == figure.denominator - figure.numerator, key


@pytest.mark.parametrize("query", [TicketQuery(), TicketQuery(flags=("open",)), TicketQuery(number="T")])
def test_pages_join_without_gap_or_overlap_newest_first(source: Source, query: TicketQuery) -> None:
    scope = Scope(Period.parse("2026-Q3"))
    seen, key = [], None
    while True:
        page = ticket_list(source, scope, query, key, 7)
        if page.empty:
            break
        assert len(page) <= 7
        seen += list(zip(page["received_at"], page["ticket_id"], strict=True))
        key = next_key(page)
    assert len(seen) == len(set(seen)) == ticket_count(source, scope, query) > 7
    assert seen == sorted(seen, reverse=True)


def test_words_must_all_occur_and_are_taken_literally(publish: Publish) -> None:
    texts = [("路灯不亮", "文明大道路灯不亮100%"), ("噪音", "夜间施工"), ("路灯", "无")]
    rows = [create_ticket(title=title, content=content) for title, content in texts]
    source = publish(rows)
    found = {words: ticket_count(source, OCTOBER, TicketQuery(words=words))
             for words in ("路灯", "路灯 文明", "路灯 施工", "100%", "0_", "")}  # fmt: skip
    assert found == {"路灯": 2, "路灯 文明": 1, "路灯 施工": 0, "100%": 1, "0_": 0, "": 3}


def test_a_number_is_found_in_every_period(publish: Publish) -> None:
    old = create_ticket(ticket_no="GD2024001", received_at=datetime(2024, 1, 3))
    source = publish([old, create_ticket()])
    assert list(ticket_list(source, OCTOBER, TicketQuery(number="GD2024"))["ticket_no"]) == ["GD2024001"]


def test_tickets_without_a_receiving_time_come_last_and_are_reached(publish: Publish) -> None:
    rows = [create_ticket(), create_ticket(received_at=None), create_ticket(received_at=None)]
    source = publish(rows)
    query = TicketQuery(number="T")
    first = ticket_list(source, OCTOBER, query, None, 2)
    second = ticket_list(source, OCTOBER, query, next_key(first), 2)
    assert list(first["ticket_id"]) == [rows[0]["ticket_id"], rows[2]["ticket_id"]]
    assert list(second["ticket_id"]) == [rows[1]["ticket_id"]]


def test_personal_data_is_masked_in_list_and_detail(publish: Publish) -> None:
    ticket = create_ticket(
        title="张三丰先生13812345678反映漏水",
        content="我叫张三丰，住阳光小区6号楼2单元302室，电话13812345678",
        address="东湖区文明大道128号阳光小区",
        reply="已联系13812345678",
        answer_comment="身份证410502199001011234",
    )
    source = publish([ticket])
    listed = ticket_list(source, OCTOBER, TicketQuery())["title"].iloc[0]
    detail = ticket_detail(source, "test", ticket["ticket_no"])
    shown = listed + detail.title + "".join(detail.texts.values())
    for secret in ("13812345678", "张三丰", "302", "128号", "410502199001011234"):
        assert secret not in shown
    assert "138****5678" in listed
    assert detail.texts["地点"] == "东湖区文明大道**"


def test_restricted_tickets_are_counted_but_not_read_or_searched(publish: Publish) -> None:
    ticket = create_ticket(restricted_class="official", title="举报某局长", content="局长收礼")
    source = publish([ticket], events=[{"ticket_id": ticket["ticket_id"], "event_no": 1, "kind": "reply",
                                        "happened_at": datetime(2026, 10, 9), "note": "局长收礼查实"}])  # fmt: skip
    assert figures(source, OCTOBER, ("received",))["received"].value == 1
    assert ticket_count(source, OCTOBER, TicketQuery(words="局长")) == 0
    listed = ticket_list(source, OCTOBER, TicketQuery())["title"].iloc[0]
    detail = ticket_detail(source, "test", ticket["ticket_no"])
    assert detail.is_restricted
    assert detail.texts == {}
    assert "局长" not in listed + detail.title + "".join(detail.timeline["note"])


def test_detail_knows_repeats_reminders_and_the_course(publish: Publish) -> None:
    first = create_ticket(received_at=datetime(2026, 9, 20))
    second = create_ticket(is_repeat=True, repeat_of_id=first["ticket_id"])
    reminder = create_ticket(handling_type="urging", parent_ticket_no=second["ticket_no"],
                             received_at=second["received_at"] + timedelta(days=1))  # fmt: skip
    course = [("receive", None), ("dispatch", "U1"), ("closure", "U1")]
    events = [
        {"ticket_id": second["ticket_id"], "event_no": n, "kind": kind, "unit_code": unit, "note": None,
         "happened_at": second["received_at"] + timedelta(hours=n), "verdict": None}
        for n, (kind, unit) in enumerate(course, start=1)
    ]  # fmt: skip
    source = publish([first, second, reminder], events=events)
    detail = ticket_detail(source, "test", second["ticket_no"])
    assert list(detail.timeline["label"]) == ["受理", "派单", "办结"]
    assert list(detail.timeline["unit"]) == ["热线中心", "U1", "U1"]
    assert dict(zip(detail.related["ticket_no"], detail.related["relation"], strict=True)) == {
        first["ticket_no"]: "前次反映", reminder["ticket_no"]: "催办",
    }  # fmt: skip
    assert ticket_detail(source, "test", "no such") is None


def test_an_unknown_flag_is_refused(source: Source) -> None:
    with pytest.raises(ValueError, match="不认识的筛选"):
        ticket_count(source, OCTOBER, TicketQuery(flags=("pretty",)))
