"""What a file is by its content, not by its name: what may be kept as evidence, and why anything else may not.

Nothing is decoded or unpacked beyond what the check needs, and never more than the limits.
"""

from __future__ import annotations

import re
import struct
import unicodedata
import zipfile
import zlib
from io import BytesIO

LARGEST = 20 * 1024 * 1024
# Of an office document, which is a ZIP: parts, bytes unpacked, and growth from which a part is taken for a bomb.
PARTS, UNPACKED, RATIO, RATIO_FROM = 3000, 200 * 1024 * 1024, 150, 4 * 1024 * 1024
PIXELS = 200_000_000
NAME_LONGEST = 120

ALLOWED = "PDF、JPG、PNG、DOCX、XLSX"
# Kind → ending of the name and type of the content.
KINDS = {
    "pdf": ("pdf", "application/pdf"),
    "jpeg": ("jpg", "image/jpeg"),
    "png": ("png", "image/png"),
    "docx": ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "xlsx": ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
_ENDINGS = {"pdf": "pdf", "jpg": "jpeg", "jpeg": "jpeg", "png": "png", "docx": "docx", "xlsx": "xlsx"}
_PNG = b"\x89PNG\r\n\x1a\n"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"MZ", "内容是可执行程序，不能作为材料上传"),
    (b"\x7fELF", "内容是可执行程序，不能作为材料上传"),
    (b"#!", "内容是脚本程序，不能作为材料上传"),
    (b"Rar!", "内容是压缩包，请解压后逐个上传"),
    (b"7z\xbc\xaf", "内容是压缩包，请解压后逐个上传"),
    (b"\x1f\x8b", "内容是压缩包，请解压后逐个上传"),
    (b"GIF8", "内容是 GIF 图片，请另存为 JPG 或 PNG 后上传"),
    (b"BM", "内容是 BMP 图片，请另存为 JPG 或 PNG 后上传"),
    (b"II*\0", "内容是 TIFF 图片，请另存为 PDF、JPG 或 PNG 后上传"),
    (b"MM\0*", "内容是 TIFF 图片，请另存为 PDF、JPG 或 PNG 后上传"),
    (b"RIFF", "内容是音视频或 WebP 图片，请另存为 JPG 或 PNG 后上传"),
    (b"{\\rtf", "内容是 RTF 文档，请另存为 DOCX 或 PDF 后上传"),
)  # fmt: skip
_MARKUP = re.compile(rb"^(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|body|script|svg|\?xml|!--|iframe|img)", re.I)
_UNUSABLE = re.compile(r'[<>:"|?*]')


class FileRefusedError(Exception):
    """The file cannot be kept; the message is the Chinese predicate of a sentence about it."""


def kind_of(content: bytes) -> str:
    """Key of KINDS. Raises FileRefusedError for everything else, for what is damaged, locked or dangerous."""
    if not content:
        raise FileRefusedError("是空文件，请重新选择")
    if len(content) > LARGEST:
        size = len(content) / 1024 / 1024
        raise FileRefusedError(f"有 {size:.1f} MB，超过 {LARGEST // 1024 // 1024} MB 的上限，请压缩或拆分后上传")
    if content.startswith(b"\xff\xd8\xff"):
        return _jpeg(content)
    if content.startswith(_PNG):
        return _png(content)
    if content.startswith(b"PK\x03\x04"):
        return _office(content)
    if content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"%PDF-"):
        return _pdf(content)
    raise FileRefusedError(_what_else(content))


