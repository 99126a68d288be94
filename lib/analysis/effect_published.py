"""The city's own measure of a meeting, as it is published: the weeks after it against the weeks before it, or against
the same weeks a year earlier. Averages over topics, each by its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lib.analysis.effect_weeks import Panel, Topic
from lib.period import Period

PUBLISHED_WEEKS = 4  # 环比 is the preceding calendar period: about a month
YEAR = 52  # weeks, so that weekdays agree


@dataclass(frozen=True)
class Published:
    """Tickets in `weeks` whole weeks after the month of the meeting, in as many right before it (the months that chose
    the topic included, as is the custom), and in the same weeks a year earlier. Changes are shares; None = no base.
    """

    weeks: int
    after: int
    before: int
    year_earlier: int | None

    @property
    def month_on_month(self) -> float | None:
        """环比."""
        return _change(self.after, self.before)

    @property
    def year_on_year(self) -> float | None:
        """同比."""
        return None if self.year_earlier is None else _change(self.after, self.year_earlier)

    @property
    def definition(self) -> str:
        """What the two changes mean, for the page and the paper."""
        return (
            f"环比：调度会当月之后{self.weeks}个整周的同类诉求件数，与当月之前{self.weeks}个整周相比（含选题月份）；"
            f"同比：与上一年同样的{self.weeks}周相比。均未剔除季节、趋势和逢高选题后的自然回落"
        )


def published(whole: Panel, topic: Topic, most_weeks: int = PUBLISHED_WEEKS) -> Published:
    """The city's measure from the topic's weekly counts; `weeks` shrinks to what has passed
    since the meeting."""
    month = Period.of(topic.meeting)
    starts, counts = whole.all_weeks, whole.all_topic
    after = np.flatnonzero(starts >= pd.Timestamp(month.end))[:most_weeks]
    before = np.flatnonzero(starts + pd.Timedelta(days=7) <= pd.Timestamp(month.start))
    weeks = min(len(after), len(before))
    after, before = after[:weeks], before[len(before) - weeks :]
    earlier = after - YEAR
    return Published(
        weeks=weeks,
        after=int(counts[after].sum()),
        before=int(counts[before].sum()),
        year_earlier=int(counts[earlier].sum()) if weeks and earlier[0] >= 0 else None,
    )


def averages(changes: Sequence[float | None], volumes: Sequence[float]) -> pd.DataFrame:
    """Average change over topics, three ways: kind, label, change (share, NaN without topics), topics (number that
    count). volumes: tickets that would have been expected, or came before; topics without a change are left out.
    """
    known = [(c, v) for c, v in zip(changes, volumes, strict=True) if c is not None]
    change, volume = np.array([c for c, _ in known]), np.array([v for _, v in known])
    rows = [
        ("simple", "简单平均（各议题同等看待）", change.mean() if len(known) else np.nan),
        ("weighted", "按件数加权平均（件数多的议题分量重）",
         float((change * volume).sum() / volume.sum()) if volume.sum() > 0 else np.nan),
        ("median", "中位数（一半议题高于它，一半低于它）", float(np.median(change)) if len(known) else np.nan),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["kind", "label", "change"]).assign(topics=len(known))


def _change(now: int, base: int) -> float | None:
    return None if base == 0 else now / base - 1
