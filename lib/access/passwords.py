"""Passwords: Argon2id, the rules for new ones, and temporary ones made by chance.

A hash takes 64 MB and a tenth of a second on purpose. Only a few are computed at once, so that a flood of
sign-ins waits instead of taking the machine's memory.
"""

from __future__ import annotations

import os
import secrets
import string
import threading
import unicodedata
from functools import cache

from argon2 import Parameters, PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from lib.config import ROOT

MIN_LENGTH, MAX_LENGTH = 10, 128
KINDS = 3
COMMON_WORDS = ROOT / "data" / "access" / "common_passwords.txt"

_slots = threading.BoundedSemaphore(max(2, os.cpu_count() or 1))
# What people put for letters, so that P@ssw0rd is read as password.
_DISGUISES = str.maketrans("@4013$5!7", "aaoiessit")
# Without characters that look alike on paper.
_ALPHABETS = ("ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnpqrstuvwxyz", "23456789")


class Hashing:
    """Argon2id with given parameters; STANDARD is what the product uses."""

    def __init__(self, parameters: Parameters = RFC_9106_LOW_MEMORY) -> None:
        self.parameters = parameters
        self._hasher = PasswordHasher.from_parameters(parameters)
        self._dummy: str | None = None

    def hash(self, password: str) -> str:
        """The password in Argon2's own text form, with a salt of its own."""
        with _slots:
            return self._hasher.hash(_bytes(password))

    def matches(self, stored: str | None, password: str) -> bool:
        """Whether the password is the one that was hashed. Without a hash (no such account, no password) the same
        work is done for nothing, so that the time of an answer does not tell who has an account.
        """
        if stored is None:
            if self._dummy is None:
                self._dummy = self.hash(secrets.token_hex())
            self._verify(self._dummy, password)
            return False
        return self._verify(stored, password)

    def is_outdated(self, stored: str) -> bool:
        """Whether the hash was made with other parameters and should be made anew at a sign-in."""
        return self._hasher.check_needs_rehash(stored)

    def _verify(self, stored: str, password: str) -> bool:
        try:
            with _slots:
                return self._hasher.verify(stored, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False


STANDARD = Hashing()


def faults(password: str, *names: str) -> list[str]:
    """Which rules a new password breaks, as Chinese sentences; empty when it may be used.

    names: sign-in name and name of the person, which must not stand in it.
    """
    password = _normal(password)
    found = []
    if len(password) < MIN_LENGTH:
        found.append(f"密码至少{MIN_LENGTH}位")
    if len(password) > MAX_LENGTH:
        found.append(f"密码最多{MAX_LENGTH}位")
    if not password.isprintable():
        found.append("密码不能含换行、制表等不可见字符")
    if _kinds(password) < KINDS:
        found.append("密码应包含大写字母、小写字母、数字、符号中的至少三类")
    if any(len(name) > 1 and name.lower() in password.lower() for name in names):
        found.append("密码不能包含账号名或姓名")
    if _is_common(password):
        found.append("密码过于常见，容易被猜中，请换一个")
    return found


def generate() -> str:
    """A temporary password that keeps the rules: four groups of four, easy to read out."""
    everything = "".join(_ALPHABETS)
    while True:
        letters = "".join(secrets.choice(everything) for _ in range(16))
        password = "-".join(letters[i : i + 4] for i in range(0, 16, 4))
        if all(any(ch in alphabet for ch in letters) for alphabet in _ALPHABETS) and not faults(password):
            return password


def _normal(password: str) -> str:
    """Full-width characters of an input method count as their half-width twins."""
    return unicodedata.normalize("NFKC", password)


def _bytes(password: str) -> bytes:
    # A client can send what is no text; it must be a wrong password, not a fault.
    return _normal(password).encode("utf-8", "surrogatepass")


def _kinds(password: str) -> int:
    own = [string.ascii_uppercase, string.ascii_lowercase, string.digits]
    known = sum(any(ch in kind for ch in password) for kind in own)
    return known + any(all(ch not in kind for kind in own) for ch in password)


def _is_common(password: str) -> bool:
    """A listed word, alone or with digits and signs around it, also in disguise; or one character over and over."""
    lower = password.lower()
    undecorated = lower.strip(string.digits + string.punctuation)
    readings = (lower, undecorated, lower.translate(_DISGUISES), undecorated.translate(_DISGUISES))
    stems = {"".join(ch for ch in text if ch.isalnum()) for text in readings}
    stems |= {"".join(ch for ch in text if ch.isalpha()) for text in readings}
    return not stems.isdisjoint(_common()) or len(set(lower)) < MIN_LENGTH // 2


@cache
def _common() -> frozenset[str]:
    lines = COMMON_WORDS.read_text("utf-8").splitlines()
    return frozenset(line.strip().lower() for line in lines if line.strip() and not line.startswith("#"))
