"""月调度: what is refused with a sentence, what is stored once, and how a task becomes a supervision item."""

import dataclasses
import json
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DatabaseError

from lib.access.roles import NotAllowedError
from lib.access.verify import verify
from lib.commands import CommandError, ConflictError
from lib.commands.scheduling import freeze, mechanisms, meetings, outcomes, tasks, topics
from lib.commands.scheduling.mechanisms import EndMechanism, NoteMechanism
from lib.commands.scheduling.meetings import AddCase, AddMeeting, EditMeeting, Participant, Point, PutTopic
from lib.commands.scheduling.tasks import AddTask, Deliver, EditTask, StrikeTask, TaskToItem, TaskWords
from lib.commands.scheduling.topics import DecideTopic, EditTopic, Place, ProposeTopic
from lib.schema import assessment as a
from lib.schema import lists
from lib.schema import scheduling as t
from tests.access.stores import rows
from tests.commands.lists.desks import TODAY, desk

OFFICE, HOTLINE = desk(), desk("hotline")
TOPIC = ProposeTopic(
    "供热", date(2026, 11, 15), "livelihood", (Place("0301"),), "投诉多", "群众盼", "查管网", form_key="t1"
)
MEETING = AddMeeting(20, TODAY + timedelta(days=14), "第二十次月调度会", "市委会议室", "顾清平（市长）", form_key="m1")
TASK = TaskWords("更换老旧管网", None, "U1", ("U2", "U1"), "苏明远", TODAY + timedelta(days=30), True)


@pytest.fixture
def chosen(store):
    """A chosen topic."""
    number = topics.propose_topic(store, HOTLINE, TOPIC)
    topics.decide_topic(store, OFFICE, DecideTopic(number, 1, "chosen", "诉求集中"))
    return number


@pytest.fixture
def planned(store):
    """A planned meeting."""
    return meetings.add_meeting(store, OFFICE, MEETING)


def only(store, table):
    [row] = rows(store, table)
    return row


def test_a_topic_is_proposed_once_and_decided_with_a_reason(any_store):
    number = topics.propose_topic(any_store, HOTLINE, TOPIC)
    assert topics.propose_topic(any_store, HOTLINE, TOPIC) == number
    decided = DecideTopic(number, 1, "chosen", "诉求集中")
    assert topics.decide_topic(any_store, OFFICE, decided) == 2
    assert topics.decide_topic(any_store, OFFICE, decided) == 2
    with pytest.raises(ConflictError, match=r"已选定.*未选定"):
        topics.decide_topic(any_store, HOTLINE, DecideTopic(number, 1, "rejected", "时机不到"))
    row = only(any_store, t.topics)
    assert (row.state, row.month_on, row.decided_by) == ("chosen", date(2026, 11, 1), OFFICE.person.account)
    # The name that the category has now stays with the topic, whatever it is called later.
    assert only(any_store, t.topic_scopes).category_name.endswith("/供热")
    assert [entry.action for entry in rows(any_store, a.audit_entries)] == ["topic_step"] * 2
    assert verify(any_store).broken is None


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"scopes": ()}, "请至少选择一个事项类别"),
        ({"scopes": (Place(None, "990102"),)}, "请至少选择一个事项类别"),
        ({"scopes": (Place("9999"),)}, "不在事项分类表中"),
        ({"scopes": (Place("0301", "nowhere"),)}, "不在区县表中"),
        ({"scopes": (Place("0301", None, "990102001"),)}, "不属于所选县区"),
        ({"title": " "}, "请填写选题"),
        ({"month_on": None}, "请填写拟上会月份"),
        ({"month_on": date(2062, 1, 1)}, "请核对年份"),
        ({"field": "weather"}, "领域请从列表中选择"),
    ],
)
def test_what_a_topic_lacks_is_said(store, given, why):
    with pytest.raises(CommandError, match=why):
        topics.propose_topic(store, OFFICE, dataclasses.replace(TOPIC, **given))
    assert rows(store, t.topics) == []


def test_an_overlap_is_said_and_needs_a_note(store, chosen):
    below = dataclasses.replace(TOPIC, title="暖气不热", scopes=(Place("030101", "990102"),), form_key="t2")
    with pytest.raises(CommandError, match=r"与已有选题重叠：供热（2026年11月）.*重叠说明"):
        topics.propose_topic(store, OFFICE, below)
    topics.propose_topic(store, OFFICE, dataclasses.replace(below, overlap_note="只看东湖区"))
    assert "与供热（2026年11月）重叠：只看东湖区" in rows(store, t.topics)[1].opinion_basis
    topics.propose_topic(store, OFFICE, dataclasses.replace(TOPIC, scopes=(Place("0302"),), form_key="t3"))


