"""拟列建议: who sees it, what it shows, running the rules, deciding."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from lib.access.shared import shared_assessment
from lib.city import load_city
from lib.commands.lists.suggestions import DeclineSuggestion, StoreRun, decline, store_run
from lib.config import Settings
from lib.lists.proposals import Proposal
from lib.schema import lists as t
from lib.ui import jobs
from tests.access.stores import rows
from tests.commands.lists.desks import desk
from tests.factories import create_callback, create_ticket, publish_rows
from tests.pages.conftest import address, dialog, run_page, words
from tests.people import signed_in

AS_OF = datetime(2026, 11, 1)
UNIT, OTHER, PLACE, MATTER = "S02", "S03", "990102", "0302"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Three tickets that were handled three times, in the demo city's places."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("suggestions"), city="anyang", tickets_url=None)
    tickets = [
        create_ticket(ticket_no=f"R{k}", unit_code=UNIT, round_count=3, received_at=AS_OF - timedelta(days=9 + k),
                      district_code=PLACE, category1_code="03", category2_code=MATTER, category_code=MATTER,
                      channel_code="L1", title=f"路灯{k}不亮", reply="已联系13812345678")
        for k in range(3)
    ]  # fmt: skip
    calls = [create_callback(row["ticket_id"]) for row in tickets]
    publish_rows(settings, tickets, calls, as_of=AS_OF, pair="demo", city=load_city("demo")).dispose()
    return settings


@pytest.fixture
def city(published: Settings, monkeypatch: pytest.MonkeyPatch):
    """The environment that points to it; nothing is suggested, and no ticket stands on a list."""
    monkeypatch.setenv("MINSHENG_DATA_DIR", str(published.data_dir))
    for name in ("TICKETS_URL", "ASSESSMENT_URL", "CITY"):
        monkeypatch.delenv(name, raising=False)
    store = shared_assessment(Settings.from_env(), "demo")
    with store.writing() as conn:
        for table in (t.list_suggestions, t.nomination_runs, t.list_tickets):
            conn.execute(table.delete())
    return store


def suggest(store, *numbers: str, unit: str = UNIT, rule: str = "reworked") -> None:
    listed = [{"source": "test", "no": no, "title": f"标题{no}", "reply": "答复", "received_at": "2026-10-20 09:00"}
              for no in numbers]  # fmt: skip
    figures = [{"label": "涉及工单", "value": f"{len(numbers)}件", "meaning": "符合本规则口径的工单"}]
    chain = {"words": "疑点提示", "definition": "口径如此", "figures": figures, "restricted": 1, "tickets": listed}
    tickets = tuple(("test", no) for no in numbers)
    found = Proposal(rule, (rule, unit, *numbers), f"{unit} 多次重办", tickets, 1, chain, unit, PLACE, MATTER)
    by = desk("hotline", now=datetime.now(UTC))
    store_run(store, by, StoreRun(AS_OF, "v1", "2026-11·abc", [found]))


def ids(test: AppTest) -> list[str]:
    """Titles in the list of suggestions."""
    frames = [frame.value for frame in test.dataframe if "疑点提示" in frame.value or "title" in frame.value]
    return [] if not frames else list(frames[0]["title"])


def opened(test: AppTest, suggestion_id: int) -> AppTest:
    """The page with the dialog of a suggestion open, as after a click on its row."""
    test.session_state["_suggestion_open"] = (suggestion_id, "form-1")
    return test.run()


def press(test: AppTest, label: str) -> AppTest:
    next(button for button in test.button if button.label == label).click()
    return test.run()


def reason(test: AppTest, text: str) -> None:
    next(area for area in test.text_area if "理由" in area.label).set_value(text)


def number(store, position: int = 0) -> int:
    return sorted(s.suggestion_id for s in rows(store, t.list_suggestions))[position]


def test_an_empty_list_says_what_to_do(city):
    test = run_page("suggestions", user=signed_in("leader"))
    assert "没有符合条件的拟列建议" in words(test)
    assert "还没有研判过" in words(test)


def test_the_rules_run_at_a_click_and_what_they_find_stands_there(city):
    test = press(run_page("suggestions", user=signed_in("hotline")), "立即研判")
    deadline = time.monotonic() + 30
    while not (job := jobs.find("nominate demo")) or not job.is_done:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    test = test.run()
    assert "研判完成：疑点1条，新增建议1条" in [m.value.rstrip("。") for m in test.success]
    test = test.run()
    assert ids(test) == ["示例市城市管理局：供电多次重办"]
    table = next(frame.value for frame in test.dataframe if "definition" in frame.value)
    assert list(table["open"]) == [1, 0, 0, 0, 0, 0, 0, 0]


def test_filters_stand_in_the_address_and_come_from_it(city):
    suggest(city, "R0")
    suggest(city, "R1", unit=OTHER, rule="overdue")
    assert len(ids(run_page("suggestions"))) == 2
    test = run_page("suggestions", rule="overdue")
    assert ids(test) == [f"{OTHER} 多次重办"]
    test.selectbox(key="suggestion_rule").set_value(None)
    test.selectbox(key="suggestion_unit").set_value(UNIT)
    test = test.run()
    assert ids(test) == [f"{UNIT} 多次重办"]
    assert address(test) == {"lead": UNIT}
    assert ids(run_page("suggestions", place=PLACE, state="declined")) == []
    assert ids(run_page("suggestions", rule="nonsense")) != []


def test_a_clerk_accepts_with_what_is_filled_in(city):
    suggest(city, "R0", "R1", "GONE")
    test = opened(run_page("suggestions", user=signed_in("hotline")), number(city))
    said = dialog(test)
    for text in ("口径：口径如此", "疑点提示", "含限制件1件：只计数，内容不显示。"):
        assert text in said
    test.segmented_control[0].set_value("采纳").run()
    fields = {field.label: field for field in (*test.text_input, *test.selectbox, *test.date_input)}
    assert fields["问题（必填）"].value == f"{UNIT} 多次重办"
    assert fields["责任单位"].value == UNIT
    assert fields["问题类型"].value == "perfunctory"
    assert fields["整改时限"].value > datetime.now(UTC).date()
    fields["问题（必填）"].set_value("路灯反复不亮")
    reason(test, "属实")
    test = press(test, "确认采纳")
    [item] = [i for i in rows(city, t.list_items) if i.title == "路灯反复不亮"]
    assert (item.list_kind, item.state, item.source) == ("problem", "proposed", "suggestion")
    assert {k.ticket_no for k in rows(city, t.list_tickets) if k.item_id == item.item_id} == {"R0", "R1"}
    assert [m.value for m in test.success] == [f"已采纳，列入问题清单：{item.item_no}".replace("-", "\\-")]
    table = next(frame.value for frame in test.dataframe if "definition" in frame.value)
    assert table["followed_of"].iloc[0] == "1 / 1"
    again = opened(run_page("suggestions", state="all"), number(city))
    assert "已采纳" in dialog(again)
    assert item.item_no.replace("-", "\\-") in dialog(again)


def test_declining_needs_a_reason_and_what_was_typed_stays(city):
    suggest(city, "R2")
    test = opened(run_page("suggestions", user=signed_in("supervision")), number(city))
    test.segmented_control[0].set_value("不采纳").run()
    test = press(test, "确认不采纳")
    assert "请填写不采纳的理由" in test.error[0].value
    reason(test, "季节性诉求")
    test = press(test, "确认不采纳")
    [kept] = rows(city, t.list_suggestions)
    assert (kept.state, kept.reason) == ("declined", "季节性诉求")
    assert ids(test) == []


def test_merging_offers_the_open_items_of_the_own_list(city):
    suggest(city, "R2")
    test = opened(run_page("suggestions", user=signed_in("supervision")), number(city))
    test.segmented_control[0].set_value("并入已有事项").run()
    reason(test, "同一件事")
    test = press(test, "确认并入")
    assert "请填写要并入的事项编号" in test.error[0].value
    assert rows(city, t.list_suggestions)[0].state == "open"


@pytest.mark.parametrize("role", ["leader", "discipline"])
def test_readers_see_the_chain_and_cannot_decide(city, role):
    suggest(city, "R0")
    test = run_page("suggestions", user=signed_in(role))
    assert not {"立即研判", "批量不采纳"} & {button.label for button in test.button}
    test = opened(test, number(city))
    assert "由热线中心或督查局研判" in dialog(test)
    assert len(test.segmented_control) == 0


def test_a_suggestion_that_somebody_else_decided_meanwhile_says_so(city):
    suggest(city, "R0")
    test = opened(run_page("suggestions", user=signed_in("hotline")), number(city))
    test.segmented_control[0].set_value("不采纳").run()
    reason(test, "重复")
    decline(city, desk("supervision"), DeclineSuggestion(number(city), 1, "已有事项"))
    test = press(test, "确认不采纳")
    said = dialog(test) + "".join(e.value for e in test.error)
    assert "未采纳" in said
    assert rows(city, t.list_suggestions)[0].reason == "已有事项"
