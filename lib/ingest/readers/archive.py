"""ZIP files and folders of parts, and the checks that keep a ZIP bomb from unpacking."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from lib.ingest.readers.base import Limits, ReadError

_IGNORED = (".ds_store", "thumbs.db", "desktop.ini")
_PARTS = (".xlsx", ".xlsm", ".xls", ".csv", ".txt", ".tsv", ".parquet", ".html", ".htm", ".et")


def open_zip(path: Path, file_name: str, limits: Limits) -> zipfile.ZipFile:
    """Open a ZIP whose members together stay within the limits. Raises ReadError.

    The sizes a ZIP declares bound what unpacking yields: zipfile stops there.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise ReadError(f"{file_name}：文件不完整（下载或复制时被截断），请重新导出或重新复制") from error
    total = 0
    for member in archive.infolist():
        total += member.file_size
        grows = member.file_size > limits.ratio * max(member.compress_size, 1)
        if total > limits.unpacked_bytes or (grows and member.file_size > limits.ratio_from_bytes):
            raise ReadError(
                f"{file_name}：其中“{_name(member)}”解压后大得异常（疑似压缩炸弹），已拒绝读取。"
                "请用表格软件打开原文件，删除多余的空白行列后另存再导入"
            )
        if member.flag_bits & 0x1:
            raise ReadError(f"{file_name}：压缩包设有密码，请解压后导入")
    return archive


def is_workbook(archive: zipfile.ZipFile) -> bool:
    """True when the ZIP is an XLSX workbook."""
    names = set(archive.namelist())
    return "[Content_Types].xml" in names and any(n.startswith("xl/workbook") for n in names)


def other_office(archive: zipfile.ZipFile) -> str | None:
    """What else the ZIP is, in Chinese, when it is another kind of office document."""
    names = archive.namelist()
    for prefix, label in (("word/", "Word 文档"), ("ppt/", "演示文稿"), ("content.xml", "ODF 文档")):
        if any(n.startswith(prefix) for n in names):
            return label
    return None


def unpack(archive: zipfile.ZipFile, file_name: str, folder: Path, limits: Limits) -> Iterator[tuple[str, Path]]:
    """Unpack the parts one after another into `folder`: (name as shown, path). Raises ReadError.

    Member names are never used as paths: parts are numbered.
    """
    members = [m for m in archive.infolist() if not m.is_dir() and not _is_ignored(_name(m))]
    if not members:
        raise ReadError(f"{file_name}：压缩包里没有文件")
    if len(members) > limits.parts:
        raise ReadError(f"{file_name}：压缩包里有 {len(members)} 个文件，超过上限 {limits.parts} 个，请分次导入")
    for number, member in enumerate(sorted(members, key=_name)):
        name = _name(member)
        if name.lower().endswith((".zip", ".rar", ".7z")):
            raise ReadError(f"{file_name}：里面还有压缩包“{name}”，请先解压一层再导入")
        if not name.lower().endswith(_PARTS):
            continue
        target = folder / f"part-{number:04d}"
        try:
            with archive.open(member) as source, open(target, "wb") as out:
                while chunk := source.read(1 << 20):
                    out.write(chunk)
        except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError) as error:
            raise ReadError(f"{file_name}：其中“{name}”已损坏，请重新打包") from error
        yield f"{file_name}/{name}", target


def folder_parts(folder: Path, limits: Limits) -> list[Path]:
    """The table files of a folder in the order of their names. Raises ReadError."""
    parts = sorted(p for p in folder.iterdir() if p.is_file() and not _is_ignored(p.name))
    parts = [p for p in parts if p.suffix.lower() in (*_PARTS, ".zip")]
    if not parts:
        raise ReadError(f"文件夹“{folder.name}”里没有可导入的文件（XLSX、XLS、CSV、Parquet、ZIP）")
    if len(parts) > limits.parts:
        raise ReadError(f"文件夹“{folder.name}”里有 {len(parts)} 个文件，超过上限 {limits.parts} 个，请分次导入")
    return parts


def _name(member: zipfile.ZipInfo) -> str:
    """The member's name; Chinese Windows writes it in GBK without saying so."""
    name = member.filename
    if not member.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode("gb18030")
        except UnicodeError:
            name = member.filename
    return name


def _is_ignored(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return not parts or "__MACOSX" in parts or parts[-1].startswith((".", "~$")) or parts[-1].lower() in _IGNORED
