"""Reading what is not open to everybody: one ticket unmasked, or a ticket of a restricted class.

The entry is written before anything is read: whoever shows a text asks here first, and nothing is shown where the
entry could not be written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lib.access import audit
from lib.access.audit import Act, Verbatim
from lib.access.roles import Identity, require
from lib.assessment_store import AssessmentStore
from lib.commands import CommandError

REASON_MIN, REASON_MAX = 5, 200


@dataclass(frozen=True)
class Unmask:
    """Read one ticket unmasked. reason: why, at least REASON_MIN characters. is_restricted: of a restricted class."""

    source_code: str
    ticket_no: str
    reason: str
    is_restricted: bool = False


@dataclass(frozen=True)
class ReadRestricted:
    """Read the (masked) text of one ticket of a restricted class."""

    source_code: str
    ticket_no: str


def unmask(store: AssessmentStore, actor: Identity, command: Unmask, *, now: datetime) -> int:
    """Record that the ticket is read unmasked; returns the number of the entry.

    Raises NotAllowedError, CommandError without a reason.
    """
    require(actor, "tickets", "unmask")
    if command.is_restricted:
        require(actor, "tickets", "restricted")
    reason = " ".join(command.reason.split())
    if len(reason) < REASON_MIN:
        raise CommandError(f"请写明查看原因，至少{REASON_MIN}个字")
    subject = _subject(command)
    with store.writing() as conn:
        if command.is_restricted:
            audit.append(conn, actor, Act("restricted_read", subject, reason=reason[:REASON_MAX]), at=now)
        return audit.append(conn, actor, Act("ticket_unmasked", subject, reason=reason[:REASON_MAX]), at=now)


def read_restricted(store: AssessmentStore, actor: Identity, command: ReadRestricted, *, now: datetime) -> int:
    """Record that the text of a restricted class is read; returns the number of the entry. Raises NotAllowedError."""
    require(actor, "tickets", "restricted")
    subject = _subject(command)
    with store.writing() as conn:
        return audit.append(conn, actor, Act("restricted_read", subject), at=now)


def _subject(command: Unmask | ReadRestricted) -> Verbatim:
    """The ticket as the history names it. Masking could take a long ticket number for a card's."""
    return Verbatim(f"{command.source_code}~{command.ticket_no}")
