"""The regression behind the effect of a meeting: weekly counts, over-dispersed and autocorrelated.

log E[count] = level + effect · (week after the meeting) + season + trend + free days + log(control index)

Poisson with log link, so that Σ observed ÷ Σ counterfactual of the weeks after is exactly exp(effect). Over-dispersion
and autocorrelation are left to the standard errors (Newey and West 1987), with the wide bandwidth and the t quantiles
that keep short series honest (Lazarus, Lewis, Stock and Watson 2018, "HAR inference", J. Bus. Econ. Stat. 36:541).
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

WEEKS_PER_YEAR = 365.2425 / 7
HARMONICS = 3
SEASON_FROM = 52  # weeks before the meeting: less than a year tells nothing about the season
TREND_FROM = 52
SMALL = 0.5  # added to counts whose logarithm is taken


@dataclass(frozen=True)
class OwnMoves:
    """How far series move for reasons of their own: variance of log counts, and the degrees of freedom it has."""

    variance: float = 0.0
    freedom: float = math.inf


@dataclass(frozen=True)
class Fit:
    """One fitted series. effect: log ratio after ÷ without the meeting; error: its HAC standard error; plain_error:
    quasi-Poisson, were the weeks independent; freedom: degrees of freedom of the t quantile; dispersion: Pearson χ² ÷
    degrees of freedom (1 = Poisson). Per row of the design: expected, the counts without the meeting; expected_error,
    the standard error of their log; influence of the week on `effect` (they sum to 0).
    """

    effect: float
    error: float
    plain_error: float
    freedom: float
    dispersion: float
    expected: np.ndarray
    expected_error: np.ndarray
    influence: np.ndarray

    @property
    def widest_error(self) -> float:
        """In short series the HAC error is often too small, never in earnest smaller than that of independent weeks."""
        return max(self.error, self.plain_error)

    def critical(self, own: OwnMoves) -> float:
        """t quantile. Where own moves count, their few degrees of freedom count as well."""
        return quantile(min(self.freedom, own.freedom) if own.variance > 0 else self.freedom)

    def half_width(self, own: OwnMoves) -> float:
        """Of the 95 % interval on the log scale."""
        return self.critical(own) * math.sqrt(self.widest_error**2 + own.variance)


def quantile(freedom: float) -> float:
    """97.5 % quantile of Student's t."""
    from scipy.stats import t

    return float(t.ppf(0.975, freedom))


def design(weeks: pd.DatetimeIndex, after: np.ndarray, before: int, free_days: np.ndarray | None) -> pd.DataFrame:
    """One row per week: level, after, season, trend, free_days. before: number of weeks before the meeting, which
    decides what can be told apart; free_days: days off among Monday to Friday (0-5), negative when a weekend is worked.
    """
    years = np.asarray((weeks - weeks[0]).days, dtype=float) / 365.2425
    columns: dict[str, np.ndarray] = {"level": np.ones(len(weeks)), "after": after.astype(float)}
    if before >= SEASON_FROM:
        angle = 2 * np.pi * (np.asarray(weeks.dayofyear, dtype=float) + 3) / 365.2425
        for k in range(1, HARMONICS + 1):
            columns[f"sin{k}"] = np.sin(k * angle)
            columns[f"cos{k}"] = np.cos(k * angle)
    if before >= TREND_FROM:
        columns["trend"] = years - years.mean()
    if free_days is not None and np.ptp(free_days) > 0:
        columns["free_days"] = free_days.astype(float) / 5
    return pd.DataFrame(columns, index=weeks)


OWN_MOVES = 0.03  # variance of the log of a category that is its own, about ±17 %


def control_index(controls: pd.DataFrame) -> np.ndarray:
    """log of how the control series move together, 0 on average. controls: one row per week, one column per series.

    Each series counts by its precision: large ones more, but none alone, because each also moves for its own reasons.
    """
    mean = controls.to_numpy(float).mean(axis=0)
    weight = 1 / (OWN_MOVES + 1 / np.maximum(mean, SMALL))
    logs = np.log(controls.to_numpy(float) + SMALL) - np.log(mean + SMALL)
    index: np.ndarray = logs @ (weight / weight.sum())
    return index - index.mean()


def bandwidth(rows: int) -> int:
    """Lags of the HAC estimate: 1.3 √n, as Lazarus et al. advise."""
    return min(math.ceil(1.3 * math.sqrt(rows)), rows // 3)


def fit(counts: np.ndarray, frame: pd.DataFrame, offset: np.ndarray | None, column: str = "after") -> Fit:
    """Fit one series on the rows of `frame` (a design). Raises ValueError when the counts carry no answer: all zero
    where the column is 1 or where it is 0, or a design that cannot be told apart.
    """
    # Imported here, because they take 0.7 s that only those who ask for an effect should pay.
    from statsmodels.genmod.families import Poisson
    from statsmodels.genmod.generalized_linear_model import GLM

    marked = frame[column].to_numpy() > 0
    if counts[marked].sum() == 0 or counts[~marked].sum() == 0:
        raise ValueError("件数为零，不能估计")
    x = frame.to_numpy(float)
    lags = bandwidth(len(x))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = GLM(counts, x, family=Poisson(), offset=offset)
        done = model.fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True}, maxiter=50)
    at = frame.columns.get_loc(column)
    left = len(x) - x.shape[1]
    dispersion = float(done.pearson_chi2 / left)
    bread = np.asarray(done.normalized_cov_params)
    influence = (x * (counts - done.fittedvalues)[:, None]) @ bread[:, at]
    without = frame.assign(**{column: 0.0}).to_numpy(float)
    line = without @ done.params + (0 if offset is None else offset)
    cov = np.asarray(done.cov_params())
    return Fit(
        effect=float(done.params[at]),
        error=float(done.bse[at]),
        plain_error=float(math.sqrt(max(dispersion, 1.0) * bread[at, at])),
        freedom=min(1.5 * len(x) / lags, left),
        dispersion=dispersion,
        expected=np.exp(line),
        expected_error=np.sqrt(np.einsum("ij,jk,ik->i", without, cov, without)),
        influence=influence,
    )
