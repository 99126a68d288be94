"""The assessment database as a serving process keeps it: opened once, asked at every request and run."""

from __future__ import annotations

import threading

from lib.assessment_store import AssessmentStore, database_file, open_assessment
from lib.config import Settings
from lib.store import PairName, active_pair

_opened: dict[tuple[str, PairName], AssessmentStore] = {}
_opening = threading.Lock()


def shared_assessment(settings: Settings, pair: PairName | None = None) -> AssessmentStore:
    """The pair's database (the active one by default), which stays open. Whoever gets it must not dispose of it.

    A database file that was replaced (restored from a backup) is opened anew.
    """
    pair = pair or active_pair(settings)
    key = (_place(settings, pair), pair)
    store = _opened.get(key)
    if store is not None:
        return store
    with _opening:
        if key not in _opened:
            store = open_assessment(settings, pair)
            # Asked again: opening may have made the file.
            _opened[(_place(settings, pair), pair)] = store
            return store
        return _opened[key]


def _place(settings: Settings, pair: PairName) -> str:
    if settings.assessment_url:
        return settings.assessment_url
    path = database_file(settings, pair)
    try:
        return f"{path}#{path.stat().st_ino}"
    except FileNotFoundError:
        return str(path)
