"""`python -m deploy.bundle`: builds `dist/minsheng-<version>-offline.tar.gz`, which installs without a network.

In it: the product, wheels for both processors, a Python of its own, Chinese fonts, a small demo city, checksums
and `install.sh`. Needs a Debian-like machine with a network to build on, and nothing to install on.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
from pathlib import Path

from deploy import runtime, wheels

ROOT = Path(__file__).resolve().parent.parent
# What of the tree is not the product: tests and tools of development stay at home.
WORKSHOP = (".ci", ".gitignore", "Makefile", "tests")
_PRODUCT = ("--", ".", *(f":(exclude,top){name}" for name in WORKSHOP))
# What installs the wheels on the target machine; runs from its own file.
PIP = "pip==26.3"
# A small city is shown at once; a larger one is made with `minsheng demo`.
DEMO = ("--months", "26", "--monthly", "2500", "--seed", "7")


def main(argv: list[str] | None = None) -> int:
    """Build the package; returns the exit code. What cannot be had is said in a sentence."""
    parser = argparse.ArgumentParser(prog="python -m deploy.bundle", description="制作离线安装包")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="写到哪个目录（默认 dist）")
    parser.add_argument("--cache", type=Path, help="下载的组件留在哪个目录（默认 dist/cache）")
    args = parser.parse_args(argv)
    out = args.out.resolve()
    cache = (args.cache or out / "cache").resolve()
    try:
        package = build(out, cache)
    except (wheels.WheelError, runtime.RuntimeBuildError, subprocess.CalledProcessError) as error:
        print(f"离线包没有做成：{error}", file=sys.stderr)
        return 2
    print(f"离线包：{package}（{package.stat().st_size / 1e6:,.0f} MB）")
    return 0


def build(out: Path, cache: Path) -> Path:
    """Build the package into `out`; downloads are kept in `cache`. Returns its path."""
    out.mkdir(parents=True, exist_ok=True)
    cache.mkdir(parents=True, exist_ok=True)
    version = product_version()
    name = f"minsheng-{version}-offline"
    with tempfile.TemporaryDirectory(dir=out) as temporary:
        stage = Path(temporary) / name
        stage.mkdir()
        _say("复制产品")
        copy_product(stage / "app")
        made_of: dict[str, object] = {"version": version, "build": source_state()}
        made_of["wheels"] = _wheels(stage, cache)
        made_of["python"] = _runtimes(stage, cache)
        _say("加入中文字体")
        made_of["fonts"] = runtime.fonts(cache, stage / "fonts")
        _say("生成示例市")
        demo_city(stage / "demo-data")
        shutil.copy2(stage / "app" / "deploy" / "install.sh", stage / "install.sh")
        (stage / "install.sh").chmod(0o755)
        (stage / "VERSION").write_text(f"{version}\n", "utf-8")
        (stage / "CONTENTS.json").write_text(json.dumps(made_of, ensure_ascii=False, indent=1), "utf-8")
        write_checksums(stage)
        _say("打包")
        package = out / f"{name}.tar.gz"
        partial = out / f".{name}.part"
        # Nearly everything in it is compressed already.
        with tarfile.open(partial, "w:gz", compresslevel=1) as tar:
            tar.add(stage, name, filter=_owned_by_root)
        os.replace(partial, package)
    digest = _sha256(package)
    package.with_name(f"{package.name}.sha256").write_text(f"{digest}  {package.name}\n", "utf-8")
    return package


def product_version() -> str:
    """The version of the product and the state of its source: `0.1.0-3f2a1b9c`, `….changed` with open changes."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return f"{project['project']['version']}-{source_state()}"


def source_state() -> str:
    """Short commit of the tree, with `.changed` when files differ from it."""
    commit = _git("rev-parse", "--short=8", "HEAD").strip()
    return f"{commit}.changed" if _git("status", "--porcelain", *_PRODUCT).strip() else commit


def copy_product(target: Path) -> None:
    """Copy what git knows of the product, as it lies in the tree now."""
    listed = _git("ls-files", "-z", "--cached", "--others", "--exclude-standard", *_PRODUCT).split("\0")
    for name in filter(None, listed):
        source, destination = ROOT / name, target / name
        if source.is_file():
            destination.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, destination)


def demo_city(target: Path) -> None:
    """Generate the small demo city as a data folder; its paths are relative, so it can be copied anywhere."""
    left_out = ("TICKETS_URL", "ASSESSMENT_URL", "CITY")
    env = {k: v for k, v in os.environ.items() if k not in left_out} | {"MINSHENG_DATA_DIR": str(target)}
    subprocess.run([sys.executable, "-m", "lib", "demo", *DEMO], cwd=ROOT, env=env, check=True, capture_output=True)


def write_checksums(stage: Path) -> None:
    """SHA256SUMS of every file, in the form that sha256sum reads."""
    files = sorted(path for path in stage.rglob("*") if path.is_file())
    lines = [f"{_sha256(path)}  ./{path.relative_to(stage).as_posix()}" for path in files]
    (stage / "SHA256SUMS").write_text("\n".join(lines) + "\n", "utf-8")


def _wheels(stage: Path, cache: Path) -> dict[str, list[str]]:
    """Wheels into wheels/common and wheels/<processor>; file names by processor."""
    requirements = ROOT / "requirements.txt"
    # Of one set of pins only: wheels of earlier pins would be packed as well.
    kept = cache / "wheels" / hashlib.sha256(requirements.read_bytes()).hexdigest()[:16]
    names: dict[str, list[str]] = {}
    for architecture in wheels.ARCHITECTURES:
        folder = kept / architecture
        if wheels.check(requirements, architecture, _names(folder)):
            _say(f"下载 {architecture} 的组件")
            wheels.download(requirements, architecture, folder)
        names[architecture] = _names(folder)
        if faults := wheels.check(requirements, architecture, names[architecture]):
            raise wheels.WheelError("；".join(faults))
        for name in names[architecture]:
            kind = "common" if name.endswith("-any.whl") else architecture
            destination = stage / "wheels" / kind / name
            destination.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(folder / name, destination)
    installer = _installer(cache / "pip")
    shutil.copy2(installer, stage / "wheels" / "common" / installer.name)
    return names


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.whl"))


def _installer(folder: Path) -> Path:
    """pip as a wheel: it runs from that file, so that the target machine needs none."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{PIP.replace('==', '-')}-py3-none-any.whl"
    if not file.exists():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*command, "--dest", str(folder), PIP], check=True, capture_output=True, text=True)
    return file


def _runtimes(stage: Path, cache: Path) -> dict[str, list[str]]:
    """Python for each processor into python/<processor>.tar.gz; what each is made of."""
    (stage / "python").mkdir()
    made_of = {}
    for architecture in wheels.ARCHITECTURES:
        _say(f"准备 {architecture} 的 Python")
        made_of[architecture] = runtime.build(architecture, cache, stage / "python" / f"{architecture}.tar.gz")
    return made_of


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def _sha256(path: Path) -> str:
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _owned_by_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    return entry


def _say(step: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {step}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
