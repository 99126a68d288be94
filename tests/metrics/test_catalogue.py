"""The catalogue is complete and agrees with the measures that are counted."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from lib.city import load_city
from lib.metrics.catalogue import CATALOGUE, metric
from lib.schema.measures import MEASURES

RULES = load_city("anyang").rules
DEFINED = (
    "received", "per_10k", "desk_rate", "answered_calls_rate", "acknowledged_on_time_rate", "response_rate",
    "closure_rate", "on_time_closure_rate", "callback_rate", "satisfaction_rate", "resolution_rate",
    "first_round_satisfaction_rate", "rework_rate", "return_rate", "extension_rate", "repeat_rate", "overdue_open",
    "handling_hours_median", "handling_hours_p90",
)  # fmt: skip


def test_every_metric_of_the_definitions_is_there_and_no_other() -> None:
    assert sorted(CATALOGUE) == sorted(DEFINED)


@pytest.mark.parametrize("key", DEFINED)
def test_a_metric_is_whole(key: str) -> None:
    m = CATALOGUE[key]
    assert m.key == key
    assert m.version
    assert m.source
    assert m.exclusions
    assert (m.direction in ("up", "down")) or key in ("received", "per_10k")
    assert bool(m.denominator) == (m.kind in ("ratio", "calls"))
    text = m.definition(RULES)
    assert text.startswith(f"{m.label}＝")
    assert m.cohort_label in text
    assert not re.search(r"[a-z]{3,}", text), "labels are Chinese"


@pytest.mark.parametrize("key", [k for k in DEFINED if k != "answered_calls_rate"])
def test_metrics_count_known_measures_of_one_cohort(key: str) -> None:
    m = CATALOGUE[key]
    assert set(m.measures(RULES)) <= set(MEASURES)
    if m.kind == "ratio":
        assert len({MEASURES[k].cohort for k in m.denominator}) == 1
        assert MEASURES[m.denominator[0]].cohort == m.cohort
    assert len({MEASURES[k].cohort for k in m.numerator_keys(RULES)}) == (2 if m.kind == "stock" else 1)


def test_the_citys_rules_decide_what_counts_as_satisfied_and_solved() -> None:
    strict = replace(RULES, basically_satisfied_counts=False, partly_resolved_counts=False)
    loose = replace(RULES, basically_satisfied_counts=True, partly_resolved_counts=True)
    satisfaction, resolution = CATALOGUE["satisfaction_rate"], CATALOGUE["resolution_rate"]
    assert satisfaction.numerator_keys(strict) == ("satisfied",)
    assert satisfaction.numerator_keys(loose) == ("satisfied", "basically_satisfied")
    assert resolution.numerator_keys(strict) == ("resolved",)
    assert resolution.numerator_keys(loose) == ("resolved", "partly_resolved")
    assert "“基本满意”不计入满意" in satisfaction.definition(strict)
    assert "“基本满意”计入满意" in satisfaction.definition(loose)


def test_an_unknown_metric_is_refused_with_a_sentence() -> None:
    with pytest.raises(KeyError, match="没有名为"):
        metric("happiness")
