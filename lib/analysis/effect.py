"""What a scheduling meeting changed: the published measure, the adjusted one with its interval, and one word.

Method and proof: docs/effect.md. All figures are shares (−0.27 = 27 % fewer) unless a name says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from lib.analysis import effect_words as words
from lib.analysis.effect_model import SMALL, Fit, OwnMoves, control_index, design, fit
from lib.analysis.effect_placebo import ENOUGH_CONTROLS, as_if_scheduled, own_moves, placebo_dates, resampled_error
from lib.analysis.effect_published import PUBLISHED_WEEKS, Published, averages, published
from lib.analysis.effect_weeks import EffectRefused, Panel, Topic, check, panel

Word = Literal["成效明显", "变化不明显", "有反弹", "观察期不足"]

YEAR = 52  # weeks
TWO_YEARS = 104
SHORTEST_BEFORE = 26  # below that not even an interval
SHORTEST_AFTER = 8
WINDOW = 26
FEWEST_A_WEEK = 1.0


@dataclass(frozen=True)
class Change:
    """A change against what would have been expected, with its 95 % interval."""

    change: float
    low: float
    high: float

    @classmethod
    def of_logs(cls, effect: float, half_width: float) -> Change:
        """From a log ratio."""
        return cls(*(float(np.expm1(v)) for v in (effect, effect - half_width, effect + half_width)))

    @property
    def is_drop(self) -> bool:
        """The whole interval is below zero."""
        return self.high < 0

    @property
    def is_rise(self) -> bool:
        """The whole interval is above zero."""
        return self.low > 0


@dataclass(frozen=True)
class Adjusted(Change):
    """expected, observed: tickets of the weeks after. own_moves: standard deviation of log counts that series move
    without any meeting. resampled: half width of the interval by block bootstrap ÷ that by HAC (a check; far above 1
    means that the interval is too narrow). dispersion: 1 = Poisson.
    """

    expected: float
    observed: float
    own_moves: float
    resampled: float
    dispersion: float


@dataclass(frozen=True)
class Effect:
    """What is known of one topic.

    series: week, observed, side (before, neither, after, later), expected, low, high (level without the meeting and
    its band; NaN for weeks of neither side). windows: first, last, change, low, high, per half year after the meeting.
    placebos: week, weeks, change, of made-up meetings; placebo_passes: None when none could be tried. controls: series,
    change, of categories never scheduled. displacement: series, change, low, high, extra_per_week, is_rise, of
    neighbours. family: change of topic and neighbours together.
    """

    topic: Topic
    published: Published
    word: Word
    reason: str
    adjusted: Adjusted | None
    series: pd.DataFrame
    windows: pd.DataFrame
    placebos: pd.DataFrame
    placebo_passes: bool | None
    controls: pd.DataFrame
    displacement: pd.DataFrame
    family: Change | None
    notes: tuple[str, ...]
    before_weeks: int
    after_weeks: int
    has_controls: bool

    @property
    def may_say(self) -> str:
        """What may be said in a meeting, in plain words."""
        if self.adjusted is None:
            return words.only_counts(self.reason)
        removed = ["季节", "趋势"] if self.before_weeks >= YEAR else []
        removed += ["全市共同变化"] if self.has_controls else []
        found = self.adjusted
        return words.may_say(self.word, self.reason, removed, (found.change, found.low, found.high))

    @property
    def may_not_say(self) -> str:
        """What must not be said."""
        moved = self.displacement.loc[self.displacement["is_rise"], "series"].astype(str).tolist()
        return words.may_not_say(self.word, self.published.month_on_month, moved)


def effect_of(
    topic: Topic,
    counts: pd.DataFrame,
    last_day: date,
    others: Sequence[Topic] = (),
    free_days: pd.Series | None = None,
    published_weeks: int = PUBLISHED_WEEKS,
) -> Effect:
    """The effect of a topic's meeting on the weekly counts of its categories.

    counts: week (Monday), category, parent, district, count, as `effect_weeks.panel` wants them; last_day: last day
    with data; others: every other topic, for controls and overlaps; free_days: days off among Monday to Friday by week;
    published_weeks: how far the city's own measure looks. Raises EffectRefused with a Chinese sentence when no word is
    right: no categories, overlapping topics, a meeting in the future, zero or hardly any tickets.
    """
    check(topic, others, last_day)
    whole = panel(counts, topic, others, last_day, free_days)
    measured = published(whole, topic, published_weeks)
    before, after = int(whole.before.sum()), int(whole.after.sum())
    short = _too_short(whole, before, after)
    has_controls = whole.controls.shape[1] > 0
    if after == 0 or before < SHORTEST_BEFORE or (before < YEAR and not has_controls):
        return _nothing(topic, whole, measured, short)
    _enough_tickets(topic, whole)
    return _estimated(topic, whole, measured, short)


def _too_short(whole: Panel, before: int, after: int) -> str:
    """Why the time observed does not suffice, or nothing."""
    total = (whole.weeks[-1] - whole.weeks[0]).days // 7 + 1 if len(whole.weeks) else 0
    if after < SHORTEST_AFTER:
        return f"会后满周的数据只有{after}周，少于{SHORTEST_AFTER}周"
    if before < YEAR:
        return f"会前可比的历史只有{before}周，不足12个月，分不出季节影响"
    if total < TWO_YEARS and whole.controls.shape[1] == 0:
        return f"没有可作对照的类别或区县，历史共{total}周，不足24个月"
    return ""


def _enough_tickets(topic: Topic, whole: Panel) -> None:
    for side, weeks in (("会前", whole.before), ("会后", whole.after)):
        if whole.topic[weeks].sum() == 0:
            raise EffectRefused(
                f"议题“{topic.label}”{side}{int(weeks.sum())}周一件也没有，请核对类别是否改名、合并或停用，不能据此计算成效"
            )
    if (mean := whole.topic[whole.before].mean()) < FEWEST_A_WEEK:
        raise EffectRefused(f"议题“{topic.label}”会前平均每周只有{mean:.1f}件，数量太少，升降多半出于偶然，不计算成效")


def _estimated(topic: Topic, whole: Panel, measured: Published, short: str) -> Effect:
    used = whole.rows(whole.before | whole.after)
    before = int(used.before.sum())
    frame = design(used.weeks, used.after, before, used.free_days)
    offset = _offset(used)
    found = fit(used.topic, frame, offset)
    controls = as_if_scheduled(used, frame)
    placebos = placebo_dates(used, frame, offset)
    spread = own_moves(controls)
    if len(controls) < ENOUGH_CONTROLS:
        spread = max(spread, own_moves(placebos), key=lambda own: own.variance)
    width = found.half_width(spread)
    base = Change.of_logs(found.effect, width)
    expected = float(found.expected[used.after].sum())
    adjusted = Adjusted(
        base.change, base.low, base.high, expected, float(used.topic[used.after].sum()), spread.variance**0.5,
        resampled_error(found) / found.widest_error, found.dispersion,
    )  # fmt: skip
    lowest = placebos["change"].min() if len(placebos) else None
    passes = None if lowest is None else bool(found.effect < lowest)
    windows = _windows(whole, before, spread)
    word, reason = _word(short, adjusted, windows, passes, lowest)
    placebos, controls = (part.assign(change=np.expm1(part["change"])).drop(columns="error")
                          for part in (placebos, controls))  # fmt: skip
    return Effect(
        topic=topic,
        published=measured,
        word=word,
        reason=reason,
        adjusted=adjusted,
        series=_series(whole, used, found, spread),
        windows=windows,
        placebos=placebos,
        placebo_passes=passes,
        controls=controls,
        displacement=_displacement(used, frame, offset, spread),
        family=_family(used, frame, offset, spread),
        notes=(*whole.notes, *_notes(adjusted, len(controls))),
        before_weeks=before,
        after_weeks=int(used.after.sum()),
        has_controls=offset is not None,
    )


def _offset(used: Panel) -> np.ndarray | None:
    return control_index(used.controls) if used.controls.shape[1] else None


def _word(
    short: str, adjusted: Adjusted, windows: pd.DataFrame, passes: bool | None, lowest: float | None
) -> tuple[Word, str]:
    """The word and why it is that one."""
    if short:
        return "观察期不足", short
    if len(windows) > 1 and lowest is not None:
        first = windows.iloc[0]
        later = windows.iloc[1:]
        rises = later[later["low"] > 0]
        if first["high"] < 0 and first["change"] < np.expm1(lowest) and len(rises):
            at = rises.iloc[0]
            return "有反弹", words.rebound(first["change"], at["change"], at["first"], at["last"])
    if adjusted.is_drop and passes:
        return "成效明显", "95%区间全部低于零，而且在会前任何一个假想日期都没有出现这样大的下降"
    if adjusted.is_drop:
        why = "会前历史太短，没有假想日期可作比照" if passes is None else "会前没有开会的时候也出现过同样大的下降"
        return "变化不明显", f"区间虽低于零，但{why}"
    if adjusted.is_rise:
        return "变化不明显", "没有下降，同类诉求反而多于预期"
    return "变化不明显", "95%区间包含零，升降可能出于季节、趋势或偶然"


def _windows(whole: Panel, before: int, spread: OwnMoves) -> pd.DataFrame:
    """Half years after the meeting, the last of them at least eight weeks long, each against the same expectation."""
    since = np.cumsum(whole.after | whole.later)
    number = np.where(since > 0, (since - 1) // WINDOW, -1)
    last = number.max()
    if last > 0 and (number == last).sum() < SHORTEST_AFTER:
        number[number == last] = last - 1
    names = {f"window{k}": number == k for k in range(number.max() + 1)}
    columns = ["first", "last", "change", "low", "high"]
    if any(whole.topic[marked].sum() == 0 for marked in names.values()):
        return pd.DataFrame([], columns=columns)
    frame = design(whole.weeks, whole.after, before, whole.free_days).drop(columns="after")
    frame = frame.assign(**{name: marked.astype(float) for name, marked in names.items()})
    rows = []
    for name, marked in names.items():
        found = fit(whole.topic, frame, _offset(whole), name)
        part = Change.of_logs(found.effect, found.half_width(spread))
        weeks = whole.weeks[marked]
        rows.append((weeks[0], weeks[-1] + pd.Timedelta(days=6), part.change, part.low, part.high))
    return pd.DataFrame(rows, columns=columns)


def _series(whole: Panel, used: Panel, found: Fit, spread: OwnMoves) -> pd.DataFrame:
    """Every week from the first used one on, for the drawing."""
    width = found.critical(spread)
    error = np.sqrt(found.expected_error**2 + np.where(used.after, spread.variance, 0.0))
    fitted = pd.DataFrame(
        {"expected": found.expected, "low": found.expected * np.exp(-width * error),
         "high": found.expected * np.exp(width * error)}, index=used.weeks,
    )  # fmt: skip
    return _sides(whole).join(fitted, on="week")


def _sides(whole: Panel) -> pd.DataFrame:
    from_first = whole.all_weeks >= (whole.weeks[0] if len(whole.weeks) else whole.all_weeks[0])
    frame = pd.DataFrame({"week": whole.all_weeks[from_first], "observed": whole.all_topic[from_first]})
    frame["side"] = "neither"
    for side, marked in (("before", whole.before), ("after", whole.after), ("later", whole.later)):
        frame.loc[frame["week"].isin(whole.weeks[marked]), "side"] = side
    return frame


def _displacement(used: Panel, frame: pd.DataFrame, offset: np.ndarray | None, spread: OwnMoves) -> pd.DataFrame:
    """Neighbours of the topic after the meeting: where complaints may have gone, or been filed, instead."""
    rows = []
    for name in used.neighbours.columns:
        series = used.neighbours[name].to_numpy()
        if min(series[used.before].mean(), series[used.after].mean()) < FEWEST_A_WEEK:
            continue
        found = fit(series, frame, offset)
        part = Change.of_logs(found.effect, found.half_width(spread))
        extra = float((series - found.expected)[used.after].mean())
        rows.append((name, part.change, part.low, part.high, extra, part.is_rise))
    return pd.DataFrame(rows, columns=["series", "change", "low", "high", "extra_per_week", "is_rise"]).astype(
        {"is_rise": bool}
    )


def _family(used: Panel, frame: pd.DataFrame, offset: np.ndarray | None, spread: OwnMoves) -> Change | None:
    if used.neighbours.shape[1] == 0:
        return None
    found = fit(used.topic + used.neighbours.sum(axis=1).to_numpy(), frame, offset)
    return Change.of_logs(found.effect, found.half_width(spread))


def _notes(adjusted: Adjusted, controls: int) -> tuple[str, ...]:
    notes = []
    if controls == 0:
        notes.append("没有对照组，只能与本议题自身的历史相比，全市共同的变化无法排除")
    if adjusted.resampled > 1.5:
        notes.append(f"分块重抽样得到的误差是所用误差的{adjusted.resampled:.1f}倍，区间可能偏窄")
    if adjusted.expected < SMALL * 100:
        notes.append("会后预期件数不足50件，区间只能作参考")
    return tuple(notes)


def over_topics(effects: Sequence[Effect]) -> pd.DataFrame:
    """Averages over topics: measure (month_on_month, year_on_year, adjusted) × kind of average, columns as
    `effect_published.averages` and measure, measure_label. Weights are the tickets each change is measured against.
    """
    measured = [e.published for e in effects]
    found = [e.adjusted for e in effects]
    parts = [
        averages([m.month_on_month for m in measured], [m.before for m in measured]).assign(
            measure="month_on_month", measure_label="环比"
        ),
        averages([m.year_on_year for m in measured], [m.year_earlier or 0 for m in measured]).assign(
            measure="year_on_year", measure_label="同比"
        ),
        averages([a.change if a else None for a in found], [a.expected if a else 0.0 for a in found]).assign(
            measure="adjusted", measure_label="调整后变化"
        ),
    ]
    return pd.concat(parts, ignore_index=True)


def _nothing(topic: Topic, whole: Panel, measured: Published, short: str) -> Effect:
    """No adjusted figure, for want of time: the published measure stands alone, with the reason."""
    empty = pd.DataFrame
    return Effect(
        topic=topic,
        published=measured,
        word="观察期不足",
        reason=short,
        adjusted=None,
        series=_sides(whole).assign(expected=np.nan, low=np.nan, high=np.nan),
        windows=empty(columns=["first", "last", "change", "low", "high"]),
        placebos=empty(columns=["week", "weeks", "change"]),
        placebo_passes=None,
        controls=empty(columns=["series", "change"]),
        displacement=empty(columns=["series", "change", "low", "high", "extra_per_week", "is_rise"]).astype(
            {"is_rise": bool}
        ),
        family=None,
        notes=whole.notes,
        before_weeks=int(whole.before.sum()),
        after_weeks=int(whole.after.sum()),
        has_controls=whole.controls.shape[1] > 0,
    )
