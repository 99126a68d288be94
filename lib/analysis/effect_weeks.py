"""Which weeks and which series answer for a scheduling meeting: before, after, neither; topic, controls, neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from lib.period import Period, add_months

BEFORE_AT_MOST = 156  # weeks: older ones tell of another city
AFTER_AT_MOST = 52
SMALLEST_CONTROL = 1.0  # tickets a week before the meeting


class EffectRefused(ValueError):
    """No effect can be told; the message says why, in Chinese."""


@dataclass(frozen=True)
class Topic:
    """A topic of a scheduling meeting. categories: codes as in the counts; districts: codes, none = the whole city.
    meeting: the first one, when there were several. chosen: months that chose it; none = the month before the meeting.
    """

    key: str
    label: str
    categories: tuple[str, ...]
    meeting: date
    chosen: tuple[Period, ...] = ()
    districts: tuple[str, ...] = ()

    @property
    def neither(self) -> Period:
        """From the first month of choice to the end of the month of the meeting: belongs to neither side."""
        held = Period.of(self.meeting)
        choice = self.chosen or (Period.of(add_months(held.start, -1)),)
        return Period(min([held.start, *(month.start for month in choice)]), held.end)

    def meets(self, other: Topic) -> tuple[str, ...]:
        """Categories that both topics have, in districts that both have."""
        if self.districts and other.districts and not set(self.districts) & set(other.districts):
            return ()
        return tuple(sorted(set(self.categories) & set(other.categories)))


@dataclass(frozen=True)
class Panel:
    """Weeks of both sides, one row per week in all of them. before, after: booleans; `after` ends after one year.
    later: weeks beyond that. all_weeks, all_topic: also those of neither side, for the drawing.
    """

    weeks: pd.DatetimeIndex
    topic: np.ndarray
    before: np.ndarray
    after: np.ndarray
    later: np.ndarray
    controls: pd.DataFrame
    neighbours: pd.DataFrame
    free_days: np.ndarray | None
    all_weeks: pd.DatetimeIndex
    all_topic: np.ndarray
    notes: tuple[str, ...]

    def rows(self, marked: np.ndarray) -> Panel:
        """The panel of the marked weeks."""
        return Panel(
            self.weeks[marked], self.topic[marked], self.before[marked], self.after[marked], self.later[marked],
            self.controls[marked], self.neighbours[marked],
            None if self.free_days is None else self.free_days[marked], self.all_weeks, self.all_topic, self.notes,
        )  # fmt: skip


def check(topic: Topic, others: Sequence[Topic], last_day: date) -> None:
    """Raises EffectRefused for a topic without categories, a meeting in the future, months of choice after the
    meeting, and for topics so near in time and matter that their effects cannot be told apart.
    """
    if not topic.categories:
        raise EffectRefused(f"议题“{topic.label}”没有对应的诉求类别，请先在议题中选定类别")
    if topic.meeting > last_day:
        raise EffectRefused(f"调度会定于{topic.meeting:%Y-%m-%d}，数据只到{last_day:%Y-%m-%d}，会后还没有数据")
    if any(month.start > topic.meeting for month in topic.chosen):
        raise EffectRefused(f"议题“{topic.label}”的选题月份晚于调度会，请核对选题月份")
    ours = topic.neither
    for other in others:
        if other.key == topic.key or not (shared := topic.meets(other)):
            continue
        theirs = other.neither
        if theirs.end > add_months(ours.start, -36) and theirs.start < add_months(ours.end, 12):
            raise EffectRefused(
                f"与议题“{other.label}”（{other.meeting:%Y-%m-%d}调度）类别重叠：{'、'.join(shared)}，"
                "两次调度的成效分不开，请合并为一个议题或去掉重叠的类别"
            )


def panel(
    counts: pd.DataFrame, topic: Topic, others: Sequence[Topic], last_day: date, free_days: pd.Series | None = None
) -> Panel:
    """Weeks of `counts` on both sides of the topic.

    counts: week (Monday), category, parent, district, count; missing rows are zeros; the order does not matter. Weeks
    that are not over on `last_day` do not count. Controls are series that no topic scheduled: other categories of other
    families (in the topic's districts), and for a topic of some districts its categories in the other ones. Neighbours
    are categories of the same family, where complaints may have moved. Raises EffectRefused without any ticket.
    """
    frame = counts.assign(week=pd.to_datetime(counts["week"]))
    frame = frame[frame["week"] + pd.Timedelta(days=6) <= pd.Timestamp(last_day)]
    here = frame["district"].isin(topic.districts) if topic.districts else pd.Series(True, index=frame.index)
    own = frame["category"].isin(topic.categories)
    if frame.empty or frame.loc[own & here, "count"].sum() == 0:
        raise EffectRefused(f"议题“{topic.label}”的类别在数据中一件也没有，请核对类别是否改过名称或编码")
    every = pd.date_range(frame["week"].min(), frame["week"].max(), freq="7D")
    total = frame[own & here].groupby("week")["count"].sum().reindex(every, fill_value=0)
    start, notes = _start(total, topic)
    neither = topic.neither
    before = (every >= start) & (every + pd.Timedelta(days=7) <= pd.Timestamp(neither.start))
    before &= np.cumsum(before[::-1])[::-1] <= BEFORE_AT_MOST
    since = (every >= pd.Timestamp(neither.end)) & (every + pd.Timedelta(days=7) <= _next_start(topic, others))
    after = since & (np.cumsum(since) <= AFTER_AT_MOST)
    used = before | since
    scheduled = {c for o in (topic, *others) for c in o.categories}
    family = set(frame.loc[own, "parent"])
    free = ~frame["category"].isin(scheduled)
    near = frame["parent"].isin(family)
    controls = _series(frame[free & ~near & here], "category", every)
    if topic.districts:
        elsewhere = _series(frame[own & ~here & ~_scheduled_elsewhere(frame, others)], "district", every)
        controls = pd.concat([controls, elsewhere.add_prefix("district:")], axis=1)
    neighbours = _series(frame[free & near & here], "category", every)
    if topic.districts:
        neighbours = pd.concat([neighbours, _series(frame[own & ~here], "district", every).add_prefix("district:")],
                               axis=1)  # fmt: skip
    large = controls[before].mean() >= SMALLEST_CONTROL if before.any() else controls.mean() >= SMALLEST_CONTROL
    days = None if free_days is None else free_days.reindex(every, fill_value=0).to_numpy(float)
    whole = Panel(
        every, total.to_numpy(float), before, after, since & ~after, controls.loc[:, large], neighbours, days,
        every, total.to_numpy(float), notes,
    )  # fmt: skip
    return whole.rows(used)


def _series(frame: pd.DataFrame, by: str, weeks: pd.DatetimeIndex) -> pd.DataFrame:
    table = frame.pivot_table(index="week", columns=by, values="count", aggfunc="sum", fill_value=0)
    return table.reindex(weeks, fill_value=0).sort_index(axis=1).astype(float)


def _scheduled_elsewhere(frame: pd.DataFrame, others: Sequence[Topic]) -> pd.Series:
    marked = pd.Series(False, index=frame.index)
    for other in others:
        where = frame["district"].isin(other.districts) if other.districts else True
        marked |= frame["category"].isin(other.categories) & where
    return marked


def _next_start(topic: Topic, others: Sequence[Topic]) -> pd.Timestamp:
    """When the next topic with the same categories begins: from then on it is that one's time."""
    starts = [o.neither.start for o in others if topic.meets(o) and o.neither.start >= topic.neither.end]
    return pd.Timestamp(min(starts)) if starts else pd.Timestamp.max


def _start(total: pd.Series, topic: Topic) -> tuple[pd.Timestamp, tuple[str, ...]]:
    """Where the topic's series begins: many empty weeks before a lively series are weeks before it was recorded."""
    first = total.to_numpy().nonzero()[0][0]
    if first >= 8 and total.iloc[first:].mean() >= 2:
        start = total.index[first]
        return start, (f"议题“{topic.label}”的类别自{start:%Y-%m-%d}起才有登记，此前不计",)
    return total.index[0], ()