def test_categories_of_a_topic_that_was_dealt_with_stay(store, chosen):
    edit = EditTopic(chosen, 2, "冬季供热", TOPIC.month_on, "livelihood", scopes=(Place("0302"),))
    held = dataclasses.replace(MEETING, held_on=TODAY, state="held")
    number = meetings.add_meeting(store, OFFICE, held)
    meetings.put_topic(store, OFFICE, PutTopic(number, 1, chosen))
    with pytest.raises(CommandError, match="已经上会"):
        topics.edit_topic(store, OFFICE, edit)
    same = dataclasses.replace(edit, scopes=TOPIC.scopes)
    assert topics.edit_topic(store, OFFICE, same) == 3
    assert topics.edit_topic(store, OFFICE, same) == 3
    with pytest.raises(CommandError, match="已列入会议"):
        topics.decide_topic(store, OFFICE, DecideTopic(chosen, 3, "withdrawn", "重复"))


def test_a_meeting_ahead_is_planned_and_not_held(any_store):
    number = meetings.add_meeting(any_store, OFFICE, MEETING)
    assert meetings.add_meeting(any_store, OFFICE, MEETING) == number
    with pytest.raises(CommandError, match="还没有到，只能登记为筹备中"):
        meetings.edit_meeting(any_store, OFFICE, EditMeeting(number, 1, {"state": "held"}))
    with pytest.raises(CommandError, match="第20次会议已经登记"):
        meetings.add_meeting(any_store, OFFICE, dataclasses.replace(MEETING, form_key="m2"))
    with pytest.raises(CommandError, match="请填写会次"):
        meetings.add_meeting(any_store, OFFICE, dataclasses.replace(MEETING, meeting_no=None, form_key="m2"))
    assert meetings.edit_meeting(any_store, OFFICE, EditMeeting(number, 1, {"held_on": TODAY, "state": "held"})) == 2
    with pytest.raises(CommandError, match="不能再改为筹备中"):
        meetings.edit_meeting(any_store, OFFICE, EditMeeting(number, 2, {"state": "planned"}))
    with pytest.raises(ConflictError, match="刚被他人修改"):
        meetings.edit_meeting(any_store, HOTLINE, EditMeeting(number, 1, {"chair": "陆知行"}))


def test_agenda_and_participants_are_replaced_and_kept(any_store):
    number = meetings.add_meeting(any_store, OFFICE, MEETING)
    agenda = meetings.SetAgenda(number, 1, (Point("通报", "热线中心", 10), Point("讨论")))
    assert meetings.set_agenda(any_store, OFFICE, agenda) == 2
    assert meetings.set_agenda(any_store, OFFICE, agenda) == 2
    assert meetings.set_agenda(any_store, OFFICE, meetings.SetAgenda(number, 2, (Point("讨论"),))) == 3
    kept = rows(any_store, t.meeting_agenda)
    assert [(row.title, row.sort_no, row.removed_at is None) for row in kept] == [
        ("通报", 1, False), ("讨论", 2, False), ("讨论", 1, True)]  # fmt: skip
    with pytest.raises(ConflictError, match="刚被他人修改"):
        meetings.set_agenda(any_store, HOTLINE, meetings.SetAgenda(number, 1, ()))
    both = (Participant("U1", outline="讲两点"), Participant(None, "990102", False))
    assert meetings.set_attendance(any_store, OFFICE, meetings.SetAttendance(number, 3, both)) == 4
    with pytest.raises(CommandError, match="“住建局”重复"):
        meetings.set_attendance(any_store, OFFICE, meetings.SetAttendance(number, 4, (both[0], both[0])))
    with pytest.raises(CommandError, match="一个部门或者一个县区"):
        meetings.set_attendance(any_store, OFFICE, meetings.SetAttendance(number, 4, (Participant(),)))
    with pytest.raises(CommandError, match="1到600分钟"):
        meetings.set_agenda(any_store, OFFICE, meetings.SetAgenda(number, 4, (Point("讨论", "", 0),)))


