"""How long it stays quiet after a close-out: time to the next ticket of the same matter, per mechanism."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from lib.analysis.survival import at_risk_after, kaplan_meier

MOMENTS = (30, 90, 180, 365)  # days after the close-out at which the share still quiet is read
FEW_WATCHED = 10  # with fewer still watched a share says nothing


def quiet_after(closed: pd.DataFrame, last_day: date, group: str = "mechanism") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Kaplan–Meier per mechanism of the time from close-out to the next ticket of the same matter.

    closed: one row per close-out with the column `group` (the mechanism, or before and after one), closed_on,
    repeated_on (NaT = not yet). Repeats after `last_day` count as not yet seen, close-outs after it not at all; rows
    without a mechanism are left out.

    Returns two frames. Per mechanism: closed, repeated, median_days (NaN while more than half are quiet), and for each
    of MOMENTS quiet_30, low_30, high_30 … (shares, 95 % interval; NaN with fewer than FEW_WATCHED still watched). Per
    mechanism and day on which something repeated: day, at_risk, ended, survival, low, high. Raises ValueError when a
    repeat lies before its close-out.
    """
    end = pd.Timestamp(last_day)
    frame = pd.DataFrame(
        {
            group: closed[group],
            "start": pd.to_datetime(closed["closed_on"]),
            "next": pd.to_datetime(closed["repeated_on"]),
        }
    ).dropna(subset=[group])
    frame = frame[frame["start"] <= end]
    if (frame["next"] < frame["start"]).any():
        raise ValueError("a repeat lies before its close-out")
    ended = frame["next"] <= end
    frame = frame.assign(ended=ended, days=(frame["next"].where(ended, end) - frame["start"]).dt.days)
    rows, curves = [], []
    for name, part in frame.groupby(group, sort=True):
        days, over = part["days"].tolist(), part["ended"].tolist()
        curve = kaplan_meier(days, over)
        rows.append({group: name, "closed": len(part), "repeated": sum(over), **_read(curve, days)})
        curves.append(curve.assign(**{group: name}))
    columns = [
        group,
        "closed",
        "repeated",
        "median_days",
        *(f"{k}_{m}" for m in MOMENTS for k in ("quiet", "low", "high")),
    ]
    whole = pd.concat(curves, ignore_index=True) if curves else kaplan_meier([], []).assign(**{group: ""})
    return pd.DataFrame(rows, columns=columns), whole


def _read(curve: pd.DataFrame, days: Sequence[float]) -> dict[str, float]:
    """Median and the shares at the moments."""
    half = curve.loc[curve["survival"] <= 0.5, "day"]
    found = {"median_days": float(half.min()) if len(half) else float("nan")}
    for moment, watched in zip(MOMENTS, at_risk_after(days, MOMENTS), strict=True):
        until = curve[curve["day"] <= moment]
        values = (float("nan"),) * 3
        if watched >= FEW_WATCHED and until.empty:
            values = (1.0, float("nan"), 1.0)  # nothing repeated yet: Greenwood's variance knows no lower limit
        elif watched >= FEW_WATCHED:
            newest = until.iloc[-1]
            values = (float(newest["survival"]), float(newest["low"]), float(newest["high"]))
        found |= dict(zip((f"quiet_{moment}", f"low_{moment}", f"high_{moment}"), values, strict=True))
    return found
