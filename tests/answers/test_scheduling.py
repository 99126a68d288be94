"""月调度: what the pages say of meetings, tasks, promises and relapses; frozen figures beside those of today."""

import dataclasses
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import update

from lib import answers
from lib.access.roles import NotAllowedError
from lib.answers import ListView, Source, Volume
from lib.city import load_city
from lib.commands.scheduling import freeze, meetings, outcomes, tasks, topics
from lib.commands.scheduling.meetings import AddMeeting, PutTopic
from lib.commands.scheduling.tasks import AddTask, Deliver, TaskToItem, TaskWords
from lib.commands.scheduling.topics import DecideTopic, Place, ProposeTopic
from lib.period import Period
from lib.schema import lists
from lib.schema import scheduling as t
from tests.answers.list_rows import view
from tests.commands.lists.desks import TODAY, desk
from tests.factories import create_ticket, publish_rows

OFFICE = desk()
MONTH = timedelta(days=30)


def seen(role="leader", **given) -> ListView:
    """A view on the day of the desks, with the names of the demo city's categories."""
    frame = load_city("demo").categories
    names = dict(zip(frame["category_code"], frame["full_name"], strict=True))
    return dataclasses.replace(view(role, **given), today=TODAY, names={**names, "U1": "住建局", "U2": "城管局"})


@pytest.fixture
def played(any_store):
    """Two meetings on heating, the later one also on water; the first one with a promise kept and one not."""
    made = []
    for title, code in (("供热", "0301"), ("供水", "0303")):
        command = ProposeTopic(title, TODAY, "livelihood" if code == "0301" else "safety", (Place(code),))
        made.append(topics.propose_topic(any_store, OFFICE, command))
        topics.decide_topic(any_store, OFFICE, DecideTopic(made[-1], 1, "chosen", "集中"))
    for number, (days, own) in enumerate(((60, made[:1]), (30, made)), 1):
        meeting = AddMeeting(number, TODAY - timedelta(days=days), f"第{number}次", state="held")
        key = meetings.add_meeting(any_store, OFFICE, meeting)
        for place, topic in enumerate(own, 1):
            meetings.put_topic(any_store, OFFICE, PutTopic(key, place, topic))
    for words in (TaskWords("换管", made[0], "U1", ("U2",), "苏明远", TODAY + MONTH, True),
                  TaskWords("测温", made[0], "U2", is_promise=True), TaskWords("宣传", made[0])):  # fmt: skip
        tasks.add_task(any_store, OFFICE, AddTask(1, words))
    tasks.task_to_item(any_store, OFFICE, TaskToItem(1, 1))
    tasks.deliver(any_store, OFFICE, Deliver(2, 1, True, "已测", TODAY))
    outcomes.note_outcome(
        any_store, OFFICE, outcomes.NoteOutcome(made[0], "problems", "解决", TODAY, "台账", 1200, "件", 1)
    )
    return any_store


def test_every_meeting_says_what_it_came_to(played):
    with played.reading() as conn:
        frame = answers.results(conn, seen())
        chain = answers.chain(conn, seen())
        assert list(answers.results(conn, seen(), "safety")["meeting_no"]) == [2]
    assert list(frame["topics"]) == ["供热、供水", "供热"]
    first = frame.iloc[1]
    assert (first["tasks"], first["listed"], first["promises"], first["kept"], first["solved"]) == (3, 1, 2, 1, 1200)
    assert list(frame["relapsed"]) == ["", "供热（第2次再次调度）"]
    assert (chain.held, chain.tasks, chain.listed, chain.open_items, chain.done, chain.kept) == (2, 3, 1, 1, 1, 1)


def test_a_meeting_begins_with_what_the_one_before_promised(played):
    with played.reading() as conn:
        detail = answers.meeting(conn, seen(), 2)
        before = answers.meeting(conn, seen(), 1)
        assert answers.meeting(conn, seen(), 9) is None
    assert detail.before == 1
    assert [(row.title, row.is_kept) for row in detail.promises.itertuples()] == [("换管", False), ("测温", True)]
    task = before.tasks.iloc[0]
    assert (task["item_no"], task["state_label"], task["light_label"]) == ("督2026-0001", "待交办", "正常")
    assert (task["lead_unit"], task["responsible"], task["topic"]) == ("住建局", "城管局", "供热")
    assert list(before.outcomes["amount_label"]) == ["1,200件"]


