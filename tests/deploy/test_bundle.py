"""The offline package: built here, installed in a system with nothing in it and no network, started and asked."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile

import pytest

from deploy import wheels
from lib.config import ROOT
from tests.deploy import bare

pytestmark = [pytest.mark.deploy, pytest.mark.xdist_group("deploy-bundle")]

REQUIREMENTS = ROOT / "requirements.txt"
INSTALL = "sh /media/package/install.sh --user root --port 8617"
# Loads every piece of machine code with all its symbols, then lets the largest one work.
LOAD_ALL = """
import ctypes, os, pathlib, platform, re, sys
found = [p for p in pathlib.Path(sys.argv[1]).rglob("*") if re.search(r"[.]so([.][0-9]+)*$", p.name)]
for path in found:
    ctypes.CDLL(str(path), mode=os.RTLD_NOW)
import duckdb
print(platform.machine(), sys.prefix, len(found), duckdb.connect().execute("select 41 + 1").fetchone()[0])
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The package, unpacked. Downloads are kept in dist/cache."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "deploy.bundle", "--out", str(out), "--cache", str(ROOT / "dist" / "cache")]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    archive = next(out.glob("minsheng-*-offline.tar.gz"))
    with tarfile.open(archive) as tar:
        tar.extractall(out, filter="fully_trusted")
    archive.unlink()
    yield next(out.glob("minsheng-*-offline"))
    shutil.rmtree(out)


@pytest.fixture(scope="module")
def system(tmp_path_factory, package):
    """A bare system with the package in /media, and the first installation in it."""
    if os.geteuid() != 0:
        pytest.skip("a system of its own needs root")
    root = tmp_path_factory.mktemp("system")
    bare.build(root)
    shutil.copytree(package, root / "media" / "package", copy_function=os.link)
    return root, bare.run(root, INSTALL)


def test_every_pin_has_a_wheel_for_both_processors(package):
    for architecture in wheels.ARCHITECTURES:
        files = [*package.glob("wheels/common/*.whl"), *package.glob(f"wheels/{architecture}/*.whl")]
        assert wheels.check(REQUIREMENTS, architecture, [file.name for file in files]) == []
        assert (package / "python" / f"{architecture}.tar.gz").stat().st_size > 5_000_000


def test_the_package_holds_the_product_and_nothing_of_the_workshop(package):
    held = {path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()}
    assert {"install.sh", "SHA256SUMS", "demo-data/demo/current.json"} <= held
    assert {"app/streamlit_app.py", "app/docs/deploy.md", "app/.streamlit/config.toml"} <= held
    assert {"app/data/access/common_passwords.txt", "app/data/cities/anyang/city.yaml"} <= held
    assert {"fonts/NotoSansCJK-Regular.ttc", "fonts/OFL-LICENSE.txt"} <= held
    assert [name for name in held if name.startswith(("app/tests", "app/data/var", "app/.git", "app/.ci"))] == []
    summed = (package / "SHA256SUMS").read_text("utf-8").splitlines()
    assert {line.split("  ./")[1] for line in summed} == held - {"SHA256SUMS"}


