"""A publisher killed at any moment, and two publishers at once: the version that stood stays whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from lib.config import ROOT
from lib.ingest import versions
from lib.ingest.publish import publish
from lib.schema import tickets as t
from lib.store import pair_dir, read_pointer
from tests.ingest.conftest import Pair
from tests.ingest.staging import staged, ticket

# Takes long: `make prove` and CI run it, `make test` does not.
pytestmark = pytest.mark.proof

# Where the publisher is killed: before the function named is called for the n-th time.
MOMENTS = {
    "while copying": ("lib.ingest.publish.shutil.copyfile", 1),
    "before the segment": ("lib.ingest.versions.create_segment", 1),
    "while writing": ("lib.ingest.stored.insert_frame", 2),
    "while writing histories": ("lib.ingest.stored.insert_frame", 5),
    "before the check": ("lib.ingest.selfcheck.touched", 1),
    "before the disk": ("lib.ingest.versions.sync", 1),
    "amid the disk": ("lib.ingest.versions.sync", 3),
    "before the swap": ("lib.ingest.draft.replace_file", 1),
}
KILLER = """
    import os, signal, sys
    from pathlib import Path
    from unittest import mock
    from lib.config import Settings
    from lib.ingest.publish import publish
    from tests.ingest.staging import staged, ticket

    name, moment = sys.argv[2], int(sys.argv[3])
    module, _, function = name.rpartition(".")
    target = __import__(module.rsplit(".", 1)[0] if module.endswith("shutil") else module, fromlist=["x"])
    if module.endswith("shutil"):
        target = target.shutil
    original, calls = getattr(target, function), []

    def kill(*args, **kw):
        calls.append(1)
        if len(calls) == moment:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **kw)

    settings = Settings(data_dir=Path(sys.argv[1]), city="anyang", tickets_url=None)
    with mock.patch.object(target, function, kill):
        publish(settings, "city", staged(ticket("A1", title="改"), ticket("A2")))
"""


def run_killed(pair: Pair, name: str, moment: int) -> int:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLER), str(pair.settings.data_dir), name, str(moment)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=False,
    ).returncode


@pytest.mark.parametrize(("name", "moment"), MOMENTS.values(), ids=MOMENTS)
def test_killed_publisher_leaves_the_old_version_whole(pair: Pair, name: str, moment: int) -> None:
    pair.publish(staged(ticket("A1", title="旧")))
    pointer = read_pointer(pair.settings, "city")
    assert run_killed(pair, name, moment) == -signal.SIGKILL
    assert read_pointer(pair.settings, "city") == pointer
    assert [r["title"] for r in pair.rows(t.ticket_texts)] == ["旧"]
    result = pair.publish(staged(ticket("A1", title="改"), ticket("A2")))
    assert (result.inserted, result.updated) == (1, 1)
    assert _files(pair) == _needed(pair, pointer)


def _files(pair: Pair) -> set[str]:
    folder = pair_dir(pair.settings, "city")
    found = [*folder.glob("tickets-*"), *folder.glob("segments/*"), *folder.glob(".*")]
    return {path.relative_to(folder).as_posix() for path in found}


def _needed(pair: Pair, old) -> set[str]:
    now = read_pointer(pair.settings, "city")
    return {now.file, old.file, *now.segments.values(), *old.segments.values()}


def test_killed_first_import_leaves_no_data(pair: Pair) -> None:
    assert run_killed(pair, "lib.ingest.draft.replace_file", 1) == -signal.SIGKILL
    assert not (pair_dir(pair.settings, "city") / "current.json").exists()
    pair.publish(staged(ticket("A1")))
    now = read_pointer(pair.settings, "city")
    assert _files(pair) == {now.file, *now.segments.values()}


def test_second_publisher_is_told_to_wait(pair: Pair) -> None:
    pair.publish(staged(ticket()))
    with versions.publishing(pair.settings, "city"), pytest.raises(versions.BusyError, match="正在发布"):
        publish(pair.settings, "city", staged(ticket("A2")))
    assert pair.publish(staged(ticket("A2"))).inserted == 1


def test_failed_check_keeps_the_old_version_and_sweeps_its_files(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    pair.publish(staged(ticket()))
    before = _files(pair)

    def fail(*_: object) -> None:
        raise RuntimeError("boom")

    with monkeypatch.context() as patch:
        patch.setattr("lib.ingest.publish.selfcheck.touched", fail)
        with pytest.raises(RuntimeError, match="boom"):
            publish(pair.settings, "city", staged(ticket("A2")))
    assert [r["ticket_no"] for r in pair.rows(t.tickets)] == ["A1"]
    assert _files(pair) == before


def test_key_of_requesters_is_private(pair: Pair) -> None:
    pair.publish(staged(ticket(requester_phone="13800000000")))
    path: Path = pair_dir(pair.settings, "city") / "requester.key"
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_current_version_is_kept_though_the_clock_was_set_back(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    names = iter(["20261020T120000-b", "20261020T110000-a", "20261020T100000-c"])
    monkeypatch.setattr(versions, "new_version_name", lambda: next(names))
    for number in range(3):
        pair.publish(staged(ticket(f"A{number}")))
    assert read_pointer(pair.settings, "city").version == "20261020T100000-c"
    assert len(pair.rows(t.ticket_texts)) == 3
