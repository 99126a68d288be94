"""Validation: what is refused, what is emptied with a warning, what is kept."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from lib.config import Settings
from lib.ingest.coordinates import to_wgs84, wgs84_to_gcj
from lib.ingest.mapping import MappingError, MappingFile, load_mapping, parse_mapping
from lib.ingest.readers import ReadError
from lib.ingest.reading import stage
from lib.ingest.rejected import write_rejected
from lib.ingest.staged import Staged
from lib.ingest.tables import read_tables
from lib.ingest.times import parse_times
from tests.ingest import files

AS_OF = datetime(2026, 10, 20, 18)


def staged(
    folder: Path, *rows: dict[str, str], mapping: MappingFile | None = None, as_of: datetime | None = AS_OF
) -> Staged:
    """Rows of the standard template, as a file, read and validated."""
    filled = [{"工单编号": f"N{i}", "受理时间": "2026-10-01 09:00:00", **row} for i, row in enumerate(rows)]
    headings = list(dict.fromkeys(name for row in filled for name in row))
    path = files.write_csv(folder / "t.csv", [[row.get(h, "") for h in headings] for row in filled], headings)
    mapping = mapping or load_mapping("standard_zh")
    result = stage(list(read_tables([path], mapping.headings)), mapping, as_of)
    result.check()
    return result


def warned(result: Staged) -> dict[tuple[str, str], int]:
    return {(w["field"], w["reason"]): w["row_count"] for w in result.warnings.to_dict("records")}


def reasons(result: Staged) -> list[str]:
    return result.rejected["reason"].tolist()


def test_required_fields_and_unreadable_times_are_refused_with_line_column_value(tmp_path: Path) -> None:
    result = staged(tmp_path, {}, {"工单编号": ""}, {"受理时间": "去年"}, {"受理时间": ""})
    assert result.rejected[["line_no", "column_name", "value"]].to_numpy().tolist() == [
        [3, "工单编号", ""], [4, "受理时间", "去年"], [5, "受理时间", ""],
    ]  # fmt: skip
    assert "无法识别受理时间“去年”" in reasons(result)[1]
    assert (result.read_rows, len(result.tickets)) == (4, 1)


def test_first_accepted_row_of_a_number_wins(tmp_path: Path) -> None:
    rows = [
        {"工单编号": "A", "受理时间": "?"},
        {"工单编号": "A", "诉求标题": "一"},
        {"工单编号": "A", "诉求标题": "二"},
    ]
    result = staged(tmp_path, *rows)
    assert result.tickets["title"].tolist() == ["一"]
    assert result.rejected["line_no"].tolist() == [2, 4]
    assert reasons(result)[1] == "编号“A”重复：首次出现在第 3 行，以首次为准"


def test_number_turned_into_scientific_notation_is_refused(tmp_path: Path) -> None:
    assert "科学计数法" in reasons(staged(tmp_path, {}, {"工单编号": "2.0261E+13"}))[0]


@pytest.mark.parametrize(
    "placeholder", ["1900-01-01", "1970/1/1 08:00", "2059-12-31 00:00:00", "9999-12-31", "0001-01-01"]
)
def test_placeholder_dates_are_emptied_and_refused_as_receipt(tmp_path: Path, placeholder: str) -> None:
    result = staged(tmp_path, {"办结时间": placeholder, "办理截止时间": placeholder}, {"受理时间": placeholder})
    assert result.tickets[["closed_at", "due_at"]].isna().all(axis=None)
    assert warned(result)[("due_at", "占位日期，已置空")] == 1
    assert "占位日期" in reasons(result)[0]


def test_future_events_are_emptied_but_limits_may_lie_ahead(tmp_path: Path) -> None:
    row = {"办结时间": "2026-10-21 09:00", "办件状态": "已办结", "办理截止时间": "2026-12-01"}
    result = staged(tmp_path, row, {"受理时间": "2026-10-20 19:00"})
    assert result.tickets["closed_at"].isna().all()
    assert result.tickets["due_at"].tolist() == [pd.Timestamp("2026-12-01 23:59:59")]
    assert "晚于数据截止时间 2026-10-20 18:00" in reasons(result)[0]


def test_closing_before_receipt_is_emptied_and_the_status_still_closes(tmp_path: Path) -> None:
    result = staged(tmp_path, {"办结时间": "2026-09-30", "办件状态": "已办结"})
    assert result.tickets["closed_at"].isna().all()
    assert result.tickets["is_closed"].tolist() == [True]
    assert ("closed_at", "办结时间早于受理时间，已置空") in warned(result)


def test_status_decides_and_an_open_ticket_keeps_no_closing_time(tmp_path: Path) -> None:
    result = staged(tmp_path, {"办件状态": "办理中", "办结时间": "2026-10-02"}, {"办件状态": "已办结", "办结时间": ""})
    assert result.tickets["is_closed"].tolist() == [False, True]
    assert result.tickets["closed_at"].isna().all()
    assert result.tickets["status_raw"].tolist() == ["办理中", "已办结"]
    assert sum(count for (field, reason), count in warned(result).items() if "没有有效的办结时间" in reason) == 1


def test_closing_on_the_day_of_receipt_without_a_time_is_no_contradiction(tmp_path: Path) -> None:
    result = staged(tmp_path, {"办结时间": "2026/10/1"}, {"受理时间": "2026-10-20 10:00", "办结时间": "2026-10-20"})
    assert result.tickets["closed_at"].tolist() == [
        pd.Timestamp("2026-10-01 23:59:59"),
        pd.Timestamp("2026-10-20 17:59:59"),
    ]


def test_unknown_words_are_emptied_with_a_warning_and_known_ones_become_codes(tmp_path: Path) -> None:
    row = {
        "办理类型": "转办",
        "紧急程度": "加急",
        "满意度": "非常满意",
        "是否解决": "部分解决",
        "是否企业诉求": "√",
        "退单次数": "2次",
    }
    result = staged(tmp_path, row, {"满意度": "说不清", "办件状态": "莫名", "退单次数": "几次"})
    names = ["handling_type", "urgency", "satisfaction", "resolution", "is_enterprise", "return_count"]
    expected = ["referred", "urgent", "satisfied", "partly_resolved", True, 2]
    assert result.tickets.iloc[0][names].tolist() == expected
    assert result.tickets.iloc[1][["satisfaction", "is_closed", "return_count"]].isna().all()
    assert ("satisfaction", "不是可识别的满意度，已置空，请在映射的 values 中补充") in warned(result)


def test_absent_columns_are_absent_and_empty_cells_are_missing(tmp_path: Path) -> None:
    result = staged(tmp_path, {"诉求标题": "无"}, {"诉求标题": "甲"})
    assert "content" not in result.tickets
    assert "closed_at" not in result.tickets
    assert result.tickets["title"].isna().tolist() == [True, False]


def test_values_in_reports_are_masked_and_short(tmp_path: Path) -> None:
    result = staged(tmp_path, {"受理时间": "电话13812345678 身份证410502199001011234 " + "长" * 400})
    value = result.rejected["value"].iloc[0]
    assert "13812345678" not in value + reasons(result)[0]
    assert "410502199001011234" not in value
    assert len(value) == 200
    assert result.rejected["cells"].iloc[0]["受理时间"].startswith("电话13812345678")


def test_restricted_classes(tmp_path: Path) -> None:
    result = staged(
        tmp_path, {"限阅类别": "扬言件"}, {"限阅类别": "是"}, {"限阅类别": "否"}, {"限阅类别": "涉及公职人员举报"}
    )
    assert result.tickets["restricted_class"].fillna("-").tolist() == ["threat", "secret", "-", "official"]


def test_wrong_coordinates_are_emptied(tmp_path: Path) -> None:
    rows = [
        {"经度": "114.35", "纬度": "36.1"},
        {"经度": "0", "纬度": "0"},
        {"经度": "36.1", "纬度": "114.35"},
        {"经度": "东", "纬度": "36"},
    ]
    result = staged(tmp_path, *rows)
    assert result.tickets["longitude"].isna().tolist() == [False, True, True, True]
    assert result.tickets["latitude"].isna().tolist() == [False, True, True, True]


def test_chinese_coordinates_become_wgs84() -> None:
    # Published pair: the gate of Tian'anmen, Amap (GCJ-02) against WGS84, to about a metre.
    lon, lat = to_wgs84(np.array([116.397428]), np.array([39.90923]), "GCJ-02")
    assert (lon[0], lat[0]) == pytest.approx((116.39118, 39.90783), abs=2e-4)
    there = wgs84_to_gcj(np.array([114.3925, 120.2]), np.array([36.0976, 30.3]))
    back = to_wgs84(*there, "GCJ-02")
    assert np.allclose(back, [[114.3925, 120.2], [36.0976, 30.3]], atol=1e-6)
    bd = to_wgs84(np.array([116.404]), np.array([39.915]), "BD-09")
    assert (bd[0][0], bd[1][0]) == pytest.approx((116.39138, 39.90734), abs=3e-4)
    assert to_wgs84(np.array([114.0]), np.array([36.0]), "CGCS2000") == (np.array([114.0]), np.array([36.0]))


def test_masked_phones_are_noticed(tmp_path: Path) -> None:
    assert staged(tmp_path, {"诉求人电话": "138****5678"}, {"诉求人电话": ""}).phones_masked
    assert not staged(tmp_path, {"诉求人电话": "13812345678"}).phones_masked


def test_as_of_is_the_newest_event_and_never_a_limit(tmp_path: Path) -> None:
    row = {
        "办结时间": "2026-10-05 08:00",
        "办件状态": "已办结",
        "办理截止时间": "2026-10-30",
        "首次联系时间": "1900-01-01",
    }
    assert staged(tmp_path, row, as_of=None).as_of == datetime(2026, 10, 5, 8)
    assert staged(tmp_path, row).as_of == AS_OF


def test_joined_sheets_are_keyed_to_the_tickets(tmp_path: Path) -> None:
    flow: list[list[object]] = [
        ["工单编号", "环节", "流转时间", "单位"],
        ["A1", "派单", "2026-10-01 10:00", "市住建局"],
        ["A9", "派单", "2026-10-01", "x"],
        ["A1", "跳舞", "2026-10-01", "x"],
    ]
    calls: list[list[object]] = [
        ["工单编号", "回访序号", "回访时间", "回访结果", "满意度"],
        ["A1", "1", "2026-10-02", "未接通", ""],
        ["A1", "2", "2026-10-03", "已接通", "满意"],
    ]
    tickets: list[list[object]] = [["工单编号", "受理时间"], ["A1", "2026-10-01 09:00"]]
    path = files.write_xlsx(tmp_path / "a.xlsx", {"工单": tickets, "流转": flow, "回访": calls})
    mapping = load_mapping("standard_zh")
    result = stage(list(read_tables([path], mapping.headings)), mapping, AS_OF)
    assert result.events is not None
    assert result.callbacks is not None
    assert result.events[["source_code", "ticket_no", "kind", "unit"]].to_numpy().tolist() == [
        ["hotline", "A1", "dispatch", "市住建局"]
    ]
    assert result.callbacks["outcome"].tolist() == ["unreachable", "reached"]
    assert sum("不在本次导入的工单中" in r for r in result.warnings["reason"]) == 1
    assert result.read_rows == 1


def test_missing_required_column_names_it_and_lists_what_there_is(tmp_path: Path) -> None:
    path = files.write_csv(tmp_path / "a.csv", [["1", "2"]], ["工单编号", "内容"])
    mapping = parse_mapping(
        "{name: x, label: x, source_code: x, match: [工单编号], fields: {ticket_no: 工单编号, received_at: 受理时间}}",
        "x",
    )
    with pytest.raises(MappingError, match=r"缺少必需的列“受理时间”.*内容"):
        stage(list(read_tables([path])), mapping)


def test_history_without_tickets_is_refused(tmp_path: Path) -> None:
    path = files.write_csv(tmp_path / "a.csv", [["A1", "派单", "2026-10-01"]], ["工单编号", "环节", "流转时间"])
    with pytest.raises(ReadError, match="须与工单文件一起导入"):
        stage(list(read_tables([path])), load_mapping("standard_zh"))


def test_settings_of_a_rule(tmp_path: Path) -> None:
    mapping = parse_mapping(
        """
