"""The parts of the filters that need no page: addresses, periods on offer, labels."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pandas as pd
import pytest

from lib.period import Period
from lib.scope import Scope
from lib.ui.filters import _labels, parameters
from lib.ui.periods import CUSTOM, periods
from lib.ui.periods import shown as period_shown

AS_OF = datetime(2026, 10, 21)  # the midnight that ends 20 October


def test_an_address_always_names_the_period() -> None:
    assert parameters(Scope(Period.month(2026, 10))) == {"period": "2026-10"}


def test_an_address_names_every_restriction() -> None:
    scope = Scope(
        Period.quarter(2026, 3), district_code="d", unit_code="u", unit_codes=("u", "v"), category_code="c",
        category_level=1, channel_code="h", request_type="投诉", is_enterprise=False, basis="assessed",
    )  # fmt: skip
    assert parameters(scope) == {
        "period": "2026-Q3", "district": "d", "unit": "u", "category": "c", "channel": "h", "type": "投诉",
        "enterprise": "0", "basis": "assessed",
    }  # fmt: skip


def test_scopes_with_different_answers_have_different_addresses() -> None:
    scope = Scope(Period.month(2026, 10))
    assert parameters(replace(scope, is_enterprise=True)) != parameters(replace(scope, is_enterprise=False))


def test_the_running_month_quarter_and_year_come_first() -> None:
    assert periods(AS_OF)[:5] == ["2026-10", "2026-Q4", "2026", CUSTOM, "2026-09"]


def test_no_period_is_offered_twice() -> None:
    offered = periods(AS_OF)
    assert len(offered) == len(set(offered))


def test_an_extraction_at_midnight_of_the_first_offers_the_month_before() -> None:
    assert periods(datetime(2026, 11, 1))[0] == "2026-10"


@pytest.mark.parametrize(
    ("token", "shown", "days"),
    [
        ("2026-09", "2026-09", None),
        ("2025", "2025", None),
        ("2009-01", "2009-01", None),  # without data, but somebody asks for it
        ("2026-10-05", CUSTOM, (date(2026, 10, 5), date(2026, 10, 5))),
        ("2026-10-01..2026-10-15", CUSTOM, (date(2026, 10, 1), date(2026, 10, 15))),
        ("2026-10-15..2026-12-31", CUSTOM, (date(2026, 10, 15), date(2026, 10, 20))),
        ("2026-12", "2026-10", None),  # wholly in the future
        ("2026-10-15..2026-10-01", "2026-10", None),  # reversed
        ("gibberish", "2026-10", None),
        (None, "2026-10", None),
    ],
)
def test_a_period_in_the_address_is_shown_as_it_is_or_not_at_all(
    token: str | None, shown: str, days: tuple[date, date] | None
) -> None:
    assert period_shown(token, AS_OF, Period.month(2026, 10)) == (shown, days)


def test_equal_names_carry_their_codes_and_a_renamed_one_its_newest_name() -> None:
    frame = pd.DataFrame({"code": ["1", "2", "3", "3"], "name": ["住建局", "住建局", "旧名", "水利局"]})
    assert _labels(frame, "code", "name") == {"1": "住建局（1）", "2": "住建局（2）", "3": "水利局"}
