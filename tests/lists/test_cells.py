"""Words of people as values of the fields, and the sentences about words that are none."""

from datetime import date

import pytest

from lib.lists.cells import CellError, tidy, value_of
from lib.lists.fields import fields_of
from lib.lists.rows import read_row
from tests.lists.ledgers import NAMES, PROFILE, RULES, TODAY


@pytest.mark.parametrize(
    ("key", "words", "value"),
    [
        ("title", "  供热\n管网  改造 ", "供热 管网 改造"),
        ("manifestation", "一\r\n二", "一\n二"),
        ("due_on", "2026-12-01", date(2026, 12, 1)),
        ("due_on", "2026年12月1日", date(2026, 12, 1)),
        ("due_on", "2026/12/1 00:00:00", date(2026, 12, 1)),
        ("due_on", "12月31日", date(2026, 12, 31)),
        ("due_on", "20261231", date(2026, 12, 31)),
        ("due_on", "46357", date(2026, 12, 1)),
        ("lead_unit_code", "示例市住建局", "U1"),
        ("lead_unit_code", "U2", "U2"),
        ("lead_unit_code", "水务局", "U3"),
        ("supporting_unit_codes", "示例市城管局、东湖区水务局；示例市城管局", ("U2", "U3")),
        ("district_code", "西河县", "D2"),
        ("category_code", "公交", "C3"),
        ("source", "领导批示", "instruction"),
        ("is_legacy", "√", True),
        ("is_legacy", "否", False),
        ("due_on", "  ", None),
        ("own:group", "督查二科", "督查二科"),
    ],
)
def test_words_become_values(key, words, value):
    assert value_of(RULES[key], words, NAMES, TODAY) == value


@pytest.mark.parametrize(
    ("key", "words", "said"),
    [
        ("due_on", "年底前", "2026-12-31 的样子"),
        ("due_on", "2026-13-40", "不是日期"),
        ("lead_unit_code", "示例市住建周", "是不是：示例市住建局"),
        ("lead_unit_code", "物业科", "单位编码：U4、U5"),
        ("source", "道听途说", "可填：领导批示"),
        ("category_code", "温度不达标", "请写全：城乡建设/供热/温度不达标"),
        ("is_legacy", "大概", "请填“是”或留空"),
    ],
)
def test_other_words_are_refused_with_a_way_out(key, words, said):
    with pytest.raises(CellError, match=said):
        value_of(RULES[key], words, NAMES, TODAY)


@pytest.mark.parametrize("words", ["=1+1", "-3", "@x", "＝1", " +86", "<b>粗</b>"])
def test_formulas_and_html_stay_what_they_say(words):
    assert value_of(RULES["manifestation"], "'" + words, NAMES, TODAY).lstrip("'") == words.strip()
    assert tidy("'普通") == "'普通"


def test_a_row_of_the_template_without_a_title_takes_the_first_sentence():
    problem = fields_of("problem", PROFILE)
    read = read_row(
        {"manifestation": "三栋楼停暖。已反映五次", "tickets": "T1、T2 T1", "due_on": "明天"}, problem, NAMES, TODAY
    )
    assert read.values == {"manifestation": "三栋楼停暖。已反映五次", "title": "三栋楼停暖", "source": "tickets"}
    assert read.numbers == ("T1", "T2")
    assert list(read.errors) == ["due_on"]


def test_an_instruction_is_its_leader_and_the_words():
    read = read_row({"title": "x", "instructed": "赵市长：限期解决"}, RULES, NAMES, TODAY)
    assert (read.values["instructed_by"], read.values["instruction"]) == ("赵市长", "限期解决")
    assert read.values["source"] == "instruction"
