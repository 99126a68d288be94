"""承办质效: one unit among its peers, metrics in pairs, and the enterprise line."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from lib.answers import peers
from lib.answers.breakdown import by_dimension, by_dimensions
from lib.answers.figures import Figure, figures
from lib.answers.labels import members
from lib.answers.source import Source, for_unit
from lib.answers.trends import trends
from lib.metrics.catalogue import metric
from lib.metrics.formats import show_value
from lib.scope import Scope

PROFILE_KEYS = (
    "received", "on_time_closure_rate", "satisfaction_rate", "resolution_rate", "overdue_open",
    "handling_hours_median", "rework_rate", "return_rate", "acknowledged_on_time_rate", "repeat_rate",
)  # fmt: skip
PEER_KEYS = ("on_time_closure_rate", "satisfaction_rate", "resolution_rate", "rework_rate")
TREND_KEYS = ("received", "on_time_closure_rate", "satisfaction_rate")
# Judged together, so that one side is not bought with the other: label, first, second, what it guards against.
PAIRS = (
    ("办结与满意", "on_time_closure_rate", "satisfaction_rate", "办得快不等于群众满意"),
    ("速度与根治", "handling_hours_median", "repeat_rate", "办得快不等于不再反复"),
    ("个案与共性", "resolution_rate", "rework_rate", "个案解决不等于一次办好"),
)
ENTERPRISE_KEYS = (
    "received", "on_time_closure_rate", "callback_rate", "satisfaction_rate", "resolution_rate", "overdue_open",
    "handling_hours_median",
)  # fmt: skip
# 诉求—办理—反馈—评价: the stage each figure of the enterprise line stands for.
ENTERPRISE_STAGES = {
    "诉求": ("received",),
    "办理": ("on_time_closure_rate", "overdue_open", "handling_hours_median"),
    "反馈": ("callback_rate",),
    "评价": ("satisfaction_rate", "resolution_rate"),
}


@dataclass(frozen=True)
class Pair:
    """Two metrics that are read together."""

    label: str
    warning: str
    first: Figure
    second: Figure
    reading: str


@dataclass(frozen=True)
class UnitProfile:
    """One unit with everything below it, over a scope narrowed to it.

    peers: DataFrame[metric_key, label, value, peer_value, text] against the pooled rate of its peer
    group. trends: per metric the frame of `trend`. matters: by_dimension of received by second-level
    category with columns satisfaction_rate and answers. children: received per unit below it.
    """

    unit_code: str
    name: str
    path: str
    peer_group: str | None
    district: str | None
    valid_to: str | None
    scope: Scope
    figures: dict[str, Figure]
    pairs: tuple[Pair, ...]
    peers: pd.DataFrame
    trends: dict[str, pd.DataFrame]
    matters: pd.DataFrame
    children: pd.DataFrame


@dataclass(frozen=True)
class Enterprise:
    """The enterprise line: figures by stage; everyone: the same figures of all tickets of the scope."""

    scope: Scope
    figures: dict[str, Figure]
    stages: dict[str, tuple[str, ...]]
    everyone: dict[str, Figure]


def pair_keys() -> tuple[str, ...]:
    """Every metric that stands in a pair."""
    return tuple(dict.fromkeys(key for _, first, second, _ in PAIRS for key in (first, second)))


def paired(source: Source, scope: Scope) -> tuple[Pair, ...]:
    """The pairs of PAIRS over the scope, each with one sentence that reads both together."""
    return pairs_of(figures(source, scope, pair_keys()))


def pairs_of(found: dict[str, Figure]) -> tuple[Pair, ...]:
    """The pairs of PAIRS out of figures that hold pair_keys()."""
    return tuple(
        Pair(label, warning, found[first], found[second], _reading(found[first], found[second]))
        for label, first, second, warning in PAIRS
    )


def _reading(first: Figure, second: Figure) -> str:
    """按期办结率92.4%（达标），满意率88.1%（未达标）。"""
    return "，".join(_judged(f) for f in (first, second)) + "。"


def _judged(figure: Figure) -> str:
    m = metric(figure.metric_key)
    text = f"{m.label}{'约' if figure.is_approximate else ''}{show_value(m, figure.value)}"
    if figure.value is None or figure.target is None or m.direction is None:
        return text
    reached = figure.value >= figure.target if m.direction == "up" else figure.value <= figure.target
    return f"{text}（{'达标' if reached else '未达标'}）"


def unit_profile(source: Source, scope: Scope, unit_code: str) -> UnitProfile:
    """The unit's figures, peers, trend and matters. Raises ValueError for an unknown unit."""
    units = members(source, "unit").set_index("code")
    if unit_code not in units.index:
        raise ValueError("没有这个承办单位")
    row = units.loc[unit_code]
    inside = for_unit(source, scope, unit_code)
    found = figures(source, inside, PROFILE_KEYS)
    districts = members(source, "district").set_index("code")["label"].to_dict()
    group = row["peer_group"] if isinstance(row["peer_group"], str) else None
    below = by_dimension(source, inside, "received", "unit")
    return UnitProfile(
        unit_code=unit_code,
        name=str(row["label"]),
        path=_path(units, unit_code),
        peer_group=group,
        district=districts.get(str(row["district_code"])),
        valid_to=None if pd.isna(row["valid_to"]) else f"{row['valid_to']:%Y-%m-%d}",
        scope=inside,
        figures=found,
        pairs=pairs_of(found),
        peers=_peers(source, scope, found, group),
        trends=trends(source, inside, TREND_KEYS),
        matters=_matters(source, inside),
        children=below[below["code"] != unit_code].reset_index(drop=True),
    )


