"""Small source files made in code: what platforms export, and what breaks readers."""

from __future__ import annotations

import io
import struct
import time
import zipfile
from pathlib import Path

import xlsxwriter

HEADINGS = ["工单编号", "受理时间", "办理类型", "承办单位", "办件状态", "办结时间", "诉求标题"]
ROWS = [
    ["A001", "2026-10-01 09:00:00", "转办", "市城市管理局", "已办结", "2026-10-03 10:00:00", "路灯不亮"],
    ["A002", "2026-10-02 10:30:00", "转办", "市交通运输局", "办理中", "", "公交\n站牌倾斜"],
    ["A003", "2026-10-02 11:00:00", "直办", "", "已办结", "2026-10-02 11:05:00", "咨询热线"],
]


def csv_text(rows: list[list[str]] = ROWS, headings: list[str] = HEADINGS, delimiter: str = ",") -> str:
    """CSV text with every cell quoted, so that embedded newlines survive."""
    lines = [delimiter.join(f'"{cell}"' for cell in row) for row in [headings, *rows]]
    return "\n".join(lines) + "\n"


def write_csv(
    path: Path, rows: list[list[str]] = ROWS, headings: list[str] = HEADINGS, encoding: str = "utf-8"
) -> Path:
    path.write_bytes(csv_text(rows, headings).encode(encoding))
    return path


def write_xlsx(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    """A workbook of the given grids; None leaves a cell out."""
    with xlsxwriter.Workbook(str(path)) as book:
        for name, grid in sheets.items():
            sheet = book.add_worksheet(name)
            for line, row in enumerate(grid):
                for column, cell in enumerate(row):
                    if cell is not None:
                        sheet.write(line, column, cell)
    return path


def html_table(rows: list[list[str]] = ROWS, headings: list[str] = HEADINGS) -> str:
    head = "".join(f"<th>{name}</th>" for name in headings)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<html><head><meta charset='gb2312'></head><body><table><tr>{head}</tr>{body}</table></body></html>"


def biff8_stream(grid: list[list[str | float]]) -> bytes:
    """A BIFF8 workbook stream with one sheet 工单: what .xls files hold."""

    def record(kind: int, data: bytes) -> bytes:
        return struct.pack("<HH", kind, len(data)) + data

    def bof(stream: int) -> bytes:
        return record(0x0809, struct.pack("<HHHHII", 0x0600, stream, 0x0DBB, 1996, 0, 6))

    name = "工单".encode("utf-16-le")
    bound = struct.pack("<BBBB", 0, 0, 2, 1) + name
    eof = record(0x000A, b"")
    start = len(bof(5)) + 4 + 4 + len(bound) + len(eof)
    out = [bof(5), record(0x0085, struct.pack("<I", start) + bound), eof, bof(16)]
    for row, cells in enumerate(grid):
        for column, cell in enumerate(cells):
            place = struct.pack("<HHH", row, column, 0)
            if isinstance(cell, str):
                text = cell.encode("utf-16-le")
                out.append(record(0x0204, place + struct.pack("<HB", len(cell), 1) + text))
            else:
                out.append(record(0x0203, place + struct.pack("<d", cell)))
    return b"".join([*out, eof])


def ole_container(stream: bytes, name: str = "Workbook") -> bytes:
    """An OLE compound file with one stream: header, stream sectors, directory, allocation table."""
    stream = stream.ljust(max(4096, -(-len(stream) // 512) * 512), b"\0")
    sectors = len(stream) // 512
    directory, table = sectors, sectors + 1
    free, end, fat = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    header = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    header += b"\0" * 6 + struct.pack("<IIIIIIIIII", 0, 1, directory, 0, 4096, end, 0, end, 0, table)
    header += struct.pack("<I", free) * 108

    def entry(title: str, kind: int, child: int, start: int, size: int) -> bytes:
        raw = title.encode("utf-16-le")
        text = raw.ljust(64, b"\0") + struct.pack("<HBBIII", len(raw) + 2 if raw else 0, kind, 1, free, free, child)
        return text + b"\0" * 36 + struct.pack("<IQ", start, size)

    entries = entry("Root Entry", 5, 1, end, 0) + entry(name, 2, free, 0, len(stream)) + entry("", 0, free, 0, 0) * 2
    chain = [*range(1, sectors), end, end, fat]
    return header + stream + entries + struct.pack("<128I", *chain, *[free] * (128 - len(chain)))


def rezip(source: Path, target: Path, replace: dict[str, bytes]) -> Path:
    """Copy a ZIP with some members replaced or added."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            if member.filename not in replace:
                new.writestr(member, old.read(member.filename))
        for name, data in replace.items():
            new.writestr(name, data)
    return target


def sheet_xml(rows: str, dimension: str = "A1:C3") -> bytes:
    """A worksheet part with the given <row> elements and whatever dimension it claims."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f'<dimension ref="{dimension}"/><sheetData>{rows}</sheetData></worksheet>'
    ).encode()


def inline_row(line: int, cells: dict[str, str]) -> str:
    """One <row> of inline strings, column letter -> text."""
    inner = "".join(f'<c r="{letter}{line}" t="inlineStr"><is><t>{text}</t></is></c>' for letter, text in cells.items())
    return f'<row r="{line}">{inner}</row>'


def zip_of(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def swallow_memory(megabytes: int, progress: object = None) -> int:
    """Runs in a limited child."""
    return len(b"x" * (megabytes << 20))


def sleep_for(seconds: float, progress: object = None) -> str:
    """Runs in a limited child."""
    time.sleep(seconds)
    return "woke"
