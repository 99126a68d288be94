"""The route of exports: to its owner only, once at a time, never kept, and in the history."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
import time
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.routing import Route

from lib.access.offers import Offer, Offers
from lib.access.roles import Identity, Role
from lib.access.sessions import Session
from lib.assessment_store import open_assessment
from lib.config import Settings
from lib.schema import assessment as a
from lib.server import exports

NAME = "区县满意率 2026年10月.xlsx"
MEDIA = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def session(ref: str = "mine", role: Role = "leader") -> Session:
    now = datetime(2026, 10, 20, 8)
    return Session(Identity("lihua", "李华", role, session_ref=ref), False, now, now, now + timedelta(hours=8))


class Served:
    """The route under a gate of which the test decides whom it lets in."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.offers = settings, Offers()
        self.app = Starlette(routes=[Route(exports.PATH, exports.exports_endpoint(lambda: settings, self.offers))])

    async def get(self, ref: str, who: Session | None, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
        sent: list[dict[str, Any]] = []
        path = f"/exports/{ref}"
        scope = {
            "type": "http", "method": method, "path": path, "raw_path": path.encode(), "root_path": "",
            "query_string": b"", "headers": [(b"host", b"x")], "server": ("x", 80), "scheme": "http",
            "state": {} if who is None else {"session": who},
        }  # fmt: skip

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        headers = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
        return sent[0]["status"], headers, b"".join(m.get("body", b"") for m in sent[1:])

    def ask(self, ref: str, who: Session | None, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
        return asyncio.run(self.get(ref, who, method))

    def history(self) -> list[dict[str, Any]]:
        store = open_assessment(self.settings, "demo")
        try:
            with store.reading() as conn:
                texts = conn.execute(select(a.audit_entries.c.text).order_by(a.audit_entries.c.entry_no)).scalars()
                return [json.loads(text) for text in texts]
        finally:
            store.dispose()


@pytest.fixture
def served(settings: Settings) -> Served:
    return Served(settings)


def offer(make=lambda: b"content", **changed: Any) -> Offer:
    return Offer(**{"owner": "mine", "make": make, "file_name": NAME, "media_type": MEDIA, "pair": "demo"} | changed)


def test_the_owner_gets_the_file_and_nobody_keeps_it(served):
    status, headers, body = served.ask(served.offers.register(offer()), session())
    assert (status, body) == (200, b"content")
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-type"] == MEDIA
    assert headers["content-disposition"].startswith("attachment; ")
    assert f"filename*=UTF-8''{quote(NAME)}" in headers["content-disposition"]


def test_others_get_a_sentence_and_no_file(served):
    made = []
    ref = served.offers.register(offer(lambda: made.append(1) or b"secret"))
    for who, expected, sentence in (
        (None, 401, exports.SIGNED_OUT),
        (session(""), 401, exports.SIGNED_OUT),
        (session("another"), 404, exports.LAPSED),
        (session("mine", "system_admin"), 403, exports.NOT_ALLOWED),
        (session("mine", "kiosk"), 403, exports.NOT_ALLOWED),
    ):
        status, headers, body = served.ask(ref, who)
        assert (status, headers["cache-control"]) == (expected, "no-store")
        assert sentence in body.decode()
    assert served.ask("unknown", session())[0] == 404
    assert made == []
    assert served.history() == []


def test_another_and_a_missing_file_look_the_same(served):
    ref = served.offers.register(offer())
    assert served.ask(ref, session("another")) == served.ask("never-there", session("another"))


def test_only_reading_is_answered(served):
    made = []
    ref = served.offers.register(offer(lambda: made.append(1) or b"x"))
    assert [served.ask(ref, session(), method)[0] for method in ("HEAD", "POST")] == [405, 405]
    assert made == []


def test_what_may_be_fetched_follows_the_resource(served):
    """The template belongs to importing, which leaders do not do."""
    ref = served.offers.register(offer(resource="imports"))
    assert served.ask(ref, session(role="leader"))[0] == 403
    assert served.ask(ref, session(role="hotline"))[0] == 200
    entries = served.offers.register(offer(resource="audit"))
    assert served.ask(entries, session(role="audit_admin"))[0] == 200


def test_two_clicks_make_one_file(served):
    making, together = [], []
    lock = threading.Lock()

    def make() -> bytes:
        with lock:
            making.append(1)
            together.append(len(making))
        time.sleep(0.2)
        with lock:
            making.pop()
        return b"one"

    ref = served.offers.register(offer(make))

    async def clicks() -> list[tuple[int, dict[str, str], bytes]]:
        return list(await asyncio.gather(*(served.get(ref, session()) for _ in range(5))))

    answers = asyncio.run(clicks())
    assert [(status, body) for status, _, body in answers] == [(200, b"one")] * 5
    assert together == [1]
    assert len(served.history()) == 2


def test_the_history_knows_intent_and_outcome(served):
    facts = {"统计期": "2026年10月", "范围": "全市"}
    served.ask(served.offers.register(offer(facts=facts, rows=12)), session())
    started, finished = served.history()
    assert (started["action"], started["account"], started["role"]) == ("export_started", "lihua", "leader")
    assert started["after"] == {"file": NAME, "rows": 12, **facts}
    assert finished["action"] == "export_finished"
    assert finished["after"]["intent"] == started["no"]
    assert finished["after"]["bytes"] == len(b"content")
    assert finished["after"]["sha256"] == hashlib.sha256(b"content").hexdigest()


def test_a_fault_is_a_sentence_with_a_number_and_stands_in_the_history(served, caplog):
    def broken() -> bytes:
        raise RuntimeError("the reason, with /a/path")

    status, _, body = served.ask(served.offers.register(offer(broken)), session())
    assert status == 500
    fault = next(record for record in caplog.records if record.name == "minsheng.export").fault
    assert f"故障编号 {fault}" in body.decode()
    assert "the reason" not in body.decode()
    failed = served.history()[-1]
    assert (failed["action"], failed["after"]["error"]) == ("export_failed", "RuntimeError")


def test_without_a_history_there_is_no_file(served, monkeypatch):
    made = []

    def full(*_: Any, **__: Any) -> int:
        raise OSError("disk full")

    monkeypatch.setattr(exports.audit, "append", full)
    status, headers, _ = served.ask(served.offers.register(offer(lambda: made.append(1) or b"x")), session())
    assert (status, headers["content-type"].split(";")[0]) == (500, "text/html")
    assert made == []
