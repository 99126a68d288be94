"""A scope says which tickets a question is about: period, filters and basis. A small hashable value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from lib.period import Period

Basis = Literal["all", "assessed"]


@dataclass(frozen=True)
class Scope:
    """The question's extent. `None` means no restriction.

    `unit_codes` is the chosen unit and its descendants, already resolved from the tree by whoever
    builds the scope (see queries.dimensions.unit_subtree); `unit_code` is what the person picked.
    `category_code` may be a first-, second- or third-level code.
    `reach`: units whose tickets the asker may see at all, whatever else is filtered; None is all of them,
    an empty tuple none. It is not a choice of the person: whoever builds the scope takes it from access.roles.
    `basis`: "all" (全口径) or "assessed" (考核口径 = all minus approved exclusions).
    """

    period: Period
    district_code: str | None = None
    unit_code: str | None = None
    unit_codes: tuple[str, ...] = ()
    category_code: str | None = None
    category_level: int | None = None
    channel_code: str | None = None
    request_type: str | None = None
    is_enterprise: bool | None = None
    basis: Basis = "all"
    reach: tuple[str, ...] | None = None

    def over(self, period: Period) -> Scope:
        """The same question over another period."""
        return replace(self, period=period)

    @property
    def filters(self) -> frozenset[str]:
        """Names of the dimensions that are restricted, be it by choice or by reach."""
        chosen = {
            "district": self.district_code,
            "unit": self.unit_code if self.reach is None else self.reach,
            "category": self.category_code,
            "channel": self.channel_code,
            "request_type": self.request_type,
            "enterprise": self.is_enterprise,
        }
        return frozenset(name for name, value in chosen.items() if value is not None)
