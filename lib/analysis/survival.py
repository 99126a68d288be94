"""How long something lasts when not everything has ended yet: Kaplan–Meier."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from lib.metrics.arithmetic import Z95


def kaplan_meier(days: Sequence[float], ended: Sequence[bool], z: float = Z95) -> pd.DataFrame:
    """One row per time at which something ended, earliest first: day, at_risk, ended, survival, low, high.

    days: how long each was watched (≥ 0). ended: whether it ended then; otherwise it was still lasting. At equal
    times what ended counts before what was only watched so long. low and high: 95 % interval of survival by
    Greenwood's variance on the log(−log) scale, which stays within 0 and 1; NaN where survival is 0.

    Kaplan, E. L. and Meier, P. (1958), Journal of the American Statistical Association 53, 457-481;
    Kalbfleisch, J. D. and Prentice, R. L. (1980), The Statistical Analysis of Failure Time Data, 14-15.
    Raises ValueError for a negative time and for sequences of different length.
    """
    if any(day < 0 for day in days):
        raise ValueError("times must not be negative")
    watched = pd.DataFrame({"day": [float(d) for d in days], "ended": [bool(e) for e in ended]})
    rows, survival, greenwood = [], 1.0, 0.0
    for day in sorted(set(watched.loc[watched["ended"], "day"])):
        at_risk = int((watched["day"] >= day).sum())
        count = int(((watched["day"] == day) & watched["ended"]).sum())
        survival *= 1 - count / at_risk
        greenwood += count / (at_risk * (at_risk - count)) if at_risk > count else math.inf
        rows.append((day, at_risk, count, survival, *_interval(survival, greenwood, z)))
    return pd.DataFrame(rows, columns=["day", "at_risk", "ended", "survival", "low", "high"])


def _interval(survival: float, greenwood: float, z: float) -> tuple[float, float]:
    if survival <= 0:
        return math.nan, math.nan
    spread = z * math.sqrt(greenwood) / abs(math.log(survival))
    return survival ** math.exp(spread), survival ** math.exp(-spread)


def at_risk_after(days: Sequence[float], moments: Sequence[float]) -> list[int]:
    """How many were still being watched just before each of the moments."""
    return [sum(day >= moment for day in days) for moment in moments]
