"""Settings from the environment, read once and checked with a sentence a person can act on."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
CITIES_DIR = ROOT / "data" / "cities"
MAPPINGS_DIR = ROOT / "data" / "mappings"

DEMO_CITY = "demo"
AUDIT_HASHES = ("sha256", "sm3")


class ConfigError(Exception):
    """A setting is wrong; the message is Chinese and says which one and how to mend it."""


@dataclass(frozen=True)
class Settings:
    """What the environment decides.

    `city` names the folder in data/cities that describes the real city; the demo city always
    uses its own profile and its own databases, whatever CITY says. webhook_url: the city's messenger.
    """

    data_dir: Path
    city: str
    tickets_url: str | None
    assessment_url: str | None = None
    audit_hash: str = "sha256"
    webhook_url: str | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read MINSHENG_DATA_DIR, CITY, TICKETS_URL, ASSESSMENT_URL, MINSHENG_AUDIT_HASH and MINSHENG_WEBHOOK_URL.

        Raises ConfigError.
        """
        env = os.environ if environ is None else environ
        city = env.get("CITY", "anyang").strip() or "anyang"
        if not (CITIES_DIR / city).is_dir():
            names = "、".join(sorted(p.name for p in CITIES_DIR.glob("*") if p.is_dir()))
            raise ConfigError(f"环境变量 CITY={city} 没有对应的城市配置，可选：{names}")
        data_dir = Path(env.get("MINSHENG_DATA_DIR", "").strip() or ROOT / "data" / "var")
        return cls(
            data_dir=data_dir.resolve(),
            city=city,
            tickets_url=_database_url(env, "TICKETS_URL"),
            assessment_url=_database_url(env, "ASSESSMENT_URL"),
            audit_hash=_audit_hash(env),
            webhook_url=_webhook_url(env),
        )


def _database_url(env: Mapping[str, str], name: str) -> str | None:
    """Address of a shared database server; None means the embedded database. Raises ConfigError."""
    url = env.get(name, "").strip() or None
    if url is not None and not url.startswith("postgresql+psycopg://"):
        raise ConfigError(f"环境变量 {name} 只支持 postgresql+psycopg:// 开头的地址；不设置则使用内置数据库")
    return url


def _webhook_url(env: Mapping[str, str]) -> str | None:
    """Address that reminders are posted to; None, the default, sends nothing. Raises ConfigError."""
    url = env.get("MINSHENG_WEBHOOK_URL", "").strip() or None
    if url is None:
        return None
    try:
        place = urlsplit(url)
        # Asked for what it raises: a port that is no number.
        _ = place.port
    except ValueError as error:
        raise ConfigError("环境变量 MINSHENG_WEBHOOK_URL 不是正确的地址，请检查主机名和端口") from error
    if place.scheme not in ("http", "https") or not place.hostname or place.username:
        raise ConfigError("环境变量 MINSHENG_WEBHOOK_URL 须为 http:// 或 https:// 开头的地址，不带用户名")
    return url


def _audit_hash(env: Mapping[str, str]) -> str:
    """Hash algorithm of new entries of the history. Raises ConfigError."""
    name = env.get("MINSHENG_AUDIT_HASH", "").strip().lower() or "sha256"
    if name not in AUDIT_HASHES:
        raise ConfigError(f"环境变量 MINSHENG_AUDIT_HASH={name} 不支持，可选：{'、'.join(AUDIT_HASHES)}")
    try:
        hashlib.new(name)
    except ValueError as error:
        raise ConfigError(
            f"本机的 OpenSSL 不支持 {name}，请升级 OpenSSL，或不设置 MINSHENG_AUDIT_HASH（使用 sha256）"
        ) from error
    return name
