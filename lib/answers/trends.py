"""How things move: 24 months of a metric, categories that grow or shrink, hours of the day, channels."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from lib.answers.hours import handling_hours
from lib.answers.labels import label_of, members
from lib.answers.source import LAST_YEAR, NOW, PREVIOUS, Source, population_of
from lib.answers.values import COUNTED_KINDS, evaluate_frame
from lib.metrics.arithmetic import change, counts_differ, divide, divide_columns
from lib.metrics.catalogue import CATALOGUE, Metric, metric
from lib.period import Period, add_months
from lib.queries import profile as queries
from lib.queries.counts import STOCK_MEASURES, call_counts, counts
from lib.scope import Scope

_SPAN = "span"


def trend(source: Source, scope: Scope, metric_key: str, months: int = 24) -> pd.DataFrame:
    """One row per calendar month, oldest first, ending with the month of the period's last elapsed day.

    Columns: month (date), label, numerator, denominator, value, last_year_value, target, is_running.
    Every month at equal maturity: as known at its own end. Months before the first data are NaN.
    """
    return trends(source, scope, (metric_key,), months)[metric_key]


def trends(
    source: Source, scope: Scope, metric_keys: tuple[str, ...], months: int = 24, with_last_year: bool = True
) -> dict[str, pd.DataFrame]:
    """`trend` of several metrics, counted by one statement.

    with_last_year: False leaves last_year_value empty, reads a year less and takes quantiles from buckets
    where it can: enough for a sparkline.
    """
    end = scope.period.cut(source.as_of).end
    last = Period.of(end - timedelta(days=1))
    earlier = 12 if with_last_year else 0
    starts = [add_months(last.start, -k) for k in range(months + earlier - 1, -1, -1)]
    span = Period(starts[0], last.end)
    asked = [metric(key) for key in metric_keys]
    keys = [k for m in asked if m.kind in COUNTED_KINDS for k in m.measures(source.city.rules)]
    counted = pd.DataFrame()
    if keys:
        counted = _monthly(counts(source.conn, scope, ("month",), keys, "month", as_of=source.as_of,
                                  windows={_SPAN: span}), starts)  # fmt: skip
    start = source.first_day()
    result = {}
    for m in asked:
        frame = _parts(source, scope, m, starts, span, counted, rough=not with_last_year)
        frame.loc[[start is None or Period.of(month).end <= start for month in starts], :] = float("nan")
        # The month in which the data begin is shown, but nothing is held against a part of a month.
        whole = [start is not None and month >= _first_whole(start) for month in starts]
        frame["last_year_value"] = frame["value"].where(pd.Series(whole, index=frame.index)).shift(12)
        frame = frame.iloc[earlier:].rename_axis("month").reset_index()
        periods = [Period.of(month) for month in frame["month"]]
        frame.insert(1, "label", [p.label for p in periods])
        targets = {year: source.target(m.key, Period.year(year)) for year in {p.start.year for p in periods}}
        frame["target"] = pd.to_numeric(pd.Series([targets[p.start.year] for p in periods]))
        frame["is_running"] = [p.is_running(source.as_of) for p in periods]
        result[m.key] = frame
    return result


def _first_whole(start: date) -> date:
    """The first month that the data cover; a month they enter within its first days counts as covered."""
    month = date(start.year, start.month, 1)
    return month if start.day <= 3 else add_months(month, 1)


def _monthly(frame: pd.DataFrame, starts: list[date]) -> pd.DataFrame:
    """Counts indexed by month, every month present; stocks accumulated from the first day on record."""
    frame = frame.drop(columns="window").assign(month=pd.to_datetime(frame["month"]).dt.date)
    frame = frame.groupby("month").sum().sort_index()
    stocks = [c for c in frame.columns if c in STOCK_MEASURES]
    index = sorted({*frame.index, *starts})
    frame = frame.reindex(index, fill_value=0)
    frame[stocks] = frame[stocks].cumsum()
    return frame.loc[starts]


def _parts(
    source: Source, scope: Scope, m: Metric, starts: list[date], span: Period, counted: pd.DataFrame, rough: bool
) -> pd.DataFrame:
    """numerator, denominator, value per month, indexed by month."""
    if m.kind in COUNTED_KINDS:
        if m.kind == "population":
            counted = counted.assign(population=population_of(source, scope))
        return evaluate_frame(m, counted, source.city.rules)[["numerator", "denominator", "value"]].astype(float)
    if m.kind == "quantile":
        hours = handling_hours(source, scope, {_SPAN: span}, ("month",), rough)
        hours = hours.assign(month=pd.to_datetime(hours["month"]).dt.date).set_index("month").reindex(starts)
        value = hours["median" if m.quantile == 0.5 else "p90"].astype(float)
        return pd.DataFrame({"numerator": hours["tickets"], "denominator": float("nan"), "value": value})
    if scope.filters:
        return pd.DataFrame(float("nan"), index=starts, columns=["numerator", "denominator", "value"])
    calls = call_counts(source.conn, {_SPAN: span}, ("month",), as_of=source.as_of)
    calls = calls.assign(month=pd.to_datetime(calls["month"]).dt.date).set_index("month").reindex(starts)
    return pd.DataFrame({
        "numerator": calls["calls_answered"], "denominator": calls["calls_inbound"],
        "value": divide_columns(calls["calls_answered"], calls["calls_inbound"]),
    })  # fmt: skip


def category_movers(source: Source, scope: Scope) -> pd.DataFrame:
    """One row per second-level category that occurs now or in a compared period.

    Columns: code, label, parent_label, received, previous, last_year, change, last_year_change (shares),
    extra (more tickets than before), differs (more than chance), is_seasonal. Most extra tickets first.
    """
    windows = source.windows(scope)
    frame = counts(source.conn, scope, ("category2",), ("received",), as_of=source.as_of, windows=windows)
    table = frame.pivot_table(index="category2", columns="window", values="received", aggfunc="sum", fill_value=0)
    table = table.reindex(columns=[NOW, PREVIOUS, LAST_YEAR], fill_value=0)
    covered = source.covered(windows)
    known = members(source, "category2").set_index("code")
    parents = members(source, "category1").set_index("code")["label"].to_dict()
    names = known["label"].to_dict()
    scale = divide(windows[NOW].days, windows[PREVIOUS].days)
    assert scale is not None
    rows = []
    for code, row in table.iterrows():
        now, before, year = int(row[NOW]), int(row[PREVIOUS]), int(row[LAST_YEAR])
        previous = before if PREVIOUS in covered else None
        last_year = year if LAST_YEAR in covered else None
        rows.append({
            "code": code, "label": label_of(code, names),
            "parent_label": parents.get(known["parent_code"].get(code)) or "",
            "received": now, "previous": previous, "last_year": last_year,
            "change": change(now, previous), "last_year_change": change(now, last_year),
            "extra": None if previous is None else now - previous,
            "differs": previous is not None and counts_differ(now, previous * scale),
            "is_seasonal": bool(known["is_seasonal"].get(code) or False),
        })  # fmt: skip
    columns = ["code", "label", "parent_label", "received", "previous", "last_year", "change",
               "last_year_change", "extra", "differs", "is_seasonal"]  # fmt: skip
    result = pd.DataFrame(rows, columns=columns)
    for name in ("previous", "last_year", "change", "last_year_change", "extra"):
        result[name] = pd.to_numeric(result[name])
    return result.sort_values(["extra", "received", "code"], ascending=[False, False, True], ignore_index=True)


def hour_profile(source: Source, scope: Scope) -> pd.DataFrame:
    """168 rows: weekday (1 = Monday), hour (0-23), received in the elapsed part of the period."""
    frame = queries.hour_profile(source.conn, scope, scope.period.cut(source.as_of), as_of=source.as_of)
    grid = pd.MultiIndex.from_product([range(1, 8), range(24)], names=["weekday", "hour"])
    return frame.set_index(["weekday", "hour"])["received"].reindex(grid, fill_value=0).reset_index()


def channel_mix(source: Source, scope: Scope) -> pd.DataFrame:
    """One row per channel with tickets now or before: code, label, group_name, received, share,
    previous_share, desk_rate, satisfaction_rate, answers. Most tickets first.
    """
    windows = source.windows(scope)
    desk, satisfied = CATALOGUE["desk_rate"], CATALOGUE["satisfaction_rate"]
    rules = source.city.rules
    keys = (*desk.measures(rules), *satisfied.measures(rules))
    frame = counts(source.conn, scope, ("channel",), keys, "period", as_of=source.as_of,
                   windows={k: windows[k] for k in (NOW, PREVIOUS)})  # fmt: skip
    before = frame[frame["window"] == PREVIOUS].set_index("channel")["received"]
    now = frame[frame["window"] == NOW].set_index("channel")
    now = now.reindex(now.index.union(before[before > 0].index, sort=False)).drop(columns="window").fillna(0)
    now = now[(now["received"] > 0) | now.index.isin(before.index)]
    known = members(source, "channel").set_index("code")
    names = known["label"].to_dict()
    result = pd.DataFrame({
        "code": now.index, "label": [label_of(code, names) for code in now.index],
        "group_name": [known["group_name"].get(code) if "group_name" in known else None for code in now.index],
        "received": now["received"].astype("int64").to_numpy(),
    })  # fmt: skip
    result["share"] = divide_columns(result["received"], pd.Series(now["received"].sum(), index=result.index))
    earlier = pd.to_numeric(result["code"].map(before)).fillna(0)
    result["previous_share"] = divide_columns(earlier, pd.Series(before.sum(), index=result.index))
    answers = evaluate_frame(satisfied, now, rules)
    result["desk_rate"] = evaluate_frame(desk, now, rules)["value"].to_numpy()
    result["satisfaction_rate"] = answers["value"].to_numpy()
    result["answers"] = answers["denominator"].to_numpy()
    return result.sort_values(["received", "code"], ascending=[False, True], ignore_index=True)
