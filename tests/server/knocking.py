"""Knock at a running server from outside: raw HTTP and raw websockets, as whoever means ill would."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from google.protobuf import text_format  # type: ignore[import-untyped]
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

RUN_SECONDS = 60


@dataclass(frozen=True)
class Answer:
    """What came back: status, headers by lower-case name, body."""

    status: int
    headers: dict[str, str]
    body: bytes


def knock(url: str, path: str, method: str = "GET", headers: dict[str, str] | None = None, body: str = "") -> Answer:
    """One request, exactly as given; follows nothing."""
    channel = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        channel.request(method, path, body or None, headers or {})
        answer = channel.getresponse()
        return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
    finally:
        channel.close()


def sign_in(url: str, role: str) -> str:
    """The cookie of a demo account."""
    form = {"Origin": url, "Content-Type": "application/x-www-form-urlencoded"}
    answer = knock(url, "/sign-in", "POST", form, urlencode({"demo": role}))
    assert answer.status == 303, answer.body.decode()
    return answer.headers["set-cookie"].split(";")[0]


def open_socket(
    url: str, headers: dict[str, str] | None = None, *, resume: str = "", origin: str = ""
) -> ClientConnection:
    """A websocket to the pages. resume: id of a Streamlit session to go on with. Raises InvalidStatus."""
    words = ["streamlit", "PLACEHOLDER_AUTH_TOKEN", resume] if resume else ["streamlit"]
    return connect(
        url.replace("http", "ws") + "/_stcore/stream",
        origin=Origin(origin or url),
        additional_headers=headers or {},
        subprotocols=[Subprotocol(word) for word in words],
        max_size=None,
    )


def refused(url: str, headers: dict[str, str] | None = None, *, origin: str = "") -> bool:
    """Whether a websocket with these headers is refused."""
    try:
        open_socket(url, headers, origin=origin).close()
    except InvalidStatus as error:
        return error.response.status_code == 403
    return False


def open_page(channel: ClientConnection, slug: str = "") -> tuple[str, str]:
    """Run a page to its end: the id of the Streamlit session, and every text that came, protobuf included."""
    question = BackMsg()
    question.rerun_script.page_name = slug
    channel.send(question.SerializeToString())
    session_id, texts = "", []
    while True:
        raw = channel.recv(timeout=RUN_SECONDS)
        assert isinstance(raw, bytes)
        message = ForwardMsg()
        message.ParseFromString(raw)
        texts.append(text_format.MessageToString(message, as_utf8=True))
        kind = message.WhichOneof("type")
        if kind == "new_session":
            session_id = message.new_session.initialize.session_id
        elif kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
            return session_id, "\n".join(texts)
