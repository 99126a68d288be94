"""Working days and working time."""

from __future__ import annotations

import csv
from datetime import date

import pandas as pd
import pytest

from lib.calendar_cn import WorkCalendar, known_years, workday_table
from lib.city import load_city
from lib.config import ROOT

NO_OVERRIDES = load_city("demo").workday_overrides
HOURS = load_city("demo").rules.working_hours


def table(first: str, last: str, overrides: pd.DataFrame = NO_OVERRIDES) -> pd.DataFrame:
    return workday_table(date.fromisoformat(first), date.fromisoformat(last), overrides, 7.0).set_index("day")


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2024-02-04", True),  # Sunday worked for the Spring Festival
        ("2024-02-12", False),  # a Monday of it
        ("2024-05-11", True),  # Saturday worked for Labour Day
        ("2025-01-26", True),  # Sunday
        ("2025-10-08", False),  # a Wednesday: National Day and Mid-Autumn together
        ("2025-10-11", True),  # Saturday worked in exchange
        ("2026-02-23", False),  # a Monday of the nine-day Spring Festival
        ("2026-02-28", True),  # Saturday worked in exchange
        ("2026-10-10", True),  # Saturday worked for National Day
        ("2026-10-06", False),
        ("2026-11-03", True),
        ("2026-11-07", False),
    ],
)
def test_exchanged_days(day: str, works: bool) -> None:
    row = table("2024-01-01", "2026-12-31").loc[date.fromisoformat(day)]
    assert bool(row["is_workday"]) is works
    assert bool(row["is_known"])


def test_every_day_of_three_years_against_the_reference() -> None:
    path = ROOT.parent / "shared" / "reference" / "cn_workdays_2024_2026.csv"
    if not path.exists():
        pytest.skip("the reference calendar is not on this machine")
    with open(path, encoding="utf-8-sig") as handle:
        expected = {date.fromisoformat(row["date"]): row["is_workday"] == "1" for row in csv.DictReader(handle)}
    ours = table("2024-01-01", "2026-12-31")["is_workday"].to_dict()
    assert len(expected) == 1096
    assert ours == expected


def test_a_year_nobody_announced_is_marked_and_follows_the_week() -> None:
    year = known_years().stop + 1
    rows = table(f"{year}-01-01", f"{year}-12-31")
    assert not rows["is_known"].any()
    assert all(works == (day.weekday() < 5) for day, works in rows["is_workday"].items())


def test_an_override_wins_and_makes_its_day_known() -> None:
    year = known_years().stop + 1
    day = date(year, 3, 1)
    overrides = pd.DataFrame(
        {"day": [day, date(2026, 11, 3)], "is_workday": [False, False], "reason": ["试点", "放假"]}
    )
    row = table(f"{year}-03-01", f"{year}-03-02", overrides).loc[day]
    assert (bool(row["is_workday"]), bool(row["is_known"])) == (False, True)
    assert not table("2026-11-03", "2026-11-03", overrides)["is_workday"].iloc[0]


def test_hours_before_adds_up_working_days() -> None:
    rows = table("2026-09-30", "2026-10-09")
    assert rows["hours_before"].iloc[0] == 0
    # Only 30 September and 8 October lie before the 9th: the holiday gives nothing.
    assert rows.loc[date(2026, 10, 9), "hours_before"] == 14.0


def test_reversed_days_are_refused() -> None:
    with pytest.raises(ValueError, match="颠倒"):
        workday_table(date(2026, 1, 2), date(2026, 1, 1), NO_OVERRIDES, 7.0)


@pytest.fixture(scope="module")
def calendar() -> WorkCalendar:
    return WorkCalendar(workday_table(date(2026, 1, 1), date(2026, 12, 31), NO_OVERRIDES, 7.0), HOURS)


def times(*values: str | None) -> pd.Series:
    return pd.to_datetime(pd.Series(list(values)), format="%Y-%m-%d %H:%M:%S")


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-11-02 09:00:00", "2026-11-02 11:30:00", 2.5),
        ("2026-11-02 11:00:00", "2026-11-02 15:00:00", 1.5),  # over the noon break
        ("2026-11-02 07:00:00", "2026-11-02 23:00:00", 7.0),
        ("2026-11-06 17:00:00", "2026-11-09 09:30:00", 2.0),  # over a weekend
        ("2026-09-30 17:00:00", "2026-10-08 09:30:00", 2.0),  # over National Day
        ("2026-10-10 09:00:00", "2026-10-10 10:00:00", 1.0),  # a Saturday worked in exchange
        ("2026-11-07 09:00:00", "2026-11-08 18:00:00", 0.0),
        ("2026-11-02 15:00:00", "2026-11-02 14:45:00", -0.25),
    ],
)
def test_working_hours_between(calendar: WorkCalendar, start: str, end: str, hours: float) -> None:
    assert calendar.hours(times(start), times(end)).iloc[0] == pytest.approx(hours)


def test_missing_times_give_missing_hours(calendar: WorkCalendar) -> None:
    assert calendar.hours(times(None), times("2026-11-02 09:00:00")).isna().all()


def test_times_outside_the_calendar_are_refused(calendar: WorkCalendar) -> None:
    with pytest.raises(ValueError, match="日历"):
        calendar.hours(times("2025-12-31 09:00:00"), times("2026-01-05 09:00:00"))


@pytest.mark.parametrize(
    ("start", "amount", "unit", "next_day", "due"),
    [
        ("2026-11-02 10:00:00", 1, "workday", True, "2026-11-03 18:00:00"),
        ("2026-11-06 10:00:00", 1, "workday", True, "2026-11-09 18:00:00"),
        ("2026-11-07 10:00:00", 1, "workday", True, "2026-11-09 18:00:00"),  # received on a Saturday
        ("2026-09-30 10:00:00", 5, "workday", True, "2026-10-13 18:00:00"),  # 8, 9, 10 (exchanged), 12, 13 October
        ("2026-11-02 10:00:00", 5, "workday", False, "2026-11-09 10:00:00"),
        ("2026-11-02 10:00:00", 3, "day", True, "2026-11-05 23:59:59"),
        ("2026-11-02 10:00:00", 3, "day", False, "2026-11-05 10:00:00"),
        ("2026-11-07 23:30:00", 2, "hour", False, "2026-11-08 01:30:00"),
    ],
)
def test_time_limits(calendar: WorkCalendar, start: str, amount: float, unit: str, next_day: bool, due: str) -> None:
    result = calendar.due(times(start), pd.Series([float(amount)]), pd.Series([unit]), pd.Series([next_day]))
    assert result.iloc[0] == pd.Timestamp(due)


def test_no_start_no_limit(calendar: WorkCalendar) -> None:
    result = calendar.due(times(None), pd.Series([5.0]), pd.Series(["workday"]), pd.Series([True]))
    assert result.isna().all()
