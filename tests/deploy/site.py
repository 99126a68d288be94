"""A site as an office runs it, on loopback: nginx with TLS in front of two processes that share a data folder."""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from lib.config import ROOT

NAME = "minsheng.test"
START_SECONDS = 180
RUN_SECONDS = 120
LOG_FORMAT = "log_format routed '$upstream_addr $status $request_uri';"


@dataclass
class Site:
    """Ports of the proxy and of the processes behind it, and the processes themselves."""

    folder: Path
    data_dir: Path
    tls_port: int
    plain_port: int
    app_ports: tuple[int, int]
    apps: dict[int, subprocess.Popen] = field(default_factory=dict)

    @property
    def host(self) -> str:
        """What a browser sends as Host."""
        return f"{NAME}:{self.tls_port}"

    @property
    def address(self) -> str:
        """The site as people type it."""
        return f"https://{self.host}"

    @property
    def certificate(self) -> Path:
        """Whom clients trust."""
        return self.folder / "minsheng.crt"

    def browser(self) -> requests.Session:
        """A client that trusts the certificate, keeps cookies, and sends Origin with forms as browsers do."""
        client = requests.Session()
        client.trust_env = False
        client.verify = str(self.certificate)
        client.headers["Origin"] = self.address
        return client

    def routed(self, wanted: str) -> list[str]:
        """Which process served the requests whose address holds `wanted`, oldest first."""
        lines = (self.folder / "access.log").read_text("utf-8").splitlines()
        # After a failure nginx writes all it tried; the last one answered.
        return [re.split(r" \d{3} ", line)[0].split(", ")[-1] for line in lines if wanted in line]

    @contextmanager
    def channel(self, cookies: str, origin: str | None = None) -> Iterator[ClientConnection]:
        """The websocket of a page, through TLS and the proxy."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        with (
            closing(socket.create_connection(("127.0.0.1", self.tls_port), timeout=30)) as plain,
            connect(
                f"wss://{self.host}/_stcore/stream",
                sock=plain,
                ssl=context,
                server_hostname=NAME,
                origin=Origin(origin or self.address),
                subprotocols=[Subprotocol("streamlit")],
                additional_headers={"Cookie": cookies},
                max_size=None,
                proxy=None,
            ) as channel,
        ):
            yield channel


def open_page(channel: ClientConnection, page: str = "") -> tuple[str, bytes]:
    """Open a page (its slug); returns Streamlit's session and everything that was sent, after the last run."""
    ask = BackMsg()
    ask.rerun_script.page_name = page
    channel.send(ask.SerializeToString())
    sent, session_id = bytearray(), ""
    while True:
        raw = channel.recv(timeout=RUN_SECONDS)
        sent += raw
        message = ForwardMsg()
        message.ParseFromString(raw)
        if message.WhichOneof("type") == "new_session":
            session_id = message.new_session.initialize.session_id
        if message.WhichOneof("type") == "script_finished":
            if message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                continue
            assert message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
            return session_id, bytes(sent)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def command(data_dir: Path, *arguments: str, given: str = "") -> str:
    """`python -m lib …` on a data folder; fails with its words."""
    done = subprocess.run(
        [sys.executable, "-m", "lib", *arguments],
        cwd=ROOT, env=_environment(data_dir), input=given, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def running(folder: Path, demo_data: Path) -> Iterator[Site]:
    """The site, started and answering."""
    tls, plain, first, second = free_ports(4)
    site = Site(folder, folder / "var", tls, plain, (first, second))
    shutil.copytree(demo_data, site.data_dir)
    command(site.data_dir, "init")
    _certificate(site)
    _write_configuration(site)
    nginx = ["nginx", "-p", str(folder), "-c", str(folder / "main.conf"), "-e", str(folder / "error.log")]
    tested = subprocess.run([*nginx, "-t"], capture_output=True, text=True)
    assert tested.returncode == 0, tested.stderr
    proxy = subprocess.Popen([*nginx, "-g", "daemon off;"])
    try:
        for port in site.app_ports:
            site.apps[port] = start_app(site, port)
        for port in site.app_ports:
            wait_for(site, port)
        with _resolving(NAME):
            yield site
    finally:
        for process in (proxy, *site.apps.values()):
            process.terminate()
        for process in (proxy, *site.apps.values()):
            process.wait(timeout=30)


def start_app(site: Site, port: int) -> subprocess.Popen:
    """One process of the product, as the unit file starts it."""
    with open(site.folder / f"app-{port}.log", "ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", str(port),
             "--server.address", "127.0.0.1"],
            cwd=ROOT, env=_environment(site.data_dir), stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip


def wait_for(site: Site, port: int) -> None:
    """Until the process answers for its health."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if site.apps[port].poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail("the server did not start:\n" + (site.folder / f"app-{port}.log").read_text("utf-8"))


def _environment(data_dir: Path) -> dict[str, str]:
    left_out = ("TICKETS_URL", "ASSESSMENT_URL", "CITY", "MINSHENG_COOKIE_SECRET")
    return {k: v for k, v in os.environ.items() if k not in left_out} | {"MINSHENG_DATA_DIR": str(data_dir)}


def _certificate(site: Site) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}",
         "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", str(site.folder / "minsheng.key"),
         "-out", str(site.certificate)],
        check=True, capture_output=True,
    )  # fmt: skip


def _write_configuration(site: Site) -> None:
    """The configuration as shipped, with the ports and files of this test; everything else stays."""
    text = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
    changes = {
        "@PORT@": str(site.app_ports[0]), "@PORT2@": str(site.app_ports[1]),
        "listen 443 ssl;": f"listen 127.0.0.1:{site.tls_port} ssl;",
        "listen 80;": f"listen 127.0.0.1:{site.plain_port};",
        "server_name minsheng.example.gov.cn;": f"server_name {NAME};",
        "/etc/nginx/minsheng.": f"{site.folder}/minsheng.",
    }  # fmt: skip
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    (site.folder / "minsheng.conf").write_text(text, "utf-8")
    # The folder of a test is its owner's alone: workers of another user could not keep a large request in it.
    user = "user root;\n" if os.geteuid() == 0 else ""
    paths = "\n".join(f"{kind}_temp_path {kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (site.folder / "main.conf").write_text(
        f"{user}pid nginx.pid;\nevents {{}}\nhttp {{\n{paths}\n{LOG_FORMAT}\naccess_log access.log routed;\n"
        "include minsheng.conf;\n}\n",
        "utf-8",
    )


@contextmanager
def _resolving(name: str) -> Iterator[None]:
    """In this process the name means loopback."""
    original = socket.getaddrinfo

    def resolved(host, *arguments, **named):
        return original("127.0.0.1" if host == name else host, *arguments, **named)

    socket.getaddrinfo = resolved
    try:
        yield
    finally:
        socket.getaddrinfo = original
