"""Bad files: a clear Chinese sentence, the process survives, nothing is read."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from lib.ingest.fields import known_headings
from lib.ingest.readers import ReadError
from lib.ingest.sandbox import Budget, run_limited
from lib.ingest.tables import read_tables
from tests.ingest import files


def empty(folder: Path) -> Path:
    (folder / "空.xlsx").write_bytes(b"")
    return folder / "空.xlsx"


def blank_text(folder: Path) -> Path:
    (folder / "a.csv").write_bytes(b"\n \n\n")
    return folder / "a.csv"


def header_only(folder: Path) -> Path:
    return files.write_xlsx(folder / "a.xlsx", {"s": []})


def protected(folder: Path) -> Path:
    """What an encrypted workbook is: an OLE container with the stream EncryptedPackage."""
    (folder / "a.xlsx").write_bytes(files.ole_container(b"\x01" * 5000, "EncryptedPackage"))
    return folder / "a.xlsx"


def truncated_xlsx(folder: Path) -> Path:
    path = files.write_xlsx(folder / "a.xlsx", {"s": [files.HEADINGS, *files.ROWS * 200]})
    path.write_bytes(path.read_bytes()[:-400])
    return path


def damaged_sheet(folder: Path) -> Path:
    path = files.write_xlsx(folder / "a.xlsx", {"s": [files.HEADINGS, *files.ROWS]})
    return files.rezip(path, folder / "b.xlsx", {"xl/worksheets/sheet1.xml": b"<worksheet><sheetData><row r='1'><c"})


def far_cell(folder: Path) -> Path:
    path = files.write_xlsx(folder / "a.xlsx", {"s": [["x"]]})
    rows = files.inline_row(1, {"A": "工单编号", "B": "受理时间", "XFD": "远"})
    return files.rezip(path, folder / "far.xlsx", {"xl/worksheets/sheet1.xml": files.sheet_xml(rows)})


def far_row_and_column(folder: Path) -> Path:
    path = files.write_xlsx(folder / "a.xlsx", {"s": [["x"]]})
    rows = files.inline_row(1, {"A": "工单编号", "B": "受理时间"}) + files.inline_row(1048576, {"XFD": "远"})
    return files.rezip(path, folder / "far.xlsx", {"xl/worksheets/sheet1.xml": files.sheet_xml(rows)})


def thousand_columns(folder: Path) -> Path:
    return files.write_csv(folder / "a.csv", [["1"] * 1000], [f"列{i}" for i in range(1000)])


def thousand_columns_html(folder: Path) -> Path:
    (folder / "a.xls").write_text("<table>" + "<tr><td colspan=1000>a</td><td>b</td></tr>" * 2 + "</table>", "utf-8")
    return folder / "a.xls"


def zero_bytes(folder: Path) -> Path:
    (folder / "a.csv").write_bytes(files.csv_text().encode() + b'"A9","2026-10-01","\0\0","","","",""\n')
    return folder / "a.csv"


def huge_cell(folder: Path) -> Path:
    return files.write_csv(folder / "a.csv", [[*files.ROWS[0][:6], "字" * 3_500_000]])


def huge_cell_xlsx(folder: Path) -> Path:
    path = files.write_xlsx(folder / "a.xlsx", {"s": [["x"]]})
    rows = files.inline_row(1, {"A": "工单编号", "B": "受理时间"}) + files.inline_row(
        2, {"A": "A1", "B": "字" * 3_500_000}
    )
    return files.rezip(path, folder / "b.xlsx", {"xl/worksheets/sheet1.xml": files.sheet_xml(rows)})


def zip_bomb(folder: Path) -> Path:
    path = folder / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", b"0" * 60_000_000)
    return path


def workbook_bomb(folder: Path) -> Path:
    path = files.write_xlsx(folder / "a.xlsx", {"s": [["x"]]})
    return files.rezip(path, folder / "b.xlsx", {"xl/worksheets/sheet1.xml": b" " * 60_000_000})


def lying_zip(folder: Path) -> Path:
    """A member that declares fewer bytes than it unpacks to."""
    path = folder / "a.zip"
    path.write_bytes(files.zip_of({"a.csv": files.csv_text(files.ROWS * 3000).encode()}))
    with zipfile.ZipFile(path) as archive:
        size = archive.infolist()[0].file_size
    path.write_bytes(path.read_bytes().replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little")))
    return path


def zip_in_zip(folder: Path) -> Path:
    (folder / "a.zip").write_bytes(files.zip_of({"b.zip": files.zip_of({"c.csv": b"a,b\n1,2\n"})}))
    return folder / "a.zip"


def word_document(folder: Path) -> Path:
    (folder / "a.xlsx").write_bytes(files.zip_of({"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}))
    return folder / "a.xlsx"


def picture(folder: Path) -> Path:
    (folder / "a.xlsx").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4)
    return folder / "a.xlsx"


def random_bytes(folder: Path) -> Path:
    (folder / "a.xls").write_bytes(bytes((i * 7919 + i // 3) % 255 + 1 for i in range(5000)))
    return folder / "a.xls"


def login_page(folder: Path) -> Path:
    (folder / "a.xls").write_text("<html><body><form>请登录</form></body></html>", "utf-8")
    return folder / "a.xls"


def cut_parquet(folder: Path) -> Path:
    (folder / "a.parquet").write_bytes(b"PAR1" + b"\x15\x04" * 200)
    return folder / "a.parquet"


def missing(folder: Path) -> Path:
    return folder / "没有.csv"


CASES: dict[Callable[[Path], Path], str] = {
    empty: "文件是空的",
    blank_text: "没有内容",
    header_only: "没有找到带表头的数据",
    protected: "打开密码",
    truncated_xlsx: "不完整",
    damaged_sheet: "不完整或已损坏",
    far_cell: "第 1 行.*XFD 列",
    far_row_and_column: "第 1048576 行.*XFD 列",
    thousand_columns: "1,000 列.*上限是 300 列",
    thousand_columns_html: "上限是 300 列",
    zero_bytes: "第 6 行.*空字符",
    huge_cell: "第 2 行 G 列.*3,500,000 个字符",
    huge_cell_xlsx: "第 2 行 B 列.*3,500,000|不完整或已损坏",
    zip_bomb: "压缩炸弹",
    workbook_bomb: "压缩炸弹",
    lying_zip: "已损坏|不完整",
    zip_in_zip: "还有压缩包",
    word_document: "Word 文档",
    picture: "图片",
    random_bytes: "无法识别的字符|不是表格|空字符",
    login_page: "没有表格",
    cut_parquet: "Parquet",
    missing: "找不到文件",
}


@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_bad_file_is_refused_with_a_sentence(make: Callable[[Path], Path], tmp_path: Path) -> None:
    path = make(tmp_path)
    with pytest.raises(ReadError) as refused:
        list(read_tables([path], known_headings()))
    message = str(refused.value)
    assert re.search(CASES[make], message), message
    assert path.name in message
    assert re.search(r"请|已拒绝", message), f"does not say how to mend it: {message}"


def test_row_cells_beyond_the_limit_are_refused_even_when_the_header_is_short(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("工单编号,受理时间\nA1,2026-10-01" + "," * 400 + "x\n", "utf-8")
    with pytest.raises(ReadError, match="第 2 行"):
        list(read_tables([path], known_headings()))


def test_child_is_stopped_at_its_memory_limit() -> None:
    assert run_limited(files.swallow_memory, {"megabytes": 1}, budget=Budget(memory_mb=1500)) == 1 << 20
    with pytest.raises(ReadError, match="占用内存过多"):
        run_limited(files.swallow_memory, {"megabytes": 3000}, budget=Budget(memory_mb=1500))


def test_child_that_falls_silent_is_stopped() -> None:
    with pytest.raises(ReadError, match="超时"):
        run_limited(files.sleep_for, {"seconds": 60}, budget=Budget(stall_seconds=1.5))


def test_child_error_reaches_the_caller_as_a_sentence(tmp_path: Path) -> None:
    from lib.ingest.reading import preview_tables

    arguments = {"paths": [str(empty(tmp_path))], "data_dir": str(tmp_path), "city": "anyang", "rows": 5}
    with pytest.raises(ReadError, match="文件是空的"):
        run_limited(preview_tables, arguments)
