"""Offers: files that a page may hand to the person who looks at it, made only when they are fetched.

A page registers how a file is made and gets the name of an address; the address answers the session that looked at
the page and nobody else. Offers live in the memory of the process, because what makes a file is part of a page.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lib.access.roles import Resource
from lib.store import PairName

KEPT_SECONDS = 2 * 3600
# A page offers about twenty files, and a person may have several tabs open.
KEPT_PER_SESSION = 200
_REF_BYTES = 16


@dataclass(frozen=True)
class Offer:
    """One file on offer.

    owner: public name of the session that may fetch it. make: gives the bytes, outside of any page run. resource:
    what the role must be allowed to read. pair: whose history records the export. facts: what the history says
    about it (统计期, 范围 …). rows: how many rows it holds, where that is known.
    """

    owner: str
    make: Callable[[], bytes]
    file_name: str
    media_type: str
    pair: PairName
    resource: Resource = "exports"
    facts: Mapping[str, str] = field(default_factory=dict)
    rows: int | None = None


class Offers:
    """The table of offers: the newest of each session, at most two hours. Safe for threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """clock: seconds that only grow."""
        self._clock = clock
        self._lock = threading.Lock()
        self._held: OrderedDict[str, tuple[float, Offer]] = OrderedDict()

    def register(self, offer: Offer, ref: str | None = None) -> str:
        """Hold the offer and return its name, 128 random bits.

        ref: name under which the same page offered the same file before; its address then stays as it is. It is
        not taken over from another session.
        """
        with self._lock:
            self._forget_old()
            known = self._held.get(ref) if ref else None
            if ref is None or (known is not None and known[1].owner != offer.owner):
                ref = secrets.token_urlsafe(_REF_BYTES)
            self._held[ref] = (self._clock(), offer)
            self._held.move_to_end(ref)
            own = [name for name, (_, held) in self._held.items() if held.owner == offer.owner]
            for name in own[:-KEPT_PER_SESSION]:
                del self._held[name]
        return ref

    def find(self, ref: str, owner: str) -> Offer | None:
        """The offer of that name, if it is this session's and has not lapsed."""
        with self._lock:
            self._forget_old()
            found = self._held.get(ref)
        return found[1] if found is not None and owner and found[1].owner == owner else None

    def _forget_old(self) -> None:
        # Oldest first: registering moves to the end.
        limit = self._clock() - KEPT_SECONDS
        while self._held:
            name, (since, _) = next(iter(self._held.items()))
            if since > limit:
                return
            del self._held[name]


OFFERS = Offers()
