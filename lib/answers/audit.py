"""Who did what, and when? Asked of the assessment database, with the person who asks."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, cast

import pandas as pd
from sqlalchemy import Connection

from lib.access.audit import ACTIONS
from lib.access.moments import CITY_TIME, city_time, utc
from lib.access.roles import ROLES, Identity, Role, require
from lib.queries import audit_list as queries
from lib.queries.audit_list import EntryFilter, Seen

HISTORY_PAGE = 50
# Counting stops here: nobody turns so many pages, and counting a million by words takes seconds.
COUNTED = 10_000
_COLUMNS = ("entry_no", "at", "account", "name", "role", "action", "subject", "reason", "before", "after")
# Names inside before and after → what people call them; a name that is not here is shown as it is.
LABELS = {
    "role": "角色", "unit_code": "单位代码", "display_name": "姓名", "origin": "账号来源", "disabled_at": "停用时间",
    "must_change_password": "下次登录须改密码", "version": "版本", "locked_until": "锁定至", "outcome": "结果",
    "peer": "网络地址", "user_agent": "浏览器", "device": "设备编号", "session": "会话编号", "pair": "数据",
    "intent": "对应的开始记录", "file": "文件", "rows": "行数", "bytes": "字节数", "sha256": "内容指纹（SHA-256）",
    "error": "故障类型", "source": "数据源", "mapping": "字段映射", "files": "文件", "read": "读取", "inserted": "新增",
    "updated": "更新", "unchanged": "未变", "rejected": "退回", "is_new_version": "发布了新版本", "entry_no": "记录号",
    "hash": "哈希", "left_open": "未了结的开始记录", "rule_files_changed": "变更的规则文件数", "audit_hash": "哈希算法",
}  # fmt: skip


@dataclass(frozen=True)
class HistoryQuery:
    """What is looked for. first, last: days of the city, both included; account: a whole sign-in name; actions: keys
    of access.audit.ACTIONS, none for all; subject: words in it.
    """

    first: date | None = None
    last: date | None = None
    account: str = ""
    actions: tuple[str, ...] = ()
    subject: str = ""


def history(
    conn: Connection, person: Identity, query: HistoryQuery, before: int | None = None, limit: int = HISTORY_PAGE
) -> pd.DataFrame:
    """One row per entry the person may see, newest first, with numbers below `before`.

    Columns: entry_no, at (the city's clock), account, name, role, action (both in Chinese), subject, reason, before,
    after (values as the entry holds them). Raises NotAllowedError.
    """
    frame = queries.entry_page(conn, _seen(person), _filter(query), before, limit)
    found = pd.DataFrame([_entry(row) for row in frame.to_dict("records")], columns=list(_COLUMNS))
    return found.assign(at=pd.to_datetime(found["at"]), entry_no=found["entry_no"].astype("int64"))


def history_count(conn: Connection, person: Identity, query: HistoryQuery) -> int:
    """How many entries the person may see, counted up to COUNTED + 1. Raises NotAllowedError."""
    return queries.entry_count(conn, _seen(person), _filter(query), COUNTED + 1)


def chain_length(conn: Connection, person: Identity) -> int:
    """How many entries the whole chain has; only for those who see all of it. Raises NotAllowedError."""
    require(person, "audit", "reserved")
    return queries.chain_length(conn)


def changes(before: Any, after: Any) -> pd.DataFrame:
    """Before and after side by side: one row per name in either: label, before, after (texts; empty where absent)."""
    old, new = _named(before), _named(after)
    rows = [
        {"label": LABELS.get(name, name), "before": _text(name, old.get(name)), "after": _text(name, new.get(name))}
        for name in dict.fromkeys((*old, *new))
    ]
    return pd.DataFrame(rows, columns=["label", "before", "after"])


def _entry(row: Mapping[Hashable, Any]) -> dict[str, Any]:
    said = json.loads(row["text"])
    return {
        "entry_no": row["entry_no"], "at": city_time(row["at"]), "account": row["account"], "name": said["name"],
        "role": ROLES.get(cast(Role, row["role"]), row["role"]), "action": ACTIONS.get(row["action"], row["action"]),
        "subject": row["subject"], "reason": said["reason"], "before": said["before"], "after": said["after"],
    }  # fmt: skip


def _seen(person: Identity) -> Seen:
    require(person, "audit")
    return Seen(person.account if person.may("audit", "own") else None, person.may("audit", "reserved"))


def _filter(query: HistoryQuery) -> EntryFilter:
    return EntryFilter(
        _midnight(query.first) if query.first else None,
        _midnight(query.last + timedelta(days=1)) if query.last else None,
        query.account,
        query.actions,
        query.subject,
    )


def _midnight(day: date) -> datetime:
    return utc(datetime.combine(day, time(), CITY_TIME))


def _named(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    return value if isinstance(value, dict) else {"内容": value}


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == "role" and isinstance(value, str) and value in ROLES:
        return ROLES[value]
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(_text(name, part) for part in value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