@pytest.mark.skipif(not shutil.which("qemu-aarch64-static"), reason="needs qemu-user-static")
def test_the_other_processor_s_python_loads_its_packages(package, tmp_path):
    with tarfile.open(package / "python" / "aarch64.tar.gz") as tar:
        tar.extractall(tmp_path, filter="fully_trusted")
    site = tmp_path / "site"
    for wheel in [*package.glob("wheels/common/*.whl"), *package.glob("wheels/aarch64/*.whl")]:
        shutil.unpack_archive(wheel, site, "zip")
    lib = tmp_path / "python" / "lib"
    loader = [str(lib / "ld-linux-aarch64.so.1"), "--inhibit-cache", "--library-path", str(lib)]
    python = ["--argv0", str(lib.parent / "bin" / "python3.11"), str(lib / "python3.11.bin")]
    command = ["qemu-aarch64-static", *loader, *python]
    env = {"PYTHONPATH": str(site)}
    done = subprocess.run([*command, "-c", LOAD_ALL, str(site)], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    machine, prefix, loaded, answer = done.stdout.split()
    assert (machine, prefix, answer) == ("aarch64", str(lib.parent), "42")
    assert int(loaded) > 100


def test_it_installs_without_network_python_or_c_library(system):
    _, installed = system
    assert installed.returncode == 0, installed.stdout + installed.stderr
    assert "✗" not in installed.stdout
    assert "UTC+8" in installed.stdout
    assert "接下来" in installed.stdout


def test_it_starts_and_answers(system):
    root, _ = system
    done = bare.run(
        root,
        """
        set -e
        /opt/minsheng/bin/minsheng init >/tmp/init
        /opt/minsheng/bin/minsheng serve 8617 >/tmp/log 2>&1 &
        tries=0
        until wget -qO /tmp/health http://127.0.0.1:8617/healthz 2>/dev/null; do
          tries=$((tries + 1)); [ $tries -lt 240 ] || { cat /tmp/log; exit 9; }
          kill -0 $! 2>/dev/null || { cat /tmp/log; exit 8; }
          sleep 0.5
        done
        cat /tmp/health; echo
        wget -qO - http://127.0.0.1:8617/sign-in
        /opt/minsheng/bin/minsheng doctor --port 8617 --json >/tmp/doctor
        kill $!
        """,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    health = json.loads(done.stdout.splitlines()[0])
    assert (health["status"], health["is_demo"]) == ("ok", True)
    assert "登录" in done.stdout
    report = json.loads((root / "tmp" / "doctor").read_text("utf-8"))
    found = {finding["topic"]: finding for finding in report["findings"]}
    assert (report["ok"], found["端口 8617"]["found"], found["密钥"]["level"]) == (True, "民声看板正在运行", "ok")
    assert (root / "var/lib/minsheng/secrets.json").stat().st_mode & 0o077 == 0


def test_installing_again_keeps_data_and_settings(system):
    root, _ = system
    settings, data = root / "opt/minsheng/etc/minsheng.env", root / "var/lib/minsheng"
    settings.write_text(settings.read_text("utf-8") + "# mine\n", "utf-8")
    before = files_of(data)
    again = bare.run(root, INSTALL)
    assert (again.returncode, "已经装好" in again.stdout) == (0, True), again.stdout + again.stderr
    assert settings.read_text("utf-8").endswith("# mine\n")
    assert files_of(data) == before


def files_of(folder):
    """Files and folders in it, without those that a database keeps only while it is open."""
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.name.endswith(("-shm", "-wal"))
    )


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("--port 80", "1024"),
        ("--port eighty", "应为数字"),
        ("--prefix relative", "完整路径"),
        ("--prefix '/opt/有空格 的'", "只能用字母"),
        ("--colour red", "没有这个选项"),
        ("--user", "缺少内容"),
        ("--data-dir /elsewhere", "数据目录是 /var/lib/minsheng"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(system, options, says):
    done = bare.run(system[0], f"{INSTALL} {options}")
    assert (done.returncode, says in done.stderr) == (2, True), done.stdout + done.stderr


def test_a_damaged_package_is_refused_and_named(system):
    root, _ = system
    broken = root / "media" / "package" / "app" / "requirements.txt"
    whole = broken.read_text("utf-8")
    broken.unlink()  # a link to the package of the other tests
    broken.write_text(whole + "# changed\n", "utf-8")
    try:
        done = bare.run(root, f"{INSTALL} --prefix /opt/other --check")
    finally:
        broken.write_text(whole, "utf-8")
    assert (done.returncode, "requirements.txt" in done.stderr) == (2, True), done.stdout + done.stderr
    assert not (root / "opt" / "other").exists()


def test_the_unit_is_one_that_systemd_understands(system, tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("needs systemd-analyze")
    root, _ = system
    text = (root / "opt/minsheng/etc/minsheng@.service").read_text("utf-8")
    assert "@PREFIX@" not in text
    # The paths of the bare system are not here.
    for line in ("WorkingDirectory=/opt/minsheng/current/app", "EnvironmentFile=/opt/minsheng/etc/minsheng.env"):
        assert line in text
        text = text.replace(line, "")
    text = text.replace("/opt/minsheng/current/venv/bin/python", "/bin/true")
    (tmp_path / "minsheng@8501.service").write_text(text, "utf-8")
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / "minsheng@8501.service")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, "minsheng@8501" in done.stderr) == (0, False), done.stderr
