"""总体情况: is the city doing better or worse, where, on what — in three generated sentences and lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from lib.answers.breakdown import by_dimensions
from lib.answers.figures import Figure, figures
from lib.answers.labels import label_of, names_of
from lib.answers.source import NOW, PREVIOUS, Source, compared_with, for_category
from lib.answers.trends import category_movers
from lib.answers.units import ENTERPRISE_KEYS, Enterprise, Pair, enterprise, pair_keys, pairs_of
from lib.metrics.arithmetic import Z998, counts_differ, differs
from lib.metrics.catalogue import CATALOGUE, metric
from lib.metrics.formats import show_count, show_moved, show_points, show_value
from lib.queries.counts import counts
from lib.queries.ticket_filter import TicketQuery
from lib.schema.tickets import UNMAPPED
from lib.scope import Scope

KEY_FIGURES = (
    "received", "on_time_closure_rate", "satisfaction_rate", "resolution_rate", "overdue_open",
    "handling_hours_median",
)  # fmt: skip
# Judged for "improved" and "worsened": rates whose change can be held against chance.
_JUDGED = (
    "on_time_closure_rate", "closure_rate", "satisfaction_rate", "resolution_rate",
    "first_round_satisfaction_rate", "rework_rate", "return_rate", "acknowledged_on_time_rate", "repeat_rate",
)  # fmt: skip
# A stock has no denominator; its change is held against chance as a count.
_STOCK = "overdue_open"
_WHERE = "satisfaction_rate"
WORST = 3
# A group event stands out from so few tickets on; a matter grows when it has this many more.
_GROWN_BY = 5


@dataclass(frozen=True)
class Sentence:
    """One generated judgment. tone: good, bad or neutral. scope: where it leads; query: which tickets."""

    text: str
    tone: str
    metric_key: str
    scope: Scope
    query: TicketQuery | None = None


@dataclass(frozen=True)
class Item:
    """One line of a short list: what, how much, and the scope (and tickets) it leads to."""

    code: str
    label: str
    text: str
    value: float | None
    metric_key: str
    scope: Scope
    query: TicketQuery | None = None


@dataclass(frozen=True)
class Overview:
    """The page: key figures, three sentences, worst places, matters that grow, group events, pairs, enterprises."""

    figures: dict[str, Figure]
    sentences: tuple[Sentence, Sentence, Sentence]
    places: tuple[Item, ...]
    matters: tuple[Item, ...]
    group_events: tuple[Item, ...]
    group_event_count: int
    pairs: tuple[Pair, ...]
    enterprise: Enterprise


def overview(source: Source, scope: Scope) -> Overview:
    """Six key figures with three sentences (improved, worsened, where), three short lists, pairs and enterprises.

    Everything that rests on the same figures is one answer, so that they are counted once.
    """
    wanted = (*KEY_FIGURES, *_JUDGED, *pair_keys(), *ENTERPRISE_KEYS)
    found = figures(source, scope, tuple(dict.fromkeys(wanted)))
    districts = by_dimensions(source, scope, (_WHERE,), "district", with_compared=False)[_WHERE]
    items, total = group_events(source, scope)
    return Overview(
        figures={key: found[key] for key in KEY_FIGURES},
        sentences=(
            _improved(source, scope, found),
            _worsened(source, scope, found),
            _where(scope, districts),
        ),
        places=worst_places(scope, districts),
        matters=growing_matters(source, scope),
        group_events=items,
        group_event_count=total,
        pairs=pairs_of(found),
        enterprise=enterprise(source, scope, found),
    )


# --- the three sentences ---------------------------------------------------------------------


def _gain(key: str, figure: Figure) -> float:
    """Change towards the good side, in shares; 0 where it may be chance."""
    now, before = figure, figure.previous
    if not figure.differs or None in (now.numerator, now.denominator, before.numerator, before.denominator):
        return 0.0
    parts = [float(p or 0) for p in (now.numerator, now.denominator, before.numerator, before.denominator)]
    # The largest of many changes is large by chance, too: it must stand out at 99.8 %.
    if not differs((parts[0], parts[1]), (parts[2], parts[3]), Z998):
        return 0.0
    assert now.value is not None
    assert before.value is not None
    step = now.value - before.value
    return step if CATALOGUE[key].direction == "up" else -step


def _stock_moved(found: dict[str, Figure], sign: int) -> Figure | None:
    """The overdue stock, when it fell (sign 1) or rose (sign -1) beyond chance at 99.8 %."""
    figure = found[_STOCK]
    now, before = figure.value, figure.previous.value
    if now is None or before is None or (before - now) * sign <= 0 or not counts_differ(now, before, Z998):
        return None
    return figure


def changed(figure: Figure) -> str:
    """按期办结率92.4%，比上月提高1.3个百分点"""
    m = metric(figure.metric_key)
    about = "约" if figure.is_approximate else ""
    moved = show_moved(m, figure.value, figure.previous.value)
    text = f"{m.label}{about}{show_value(m, figure.value)}{'件' if m.unit == 'count' else ''}"
    if moved == "持平":
        return f"{text}，与{figure.previous.label}持平"
    return f"{text}，比{figure.previous.label}{moved}"


def _improved(source: Source, scope: Scope, found: dict[str, Figure]) -> Sentence:
    return _moved(source, scope, found, sign=1, tone="good", word="改善")


def _worsened(source: Source, scope: Scope, found: dict[str, Figure]) -> Sentence:
    return _moved(source, scope, found, sign=-1, tone="bad", word="下滑")


def _moved(source: Source, scope: Scope, found: dict[str, Figure], sign: int, tone: str, word: str) -> Sentence:
    gains = {key: sign * _gain(key, found[key]) for key in _JUDGED}
    best = sorted((key for key in _JUDGED if gains[key] > 0), key=lambda key: -gains[key])
    stock = _stock_moved(found, sign)
    if stock is not None and not best:
        return Sentence(f"{changed(stock)}。", tone, _STOCK, scope, TicketQuery(metric_key=_STOCK, part="numerator"))
    if best:
        others = "、".join(CATALOGUE[key].label for key in best[1:3])
        text = changed(found[best[0]]) + (f"；{others}同时{word}" if others else "")
        text += (f"；{changed(stock)}" if stock is not None else "") + "。"
        query = TicketQuery(metric_key=best[0], part="complement" if sign < 0 else "numerator")
        if CATALOGUE[best[0]].direction == "down":
            query = replace(query, part="numerator")
        return Sentence(text, tone, best[0], scope, query)
    previous = compared_with(scope.period, source.as_of)
    if all(found[key].differs is None for key in _JUDGED):
        return Sentence(f"没有{previous}的可比数据，无法判断是否{word}。", "neutral", _JUDGED[0], scope)
    return Sentence(f"与{previous}相比，没有指标显著{word}（变化在正常波动范围内）。", "neutral", _JUDGED[0], scope)


def _where(scope: Scope, districts: pd.DataFrame) -> Sentence:
    """The division with the lowest satisfaction, named only when it differs from all the others together."""
    label = CATALOGUE[_WHERE].label
    rated = _rated(districts)
    if len(rated) < 2:
        return Sentence(f"各区县{label}的有效评价不足，无法比较。", "neutral", _WHERE, scope)
    worst = rated.iloc[0]
    if not _stands_out(rated, 0):
        return Sentence(f"各区县{label}差异不显著，不作排序。", "neutral", _WHERE, scope)
    there = replace(scope, district_code=str(worst["code"]))
    text = f"{worst['label']}{label}最低（{worst['value'] * 100:.1f}%{_against(worst)}）。"
    return Sentence(text, "bad", _WHERE, there, TicketQuery(metric_key=_WHERE, part="complement"))


def _rated(districts: pd.DataFrame) -> pd.DataFrame:
    """Divisions with enough answers for a fair rate, lowest first."""
    rated = districts[districts["value"].notna() & ~districts["is_small"] & (districts["code"] != UNMAPPED)]
    return rated.sort_values(["value", "denominator"], ignore_index=True)


def _stands_out(rated: pd.DataFrame, position: int) -> bool:
    """The division differs from all the others together; at 99.8 %, as the lowest of many is low by chance."""
    row, rest = rated.iloc[position], rated.drop(index=position)
    others = (float(rest["numerator"].sum()), float(rest["denominator"].sum()))
    return differs((float(row["numerator"]), float(row["denominator"])), others, Z998)


def _against(row: Mapping[Any, Any] | pd.Series) -> str:
    """，低于目标6.9个百分点 — or nothing without a target."""
    if pd.isna(row["target"]):
        return ""
    gap = float(row["value"]) - float(row["target"])
    if abs(gap) < 0.0005:
        return "，达到目标"
    return f"，{'高于' if gap > 0 else '低于'}目标{show_points(gap)}"


# --- the three lists -------------------------------------------------------------------------


def worst_places(scope: Scope, districts: pd.DataFrame) -> tuple[Item, ...]:
    """The three divisions with the lowest satisfaction among those with enough answers; what may be chance
    says so.
    """
    m = CATALOGUE[_WHERE]
    rated = _rated(districts)
    items = []
    for position, row in enumerate(rated.head(WORST).to_dict("records")):
        text = f"{m.label}{row['value'] * 100:.1f}%{_against(row)}"
        if len(rated) > 1 and not _stands_out(rated, position):
            text += "（差异不显著）"
        there = replace(scope, district_code=str(row["code"]))
        query = TicketQuery(metric_key=_WHERE, part="complement")
        items.append(Item(str(row["code"]), str(row["label"]), text, float(row["value"]), _WHERE, there, query))
    return tuple(items)


def growing_matters(source: Source, scope: Scope) -> tuple[Item, ...]:
    """The three second-level matters with the most additional tickets, where growth exceeds chance."""
    movers = category_movers(source, scope)
    grown = movers[movers["differs"] & (movers["extra"] >= _GROWN_BY) & (movers["code"] != UNMAPPED)]
    previous = compared_with(scope.period, source.as_of)
    items = []
    for _, row in grown.head(WORST).iterrows():
        text = f"{show_count(row['received'])}件，比{previous}多{show_count(row['extra'])}件"
        if pd.notna(row["change"]):
            text += f"（{row['change'] * 100:+.0f}%）"
        if row["is_seasonal"] and pd.notna(row["last_year_change"]):
            text += f"，季节性，同比{row['last_year_change'] * 100:+.0f}%"
        there = for_category(scope, str(row["code"]), 2)
        query = TicketQuery(metric_key="received", part="numerator")
        items.append(Item(str(row["code"]), str(row["label"]), text, float(row["extra"]), "received", there, query))
    return tuple(items)


def group_events(source: Source, scope: Scope) -> tuple[tuple[Item, ...], int]:
    """突发及群体性诉求: the matters with most of them, and how many there are in all."""
    windows = {k: p for k, p in source.windows(scope).items() if k in (NOW, PREVIOUS)}
    frame = counts(source.conn, scope, ("category2",), ("group_events",), as_of=source.as_of, windows=windows)
    table = frame.pivot_table(index="category2", columns="window", values="group_events", aggfunc="sum", fill_value=0)
    table = table.reindex(columns=[NOW, PREVIOUS], fill_value=0).sort_values([NOW, PREVIOUS], ascending=False)
    names = names_of(source, "category2")
    previous = compared_with(scope.period, source.as_of)
    query = TicketQuery(flags=("group_event",))
    items = []
    for code, row in table[table[NOW] > 0].head(WORST).iterrows():
        text = f"{show_count(row[NOW])}件，{previous}{show_count(row[PREVIOUS])}件"
        there = for_category(scope, str(code), 2)
        items.append(Item(str(code), label_of(code, names), text, float(row[NOW]), "received", there, query))
    return tuple(items), int(table[NOW].sum())
