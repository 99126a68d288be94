"""A visitor without a browser: opens a page over the websocket and times it to the end of the script.

It speaks Streamlit's own messages, so what is timed is the real server: session, script, answers, charts,
serialisation and the way over the wire. Only the drawing in the browser is left out.
"""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from lib.config import ROOT

START_SECONDS = 120
RUN_SECONDS = 120
# What navigation.py writes to the log when a page fails; a fast error page is no result.
FAULT = "fault "
# Who visits: a role that may open every page that is measured.
ROLE = "hotline"


class BenchError(Exception):
    """The measurement is not valid: a page failed, or the server did not start."""


@dataclass(frozen=True)
class Visit:
    """One run of a page: seconds to the end of the script, elements and bytes sent."""

    seconds: float
    elements: int
    sent_bytes: int


@dataclass(frozen=True)
class Server:
    """A running server of the product."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path
    start_seconds: float

    def memory_mb(self) -> float:
        """Resident memory of the server now, in MB."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise BenchError("the server has ended")

    def sign_in(self, role: str = ROLE) -> str:
        """Sign in with the demo's one click; returns the cookie. Raises BenchError."""
        channel = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://127.0.0.1:{self.port}"}
            channel.request("POST", "/sign-in", f"demo={role}", form)
            answer = channel.getresponse()
            given = answer.getheader("Set-Cookie") or ""
            if answer.status != 303 or not given:
                raise BenchError(f"the demo account {role} cannot sign in: {answer.status}\n{answer.read().decode()}")
            return given.split(";")[0]
        finally:
            channel.close()

    def visit(self, page: str, query: str = "") -> Visit:
        """A new visitor opens one page. Raises BenchError when the page fails."""
        with self.session() as visitor:
            return visitor.open(page, query)

    @contextmanager
    def session(self) -> Iterator[Visitor]:
        """One visitor, signed in, who may open several pages."""
        with connect(
            f"ws://127.0.0.1:{self.port}/_stcore/stream",
            origin=Origin(f"http://127.0.0.1:{self.port}"),
            additional_headers={"Cookie": self.sign_in()},
            subprotocols=[Subprotocol("streamlit")],
            max_size=None,
        ) as channel:
            yield Visitor(channel, self.log)


@dataclass
class Visitor:
    """An open session."""

    channel: ClientConnection
    log: Path

    def open(self, page: str, query: str = "") -> Visit:
        """Open a page (its slug) with the filters of the query string; waits for the end of the script."""
        ask = BackMsg()
        ask.rerun_script.page_name = page
        ask.rerun_script.query_string = query
        logged = self.log.stat().st_size
        elements, sent = 0, 0
        start = time.perf_counter()
        self.channel.send(ask.SerializeToString())
        while True:
            raw = self.channel.recv(timeout=RUN_SECONDS)
            assert isinstance(raw, bytes)
            sent += len(raw)
            message = ForwardMsg()
            message.ParseFromString(raw)
            kind = message.WhichOneof("type")
            if kind == "delta":
                elements += 1
                if message.delta.new_element.WhichOneof("type") == "exception":
                    raise BenchError(f"{page}?{query}: {message.delta.new_element.exception.message}")
            elif kind == "page_not_found":
                raise BenchError(f"no page {page}")
            elif kind == "script_finished":
                # A rerun that the script itself asked for ends the run early and starts another.
                if message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    continue
                if message.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
                    raise BenchError(f"{page}?{query}: the script did not compile")
                seconds = time.perf_counter() - start
                break
        with open(self.log, encoding="utf-8") as log:
            log.seek(logged)
            if FAULT in (said := log.read()):
                raise BenchError(f"{page}?{query} failed:\n{said}")
        return Visit(seconds, elements, sent)


@contextmanager
def serving(data_dir: Path, log: Path) -> Iterator[Server]:
    """A fresh server process on the data of `data_dir`, without a visitor yet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {k: v for k, v in os.environ.items() if k not in ("TICKETS_URL", "CITY")}
    start = time.perf_counter()
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", str(port)],
            cwd=ROOT,
            env=env | {"MINSHENG_DATA_DIR": str(data_dir)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait(port, process, log)
        yield Server(port, process, log, time.perf_counter() - start)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise BenchError(f"the server ended at once:\n{log.read_text()}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise BenchError(f"the server did not start:\n{log.read_text()}")
