"""A metric by a dimension, and the funnel of units: fair comparison with intervals."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from lib.answers import peers
from lib.answers.hours import handling_hours
from lib.answers.labels import label_of, members, unit_label
from lib.answers.source import LAST_YEAR, NOW, PREVIOUS, Source, population_of
from lib.answers.values import COUNTED_KINDS, evaluate_frame
from lib.metrics.catalogue import Metric, metric
from lib.metrics.comparison import bands, funnel_limits
from lib.period import Period
from lib.queries.counts import counts
from lib.scope import Scope

PEER_GROUP = "peer_group"
BREAKDOWNS = (
    "district", "township", "unit", "category1", "category2", "category3", "channel", "request_type",
    "enterprise", PEER_GROUP,
)  # fmt: skip
# Dimensions whose every member is listed, tickets or not: the reader misses a place that is not there.
LISTED_WHOLE = ("district",)
VERDICTS = {
    "below998": "显著偏低", "below95": "偏低", "inside": "正常波动", "above95": "偏高", "above998": "显著偏高",
}  # fmt: skip


def by_dimension(source: Source, scope: Scope, metric_key: str, by: str) -> pd.DataFrame:
    """One row per member of `by` (see BREAKDOWNS): code, label, numerator, denominator, value, low, high,
    is_small, previous_value, last_year_value, target, and the member's further columns where it has some.

    District rows are complete, zones and divisions without tickets included, in list order; other rows
    are those with tickets, largest first. is_small: too few tickets in the denominator for a fair rate.
    """
    return by_dimensions(source, scope, (metric_key,), by)[metric_key]


def by_dimensions(
    source: Source, scope: Scope, metric_keys: tuple[str, ...], by: str, with_compared: bool = True
) -> dict[str, pd.DataFrame]:
    """`by_dimension` of several metrics, counted by one statement.

    with_compared: False leaves previous_value and last_year_value empty and reads the scope's period only.
    """
    asked = [metric(key) for key in metric_keys]
    if by not in BREAKDOWNS:
        raise ValueError(f"不支持按“{by}”分组")
    if any(m.kind == "calls" for m in asked):
        raise ValueError("话务量不分区县、单位和事项")
    if by == PEER_GROUP and any(m.kind == "quantile" for m in asked):
        raise ValueError("办理时长的分位数不能由各单位相加，请按单位查看")
    windows = source.windows(scope)
    covered = source.covered(windows)
    windows = {key: period for key, period in windows.items() if key in covered and (with_compared or key == NOW)}
    known = members(source, "unit" if by == PEER_GROUP else by)
    counted = _counted(source, scope, asked, windows, by, known)
    hours = _hours(source, scope, windows, by) if any(m.kind == "quantile" for m in asked) else pd.DataFrame()
    return {
        m.key: _assembled(source, scope, m, by, known, _hour_values(m, hours) if m.kind == "quantile"
                          else evaluate_frame(m, counted, source.city.rules))
        for m in asked
    }  # fmt: skip


def _assembled(
    source: Source, scope: Scope, m: Metric, by: str, known: pd.DataFrame, values: pd.DataFrame
) -> pd.DataFrame:
    """The answer's frame from the metric's parts, which are indexed by window and code."""
    now = _window(values, NOW)
    # As text even when there is none: an empty column of floats could not be joined to the names.
    frame = pd.DataFrame({"code": _codes(now.index, known if by in LISTED_WHOLE else None)}, dtype=object)
    names: dict[object, str] = {}
    if by != PEER_GROUP:
        names = dict(zip(known["code"], known["label"], strict=True))
    frame["label"] = [
        unit_label(source, code, names) if by == "unit" else label_of(code, names) for code in frame["code"]
    ]
    for name in now.columns:
        frame[name] = pd.to_numeric(frame["code"].map(now[name]))
    frame["previous_value"] = pd.to_numeric(frame["code"].map(_window(values, PREVIOUS)["value"]))
    frame["last_year_value"] = pd.to_numeric(frame["code"].map(_window(values, LAST_YEAR)["value"]))
    target = source.target(m.key, scope.period)
    frame["target"] = float("nan") if target is None else target
    if m.kind != "ratio":
        frame["numerator"] = frame["numerator"].fillna(0)
    if m.kind in ("count", "stock"):
        frame["value"] = frame["value"].fillna(0)
    size = frame["denominator"] if m.kind == "ratio" else frame["numerator"]
    frame["is_small"] = (size.fillna(0) < source.city.rules.small_sample) & (m.kind in ("ratio", "quantile"))
    if m.kind == "population":
        frame = _with_population(frame, known)
    more = [c for c in known.columns if c not in (*frame.columns, "name")]
    if more and by != PEER_GROUP:
        frame = frame.merge(known[["code", *more]], on="code", how="left")
    if by in LISTED_WHOLE:
        return frame
    largest = "denominator" if m.kind == "ratio" else "numerator"
    return frame.sort_values([largest, "label"], ascending=[False, True], ignore_index=True)


def _window(values: pd.DataFrame, window: str) -> pd.DataFrame:
    """Rows of one window, indexed by code."""
    return values[values.index.get_level_values("window") == window].droplevel("window")


def _codes(found: pd.Index, known: pd.DataFrame | None) -> list[object]:
    """Codes of the rows: the listed members first where all are listed, then what else occurs."""
    codes: list[object] = [] if known is None else list(known["code"])
    return codes + [code for code in found if code not in set(codes)]


def _counted(
    source: Source, scope: Scope, asked: list[Metric], windows: dict[str, Period], by: str, known: pd.DataFrame
) -> pd.DataFrame:
    """Counts of everything the metrics need, indexed by window and code."""
    measures = [k for m in asked if m.kind in COUNTED_KINDS for k in m.measures(source.city.rules)]
    if not measures:
        return pd.DataFrame()
    column = "unit" if by == PEER_GROUP else by
    frame = counts(source.conn, scope, (column,), measures, "period", as_of=source.as_of, windows=windows)
    frame = frame.rename(columns={column: "code"})
    if by == PEER_GROUP:
        frame["code"] = frame["code"].map(dict(zip(known["code"], known["peer_group"], strict=True)))
        frame = frame.groupby(["window", "code"], dropna=False, as_index=False).sum(numeric_only=True)
    if any(m.kind == "population" for m in asked):
        frame["population"] = _residents(source, scope, by, frame["code"], known)
    return frame.set_index(["window", "code"])


def _residents(source: Source, scope: Scope, by: str, codes: pd.Series, known: pd.DataFrame) -> pd.Series:
    """Residents per row: of the division itself; for matters and channels those of the whole scope."""
    if by == "district":
        return pd.to_numeric(codes.map(dict(zip(known["code"], known["population"], strict=True))))
    if by in ("township", "unit", PEER_GROUP):
        return pd.Series(float("nan"), index=codes.index)
    return pd.to_numeric(pd.Series(population_of(source, scope), index=codes.index))


def _with_population(frame: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Divisions without tickets still have residents: 0 per 10,000, not unknown."""
    if "population" not in known:
        return frame
    residents = pd.to_numeric(frame["code"].map(dict(zip(known["code"], known["population"], strict=True))))
    frame["denominator"] = residents
    frame["value"] = frame["value"].where(frame["value"].notna() | residents.isna(), 0.0)
    return frame