name: x
label: x
source_code: x
match: [编号]
formats: ["%d.%m.%Y"]
empty: ["", 空]
fields:
  ticket_no: {column: 编号, pattern: "^NO-(.+)$"}
  received_at: {date: 日期, time: 时刻, formats: ["%d.%m.%Y %H时%M"]}
  unit: [主办, 单位]
  title: {columns: [大类, 小类], join: /}
  is_closed: {column: 完成, filled: true, blank: false}
  satisfaction: {column: 评, values: {优: satisfied}, otherwise: reject}
  channel: {column: 来源, default: 电话}
constants: {urgency: urgent, is_enterprise: true, round_count: 1}
""",
        "x.yaml",
    )
    headings = ["编号", "日期", "时刻", "单位", "大类", "小类", "完成", "评", "来源"]
    rows = [
        ["NO-7", "01.10.2026", "9时05", "甲局", "城建", "路灯", "x", "优", "空"],
        ["NO-8", "02.10.2026", "", "", "城建", "", "", "?", "网"],
    ]
    path = files.write_csv(tmp_path / "a.csv", rows, headings)
    result = stage(list(read_tables([path], mapping.headings)), mapping, AS_OF)
    assert result.rejected[["column_name", "value"]].to_numpy().tolist() == [["评", "?"]]
    kept = result.tickets.iloc[0]
    expected = {
        "ticket_no": "7",
        "received_at": pd.Timestamp("2026-10-01 09:05"),
        "unit": "甲局",
        "title": "城建/路灯",
        "is_closed": True,
        "satisfaction": "satisfied",
        "channel": "电话",
        "urgency": "urgent",
        "is_enterprise": True,
        "round_count": 1,
    }
    assert {name: kept[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("text", "moment", "no_time"),
    [
        ("2026/1/6 12:09:38", "2026-01-06 12:09:38", False),
        ("2026年1月6日 12时09分", "2026-01-06 12:09:00", False),
        ("2026-01-06T12:09:38.123", "2026-01-06 12:09:38.123", False),
        ("2026-01-06T04:09:38Z", "2026-01-06 12:09:38", False),
        ("2026-01-06T12:09:38+08:00", "2026-01-06 12:09:38", False),
        ("20260106", "2026-01-06", True),
        ("46028.5", "2026-01-06 12:00:00", False),
        ("46028", "2026-01-06", True),
        ("2026-13-06", None, False),
        ("昨天", None, False),
    ],
)
def test_times_as_people_write_them(text: str, moment: str | None, no_time: bool) -> None:
    moments, without = parse_times(pd.Series([text], dtype="str"))
    assert (None if moments.isna()[0] else moments[0]) == (pd.Timestamp(moment) if moment else None)
    assert bool(without[0]) is no_time


def test_rejected_rows_come_back_as_a_workbook_that_imports_again(tmp_path: Path, settings: Settings) -> None:
    rows = [{"诉求标题": "=cmd()"}, {"受理时间": "?", "诉求标题": "=HYPERLINK(1)", "备注": "@SUM"}]
    result = staged(tmp_path, *rows)
    path = write_rejected(result.rejected, settings, "city", "v1")
    book = openpyxl.load_workbook(path)
    sheet = book["待更正"]
    cells = [[c.value for c in row] for row in sheet.iter_rows()]
    assert cells[0][-4:] == ["原文件行号", "出错的列", "出错的值", "退回原因"]
    assert cells[1][2] == "'=HYPERLINK(1)"
    assert all(c.data_type == "s" for row in sheet.iter_rows() for c in row if c.value is not None)
    sheet["B2"] = "2026-10-02 08:00"
    book.save(path)
    mapping = load_mapping("standard_zh")
    again = stage(list(read_tables([path], mapping.headings)), mapping, AS_OF)
    assert again.rejected.empty
    assert again.tickets["title"].tolist() == ["=HYPERLINK(1)"]


def test_rows_with_too_many_cells_are_refused_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("工单编号,受理时间,诉求标题\nA1,2026-10-01,甲\nA2,2026-10-01,乙,丙\n", "utf-8")
    mapping = load_mapping("standard_zh")
    result = stage(list(read_tables([path], mapping.headings)), mapping, AS_OF)
    assert result.tickets["ticket_no"].tolist() == ["A1"]
    assert "该行有 4 列，比表头的 3 列多" in reasons(result)[0]


def test_warnings_list_the_common_values_and_count_the_rest(tmp_path: Path) -> None:
    result = staged(tmp_path, *({"满意度": f"词{i}"} for i in range(80)))
    listed = result.warnings[result.warnings["field"] == "satisfaction"]
    assert listed["row_count"].sum() == 80
    assert len(listed) == 51
