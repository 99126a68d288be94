"""A Python 3.11 that brings its own C library, so that a machine needs neither.

麒麟 V10 and 统信 20 carry Python 3.7 and glibc 2.28. Debian's Python 3.11, its libraries and its loader are
unpacked side by side; a small script starts the interpreter through that loader. Programs that Python starts
(an office, for instance) use the machine's own libraries, because no variable is inherited.
"""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

# Processor → Debian's name of it, its library folder, its loader.
DEBIAN = {
    "x86_64": ("amd64", "x86_64-linux-gnu", "ld-linux-x86-64.so.2"),
    "aarch64": ("arm64", "aarch64-linux-gnu", "ld-linux-aarch64.so.1"),
}
PACKAGES = (
    "libc6", "libcrypt1", "libgcc-s1", "libstdc++6", "python3.11-minimal", "libpython3.11-minimal",
    "libpython3.11-stdlib", "libssl3", "zlib1g", "libexpat1", "libffi8", "libsqlite3-0", "libbz2-1.0", "liblzma5",
    "libuuid1", "libtinfo6", "libncursesw6", "libreadline8",
)  # fmt: skip
FONT_PACKAGE = "fonts-noto-cjk"
FONTS = ("NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc")

# $0 is given on as it came: an environment made by venv is found through it.
_STARTER = """#!/bin/sh
home=$(readlink -f "$0")
home=${{home%/bin/*}}
exec "$home/lib/{loader}" --inhibit-cache --argv0 "$0" --library-path "$home/lib" "$home/lib/python3.11.bin" "$@"
"""


class RuntimeBuildError(Exception):
    """Debian's packages cannot be had on this machine; the message says why."""


class Debian:
    """Debian's packages for one processor, fetched with lists of their own: the machine's stay as they are."""

    def __init__(self, architecture: str, folder: Path) -> None:
        """folder: where lists and packages are kept between builds."""
        self.name, self.libraries, self.loader = DEBIAN[architecture]
        self.folder = folder / self.name
        for part in ("lists/partial", "archives/partial", "debs"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        (self.folder / "status").touch()
        self._options = [
            f"-oAPT::Architecture={self.name}", f"-oAPT::Architectures={self.name}",
            f"-oDir::State::lists={self.folder / 'lists'}", f"-oDir::State::status={self.folder / 'status'}",
            f"-oDir::Cache={self.folder}", "-oAPT::Sandbox::User=root",
        ]  # fmt: skip

    def fetch(self, packages: tuple[str, ...]) -> list[Path]:
        """Files of the newest versions, downloaded where they are not there yet. Raises RuntimeBuildError."""
        debs = self.folder / "debs"
        _run(["apt-get", *self._options, "-qq", "update"], self.folder)
        # apt names the files first, because an older version may lie beside the newest; it leaves out what it finds
        # in the folder, so it is asked in an empty one.
        with tempfile.TemporaryDirectory(dir=self.folder) as empty:
            named = _run(["apt-get", *self._options, "-qq", "--print-uris", "download", *packages], Path(empty))
        names = [line.split()[1] for line in named.splitlines() if line.startswith("'")]
        _run(["apt-get", *self._options, "-qq", "download", *packages], debs)
        missing = [name for name in names if not (debs / name).exists()]
        if missing or len(names) != len(packages):
            raise RuntimeBuildError(f"软件包没有下载完整：{'、'.join(missing or packages)}")
        return [debs / name for name in names]


def build(architecture: str, work: Path, target: Path) -> list[str]:
    """Write the runtime of a processor as a gzipped tar file (folder `python`); returns what it is made of."""
    debian = Debian(architecture, work / "debian")
    debs = debian.fetch(PACKAGES)
    raw, python = work / f"raw-{architecture}", work / f"runtime-{architecture}" / "python"
    for folder in (raw, python):
        shutil.rmtree(folder, ignore_errors=True)
    (python / "bin").mkdir(parents=True)
    (python / "lib").mkdir()
    for deb in debs:
        _run(["dpkg-deb", "-x", str(deb), str(raw)], work)
    stdlib = python / "lib" / "python3.11"
    shutil.copytree(raw / "usr/lib/python3.11", stdlib, symlinks=True, ignore=_unneeded)
    (stdlib / "sitecustomize.py").unlink(missing_ok=True)  # a link to Debian's /etc
    for folder in (raw / "lib" / debian.libraries, raw / "usr/lib" / debian.libraries):
        for library in sorted(folder.glob("*.so*")):
            shutil.copy2(library, python / "lib" / library.name, follow_symlinks=False)
    shutil.copy2(raw / "usr/bin/python3.11", python / "lib" / "python3.11.bin")
    starter = python / "bin" / "python3.11"
    starter.write_text(_STARTER.format(loader=debian.loader), "utf-8")
    starter.chmod(0o755)
    for copyright_file in sorted(raw.glob("usr/share/doc/*/copyright")):
        shutil.copy2(copyright_file, _made(python / "licenses") / copyright_file.parent.name)
    with tarfile.open(target, "w:gz", compresslevel=6) as tar:
        tar.add(python, "python", filter=_plain)
    for folder in (raw, python.parent):
        shutil.rmtree(folder)
    return [_shown(deb) for deb in debs]


def fonts(work: Path, target: Path) -> str:
    """Copy the Chinese fonts and their licence into the folder; returns the package they come from."""
    deb = Debian("x86_64", work / "debian").fetch((FONT_PACKAGE,))[0]
    raw = work / "raw-fonts"
    shutil.rmtree(raw, ignore_errors=True)
    _run(["dpkg-deb", "-x", str(deb), str(raw)], work)
    target.mkdir(parents=True, exist_ok=True)
    for name in FONTS:
        shutil.copy2(next(raw.rglob(name)), target / name)
    shutil.copy2(raw / "usr/share/doc" / FONT_PACKAGE / "copyright", target / "OFL-LICENSE.txt")
    shutil.rmtree(raw)
    return _shown(deb)


def _shown(deb: Path) -> str:
    return deb.name.replace("%3a", ":")


def _unneeded(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if name in ("__pycache__", "test", "idlelib", "lib2to3", "pydoc_data")}


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    return entry


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


def _run(command: list[str], folder: Path) -> str:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise RuntimeBuildError(f"制作离线包需要 Debian 系统的 {command[0]}") from error
    if done.returncode != 0:
        raise RuntimeBuildError(f"{command[0]} 失败：{done.stderr.strip()[-1500:]}")
    return done.stdout