def test_only_chosen_topics_are_put_on_and_taken_off_before_the_meeting(store, planned, chosen):
    other = topics.propose_topic(
        store, OFFICE, dataclasses.replace(TOPIC, title="供水", scopes=(Place("0303"),), form_key="t2")
    )
    with pytest.raises(CommandError, match="“供水”尚未选定"):
        meetings.put_topic(store, OFFICE, PutTopic(planned, 1, other))
    assert meetings.put_topic(store, OFFICE, PutTopic(planned, 1, chosen)) == 2
    assert meetings.put_topic(store, OFFICE, PutTopic(planned, 1, chosen)) == 2
    assert meetings.take_off_topic(store, OFFICE, meetings.TakeOffTopic(planned, 2, chosen)) == 3
    meetings.put_topic(store, OFFICE, PutTopic(planned, 3, chosen))
    meetings.edit_meeting(store, OFFICE, EditMeeting(planned, 4, {"held_on": TODAY, "state": "held"}))
    with pytest.raises(CommandError, match="会议已召开"):
        meetings.take_off_topic(store, OFFICE, meetings.TakeOffTopic(planned, 5, chosen))


def test_a_case_is_a_ticket_and_hides_numbers(store, chosen):
    case = AddCase(chosen, "A", "T1", "暖气不热", "电话13812345678", "管网失修")
    assert meetings.add_case(store, OFFICE, case) == meetings.add_case(store, OFFICE, case)
    assert "13812345678" not in only(store, t.meeting_cases).text
    with pytest.raises(CommandError, match="工单库中没有这些工单"):
        meetings.add_case(store, OFFICE, dataclasses.replace(case, ticket_no="X"))


def test_a_task_goes_on_the_list_once(any_store):
    number = topics.propose_topic(any_store, OFFICE, TOPIC)
    meeting = meetings.add_meeting(any_store, OFFICE, MEETING)
    words = dataclasses.replace(TASK, topic_id=number)
    task = tasks.add_task(any_store, HOTLINE, AddTask(meeting, words, form_key="k1"))
    assert tasks.add_task(any_store, HOTLINE, AddTask(meeting, words, form_key="k1")) == task
    with pytest.raises(NotAllowedError):
        tasks.task_to_item(any_store, HOTLINE, TaskToItem(task, 1))
    item_no = tasks.task_to_item(any_store, OFFICE, TaskToItem(task, 1, "i1"))
    assert tasks.task_to_item(any_store, OFFICE, TaskToItem(task, 1, "i2")) == item_no
    item = only(any_store, lists.list_items)
    assert (item.state, item.source, item.category_code, item.due_on) == (
        "listed", "scheduling", "0301", TASK.due_on)  # fmt: skip
    assert item.source_note == f"第20次月调度会（{MEETING.held_on:%Y-%m-%d}）任务1"
    units = [(row.is_lead, row.unit_code) for row in rows(any_store, lists.list_responsibilities)]
    assert units == [(True, "U1"), (False, "U2")]
    assert only(any_store, t.meeting_tasks).item_id == item.item_id
    with pytest.raises(CommandError, match=f"已列入督办清单（{item_no}）"):
        tasks.edit_task(any_store, OFFICE, EditTask(task, 2, dataclasses.replace(words, title="别的")))
    with pytest.raises(CommandError, match="不能删除"):
        tasks.strike_task(any_store, OFFICE, StrikeTask(task, 2, "重复"))
    assert verify(any_store).broken is None


def test_a_task_without_unit_or_with_a_past_limit_stays_off_the_list(store, planned):
    task = tasks.add_task(store, OFFICE, AddTask(planned, TaskWords("建立台账")))
    with pytest.raises(CommandError, match="还没有牵头单位"):
        tasks.task_to_item(store, OFFICE, TaskToItem(task, 1))
    past = TaskWords("建立台账", None, "U1", due_on=TODAY - timedelta(days=1))
    assert tasks.edit_task(store, OFFICE, EditTask(task, 1, past)) == 2
    with pytest.raises(CommandError, match="办结时限不能早于今天"):
        tasks.task_to_item(store, OFFICE, TaskToItem(task, 2))
    with pytest.raises(ConflictError, match="刚被他人修改"):
        tasks.task_to_item(store, OFFICE, TaskToItem(task, 1))
    assert rows(store, lists.list_items) == []
    tasks.strike_task(store, OFFICE, StrikeTask(task, 2, "不再需要"))
    with pytest.raises(CommandError, match="没有找到这调度任务"):
        tasks.deliver(store, OFFICE, Deliver(task, 3, True, "完成"))


def test_a_promise_is_delivered_or_not_with_words(store, planned):
    task = tasks.add_task(store, OFFICE, AddTask(planned, TASK))
    with pytest.raises(CommandError, match="请填写未兑现的原因"):
        tasks.deliver(store, OFFICE, Deliver(task, 1, False, " "))
    assert tasks.deliver(store, OFFICE, Deliver(task, 1, False, "资金未到位")) == 2
    with pytest.raises(CommandError, match="兑现日期不能晚于今天"):
        tasks.deliver(store, OFFICE, Deliver(task, 2, True, "已完成", TODAY + timedelta(days=1)))
    assert tasks.deliver(store, OFFICE, Deliver(task, 2, True, "已完成", TODAY)) == 3
    assert only(store, t.meeting_tasks).delivered_on == TODAY


