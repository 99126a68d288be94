"""Writes: one frozen dataclass per command, one handler each, one transaction with its audit entry.

A handler gets the store, the command and the Identity that was checked just now. What it refuses, it refuses with
a Chinese sentence: CommandError, ConflictError or access.roles.NotAllowedError.
"""

from __future__ import annotations

from collections.abc import Mapping


class CommandError(Exception):
    """The command cannot be carried out; the message is Chinese and says why and what to do. Nothing was changed."""


class ConflictError(CommandError):
    """Somebody else changed the thing since the form was opened; nothing of this command was stored.

    current: what stands now; wanted: what the command would have made of it (label → text, both in Chinese).
    """

    def __init__(self, subject: str, current: Mapping[str, str], wanted: Mapping[str, str]) -> None:
        self.current, self.wanted = dict(current), dict(wanted)
        super().__init__(
            f"{subject}刚被他人修改，您的修改没有保存。现在是：{_said(current)}；您要改成：{_said(wanted)}。请核对后再改"
        )


def _said(state: Mapping[str, str]) -> str:
    return "，".join(f"{label} {text or '—'}" for label, text in state.items())
