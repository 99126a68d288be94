"""What an item says: putting it on a list, changing it, and what cannot be."""

import json
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from lib.commands import CommandError, ConflictError
from lib.commands.lists import items
from lib.commands.lists.items import AddItem, EditItem
from lib.lists.fields import fields_of
from lib.schema import assessment as a
from lib.schema import lists as t
from tests.access.stores import rows
from tests.commands.lists.desks import NOW, PROFILE, TODAY, item_in, keeper, new_item, row

OWN = keeper("supervision")
FULL = {
    "title": "向阳小区  供暖不热", "source": "instruction", "manifestation": "三栋楼\r\n室温不足", "target": "室温达标",
    "lead_unit_code": "U1", "due_on": date(2026, 11, 20), "measures": "检修换热站", "district_code": "990102",
    "category_code": "0301", "urgency": "urgent", "supporting_unit_codes": ["U2", "U3", "U2"], "leader": "王局",
    "person": "张三", "phone": "0300-5550001", "duty": "供暖保障", "source_note": "专题会", "instructed_by": "赵市长",
    "instructed_on": date(2026, 10, 30), "instruction": "限期解决", "reply_by_on": date(2026, 11, 25),
    "is_legacy": True, "is_cross_level": None, "remarks": "备注", "own:group": "督查二科",
}  # fmt: skip


def standing(store, no):
    """What the item says under the keys of its fields."""
    with store.reading() as conn:
        item = conn.execute(select(t.list_items).where(t.list_items.c.item_no == no)).one()
        said = items.values_of(conn, item)
    return {key: said.get(key) for key in fields_of(item.list_kind, PROFILE)}


def test_every_field_is_kept_and_read_back(any_store):
    no = items.add(any_store, OWN, AddItem("supervision", FULL, [("A", "T1"), ("A", "T2"), ("A", "T1")]))
    expected = {
        **dict.fromkeys(fields_of("supervision", PROFILE)), **FULL, "title": "向阳小区 供暖不热",
        "manifestation": "三栋楼\n室温不足", "supporting_unit_codes": ("U2", "U3"),
        **dict.fromkeys(("is_cross_industry", "is_cross_department", "is_cross_level", "is_cross_region"), False),
        "is_duty_unclear": False,
    }  # fmt: skip
    assert standing(any_store, no) == expected
    assert [k.ticket_no for k in rows(any_store, t.list_tickets)] == ["T1", "T2"]
    entry = json.loads(rows(any_store, a.audit_entries)[-1].text)
    assert (entry["action"], entry["subject"], entry["after"]["牵头单位"]) == ("item_added", no, "住建局")
    assert entry["after"]["所属县区"] == "东湖区"


def test_numbers_run_by_list_and_year(store):
    year_later = keeper("supervision", now=NOW.replace(year=2027))
    assert new_item(store) == "督2026-0001"
    assert new_item(store, "problem") == "问2026-0001"
    assert new_item(store) == "督2026-0002"
    assert items.add(store, year_later, AddItem("supervision", {"title": "x", "source": "media"})) == "督2027-0001"
    with pytest.raises(CommandError):
        new_item(store, title="")
    assert new_item(store) == "督2026-0003"  # What failed took no number.


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"title": " \n"}, "请填写督办事项"),
        ({"title": "长" * 201}, "督办事项最多200字，现在有201字"),
        ({"manifestation": "页" * 100_000}, "主要内容最多5000字，现在有100000字"),
        ({"source": None}, "请填写立项来源"),
        ({"source": "rumour"}, "立项来源请从列表中选择"),
        ({"due_on": date(2026, 11, 1)}, "办结时限不能早于今天（2026年11月2日）"),
        ({"due_on": date(2206, 11, 1)}, "办结时限是2206年11月1日，请核对年份"),
        ({"due_on": "2026-11-20"}, "办结时限不是日期"),
        ({"instructed_on": date(2026, 11, 3)}, "批示日期不能晚于今天"),
        ({"lead_unit_code": "U9"}, "牵头单位“U9”不在单位表中"),
        ({"lead_unit_code": None}, "请同时选择牵头单位，否则这些内容无处可存"),
        ({"supporting_unit_codes": ["U2", "U9"]}, "配合单位“U9”不在单位表中"),
        ({"district_code": "410502"}, "所属县区“410502”不在区县表中"),
        ({"category_code": "0" * 33}, "事项类别最多32字"),
        ({"is_legacy": "否"}, "历史遗留只能是“是”或“否”"),
        ({"own:group": "督查九科"}, "督查组请从列表中选择"),
        ({"own:nothing": "x"}, "督办清单没有这些栏目：own:nothing"),
        ({"problem_type": "other"}, "督办清单没有这些栏目"),
        ({"state": "closed"}, "督办清单没有这些栏目：state"),
    ],
)
def test_what_cannot_be_is_refused_by_the_name_of_its_field(store, values, words):
    with pytest.raises(CommandError, match=words):
        items.add(store, OWN, AddItem("supervision", {**FULL, **values}))
    no = new_item(store, person="张三")
    if values != {"lead_unit_code": None}:
        with pytest.raises(CommandError, match=words):
            items.edit(store, OWN, EditItem(no, 1, values))
    assert row(store, no).version == 1
    assert [i.item_no for i in rows(store, t.list_items)] == [no]


