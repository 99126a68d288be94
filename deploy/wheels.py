"""Wheels of every pinned package for both processors, none of which needs a newer system than promised."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ARCHITECTURES = ("x86_64", "aarch64")
# The oldest C library that is promised: 银河麒麟 V10 and 统信 UOS 20 carry 2.28.
NEWEST_GLIBC = (2, 28)
# Names of the time before wheels said their C library.
_OLD_NAMES = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}
_PLATFORMS = [f"manylinux_2_{minor}" for minor in range(NEWEST_GLIBC[1], 4, -1)] + list(_OLD_NAMES)


class WheelError(Exception):
    """A pinned package has no wheel that the promised systems can use; the message names it."""


def pins(requirements: Path) -> dict[str, str]:
    """Normalised name → version of every pinned line. Raises WheelError for a line that pins nothing."""
    found: dict[str, str] = {}
    for line in requirements.read_text("utf-8").splitlines():
        text = line.split("#")[0].strip()
        if not text or text.startswith("-r"):
            continue
        match = re.fullmatch(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)", text)
        if match is None:
            raise WheelError(f"{requirements.name}：“{text}”没有固定版本")
        found[normalised(match[1])] = match[2]
    return found


def normalised(name: str) -> str:
    """The name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def download(requirements: Path, architecture: str, folder: Path) -> None:
    """Fill the folder with one wheel per pin, by pip and its cache. Raises WheelError with pip's words."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input",
               "--no-deps", "--only-binary=:all:", "--python-version", "3.11", "--implementation", "cp",
               "--abi", "cp311", "--abi", "abi3", "--abi", "none"]  # fmt: skip
    command += [part for name in _PLATFORMS for part in ("--platform", f"{name}_{architecture}")]
    done = subprocess.run(
        [*command, "--dest", str(folder), "--find-links", str(folder), "-r", str(requirements)],
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise WheelError(f"{architecture} 的组件没有下载完整：\n{done.stderr.strip()[-2000:]}")


def check(requirements: Path, architecture: str, names: list[str]) -> list[str]:
    """What is wrong with these wheel file names: pins without a wheel, wheels for another processor or a newer
    C library. An empty list means that they install on the promised systems.
    """
    wanted = pins(requirements)
    have: dict[str, str] = {}
    faults = []
    for name in names:
        package, version, *_, platform = name.removesuffix(".whl").split("-")
        have[normalised(package)] = version
        if not fits(platform, architecture):
            faults.append(f"{name}：{architecture}、glibc {NEWEST_GLIBC[0]}.{NEWEST_GLIBC[1]} 不能安装")
    for package, version in wanted.items():
        if package not in have:
            faults.append(f"{package}=={version}：缺少 {architecture} 安装包")
        elif have[package] != version:
            faults.append(f"{package}：应为 {version}，实为 {have[package]}")
    return faults


def fits(platform: str, architecture: str) -> bool:
    """Whether a platform tag (its alternatives joined by dots) installs on that processor and C library."""
    return any(_one_fits(tag, architecture) for tag in platform.split("."))


def _one_fits(tag: str, architecture: str) -> bool:
    if tag == "any":
        return True
    match = re.fullmatch(rf"(?:manylinux_(\d+)_(\d+)|({'|'.join(_OLD_NAMES)}))_{architecture}", tag)
    if match is None:
        return False
    needed = _OLD_NAMES[match[3]] if match[3] else (int(match[1]), int(match[2]))
    return needed <= NEWEST_GLIBC
