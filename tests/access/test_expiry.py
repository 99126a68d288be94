"""Files of rejected rows hold personal data: they go after thirty days, whoever looks first."""

from __future__ import annotations

import os
import time

from lib.access.expiry import REJECTED_DAYS, rejected_dir, sweep_rejected
from lib.ingest.rejected import rejected_of


def place(settings, pair: str, name: str, days: float) -> None:
    folder = rejected_dir(settings, pair)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(b"x")
    written = time.time() - days * 86_400
    os.utime(path, (written, written))


def test_old_files_of_all_pairs_go_and_others_stay(settings):
    place(settings, "demo", "退回行_a.xlsx", REJECTED_DAYS + 1)
    place(settings, "city", "退回行_b.xlsx", REJECTED_DAYS + 1)
    place(settings, "city", "退回行_c.xlsx", REJECTED_DAYS - 1)
    place(settings, "city", "别的.xlsx", 400)
    assert sweep_rejected(settings) == 2
    assert sorted(path.name for path in rejected_dir(settings, "city").iterdir()) == ["别的.xlsx", "退回行_c.xlsx"]
    assert sweep_rejected(settings) == 0


def test_an_expired_file_is_not_offered_any_more(settings):
    place(settings, "city", "退回行_v1.xlsx", REJECTED_DAYS + 1)
    place(settings, "city", "退回行_v2.xlsx", 1)
    assert rejected_of(settings, "city", "v1") is None
    assert rejected_of(settings, "city", "v2") is not None
    assert not (rejected_dir(settings, "city") / "退回行_v1.xlsx").exists()