def test_unknown_tickets_are_named(store):
    with pytest.raises(CommandError, match="没有这些工单：X1、X2"):
        items.add(store, OWN, AddItem("supervision", FULL, [("A", "X1"), ("A", "T1"), ("B", "X2")]))
    assert rows(store, t.list_items) == []


def test_markup_formulas_and_control_characters_are_only_text(store):
    no = new_item(store, title="=1+1<script>alert(1)</script>\x00\ud800\x1b", remarks="a\u202eb\tc")
    assert row(store, no).title == "=1+1<script>alert(1)</script>"
    assert row(store, no).remarks == "ab\tc"


def test_a_choice_that_is_emptied_falls_back_and_others_become_blank(store):
    no = items.add(store, OWN, AddItem("supervision", {**FULL, "urgency": None}))
    assert row(store, no).urgency == "normal"
    items.edit(store, OWN, EditItem(no, 1, {"urgency": "very_urgent", "district_code": "", "reply_by_on": None}))
    items.edit(store, OWN, EditItem(no, 2, {"urgency": "", "manifestation": "", "own:group": None}))
    item = row(store, no)
    assert (item.urgency, item.district_code, item.reply_by_on, item.manifestation) == ("normal", None, None, "")
    assert json.loads(item.own_values) == {"group": ""}


def test_only_what_changes_is_written_and_told(store):
    no = items.add(store, OWN, AddItem("supervision", FULL))
    with pytest.raises(CommandError, match="没有改动"):
        items.edit(store, OWN, EditItem(no, 1, FULL))
    before = rows(store, t.list_responsibilities)
    new = {**FULL, "remarks": "改过", "district_code": "990103", "own:group": "督查一科"}
    assert items.edit(store, OWN, EditItem(no, 1, new)) == 2
    assert rows(store, t.list_responsibilities) == before
    told = json.loads(rows(store, t.list_steps)[-1].facts)
    assert told == {"备注": "备注 → 改过", "所属县区": "东湖区 → 北桥区", "督查组": "督查二科 → 督查一科"}


def test_people_stay_with_their_unit(store):
    no = items.add(store, OWN, AddItem("supervision", FULL))
    items.edit(store, OWN, EditItem(no, 1, {"person": "李四"}))
    assert (standing(store, no)["leader"], standing(store, no)["person"]) == ("王局", "李四")
    items.edit(store, OWN, EditItem(no, 2, {"lead_unit_code": "U3", "phone": "0300-5550002"}))
    said = standing(store, no)
    assert (said["lead_unit_code"], said["leader"], said["person"], said["phone"]) == ("U3", "", "", "0300-5550002")
    items.edit(store, OWN, EditItem(no, 3, {"supporting_unit_codes": ["U2"]}))
    assert standing(store, no)["supporting_unit_codes"] == ("U2",)
    leads = [(r.unit_code, r.person, r.ended_at is None) for r in rows(store, t.list_responsibilities) if r.is_lead]
    assert leads == [("U1", "张三", False), ("U1", "李四", False), ("U3", "", True)]


@pytest.mark.parametrize("values", [{"due_on": date(2026, 12, 1)}, {"lead_unit_code": "U3"}])
def test_limit_and_unit_change_by_their_own_steps_once_assigned(store, values):
    listed, assigned = item_in(store, "listed"), item_in(store, "assigned")
    assert items.edit(store, OWN, EditItem(listed, 2, values)) == 3
    with pytest.raises(CommandError, match="时限请走延期审批，责任单位请走职责异议"):
        items.edit(store, OWN, EditItem(assigned, 3, values))
    assert items.edit(store, OWN, EditItem(assigned, 3, {"person": "王五", "measures": "加派人手"})) == 4


def test_a_limit_that_ran_out_may_be_sent_along_unchanged(store):
    no = new_item(store, due_on=TODAY + timedelta(days=1))
    week = keeper("supervision", now=NOW + timedelta(days=7))
    same = {"due_on": TODAY + timedelta(days=1), "remarks": "补充"}
    assert items.edit(store, week, EditItem(no, 1, same)) == 2
    with pytest.raises(CommandError, match="办结时限不能早于今天"):
        items.edit(store, week, EditItem(no, 2, {"due_on": TODAY + timedelta(days=2)}))


def test_a_moment_is_kept_as_its_day(store):
    assert row(store, new_item(store, due_on=datetime(2026, 11, 20, 12, 0))).due_on == date(2026, 11, 20)


def test_the_second_editor_sees_both_versions_in_words(any_store):
    no = new_item(any_store, urgency="normal")
    items.edit(any_store, OWN, EditItem(no, 1, {"lead_unit_code": "U3", "urgency": "urgent"}))
    with pytest.raises(ConflictError) as conflict:
        items.edit(any_store, OWN, EditItem(no, 1, {"lead_unit_code": "U2", "urgency": "very_urgent"}))
    assert conflict.value.current == {"牵头单位": "水务局", "紧急程度": "紧急"}
    assert conflict.value.wanted == {"牵头单位": "城管局", "紧急程度": "特急"}
    assert row(any_store, no).version == 2
