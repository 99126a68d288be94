"""A ledger comes back: added, changed, conflicting, and what may not be changed this way."""

from datetime import date

import pytest

from lib.lists.round_trip import LedgerError, difference, exported, file_rows, hidden_rows, require_own
from tests.lists.ledgers import NAMES, PROFILE, RULES, TODAY, cells, standing

BEFORE = {
    "督2026-0001": cells(item_no="督2026-0001", title="修路", person="张三", due_on="2026-12-01", light_label="正常"),
    "督2026-0002": cells(item_no="督2026-0002", title="修灯", person="李四", target="亮"),
}
VERSIONS = {"督2026-0001": 3, "督2026-0002": 1}


def went_out():
    rows = hidden_rows("supervision", PROFILE, "2026年11月1日", VERSIONS, BEFORE)
    found = exported(rows)
    assert found is not None
    return found


def compared(file, now=None):
    """What a file of these rows would do; now: items as they stand."""
    heads = ["编号", "督办事项", "责任人", "办结时限", "亮灯", "目标要求", "牵头单位", "进展情况", "行标识"]
    keys = ["item_no", "title", "person", "due_on", "light_label", "target", "lead_unit_code", "progress"]
    lines = [(1, ["台账"]), (2, heads)]
    for line, row in enumerate(file, start=3):
        said = BEFORE.get(row.get("id", ""), cells()) | row
        lines.append((line, [*(said[key] for key in keys), row.get("id", "")]))
    rows, _ = file_rows(lines, "supervision", PROFILE)
    stands = {no: standing(VERSIONS[no], **said) for no, said in BEFORE.items()} | (now or {})
    return difference(rows, went_out(), stands, "supervision", PROFILE, RULES, NAMES, TODAY)


BOTH = ({"id": "督2026-0001"}, {"id": "督2026-0002"})


def test_what_went_out_comes_back_without_a_difference():
    found = compared(BOTH)
    assert (found.changes, found.added, found.not_taken, found.missing, found.unchanged) == ((), (), (), (), 2)


def test_a_changed_cell_is_a_change_and_the_same_day_written_otherwise_is_none():
    found = compared([{"id": "督2026-0001", "person": "王五", "due_on": "2026/12/1"}, BOTH[1]])
    assert [(c.item_no, c.key, c.exported, c.system, c.file, c.is_conflict) for c in found.changes] == [
        ("督2026-0001", "person", "张三", "张三", "王五", False)
    ]
    assert found.changes[0].values == {"person": "王五"}


def test_a_cell_changed_on_both_sides_is_a_conflict_and_the_same_change_is_none():
    now = {"督2026-0001": standing(4, **(BEFORE["督2026-0001"] | {"person": "赵六", "title": "修大路"}))}
    found = compared([{"id": "督2026-0001", "person": "王五", "title": "修大路"}, BOTH[1]], now)
    assert [(c.key, c.system, c.file, c.is_conflict) for c in found.changes] == [("person", "赵六", "王五", True)]


def test_what_changed_in_the_system_alone_is_left_as_it_is():
    now = {"督2026-0002": standing(2, **(BEFORE["督2026-0002"] | {"target": "全部亮"}))}
    assert compared(BOTH, now).changes == ()


def test_a_row_without_a_number_is_new_and_one_that_is_gone_is_not_deleted():
    found = compared([BOTH[0], {"title": "修桥"}])
    assert [row.cells["title"] for row in found.added] == ["修桥"]
    assert found.missing == ("督2026-0002",)


def test_a_copied_row_whose_number_was_erased_is_new():
    found = compared([*BOTH, {"id": "督2026-0001", "item_no": "", "title": "修路二期"}])
    assert [row.cells["title"] for row in found.added] == ["修路二期"]
    assert found.missing == ()


def test_an_erased_number_is_known_by_the_hidden_one():
    found = compared([{"id": "督2026-0001", "item_no": "", "person": "王五"}, BOTH[1]])
    assert [c.item_no for c in found.changes] == ["督2026-0001"]
    assert found.added == ()


@pytest.mark.parametrize(
    ("row", "state", "said"),
    [
        ({"light_label": "逾期"}, "listed", "由时限自动判定"),
        ({"lead_unit_code": "火星局"}, "listed", "单位表中没有"),
        ({"due_on": "年底"}, "listed", "不是日期"),
        ({"due_on": "2026-12-20"}, "handling", "请走延期审批"),
        ({"title": "x"}, "closed", "已是“已销号”"),
        ({"progress": "已完成"}, "listed", "交办之后才填报进展"),
    ],
)
def test_what_may_not_change_this_way_is_reported(row, state, said):
    now = {"督2026-0001": standing(3, state, **BEFORE["督2026-0001"])}
    found = compared([{"id": "督2026-0001", **row}, BOTH[1]], now)
    assert found.changes == ()
    assert [n.place for n in found.not_taken] == ["督2026-0001"]
    assert said in found.not_taken[0].why


def test_progress_of_an_item_under_way_becomes_a_report():
    now = {"督2026-0001": standing(3, "handling", **BEFORE["督2026-0001"])}
    found = compared([{"id": "督2026-0001", "progress": "已完成八成"}, BOTH[1]], now)
    assert [(c.is_report, c.values) for c in found.changes] == [(True, {"progress": "已完成八成"})]


def test_twice_the_same_number_and_numbers_nobody_gave_are_reported():
    found = compared([*BOTH, {"item_no": "督2026-0001"}, {"item_no": "督2026-0999"}])
    assert ["两次" in n.why or "没有这个编号" in n.why for n in found.not_taken] == [True, True]
    assert found.added == ()


def test_ledgers_of_others_are_told_apart():
    own = went_out()
    require_own(own, "supervision", PROFILE)
    with pytest.raises(LedgerError, match="督办清单的台账"):
        require_own(own, "problem", PROFILE)
    foreign = exported([["minsheng-ledger-1", "elsewhere", "supervision", ""], ["item_no", "version"]])
    with pytest.raises(LedgerError, match="另一个城市"):
        require_own(foreign, "supervision", PROFILE)
    assert exported(None) is None
    assert exported([["序号"], ["1"]]) is None
    with pytest.raises(LedgerError, match="表头"):
        file_rows([(1, ["a", "b"])], "supervision", PROFILE)


def test_values_are_what_commands_want():
    found = compared([{"id": "督2026-0001", "due_on": "2026年12月9日", "lead_unit_code": "示例市住建局"}, BOTH[1]])
    assert {k: v for c in found.changes for k, v in c.values.items()} == {
        "due_on": date(2026, 12, 9), "lead_unit_code": "U1",
    }  # fmt: skip
