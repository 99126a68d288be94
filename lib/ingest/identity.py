"""What recognises the same requester or the same place again, without keeping who or where exactly."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

KEY_FILE = "requester.key"
_NOT_DIGITS = re.compile(r"\D")
_NOISE = re.compile(r"[\s,，。.、;；:：()（）\[\]【】\"'“”‘’#*_-]+")
_PROVINCE = re.compile(r"^[^\d省]{2,3}省(?!道)")
# A road alone is no place: it needs a number, an estate, a crossing.
_ONLY_A_ROAD = re.compile(r"^[^\d]*(?:路|街|大道|巷|胡同|高速|国道|省道|street|st|avenue|ave|road|rd|boulevard|blvd)$")
_SHORTEST_PLACE = 4
_POINT_DIGITS = 5


def requester_key(folder: Path) -> bytes:
    """The pair's secret for requester hashes; made at first use, readable by its owner only."""
    path = folder / KEY_FILE
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return bytes.fromhex(path.read_text("ascii"))
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32))
        file.flush()
        os.fsync(file.fileno())
    return bytes.fromhex(path.read_text("ascii"))


def is_masked(phones: pd.Series) -> pd.Series:
    """True where a phone arrived masked (138****5678)."""
    return phones.astype("string").str.contains(r"[*＊xX]{2,}", regex=True).fillna(False).astype(bool)


def requester_hashes(phones: pd.Series, key: bytes) -> pd.Series:
    """Keyed hash (HMAC-SHA256, 20 hex digits) of the digits of each phone; None when masked or too short."""

    def hashed(phone: str) -> str | None:
        digits = _NOT_DIGITS.sub("", unicodedata.normalize("NFKC", phone))
        if len(digits) == 13 and digits.startswith("86"):
            digits = digits[2:]
        return hmac.new(key, digits.encode(), hashlib.sha256).hexdigest()[:20] if len(digits) >= 7 else None

    known = phones.where(~is_masked(phones)).dropna()
    codes = {phone: hashed(str(phone)) for phone in known.unique()}
    return phones.map(codes).astype(object).where(phones.isin(list(codes)), None)


def point_keys(longitudes: pd.Series, latitudes: pd.Series) -> pd.Series:
    """The place of a ticket that has coordinates but no address: equal within about a metre; None without.

    For sources that withhold addresses and publish the point of the building instead.
    """
    points = pd.DataFrame({"x": pd.to_numeric(longitudes), "y": pd.to_numeric(latitudes)}).round(_POINT_DIGITS)
    known = points.notna().all(axis=1)
    keys = [
        hashlib.sha256(f"{x:.{_POINT_DIGITS}f},{y:.{_POINT_DIGITS}f}".encode()).hexdigest()[:16] if has else None
        for x, y, has in zip(points["x"], points["y"], known, strict=True)
    ]
    return pd.Series(keys, index=points.index, dtype=object)


def place_keys(addresses: pd.Series, districts: pd.Series, area_names: Sequence[str]) -> pd.Series:
    """One spelling of each address with its division before it; None where it names no single place.

    Spaces, punctuation and leading names of areas (province, city, divisions) do not count. Kept short by
    hashing.
    """
    areas = sorted((_spelled(name) for name in area_names if name), key=len, reverse=True)

    def keyed(address: str, district: str) -> str | None:
        spelled = _PROVINCE.sub("", _spelled(address))
        while leading := next((name for name in areas if spelled.startswith(name)), ""):
            spelled = spelled.removeprefix(leading)
        if len(spelled) < _SHORTEST_PLACE or _ONLY_A_ROAD.match(spelled):
            return None
        return hashlib.sha256(f"{district}|{spelled}".encode()).hexdigest()[:16]

    pairs = list(zip(addresses, districts, strict=True))
    codes = {pair: keyed(*pair) for pair in set(pairs) if isinstance(pair[0], str)}
    return pd.Series([codes.get(pair) for pair in pairs], index=addresses.index, dtype=object)


def _spelled(text: str) -> str:
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).casefold()
