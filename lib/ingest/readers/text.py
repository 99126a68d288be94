"""Delimited text: encoding decided by content, delimiter sniffed, true line numbers kept."""

from __future__ import annotations

import codecs
import csv
import io
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from lib.ingest.readers.base import Limits, Progress, ReadError, Row, Sheet, checked

_DELIMITERS = (",", "\t", ";", "|", "，")
_SAMPLE_BYTES = 200_000
_CHUNK = 1 << 20
_TEXT_CONTROLS = frozenset("\t\r\n\f\v\x1a")


class _Counted(io.RawIOBase):
    """A binary file that tells how far it was read: the progress of a decoder that looks ahead."""

    def __init__(self, raw: BinaryIO, total: int, progress: Progress | None, name: str) -> None:
        self._raw, self._total, self._progress, self._name = raw, total, progress, name
        self._done = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._raw.read(len(buffer))
        buffer[: len(data)] = data
        self._done += len(data)
        if self._progress:
            self._progress(self._done, self._total, f"正在读取 {self._name}")
        return len(data)


def detect_encoding(path: Path) -> str:
    """Encoding by content: a byte-order mark, UTF-16 by its zero bytes, strict UTF-8, then GB18030.

    UTF-8 comes first because GB18030 accepts nearly every UTF-8 file as mojibake. Raises ReadError when
    neither fits or when the bytes are no text at all.
    """
    with open(path, "rb") as handle:
        head = handle.read(4096)
    if head.startswith(codecs.BOM_UTF8):
        return _decodable(path, ("utf-8-sig",))
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decodable(path, ("utf-16",))
    even, odd = head[0::2].count(0), head[1::2].count(0)
    # Text in UTF-16 without a mark: the zero bytes of digits, commas and line ends all on one side.
    if even + odd > len(head) // 20 and min(even, odd) * 20 < max(even, odd):
        return _decodable(path, ("utf-16-le" if odd > even else "utf-16-be",))
    return _decodable(path, ("utf-8", "gb18030"))


def _decodable(path: Path, encodings: tuple[str, ...]) -> str:
    faults = [_first_fault(path, encoding) for encoding in encodings]
    for encoding, fault in zip(encodings, faults, strict=True):
        if fault is None:
            return encoding
    line = max(fault for fault in faults if fault is not None)
    raise ReadError(
        f"{path.name}：第 {line} 行附近有无法识别的字符，既不是 UTF-8 也不是 GB18030 编码。"
        "请用表格软件打开后另存为“CSV UTF-8”或 XLSX，再导入"
    )


def _first_fault(path: Path, encoding: str) -> int | None:
    """Line of the first byte that does not decode, or None. Zero and control characters are errors of their own."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with open(path, "rb") as handle:
        while chunk := handle.read(_CHUNK):
            try:
                text = decoder.decode(chunk)
            except UnicodeDecodeError as error:
                return line + chunk[: max(error.start, 0)].count(b"\n")
            _refuse_binary(path, text, line)
            line += text.count("\n")
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return line
    return None


def _refuse_binary(path: Path, text: str, line: int) -> None:
    zero = text.find("\0")
    if zero >= 0:
        at = line + text.count("\n", 0, zero)
        raise ReadError(f"{path.name}：第 {at} 行含有空字符（NUL），文件可能在导出或传输时损坏，请重新导出")
    if len(text) > 64 and sum(1 for c in text[:4096] if c < " " and c not in _TEXT_CONTROLS) * 50 > len(text[:4096]):
        raise ReadError(
            f"{path.name}：内容不是表格。支持 XLSX、XLS、CSV、Parquet、网页表格和装有这些文件的 ZIP，请重新导出"
        )


def sniff_delimiter(sample: str) -> str:
    """The delimiter under which most rows of the sample have the same number (≥ 2) of cells; comma if none."""
    best, best_score = ",", 0.0
    for delimiter in _DELIMITERS:
        rows = [row for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if row][:200]
        if not rows:
            continue
        width, count = Counter(len(row) for row in rows).most_common(1)[0]
        score = count / len(rows) + min(width, 50) / 1000
        if width > 1 and score > best_score:
            best, best_score = delimiter, score
    return best


def read_text(path: Path, file_name: str, limits: Limits, progress: Progress | None) -> list[Sheet]:
    """One sheet of a delimited text file. Raises ReadError."""
    encoding = detect_encoding(path)
    with open(path, "rb") as handle:
        sample = codecs.getincrementaldecoder(encoding)().decode(handle.read(_SAMPLE_BYTES))
    if not sample.strip():
        raise ReadError(f"{file_name}：文件里没有内容，请重新导出")
    rows = _rows(path, file_name, encoding, sniff_delimiter(sample), progress)
    return [Sheet(file_name, "", checked(rows, file_name, limits))]


def _rows(path: Path, name: str, encoding: str, delimiter: str, progress: Progress | None) -> Iterator[Row]:
    # The length of a cell is judged by `checked`, which can name line and column; csv cannot.
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    total = path.stat().st_size
    with open(path, "rb") as raw:
        counted = io.BufferedReader(_Counted(raw, total, progress, name), _CHUNK)
        reader = csv.reader(io.TextIOWrapper(counted, encoding=encoding, newline=""), delimiter=delimiter)
        line = 1
        try:
            for cells in reader:
                yield Row(line, cells)
                line = reader.line_num + 1
        except csv.Error as error:
            raise ReadError(f"{name}：第 {line} 行的引号或分隔符有误，请用表格软件打开检查后另存再导入") from error
