"""What may be kept as evidence: by content, whatever the name says."""

import io
import struct
import zlib

import pytest
import xlsxwriter
from docx import Document

from lib.lists import file_types
from lib.lists.file_types import FileRefusedError, clean_name, kind_of
from tests.lists.office_files import EXE, PDF, archive, document, locked, picture, with_part, workbook


def by_xlsxwriter() -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    book.add_worksheet().write(0, 0, "台账")
    book.close()
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PDF, "pdf"),
        (b"\xef\xbb\xbf\r\n" + PDF, "pdf"),
        (picture("JPEG"), "jpeg"),
        # Telephones append a short film to a picture.
        (picture("JPEG") + b"\0" * 500, "jpeg"),
        (picture("PNG"), "png"),
        (document(), "docx"),
        (workbook(), "xlsx"),
        (by_xlsxwriter(), "xlsx"),
    ],
)
def test_what_offices_use_is_kept(content, kind):
    assert kind_of(content) == kind


def png(width: int, height: int, *, intact: bool = True) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    check = zlib.crc32(body) if intact else 7
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", check) + b"\0\0\0\0IEND\xaeB`\x82"


def understated() -> bytes:
    """A DOCX whose directory says that a part is smaller than it unpacks to."""
    whole = with_part(document(), "word/big.xml", b"x" * 100_000)
    size = struct.pack("<I", 100_000)
    assert whole.count(size) >= 2
    return whole.replace(size, struct.pack("<I", 10))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "空文件"),
        (EXE, "可执行程序"),
        (b"\x7fELF\x02" + b"\0" * 99, "可执行程序"),
        (b"#!/bin/sh\nrm -rf /", "脚本"),
        (b"<html><script>alert(1)</script></html>", "网页"),
        (b"\xef\xbb\xbf <!DOCTYPE html><p>", "网页"),
        (b"<?xml version='1.0'?><svg onload='x()'/>", "SVG"),
        (b"GIF89a" + b"\0" * 99, "GIF"),
        (b"just a text", "不是可以识别的材料"),
        (PDF[:40], "没有结尾"),
        (PDF.replace(b"/Catalog", b"/Catalog/OpenAction<</S/JavaScript/JS(x)>>"), "脚本"),
        (picture("JPEG")[:150], "JPG"),
        (b"\xff\xd8\xff" + EXE, "JPG"),
        (picture("PNG")[:60], "PNG"),
        (png(10, 10, intact=False), "PNG"),
        (png(60_000, 60_000), "尺寸异常"),
        (archive({"a.txt": b"x"}), "压缩包"),
        (archive({"OFD.xml": b"<x/>"}), "OFD"),
        (archive({"[Content_Types].xml": b"<x/>", "ppt/presentation.xml": b"<x/>"}), "不是文字文档或表格"),
        (document()[:-400], "已损坏"),
        (locked(document()), "设有密码"),
        (with_part(document(), "word/vbaProject.bin", b"x"), "带有宏"),
        (with_part(workbook(), "xl/macrosheets/sheet1.xml", b"<x/>"), "带有宏"),
        (with_part(document(), "word/embeddings/setup.exe", b"MZ"), "程序文件"),
        (with_part(document(), "word/evil.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), "实体定义"),
        (with_part(document(), "word/media/zeros.bin", b"\0" * 30_000_000), "压缩炸弹"),
        (understated(), "已损坏"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "打开密码"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99, "旧版"),
    ],
)  # fmt: skip
def test_everything_else_is_refused_with_its_reason(content, why):
    with pytest.raises(FileRefusedError, match=why):
        kind_of(content)


def test_limits_of_size_and_of_parts(monkeypatch):
    with pytest.raises(FileRefusedError, match=r"有 20\.0 MB，超过 20 MB"):
        kind_of(PDF + b" " * file_types.LARGEST)
    monkeypatch.setattr(file_types, "PARTS", 5)
    with pytest.raises(FileRefusedError, match="超过 5 个"):
        kind_of(document())


def test_a_document_that_was_saved_twice_still_opens():
    content = document()
    assert kind_of(content) == "docx"
    assert Document(io.BytesIO(content)).paragraphs[0].text == "已完成整改"


@pytest.mark.parametrize(
    ("name", "kind", "kept"),
    [
        ("现场照片.JPG", "jpeg", "现场照片.JPG"),
        (r"C:\用户\张三\整改报告.pdf", "pdf", "整改报告.pdf"),
        ("../../etc/passwd", "pdf", "passwd.pdf"),
        ("照片.png", "jpeg", "照片.jpg"),
        ("报告.v2", "docx", "报告.v2.docx"),
        ("\u202efdp.exe", "pdf", "fdp.exe.pdf"),
        ("a\0b\r\nc.pdf", "pdf", "abc.pdf"),
        ('<img src="x">.pdf', "pdf", "_img src=_x__.pdf"),
        ("...", "png", "未命名.png"),
        ("", "xlsx", "未命名.xlsx"),
        ("长" * 300 + ".pdf", "pdf", "长" * (file_types.NAME_LONGEST - 4) + ".pdf"),
    ],
)
def test_names_are_kept_clean(name, kind, kept):
    assert clean_name(name, kind) == kept
