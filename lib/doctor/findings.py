"""What a check found: fine, worth a look, or in the way; and what to do about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Level = Literal["ok", "warn", "bad"]
MARKS: dict[Level, str] = {"ok": "✓", "warn": "⚠", "bad": "✗"}


@dataclass(frozen=True)
class Finding:
    """One line of the report: topic and found are Chinese; advice says what to do and is empty when all is well."""

    level: Level
    topic: str
    found: str
    advice: str = ""

    def line(self) -> str:
        """As people read it."""
        return f"{MARKS[self.level]} {self.topic}：{self.found}" + (f"。{self.advice}" if self.advice else "")

    def as_json(self) -> dict[str, Any]:
        """As programs read it."""
        return asdict(self)


def ok(topic: str, found: str) -> Finding:
    """All is well."""
    return Finding("ok", topic, found)


def warn(topic: str, found: str, advice: str) -> Finding:
    """The product works, but not as well as it could."""
    return Finding("warn", topic, found, advice)


def bad(topic: str, found: str, advice: str) -> Finding:
    """The product does not work like this."""
    return Finding("bad", topic, found, advice)
