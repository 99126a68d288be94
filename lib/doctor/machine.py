"""The machine: processor, memory, disk, fonts, time, ports. Everything is read, nothing is changed."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import resource
import shutil
import socket
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Sequence
from pathlib import Path

from lib.doctor.findings import Finding, bad, ok, warn

ARCHITECTURES = ("x86_64", "aarch64")
OLDEST_GLIBC = (2, 28)
CPUS_ADVISED = 2
MEMORY_NEEDED_GB, MEMORY_ADVISED_GB = 2.0, 8.0
DISK_NEEDED_GB, DISK_ADVISED_GB = 1.0, 20.0
OPEN_FILES_NEEDED, OPEN_FILES_ADVISED = 1024, 4096
CHINA_OFFSET_SECONDS = 8 * 3600
# The product did not exist before: a clock that says so has lost its battery.
OLDEST_YEAR = 2025

FONT_DIRS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")
# Pieces of the file names of the fonts that documents ask for, lower case.
FONT_FILES = ("notosanscjk", "notosanssc", "sourcehansans", "wqy-microhei", "msyh", "simhei")


def check(data_dir: Path, ports: Sequence[int]) -> list[Finding]:
    """Look at everything a server needs; data_dir is where it writes, ports are those it will listen on."""
    return [
        python_version(sys.version_info[:3]),
        architecture(platform.machine()),
        c_library(os.confstr("CS_GNU_LIBC_VERSION") or ""),
        processors(len(os.sched_getaffinity(0))),
        memory(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        disk(data_dir),
        writing(data_dir),
        time_zone(time.localtime().tm_gmtoff, time.gmtime().tm_year),
        text_encoding(sys.getfilesystemencoding()),
        chinese_font([Path(name).expanduser() for name in FONT_DIRS]),
        office(shutil.which("soffice") or shutil.which("libreoffice")),
        sm3(),
        open_files(resource.getrlimit(resource.RLIMIT_NOFILE)[0]),
        *(port(number) for number in ports),
    ]


def python_version(version: tuple[int, ...]) -> Finding:
    """Exactly 3.11: the pinned packages are made for it."""
    text = ".".join(str(part) for part in version)
    if version[:2] == (3, 11):
        return ok("Python", text)
    return bad("Python", text, "需要 3.11；离线安装包自带，请用 安装目录/bin/minsheng 运行")


def architecture(machine: str) -> Finding:
    """The processors there are packages for."""
    if machine in ARCHITECTURES:
        return ok("处理器架构", machine)
    return bad("处理器架构", machine, "只支持 x86_64（海光、兆芯、Intel、AMD）和 aarch64（鲲鹏、飞腾）")


def c_library(name: str) -> Finding:
    """The C library this process runs on; the packages are made for 2.28 and newer."""
    kind, _, number = name.partition(" ")
    parts = number.split(".")
    if kind == "glibc" and len(parts) >= 2 and all(p.isdigit() for p in parts[:2]):
        if (int(parts[0]), int(parts[1])) >= OLDEST_GLIBC:
            return ok("C 运行库", name)
        return bad("C 运行库", name, "需要 glibc 2.28 及以上，请使用离线安装包（自带运行库）")
    return bad("C 运行库", name or "不是 glibc", "请使用离线安装包（自带运行库）")


def processors(count: int) -> Finding:
    """Cores this process may use."""
    if count >= CPUS_ADVISED:
        return ok("处理器核数", f"{count}")
    return warn("处理器核数", f"{count}", f"建议 {CPUS_ADVISED} 核及以上，否则多人同时打开会变慢")


def memory(gigabytes: float) -> Finding:
    """Memory of the whole machine."""
    found = f"{gigabytes:.1f} GB"
    if gigabytes < MEMORY_NEEDED_GB:
        return bad("内存", found, f"至少 {MEMORY_NEEDED_GB:.0f} GB")
    if gigabytes < MEMORY_ADVISED_GB - 0.5:  # the kernel keeps some for itself
        return warn("内存", found, f"一千万件工单建议 {MEMORY_ADVISED_GB:.0f} GB")
    return ok("内存", found)


def disk(data_dir: Path) -> Finding:
    """Free space where data is written."""
    free = shutil.disk_usage(_existing(data_dir)).free / 1e9
    found = f"{free:.1f} GB 可用（{data_dir}）"
    if free < DISK_NEEDED_GB:
        return bad("数据目录磁盘", found, "请清理或换到更大的磁盘，导入时需要同时放下新旧两个版本")
    if free < DISK_ADVISED_GB:
        return warn("数据目录磁盘", found, f"建议 {DISK_ADVISED_GB:.0f} GB 以上")
    return ok("数据目录磁盘", found)


def writing(data_dir: Path) -> Finding:
    """Whether a file can be written, flushed and renamed there."""
    if not data_dir.is_dir():
        parent = _existing(data_dir)
        if parent.is_dir() and os.access(parent, os.W_OK):
            return ok("数据目录权限", f"{data_dir} 尚未建立，启动时建立")
        return bad("数据目录权限", f"{data_dir} 尚未建立，且不能在 {parent} 新建", "请先建立并授权给运行用户")
    try:
        with tempfile.NamedTemporaryFile(dir=data_dir, prefix=".doctor-") as probe:
            probe.write(b"1")
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        return bad("数据目录权限", f"{data_dir} 不能写入（{error.strerror}）", "请用 chown 把目录交给运行用户")
    return ok("数据目录权限", f"{data_dir} 可以写入")


def time_zone(offset_seconds: int, year: int) -> Finding:
    """Beijing time, because as-of and deadlines are read by people in it."""
    if year < OLDEST_YEAR:
        return bad("系统时间", f"{year} 年", "系统时钟不对，会话和审计都依赖它，请先校时")
    if offset_seconds == CHINA_OFFSET_SECONDS:
        return ok("时区", "UTC+8")
    return warn("时区", f"UTC{offset_seconds / 3600:+g}", "请设置为北京时间：timedatectl set-timezone Asia/Shanghai")


def text_encoding(encoding: str) -> Finding:
    """File names and messages are Chinese."""
    if encoding.lower().replace("-", "") == "utf8":
        return ok("系统编码", encoding)
    return warn("系统编码", encoding, "请设置环境变量 PYTHONUTF8=1，否则中文文件名会乱码")


def chinese_font(folders: Iterable[Path]) -> Finding:
    """A font that pictures and documents made on the server can use."""
    for folder in folders:
        for path in folder.rglob("*.[to]t[fc]"):
            if path.name.lower().startswith(FONT_FILES):
                return ok("中文字体", path.name)
    return warn(
        "中文字体", "没有找到", "导出的图片和文档会缺字，请安装离线包 fonts 目录中的字体（install.sh 会自动安装）"
    )


def office(program: str | None) -> Finding:
    """LibreOffice, which only turns documents into PDF."""
    if program:
        return ok("LibreOffice（可选）", program)
    return ok("LibreOffice（可选）", "没有安装，不影响使用")


def sm3() -> Finding:
    """SM3 for the audit chain, where the setting asks for it."""
    try:
        hashlib.new("sm3", b"")
    except ValueError:
        return warn("国密 SM3", "本机 OpenSSL 不支持", "审计链只能用 SHA-256；离线安装包自带的 Python 支持 SM3")
    return ok("国密 SM3", "支持")


def open_files(limit: int) -> Finding:
    """How many connections and files one process may hold."""
    found = "不限" if limit == resource.RLIM_INFINITY else f"{limit}"
    if limit != resource.RLIM_INFINITY and limit < OPEN_FILES_NEEDED:
        return bad("文件句柄上限", found, "请设置 LimitNOFILE=65536（样例服务单元已设置）")
    if limit != resource.RLIM_INFINITY and limit < OPEN_FILES_ADVISED:
        return warn("文件句柄上限", found, "用 systemd 启动时样例服务单元会提高到 65536；手工启动请先 ulimit -n 65536")
    return ok("文件句柄上限", found)


def port(number: int) -> Finding:
    """Free, or held by this very product."""
    topic = f"端口 {number}"
    refused = _refusal(number)
    if refused is None:
        return ok(topic, "空闲")
    if isinstance(refused, PermissionError):
        return bad(topic, "没有权限", "请使用 1024 以上的端口，由 nginx 对外提供 443")
    if _is_ours(number):
        return ok(topic, "民声看板正在运行")
    return bad(topic, "已被其他程序占用", f"请换一个端口，或用 ss -ltnp 'sport = :{number}' 查看是谁")


def _refusal(number: int) -> OSError | None:
    """Why this process could not listen there; None when it could."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except OSError as error:
            return error
    return None


def _is_ours(number: int) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{number}/healthz", timeout=3) as answer:
            body = answer.read(65536)
    except urllib.error.HTTPError as error:
        body = error.read(65536)  # 503 is an answer, too
    except (OSError, ValueError):
        return False
    try:
        return json.loads(body).get("status") in ("ok", "unavailable")
    except (ValueError, AttributeError):
        return False


def _existing(path: Path) -> Path:
    """The path, or the nearest folder above that is there."""
    while not path.exists():
        path = path.parent
    return path
