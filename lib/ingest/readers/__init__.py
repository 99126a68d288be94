"""Reading a source file: its type is decided by its content, never by its name; every cell is text."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from lib.ingest.readers.archive import folder_parts, is_workbook, open_zip, other_office, unpack
from lib.ingest.readers.base import Limits, Progress, ReadError, Row, Sheet, check_size
from lib.ingest.readers.columnar import read_parquet
from lib.ingest.readers.excel import protected, read_xls, read_xlsx
from lib.ingest.readers.html import looks_like_html, read_html
from lib.ingest.readers.text import read_text

__all__ = ["Limits", "Progress", "ReadError", "Row", "Sheet", "read_sheets"]

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_WORD = "WordDocument".encode("utf-16-le")
# A BIFF 2-8 stream without its container, as old report tools write it: the "beginning of file" record.
_BARE_BIFF = re.compile(rb"\x09[\x00\x02\x04\x08][\x04\x06\x08\x10]\x00", re.DOTALL)
_FOREIGN = (
    (b"%PDF", "PDF 文件"),
    (b"Rar!", "RAR 压缩包，请解压后导入，或改用 ZIP"),
    (b"7z\xbc\xaf", "7z 压缩包，请解压后导入，或改用 ZIP"),
    (b"\x89PNG", "图片"),
    (b"\xff\xd8\xff", "图片"),
    (b"SQLite format 3", "数据库文件，请用 --from-url 导入"),
)


def read_sheets(path: Path, limits: Limits | None = None, progress: Progress | None = None) -> Iterator[Sheet]:
    """Every grid of a file, a ZIP or a folder of parts, in order; each must be walked before the next is asked for.

    Raises ReadError, naming the file, what is wrong and how to mend it.
    """
    limits = limits or Limits()
    if path.is_dir():
        for part in folder_parts(path, limits):
            yield from _read_file(part, part.name, limits, progress)
    else:
        yield from _read_file(path, path.name, limits, progress)


def _read_file(path: Path, name: str, limits: Limits, progress: Progress | None, depth: int = 0) -> Iterator[Sheet]:
    check_size(path, limits)
    with open(path, "rb") as handle:
        head = handle.read(4096)
    if head.startswith(b"PK"):
        yield from _read_zip(path, name, limits, progress, depth)
    elif head.startswith(_OLE):
        yield from _read_ole(path, name, limits, progress)
    elif head.startswith(b"PAR1"):
        yield from read_parquet(path, name, limits, progress)
    elif _BARE_BIFF.match(head):
        yield from read_xls(path, name, limits, progress)
    elif looks_like_html(head):
        yield from read_html(path, name, limits, progress)
    else:
        for mark, label in _FOREIGN:
            if head.startswith(mark):
                raise ReadError(f"{name}：这是{label}，不是表格。请导出为 XLSX、XLS 或 CSV")
        if b"urn:schemas-microsoft-com:office:spreadsheet" in head or head.lstrip().startswith(b"MIME-Version"):
            raise ReadError(f"{name}：这是旧式 XML/网页归档表格，请用表格软件打开后另存为 XLSX 再导入")
        yield from read_text(path, name, limits, progress)


def _read_zip(path: Path, name: str, limits: Limits, progress: Progress | None, depth: int) -> Iterator[Sheet]:
    with open_zip(path, name, limits) as archive:
        if is_workbook(archive):
            yield from read_xlsx(path, name, limits, progress)
            return
        if (kind := other_office(archive)) is not None:
            raise ReadError(f"{name}：这是{kind}，不是表格。请导出为 XLSX、XLS 或 CSV")
        if depth:
            raise ReadError(f"{name}：压缩包里还有压缩包，请先解压一层再导入")
        found = False
        with tempfile.TemporaryDirectory(prefix="parts-") as folder:
            for part_name, part in unpack(archive, name, Path(folder), limits):
                found = True
                yield from _read_file(part, part_name, limits, progress, depth + 1)
                part.unlink()
        if not found:
            raise ReadError(f"{name}：压缩包里没有可导入的文件（XLSX、XLS、CSV、Parquet）")


def _read_ole(path: Path, name: str, limits: Limits, progress: Progress | None) -> list[Sheet]:
    data = path.read_bytes()
    if _ENCRYPTED in data:
        raise protected(name)
    if _WORD in data:
        raise ReadError(f"{name}：这是 Word 文档，不是表格。请导出为 XLSX、XLS 或 CSV")
    return read_xls(path, name, limits, progress)
