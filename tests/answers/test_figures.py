"""Figures on cases small enough to count by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from lib.answers import Source, figures, opened, trend
from lib.metrics.catalogue import CATALOGUE
from lib.metrics.formats import show_value
from lib.period import Period
from lib.scope import Scope
from tests.answers.conftest import Publish
from tests.factories import create_callback, create_return, create_ticket

OCTOBER = Scope(Period.parse("2026-10"))
SEPTEMBER = Scope(Period.parse("2026-09"))
IN_OCTOBER = datetime(2026, 10, 10, 9)


def figure(source: Source, key: str, scope: Scope = OCTOBER):
    return figures(source, scope, (key,))[key]


def parts(source: Source, key: str, scope: Scope = OCTOBER) -> tuple:
    found = figure(source, key, scope)
    return found.numerator, found.denominator


def test_open_due_ticket_lowers_closure_rate(publish: Publish) -> None:
    source = publish([create_ticket(), create_ticket(is_closed=False, closed_at=None)])
    assert parts(source, "closure_rate") == (1, 2)
    assert figure(source, "closure_rate").value == 0.5


def test_young_ticket_is_not_a_failure(publish: Publish) -> None:
    young = create_ticket(received_at=datetime(2026, 10, 30, 9), is_closed=False, closed_at=None)
    source = publish([create_ticket(), young])
    assert parts(source, "closure_rate") == (1, 1)
    assert parts(source, "received") == (2, None)


def test_ticket_due_later_today_is_not_yet_due(publish: Publish) -> None:
    as_of = datetime(2026, 10, 20, 12)
    later = create_ticket(due_at=datetime(2026, 10, 20, 17), is_closed=False, closed_at=None)
    source = publish([create_ticket(), later], as_of=as_of)
    assert parts(source, "closure_rate") == (1, 1)
    assert figure(source, "overdue_open").value == 0


def test_zero_due_shows_dash(publish: Publish) -> None:
    source = publish([create_ticket(due_at=None)])
    found = figure(source, "closure_rate")
    assert (found.numerator, found.denominator, found.value) == (0, 0, None)
    assert show_value(CATALOGUE["closure_rate"], found.value) == "—"


def test_desk_handled_tickets_never_enter_closure_or_rework(publish: Publish) -> None:
    source = publish([create_ticket(handling_type="desk", round_count=2), create_ticket()])
    assert parts(source, "closure_rate") == (1, 1)
    assert parts(source, "rework_rate") == (0, 1)
    assert parts(source, "desk_rate") == (1, 2)


def test_reminders_are_never_counted_as_received(publish: Publish) -> None:
    source = publish([create_ticket(), create_ticket(handling_type="urging", is_repeat=True)])
    assert parts(source, "received") == (1, None)
    assert parts(source, "repeat_rate") == (0, 1)


def test_closed_without_a_time_is_closed_but_not_on_time_and_has_no_hours(publish: Publish) -> None:
    source = publish([create_ticket(closed_at=None, first_closed_at=None, handling_hours=None)])
    assert parts(source, "closure_rate") == (1, 1)
    assert parts(source, "on_time_closure_rate") == (0, 1)
    assert figure(source, "handling_hours_median").value is None
    assert figure(source, "overdue_open").value == 0


def test_closed_exactly_at_the_limit_is_on_time(publish: Publish) -> None:
    limit = IN_OCTOBER + timedelta(days=3)
    at, after = (
        create_ticket(due_at=limit, closed_at=limit),
        create_ticket(due_at=limit, closed_at=limit + timedelta(seconds=1)),
    )
    source = publish([at, after])
    assert parts(source, "on_time_closure_rate") == (1, 2)


def test_ticket_closed_after_its_month_counts_today_but_not_at_maturity(publish: Publish) -> None:
    late = create_ticket(
        received_at=datetime(2026, 9, 20), due_at=datetime(2026, 9, 28), closed_at=datetime(2026, 10, 5)
    )
    source = publish([late])
    found = figure(source, "closure_rate", SEPTEMBER)
    assert (found.value, found.mature, found.today) == (0.0, 0.0, 1.0)
    assert figure(source, "overdue_open", SEPTEMBER).value == 1
    assert figure(source, "overdue_open", OCTOBER).value == 0


def test_last_answer_of_the_ticket_counts_once(publish: Publish) -> None:
    ticket = create_ticket(satisfaction="satisfied", answered_at=IN_OCTOBER)
    first = create_callback(ticket["ticket_id"], called_at=datetime(2026, 10, 3), satisfaction="unsatisfied",
                            superseded_at=IN_OCTOBER)  # fmt: skip
    last = create_callback(ticket["ticket_id"], attempt_no=2, called_at=IN_OCTOBER, is_first_valid=False)
    source = publish([ticket], [first, last])
    assert parts(source, "satisfaction_rate") == (1, 1)
    assert parts(source, "first_round_satisfaction_rate") == (0, 1)


def test_answer_given_in_september_and_changed_in_october_stays_in_septembers_figure(publish: Publish) -> None:
    ticket = create_ticket(received_at=datetime(2026, 9, 1), answered_at=IN_OCTOBER)
    first = create_callback(ticket["ticket_id"], called_at=datetime(2026, 9, 20), satisfaction="unsatisfied",
                            superseded_at=IN_OCTOBER)  # fmt: skip
    last = create_callback(ticket["ticket_id"], attempt_no=2, called_at=IN_OCTOBER, is_first_valid=False)
    source = publish([ticket], [first, last])
    september = figure(source, "satisfaction_rate", SEPTEMBER)
    assert (september.numerator, september.denominator, september.value) == (0, 1, 0.0)
    assert september.today is None, "today the ticket's answer lies in October"
    assert parts(source, "satisfaction_rate", OCTOBER) == (1, 1)


def test_unreached_citizen_is_not_satisfied(publish: Publish) -> None:
    ticket = create_ticket(satisfaction=None, resolution=None, answered_at=None, callback_reached_at=None)
    silent = create_callback(ticket["ticket_id"], outcome="unreachable", satisfaction=None, resolution=None)
    source = publish([ticket], [silent])
    assert parts(source, "satisfaction_rate") == (0, 0)
    assert parts(source, "callback_rate") == (0, 1)
    found = opened(source, OCTOBER, "satisfaction_rate").bounds
    assert (found.closed, found.low, found.high) == (1, 0.0, 1.0)


def test_only_refused_returns_count_and_for_the_unit_that_returned(publish: Publish) -> None:
    a = create_ticket(first_unit_code="U1", unit_code="U2", return_count=2)
    b = create_ticket(first_unit_code="U3", unit_code="U2", return_count=1)
    returns = [create_return(a["ticket_id"]), create_return(a["ticket_id"], return_no=2, verdict="agreed"),
               create_return(b["ticket_id"], unit_code="U3", verdict="pending")]  # fmt: skip
    source = publish([a, b, create_ticket(first_unit_code="U1")], (), returns)
    assert parts(source, "return_rate") == (1, 3)
    assert parts(source, "return_rate", Scope(OCTOBER.period, unit_code="U1", unit_codes=("U1",))) == (1, 2)
    assert parts(source, "return_rate", Scope(OCTOBER.period, unit_code="U2", unit_codes=("U2",))) == (0, 0)


def test_ticket_reopened_and_still_open_counts_as_rework(publish: Publish) -> None:
    again = create_ticket(is_closed=False, closed_at=None, first_closed_at=datetime(2026, 10, 12), round_count=2,
                          reworked_at=datetime(2026, 10, 14))  # fmt: skip
    source = publish([again, create_ticket()])
    assert parts(source, "rework_rate") == (1, 2)


def test_reopened_tickets_still_open_stand_beside_the_rework_rate_with_their_age(publish: Publish) -> None:
    first_closed = datetime(2026, 10, 12, 9)
    reopened = {
        "received_at": IN_OCTOBER, "first_closed_at": first_closed, "reworked_at": first_closed + timedelta(days=1),
        "round_count": 2,
    }  # fmt: skip
    still_open = create_ticket(**reopened, is_closed=False, closed_at=None)
    closed_again = create_ticket(**reopened, closed_at=first_closed + timedelta(days=3))
    never_closed = create_ticket(received_at=IN_OCTOBER, is_closed=False, closed_at=None, first_closed_at=None)
    source = publish([still_open, closed_again, never_closed, create_ticket()], as_of=IN_OCTOBER + timedelta(days=20))
    ages = opened(source, OCTOBER, "rework_rate").open_hours
    assert ages is not None
    end = datetime(2026, 10, 30, 9)  # the as-of: the month is still running
    assert ages.iloc[0].to_list() == [1, (end - IN_OCTOBER).days * 24, (end - IN_OCTOBER).days * 24]


def test_missing_limits_lower_the_coverage_not_the_denominator(publish: Publish) -> None:
    source = publish([create_ticket(), create_ticket(acknowledge_due_at=None)])
    found = figure(source, "acknowledged_on_time_rate")
    assert (found.numerator, found.denominator, found.coverage) == (1, 2, 0.5)


def test_without_any_limit_on_record_the_rate_is_a_dash_and_says_why(publish: Publish) -> None:
    source = publish([create_ticket(acknowledge_due_at=None)])
    found = figure(source, "acknowledged_on_time_rate")
    assert found.value is None
    assert "没有提供该时限" in found.note


def test_assessed_basis_leaves_approved_exclusions_out_and_says_which(publish: Publish) -> None:
    kept, gone = create_ticket(), create_ticket(is_closed=False, closed_at=None, is_excluded=True)
    asked = create_ticket()
    exclusions = [
        {"source_code": "test", "ticket_no": gone["ticket_no"], "exclusion_code": "judicial", "approved_by": "王某",
         "approved_on": date(2026, 10, 1), "evidence": "裁定书"},
        {"source_code": "test", "ticket_no": asked["ticket_no"], "exclusion_code": "refused", "approved_by": None,
         "approved_on": None, "evidence": None},
    ]  # fmt: skip
    source = publish([kept, gone, asked], exclusions=exclusions)
    found = opened(source, OCTOBER, "closure_rate")
    assert (found.bases["all"].numerator, found.bases["all"].denominator) == (2, 3)
    assert (found.bases["assessed"].numerator, found.bases["assessed"].denominator) == (2, 2)
    assert found.exclusions[["exclusion_code", "tickets"]].to_numpy().tolist() == [["judicial", 1]]


def test_calls_have_no_dimension(publish: Publish) -> None:
    calls = [{"day": date(2026, 10, d), "inbound": 100, "answered": 97} for d in range(1, 11)]
    source = publish([create_ticket()], calls=calls)
    assert figure(source, "answered_calls_rate").value == pytest.approx(0.97)
    filtered = figure(source, "answered_calls_rate", Scope(OCTOBER.period, district_code="410502"))
    assert filtered.value is None
    assert "取消筛选" in filtered.note


def test_a_running_month_is_compared_with_as_many_days(publish: Publish) -> None:
    days = [datetime(2026, 9, d, 10) for d in range(1, 31)] + [datetime(2026, 10, d, 10) for d in range(1, 11)]
    source = publish([create_ticket(received_at=d) for d in days], as_of=datetime(2026, 10, 11))
    found = figure(source, "received")
    assert (found.value, found.previous.value, found.previous.label) == (10, 10, "上月同期")
    assert found.previous.period.end == date(2026, 9, 11)


def test_periods_before_the_first_data_are_a_dash_not_zero(publish: Publish) -> None:
    source = publish([create_ticket()])
    found = figure(source, "received")
    assert found.value == 1
    assert found.previous.value is None
    assert found.last_year.value is None
    assert found.differs is None


def test_large_sets_of_hours_come_from_buckets_and_say_so(publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
    hours = [float(h) for h in range(1, 201)]
    source = publish([create_ticket(handling_hours=h) for h in hours])
    exact = figure(source, "handling_hours_p90")
    monkeypatch.setattr("lib.answers.hours.EXACT_UP_TO", 100)
    rough = figure(source, "handling_hours_p90")
    assert (exact.is_approximate, rough.is_approximate) == (False, True)
    assert exact.value == pytest.approx(180.1)
    assert rough.value == pytest.approx(exact.value, rel=0.02)
    assert rough.numerator == exact.numerator == 200


def test_trend_ends_with_the_running_month_and_knows_last_year(publish: Publish) -> None:
    moments = [datetime(2025, 10, 3), datetime(2025, 10, 4), datetime(2025, 9, 1), datetime(2026, 10, 4)]
    rows = [create_ticket(received_at=moment) for moment in moments]
    source = publish(rows, as_of=datetime(2026, 10, 20, 12))
    frame = trend(source, OCTOBER, "received").set_index("label")
    assert len(frame) == 24
    last = frame.loc["2026年10月"]
    assert (last["value"], last["last_year_value"], last["is_running"]) == (1, 2, True)
    assert frame["value"].isna().sum() == 10, "months before the first data are unknown, not zero"
    assert frame.loc["2026年1月", "value"] == 0
