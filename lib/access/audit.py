"""The history: an append-only chain of entries, each hashed together with the one before.

An entry is written in the same transaction as the change it tells of. Acts outside the assessment database
(imports, exports) write an entry of intent before and one of outcome after. What is hashed is the stored text
itself, so that nobody needs this program to check it: hash(entry_no + "\\n" + previous_hash + "\\n" + text).
docs/audit.md tells outsiders how.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from lib.access.masking import mask_text
from lib.access.roles import RESERVED_ROLES, Identity
from lib.assessment_store import AUDIT_HASH
from lib.schema import assessment as a

GENESIS = "0" * 64

# Key → what the history calls it. Every act that is ever recorded stands here.
ACTIONS: dict[str, str] = {
    "sign_in": "登录", "sign_in_failed": "登录失败", "sign_out": "退出", "session_ended": "会话结束",
    "account_added": "新建账号", "account_changed": "修改账号", "account_disabled": "停用账号",
    "account_enabled": "启用账号", "password_changed": "修改密码", "password_reset": "重置密码",
    "role_changed": "变更权限",
    "device_added": "登记投影设备", "device_bound": "绑定投影设备", "device_revoked": "停用投影设备",
    "ticket_unmasked": "查看未脱敏工单", "restricted_read": "查看限制件",
    "import_started": "开始导入", "import_finished": "导入完成", "import_failed": "导入未完成",
    "export_started": "开始导出", "export_finished": "导出完成", "export_failed": "导出未完成",
    "rule_file_changed": "规则文件变更", "chain_exported": "导出审计链末端", "started": "系统启动",
    "mapping_saved": "保存字段映射", "pair_chosen": "切换数据",
    "item_added": "清单事项新增", "item_step": "清单事项办理", "evidence_added": "上传佐证材料",
    "evidence_withdrawn": "撤下佐证材料", "evidence_read": "查看佐证材料", "document_numbered": "出具文书",
    "document_voided": "作废文号", "nomination_run": "运行拟列规则", "suggestion_decided": "处理拟列建议",
    "sample_drawn": "抽取回头看样本", "reinspected": "登记回头看", "visit_noted": "民情日记",
    "reinspection_queued": "列入复核", "visit_listed": "民情日记转为事项", "warning_followed": "跟进预警",
    "warning_noted": "登记预警", "ledger_read": "导入台账", "reminder_sent": "发送催办提醒",
    "topic_step": "选题办理", "meeting_changed": "月调度会议", "task_changed": "调度任务", "outcome_noted": "登记成效",
    "mechanism_noted": "登记长效机制", "figures_frozen": "定格会议数据",
}  # fmt: skip


class Verbatim(str):
    """A text that holds nobody's data and is kept as it is: a hash, a version. Masking would take some digits
    in it for a phone number.
    """


class BrokenChainError(Exception):
    """The end of the chain is missing: nothing may be appended, the message says what to do."""


@dataclass(frozen=True)
class Act:
    """What is recorded: action (key of ACTIONS), subject (what was acted on), before, after (small JSON values),
    reason. Texts other than Verbatim are masked before they are stored: the history keeps no phone or identity
    numbers.
    """

    action: str
    subject: str = ""
    before: Any = None
    after: Any = None
    reason: str = ""


SYSTEM = Identity("system", "系统", "system_admin")
COMMAND_LINE = Identity("command-line", "命令行", "system_admin")


def append(conn: Connection, actor: Identity, act: Act, *, at: datetime | None = None) -> int:
    """Add an entry in the caller's transaction (AssessmentStore.writing) and return its number.

    It is hashed with the algorithm that the store was opened for (MINSHENG_AUDIT_HASH); a chain may hold both.
    Raises ValueError for an action that ACTIONS does not know, BrokenChainError.
    """
    if act.action not in ACTIONS:
        raise ValueError(f"unknown action {act.action}")
    head = conn.execute(select(a.audit_head).where(a.audit_head.c.head_no == 1).with_for_update()).first()
    if head is None:
        raise BrokenChainError(
            "审计链的末端记录丢失，无法继续记录，系统暂停写入：请运行 python -m lib verify，并从备份恢复"
        )
    entry_no, previous = head.entry_no + 1, head.hash
    algorithm = conn.get_execution_options()[AUDIT_HASH]
    moment = (at or datetime.now(UTC)).replace(tzinfo=None)
    subject = _masked(act.subject)[:255]
    text = canonical({
        "no": entry_no, "at": moment.isoformat(timespec="microseconds"), "account": actor.account,
        "name": actor.display_name, "role": actor.role, "action": act.action, "subject": subject,
        "before": _masked(act.before), "after": _masked(act.after), "reason": _masked(act.reason),
    })  # fmt: skip
    digest = chained(entry_no, previous, text, algorithm)
    conn.execute(
        insert(a.audit_entries).values(
            entry_no=entry_no, at=moment, account=actor.account, role=actor.role, action=act.action, subject=subject,
            is_reserved=actor.role in RESERVED_ROLES, text=text, algorithm=algorithm, previous_hash=previous,
            hash=digest,
        )
    )  # fmt: skip
    conn.execute(update(a.audit_head).where(a.audit_head.c.head_no == 1).values(entry_no=entry_no, hash=digest))
    return entry_no


def canonical(value: Any) -> str:
    """JSON with sorted keys, no spaces and plain Chinese: one text for one value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def chained(entry_no: int, previous: str, text: str, algorithm: str) -> str:
    """Hash of an entry in hex."""
    return hashlib.new(algorithm, f"{entry_no}\n{previous}\n{text}".encode()).hexdigest()


def _masked(value: Any) -> Any:
    """The value with every text in it masked, and without what UTF-8 or a database cannot hold."""
    if isinstance(value, Verbatim):
        return str(value)
    if isinstance(value, str):
        return mask_text(value.replace("\0", "").encode("utf-8", "replace").decode())
    if isinstance(value, dict):
        return {str(k): _masked(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(v) for v in value]
    return value
