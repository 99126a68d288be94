"""A visitor without a browser: signs in over HTTP, opens pages over the websocket, reads all that is sent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import requests
from google.protobuf.message import Message
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

RUN_SECONDS = 60
EXPORT = re.compile(r"exports/([\w-]{20,})")


@dataclass
class Opened:
    """What the server sent for one run: kinds of messages, texts, the pages offered, the page that ran."""

    kinds: set[str] = field(default_factory=set)
    texts: list[str] = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=dict)
    ran: str = ""

    @property
    def text(self) -> str:
        return "\n".join(self.texts)

    @property
    def exports(self) -> set[str]:
        return set(EXPORT.findall(self.text))

    @property
    def slug(self) -> str:
        """Slug of the page that ran; "" for one that is not among those offered."""
        return next((slug for slug, page_hash in self.pages.items() if page_hash == self.ran), "")


@dataclass
class Tab:
    """An open websocket."""

    channel: ClientConnection

    def open(self, slug: str, query: str = "", page_hash: str = "") -> Opened:
        """Ask for a page by its name or by its hash; everything up to the end of the run."""
        ask = BackMsg()
        ask.rerun_script.page_name = slug
        ask.rerun_script.query_string = query
        ask.rerun_script.page_script_hash = page_hash
        self.channel.send(ask.SerializeToString())
        opened = Opened()
        while True:
            raw = self.channel.recv(timeout=RUN_SECONDS)
            assert isinstance(raw, bytes)
            message = ForwardMsg()
            message.ParseFromString(raw)
            kind = message.WhichOneof("type")
            opened.kinds.add(kind)
            opened.texts.extend(texts(message))
            if kind == "navigation":
                opened.pages = {p.url_pathname: p.page_script_hash for p in message.navigation.app_pages}
                opened.ran = message.navigation.page_script_hash
            if kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return opened


@dataclass
class Visitor:
    """Somebody at the server: with the cookies of a session, or with none."""

    url: str
    http: requests.Session = field(default_factory=requests.Session)

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        """One request; nothing is followed. The origin is this server's own, as a browser sends it."""
        headers = {"Origin": self.url, **more.pop("headers", {})}
        return self.http.request(method, self.url + path, headers=headers, allow_redirects=False, timeout=30, **more)

    def sign_in(self, **form: str) -> requests.Response:
        """By name and password, or by the demo's one click (`demo=role`)."""
        return self.ask("POST", "/sign-in", data=form)

    @contextmanager
    def tab(self, **headers: str) -> Iterator[Tab]:
        """Open the websocket. Raises what the client raises when the server refuses."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        given = ({"Cookie": cookie} if cookie else {}) | {k.replace("_", "-"): v for k, v in headers.items()}
        with connect(
            f"ws://{urlsplit(self.url).netloc}/_stcore/stream",
            origin=Origin(self.url),
            subprotocols=[Subprotocol("streamlit")],
            additional_headers=given,
            max_size=None,
        ) as channel:
            yield Tab(channel)


def texts(message: Message) -> Iterator[str]:
    """Every text in a message, whatever it is wrapped in: fields, JSON with escapes, cells of tables."""
    for descriptor, value in message.ListFields():
        values = [value] if not descriptor.is_repeated else list(value.values() if hasattr(value, "values") else value)
        if descriptor.is_repeated and hasattr(value, "keys"):
            yield from (str(key) for key in value)
        for one in values:
            if isinstance(one, Message):
                yield from texts(one)
            elif isinstance(one, bytes):
                yield from _cells(one)
            elif isinstance(one, str):
                yield one
                if "\\u" in one:
                    yield json.dumps(json.loads(one), ensure_ascii=False)


def _cells(raw: bytes) -> Iterator[str]:
    """Column names and cells of an Arrow stream; other bytes as text."""
    try:
        table = pa.ipc.open_stream(raw).read_all()
    except pa.ArrowInvalid:
        yield raw.decode("utf-8", "replace")
        return
    yield from table.column_names
    for column in table.columns:
        yield "\n".join(str(cell) for cell in column.to_pylist() if cell is not None)
