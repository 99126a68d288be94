"""`python -m deploy.backup`: a copy of the data folder, taken while the product is in use; and back again.

A published version never changes, so its files are copied as they are, before the pointer that names them. The
assessment database is copied through SQLite's own backup, which sees one state of it. Databases on a PostgreSQL
server are left to pg_dump.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sqlite3
import sys
import time
from pathlib import Path

POINTER = "current.json"
ASSESSMENT = "assessment.db"
MANIFEST = "MANIFEST.json"
# Belongs to a running process or can be made again.
LEFT_OUT_SUFFIXES = (".lock", ".part", "-wal", "-shm", ".sock")
TRIES = 5


class BackupError(Exception):
    """The copy is not whole, or may not be put back; the message is Chinese and says why."""


def main(argv: list[str] | None = None) -> int:
    """Back up, check, or restore; returns the exit code."""
    parser = argparse.ArgumentParser(prog="backup.sh", description="备份与恢复民声看板的数据目录")
    parser.add_argument(
        "folder", type=Path, metavar="目录", help="备份放在哪里（每次新建一个带时间的子目录）；恢复时为该子目录"
    )
    parser.add_argument("--check", action="store_true", help="只核对一个已有的备份")
    parser.add_argument("--restore", action="store_true", help="把备份放回数据目录（数据目录须为空，服务须已停止）")
    parser.add_argument("--data-dir", type=Path, help="数据目录（默认取设置中的 MINSHENG_DATA_DIR）")
    args = parser.parse_args(argv)
    given = args.data_dir or (Path(os.environ["MINSHENG_DATA_DIR"]) if os.environ.get("MINSHENG_DATA_DIR") else None)
    try:
        if args.check:
            print(f"备份完好：{verify(args.folder)} 个文件")
            return 0
        if given is None:
            raise BackupError("不知道数据目录在哪里，请用 --data-dir 指定")
        if args.restore:
            print(f"已恢复 {restore(args.folder, given)} 个文件到 {given}，请核对后启动服务")
        else:
            made = backup(given, args.folder)
            print(f"已备份到 {made}（{sum(f.stat().st_size for f in made.rglob('*') if f.is_file()) / 1e6:,.0f} MB）")
    except (BackupError, OSError, sqlite3.Error) as error:
        print(f"没有完成：{error}", file=sys.stderr)
        return 2
    return 0


def backup(data_dir: Path, folder: Path) -> Path:
    """Copy the data folder into a new folder named by the time. Raises BackupError; a part is never left."""
    if not data_dir.is_dir():
        raise BackupError(f"没有数据目录 {data_dir}")
    if folder.resolve().is_relative_to(data_dir.resolve()):
        raise BackupError("备份不能放在数据目录里面")
    target = folder / time.strftime("minsheng-%Y%m%d-%H%M%S")
    partial = folder / f".{target.name}.part"
    partial.mkdir(parents=True, mode=0o700)
    try:
        for source in sorted(_files(data_dir)):
            relative = source.relative_to(data_dir)
            if source.name == ASSESSMENT:
                _copy_database(source, _place(partial, relative))
            elif source.name != POINTER and not _is_version(relative):
                _copy(source, _place(partial, relative))
        for pair in sorted(path.parent for path in data_dir.glob(f"*/{POINTER}")):
            _copy_version(pair, partial / pair.name)
        files = {p.relative_to(partial).as_posix(): _sha256(p) for p in sorted(partial.rglob("*")) if p.is_file()}
        (partial / MANIFEST).write_text(json.dumps(files, ensure_ascii=False, indent=1), "utf-8")
        os.replace(partial, target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return target


def verify(folder: Path) -> int:
    """Compare every file with the manifest; returns how many there are. Raises BackupError naming the first fault."""
    if not (folder / MANIFEST).is_file():
        raise BackupError(f"{folder} 不是一个完整的备份：缺少 {MANIFEST}")
    wanted: dict[str, str] = json.loads((folder / MANIFEST).read_text("utf-8"))
    for name, digest in wanted.items():
        path = folder / name
        if not path.is_file() or _sha256(path) != digest:
            raise BackupError(f"备份中的 {name} 缺失或损坏")
    return len(wanted)


def restore(folder: Path, data_dir: Path) -> int:
    """Put a whole backup into an empty data folder; returns how many files. Raises BackupError."""
    count = verify(folder)
    if data_dir.is_dir() and any(data_dir.iterdir()):
        raise BackupError(f"{data_dir} 不是空的：请先停止服务，把原目录改名保留，再恢复")
    shutil.copytree(folder, data_dir, dirs_exist_ok=True, ignore=shutil.ignore_patterns(MANIFEST))
    return count


def _files(data_dir: Path) -> list[Path]:
    return [
        path for path in data_dir.rglob("*")
        if path.is_file() and not path.is_symlink() and not path.name.endswith(LEFT_OUT_SUFFIXES)
    ]  # fmt: skip


def _is_version(relative: Path) -> bool:
    """Files of published versions: the pointer says which of them are needed."""
    return relative.suffix == ".duckdb"


def _copy_version(pair: Path, target: Path) -> None:
    """Copy the files that the pointer names, then the pointer. A publish may sweep them meanwhile: then anew."""
    for _ in range(TRIES):
        text = (pair / POINTER).read_text("utf-8")
        pointer = json.loads(text)
        try:
            for name in [pointer["file"], *pointer["segments"].values()]:
                _copy(pair / name, _place(target, Path(name)))
        except FileNotFoundError:
            for left in target.rglob("*.duckdb"):
                left.unlink()
            continue
        _place(target, Path(POINTER)).write_text(text, "utf-8")
        return
    raise BackupError(f"{pair.name} 的版本文件缺失，或正在不断导入；请稍后再试，仍不行请运行 minsheng doctor")


def _copy_database(source: Path, target: Path) -> None:
    reader = sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=30)
    writer = sqlite3.connect(target)
    try:
        reader.backup(writer)
        fault = writer.execute("PRAGMA integrity_check").fetchone()[0]
    finally:
        reader.close()
        writer.close()
    if fault != "ok":
        raise BackupError(f"{source} 已损坏（{fault}），请从较早的备份恢复")


def _copy(source: Path, target: Path) -> None:
    shutil.copy2(source, target)


def _place(folder: Path, relative: Path) -> Path:
    path = folder / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _sha256(path: Path) -> str:
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


if __name__ == "__main__":
    raise SystemExit(main())
