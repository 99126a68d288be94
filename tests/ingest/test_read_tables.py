"""Reading: the type is found by content, every cell is text, lines are those of the file."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lib.ingest.fields import known_headings
from lib.ingest.readers import Limits
from lib.ingest.tables import RawTable, read_tables
from tests.ingest import files


def read(path: Path, **kw: object) -> list[RawTable]:
    return list(read_tables([path], known_headings(), **kw))  # type: ignore[arg-type]


def only(path: Path) -> RawTable:
    tables = read(path)
    assert len(tables) == 1
    return tables[0]


def grid(table: RawTable) -> list[list[str]]:
    return table.frame.to_numpy().tolist()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_csv_encodings_are_recognised(tmp_path: Path, encoding: str) -> None:
    table = only(files.write_csv(tmp_path / "a.csv", encoding=encoding))
    assert list(table.headings) == files.HEADINGS
    assert grid(table) == files.ROWS


def test_rare_characters_of_gb18030_survive(tmp_path: Path) -> None:
    rows = [["A1", "2026-10-01", "转办", "㐂村委会", "已办结", "", "𠮷野路积水"]]
    assert grid(only(files.write_csv(tmp_path / "a.csv", rows, encoding="gb18030"))) == rows


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_delimiter_is_sniffed(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(files.csv_text(delimiter=delimiter), "utf-8")
    assert grid(only(path)) == files.ROWS


def test_lines_count_embedded_newlines(tmp_path: Path) -> None:
    assert only(files.write_csv(tmp_path / "a.csv")).lines.tolist() == [2, 3, 5]


def test_numbers_dates_and_na_stay_text(tmp_path: Path) -> None:
    rows = [["410502199001011234", "2026-10-01", "NA", "001", "null", "1e5", "True"]]
    assert grid(only(files.write_csv(tmp_path / "a.csv", rows))) == rows


def test_xlsx_under_the_wrong_name(tmp_path: Path) -> None:
    path = files.write_xlsx(tmp_path / "a.csv", {"工单": [files.HEADINGS, *files.ROWS]})
    assert grid(only(path)) == files.ROWS


def test_title_rows_above_the_header_are_skipped(tmp_path: Path) -> None:
    above: list[list[object]] = [["诉求查询明细结果"], ["导出时间：", "2026-10-20"], []]
    path = files.write_xlsx(tmp_path / "a.xlsx", {"结果": [*above, files.HEADINGS, *files.ROWS]})
    table = only(path)
    assert table.header_line == 4
    assert table.lines.tolist() == [5, 6, 7]
    assert table.titles == ("诉求查询明细结果", "导出时间：2026-10-20")


def test_title_row_above_unknown_headings(tmp_path: Path) -> None:
    path = files.write_xlsx(tmp_path / "a.xlsx", {"s": [["某某明细"], ["甲", "乙", "丙"], ["x1", "2", "3"]]})
    assert only(path).headings == ("甲", "乙", "丙")


def test_merged_header_of_two_rows(tmp_path: Path) -> None:
    head: list[list[object]] = [["工单编号", "时间", None, "承办单位"], [None, "受理时间", "办结时间", None]]
    path = files.write_xlsx(tmp_path / "a.xlsx", {"s": [*head, ["A1", "2026-10-01", "2026-10-02", "市住建局"]]})
    table = only(path)
    assert table.headings == ("工单编号", "受理时间", "办结时间", "承办单位")
    assert table.lines.tolist() == [3]


def test_first_data_row_with_gaps_is_no_second_header(tmp_path: Path) -> None:
    path = files.write_xlsx(
        tmp_path / "a.xlsx", {"s": [["工单编号", "受理时间", "备注"], ["A1", None, "甲"], ["A2", "x", "乙"]]}
    )
    assert len(only(path).frame) == 2


def test_trailing_and_inner_blank_rows_are_no_rows(tmp_path: Path) -> None:
    blank: list[object] = [" "] * 7
    grid_ = [files.HEADINGS, files.ROWS[0], blank, files.ROWS[1], *[blank] * 50]
    table = only(files.write_xlsx(tmp_path / "a.xlsx", {"s": grid_}))
    assert table.lines.tolist() == [2, 4]


def test_declared_dimension_is_not_believed(tmp_path: Path) -> None:
    source = files.write_xlsx(tmp_path / "a.xlsx", {"s": [["x"]]})
    rows = files.inline_row(1, {"A": "工单编号", "B": "受理时间"}) + files.inline_row(2, {"A": "A1", "B": "2026-10-01"})
    for claim in ("A1:B65203", "A1:XFD1048576", "A1"):
        path = files.rezip(source, tmp_path / "b.xlsx", {"xl/worksheets/sheet1.xml": files.sheet_xml(rows, claim)})
        assert grid(only(path)) == [["A1", "2026-10-01"]]


def test_xlsx_dates_keep_whether_a_time_was_given(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["工单编号", "受理时间", "办结时间"])
        sheet.write_number(1, 0, 20261001000001)
        sheet.write_datetime(1, 1, datetime(2026, 10, 1), book.add_format({"num_format": "yyyy-mm-dd hh:mm"}))
        sheet.write_datetime(1, 2, datetime(2026, 10, 2), book.add_format({"num_format": "yyyy/m/d"}))
    assert grid(only(path)) == [["20261001000001", "2026-10-01 00:00:00", "2026-10-02"]]


def test_hidden_sheets_are_left_alone_and_every_visible_one_is_read(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        for name in ("一", "二", "暗"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["工单编号", "受理时间"])
            sheet.write_row(1, 0, [name, "2026-10-01"])
        sheet.hide()
    assert [t.sheet for t in read(path)] == ["一", "二"]


def test_html_table_named_xls_with_a_wrong_charset(tmp_path: Path) -> None:
    path = tmp_path / "导出.xls"
    path.write_text(files.html_table(), "utf-8")
    assert [row[0] for row in grid(only(path))] == ["A001", "A002", "A003"]
    path.write_bytes(files.html_table().encode("gb18030"))
    assert grid(only(path))[0] == files.ROWS[0]


def test_html_spans_and_line_breaks(tmp_path: Path) -> None:
    path = tmp_path / "a.xls"
    path.write_text(
        "<table><tr><td rowspan=2>工单编号</td><td colspan=2>时间</td></tr><tr><td>受理时间</td><td>办结时间</td></tr>"
        "<tr><td>A1</td><td>2026-10-01<br>09:00</td><td></td></tr></table>",
        "utf-8",
    )
    table = only(path)
    assert table.headings == ("工单编号", "受理时间", "办结时间")
    assert grid(table) == [["A1", "2026-10-01\n09:00", ""]]


@pytest.mark.parametrize("wrap", [bytes, files.ole_container], ids=["bare", "container"])
def test_old_xls_is_read(tmp_path: Path, wrap: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "old.xls"
    rows: list[list[str | float]] = [["A001", "2026-10-01 09:00", "已办结"], [20261001000002.0, "2026-10-02", "办理中"]]
    path.write_bytes(wrap(files.biff8_stream([["诉求查询明细"], ["工单编号", "受理时间", "办件状态"], *rows])))
    table = only(path)
    assert (table.sheet, table.headings) == ("工单", ("工单编号", "受理时间", "办件状态"))
    assert grid(table) == [["A001", "2026-10-01 09:00", "已办结"], ["20261001000002", "2026-10-02", "办理中"]]
    assert table.lines.tolist() == [3, 4]


def test_parquet_values_become_text(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    data = {
        "工单编号": [1, 2],
        "受理时间": [datetime(2026, 10, 1, 9), None],
        "经度": [114.5, float("nan")],
        "是否企业诉求": [True, None],
    }
    pq.write_table(pa.table(data), path)
    assert grid(only(path)) == [["1", "2026-10-01 09:00:00", "114.5", "是"], ["2", "", "", ""]]


def test_zip_and_folder_of_parts_in_order(tmp_path: Path) -> None:
    folder = tmp_path / "月"
    folder.mkdir()
    (folder / "2.csv").write_text(files.csv_text([files.ROWS[1]]), "utf-8")
    (folder / "1.csv").write_bytes(files.csv_text([files.ROWS[0]]).encode("gb18030"))
    (folder / ".DS_Store").write_bytes(b"\0\0")
    assert [t.frame.iloc[0, 0] for t in read(folder)] == ["A001", "A002"]
    path = tmp_path / "月.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in folder.iterdir():
            archive.write(part, f"十月/{part.name}")
        archive.writestr("__MACOSX/x", b"junk")
    tables = read(path)
    assert [t.frame.iloc[0, 0] for t in tables] == ["A001", "A002"]
    assert tables[0].file_name == "月.zip/十月/1.csv"


def test_zip_names_written_by_chinese_windows(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xxxx.csv", files.csv_text())
    path.write_bytes(path.read_bytes().replace(b"xxxx.csv", "工单.csv".encode("gb18030")))
    assert read(path)[0].file_name == "a.zip/工单.csv"


def test_header_repeated_in_joined_parts_is_no_row(tmp_path: Path) -> None:
    path = files.write_csv(tmp_path / "a.csv", [files.ROWS[0], files.HEADINGS, files.ROWS[2]])
    assert [row[0] for row in grid(only(path))] == ["A001", "A003"]


def test_equal_headings_are_kept_apart(tmp_path: Path) -> None:
    path = files.write_csv(tmp_path / "a.csv", [["1", "2", "3"]], ["编号", "受理时间", "编号"])
    assert only(path).headings == ("编号", "受理时间", "编号(2)")


def test_row_wider_than_the_header_is_marked(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("工单编号,受理时间\nA1,2026-10-01\nA2,2026-10-01,多\n", "utf-8")
    table = only(path)
    assert table.overlong == {1: 3}


def test_first_rows_stop_a_preview(tmp_path: Path) -> None:
    path = files.write_csv(tmp_path / "a.csv", [[str(i), "2026-10-01", *[""] * 5] for i in range(500)])
    assert len(read(path, first_rows=20)[0].frame) == 20


def test_progress_reaches_the_end_of_the_file(tmp_path: Path) -> None:
    path = files.write_csv(tmp_path / "a.csv", [[str(i), "2026-10-01", *["x" * 50] * 5] for i in range(9000)])
    told: list[tuple[int, int, str]] = []
    read(path, progress=lambda *step: told.append(step))
    assert told[-1][0] == told[-1][1] == path.stat().st_size
    assert [t[0] for t in told] == sorted(t[0] for t in told)


def test_limits_are_settings(tmp_path: Path) -> None:
    from lib.ingest.readers import ReadError

    path = files.write_csv(tmp_path / "a.csv", files.ROWS)
    with pytest.raises(ReadError, match="超过 2 行"):
        read(path, limits=Limits(rows=2))
