"""民情日记 and 预警: written once, followed with both versions in view, turned into an item once."""

import dataclasses
from datetime import date

import pytest

from lib.access.roles import NotAllowedError
from lib.commands import CommandError, ConflictError
from lib.commands.lists import visits, warnings
from lib.commands.lists.visits import NoteVisit, VisitToItem
from lib.commands.lists.warnings import FollowWarning, NoteWarning, WarningToItem
from lib.schema import assessment as a
from lib.schema import lists as t
from tests.access.stores import rows
from tests.commands.lists.letter_desk import desk

OFFICE, HOTLINE = desk(), desk("hotline")
VISIT = NoteVisit(date(2026, 10, 30), "周衡", "青禾小区3号楼", "三楼以上早晚没水，电话13812345678", form_key="v1")
WARNING = NoteWarning(date(2026, 10, 29), "early_sign", "审计局", "专项资金迟迟未拨付", "二季度应拨未拨", "U1",
                      shared_with="纪委监委、财政局", form_key="w1")  # fmt: skip


def test_a_visit_is_noted_once_and_keeps_no_phone_number(any_store):
    number = visits.note_visit(any_store, HOTLINE, VISIT)
    assert visits.note_visit(any_store, HOTLINE, VISIT) == number
    [note] = rows(any_store, t.visit_notes)
    assert note.text == "三楼以上早晚没水，电话138****5678"
    assert (note.place, note.visited_on, note.version, note.item_id) == ("青禾小区**", date(2026, 10, 30), 1, None)
    assert [entry.action for entry in rows(any_store, a.audit_entries)] == ["visit_noted"]
    assert "13812345678" not in rows(any_store, a.audit_entries)[0].text


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"visited_on": date(2026, 11, 3)}, "走访日期不能晚于今天"),
        ({"visited_on": None}, "请填写走访日期"),
        ({"visitor": ""}, "请填写走访人"),
        ({"place": " "}, "请填写走访地点"),
        ({"text": ""}, "请填写群众反映"),
        ({"text": "字" * 5001}, "群众反映最多5000字"),
        ({"district_code": "999999"}, "不在区县表中"),
    ],
)
def test_a_visit_that_says_too_little_is_refused(store, given, why):
    with pytest.raises(CommandError, match=why):
        visits.note_visit(store, HOTLINE, dataclasses.replace(VISIT, **given))
    assert not rows(store, t.visit_notes)


def test_a_visit_becomes_an_item_once(any_store):
    number = visits.note_visit(any_store, HOTLINE, VISIT)
    asked = VisitToItem(number, 1, {"title": "青禾小区供水不足", "problem_type": "long_delayed"}, form_key="i1")
    item_no = visits.visit_to_item(any_store, HOTLINE, asked)
    assert visits.visit_to_item(any_store, HOTLINE, asked) == item_no
    [item] = rows(any_store, t.list_items)
    assert (item.item_no, item.list_kind, item.state, item.source) == (item_no, "problem", "proposed", "visit")
    assert item.manifestation == "三楼以上早晚没水，电话138****5678"
    assert item.source_note == "2026-10-30 周衡走访青禾小区**"
    [note] = rows(any_store, t.visit_notes)
    assert (note.item_id, note.version) == (item.item_id, 2)
    with pytest.raises(CommandError, match=f"已经转为事项 {item_no}"):
        visits.visit_to_item(any_store, HOTLINE, VisitToItem(number, 2))
    actions = [entry.action for entry in rows(any_store, a.audit_entries)]
    assert actions == ["visit_noted", "item_added", "visit_listed"]


def test_who_keeps_the_registers(store):
    for role in ("leader", "discipline", "organisation", "kiosk"):
        with pytest.raises(NotAllowedError, match="不能登记民情日记"):
            visits.note_visit(store, desk(role), VISIT)
        with pytest.raises(NotAllowedError, match="不能登记预警"):
            warnings.note_warning(store, desk(role), WARNING)
    number = visits.note_visit(store, OFFICE, VISIT)
    with pytest.raises(NotAllowedError, match="应由热线中心办理"):
        visits.visit_to_item(store, OFFICE, VisitToItem(number, 1))
    assert visits.visit_to_item(store, OFFICE, VisitToItem(number, 1, list_kind="supervision")).startswith("督")


def test_a_warning_is_followed_to_its_outcome(any_store):
    number = warnings.note_warning(any_store, OFFICE, WARNING)
    assert warnings.note_warning(any_store, OFFICE, WARNING) == number
    with pytest.raises(CommandError, match="请填写处置结果"):
        warnings.follow_warning(any_store, OFFICE, FollowWarning(number, 1, "closed"))
    followed = FollowWarning(number, 1, "followed", "已约谈分管负责人", "纪委监委")
    assert warnings.follow_warning(any_store, OFFICE, followed) == 2
    # The same form again changes nothing.
    assert warnings.follow_warning(any_store, OFFICE, followed) == 2
    with pytest.raises(ConflictError, match=r"跟进中.*已办结") as found:
        warnings.follow_warning(any_store, HOTLINE, FollowWarning(number, 1, "closed", "资金已到位"))
    assert found.value.current["处置结果"] == "已约谈分管负责人"
    assert warnings.follow_warning(any_store, OFFICE, FollowWarning(number, 2, "closed", "资金已到位")) == 3
    [row] = rows(any_store, t.list_warnings)
    assert (row.state, row.outcome, row.shared_with) == ("closed", "资金已到位", "")
    actions = [entry.action for entry in rows(any_store, a.audit_entries)]
    assert actions == ["warning_noted", "warning_followed", "warning_followed"]


def test_a_warning_becomes_an_item(any_store):
    number = warnings.note_warning(any_store, OFFICE, WARNING)
    with pytest.raises(ConflictError, match="刚被他人修改"):
        warnings.warning_to_item(any_store, OFFICE, WarningToItem(number, 7))
    item_no = warnings.warning_to_item(any_store, OFFICE, WarningToItem(number, 1, form_key="i2"))
    assert warnings.warning_to_item(any_store, OFFICE, WarningToItem(number, 1, form_key="i2")) == item_no
    [item] = rows(any_store, t.list_items)
    assert (item.title, item.source, item.source_note) == (
        "专项资金迟迟未拨付", "warning", "审计局 2026-10-29 苗头性问题")  # fmt: skip
    assert rows(any_store, t.list_responsibilities)[0].unit_code == "U1"
    [row] = rows(any_store, t.list_warnings)
    assert (row.state, row.item_id, row.version) == ("followed", item.item_id, 2)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"noticed_on": date(2026, 11, 3)}, "发现日期不能晚于今天"),
        ({"kind": "rumour"}, "预警类型请从列表中选择"),
        ({"source_department": ""}, "请填写来源部门"),
        ({"title": ""}, "请填写预警事项"),
        ({"unit_code": "U9"}, "不在单位表中"),
    ],
)
def test_a_warning_that_says_too_little_is_refused(store, given, why):
    with pytest.raises(CommandError, match=why):
        warnings.note_warning(store, OFFICE, dataclasses.replace(WARNING, **given))
    assert not rows(store, t.list_warnings)
