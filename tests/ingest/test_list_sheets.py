"""Files of ledgers are read in the limited child; what is none is refused with a sentence."""

import io
import zipfile

import openpyxl
import pytest

from lib.ingest.list_sheets import LARGEST_BYTES, read_list_file
from lib.ingest.readers import ReadError


def book() -> bytes:
    made = openpyxl.Workbook()
    made.active.title = "台账"
    made.active.append(["编号", "督办事项"])
    made.active.append(["督2026-0001", "=1+1"])
    made.create_sheet("台账数据").append(["minsheng-ledger-1", "demo"])
    made["台账数据"].sheet_state = "veryHidden"
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def test_visible_and_hidden_sheets_are_read():
    found = read_list_file("a.xlsx", book(), "台账数据")
    assert [sheet["name"] for sheet in found["sheets"]] == ["台账"]
    assert found["sheets"][0]["rows"][0] == [1, ["编号", "督办事项"]]
    assert found["hidden"] == [["minsheng-ledger-1", "demo"]]


def bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
        archive.writestr("[Content_Types].xml", b"<x/>")
        archive.writestr("xl/workbook.xml", b"<x/>")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\0" * (LARGEST_BYTES + 1), "超过20MB"),
        (b"%PDF-1.7", "PDF 文件"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 20, "图片"),
        (b"PK\x03\x04" + b"\0" * 300, "台账.xlsx"),
    ],
)
def test_other_files_are_refused_with_a_sentence(content, said):
    with pytest.raises(ReadError, match=said):
        read_list_file("台账.xlsx", content, "台账数据")


def test_a_bomb_is_refused():
    with pytest.raises(ReadError, match=r"台账\.xlsx"):
        read_list_file("台账.xlsx", bomb(), "台账数据")