def test_a_task_shows_the_limit_its_item_has_now(played):
    with played.writing() as conn:
        conn.execute(update(lists.list_items).values(due_on=TODAY - timedelta(days=1), state="handling"))
        task = answers.tasks(conn, seen()).iloc[0]
    assert (task["due_on"], task["light"]) == (TODAY - timedelta(days=1), "overdue")


def test_a_unit_sees_its_own_tasks_and_nothing_else(played):
    with played.reading() as conn:
        mine = seen("unit", reach=("U2",))
        assert list(answers.tasks(conn, mine)["title"]) == ["换管", "测温"]
        assert list(answers.meetings(conn, mine)["meeting_no"]) == [1]
        detail = answers.meeting(conn, mine, 1)
        assert len(detail.tasks) == 2
        assert detail.topics.empty
        assert detail.cases.empty
        assert answers.meeting(conn, mine, 2) is None
        for answer in (answers.topics, answers.chain, answers.results, answers.mechanisms, answers.outcomes):
            with pytest.raises(NotAllowedError):
                answer(conn, mine)
        with pytest.raises(NotAllowedError):
            answers.meetings(conn, seen("organisation"))


def test_a_category_renamed_since_is_said(played):
    renamed = dataclasses.replace(seen(), names={**seen().names, "0301": "城市管理/集中供热"})
    gone = dataclasses.replace(seen(), names={})
    with played.reading() as conn:
        assert set(answers.topics(conn, seen())["renamed"]) == {""}
        said = answers.topics(conn, renamed).set_index("title")["renamed"]
        assert said["供热"].endswith("/供热”现称“城市管理/集中供热”")
        assert said["供水"] == ""
        assert answers.topics(conn, gone)["renamed"].str.contains("已不在现行事项分类中").all()


def test_frozen_figures_stand_beside_those_of_today(played):
    figures = {"received": 100, "due": 90, "due_closed": 80}
    with played.writing() as conn:
        conn.execute(update(t.meetings).where(t.meetings.c.meeting_id == 2).values(state="planned", held_on=TODAY))
    freeze.freeze_figures(
        played, OFFICE, freeze.FreezeFigures(2, 1, "volume", figures, "v1", "1.0", datetime(2026, 10, 1))
    )
    with played.reading() as conn:
        row = answers.meeting(conn, seen(), 2).frozen.iloc[0].to_dict()
    today = Volume({"received": 98, "due": 90, "due_closed": 85}, Period(date(2026, 9, 1), date(2026, 10, 1)), "1.0")
    table = answers.frozen_beside_today(row, today, "v2")
    assert list(table["difference"]) == [-2, 0, 5]
    assert list(table["reason"]) == [
        "会后更正事项归类或撤销的工单（数据已更新）", "无变化", "会后才办结的到期工单（数据已更新）"]  # fmt: skip
    assert "请核对选题的事项范围" in answers.frozen_beside_today(row, today, "v1")["reason"].iloc[0]


def test_tickets_of_a_topic_are_counted_once(settings):
    city = load_city("demo")
    put = [("030101", "990102"), ("030101", "990103"), ("0303", "990102")]
    rows = [create_ticket(ticket_no=f"N{n}", category_code=code, category2_code=code[:4], category1_code="03",
                          district_code=place, received_at=datetime(2026, 9, 10, 9)) for n, (code, place) in
            enumerate(put)]  # fmt: skip
    opened = publish_rows(settings, rows, [], city=city)
    with opened.engine.connect() as conn:
        source = Source(conn, opened.pointer, city)

        def received(*scopes):
            found = answers.topic_volume(source, scopes, date(2026, 10, 20))
            return None if found is None else found.figures["received"]

        assert received(("0301", None)) == 2
        assert received(("0301", None), ("030101", "990102")) == 2
        assert received(("0301", "990102"), ("0303", None)) == 2
        assert received(("0399", None)) == 0
        assert received(("0301", "990102"), ("030101", None)) is None
    opened.dispose()
