"""Settings of the sign-in through an identity provider (OpenID Connect), from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast
from urllib.parse import urlsplit

from lib.access.roles import ROLES, Role
from lib.config import ConfigError

START, CALLBACK = "/oidc/start", "/oidc/callback"
DEFAULT_LABEL = "统一身份认证"
REQUIRED = ("OIDC_CLIENT_ID", "OIDC_REDIRECT_URL", "OIDC_CLIENT_SECRET")
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class OidcSettings:
    """How people sign in through the identity provider.

    roles: value of the role claim → role, in order of precedence; empty: the role stands in the account only.
    on_unknown: whether a person without an account is refused or gets one from the claims.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_url: str
    label: str = DEFAULT_LABEL
    role_claim: str = "groups"
    roles: tuple[tuple[str, Role], ...] = ()
    unit_claim: str | None = None
    on_unknown: Literal["refuse", "create"] = "refuse"
    ca_file: str | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> OidcSettings | None:
        """Read OIDC_*; None when OIDC_ISSUER is not set. Raises ConfigError with a Chinese sentence."""
        env = os.environ if environ is None else environ
        issuer = env.get("OIDC_ISSUER", "").strip().rstrip("/")
        if not issuer:
            return None
        _check_address("OIDC_ISSUER", issuer)
        given = {name: env.get(name, "").strip() for name in REQUIRED}
        given["OIDC_CLIENT_SECRET"] = _secret(env)
        missing = "、".join(name for name, value in given.items() if not value)
        if missing:
            raise ConfigError(f"已设置 OIDC_ISSUER，还需要设置：{missing}；不使用统一身份认证时请去掉 OIDC_ISSUER")
        redirect_url = given["OIDC_REDIRECT_URL"]
        _check_address("OIDC_REDIRECT_URL", redirect_url)
        if urlsplit(redirect_url).path != CALLBACK:
            raise ConfigError(f"环境变量 OIDC_REDIRECT_URL 应是本系统的外部地址加 {CALLBACK}")
        on_unknown = env.get("OIDC_UNKNOWN", "refuse").strip() or "refuse"
        if on_unknown not in ("refuse", "create"):
            raise ConfigError("OIDC_UNKNOWN 只能是 refuse（没有账号的人不能登录）或 create（按声明自动建账号）")
        roles = _roles(env.get("OIDC_ROLES", ""))
        unit_claim = env.get("OIDC_UNIT_CLAIM", "").strip() or None
        if on_unknown == "create" and not roles:
            raise ConfigError(
                "OIDC_UNKNOWN=create 时必须用 OIDC_ROLES 写明身份声明与角色的对应，例如 hotline-center:hotline"
            )
        if unit_claim is None and any(role == "unit" for _value, role in roles):
            raise ConfigError("OIDC_ROLES 中有承办单位（unit），还需要用 OIDC_UNIT_CLAIM 指明单位代码所在的声明")
        ca_file = env.get("OIDC_CA_FILE", "").strip() or None
        if ca_file is not None and not Path(ca_file).is_file():
            raise ConfigError(f"环境变量 OIDC_CA_FILE 指向的证书文件不存在：{ca_file}")
        return cls(
            issuer=issuer,
            client_id=given["OIDC_CLIENT_ID"],
            client_secret=given["OIDC_CLIENT_SECRET"],
            redirect_url=redirect_url,
            label=env.get("OIDC_LABEL", "").strip() or DEFAULT_LABEL,
            role_claim=env.get("OIDC_ROLE_CLAIM", "").strip() or "groups",
            roles=roles,
            unit_claim=unit_claim,
            on_unknown=cast(Literal["refuse", "create"], on_unknown),
            ca_file=ca_file,
        )


def _check_address(name: str, address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname in LOOPBACK:
        return
    raise ConfigError(f"环境变量 {name} 必须是 https:// 开头的地址（本机测试可用 http://127.0.0.1）")


def _secret(env: Mapping[str, str]) -> str:
    value, file = env.get("OIDC_CLIENT_SECRET", "").strip(), env.get("OIDC_CLIENT_SECRET_FILE", "").strip()
    if value and file:
        raise ConfigError("OIDC_CLIENT_SECRET 与 OIDC_CLIENT_SECRET_FILE 只能设置一个")
    if not file:
        return value
    try:
        return Path(file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"环境变量 OIDC_CLIENT_SECRET_FILE 指向的文件无法读取：{file}") from error


def _roles(text: str) -> tuple[tuple[str, Role], ...]:
    pairs: list[tuple[str, Role]] = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        value, colon, role = (p.strip() for p in part.rpartition(":"))
        if not colon or not value or role not in ROLES:
            names = "、".join(name for name in ROLES if name != "kiosk")
            raise ConfigError(f"环境变量 OIDC_ROLES 中的“{part}”不对，应写成 声明值:角色，角色可用：{names}")
        if role == "kiosk":
            raise ConfigError("OIDC_ROLES 不能对应到投影（kiosk）：投影设备由系统管理员登记")
        if value in dict(pairs):
            raise ConfigError(f"环境变量 OIDC_ROLES 中“{value}”写了两次，请只保留一个角色")
        pairs.append((value, cast(Role, role)))
    return tuple(pairs)
