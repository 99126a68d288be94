"""Files as people upload them, harmless and not, made in memory."""

from __future__ import annotations

import io
import zipfile

import docx
import openpyxl
from PIL import Image

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
EXE = b"MZ\x90\x00\x03" + b"\x00" * 200


def picture(kind: str) -> bytes:
    """A small picture; kind: JPEG or PNG."""
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (18, 67, 109)).save(out, kind)
    return out.getvalue()


def document() -> bytes:
    """A DOCX with a line of text."""
    out = io.BytesIO()
    paper = docx.Document()
    paper.add_paragraph("已完成整改")
    paper.save(out)
    return out.getvalue()


def workbook() -> bytes:
    """An XLSX with one cell."""
    out = io.BytesIO()
    book = openpyxl.Workbook()
    book.active["A1"] = "已完成整改"
    book.save(out)
    return out.getvalue()


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """The same office document with one more part."""
    out = io.BytesIO(content)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, part)
    return out.getvalue()


def archive(parts: dict[str, bytes]) -> bytes:
    """A ZIP of these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, part in parts.items():
            made.writestr(name, part)
    return out.getvalue()


def locked(content: bytes) -> bytes:
    """The same ZIP with the mark of a password on its first part, in both directories."""
    changed = bytearray(content)
    changed[6] |= 1
    changed[changed.index(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)
