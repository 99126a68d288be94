"""What is injected into the demo city and written down: effects, surges, near-misses, trends, gaming.

The rows go to the table `injected_truths`, which no dashboard reads; analyses are judged against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from lib.period import add_months

# The monthly scheduling meetings: 19 from 2024-05, 16 topics. Sizes are lasting changes of demand;
# a second meeting of a topic adds to the first. Two topics have no effect at all.
FIRST_MEETING = date(2024, 5, 20)
MEETINGS: tuple[tuple[str, float], ...] = (
    ("供水", -0.22), ("农业补贴", -0.40), ("供电", -0.27), ("入学招生", -0.30), ("排水防涝", -0.35),
    ("供热", -0.24), ("房产交易登记", -0.36), ("拖欠工资", -0.32), ("物业服务", -0.18), ("消费维权", 0.0),
    ("施工扰民", -0.15), ("占道经营", -0.12), ("噪声污染", -0.20), ("停车管理", 0.0), ("公交出行", -0.25),
    ("物业服务", 0.0), ("供热", -0.10), ("问题楼盘", -0.08), ("拖欠工资", -0.05),
)  # fmt: skip
PEAK = 1.3  # a topic is chosen when it peaks: two months of it, with no cause behind
PEAK_MONTHS = 2
SURGES_PER_MONTH = 0.75
NEAR_MISSES_PER_MONTH = 0.4
STORMS_PER_SUMMER = 5
STORM_MATTERS = (("排水防涝", 7.0), ("供电", 2.2), ("应急防灾", 5.0), ("园林绿化", 2.0))
# A surge must be worth an alarm at the usual volume: that many extra tickets a week at least.
SURGE_EXTRA_PER_WEEK = 15
USUAL_MONTHLY = 50_000


@dataclass(frozen=True)
class Truth:
    """One injected truth; the fields are the columns of schema.tickets.injected_truths."""

    kind: str
    category_code: str | None
    district_code: str | None
    unit_code: str | None
    starts_on: date
    ends_on: date | None
    size: float
    note: str


def effects(codes: dict[str, str], first: date, end: date) -> list[Truth]:
    """The meetings held before `end`: the lasting effect of each and the passing peak before it.

    codes: category code by second-level name. `first` and `end` bound the generated days.
    """
    found = []
    for number, (name, size) in enumerate(MEETINGS):
        held = add_months(FIRST_MEETING, number)
        if held < end:
            note = f"monthly scheduling meeting {number + 1} of 19 on this topic; lasting change of demand"
            found.append(Truth("effect", codes[name], None, None, held, None, size, note))
        month = held.replace(day=1)
        since = add_months(month, -PEAK_MONTHS)
        if since < end and month > first:
            note = f"passing peak before meeting {number + 1}: regression to the mean, not an effect"
            found.append(Truth("near_miss", codes[name], None, None, max(since, first), month, PEAK, note))
    return found


def storms(
    rng: np.random.Generator, expected: np.ndarray, first: date, codes: dict[str, str], scale: float
) -> list[Truth]:
    """Days of heavy rain in July and August: bursts in drainage, power and emergencies.

    expected and scale as in `surges`. A burst that does not double a week is a near-miss.
    """
    end = first + timedelta(days=expected.shape[0])
    order = list(codes)
    found = []
    for year in range(first.year, end.year + 1):
        for number in range(STORMS_PER_SUMMER):
            begins = date(year, 7, 1) + timedelta(days=int(rng.integers(0, 60)))
            strength = float(rng.uniform(0.7, 1.3))
            until = begins + timedelta(days=int(rng.integers(2, 4)))
            if not (first <= begins and until <= end):
                continue
            start, stop = (begins - first).days, (until - first).days
            for name, usual_size in STORM_MATTERS:
                size = round(usual_size * strength, 2)
                days = expected[start : start + 7, order.index(name)].sum(axis=1)
                extra = float(days[: stop - start].sum()) * (size - 1)
                is_surge = extra >= max(float(days.sum()), SURGE_EXTRA_PER_WEEK * scale)
                kind = "surge" if is_surge else "near_miss"
                found.append(Truth(kind, codes[name], None, None, begins, until, size, f"storm {number + 1} of {year}"))
    return found


def surges(
    rng: np.random.Generator,
    expected: np.ndarray,
    first: date,
    categories: list[str],
    districts: list[str],
    scale: float,
) -> list[Truth]:
    """Sudden rises of one matter in one division or city-wide, and rises just too small to be one.

    expected: usual tickets per day, category and division. scale: volume against the usual one; it
    decides which combinations are large enough.
    """
    days = expected.shape[0]
    if days < 60:
        return []
    months = days / 30.44
    found: list[Truth] = []
    taken: dict[int, list[int]] = {}
    kinds = ["surge"] * max(2, round(months * SURGES_PER_MONTH)) + ["near_miss"] * max(
        1, round(months * NEAR_MISSES_PER_MONTH)
    )
    for kind in kinds:
        for _ in range(200):
            category = int(rng.integers(0, expected.shape[1]))
            district = int(rng.integers(0, expected.shape[2])) if rng.random() < 0.7 else None
            start = int(rng.integers(28, days - 14))
            size = float(rng.uniform(2.6, 5.0) if kind == "surge" else rng.uniform(1.35, 1.65))
            lasts = int(rng.integers(8, 22))
            usual = expected[start : start + 7, category, :]
            weekly = float(usual.sum() if district is None else usual[:, district].sum())
            apart = all(abs(start - other) > 75 for other in taken.get(category, []))
            if apart and weekly * (size - 1) >= SURGE_EXTRA_PER_WEEK * scale * (1.2 if kind == "surge" else 0.3):
                break
        else:
            continue
        taken.setdefault(category, []).append(start)
        begins = first + timedelta(days=start)
        until = min(begins + timedelta(days=lasts), first + timedelta(days=days))
        where = None if district is None else districts[district]
        note = "sudden rise" if kind == "surge" else "rise below the size of a surge"
        found.append(Truth(kind, categories[category], where, None, begins, until, round(size, 2), note))
    return found
