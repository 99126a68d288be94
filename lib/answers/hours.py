"""Handling hours for answers: exact where the set is small, from log buckets (约) where it is large."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from lib.answers.source import Source
from lib.metrics.arithmetic import quantile_of_buckets
from lib.period import Period
from lib.queries.hours import buckets_can_answer, exact_hours, hour_buckets
from lib.schema.rollups import BUCKET_BASE, BUCKET_FLOOR_HOURS
from lib.scope import Scope

# Above this many closed tickets in all windows together, quantiles come from buckets.
EXACT_UP_TO = 300_000


def handling_hours(
    source: Source, scope: Scope, windows: Mapping[str, Period], by: Sequence[str] = (), rough: bool = False
) -> pd.DataFrame:
    """One row per window and combination of `by`: tickets, median, p90 (working hours), is_approximate.

    rough: buckets are good enough (for a line without figures) wherever they know the dimensions.
    """
    if buckets_can_answer(scope, by):
        buckets = hour_buckets(source.conn, scope, windows, by, as_of=source.as_of)
        if rough or buckets["tickets"].sum() > EXACT_UP_TO:
            return _from_buckets(buckets, ["window", *by])
    frame = exact_hours(source.conn, scope, windows, by, as_of=source.as_of)
    return frame.assign(median=pd.to_numeric(frame["median"]), p90=pd.to_numeric(frame["p90"]), is_approximate=False)


def _from_buckets(buckets: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    rows = []
    for values, group in buckets.groupby(keys, dropna=False):
        row = dict(zip(keys, values, strict=True))
        row["tickets"] = int(group["tickets"].sum())
        for name, share in (("median", 0.5), ("p90", 0.9)):
            row[name] = quantile_of_buckets(
                group["bucket"].tolist(), group["tickets"].tolist(), share, BUCKET_BASE, BUCKET_FLOOR_HOURS
            )
        rows.append(row)
    columns = [*keys, "tickets", "median", "p90"]
    return pd.DataFrame(rows, columns=columns).assign(is_approximate=True)
