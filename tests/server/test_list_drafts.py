"""The route of drafts: the person of the session alone, after the commit, and nothing that is no draft."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from lib.access.roles import Identity, Role
from lib.access.sessions import Session
from lib.access.shared import shared_assessment
from lib.commands.lists.drafts import draft_of
from lib.server import drafts


def session(role: Role = "supervision") -> Session:
    now = datetime(2026, 10, 20, 8)
    return Session(Identity("lihua", "李华", role, session_ref="mine"), False, now, now, now + timedelta(hours=8))


class Served:
    """The route under a gate of which the test decides whom it lets in."""

    def __init__(self, settings: Any) -> None:
        self.settings, self.touched = settings, []
        endpoint = drafts.drafts_endpoint(lambda: settings, self.touched.append)
        self.app = Starlette(routes=[Route(drafts.PATH, endpoint, methods=["POST"])])

    def post(self, body: bytes, who: Session | None, form: str = "add:supervision") -> tuple[int, dict[str, Any]]:
        sent: list[Any] = []
        scope = {
            "type": "http", "method": "POST", "path": f"/drafts/{form}", "raw_path": b"", "root_path": "",
            "query_string": b"", "headers": [(b"host", b"x")], "server": ("x", 80), "scheme": "http",
            "state": {} if who is None else {"session": who},
        }  # fmt: skip
        parts = [body[k : k + 65_536] for k in range(0, len(body), 65_536)] or [b""]

        async def receive() -> dict[str, Any]:
            part = parts.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(parts)}

        async def send(message: Any) -> None:
            sent.append(message)

        asyncio.run(self.app(scope, receive, send))
        return sent[0]["status"], json.loads(b"".join(m.get("body", b"") for m in sent[1:]) or b"{}")

    def kept(self) -> Any:
        with shared_assessment(self.settings).reading() as conn:
            return draft_of(conn, "lihua", "add:supervision")


@pytest.fixture
def served(settings, demo_accounts) -> Served:
    return Served(settings)


def typed(text: str = "修路", sequence: Any = 1) -> bytes:
    return json.dumps({"sequence": sequence, "body": {"fields": {"title": text}}}).encode()


def test_a_draft_is_answered_once_it_is_kept(served):
    status, said = served.post(typed(), session())
    assert status == 200
    assert datetime.strptime(said["saved_at"], "%H:%M:%S")
    assert served.kept().body == {"fields": {"title": "修路"}}
    assert served.touched == ["mine"]


@pytest.mark.parametrize(
    ("body", "who", "status", "said"),
    [
        (typed(), None, 401, "重新登录"),
        (typed(), session("leader"), 403, "没有草稿"),
        (b"not json", session(), 400, "格式不对"),
        (b"[]", session(), 400, "格式不对"),
        (typed(sequence="1"), session(), 400, "格式不对"),
        (typed(sequence=0), session(), 400, "格式不对"),
        (typed("x" * 110_000), session(), 413, "100KB"),
    ],
)
def test_everything_else_is_refused_and_nothing_kept(served, body, who, status, said):
    answer = served.post(body, who)
    assert answer[0] == status
    assert said in answer[1]["said"]
    assert served.kept() is None
