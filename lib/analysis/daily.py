"""Daily counts of tickets as the radar reads them: one table, every day present, and whether they are enough."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

CITY = ""  # the place of a series that counts the whole city
YEAR = 365.25
# Seasons are taken from earlier years: a year, and the weeks that say how this year compares.
MIN_HISTORY_DAYS = 427
# A hotline that is open has tickets on almost every day.
MAX_EMPTY_SHARE = 0.05
MIN_TICKETS_A_YEAR = 104
MIN_CITY_TICKETS_A_WEEK = 50


def daily_panel(frame: pd.DataFrame, last: date) -> pd.DataFrame:
    """Tickets per day and series. Index: every day from the first with a ticket to `last`. Columns: (category,
    place), sorted; place CITY counts all divisions and tickets of none.

    frame: one row per day, category and division that occurs — day, category_code, district_code (may be missing),
    tickets. Tickets without category are left out. Raises ValueError where days come twice.
    """
    rows = frame.dropna(subset=["category_code"])
    rows = rows.assign(day=pd.to_datetime(rows["day"])).query("day <= @last", local_dict={"last": pd.Timestamp(last)})
    by_place = rows.dropna(subset=["district_code"])
    if by_place.duplicated(["day", "category_code", "district_code"]).any():
        raise ValueError("同一天、同一事项、同一区县的件数出现了两次")
    city = rows.groupby(["day", "category_code"], as_index=False)["tickets"].sum().assign(district_code=CITY)
    both = pd.concat([city, by_place[city.columns]], ignore_index=True)
    wide = both.pivot(index="day", columns=["category_code", "district_code"], values="tickets")
    wide = wide.sort_index(axis=1).rename_axis(columns=["category_code", "district_code"])
    if wide.empty:
        return wide
    days = pd.date_range(wide.index.min(), pd.Timestamp(last), freq="D", name="day")
    return wide.reindex(days).fillna(0.0)


def city_wide(panel: pd.DataFrame) -> pd.DataFrame:
    """The series of a daily_panel that count the whole city; columns stay (category, place)."""
    return panel.loc[:, panel.columns.get_level_values("district_code") == CITY]


def history_refusal(panel: pd.DataFrame) -> str | None:
    """Why nothing can be said about any series, as a sentence; None where the history is long and dense enough."""
    if panel.empty:
        return "没有工单，无法研判"
    total = city_wide(panel).to_numpy().sum(axis=1)
    days, first = len(panel), panel.index[0]
    if days < MIN_HISTORY_DAYS:
        until = f"{first:%Y-%m-%d} 至 {panel.index[-1]:%Y-%m-%d}"
        return f"历史太短：只有 {until} 共 {days} 天，判断季节规律至少需要 {MIN_HISTORY_DAYS} 天（约 14 个月）"
    weekly = float(total.sum()) / days * 7
    if weekly < MIN_CITY_TICKETS_A_WEEK:
        return f"工单太少：{days} 天里平均每周 {weekly:.1f} 件，少于 {MIN_CITY_TICKETS_A_WEEK} 件，增减多属偶然"
    empty = int((total == 0).sum())
    if empty > MAX_EMPTY_SHARE * days:
        return f"数据不连续：{days} 天里有 {empty} 天没有任何工单，可能漏导，不能当作诉求下降"
    return None


def series_refusals(panel: pd.DataFrame) -> pd.Series:
    """Why a series is not watched, one sentence per column; missing where it is watched."""
    counts = panel.to_numpy()
    newest = counts[-365:].sum(axis=0)
    seen = np.where(counts.any(axis=0), (counts > 0).argmax(axis=0), len(counts))
    reasons: list[str | None] = []
    for number, start in zip(newest, seen, strict=True):
        if number < MIN_TICKETS_A_YEAR:
            reasons.append(f"近一年只有 {number:.0f} 件，不足 {MIN_TICKETS_A_YEAR} 件，不逐日监测")
        elif len(counts) - start < MIN_HISTORY_DAYS:
            since = panel.index[0].date() + timedelta(days=int(start))
            reasons.append(f"{since} 起才有工单，不足 {MIN_HISTORY_DAYS} 天，看不出季节规律")
        else:
            reasons.append(None)
    return pd.Series(reasons, index=panel.columns, dtype=object, name="reason")


def year_back(years: int) -> int:
    """Days from a date to the same date so many years earlier, the leap day shared out."""
    return round(years * YEAR)


def calm(counts: np.ndarray, ratio: float, extra: float) -> np.ndarray:
    """Counts per day (rows) and series with bursts cut down to the usual level of the weeks around them.

    Looks at both sides of a day, so it is for the past only. A burst: seven days around with `ratio` times and
    `extra` more than the median seven days of the four weeks before and after.
    """
    frame = pd.DataFrame(counts)
    week = frame.rolling(7, center=True, min_periods=4).mean() * 7
    usual = week.rolling(57, center=True, min_periods=15).median()
    burst = (week > ratio * usual) & (week > usual + extra)
    return np.where(burst, np.minimum(counts, usual.to_numpy() / 7), counts)


class Past:
    """What earlier years did between two spans of days, per column of counts (rows are days)."""

    def __init__(self, counts: np.ndarray, prior: float) -> None:
        """prior: tickets a day that hold a season's change back towards none."""
        self._total = running(counts)
        self._prior = prior

    def ratio(self, now: tuple[int, int], before: tuple[int, int]) -> np.ndarray:
        """Tickets a day in `now` ÷ in `before` (first day, day after the last), all earlier years together; 1 where
        the counts hold no earlier year.
        """
        earliest = min(now[0], before[0])
        backs = [year_back(year) for year in range(1, 100) if earliest >= year_back(year)]
        above, below = self._a_day(now, backs), self._a_day(before, backs)
        return np.asarray((above + self._prior) / (below + self._prior))

    def _a_day(self, span: tuple[int, int], backs: list[int]) -> np.ndarray:
        sums = [self._total[span[1] - back] - self._total[span[0] - back] for back in backs]
        return np.asarray(sum(sums, np.zeros(self._total.shape[1])) / (span[1] - span[0]))


def running(counts: np.ndarray) -> np.ndarray:
    """Sums of all rows before each one, and of all: one row more than counts."""
    return np.concatenate([np.zeros((1, counts.shape[1])), counts.cumsum(axis=0)])
