"""Fair comparison: funnel limits with over-dispersion, bands without false ranks."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from lib.metrics.arithmetic import Z95, Z998, divide_columns

WINSORISED = 0.10
BAND_WORDS = "差异不显著、不作排序"


def additive_dispersion(
    successes: pd.Series, trials: pd.Series, centre: float, winsorised: float = WINSORISED
) -> float:
    """Between-unit variance τ² of rates (0-1) that sampling alone does not explain; 0 when none.

    Spiegelhalter, D. J. (2005), "Handling over-dispersion of performance indicators", Quality and
    Safety in Health Care 14, 347-351: additive random effects, z-scores winsorised at both ends.
    """
    n = trials.astype(float)
    usable = n > 0
    if usable.sum() < 2 or not 0 < centre < 1:
        return 0.0
    n = n[usable]
    rate = divide_columns(successes[usable], n)
    variance = centre * (1 - centre) / n
    z = (rate - centre) / variance**0.5
    z = z.clip(lower=float(z.quantile(winsorised)), upper=float(z.quantile(1 - winsorised)))
    weight = 1 / variance
    units = len(z)
    heterogeneity = float((z**2).sum())
    if heterogeneity <= units - 1:
        return 0.0
    return (heterogeneity - (units - 1)) / float(weight.sum() - (weight**2).sum() / weight.sum())


def funnel_limits(successes: pd.Series, trials: pd.Series) -> pd.DataFrame:
    """One row per unit of the input (same index): centre, low95, high95, low998, high998, verdict.

    centre is the pooled rate of all units, the limits are clipped to 0-1. verdict: "below998",
    "below95", "inside", "above95", "above998", or None without trials.
    """
    n = trials.astype(float)
    total = float(n.sum())
    centre = float(successes.sum()) / total if total else math.nan
    spread = additive_dispersion(successes, trials, centre) if total else 0.0
    deviation = (centre * (1 - centre) / n.where(n > 0) + spread) ** 0.5
    limits = pd.DataFrame(index=trials.index)
    limits["centre"] = centre
    for name, z in (("95", Z95), ("998", Z998)):
        limits[f"low{name}"] = (centre - z * deviation).clip(lower=0.0)
        limits[f"high{name}"] = (centre + z * deviation).clip(upper=1.0)
    rate = divide_columns(successes, n)
    verdict = pd.Series("inside", index=trials.index, dtype=object)
    verdict[rate < limits["low95"]] = "below95"
    verdict[rate < limits["low998"]] = "below998"
    verdict[rate > limits["high95"]] = "above95"
    verdict[rate > limits["high998"]] = "above998"
    verdict[rate.isna()] = None
    limits["verdict"] = verdict
    return limits


def bands(values: pd.Series, low: pd.Series, high: pd.Series, best_first: bool = True) -> pd.Series:
    """Band number (1, 2, …) of each row: sorted by value, a band runs while intervals overlap that of
    its first member. Rows of one band are 差异不显著、不作排序. NaN for rows without a value.
    """
    result = pd.Series(np.nan, index=values.index)
    band, first_low, first_high = 0, math.nan, math.nan
    for index in values.dropna().sort_values(ascending=not best_first, kind="stable").index:
        overlaps = band > 0 and low[index] <= first_high and high[index] >= first_low
        if not overlaps:
            band += 1
            first_low, first_high = low[index], high[index]
        result[index] = band
    return result
