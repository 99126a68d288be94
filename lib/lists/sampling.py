"""Drawing a random sample that anybody can draw again."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

TicketKey = tuple[str, str]


def draw(population: Collection[TicketKey], size: int, seed: int) -> list[TicketKey]:
    """`size` of the tickets (source_code, ticket_no), each equally likely, in the order they were drawn.

    Every ticket gets the SHA-256 of `seed`, source and number on three lines; the smallest are drawn. So the draw
    depends on no program, no version of one and no order of the population. Raises ValueError for a size that the
    population does not hold.
    """
    keys = set(population)
    if not 0 < size <= len(keys):
        raise ValueError("size must be between 1 and the size of the population")
    return sorted(keys, key=lambda key: (_lot(key, seed), key))[:size]


def _lot(key: TicketKey, seed: int) -> str:
    return hashlib.sha256(f"{seed}\n{key[0]}\n{key[1]}".encode()).hexdigest()