def _path(units: pd.DataFrame, unit_code: str) -> str:
    """Names from the first level down to the unit, joined by ＞."""
    names: list[str] = []
    code: object = unit_code
    while isinstance(code, str) and code in units.index and len(names) < 5:
        names.insert(0, str(units.at[code, "label"]))
        code = units.at[code, "parent_code"]
    return " ＞ ".join(names)


def _peers(source: Source, scope: Scope, found: dict[str, Figure], group: str | None) -> pd.DataFrame:
    """The unit's rates beside the pooled rate of its peer group, where that may be shown (see peers)."""
    everyone = peers.unlimited(source, scope)
    units: dict[str, pd.DataFrame] = {}
    if peers.is_limited(source, scope):
        units = by_dimensions(*everyone, PEER_KEYS, "unit", with_compared=False)
    rows = []
    for key, groups in by_dimensions(*everyone, PEER_KEYS, "peer_group", with_compared=False).items():
        pooled = groups.loc[groups["code"] == group, "value"]
        if key in units and not peers.enough_others(units[key][units[key]["peer_group"] == group], scope):
            pooled = pooled.iloc[:0]
        peer_value = float(pooled.iloc[0]) if len(pooled) else None
        rows.append({
            "metric_key": key, "label": metric(key).label, "value": found[key].value, "peer_value": peer_value,
            "text": f"{show_value(metric(key), found[key].value)}，同类单位{show_value(metric(key), peer_value)}",
        })  # fmt: skip
    frame = pd.DataFrame(rows)
    frame[["value", "peer_value"]] = frame[["value", "peer_value"]].apply(pd.to_numeric)
    return frame


def _matters(source: Source, scope: Scope) -> pd.DataFrame:
    found = by_dimensions(source, scope, ("received", "satisfaction_rate"), "category2")
    received, rates = found["received"], found["satisfaction_rate"].set_index("code")
    return received.assign(
        satisfaction_rate=received["code"].map(rates["value"]), answers=received["code"].map(rates["denominator"])
    )


def enterprise(source: Source, scope: Scope, known: dict[str, Figure] | None = None) -> Enterprise:
    """The enterprise line (企业诉求) of the scope: 诉求—办理—反馈—评价, beside all tickets.

    known: figures of all tickets of the scope, ENTERPRISE_KEYS among them, when they are at hand already.
    """
    inside = replace(scope, is_enterprise=True)
    if known is None or scope.is_enterprise is not None:
        known = figures(source, replace(scope, is_enterprise=None), ENTERPRISE_KEYS)
    return Enterprise(
        scope=inside,
        figures=figures(source, inside, ENTERPRISE_KEYS),
        stages=ENTERPRISE_STAGES,
        everyone={key: known[key] for key in ENTERPRISE_KEYS},
    )
