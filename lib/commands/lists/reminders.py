"""Reminders that go to the city's messenger by its webhook. Off unless MINSHENG_WEBHOOK_URL names one.

This is the one request that the server itself ever sends out, to the one address the city set, when a clerk asks for
it. What is sent holds no personal data; what became of it is in the history.
"""

from __future__ import annotations

import json
import logging
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from lib.access import audit
from lib.access.audit import Act
from lib.assessment_store import AssessmentStore
from lib.commands import CommandError
from lib.commands.lists import desk as d
from lib.commands.lists.desk import Desk
from lib.lists.reminders import Reminder
from lib.schema.list_terms import LIST_KINDS

log = logging.getLogger("minsheng.webhook")

TIMEOUT_SECONDS = 8
# After so many failures to reach it in a row the rest is not tried.
GIVE_UP_AFTER = 3
_ANSWER_MAX = 4096


@dataclass(frozen=True)
class SendReminders:
    """Send these reminders, one message per unit."""

    list_kind: str
    reminders: Sequence[Reminder]


@dataclass(frozen=True)
class Sent:
    """What became of one message. outcome: in Chinese."""

    unit: str
    is_sent: bool
    outcome: str


def send_reminders(
    store: AssessmentStore,
    desk: Desk,
    command: SendReminders,
    url: str | None,
    progress: Callable[[int, int, str], None] = lambda done, total, words: None,
) -> list[Sent]:
    """Send, and record before and after. Takes as long as the messenger does: at most TIMEOUT_SECONDS a message.

    Raises NotAllowedError, CommandError.
    """
    d.chosen(command.list_kind, LIST_KINDS, "清单")
    d.require_list(desk, command.list_kind, "write")
    if not url:
        raise CommandError("没有设置消息接口（MINSHENG_WEBHOOK_URL），请复制提醒文字发送，或联系信息中心设置")
    if not command.reminders:
        raise CommandError("没有需要发送的提醒")
    host = urlsplit(url).hostname or ""
    name = f"{LIST_KINDS[command.list_kind]}每日催办"
    # The address itself may hold a key of the messenger: only its host is recorded.
    intent = {"阶段": "开始发送", "接口": host, "单位": [r.unit for r in command.reminders]}
    _record(store, desk, name, intent)
    sent: list[Sent] = []
    failures = 0
    for reminder in command.reminders:
        if failures >= GIVE_UP_AFTER:
            sent.append(Sent(reminder.unit, False, "接口连不上，没有再试"))
            continue
        progress(len(sent), len(command.reminders), "正在发送催办提醒")
        outcome, reached = _post(url, reminder, desk)
        failures = 0 if reached else failures + 1
        sent.append(Sent(reminder.unit, outcome == "已发送", outcome))
    _record(store, desk, name, {"阶段": "发送结束", "接口": host, "结果": {s.unit: s.outcome for s in sent}})
    return sent


def _record(store: AssessmentStore, desk: Desk, subject: str, after: Mapping[str, object]) -> None:
    with store.writing() as conn:
        audit.append(conn, desk.person, Act("reminder_sent", subject, after=after))


def payload(reminder: Reminder, desk: Desk) -> dict[str, object]:
    """The message: `msgtype` and `text` are what common group robots read, `reminder` is for the city's own gateway."""
    return {
        "msgtype": "text",
        "text": {"content": reminder.text},
        "reminder": {
            "city": desk.profile.label, "date": desk.today.isoformat(), "unit_code": reminder.unit_code,
            "unit": reminder.unit, "item_nos": list(reminder.item_nos), "overdue": reminder.overdue,
            "near": reminder.near, "is_demo": desk.profile.is_fictional,
        },
    }  # fmt: skip


def _post(url: str, reminder: Reminder, desk: Desk) -> tuple[str, bool]:
    """Post one message: the outcome in words, and whether anybody answered. Redirects are not followed."""
    place = urlsplit(url)
    kind = HTTPSConnection if place.scheme == "https" else HTTPConnection
    path = (place.path or "/") + (f"?{place.query}" if place.query else "")
    body = json.dumps(payload(reminder, desk), ensure_ascii=False).encode()
    connection = kind(place.hostname or "", place.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json; charset=utf-8"})
        answer = connection.getresponse()
        said = answer.read(_ANSWER_MAX)
    except TimeoutError:
        return f"{TIMEOUT_SECONDS}秒内没有答复", False
    except (ssl.SSLError, socket.gaierror, ConnectionError, HTTPException, OSError) as error:
        log.warning("the webhook could not be reached: %s", type(error).__name__)
        return "接口连不上，请信息中心检查地址和网络", False
    finally:
        connection.close()
    if not 200 <= answer.status < 300:
        return f"对方拒收（状态码 {answer.status}）", True
    return _accepted(said), True


def _accepted(said: bytes) -> str:
    """Group robots answer 200 also to what they refuse, and say so in `errcode`."""
    try:
        found = json.loads(said or b"{}")
    except ValueError:
        return "已发送"
    code = found.get("errcode", 0) if isinstance(found, dict) else 0
    return "已发送" if code in (0, "0", None) else f"对方拒收（错误码 {str(code)[:20]}）"
