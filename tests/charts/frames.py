"""Frames as the answers give them, for charts: ordinary ones and those at the edge."""

import math

import numpy as np
import pandas as pd

from lib.metrics.arithmetic import wilson_columns
from lib.metrics.comparison import funnel_limits
from lib.period import Period, add_months

NAN = float("nan")


def trend_frame(values, target=0.95, running=True):
    """One row per month, the last one October 2026."""
    last = Period.month(2026, 10).start
    months = [Period.of(add_months(last, k - len(values) + 1)) for k in range(len(values))]
    frame = pd.DataFrame({
        "month": [m.start for m in months], "label": [m.label for m in months],
        "numerator": [v * 1000 for v in values], "denominator": 1000.0, "value": [float(v) for v in values],
    })  # fmt: skip
    frame["last_year_value"] = frame["value"].shift(12)
    frame["target"] = float(target) if target is not None else NAN
    frame["is_running"] = [False] * (len(values) - 1) + [running] if values else []
    return frame


def ranked_frame(successes, trials, labels=None):
    """One row per place, small below 30 trials."""
    numerator, denominator = pd.Series(successes, dtype=float), pd.Series(trials, dtype=float)
    low, high = wilson_columns(numerator, denominator)
    codes = [f"c{i}" for i in range(len(numerator))]
    return pd.DataFrame({
        "code": codes, "label": labels or [f"第{i}区" for i in range(len(codes))], "numerator": numerator,
        "denominator": denominator, "value": numerator / denominator.where(denominator > 0), "low": low, "high": high,
        "is_small": denominator < 30,
    })  # fmt: skip


def funnel_frame(units, seed=1):
    """Units of very different volumes, a tenth of them far below the others."""
    random = np.random.default_rng(seed)
    trials = np.exp(random.uniform(math.log(30), math.log(5000), units)).round()
    rates = np.where(np.arange(units) % 10 == 3, 0.7, 0.95)
    frame = ranked_frame(random.binomial(trials.astype(int), rates), trials,
                         [f"示例市第{i}住房和城乡建设局" for i in range(units)])  # fmt: skip
    frame = frame.join(funnel_limits(frame["numerator"], frame["denominator"]))
    return frame.assign(verdict_label=frame["verdict"])


def movers_frame(pairs):
    """One row per (received, previous); differences of more than 20 exceed chance."""
    received, previous = (pd.Series([p[k] for p in pairs], dtype=float) for k in (0, 1))
    frame = pd.DataFrame({"received": received, "previous": previous, "extra": received - previous})
    frame.insert(0, "code", [f"m{i}" for i in range(len(pairs))])
    frame.insert(1, "label", [f"第{i}类事项" for i in range(len(pairs))])
    frame["change"] = (received / previous.where(previous > 0)) - 1
    frame["differs"] = frame["extra"].abs() > 20
    return frame.sort_values("extra", ascending=False, ignore_index=True)


def channel_frame(counts):
    """One row per channel, all of one group."""
    received = pd.Series(counts, dtype="int64")
    total = received.sum()
    frame = pd.DataFrame({"code": [f"k{i}" for i in range(len(counts))], "group_name": "热线", "received": received})
    return frame.assign(label=[f"{code}渠道" for code in frame["code"]], share=received / total if total else NAN)


def hour_frame(busiest=None):
    """168 cells; one of them (weekday, hour) busy."""
    cells = [(day, hour) for day in range(1, 8) for hour in range(24)]
    frame = pd.DataFrame(cells, columns=["weekday", "hour"])
    return frame.assign(received=[100 if cell == busiest else (5 if busiest else 0) for cell in cells])


def square(west, south, size=0.2, code="c0", name="东区"):
    """A counter-clockwise square as a GeoJSON feature."""
    ring = [[west, south], [west + size, south], [west + size, south + size], [west, south + size], [west, south]]
    return {"type": "Feature", "properties": {"district_code": code, "name": name},
            "geometry": {"type": "Polygon", "coordinates": [ring]}}  # fmt: skip
