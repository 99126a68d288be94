"""Files with personal data that are kept for a while only: those of rejected rows, thirty days."""

from __future__ import annotations

import time
from pathlib import Path
from typing import get_args

from lib.config import Settings
from lib.store import PairName, pair_dir

REJECTED_FOLDER, REJECTED_FILES = "rejected", "退回行_*.xlsx"
REJECTED_DAYS = 30


def rejected_dir(settings: Settings, pair: PairName) -> Path:
    """Folder of the files of rejected rows of a pair."""
    return pair_dir(settings, pair) / REJECTED_FOLDER


def sweep_rejected(settings: Settings) -> int:
    """Remove the files of rejected rows of all pairs that are older than thirty days; returns how many."""
    oldest = time.time() - REJECTED_DAYS * 86_400
    swept = 0
    for pair in get_args(PairName):
        for path in rejected_dir(settings, pair).glob(REJECTED_FILES):
            if path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)
                swept += 1
    return swept
