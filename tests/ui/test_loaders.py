"""Keys of the cache: equal exactly for equal questions, and never made of data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import pandas as pd
import pytest

from lib.loaders import cache_key
from lib.period import Period
from lib.scope import Scope

SCOPE = Scope(Period.month(2026, 10))


def test_equal_questions_have_equal_keys() -> None:
    assert cache_key((SCOPE, ("received",))) == cache_key((Scope(Period.month(2026, 10)), ("received",)))


@pytest.mark.parametrize(
    "other",
    [
        SCOPE.over(Period.month(2026, 9)),
        SCOPE.over(Period(date(2026, 10, 1), date(2026, 11, 1))),
        replace(SCOPE, district_code="410502"),
        replace(SCOPE, unit_codes=("a",)),
        replace(SCOPE, is_enterprise=False),
        replace(SCOPE, basis="assessed"),
    ],
)
def test_every_part_of_a_scope_is_part_of_the_key(other: Scope) -> None:
    assert cache_key(other) != cache_key(SCOPE)


def test_the_text_none_is_not_none_and_one_text_is_not_two() -> None:
    assert cache_key("None") != cache_key(None)
    assert cache_key(("a,b",)) != cache_key(("a", "b"))
    assert cache_key("1") != cache_key(1)
    assert cache_key(True) != cache_key(1)


def test_two_types_with_the_same_fields_have_different_keys() -> None:
    @dataclass(frozen=True)
    class Other:
        start: date
        end: date
        kind: str

    period = Period.month(2026, 10)
    assert cache_key(period) != cache_key(Other(period.start, period.end, period.kind))


@pytest.mark.parametrize("data", [pd.DataFrame({"a": [1]}), [1, 2], {"a": 1}, object()])
def test_data_are_refused(data: object) -> None:
    with pytest.raises(TypeError):
        cache_key((SCOPE, data))