def clean_name(name: str, kind: str) -> str:
    """The name as it is kept: without path and control characters, of bounded length, ending as its content does."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    # Marks that turn the direction of writing make fdp.exe look like exe.pdf; they are not printable either.
    last = "".join(c for c in last if c.isprintable() and not 0xD800 <= ord(c) <= 0xDFFF)
    last = _UNUSABLE.sub("_", " ".join(last.split())).strip(". ")
    stem, dot, ending = last.rpartition(".")
    if not dot:
        stem, ending = last, ""
    elif _ENDINGS.get(ending.lower()) != kind:
        stem = last if ending.lower() not in _ENDINGS else stem
        ending = ""
    ending = ending or KINDS[kind][0]
    stem = stem.strip(". ")[: NAME_LONGEST - len(ending) - 1] or "未命名"
    return f"{stem}.{ending}"


def _pdf(content: bytes) -> str:
    end = content[-2048:]
    if b"%%EOF" not in end or b"startxref" not in end:
        raise FileRefusedError("不完整（PDF 没有结尾，可能在下载或复制时被截断），请重新导出后上传")
    if re.search(rb"/(?:JavaScript|Launch)\b", content):
        raise FileRefusedError("是带有脚本或启动命令的 PDF，不能上传，请用“打印为 PDF”另存后上传")
    return "pdf"


def _jpeg(content: bytes) -> str:
    """Walk the segments up to the frame header, which holds the size of the picture."""
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        (length,) = struct.unpack_from(">H", content, at + 2)
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", content, at + 5)
            _check_picture(width, height)
            if content.rfind(b"\xff\xd9") <= at:
                break
            return "jpeg"
        if length < 2:
            break
        at += 2 + length
    raise FileRefusedError("不是完整的 JPG 图片（可能已损坏），请重新拍照或另存后上传")


def _png(content: bytes) -> str:
    if len(content) < 45 or content[12:16] != b"IHDR" or b"IEND" not in content[-64:]:
        raise FileRefusedError("不是完整的 PNG 图片（可能已损坏），请另存后上传")
    width, height = struct.unpack_from(">II", content, 16)
    (said,) = struct.unpack_from(">I", content, 29)
    if zlib.crc32(content[12:29]) != said:
        raise FileRefusedError("不是完整的 PNG 图片（可能已损坏），请另存后上传")
    _check_picture(width, height)
    return "png"


def _check_picture(width: int, height: int) -> None:
    if not width or not height or width * height > PIXELS:
        raise FileRefusedError(f"的尺寸异常（{width}×{height}），请缩小后上传")


def _office(content: bytes) -> str:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            kind = _office_kind(archive)
            _check_parts(archive)
    # zipfile raises these for archives that are damaged, or whose parts are not what their directory says.
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, OSError) as error:
        raise FileRefusedError("已损坏（压缩内容读不出来），请用办公软件打开后另存再上传") from error
    return kind


def _office_kind(archive: zipfile.ZipFile) -> str:
    members = archive.infolist()
    names = {member.filename for member in members}
    if len(members) > PARTS:
        raise FileRefusedError(f"里面有 {len(members)} 个部分，超过 {PARTS} 个，已拒绝")
    if any(member.flag_bits & 0x1 for member in members):
        raise FileRefusedError("设有密码，请取消密码后上传")
    total = sum(member.file_size for member in members)
    grown = [m for m in members if m.file_size > RATIO_FROM and m.file_size > RATIO * max(m.compress_size, 1)]
    if total > UNPACKED or grown:
        raise FileRefusedError("解压后大得异常（疑似压缩炸弹），已拒绝，请用办公软件删除多余内容后另存再上传")
    if "OFD.xml" in names:
        raise FileRefusedError("是 OFD 版式文件，请另存为 PDF 后上传")
    if "[Content_Types].xml" not in names:
        raise FileRefusedError("内容是压缩包，请解压后逐个上传")
    if "word/document.xml" in names:
        return "docx"
    if "xl/workbook.xml" in names:
        return "xlsx"
    raise FileRefusedError(f"不是文字文档或表格，只能上传 {ALLOWED}")


def _check_parts(archive: zipfile.ZipFile) -> None:
    """Read every part to its end: a size that the directory understates shows in the checksum."""
    for member in archive.infolist():
        name = member.filename.lower()
        if "vbaproject" in name or "vbadata" in name or "activex" in name or "/macrosheets/" in name:
            raise FileRefusedError("带有宏，不能上传，请另存为不含宏的 DOCX 或 XLSX")
        if name.endswith((".exe", ".dll", ".js", ".vbs", ".bat", ".cmd", ".ps1")):
            raise FileRefusedError("里面藏有程序文件，不能上传")
        with archive.open(member) as part:
            head = part.read(1 << 16)
            if name == "[content_types].xml" and b"macroEnabled" in head:
                raise FileRefusedError("带有宏，不能上传，请另存为不含宏的 DOCX 或 XLSX")
            if name.endswith((".xml", ".rels")) and (b"<!DOCTYPE" in head or b"<!ENTITY" in head):
                raise FileRefusedError("含有不该有的实体定义（疑似攻击文件），已拒绝")
            while part.read(1 << 20):
                pass


def _what_else(content: bytes) -> str:
    """Why a file of no allowed kind is refused, naming what it is where that is known."""
    for magic, why in _OTHERS:
        if content.startswith(magic):
            return why
    if content.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            return "设有打开密码，请取消密码后上传"
        return "是旧版 DOC、XLS 或 WPS 文件，请另存为 DOCX、XLSX 或 PDF 后上传"
    if _MARKUP.match(content[:1024]):
        return "内容是网页或 SVG，不能作为材料上传，请另存为 PDF 或截图后上传"
    if content[4:12] in (b"ftypheic", b"ftypmif1", b"ftypheix"):
        return "内容是 HEIC 照片，请在手机上改为“兼容性最佳”拍摄，或另存为 JPG 后上传"
    return f"的内容不是可以识别的材料，只能上传 {ALLOWED}"
