"""The assessment database (考核库): what people decide and enter, who they are, and the history of it all.

Forms write it through lib/commands, one transaction each, together with an audit entry. Nothing is deleted:
rows are ended, disabled or superseded. Times are UTC without zone; pages show them in the city's time.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, DateTime, ForeignKey, Index, Integer, MetaData, String, Table, Text

# Names of keys are fixed, so that a later migration can refer to them on both databases.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ACCOUNT_ORIGINS = {"local": "本系统账号", "oidc": "统一身份认证", "demo": "演示账号", "kiosk": "投影设备"}
SIGN_IN_OUTCOMES = {
    "succeeded": "登录成功", "wrong_password": "密码错误", "unknown_account": "账号不存在", "locked": "账号已锁定",
    "disabled": "账号已停用", "not_allowed": "未获授权", "failed": "认证失败",
}  # fmt: skip
SESSION_ENDS = {
    "signed_out": "本人退出", "idle": "长时间未操作", "expired": "超过最长时限", "disabled": "账号停用",
    "role_changed": "权限变更", "password_changed": "密码变更", "ended_elsewhere": "本人在别处结束",
}  # fmt: skip


def described(name: str, kind: Any, *more: Any, comment: str, **kw: Any) -> Column:
    """A column that says what it means."""
    return Column(name, kind, *more, comment=comment, **kw)


def counted() -> Any:
    """A big integer that SQLite counts up by itself, too."""
    return BigInteger().with_variant(Integer, "sqlite")


_c = described

accounts = Table(
    "accounts", metadata,
    _c("account_id", counted(), primary_key=True, autoincrement=True, comment="Number of the account, never reused"),
    _c("name", String(64), nullable=False, unique=True, comment="Sign-in name, lower case"),
    _c("display_name", String(64), nullable=False, comment="Name of the person as shown"),
    _c("role", String(32), nullable=False, comment="Key of access.roles.ROLES"),
    _c("unit_code", String(64), comment="Handling unit the account speaks for; role unit only"),
    _c("origin", String(16), nullable=False, comment="Key of ACCOUNT_ORIGINS: who vouches for the person"),
    _c("subject", String(255), unique=True, comment="Issuer and subject at the identity provider; oidc only"),
    _c("password_hash", String(255), comment="Argon2id in its own text form; NULL without a password"),
    _c("password_changed_at", DateTime, comment="When the password was set last"),
    _c("must_change_password", Boolean, nullable=False, comment="The next sign-in must begin with a new password"),
    _c("failed_count", Integer, nullable=False, comment="Wrong passwords since the last right one"),
    _c("locked_until", DateTime, comment="No sign-in before this moment"),
    _c("disabled_at", DateTime, comment="Since when the account is closed; NULL while it is open"),
    _c("created_at", DateTime, nullable=False, comment="When the account was made"),
    _c("version", Integer, nullable=False, comment="Counts changes; a command must name the one it saw"),
    comment="One row per account of a person, or of a projection device.",
)  # fmt: skip

sessions = Table(
    "sessions", metadata,
    _c("session_ref", String(32), primary_key=True, comment="Public name of the session; opens nothing"),
    _c("token_hash", String(64), nullable=False, unique=True, comment="SHA-256 of the cookie's token, in hex"),
    _c("account_id", counted(), ForeignKey("accounts.account_id"), nullable=False, index=True,
       comment="Whose session"),
    _c("started_at", DateTime, nullable=False, comment="Sign-in"),
    _c("last_seen_at", DateTime, nullable=False, comment="Last act of the person; idle time counts from here"),
    _c("expires_at", DateTime, nullable=False, comment="Absolute end"),
    _c("ended_at", DateTime, comment="When it ended; NULL while it is open"),
    _c("end_reason", String(32), comment="Key of SESSION_ENDS"),
    _c("peer", String(64), nullable=False, comment="Network address the sign-in came from"),
    _c("user_agent", String(255), nullable=False, comment="Browser as it names itself, cut"),
    comment="One row per sign-in that succeeded: the server's side of a cookie.",
)  # fmt: skip

sign_ins = Table(
    "sign_ins", metadata,
    _c("sign_in_no", counted(), primary_key=True, autoincrement=True, comment="Counts up"),
    _c("at", DateTime, nullable=False, comment="When"),
    _c("name", String(64), nullable=False, comment="Sign-in name as given, cut"),
    _c("account_id", counted(), ForeignKey("accounts.account_id"), index=True, comment="The account, if there is one"),
    _c("outcome", String(32), nullable=False, comment="Key of SIGN_IN_OUTCOMES"),
    _c("peer", String(64), nullable=False, comment="Network address"),
    _c("user_agent", String(255), nullable=False, comment="Browser as it names itself, cut"),
    comment="One row per attempt to sign in.",
)  # fmt: skip

kiosk_devices = Table(
    "kiosk_devices", metadata,
    _c("device_ref", String(32), primary_key=True, comment="Public name of the device"),
    _c("label", String(64), nullable=False, comment="Where it stands, e.g. 市委一号会议室"),
    _c("account_id", counted(), ForeignKey("accounts.account_id"), nullable=False, comment="Its account, role kiosk"),
    _c("pairing_hash", String(64), comment="SHA-256 of the one-time code that binds a browser; NULL once used"),
    _c("pairing_until", DateTime, comment="The code is void after this moment"),
    _c("token_hash", String(64), unique=True, comment="SHA-256 of the device's token; NULL before it is bound"),
    _c("bound_at", DateTime, comment="When a browser was bound"),
    _c("revoked_at", DateTime, comment="When the device was shut out"),
    _c("created_at", DateTime, nullable=False, comment="When it was registered"),
    comment="One row per projection device that opens the meeting pages without a person signing in.",
)  # fmt: skip

audit_entries = Table(
    "audit_entries", metadata,
    _c("entry_no", counted(), primary_key=True, autoincrement=False, comment="1, 2, 3 … without gaps"),
    _c("at", DateTime, nullable=False, comment="When; also inside the text"),
    _c("account", String(64), nullable=False, comment="Sign-in name, or system / command-line; also inside the text"),
    _c("role", String(32), nullable=False, comment="Role at that moment; also inside the text"),
    _c("action", String(64), nullable=False, comment="Key of access.audit.ACTIONS; also inside the text"),
    _c("subject", String(255), nullable=False, comment="What was acted on; also inside the text"),
    _c("is_reserved", Boolean, nullable=False, comment="Visible to 纪委监委 and 审计管理员 only"),
    _c("text", Text, nullable=False, comment="The entry as canonical JSON: what is hashed, byte for byte"),
    _c("algorithm", String(8), nullable=False, comment="sha256 or sm3"),
    _c("previous_hash", String(64), nullable=False, comment="Hash of the entry before; 64 zeros for the first"),
    _c("hash", String(64), nullable=False, comment="Hash of entry_no, previous_hash and text"),
    comment="One row per act, chained by hash: the history. Only ever appended.",
)  # fmt: skip
Index("ix_audit_entries_account_at", audit_entries.c.account, audit_entries.c.at)
Index("ix_audit_entries_action_at", audit_entries.c.action, audit_entries.c.at)

audit_head = Table(
    "audit_head", metadata,
    _c("head_no", Integer, primary_key=True, autoincrement=False, comment="Always 1"),
    _c("entry_no", counted(), nullable=False, comment="Number of the last entry; 0 before the first"),
    _c("hash", String(64), nullable=False, comment="Its hash"),
    comment="One row: the end of the chain, locked by whoever appends.",
)  # fmt: skip

# Triggers of both databases refuse UPDATE and DELETE here; whoever goes round them breaks the chain.
APPEND_ONLY = (audit_entries, sign_ins)
