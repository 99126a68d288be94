"""How far series move that no meeting touched: controls, placebo dates, resampled weeks.

A category that nobody scheduled also moves from one period to the next, for reasons of its own. How much it does is
measured on the controls, each fitted like the topic against the others, and widens the topic's interval: negative
controls, as in Schuemie et al. (2014), Statistics in Medicine 33:209; the variance between them by DerSimonian and
Laird (1986), Controlled Clinical Trials 7:177.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.analysis.effect_model import Fit, OwnMoves, control_index, fit
from lib.analysis.effect_weeks import Panel

CONTROLS_TRIED = 12  # the largest ones; more cost time and change little
ENOUGH_CONTROLS = 3  # fewer say nothing about how controls differ
PLACEBO_WEEKS = 26
PLACEBO_DATES = 12


def own_moves(estimates: pd.DataFrame) -> OwnMoves:
    """Variance of true changes of log counts between series, beyond their errors; none for fewer than two.

    estimates: change (log), error.
    """
    if len(estimates) < 2:
        return OwnMoves()
    change, weight = estimates["change"].to_numpy(), 1 / estimates["error"].to_numpy() ** 2
    centre = (weight * change).sum() / weight.sum()
    beyond = (weight * (change - centre) ** 2).sum() - (len(change) - 1)
    variance = float(beyond / (weight.sum() - (weight**2).sum() / weight.sum()))
    return OwnMoves(max(variance, 0.0), len(change) - 1)


def as_if_scheduled(panel: Panel, frame: pd.DataFrame, column: str = "after") -> pd.DataFrame:
    """Each control fitted as if it had been scheduled, against the other controls. Columns series, change (log ratio),
    error; series without a ticket on one side are left out. Empty with fewer than two controls.
    """
    largest = panel.controls.mean().sort_values(ascending=False, kind="stable").index[:CONTROLS_TRIED]
    rows = []
    for name in largest if panel.controls.shape[1] > 1 else []:
        series = panel.controls[name].to_numpy()
        if _has_both(series, frame[column].to_numpy()):
            rows.append((name, *_pair(fit(series, frame, control_index(panel.controls.drop(columns=name)), column))))
    return pd.DataFrame(rows, columns=["series", "change", "error"])


def placebo_dates(panel: Panel, frame: pd.DataFrame, offset: np.ndarray | None) -> pd.DataFrame:
    """The topic fitted with a made-up meeting at dates before the true one. Columns week (first week of the made-up
    effect, which lasts as long as `weeks` says), weeks, change (log ratio), error. Empty when the history is too short.
    """
    before = int(panel.before.sum())
    length = min(int(panel.after.sum()), PLACEBO_WEEKS, before // 4)
    rows = []
    step = max(2, length // 2, (before - length) // PLACEBO_DATES)
    for start in range(4, before - length - 3, step) if length >= 4 else ():
        made_up = np.zeros(len(frame))
        made_up[start : start + length] = 1
        if _has_both(panel.topic, made_up):
            found = fit(panel.topic, frame.assign(made_up=made_up), offset, "made_up")
            rows.append((panel.weeks[start], length, *_pair(found)))
    return pd.DataFrame(rows, columns=["week", "weeks", "change", "error"])


def resampled_error(found: Fit, times: int = 199, seed: int = 20260101) -> float:
    """Standard error of the effect by a moving-block bootstrap of each week's influence on it: a check on the HAC
    error that makes no use of a kernel. Deterministic for a seed.
    """
    influence = found.influence
    length = max(2, round(len(influence) ** (1 / 3)) + 1)
    starts = np.random.default_rng(seed).integers(0, len(influence) - length + 1, (times, len(influence) // length + 1))
    weeks = (starts[:, :, None] + np.arange(length)).reshape(times, -1)[:, : len(influence)]
    return float(influence[weeks].sum(axis=1).std(ddof=1))


def _pair(found: Fit) -> tuple[float, float]:
    return found.effect, found.widest_error


def _has_both(series: np.ndarray, marked: np.ndarray) -> bool:
    return bool(series[marked > 0].sum() > 0 and series[marked == 0].sum() > 0)
