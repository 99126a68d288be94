"""What a log must not hold: secrets and personal data, taken out of messages and tracebacks."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from lib.access.masking import mask_text

HIDDEN = "[已隐去]"
# Environment variables whose values are secrets as a whole.
_SECRET_VARIABLE = re.compile(r"SECRET|PASSWORD|TOKEN|_KEY$")
_SHORTEST_SECRET = 6

# user:password@ of an address: the password goes.
_URL_PASSWORD = re.compile(r"(?<=://)([^\s:/@]{0,256}):([^\s/@]{1,1024})@")
_HEADER = re.compile(r"(?i)\b((?:set-)?cookie|(?:proxy-)?authorization)(['\"]?\s?[:=,]\s?)[^\r\n]+")
# password=…, 'token': '…', client_secret: …, also inside longer names.
_NAMED = re.compile(
    r"(?i)((?:passwd|password|passphrase|pwd|secret|token|api_?key|nonce|verifier|assertion|minsheng_session"
    r"|minsheng_device|密码|口令|令牌)[\w\-]{0,32}['\"]?\s{0,3}(?:=|:|：|是|为)\s{0,3}[bru]{0,2})"
    r"(\"[^\"\r\n]{0,4096}\"|'[^'\r\n]{0,4096}'|[^\s'\",;&)\]}]+)"
)
# A token of ours stands alone, 32 random bytes as text.
_TOKEN = re.compile(r"(?<![A-Za-z0-9_\-])[A-Za-z0-9_\-]{43}(?![A-Za-z0-9_\-])")
# What was asked with an address: searches hold names and numbers, answers of an identity provider hold codes.
_QUERY = re.compile(r"((?:\b(?:GET|HEAD|POST|PUT|DELETE|WebSocket)\s|https?://)[^\s?\"']*)\?[^\s\"']+")
# SQLAlchemy shows the values of a failed statement, a server those of the row it refuses.
_PARAMETERS = re.compile(r"(?m)\[parameters:[^\n]*")
_DETAIL = re.compile(r"(?m)^(\s*(?:DETAIL|CONTEXT):).*$")


def secret_values(environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Values of the environment that are secrets, and the passwords in addresses; the longest first."""
    env = os.environ if environ is None else environ
    found = {value for name, value in env.items() if _SECRET_VARIABLE.search(name.upper())}
    found |= {unquote(m[2]) for value in env.values() if (m := _URL_PASSWORD.search(value))}
    return tuple(sorted((value for value in found if len(value) >= _SHORTEST_SECRET), key=len, reverse=True))


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without secrets, with phones, identity numbers and the like masked. secrets: exact values to hide."""
    for value in secrets:
        text = text.replace(value, HIDDEN)
    text = _PARAMETERS.sub(f"[parameters: {HIDDEN}]", text)
    text = _DETAIL.sub(rf"\1 {HIDDEN}", text)
    text = _URL_PASSWORD.sub(rf"\1:{HIDDEN}@", text)
    text = _HEADER.sub(rf"\1\2{HIDDEN}", text)
    text = _QUERY.sub(r"\1?…", text)
    text = _NAMED.sub(rf"\1{HIDDEN}", text)
    return mask_text(_TOKEN.sub(HIDDEN, text))
