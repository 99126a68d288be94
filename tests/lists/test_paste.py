"""Rows from the clipboard and columns of other people's sheets."""

import pytest

from lib.lists.headings import LEFT_OUT, TO_REMARKS, header_row, suggest
from lib.lists.likeness import LIKE, likeness
from lib.lists.paste import MOST_ROWS, PasteError, cells_by, rows_of
from tests.lists.ledgers import NAMES, PROFILE


def pasted(text: str):
    return rows_of(text, "supervision", PROFILE, NAMES)


def test_with_headings_columns_are_found_by_them_and_nothing_is_lost():
    found = pasted(
        "序号\t督办 事项\t牵头部门\t完成时限\t催办次数\n1\t修路\t示例市城管局\t2026-12-01\t3\n\n2\t修灯\t\t\t\n"
    )
    assert found.headed
    assert found.rows == (
        {"title": "修路", "lead_unit_code": "示例市城管局", "due_on": "2026-12-01", "remarks": "催办次数：3"},
        {"title": "修灯"},
    )
    assert found.unused == {"序号": "不导入", "催办次数": "写入备注（注明栏目名）"}


def test_without_headings_the_order_of_the_grid_counts():
    found = pasted("领导批示\t赵市长：办\t修路\t通车\r\n媒体\t\t修灯\t亮灯")
    assert not found.headed
    assert [row["title"] for row in found.rows] == ["修路", "修灯"]
    assert found.rows[0]["instructed"] == "赵市长：办"


def test_one_column_is_titles():
    assert [row["title"] for row in pasted("修路\n修灯\n").rows] == ["修路", "修灯"]


def test_cells_with_line_ends_and_tabs_stay_whole_and_lone_quotes_swallow_nothing():
    assert pasted('修路\t"一\n二\t""三"""\n修灯\t四').rows[0]["instructed"] == '一\n二\t"三"'
    assert [row["source"] for row in pasted('甲"乙\t1\n丙\t2').rows] == ['甲"乙', "丙"]


@pytest.mark.parametrize("text", ["x\ty\n" * (MOST_ROWS + 2), "行\t列\n" * 6000, "字" * 400_000])
def test_two_hundred_pages_are_answered_with_the_limit(text):
    with pytest.raises(PasteError, match=f"一次最多{MOST_ROWS}行"):
        pasted(text)


@pytest.mark.parametrize(("text", "said"), [(" \n\t\n", "没有可以读入的内容"), ("a\t" * 40 + "b", "连同表头")])
def test_what_cannot_be_taken_is_said(text, said):
    with pytest.raises(PasteError, match=said):
        pasted(text)


def test_last_years_sheet_gets_a_suggestion_for_every_column():
    rows = [
        ["某市2025年督办台账", "", "", "", "", "", "", ""],
        ["编号", "督查事项", "牵头单位（部门）", "办结\n时限", "科室", "谁办的", "销号日期", "空列"],
        ["1", "修路", "示例市城管局", "2025-12-01", "办公室", "0372-5551234", "2025-12-03", ""],
        ["2", "修灯", "示例市住建局", "2025-12-05", "办公室", "13800001111", "", ""],
    ]
    at = header_row(rows, "supervision", PROFILE)
    assert at == 1
    found = suggest(rows[1], rows[2:], "supervision", PROFILE, NAMES)
    targets = [TO_REMARKS, "title", "lead_unit_code", "due_on", TO_REMARKS, "phone", TO_REMARKS, LEFT_OUT]
    assert [s.target for s in found] == targets
    cells = cells_by([s.target for s in found], rows[1], rows[2])
    assert cells["remarks"] == "编号：1\n科室：办公室\n销号日期：2025-12-03"


def test_no_field_is_suggested_twice():
    found = suggest(["牵头单位", "责任单位", "承办单位"], [["示例市住建局"] * 3], "supervision", PROFILE, NAMES)
    assert [s.target for s in found] == ["lead_unit_code", TO_REMARKS, TO_REMARKS]


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("关于向阳小区供暖不热的问题", "向阳小区供暖不热", True),
        ("向阳小区供暖不热", "向阳小区供热温度不达标", False),
        ("3号楼漏水", "5号楼漏水", False),
        ("东风路路灯不亮", "东风路路灯长期不亮", True),
        ("", "", False),
    ],
)
def test_titles_are_compared_by_what_they_name(one, other, alike):
    assert (likeness(one, other) >= LIKE) is alike
