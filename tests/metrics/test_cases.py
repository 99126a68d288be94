"""More than 1,000 generated cases (scenario × scope × metric) against an independent computation,
more than 200 of them on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import pytest

from lib import answers
from lib.answers import Figure, Source
from lib.city import load_city
from lib.config import Settings
from lib.metrics.catalogue import CATALOGUE
from lib.period import Period
from lib.scope import Scope
from tests.factories import publish_rows
from tests.metrics.reference import Reference
from tests.metrics.scenario import Scenario, make_scenario, make_scope

SCOPES = 6
CASES = {
    "duckdb": [(seed, n) for seed in range(1, 9) for n in range(SCOPES)],
    "postgres": [(seed, n) for seed in (21, 22) for n in range(SCOPES)],
}
QUESTIONS = [(base, seed, n) for base, pairs in CASES.items() for seed, n in pairs]


@dataclass(frozen=True)
class Asked:
    """One scenario: the figures of all its scopes, and the independent computation."""

    scenario: Scenario
    reference: Reference
    figures: list[dict[str, Figure]]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, int, str | None], Asked]:
    """Publishes a scenario and asks all its questions, once."""

    @cache
    def publish_and_ask(base: str, seed: int, url: str | None) -> Asked:
        scenario = make_scenario(seed)
        settings = Settings(tmp_path_factory.mktemp(base), "anyang", url)
        city = load_city("anyang")
        rules = replace(city.rules, basically_satisfied_counts=seed % 2 == 0, partly_resolved_counts=seed % 3 == 0)
        store = publish_rows(settings, scenario.tickets, **scenario.rows(), as_of=scenario.as_of)
        with store.engine.connect() as conn:
            source = Source(conn, store.pointer, replace(city, rules=rules))
            scopes = [make_scope(seed * 100 + n, scenario.as_of) for n in range(SCOPES)]
            figures = [answers.figures(source, scope, tuple(CATALOGUE)) for scope in scopes]
        store.dispose()
        reference = Reference(scenario, rules.basically_satisfied_counts, rules.partly_resolved_counts)
        return Asked(scenario, reference, figures)

    return publish_and_ask


def test_there_are_a_thousand_cases_and_two_hundred_on_postgres() -> None:
    assert len(QUESTIONS) * len(CATALOGUE) >= 1000
    assert len(CASES["postgres"]) * len(CATALOGUE) >= 200


@pytest.mark.parametrize("key", CATALOGUE)
@pytest.mark.parametrize(("base", "seed", "n"), QUESTIONS)
def test_figure_equals_the_independent_computation(
    ask: Callable[[str, int, str | None], Asked], request: pytest.FixtureRequest, base: str, seed: int, n: int, key: str
) -> None:
    url = request.getfixturevalue("postgres_url") if base == "postgres" else None
    asked = ask(base, seed, url)
    figure, reference = asked.figures[n][key], asked.reference
    scope = make_scope(seed * 100 + n, asked.scenario.as_of)
    now = reference.value(key, scope)
    assert (figure.numerator, figure.denominator) == (now.numerator, now.denominator)
    assert figure.value == pytest.approx(now.value)
    assert figure.today == pytest.approx(reference.value(key, scope, mature=False).value)
    for window, compared in (("previous", figure.previous), ("last_year", figure.last_year)):
        expected = reference.value(key, scope, window)
        assert (compared.numerator, compared.denominator) == (expected.numerator, expected.denominator), window
        assert compared.value == pytest.approx(expected.value), window


@pytest.mark.parametrize("seed", [1, 4])
def test_generated_scenarios_ask_about_every_metric(seed: int) -> None:
    """The comparison would prove nothing if the generated cases had empty numerators."""
    reference = Reference(make_scenario(seed), True, False)
    for key in CATALOGUE:
        expected = reference.value(key, Scope(Period.parse("2026-Q3")))
        assert expected.numerator, key
        assert expected.denominator is None or expected.numerator <= expected.denominator, key
