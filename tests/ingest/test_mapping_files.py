"""Mappings: shipped ones are sound, wrong ones are explained in Chinese, the right one is picked by headings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from lib.config import MAPPINGS_DIR, ROOT, Settings
from lib.ingest.fields import JOINS, REQUIRED, TICKETS, known_headings
from lib.ingest.mapping import MappingError, all_mappings, choose_mapping, load_mapping, own_mappings_dir, parse_mapping
from lib.ingest.mapping_command import suggest_text
from lib.ingest.reading import stage
from lib.ingest.staged import (
    CALL_FIELDS,
    CALLBACK_ROW_FIELDS,
    EVENT_FIELDS,
    EXCLUSION_FIELDS,
    ROUND_FIELDS,
    TICKET_FIELDS,
)
from lib.ingest.tables import read_tables
from lib.ingest.template_command import write_template
from tests.ingest import files

MINIMAL = {
    "name": "own", "label": "自定", "source_code": "own", "match": ["编号"],
    "fields": {"ticket_no": "编号", "received_at": "时间"},
}  # fmt: skip
# Headings of real exports (诉求查询明细, and of a county), as platforms write them.
PLATFORM_A = [
    *(
        "诉求编号",
        "诉求来源",
        "诉求来源小类",
        "诉求类型",
        "事件类型",
        "一级分类名称",
        "二级分类名称",
        "三级分类名称",
        "诉求类别",
    ),
    *(
        "诉求标题",
        "诉求内容",
        "诉求性质",
        "登记时间",
        "封存时间",
        "事件状态",
        "城市名称",
        "区域名称",
        "街道名称",
        "事发区域",
    ),
    *(
        "地址描述",
        "所有办理部门",
        "办理描述",
        "批转单位",
        "退回部门",
        "退回原因",
        "诉求标签",
        "事发时间",
        "答复内容",
        "评价满意度",
    ),
    *("评价内容", "部门办理截止时间", "扬言件类型", "办理结束时间"),
]
PLATFORM_B = [
    *(
        "序号",
        "办件编号",
        "办件来源",
        "市级编号",
        "诉求主题",
        "诉求内容",
        "办理单位",
        "办理科室",
        "诉求人",
        "诉求人电话",
    ),
    *("处理结果", "事项大类", "事项小类", "派发时间", "承诺完成时间", "办件状态", "派单员", "预警状态"),
]


def text_of(**changes: object) -> str:
    return yaml.safe_dump({**MINIMAL, **changes}, allow_unicode=True)


def test_every_shipped_mapping_is_sound_and_named_as_its_file() -> None:
    for path in MAPPINGS_DIR.glob("*.yaml"):
        assert load_mapping(str(path)).name == path.stem
    names = {path.stem for path in MAPPINGS_DIR.glob("*.yaml")}
    assert names >= {"standard_zh", "platform_a", "platform_b", "boston311", "nyc311", "kc311", "petitions_zh"}


def test_field_catalogue_is_the_agreement_with_publishing() -> None:
    made = {"source_code", "file_name", "line_no"}
    assert set(TICKETS) == set(TICKET_FIELDS) - made
    agreed = {"events": EVENT_FIELDS, "rounds": ROUND_FIELDS, "callbacks": CALLBACK_ROW_FIELDS,
              "exclusions": EXCLUSION_FIELDS, "calls": CALL_FIELDS}  # fmt: skip
    assert {kind: set(fields) - {"ticket_no"} for kind, fields in JOINS.items()} == {
        k: set(v) for k, v in agreed.items()
    }


def test_standard_mapping_reads_every_field_under_its_own_name() -> None:
    mapping = load_mapping("standard_zh")
    assert {n: r.columns for n, r in mapping.tickets.fields.items()} == {
        name: (field.label,) for name, field in TICKETS.items() if name != "status_raw"
    }
    assert {join.kind for join in mapping.joins} == set(JOINS)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"fields": {"ticket_no": "编号"}}, "缺少必填字段“received_at”（受理时间）"),
        ({"fields": {**MINIMAL["fields"], "wrong": "甲"}}, "字段“wrong”不存在"),  # type: ignore[dict-item]
        ({"coordinates": "火星"}, "coordinates：“火星”无效，可选 WGS84、CGCS2000、GCJ-02、BD-09"),
        ({"heading": 1}, "不认识的设置 heading"),
        ({"match": []}, "match：不能为空"),
        ({"derive_due": "yes"}, "derive_due：应是true 或 false"),
        ({"name": "中文"}, "name：“中文”的写法不对（小写字母、数字、下划线）"),
        ({"as_of": "2026年十月一日"}, "不是时间"),
        ({"fields": {**MINIMAL["fields"], "is_closed": {"column": "状态", "values": {"办结": "完"}}}},  # type: ignore[dict-item]
         "is_closed：值“完”无效，可选 true、false"),
        ({"fields": {**MINIMAL["fields"], "unit": {"column": "单位", "pattern": "(a"}}}, "unit.pattern"),  # type: ignore[dict-item]
        ({"fields": {**MINIMAL["fields"], "unit": {"pattern": "(a)"}}}, "fields.unit"),  # type: ignore[dict-item]
        ({"joins": [{"kind": "notes", "match": ["a"], "fields": {"x": "a"}}]}, "“notes”无效"),
    ],
)  # fmt: skip
def test_wrong_mapping_is_explained(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(MappingError) as refused:
        parse_mapping(text_of(**changes), "own.yaml")
    assert sentence in str(refused.value)


def test_broken_yaml_names_the_line() -> None:
    with pytest.raises(MappingError, match="第 2 行"):
        parse_mapping("name: a\nlabel: [", "own.yaml")


def test_unknown_name_lists_what_there_is(settings: Settings) -> None:
    with pytest.raises(MappingError, match="standard_zh"):
        load_mapping("nothing", settings)


def test_own_mapping_replaces_a_shipped_one_of_its_name(settings: Settings) -> None:
    folder = own_mappings_dir(settings)
    folder.mkdir(parents=True)
    (folder / "platform_a.yaml").write_text(text_of(name="platform_a", label="本市的A"), "utf-8")
    assert load_mapping("platform_a", settings).label == "本市的A"
    assert [m.label for m in all_mappings(settings) if m.name == "platform_a"] == ["本市的A"]


@pytest.mark.parametrize(
    ("headings", "expected"),
    [
        (PLATFORM_A, "platform_a"),
        (PLATFORM_B, "platform_b"),
        (["工单编号", "受理时间", "办件状态"], "standard_zh"),
        (["unique_key", "created_date", "closed_date", "complaint_type"], "nyc311"),
    ],
)
def test_mapping_is_picked_by_headings(headings: list[str], expected: str) -> None:
    assert choose_mapping([("Sheet1", tuple(headings))], all_mappings())[0].name == expected


def test_template_example_rows_import_cleanly(tmp_path: Path) -> None:
    path = tmp_path / "标准导入模板.xlsx"
    write_template(path)
    tables = list(read_tables([path], known_headings()))
    assert [t.sheet for t in tables] == ["工单", "流转", "回访", "填写说明"]
    staged = stage(tables, load_mapping("standard_zh"))
    staged.check()
    assert (len(staged.tickets), len(staged.rejected)) == (2, 0)
    assert staged.warnings["value"].tolist() == ["标准导入模板.xlsx（填写说明）"]
    assert staged.events is not None
    assert staged.callbacks is not None
    assert (staged.events["kind"].tolist(), staged.callbacks["satisfaction"].tolist()) == (["dispatch"], ["satisfied"])
    explained = {(row[0], row[1]) for row in tables[3].frame.to_numpy().tolist()}
    assert {("工单", h) for h in tables[0].headings} <= explained
    assert tables[0].headings[:2] == tuple(TICKETS[n].label for n in ("ticket_no", "parent_ticket_no"))


def suggested(path: Path) -> dict[str, object]:
    text = suggest_text(str(path))
    mapping = parse_mapping(text, "suggested.yaml")
    assert mapping.tickets.fields
    return yaml.safe_load(text)["fields"]  # type: ignore[no-any-return]


def test_suggestion_reads_chinese_headings(tmp_path: Path) -> None:
    expected = {
        "ticket_no": "诉求编号",
        "received_at": "登记时间",
        "longitude": "经度",
        "latitude": "纬度",
        "category1": "一级分类名称",
        "due_at": "部门办理截止时间",
        "is_closed": "事件状态",
        "closed_at": "办理结束时间",
        "satisfaction": "评价满意度",
        "title": "诉求标题",
    }
    values = [
        "S1",
        "2026-10-01 09:00",
        "114.3",
        "36.1",
        "城管",
        "2026-10-08",
        "已办结",
        "2026-10-02 10:00",
        "满意",
        "灯",
    ]
    rows = [[value.replace("S1", f"S{i}") for value in values] for i in range(5)]
    assert suggested(files.write_csv(tmp_path / "x.csv", rows, list(expected.values()))) == expected


def test_suggestion_reads_english_headings_and_foreign_dates(tmp_path: Path) -> None:
    head = ["Case ID", "Creation Date", "Creation Time", "Status", "Closed Date", "Latitude", "Longitude"]
    rows = [[f"C{i}", f"{i + 1}/28/20", "2:05 PM", "OPEN", "", "39.0", "-94.5"] for i in range(6)]
    path = files.write_csv(tmp_path / "x.csv", rows, head)
    fields = suggested(path)
    assert fields["received_at"] == {"date": "Creation Date", "time": "Creation Time"}
    staged = stage(list(read_tables([path])), parse_mapping(suggest_text(str(path)), "x.yaml"))
    assert staged.tickets["received_at"].dt.strftime("%Y-%m-%d %H:%M").tolist()[1] == "2020-02-28 14:05"


def test_suggestion_guesses_by_values_where_headings_say_nothing(tmp_path: Path) -> None:
    rows = [[f"K{i:05d}", f"2026-10-{i + 1:02d} 09:00", "x"] for i in range(9)]
    fields = suggested(files.write_csv(tmp_path / "x.csv", rows, ["甲", "乙", "丙"]))
    assert fields["ticket_no"] == {"column": "甲"} or fields["ticket_no"] == "甲"
    assert fields["received_at"] in ("乙", {"column": "乙"})


def test_every_setting_and_field_is_documented() -> None:
    manual = (ROOT / "docs" / "mapping.md").read_text("utf-8")
    schema = (MAPPINGS_DIR / "mapping.schema.json").read_text("utf-8")
    settings_ = set(re.findall(r'"([a-z_]+)": \{"(?:type|enum|\$ref)', schema)) - {
        "words",
        "headings",
        "items",
        "if",
    }
    missing = {name for name in settings_ | set(TICKETS) if f"`{name}`" not in manual}
    assert not missing
    for kind, fields in JOINS.items():
        assert {name for name in fields if f"`{name}`" not in manual} == set(), kind
    assert all(f"`{name}`" in manual for names in REQUIRED.values() for name in names)