def _hours(source: Source, scope: Scope, windows: dict[str, Period], by: str) -> pd.DataFrame:
    frame = handling_hours(source, scope, windows, (by,)).rename(columns={by: "code"})
    return frame.set_index(["window", "code"])


def _hour_values(m: Metric, hours: pd.DataFrame) -> pd.DataFrame:
    parts = pd.DataFrame({"numerator": hours["tickets"], "value": hours["median" if m.quantile == 0.5 else "p90"]})
    return parts.assign(denominator=float("nan"), low=float("nan"), high=float("nan"))[
        ["numerator", "denominator", "value", "low", "high"]
    ]


def funnel(source: Source, scope: Scope, metric_key: str, peer_group: str | None = None) -> pd.DataFrame:
    """One row per unit with tickets in the denominator: the columns of by_dimension(…, "unit") plus
    centre, low95, high95, low998, high998 (limits with over-dispersion), verdict, verdict_label, band.

    Limits and bands rest on the units that are not small; small ones come last, without a verdict.
    peer_group restricts the comparison to one group. Rows are sorted best first. Rates only.
    Within a reach: rows and bands of the units within it; limits only where peers.enough_others allows them.
    """
    m = metric(metric_key)
    if m.kind != "ratio":
        raise ValueError(f"“{m.label}”不是比率，不能画漏斗图")
    frame = _in_group(by_dimension(source, scope, metric_key, "unit"), peer_group)
    best_first = m.direction != "down"
    large = frame[~frame["is_small"]]
    frame = frame.join(_limits(source, scope, m, peer_group, large))
    frame["verdict_label"] = [VERDICTS.get(v) for v in frame["verdict"]]
    frame["band"] = bands(large["value"], large["low"], large["high"], best_first).reindex(frame.index)
    return frame.sort_values(
        ["is_small", "value", "denominator"], ascending=[True, not best_first, False], ignore_index=True
    )


def _in_group(units: pd.DataFrame, peer_group: str | None) -> pd.DataFrame:
    """Units with tickets in the denominator, of the group where one is named."""
    units = units[units["denominator"].fillna(0) > 0]
    if peer_group is None:
        return units
    return units[units["peer_group"] == peer_group] if "peer_group" in units else units.iloc[:0]


def _limits(source: Source, scope: Scope, m: Metric, peer_group: str | None, large: pd.DataFrame) -> pd.DataFrame:
    """Funnel limits of the rows of `large`, as metrics.comparison.funnel_limits gives them."""
    compared = large
    if peers.is_limited(source, scope):
        everyone = by_dimensions(*peers.unlimited(source, scope), (m.key,), "unit", with_compared=False)[m.key]
        everyone = _in_group(everyone, peer_group)
        compared = everyone[~everyone["is_small"]] if peers.enough_others(everyone, scope) else everyone.iloc[:0]
    # Returns are counted per return, dispatches per ticket: a rate above 1 cannot stand in a funnel.
    limits = funnel_limits(compared["numerator"].clip(upper=compared["denominator"]), compared["denominator"])
    if compared is large:
        return limits
    own = limits.set_index(compared["code"]).reindex(large["code"]).set_index(large.index)
    return own.assign(verdict=own["verdict"].astype(object).where(own["verdict"].notna(), None))


def peer_groups(source: Source) -> Sequence[str]:
    """Peer groups that occur among the units, in the city's order."""
    units = members(source, "unit")
    found = set(units["peer_group"].dropna()) if "peer_group" in units else set()
    ordered = [g for g in source.city.rules.peer_groups if g in found]
    return tuple(ordered + sorted(found - set(ordered)))
