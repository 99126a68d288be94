"""复核与回头看, 疑难包案, 民情日记, 预警 and 办理成效: what people see there, and that each entry is stored once."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete
from streamlit.testing.v1 import AppTest

from lib.access.moments import city_time
from lib.access.roles import Identity
from lib.access.shared import shared_assessment
from lib.assessment_store import AssessmentStore
from lib.city import load_city
from lib.commands.lists import drafts
from lib.config import Settings
from lib.schema import lists as t
from lib.ui import list_reinspection, list_rows, list_samples, list_visits, list_warnings
from lib.ui.words import plain
from tests.access.stores import rows
from tests.answers.list_rows import put_item, put_step
from tests.factories import create_ticket, publish_rows
from tests.pages.conftest import dialog, raw_page, run_page, words
from tests.people import signed_in

UNIT = "S02"
OPEN = {"is_closed": False, "closed_at": None, "satisfaction": None, "resolution": None, "answered_at": None}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An unsatisfied ticket, a hard one and a plain one in the demo city's places."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("registers"), city="anyang", tickets_url=None)
    tickets = [
        create_ticket(ticket_no="BAD", unit_code=UNIT, satisfaction="unsatisfied", title="*楼道* 灯不亮"),
        create_ticket(ticket_no="HARD", unit_code=UNIT, round_count=4, **OPEN),
        create_ticket(ticket_no="PLAIN", unit_code=UNIT),
    ]
    publish_rows(settings, tickets, [], pair="demo", city=load_city("demo")).dispose()
    return settings


@pytest.fixture
def store(published: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[AssessmentStore]:
    """The lists of that city, whose registers are empty."""
    monkeypatch.setenv("MINSHENG_DATA_DIR", str(published.data_dir))
    for name in ("TICKETS_URL", "ASSESSMENT_URL", "CITY"):
        monkeypatch.delenv(name, raising=False)
    store = shared_assessment(Settings.from_env(), "demo")
    yield store
    with store.writing() as conn:
        for table in (t.list_reinspections, t.list_samples, t.visit_notes, t.list_warnings):
            conn.execute(delete(table))


def today() -> date:
    return city_time(datetime.now(UTC)).date()


def press(test: AppTest, label: str) -> AppTest:
    next(button for button in test.button if button.label == label).click()
    return test.run()


def clicked(test: AppTest, name: str, **record: object) -> AppTest:
    """The page with the dialog of a row open, as after a click on it: AppTest knows no clicks in a grid."""
    test.session_state[list_rows._opened(name)] = {**record, list_rows.FORM: uuid.uuid4().hex}
    return test.run()


def field(fields: Any, beginning: str) -> Any:
    """The field whose key begins so; the rest of it is the key of the form."""
    return next(found for found in fields if str(found.key).startswith(beginning))


def answered(test: AppTest, verdict: str, note: str) -> AppTest:
    """The outcome entered and sent."""
    field(test.segmented_control, "verdict_").set_value(verdict)
    field(test.text_area, "note_").set_value(note)
    return press(test, "登记结果")


def test_an_unsatisfied_ticket_is_reviewed_and_leaves_the_queue(store):
    test = run_page("reinspection", period="2026-10")
    [frame] = [table.value for table in test.dataframe]
    assert list(frame["ticket_no"]) == ["BAD"]
    row = {"source_code": "test", "ticket_no": "BAD", "title": "*楼道* 灯不亮", "unit": "", "satisfaction": "不满意",
           "resolution": None}  # fmt: skip
    clicked(test, list_reinspection.QUEUE, **row)
    assert r"**\*楼道\* 灯不亮**" in dialog(test)
    answered(test, "relapsed", "")
    assert "请填写复核情况" in test.error[0].value
    answered(test, "relapsed", "现场仍然不亮")
    [kept] = rows(store, t.list_reinspections)
    assert (kept.ticket_no, kept.verdict, kept.note) == ("BAD", "relapsed", "现场仍然不亮")
    assert "工单 BAD 复核结果已登记：未解决或反弹" in test.success[0].value
    assert "没有待复核的工单" in words(test)


def test_who_only_reads_enters_no_outcome(store):
    test = run_page("reinspection", user=signed_in("leader"), period="2026-10")
    row = {"source_code": "test", "ticket_no": "BAD", "title": "灯不亮", "unit": "", "satisfaction": "",
           "resolution": None}  # fmt: skip
    clicked(test, list_reinspection.QUEUE, **row)
    assert "由热线中心或督查局登记结果。" in dialog(test)
    assert not [button for button in test.button if button.label == "登记结果"]
    test = run_page("reinspection", user=signed_in("leader"), period="2026-10", part="随机抽查")
    assert not [button for button in test.button if button.label == "抽取样本"]


def test_a_relapsed_item_is_offered_to_be_reopened(store):
    with store.writing() as conn:
        item_id = put_item(conn, "督2026-0901", UNIT, state="closed", closed_on=today() - timedelta(days=31),
                           assigned_on=today() - timedelta(days=60))  # fmt: skip
        values = {"item_id": item_id, "kind": "day30", "due_on": today() - timedelta(days=1), "note": ""}
        conn.execute(t.list_reinspections.insert().values({**values, "kind": "day90", "due_on": today()}))
        number = conn.execute(t.list_reinspections.insert().values(values).returning(
            t.list_reinspections.c.reinspection_id)).scalar_one()  # fmt: skip
    test = run_page("reinspection", user=signed_in("supervision"), part="回头看任务")
    frame = test.dataframe[0].value
    assert frame[["item_no", "days_words"]].values.tolist() == [
        ["督2026-0901", "▲ 超1天"], ["督2026-0901", "今天到期"],
    ]  # fmt: skip
    row = {"reinspection_id": number, "item_no": "督2026-0901", "title": "事项", "unit": "", "kind_label": "30日回头看",
           "closed_on": today()}  # fmt: skip
    answered(clicked(test, list_reinspection.DUE, **row), "relapsed", "又停水了")
    assert plain("督2026-0901 回头看结果已登记") in test.success[0].value
    assert "是否重启办理" in words(test)
    press(test, "办理反弹重启")
    assert "反弹重启" in dialog(test) or [b for b in test.button if "反弹重启" in b.label]
    press(test, "暂不重启")
    assert "是否重启办理" not in words(test)
    assert {row.kind: row.verdict for row in rows(store, t.list_reinspections)} == {"day30": "relapsed", "day90": None}
    done = test.dataframe[-1].value
    assert done[["kind_label", "early_words"]].values.tolist() == [["30日回头看", "▲ 超1天"]]


def test_a_check_done_before_its_day_is_marked(store):
    with store.writing() as conn:
        item_id = put_item(conn, "督2026-0903", UNIT, state="closed", closed_on=today() - timedelta(days=18))
        conn.execute(t.list_reinspections.insert().values(
            item_id=item_id, kind="day30", due_on=today() + timedelta(days=12), note="已核实", verdict="held",
            done_at=datetime.now(UTC).replace(tzinfo=None), done_by="x",
        ))  # fmt: skip
    test = run_page("reinspection", user=signed_in("supervision"), part="回头看任务")
    assert list(test.dataframe[-1].value["early_words"]) == ["△ 提前12天"]


def test_ticked_tickets_become_tasks_with_a_day(store, monkeypatch):
    # AppTest knows no ticks in a grid.
    monkeypatch.setattr(list_reinspection.show, "ticked", lambda _key: [0])
    test = run_page("reinspection", period="2026-10")
    day = today() + timedelta(days=5)
    field(test.date_input, "queue_due").set_value(day)
    press(test, "列入复核任务")
    assert f"已列入复核任务1件，期限{day}" in plain(test.success[0].value).replace("\\", "")
    assert [(row.ticket_no, row.due_on) for row in rows(store, t.list_reinspections)] == [("BAD", day)]
    press(test, "列入复核任务")
    assert "另有1件已在任务中" in test.success[0].value
    test = run_page("reinspection", period="2026-10", part="回头看任务")
    tasks = test.dataframe[-1].value
    assert tasks[["ticket_no", "days_words"]].values.tolist() == [["BAD", "剩5天"]]
    [task] = rows(store, t.list_reinspections)
    row = {"reinspection_id": task.reinspection_id, "source_code": "test", "ticket_no": "BAD", "done_at": None}
    answered(clicked(test, list_reinspection.TASKS, **row), "held", "已修好")
    assert [row.verdict for row in rows(store, t.list_reinspections)] == ["held"]
    assert list_reinspection.TASKS not in words(test)
    test = run_page("reinspection", user=signed_in("leader"), period="2026-10")
    assert not [button for button in test.button if button.label == "列入复核任务"]


def test_a_sample_is_drawn_with_its_precision(store):
    test = run_page("reinspection", period="2026-10", part="随机抽查")
    assert "总体2件，抽取2件：比率的误差不超过±0.0个百分点" in words(test)
    press(test, "抽取样本")
    [sample] = rows(store, t.list_samples)
    assert (sample.population, sample.size, sample.seed) == (2, 2, int(f"{today():%Y%m%d}"))
    assert sample.label.startswith("2026年10月，全市")
    assert "2件中抽取2件" in test.success[0].value
    assert list(test.dataframe[0].value["open"]) == [2]
    assert sorted(test.dataframe[1].value["ticket_no"]) == ["BAD", "PLAIN"]
    name = f"{list_samples.TICKETS}{sample.sample_id}"
    first = rows(store, t.list_reinspections)[0]
    row = {"reinspection_id": first.reinspection_id, "source_code": first.source_code, "ticket_no": first.ticket_no,
           "done_at": None}  # fmt: skip
    answered(clicked(test, name, **row), "held", "")
    assert list(test.dataframe[0].value["found"]) == ["100.0%（20.7%—100.0%），1／1，不足30件"]


def test_hard_tickets_wait_until_they_stand_on_a_list(store):
    test = run_page("hard_cases", part="疑难工单")
    assert test.dataframe[0].value[["ticket_no", "reasons"]].values.tolist() == [["HARD", "办理4轮"]]
    assert "尚未列入清单的1件" in words(test)
    with store.writing() as conn:
        item_id = put_item(conn, "督2026-0902", UNIT, is_legacy=True)
        conn.execute(t.list_tickets.insert().values(item_id=item_id, source_code="test", ticket_no="HARD",
                                                    linked_at=datetime(2026, 11, 1), linked_by="x"))  # fmt: skip
    test = run_page("hard_cases", part="疑难工单")
    assert "没有尚未列入清单的疑难工单" in words(test)
    test = run_page("hard_cases")
    shown = test.dataframe[0].value.set_index("item_no")
    assert shown.at["督2026-0902", "reasons"] == "历史遗留"


def test_a_visit_is_noted_and_becomes_an_item(store):
    test = run_page("visits")
    assert "还没有民情日记" in words(test)
    for label, text in (("走访人（必填）", "周衡"), ("走访地点（必填）", "青禾社区")):
        next(one for one in test.text_input if one.label == label).set_value(text)
    press(test, "保存")
    assert "请填写群众反映" in test.error[0].value
    assert field(test.text_input, "visit_by_").value == "周衡"
    test.text_area[0].set_value("<b>早晚没水</b> 电话13812345678")
    press(test, "保存")
    [note] = rows(store, t.visit_notes)
    assert note.text == "<b>早晚没水</b> 电话138****5678"
    assert field(test.text_input, "visit_by_").value == ""
    clicked(test, list_visits.NAME, note_id=note.note_id, version=1, text=note.text, item_no="", visited_on="",
            visitor="周衡", district="", place="青禾社区")  # fmt: skip
    assert note.text in [text.value for text in test.text]
    press(test, "列入问题清单（拟列）")
    assert not test.error, test.error[0].value
    [note] = rows(store, t.visit_notes)
    item = next(row for row in rows(store, t.list_items) if row.item_id == note.item_id)
    assert (item.list_kind, item.state, item.source) == ("problem", "proposed", "visit")
    assert plain(item.item_no) in test.success[0].value


def test_a_warning_is_registered_and_followed(store):
    test = run_page("warnings", user=signed_in("supervision"))
    for label, text in (("来源部门（必填）", "审计局"), ("预警事项（必填）", "资金拨付滞后")):
        next(one for one in test.text_input if one.label == label).set_value(text)
    press(test, "保存")
    [kept] = rows(store, t.list_warnings)
    assert (kept.source_department, kept.title, kept.state) == ("审计局", "资金拨付滞后", "open")
    record = {"warning_id": kept.warning_id, "version": 1, "title": kept.title, "noticed_on": "", "kind_label": "",
              "source_department": "审计局", "unit": "", "district": "", "text": "", "item_no": "", "state": "open",
              "outcome": "", "shared_with": ""}  # fmt: skip
    clicked(test, list_warnings.NAME, **record)
    field(test.segmented_control, "follow_state_").set_value("closed")
    press(test, "保存跟进情况")
    assert "请填写处置结果" in test.error[0].value
    field(test.text_area, "follow_outcome_").set_value("已拨付")
    press(test, "保存跟进情况")
    assert [(row.state, row.outcome) for row in rows(store, t.list_warnings)] == [("closed", "已拨付")]
    readers = run_page("warnings", user=signed_in("discipline"))
    assert not [button for button in readers.button if button.label == "保存"]
    assert list(readers.dataframe[0].value["outcome"]) == ["已拨付"]


def test_leaders_see_how_well_a_list_is_worked_off(store):
    with store.writing() as conn:
        for number in range(3):
            closed = today() - timedelta(days=8)
            item_id = put_item(conn, f"督2026-091{number}", UNIT, state="closed", closed_on=closed,
                               assigned_on=closed - timedelta(days=7), due_on=closed, first_due_on=closed)  # fmt: skip
            put_step(conn, item_id, "verify_close_out", closed, "closed")
        put_item(conn, "督2026-0919", UNIT, due_on=today() - timedelta(days=20))
    test = run_page("supervision_list", user=signed_in("leader"))
    shown = {metric.label: metric.value for metric in test.metric}
    assert shown["销号后反弹率"] == "不足以判断"
    assert shown["按期销号率"].endswith("%")
    assert int(shown["逾期未销号"]) >= 1
    assert "首次销号3件，不足30件" in words(test)
    overview = words(run_page("overview", user=signed_in("leader"), period="2026-10"))
    assert "需市领导协调事项" in overview
    assert "**双清单**" in overview
    assert "按期销号率" in words(run_page("definitions", user=signed_in("leader")))


@pytest.mark.parametrize("slug", ["reinspection", "hard_cases", "visits", "warnings"])
def test_the_registers_are_not_for_units(store, slug):
    with pytest.raises(ValueError, match=slug):
        raw_page(slug, user=signed_in("unit", UNIT))


@pytest.mark.parametrize(
    ("slug", "form", "fields", "button"),
    [
        ("visits", "visit:new", {"by": "周衡", "place": "青禾社区", "text": "早晚没水", "day": "2026-11-02"}, "保存"),
        ("warnings", "warning:new", {"source": "审计局", "title": "资金未到位", "kind": "执行偏差"}, "保存"),
    ],
)
def test_a_form_of_a_register_is_offered_again(store, slug, form, fields, button):
    person = Identity("hotline-all", "测试", "hotline")
    key = uuid.uuid4().hex
    kept = drafts.SaveDraft(form, {"fields": fields, "form_key": key}, 1)
    drafts.save_draft(store, person, kept, now=datetime.now(UTC))
    test = press(run_page(slug, user=signed_in("hotline")), "恢复草稿")
    press(test, button)
    assert rows(store, t.list_drafts) == []
    [entry] = rows(store, t.visit_notes if slug == "visits" else t.list_warnings)
    assert entry.form_key == key
    said = (entry.visitor, entry.visited_on) if slug == "visits" else (entry.source_department, entry.kind)
    assert said == (("周衡", date(2026, 11, 2)) if slug == "visits" else ("审计局", "deviation"))
    # What a slow tab sends afterwards is no draft any more.
    late = drafts.SaveDraft(form, {"fields": fields, "form_key": key}, 2)
    drafts.save_draft(store, person, late, now=datetime.now(UTC))
    assert rows(store, t.list_drafts) == []
