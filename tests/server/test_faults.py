"""What nobody foresaw: a Chinese page with a number for the person, the rest for the log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from lib.access.roles import Identity
from lib.access.sessions import Session
from lib.server.faults import FaultPages
from tests.server.asgi import get, hello, websocket_is_accepted


async def broken(scope: Any, receive: Any, send: Any) -> None:
    now = datetime(2026, 10, 20)
    scope.setdefault("state", {})["session"] = Session(
        Identity("lihua", "李华", "hotline", session_ref="ab12"), False, now, now, now
    )
    raise RuntimeError("the reason")


def test_the_person_sees_a_number_and_the_log_has_the_rest(caplog):
    answer = get(FaultPages(broken), "/healthz")
    (record,) = caplog.records
    assert answer.status == 500
    assert f"故障编号 {record.fault}" in answer.body.decode()
    assert "the reason" not in answer.body.decode()
    assert answer.headers["cache-control"] == "no-store"
    assert record.exc_info[1].args == ("the reason",)
    assert (record.page, record.account, record.role, record.session_ref) == ("/healthz", "lihua", "hotline", "ab12")


def test_a_broken_websocket_is_refused_and_logged(caplog):
    assert not websocket_is_accepted(FaultPages(broken), host="a")
    assert caplog.records[0].fault in caplog.text


def test_half_an_answer_is_not_followed_by_another(caplog):
    async def halfway(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        get(FaultPages(halfway), "/x")
    assert caplog.records[0].fault in caplog.text


def test_what_works_is_left_alone(caplog):
    assert get(FaultPages(hello), "/").body == b"hello"
    assert websocket_is_accepted(FaultPages(hello), host="a")
    assert caplog.records == []
