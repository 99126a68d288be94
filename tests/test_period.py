"""Periods are values: neighbours, cuts and labels."""

from datetime import date, datetime
from itertools import pairwise

import pytest

from lib.period import Period, add_months, cut_day, default_period, recent_months

OCTOBER = Period.month(2026, 10)


@pytest.mark.parametrize(
    ("text", "start", "end", "label"),
    [
        ("2026-10", date(2026, 10, 1), date(2026, 11, 1), "2026年10月"),
        ("2026", date(2026, 1, 1), date(2027, 1, 1), "2026年"),
        ("2026-Q4", date(2026, 10, 1), date(2027, 1, 1), "2026年第四季度"),
        ("2024-02-29", date(2024, 2, 29), date(2024, 3, 1), "2024年2月29日"),
        ("2026-10-01..2026-10-15", date(2026, 10, 1), date(2026, 10, 16), "2026年10月1日至2026年10月15日"),
    ],
)
def test_parse_reads_what_token_writes(text, start, end, label):
    period = Period.parse(text)
    assert (period.start, period.end, period.label) == (start, end, label)
    assert Period.parse(period.token) == period


@pytest.mark.parametrize("text", ["", "2026-13", "上月", "2026-10-15..2026-10-01", "2026-02-30"])
def test_parse_refuses_with_a_sentence(text):
    with pytest.raises(ValueError, match="统计期"):
        Period.parse(text)


def test_an_extraction_at_midnight_belongs_to_the_day_before():
    assert cut_day(datetime(2026, 11, 1)) == date(2026, 11, 1)
    assert cut_day(datetime(2026, 11, 1, 0, 0, 1)) == date(2026, 11, 2)
    assert default_period(datetime(2026, 11, 1)) == OCTOBER


def test_previous_of_a_complete_month_is_the_whole_preceding_month():
    assert OCTOBER.previous(datetime(2026, 11, 1)) == Period.month(2026, 9)
    assert Period.month(2026, 1).previous(datetime(2026, 11, 1)) == Period.month(2025, 12)


def test_previous_of_a_running_month_has_the_same_elapsed_days():
    as_of = datetime(2026, 10, 15, 9, 30)
    assert OCTOBER.cut(as_of) == Period(date(2026, 10, 1), date(2026, 10, 16))
    assert OCTOBER.previous(as_of) == Period(date(2026, 9, 1), date(2026, 9, 16))
    assert OCTOBER.last_year(as_of) == Period(date(2025, 10, 1), date(2025, 10, 16))


def test_previous_never_runs_past_a_shorter_month():
    assert Period.month(2026, 3).previous(datetime(2026, 3, 30, 12)) == Period.month(2026, 2)


def test_last_year_of_february_holds_the_whole_month_in_leap_years():
    as_of = datetime(2026, 11, 1)
    assert Period.month(2025, 2).last_year(as_of) == Period.month(2024, 2)
    assert Period.month(2024, 2).last_year(as_of) == Period.month(2023, 2)
    assert Period.year(2025).last_year(as_of) == Period.year(2024)
    assert Period.quarter(2026, 1).last_year(as_of) == Period.quarter(2025, 1)


def test_previous_of_custom_days_is_as_long():
    days = Period(date(2026, 10, 5), date(2026, 10, 12))
    assert days.previous(datetime(2026, 11, 1)) == Period(date(2026, 9, 28), date(2026, 10, 5))


def test_recent_months_end_with_the_month_of_the_day():
    months = recent_months(date(2026, 10, 31), 24)
    assert len(months) == 24
    assert (months[0].token, months[-1].token) == ("2024-11", "2026-10")
    assert all(a.end == b.start for a, b in pairwise(months))


def test_add_months_clamps_to_the_last_day():
    assert add_months(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert add_months(date(2024, 2, 29), -12) == date(2023, 2, 28)
