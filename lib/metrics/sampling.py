"""How precise a random sample is, and how large it must be: with the correction for a finite population."""

from __future__ import annotations

import math

from lib.metrics.arithmetic import Z95


def margin(size: int, population: int, share: float = 0.5, z: float = Z95) -> float | None:
    """Half the width of the 95 % interval of a share found in a sample drawn without putting back (0-1).

    share: what is expected; 0.5 gives the widest. None for no sample or no population.

    Cochran, W. G. (1977), Sampling Techniques, 3rd edition, section 3.3.
    """
    if size <= 0 or population <= 0 or size > population:
        return None
    if population == 1:
        return 0.0
    correction = (population - size) / (population - 1)
    return z * math.sqrt(share * (1 - share) / size * correction)


def size_for(wanted: float, population: int, share: float = 0.5, z: float = Z95) -> int:
    """The smallest sample whose margin is at most `wanted` (0-1, above 0): at least 1, at most the population.

    Raises ValueError for a margin that is not above 0.
    """
    if wanted <= 0:
        raise ValueError("wanted must be above 0")
    if population <= 1:
        return population
    unlimited = z * z * share * (1 - share) / (wanted * wanted)
    needed = unlimited / (1 + (unlimited - 1) / population)
    size = min(population, max(1, math.floor(needed)))
    # The formula is that of N instead of N − 1: it may be one off.
    while size < population and (margin(size, population, share, z) or 0.0) > wanted:
        size += 1
    while size > 1 and (margin(size - 1, population, share, z) or 1.0) <= wanted:
        size -= 1
    return size