def test_outcomes_and_mechanisms_belong_to_a_topic(store, chosen):
    outcome = outcomes.NoteOutcome(chosen, "problems", "解决供热问题", TODAY, "办结记录", 120, "件", form_key="o1")
    assert outcomes.note_outcome(store, OFFICE, outcome) == outcomes.note_outcome(store, OFFICE, outcome)
    for given, why in (({"amount": -1.0}, "不能是负数"), ({"amount": float("nan")}, "不能是负数"),
                       ({"unit_of_amount": ""}, "请填写数量单位"), ({"evidence": ""}, "请填写成效依据"),
                       ({"achieved_on": TODAY + timedelta(days=1)}, "成效日期不能晚于今天")):  # fmt: skip
        with pytest.raises(CommandError, match=why):
            outcomes.note_outcome(store, OFFICE, dataclasses.replace(outcome, form_key=None, **given))
    noted = NoteMechanism("policy", "供热管理办法", TODAY, "按户考核", chosen, "示政办〔2026〕8号", "U1", "h1")
    number = mechanisms.note_mechanism(store, OFFICE, noted)
    assert mechanisms.note_mechanism(store, OFFICE, noted) == number
    with pytest.raises(CommandError, match="不能早于施行日期"):
        mechanisms.end_mechanism(store, OFFICE, EndMechanism(number, 1, date(2026, 1, 1), "废止"))
    assert mechanisms.end_mechanism(store, OFFICE, EndMechanism(number, 1, TODAY, "废止")) == 2
    assert only(store, t.topic_outcomes).amount == 120


def test_frozen_figures_stay_after_the_meeting(any_store):
    meeting = meetings.add_meeting(any_store, OFFICE, dataclasses.replace(MEETING, held_on=TODAY))
    frozen = freeze.FreezeFigures(meeting, None, "volume", {"received": 120}, "v1", "1.0", datetime(2026, 11, 1))
    number = freeze.freeze_figures(any_store, OFFICE, frozen)
    assert freeze.freeze_figures(any_store, OFFICE, frozen) == number
    newer = dataclasses.replace(frozen, figures={"received": 125}, data_version="v2")
    assert freeze.freeze_figures(any_store, OFFICE, newer) == number + 1
    meetings.edit_meeting(any_store, OFFICE, EditMeeting(meeting, 1, {"state": "held"}))
    with pytest.raises(CommandError, match="已经定格"):
        freeze.freeze_figures(any_store, OFFICE, dataclasses.replace(newer, figures={"received": 1}))
    past = dataclasses.replace(MEETING, meeting_no=19, held_on=TODAY - timedelta(days=1), state="held", form_key="m0")
    before = meetings.add_meeting(any_store, OFFICE, past)
    with pytest.raises(CommandError, match="不是会上所用的数字"):
        freeze.freeze_figures(any_store, OFFICE, dataclasses.replace(frozen, meeting_id=before))
    with pytest.raises(CommandError, match="没有可以定格的数据"):
        freeze.freeze_figures(any_store, OFFICE, dataclasses.replace(newer, figures={}))
    assert [json.loads(row.figures)["received"] for row in rows(any_store, t.frozen_figures)] == [120, 125]
    with pytest.raises(DatabaseError), any_store.writing() as conn:
        conn.execute(update(t.frozen_figures).values(figures="{}"))


@pytest.mark.parametrize("role", ["leader", "discipline", "unit", "kiosk"])
def test_who_does_not_prepare_meetings_changes_nothing(store, role):
    somebody = desk(role)
    for handler, command in (
        (topics.propose_topic, TOPIC), (meetings.add_meeting, MEETING), (tasks.add_task, AddTask(1, TASK)),
        (tasks.task_to_item, TaskToItem(1, 1)), (meetings.set_agenda, meetings.SetAgenda(1, 1, ())),
        (mechanisms.note_mechanism, NoteMechanism("policy", "办法", TODAY, "内容")),
        (freeze.freeze_figures, freeze.FreezeFigures(1, None, "volume", {"n": 1}, "v", "1", datetime(2026, 11, 1))),
    ):  # fmt: skip
        with pytest.raises(NotAllowedError):
            handler(store, somebody, command)
    assert rows(store, a.audit_entries) == []
