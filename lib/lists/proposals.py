"""What a run of the suggestion rules hands on: one proposal per matter, with its evidence chain."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TicketKey = tuple[str, str]


@dataclass(frozen=True)
class Proposal:
    """A hint to look (疑点提示) that a person decides about.

    matter: what makes it the same matter in the next run. tickets: keys (source_code, ticket_no), newest first.
    minimum: with fewer tickets the rule would not have found it. chain: the evidence as JSON values: `words`,
    `figures` (label, value, meaning), `tickets` (source, no, dates, remark, masked texts).
    """

    rule: str
    matter: tuple[str, ...]
    title: str
    tickets: tuple[TicketKey, ...]
    minimum: int
    chain: Mapping[str, Any]
    unit_code: str | None = None
    district_code: str | None = None
    category_code: str | None = None

    @property
    def matter_key(self) -> str:
        """Rule and matter as a short text; generations of the same matter follow behind it."""
        digest = hashlib.sha256("\x1f".join(self.matter).encode()).hexdigest()[:32]
        return f"{self.rule}:{digest}"


@dataclass(frozen=True)
class Nomination:
    """What a run found. proposals: in the order of the rules. seconds: rule → how long it took. skipped: rule →
    why it could not be evaluated, in a Chinese sentence.
    """

    proposals: tuple[Proposal, ...]
    seconds: Mapping[str, float]
    skipped: Mapping[str, str]
