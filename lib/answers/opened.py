"""A number, opened: both bases, bounds, exclusions, definition and a worked example."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from lib.answers.figures import Figure, figures
from lib.answers.labels import label_of, names_of
from lib.answers.source import Source
from lib.metrics.arithmetic import divide, divide_columns
from lib.metrics.catalogue import Metric, metric
from lib.metrics.formats import NONE, show_count, show_interval, show_rate, show_value
from lib.period import Period
from lib.queries.counts import counts
from lib.queries.exclusions import exclusion_counts
from lib.queries.hours import open_ages, period_end
from lib.schema.tickets import EXCLUSION_CODES
from lib.scope import Scope

_BOUND_KEYS = ("closed", "closed_satisfied", "closed_basically", "closed_unanswered")
BASIS_LABELS = {"all": "全口径", "assessed": "考核口径"}


@dataclass(frozen=True)
class Bounds:
    """What the satisfaction rate can be at least and at most, were every closed ticket asked.

    low: satisfied ÷ closed; high: (satisfied + no valid answer) ÷ closed. Known as of now.
    """

    closed: int
    satisfied: int
    unanswered: int
    low: float | None
    high: float | None


@dataclass(frozen=True)
class OpenedFigure:
    """Everything that stands behind one figure.

    figure: on the scope's basis; bases: the figure on each basis. exclusions: DataFrame[exclusion_code,
    label, tickets] of the figure's population. definition, example: Chinese sentences. open_hours:
    DataFrame of one row (tickets, median, p90 of calendar hours since receipt): of what is still open, for
    hours; of what was reopened and is still open, for the rework rate.
    """

    metric_key: str
    label: str
    figure: Figure
    bases: dict[str, Figure]
    bounds: Bounds | None
    exclusions: pd.DataFrame
    definition: str
    example: str
    open_hours: pd.DataFrame | None


def opened(source: Source, scope: Scope, metric_key: str) -> OpenedFigure:
    """The figure with its bases, bounds (satisfaction and resolution answers), exclusions and definition."""
    m = metric(metric_key)
    bases = {
        basis: figures(source, replace(scope, basis=basis), (metric_key,))[metric_key]  # type: ignore[arg-type]
        for basis in BASIS_LABELS
    }
    figure = bases[scope.basis]
    bounds = satisfaction_bounds(source, scope) if metric_key == "satisfaction_rate" else None
    ages = None
    if m.kind == "quantile" or metric_key == "rework_rate":
        end = period_end(scope.period, source.as_of)
        ages = open_ages(source.conn, scope, end, only_reopened=metric_key == "rework_rate")
    return OpenedFigure(
        metric_key=metric_key,
        label=m.label,
        figure=figure,
        bases=bases,
        bounds=bounds,
        exclusions=_exclusions(source, scope, m),
        definition=m.definition(source.city.rules),
        example=worked_example(m, figure),
        open_hours=ages,
    )


def satisfaction_bounds(source: Source, scope: Scope) -> Bounds:
    """上下界 of the satisfaction rate over the tickets closed in the period."""
    rules = source.city.rules
    frame = counts(source.conn, scope.over(scope.period.cut(source.as_of)), (), _BOUND_KEYS, as_of=source.as_of)
    row = {key: int(frame[key].sum()) for key in _BOUND_KEYS}
    satisfied = row["closed_satisfied"] + (row["closed_basically"] if rules.basically_satisfied_counts else 0)
    return Bounds(
        closed=row["closed"],
        satisfied=satisfied,
        unanswered=row["closed_unanswered"],
        low=divide(satisfied, row["closed"]),
        high=divide(satisfied + row["closed_unanswered"], row["closed"]),
    )


def bounds_by_dimension(source: Source, scope: Scope, by: str) -> pd.DataFrame:
    """One row per value of `by` (a dimension or "month"): code, label, closed, satisfied, unanswered,
    low, high (see Bounds). Months are those of the period.
    """
    rules = source.city.rules
    frame = counts(source.conn, scope.over(scope.period.cut(source.as_of)), (by,), _BOUND_KEYS, as_of=source.as_of)
    frame = frame.sort_values(by, na_position="last", ignore_index=True)
    satisfied = frame["closed_satisfied"]
    if rules.basically_satisfied_counts:
        satisfied = satisfied + frame["closed_basically"]
    result = frame[[by, "closed"]].rename(columns={by: "code"})
    names = {} if by == "month" else names_of(source, by)
    labels = [Period.of(code).label if by == "month" else label_of(code, names) for code in result["code"]]
    result.insert(1, "label", labels)
    result = result.assign(satisfied=satisfied, unanswered=frame["closed_unanswered"])
    result["low"] = divide_columns(result["satisfied"], result["closed"])
    result["high"] = divide_columns(result["satisfied"] + result["unanswered"], result["closed"])
    return result


def _exclusions(source: Source, scope: Scope, m: Metric) -> pd.DataFrame:
    everything = replace(scope, basis="all")
    if m.kind == "calls":
        return pd.DataFrame({"exclusion_code": [], "label": [], "tickets": []})
    population = m.denominator if m.kind == "ratio" else m.numerator[:1]
    frame = exclusion_counts(source.conn, everything, population, is_stock=m.kind == "stock", as_of=source.as_of)
    frame.insert(1, "label", [EXCLUSION_CODES.get(code, code) for code in frame["exclusion_code"]])
    return frame


def worked_example(m: Metric, figure: Figure) -> str:
    """The definition with the figure's own numbers: 2026年10月按期办结率＝22,345÷24,932＝89.6%."""
    when = _when(figure.period, figure)
    value = ("约" if figure.is_approximate else "") + show_value(m, figure.value)
    if figure.value is None:
        reason = figure.note or ("分母为0，无法计算。" if figure.denominator == 0 else "没有可以计算的数据。")
        return f"{when}{m.label}：{NONE}。{reason}"
    if m.kind == "quantile":
        share = "一半" if m.quantile == 0.5 else "九成"
        return f"{when}办结的{show_count(figure.numerator)}件转办件中，{share}在{value}内办结。"
    if m.kind == "count" or m.kind == "stock":
        return f"{when}{m.label}为{value}件。"
    if m.kind == "population":
        parts = f"{_exact(figure.numerator)}÷{_exact(figure.denominator)}×10000"
        return f"{when}{m.label}＝{parts}＝{value}。"
    text = f"{when}{m.label}＝{_exact(figure.numerator)}÷{_exact(figure.denominator)}＝{value}"
    if figure.low is not None:
        text += f"（95%区间{show_interval(figure.low, figure.high)}）"
    text += "。"
    if figure.today is not None and abs(figure.today - figure.value) >= 0.0005:
        text += f"这是截至统计期末的数；同一批工单按目前情况为{show_rate(figure.today)}。"
    if figure.coverage is not None and figure.coverage < 1:
        text += f"分母中有时限记录的占{show_rate(figure.coverage)}。"
    return text


