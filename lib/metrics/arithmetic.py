"""The only place that divides. Zero denominators give None, never 0 or 100 %."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

# Normal quantiles: 95 % intervals, and the 95 % / 99.8 % limits of funnel plots.
Z95 = 1.959963984540054
Z998 = 3.090232306167813


def is_missing(value: Any) -> bool:
    """True for None and NaN."""
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))


def divide(numerator: float | None, denominator: float | None) -> float | None:
    """numerator ÷ denominator; None when either is missing or the denominator is zero."""
    if is_missing(numerator) or is_missing(denominator) or not denominator:
        return None
    assert numerator is not None
    return float(numerator) / float(denominator)


def divide_columns(numerator: pd.Series, denominator: pd.Series) -> pd.Series:
    """`divide` row by row; NaN where the denominator is zero or missing."""
    above = pd.to_numeric(numerator, errors="coerce").astype(float)
    below = pd.to_numeric(denominator, errors="coerce").astype(float)
    return above / below.where(below != 0)


def per_population(count: float | None, population: float | None) -> float | None:
    """Per 10,000 residents; None without a population."""
    share = divide(count, population)
    return None if share is None else share * 10_000


def change(now: float | None, before: float | None) -> float | None:
    """Relative change: now ÷ before − 1; None when it cannot be formed."""
    ratio = divide(now, before)
    return None if ratio is None else ratio - 1


def difference(now: float | None, before: float | None) -> float | None:
    """now − before (for rates: in 个百分点 after × 100); None when one is missing."""
    if is_missing(now) or is_missing(before):
        return None
    assert now is not None
    assert before is not None
    return now - before


def wilson(successes: float, trials: float, z: float = Z95) -> tuple[float, float] | tuple[None, None]:
    """Wilson score interval of a proportion, e.g. 5 of 6 → (0.436, 0.970). (None, None) for no trials.

    Wilson, E. B. (1927), Journal of the American Statistical Association 22, 209-212.
    """
    if is_missing(trials) or is_missing(successes) or not trials:
        return None, None
    rate = successes / trials
    spread = z * z / trials
    centre = (rate + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(max(rate * (1 - rate), 0.0) / trials + spread / (4 * trials))
    return max(0.0, centre - half), min(1.0, centre + half)


def wilson_columns(successes: pd.Series, trials: pd.Series, z: float = Z95) -> tuple[pd.Series, pd.Series]:
    """`wilson` row by row: (low, high); NaN without trials."""
    n = pd.to_numeric(trials, errors="coerce").astype(float)
    n = n.where(n > 0)
    rate = pd.to_numeric(successes, errors="coerce").astype(float) / n
    spread = z * z / n
    centre = (rate + spread / 2) / (1 + spread)
    half = z / (1 + spread) * ((rate * (1 - rate)).clip(lower=0.0) / n + spread / (4 * n)) ** 0.5
    return (centre - half).clip(lower=0.0), (centre + half).clip(upper=1.0)


def differs(first: tuple[float, float], second: tuple[float, float], z: float = Z95) -> bool:
    """True when two proportions (successes, trials) differ at 95 %: Newcombe's interval excludes 0.

    Newcombe, R. G. (1998), Statistics in Medicine 17, 873-890, method 10. False without trials:
    nothing may then be claimed.
    """
    low_a, high_a = wilson(*first, z)
    low_b, high_b = wilson(*second, z)
    if low_a is None or high_a is None or low_b is None or high_b is None:
        return False
    rate_a, rate_b = first[0] / first[1], second[0] / second[1]
    gap = rate_a - rate_b
    lower = gap - math.hypot(rate_a - low_a, high_b - rate_b)
    upper = gap + math.hypot(high_a - rate_a, rate_b - low_b)
    return lower > 0 or upper < 0


def counts_differ(now: float, before: float, z: float = Z95) -> bool:
    """True when two Poisson counts of equally long periods differ at 95 % (conditional test)."""
    total = now + before
    if total <= 0:
        return False
    low, high = wilson(now, total, z)
    assert low is not None
    assert high is not None
    return low > 0.5 or high < 0.5


def quantile_of_buckets(
    buckets: Sequence[int], counts: Sequence[int], share: float, base: float, floor: float
) -> float | None:
    """Quantile read from log-scaled buckets; None when they are empty.

    Bucket b holds values in [floor × base^b, floor × base^(b+1)). Inside a bucket the position is
    interpolated on the log scale. The rank convention is that of an interpolated quantile:
    share × (n − 1), so that it approximates what the exact query gives.
    """
    pairs = sorted((int(b), int(c)) for b, c in zip(buckets, counts, strict=True) if c > 0)
    total = sum(c for _, c in pairs)
    if not total:
        return None
    rank = share * (total - 1)
    seen = 0
    for bucket, count in pairs:
        if rank <= seen + count - 1 or bucket == pairs[-1][0]:
            inside = (min(max(rank - seen, 0.0), count - 1) + 0.5) / count
            return float(floor * base ** (bucket + inside))
        seen += count
    raise AssertionError("unreachable: the last bucket holds every remaining rank")
