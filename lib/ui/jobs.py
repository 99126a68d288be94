"""Long work beside the script: it goes on when the page reruns, and starts once however often it is clicked.

The server is one process, so a table in memory is enough; a job lives until it is forgotten.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

log = logging.getLogger("minsheng.job")

Progress = Callable[[int, int, str], None]
_POLL_SECONDS = 0.5
_KEPT_SECONDS = 6 * 3600


@dataclass
class Job:
    """One piece of work. result or error stands once is_done; error is what the work raised."""

    started: float = field(default_factory=time.monotonic)
    step_started: float = field(default_factory=time.monotonic)
    done: int = 0
    total: int = 0
    words: str = "正在开始"
    is_done: bool = False
    result: Any = None
    error: Exception | None = None

    def tell(self, done: int, total: int, words: str) -> None:
        """Progress callback of the work."""
        if words != self.words:
            self.step_started = time.monotonic()
        self.done, self.total, self.words = done, total, words

    @property
    def share(self) -> float:
        """Part of the current step that is done, 0 to 1."""
        return min(max(self.done / self.total, 0.0), 1.0) if self.total > 0 else 0.0

    @property
    def line(self) -> str:
        """Words of the current step with its share and the time it still needs."""
        text = f"{self.words}　{self.share:.0%}"
        if 0 < self.share < 1:
            left = (time.monotonic() - self.step_started) * (1 - self.share) / self.share
            text += f"，约剩 {left:.0f} 秒" if left >= 1 else ""
        return text


_jobs: dict[str, Job] = {}
_lock = threading.Lock()


def start(key: str, work: Callable[[Progress], Any]) -> Job:
    """Run `work(progress)` in a thread of its own, unless a job of this key is there already."""
    with _lock:
        for old in [k for k, j in _jobs.items() if j.is_done and time.monotonic() - j.started > _KEPT_SECONDS]:
            del _jobs[old]
        if key in _jobs:
            return _jobs[key]
        job = _jobs[key] = Job()
    threading.Thread(target=_run, args=(job, work), daemon=True, name=f"job {key[:20]}").start()
    return job


def find(key: str) -> Job | None:
    """The job of this key, running or done."""
    return _jobs.get(key)


def forget(key: str) -> None:
    """Drop a finished job, so that the same work may start again."""
    with _lock:
        if key in _jobs and _jobs[key].is_done:
            del _jobs[key]


def _run(job: Job, work: Callable[[Progress], Any]) -> None:
    try:
        job.result = work(job.tell)
    except Exception as error:
        log.info("a job ended with %s", type(error).__name__, exc_info=True)
        job.error = error
    finally:
        job.is_done = True


@st.fragment(run_every=_POLL_SECONDS)
def watch(key: str) -> None:
    """Show the progress of a running job; the page is drawn anew when it is done."""
    job = find(key)
    if job is None or job.is_done:
        st.rerun()
    else:
        st.progress(job.share, text=job.line)