def _exact(value: float | None) -> str:
    return NONE if value is None else f"{value:,.0f}"


def _when(period: Period, figure: Figure) -> str:
    cut = period.cut(figure.as_of)
    return period.label if cut == period else f"{cut.label}"


@dataclass(frozen=True)
class DefinitionRow:
    """One metric as the definitions page shows it."""

    metric_key: str
    label: str
    definition: str
    numerator_label: str
    denominator_label: str
    cohort_label: str
    exclusions: str
    direction: str
    version: str
    valid_from: str
    source: str
    example: str
    figure: Figure


def definitions(source: Source, scope: Scope, keys: tuple[str, ...]) -> tuple[DefinitionRow, ...]:
    """Every metric of `keys` with its definition and a worked example from the scope."""
    words = {"up": "越高越好", "down": "越低越好", None: "不分高低"}
    rows = []
    for key, figure in figures(source, scope, keys).items():
        m = metric(key)
        rows.append(
            DefinitionRow(
                metric_key=key,
                label=m.label,
                definition=m.definition(source.city.rules),
                numerator_label=m.numerator_label,
                denominator_label=m.denominator_label,
                cohort_label=m.cohort_label,
                exclusions=m.exclusions,
                direction=words[m.direction],
                version=m.version,
                valid_from=f"{m.valid_from.year}年{m.valid_from.month}月{m.valid_from.day}日",
                source=m.source,
                example=worked_example(m, figure),
                figure=figure,
            )
        )
    return tuple(rows)
