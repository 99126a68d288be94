"""A server under watch, and a recording of what a browser asks for."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage

from lib.config import ROOT

START_SECONDS = 60
# The browser says so itself where drawing on the processor replaces a graphics card.
TOLERATED_CONSOLE = ("GPU stall due to ReadPixels", "Automatic fallback to software WebGL")


@dataclass
class Server:
    """A running server: its address, and every remote address its processes were seen to talk to."""

    url: str
    process: subprocess.Popen[str]
    log: Path
    remote_addresses: set[str] = field(default_factory=set)
    samples: int = 0

    def watch(self, stop: threading.Event) -> None:
        """Note the remote ends of all sockets of the server and its children, five times a second."""
        while not stop.wait(0.2):
            try:
                root = psutil.Process(self.process.pid)
                family = [root, *root.children(recursive=True)]
            except psutil.NoSuchProcess:
                return
            for process in family:
                try:
                    connections = process.net_connections("inet")
                except (psutil.NoSuchProcess, psutil.AccessDenied):
                    continue
                self.remote_addresses |= {c.raddr.ip for c in connections if c.raddr}
            self.samples += 1

    @property
    def outside(self) -> set[str]:
        """Remote addresses that are not this machine."""
        return {a for a in self.remote_addresses if not ip_address(a.removeprefix("::ffff:")).is_loopback}

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body of a plain request."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()


def start_server(
    data_dir: Path, log: Path, command: tuple[str, ...] | None = None, more_env: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Start the product as `make run` does, wait until it answers, watch its sockets, stop it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = command or ("streamlit", "run", "streamlit_app.py", "--server.port", "{port}")
    env = {k: v for k, v in os.environ.items() if k not in ("TICKETS_URL", "CITY")}
    with open(log, "w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *(part.format(port=port) for part in command)],
            cwd=ROOT,
            env={**env, "MINSHENG_DATA_DIR": str(data_dir), **(more_env or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
    server = Server(f"http://127.0.0.1:{port}", process, log)
    stop = threading.Event()
    watcher = threading.Thread(target=server.watch, args=(stop,), daemon=True)
    watcher.start()
    try:
        _wait_until_it_answers(server)
        yield server
    finally:
        stop.set()
        watcher.join()
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_it_answers(server: Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            pytest.fail(f"the server ended at once:\n{server.log.read_text()}")
        try:
            server.get("/healthz")
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the server did not answer within {START_SECONDS} s:\n{server.log.read_text()}")


@dataclass
class Recording:
    """What one visitor's browser did: every address it asked for, every complaint in its console."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def clear(self) -> None:
        """Begin anew."""
        self.requests.clear()
        self.complaints.clear()

    def attach(self, context: BrowserContext) -> None:
        """Record from now on, in all tabs."""
        context.on("request", lambda request: self.requests.append(request.url))
        context.on("console", self._console)
        context.on("weberror", lambda error: self.complaints.append(f"uncaught: {error.error}"))
        context.on("page", lambda page: page.on("websocket", lambda ws: self.requests.append(ws.url)))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(text in message.text for text in TOLERATED_CONSOLE):
            self.complaints.append(f"{message.text} ({message.location.get('url')})")

    @property
    def outside(self) -> list[str]:
        """Addresses that are not on this machine; what never leaves the page does not count."""
        parts = [(address, urlsplit(address)) for address in self.requests]
        return [a for a, p in parts if p.scheme not in ("data", "blob", "about") and p.hostname != "127.0.0.1"]
