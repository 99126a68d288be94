"""月调度, 历次成效 and 政策库与工具箱 on the demo city: what each role sees, and that each form is stored once."""

from __future__ import annotations

import uuid

import pytest

from lib.access.shared import shared_assessment
from lib.config import Settings
from lib.demo.scheduling import fill_scheduling
from lib.schema import lists
from lib.schema import scheduling as t
from lib.ui import list_rows
from tests.access.stores import rows
from tests.pages.conftest import Opener, dialog, run_page, words
from tests.people import signed_in


@pytest.fixture
def store(open_page: Opener):
    """The demo's records: the meetings that fit its window, and one that is being prepared."""
    return shared_assessment(Settings.from_env(), "demo")


def held(store):
    return [row for row in rows(store, t.meetings) if row.state == "held"]


def test_the_demo_holds_the_meetings_that_fit_its_window(store, demo_settings):
    meetings = held(store)
    # 26 months up to 2026-10: from the fourth meeting (2024-08-20 or later) to the nineteenth.
    assert [row.meeting_no for row in meetings] == list(range(meetings[0].meeting_no, 20))
    assert 15 <= len(meetings) <= 17
    made = [row for row in rows(store, t.meeting_tasks) if row.form_key is None]
    on_list = {row.item_id for row in made} - {None}
    items = {row.item_id: row for row in rows(store, lists.list_items)}
    assert len(on_list) == 8
    assert {items[number].source for number in on_list} == {"scheduling"}
    promised = [row for row in made if row.is_promise]
    assert 0.6 < sum(row.delivered_on is not None for row in promised) / len(promised) < 1
    assert fill_scheduling(demo_settings, 8) is None
    assert len(held(store)) == len(meetings)


def test_a_leader_reads_the_meeting_and_writes_nothing(store):
    test = run_page("scheduling", user=signed_in("leader"))
    assert "下一次：第20次未诉先办月调度会" in words(test)
    assert "项承诺兑现" in words(test)
    assert not [box for box in test.expander if box.label in ("新建会议", "提出选题")]
    test = run_page("scheduling", user=signed_in("leader"), meeting="19")
    assert "第18次会议公开承诺2项" in words(test)
    assert "解剖麻雀" in words(test)
    assert not test.text_input
    assert "没有这次会议" in words(run_page("scheduling", user=signed_in("leader"), meeting="x"))


def test_a_unit_sees_its_own_tasks_only(store):
    task = next(row for row in rows(store, t.meeting_tasks) if row.lead_unit_code == "S05")
    meeting = next(row for row in rows(store, t.meetings) if row.meeting_id == task.meeting_id)
    test = run_page("scheduling", user=signed_in("unit", "S05"), meeting=str(meeting.meeting_no))
    assert "解剖麻雀" not in words(test)
    assert "本单位汇报提纲" in words(test)
    test = run_page("scheduling", user=signed_in("unit", "S55"))
    assert "还没有月调度会议" in words(test)
    assert not test.metric


def press(test, label):
    next(button for button in test.button if button.label == label).click()
    return test.run()


def test_a_task_is_added_and_put_on_the_list(store):
    test = run_page("scheduling", user=signed_in("supervision"), meeting="20")
    title = f"核查办理{uuid.uuid4().hex[:6]}"
    next(f for f in test.text_input if f.label == "任务（必填）").set_value(title)
    press(test, "添加任务")
    assert f"任务“{title}”已添加" in test.success[0].value
    [task] = [row for row in rows(store, t.meeting_tasks) if row.title == title]
    assert task.form_key
    record = {"task_id": task.task_id, "version": 1, "title": title, "lead_unit": "", "responsible": "", "person": "",
              "delivery": "", "item_no": "", "is_kept": False, list_rows.FORM: uuid.uuid4().hex}  # fmt: skip
    test.session_state[list_rows._opened("第20次任务分解表")] = record
    test.run()
    assert title in dialog(test)
    press(test, "列入督办清单")
    assert "还没有牵头单位" in test.error[0].value


def test_results_are_filtered_by_field_from_the_address(store):
    test = run_page("results", user=signed_in("leader"), field="housing")
    topics = set(test.dataframe[0].value["topics"])
    assert topics <= {"房产办证难", "小区物业服务", "问题楼盘化解"}
    assert next(m for m in test.metric if m.label == "会议").value == f"{len(test.dataframe[0].value)}次"
    every = run_page("results", user=signed_in("leader"))
    assert len(every.dataframe[0].value) == len(held(store))
    assert every.dataframe[0].value["relapsed"].str.contains("再次调度").any()


def test_mechanisms_are_noted_once_and_filtered(store):
    test = run_page("mechanisms", user=signed_in("hotline"), library="tool")
    assert set(test.dataframe[0].value["library_label"]) == {"工具箱"}
    name = f"办理流程图{uuid.uuid4().hex[:6]}"
    press(test, "保存")
    assert "请填写机制名称" in test.error[0].value
    next(f for f in test.text_input if f.label == "名称（必填）").set_value(name)
    next(f for f in test.text_area if f.label == "主要内容（必填）").set_value("分四步办理")
    press(test, "保存")
    assert f"“{name}”已登记" in test.success[0].value
    assert [row.title for row in rows(store, t.mechanisms)].count(name) == 1
