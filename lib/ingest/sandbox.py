"""Untrusted files are read in a child process with limits of memory and time: it may die, the server may not.

The child runs `module:function(**arguments)`, prints its progress as JSON lines and answers with JSON;
large results go to files in a folder that the arguments name.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from lib.config import ROOT
from lib.ingest.readers.base import Progress, ReadError

_PROGRESS_SECONDS = 0.2


@dataclass(frozen=True)
class Budget:
    """memory_mb: address space of the child. stall_seconds: longest silence. total_seconds: longest run."""

    memory_mb: int = 4096
    stall_seconds: float = 300
    total_seconds: float = 3600


def run_limited(
    target: Callable[..., Any],
    arguments: dict[str, Any],
    progress: Progress | None = None,
    budget: Budget | None = None,
) -> Any:
    """Run a module-level function in a limited child; returns its JSON-able result.

    The function is called with `progress` besides `arguments` (JSON-able). Raises ReadError with the
    child's own sentence, or with one that says that it took too much memory or time.
    """
    budget = budget or Budget()
    child = subprocess.Popen(
        [sys.executable, "-m", "lib.ingest.sandbox"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"},
    )
    assert child.stdin
    assert child.stdout
    assert child.stderr
    heard = [time.monotonic()]
    watch = threading.Thread(target=_watch, args=(child, heard, budget), daemon=True)
    watch.start()
    complaints: list[str] = []
    ear = threading.Thread(target=lambda: complaints.extend(child.stderr or ()), daemon=True)
    ear.start()
    order = {
        "module": target.__module__,
        "function": target.__qualname__,
        "arguments": arguments,
        "memory_mb": budget.memory_mb,
    }
    answer: dict[str, Any] | None = None
    try:
        child.stdin.write(json.dumps(order))
        child.stdin.close()
        for message in _messages(child.stdout):
            heard[0] = time.monotonic()
            if "progress" in message:
                if progress:
                    progress(*message["progress"])
            else:
                answer = message
    finally:
        if answer is None:
            _kill(child)
        child.wait()
        ear.join(5)
    return _result(answer, child.returncode, "".join(complaints))


def _messages(lines: Any) -> Iterator[dict[str, Any]]:
    for line in lines:
        if line.startswith("{"):
            yield json.loads(line)


def _result(answer: dict[str, Any] | None, code: int, complaint: str) -> Any:
    if answer is None:
        if "MemoryError" in complaint or "bad_alloc" in complaint:
            raise ReadError(_TOO_BIG)
        if code in (-signal.SIGKILL, -signal.SIGXCPU):
            raise ReadError("读取文件超时或占用内存过多，已停止，数据没有改动。请拆分文件后重试")
        raise RuntimeError(f"the reading process ended with {code}: {complaint[-2000:]}")
    if "error" in answer:
        raise ReadError(answer["error"])
    return answer["result"]


_TOO_BIG = "读取文件占用内存过多，已停止，数据没有改动。请删除多余的空白行列，或按月份拆分后分次导入"


def _watch(child: subprocess.Popen[str], heard: list[float], budget: Budget) -> None:
    started = time.monotonic()
    while child.poll() is None:
        now = time.monotonic()
        if now - heard[0] > budget.stall_seconds or now - started > budget.total_seconds:
            _kill(child)
            return
        time.sleep(0.1)


def _kill(child: subprocess.Popen[str]) -> None:
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _main() -> None:
    order = json.loads(sys.stdin.read())
    limit = order["memory_mb"] << 20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    last = [0.0]

    def progress(done: int, total: int, text: str) -> None:
        now = time.monotonic()
        if now - last[0] >= _PROGRESS_SECONDS:
            last[0] = now
            _say({"progress": [done, total, text]})

    try:
        function = getattr(importlib.import_module(order["module"]), order["function"])
        result = function(progress=progress, **order["arguments"])
    except ReadError as error:
        _say({"error": str(error)})
    except MemoryError:
        _say({"error": _TOO_BIG})
    else:
        _say({"result": result})


if __name__ == "__main__":
    _main()
