"""The installation's secrets: from the environment, else from `<data_dir>/secrets.json`, which only its owner reads.

There is no built-in one: a production start without secrets refuses. `python -m lib init` makes them.
"""

from __future__ import annotations

import json
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lib.config import ConfigError, Settings

COOKIE_VARIABLE = "MINSHENG_COOKIE_SECRET"
FILE = "secrets.json"
MIN_LENGTH = 32
_KEY = "cookie_secret"


@dataclass(frozen=True)
class Secrets:
    """cookie: signs what the server itself puts into cookies; the same on every port of an installation."""

    cookie: str


def secrets_path(settings: Settings) -> Path:
    """Where the file lies."""
    return settings.data_dir / FILE


def find_secrets(settings: Settings, environ: Mapping[str, str] | None = None) -> Secrets | None:
    """The secrets of this installation; None when nobody set any. Raises ConfigError for unusable ones."""
    env = os.environ if environ is None else environ
    given = env.get(COOKIE_VARIABLE, "").strip()
    if given:
        if len(given) < MIN_LENGTH:
            raise ConfigError(
                f"环境变量 {COOKIE_VARIABLE} 太短，至少{MIN_LENGTH}个字符；可用 openssl rand -hex 32 生成"
            )
        return Secrets(given)
    path = secrets_path(settings)
    return _read(path) if path.exists() else None


def production_secrets(settings: Settings, environ: Mapping[str, str] | None = None) -> Secrets:
    """The secrets, which a production start cannot do without. Raises ConfigError that says what to set."""
    found = find_secrets(settings, environ)
    if found is None:
        raise ConfigError(
            f"没有密钥，不能启动：请先执行 python -m lib init（生成 {secrets_path(settings)}），"
            f"或设置环境变量 {COOKIE_VARIABLE}（至少{MIN_LENGTH}个字符的随机串）"
        )
    return found


def make_secrets(settings: Settings) -> bool:
    """Make the file, readable by its owner only; False when there is one already, which is never overwritten."""
    path = secrets_path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{FILE}.{os.getpid()}.part")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({_KEY: secrets.token_hex(32)}, file)
            file.flush()
            os.fsync(file.fileno())
        # Unlike a rename, a link never replaces what is there.
        os.link(partial, path)
    except FileExistsError:
        return False
    finally:
        partial.unlink()
    return True


def _read(path: Path) -> Secrets:
    try:
        mode = path.stat().st_mode
        raw = path.read_text("utf-8")
    except OSError as error:
        raise ConfigError(f"密钥文件 {path} 无法读取，请检查所有者和权限（{error.strerror}）") from error
    if stat.S_IMODE(mode) & 0o077:
        raise ConfigError(f"密钥文件 {path} 其他用户可以读取，请执行 chmod 600 {path}")
    try:
        cookie = json.loads(raw)[_KEY]
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"密钥文件 {path} 已损坏，请从备份恢复，或移走后重新执行 python -m lib init") from error
    if not isinstance(cookie, str) or len(cookie) < MIN_LENGTH:
        raise ConfigError(f"密钥文件 {path} 中的密钥太短，请移走后重新执行 python -m lib init")
    return Secrets(cookie)
