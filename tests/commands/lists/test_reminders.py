"""Reminders by webhook: off by default, one message a unit, every outcome in the history."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from lib.access.roles import NotAllowedError
from lib.assessment_store import AssessmentStore
from lib.commands import CommandError
from lib.commands.lists import reminders
from lib.commands.lists.reminders import SendReminders, send_reminders
from lib.config import ConfigError, Settings
from lib.lists.reminders import Reminder
from lib.schema import assessment as a
from tests.access.stores import rows
from tests.commands.lists.letter_desk import desk


@dataclass
class Messenger:
    """A messenger on the loopback: what it got, and what it answers."""

    url: str = ""
    got: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    answer: bytes = b'{"errcode": 0}'
    wait: threading.Event | None = None


@pytest.fixture
def messenger() -> Iterator[Messenger]:
    found = Messenger()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found.got.append({"path": self.path, "type": self.headers["Content-Type"], "body": body})
            if found.wait is not None:
                found.wait.wait(10)
            self.send_response(found.status)
            self.send_header("Location", "http://192.0.2.1/elsewhere")
            self.end_headers()
            self.wfile.write(found.answer)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}/hook?key=secret-key"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield found
    if found.wait is not None:
        found.wait.set()
    server.shutdown()
    thread.join()
    server.server_close()


def command(*units: str) -> SendReminders:
    said = [Reminder(f"U{n}", unit, "沈岚", "周衡", "0372-0000001", ("督2026-0001",), 1, 0, f"【督办提醒】{unit}")
            for n, unit in enumerate(units)]  # fmt: skip
    return SendReminders("supervision", said)


def history(store: AssessmentStore) -> list[dict[str, Any]]:
    return [json.loads(row.text)["after"] for row in rows(store, a.audit_entries) if row.action == "reminder_sent"]


def test_each_unit_gets_its_message_and_the_history_its_outcome(any_store: AssessmentStore, messenger) -> None:
    seen: list[int] = []
    sent = send_reminders(any_store, desk(), command("住建局", "城管局"), messenger.url,
                          lambda done, total, words: seen.append(done))  # fmt: skip
    assert [(s.unit, s.is_sent, s.outcome) for s in sent] == [("住建局", True, "已发送"), ("城管局", True, "已发送")]
    first = messenger.got[0]
    assert first["path"] == "/hook?key=secret-key"
    assert first["type"].startswith("application/json")
    assert (first["body"]["msgtype"], first["body"]["text"]["content"]) == ("text", "【督办提醒】住建局")
    assert first["body"]["reminder"]["item_nos"] == ["督2026-0001"]
    assert not {"沈岚", "周衡", "0372-0000001"} & set(json.dumps(messenger.got, ensure_ascii=False).split('"'))
    begun, ended = history(any_store)
    assert begun["单位"] == ["住建局", "城管局"]
    assert ended["结果"] == {"住建局": "已发送", "城管局": "已发送"}
    assert "secret-key" not in json.dumps(history(any_store))
    assert seen == [0, 1]


@pytest.mark.parametrize(
    ("status", "answer", "said"),
    [
        (200, b"", "已发送"),
        (204, b"", "已发送"),
        (200, b"not json", "已发送"),
        (200, b'{"errcode": 93000}', "对方拒收（错误码 93000）"),
        (500, b"oops", "对方拒收（状态码 500）"),
        (302, b"", "对方拒收（状态码 302）"),
    ],
)
def test_what_the_messenger_answers(store: AssessmentStore, messenger, status: int, answer: bytes, said: str) -> None:
    messenger.status, messenger.answer = status, answer
    (sent,) = send_reminders(store, desk(), command("住建局"), messenger.url)
    assert (sent.outcome, sent.is_sent) == (said, said == "已发送")
    assert len(messenger.got) == 1


def test_a_messenger_that_does_not_answer_costs_seconds_not_minutes(store, messenger, monkeypatch) -> None:
    monkeypatch.setattr(reminders, "TIMEOUT_SECONDS", 0.2)
    messenger.wait = threading.Event()
    (sent,) = send_reminders(store, desk(), command("住建局"), messenger.url)
    assert "没有答复" in sent.outcome


def test_one_that_is_gone_is_not_tried_for_ever(store: AssessmentStore) -> None:
    # Nobody listens there: port 9 of the loopback.
    sent = send_reminders(store, desk(), command("一", "二", "三", "四", "五"), "http://127.0.0.1:9/hook")
    assert [s.outcome for s in sent[:3]] == ["接口连不上，请信息中心检查地址和网络"] * 3
    assert [s.outcome for s in sent[3:]] == ["接口连不上，没有再试"] * 2
    assert history(store)[-1]["结果"]["五"] == "接口连不上，没有再试"


def test_without_an_address_nothing_is_sent_and_nobody_but_clerks_may(store: AssessmentStore, messenger) -> None:
    with pytest.raises(CommandError, match="MINSHENG_WEBHOOK_URL"):
        send_reminders(store, desk(), command("住建局"), None)
    for role in ("leader", "hotline", "discipline"):
        with pytest.raises(NotAllowedError):
            send_reminders(store, desk(role), command("住建局"), messenger.url)
    with pytest.raises(CommandError, match="没有需要发送的提醒"):
        send_reminders(store, desk(), command(), messenger.url)
    assert messenger.got == history(store) == []


def test_the_address_is_a_setting_off_by_default() -> None:
    assert Settings.from_env({}).webhook_url is None
    assert Settings.from_env({"MINSHENG_WEBHOOK_URL": " https://im.example/hook?k=1 "}).webhook_url
    for wrong in ("ftp://host/x", "im.example/hook", "http://", "http://host:port/x", "http://user:word@host/x"):
        with pytest.raises(ConfigError, match="MINSHENG_WEBHOOK_URL"):
            Settings.from_env({"MINSHENG_WEBHOOK_URL": wrong})
