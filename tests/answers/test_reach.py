"""What a unit sees is the same whether or not the tickets of all others exist: nothing of theirs comes through."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import select

from lib import answers
from lib.access.roles import Access, NotAllowedError
from lib.answers import FLAGS, Source, TicketQuery
from lib.answers.breakdown import BREAKDOWNS, PEER_GROUP
from lib.city import load_city
from lib.config import Settings
from lib.lists.rules import read_rules
from lib.metrics.catalogue import CATALOGUE
from lib.period import Period
from lib.queries.extent import may_open
from lib.schema import tickets as t
from lib.scope import Scope
from lib.store import TicketStore, open_store
from tests.answers.conftest import Publish
from tests.answers.reaching import Strangers, assert_same, without_others
from tests.factories import create_return, create_ticket

# Takes long: `make prove` and CI run it, `make test` does not.
pytestmark = pytest.mark.proof

UNIT, OTHER = "S02", "S03"
MONTH = Period.month(2026, 9)
KEYS = tuple(CATALOGUE)
BY_UNIT = tuple(key for key, m in CATALOGUE.items() if m.kind != "calls")
ADDED_UP = tuple(key for key in BY_UNIT if CATALOGUE[key].kind != "quantile")
# One of each kind of figure; what opens them is the same for all of a kind.
OPENED = (
    "received",
    "satisfaction_rate",
    "return_rate",
    "rework_rate",
    "overdue_open",
    "handling_hours_median",
    "per_10k",
)
RATES = tuple(key for key, m in CATALOGUE.items() if m.kind == "ratio")
T = t.tickets.c


@dataclass(frozen=True)
class Views:
    """The whole city with the unit's reach, the city without the others, and the whole city for everybody."""

    within: Source
    alone: Source
    everybody: Source
    scope: Scope
    strangers: Strangers
    tickets: dict[str, tuple[str, str]]


@pytest.fixture(scope="module")
def views(
    demo_store: TicketStore, demo_settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Views]:
    with ExitStack() as stack:
        city = load_city("demo")
        conn = stack.enter_context(demo_store.engine.connect())
        everybody = Source(conn, demo_store.pointer, city)
        reach = answers.reach_of(everybody, UNIT)
        access = Access(reach)
        other = open_store(without_others(demo_settings, tmp_path_factory.mktemp("alone"), reach), "demo")
        stack.callback(other.dispose)
        alone = Source(stack.enter_context(other.engine.connect()), other.pointer, city, access)
        yield Views(Source(conn, demo_store.pointer, city, access), alone, everybody, Scope(MONTH, reach=reach),
                    Strangers(everybody, reach), _tickets(conn, reach))  # fmt: skip


def _tickets(conn: Any, reach: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """One ticket of each kind of relation to the unit: source and number."""
    kinds = {
        "led": T.unit_code.in_(reach) & (T.round_count >= 2),
        "first dispatched": T.first_unit_code.in_(reach) & T.unit_code.not_in(reach),
        "repeated": T.unit_code.in_(reach) & T.repeat_of_id.is_not(None),
        "of others": ~may_open(reach) & (T.unit_code == OTHER),
    }
    statement = select(T.source_code, T.ticket_no).order_by(T.received_at.desc()).limit(1)
    return {name: tuple(conn.execute(statement.where(condition)).one()) for name, condition in kinds.items()}


Case = Callable[[Source, Scope, dict[str, tuple[str, str]]], Any]
CASES: dict[str, Case] = {
    "bounds_by_dimension": lambda s, q, _: [
        answers.bounds_by_dimension(s, q, by) for by in ("unit", "district", "month")
    ],
    "by_dimension": lambda s, q, _: answers.by_dimension(s, q, "received", "unit"),
    # Every metric by everything it may be split by.
    "by_dimensions": lambda s, q, _: [
        answers.by_dimensions(s, q, BY_UNIT if by != PEER_GROUP else ADDED_UP, by, with_compared=False)
        for by in BREAKDOWNS
    ],
    "category_movers": lambda s, q, _: answers.category_movers(s, q),
    "category_paths": lambda s, q, _: answers.category_paths(s),
    "channel_mix": lambda s, q, _: answers.channel_mix(s, q),
    "definitions": lambda s, q, _: answers.definitions(s, q, KEYS),
    "demand_forecast": lambda s, q, _: answers.demand_forecast(s, q),
    "dimension": lambda s, q, _: [
        answers.dimension(s, n)
        for n in ("districts", "townships", "units", "channels", "categories", "time_limit_rules")
    ],
    "enterprise": lambda s, q, _: answers.enterprise(s, q),
    "figures": lambda s, q, _: answers.figures(s, q, KEYS),
    "find_ticket": lambda s, q, known: [answers.find_ticket(s, number, source) for source, number in known.values()],
    "for_unit": lambda s, q, _: answers.for_unit(s, q, UNIT),
    "funnel": lambda s, q, _: [answers.funnel(s, q, key, "市直部门") for key in RATES[:3]],
    "hard_count": lambda s, q, _: answers.hard_count(s, q),
    "hard_tickets": lambda s, q, _: answers.hard_tickets(s, q),
    "hex_density": lambda s, q, _: answers.hex_density(s, q),
    "hour_profile": lambda s, q, _: answers.hour_profile(s, q),
    "import_history": lambda s, q, _: answers.import_history(s),
    "import_warnings": lambda s, q, _: answers.import_warnings(s, 1),
    "known_tickets": lambda s, q, known: sorted(answers.known_tickets(s, tuple(known.values()))),
    "newest_month": lambda s, q, _: answers.newest_month(s),
    "opened": lambda s, q, _: [answers.opened(s, q, key) for key in OPENED],
    "overview": lambda s, q, _: answers.overview(s, q),
    "paired": lambda s, q, _: answers.paired(s, q),
    "peer_groups": lambda s, q, _: answers.peer_groups(s),
    "population": lambda s, q, _: [answers.population(s, q, name) for name in answers.POPULATIONS],
    "population_count": lambda s, q, _: [answers.population_count(s, q, name) for name in answers.POPULATIONS],
    "quality": lambda s, q, _: answers.quality(s, q),
    "reach_of": lambda s, q, _: answers.reach_of(s, UNIT),
    "rejected_rows": lambda s, q, _: answers.rejected_rows(s, 1),
    "satisfaction_bounds": lambda s, q, _: answers.satisfaction_bounds(s, q),
    "ticket_count": lambda s, q, _: [
        *(answers.ticket_count(s, q, TicketQuery(metric_key=k, part=part))  # type: ignore[arg-type]
          for k in BY_UNIT for part in ("numerator", "denominator", "complement")),
        *(answers.ticket_count(s, q, TicketQuery(flags=(flag,))) for flag in FLAGS),
        *(answers.ticket_count(s, q, TicketQuery(number=number)) for number in ("", "2", "GD")),
    ],
    "ticket_detail": lambda s, q, known: [answers.ticket_detail(s, *known[kind]) for kind in known],
    "ticket_list": lambda s, q, known: [
        *(answers.ticket_list(s, q, TicketQuery(metric_key=k), None, 200) for k in RATES[:3]),
        answers.ticket_list(s, q, TicketQuery(), None, 2_000),
        answers.ticket_list(s, q, TicketQuery(words="路")),
        *(answers.ticket_list(s, q, TicketQuery(number=number)) for _, number in known.values()),
    ],
    "ticket_words": lambda s, q, known: [answers.ticket_words(s, *known[kind]) for kind in known],
    "topic_radar": lambda s, q, _: answers.topic_radar(s, q),
    "topic_volume": lambda s, q, _: answers.topic_volume(s, ((None, None),), MONTH.end),
    "trend": lambda s, q, _: answers.trend(s, q, "received"),
    "trends": lambda s, q, _: answers.trends(s, q, KEYS),
    "unit_profile": lambda s, q, _: answers.unit_profile(s, q, UNIT),
    "years_without_calendar": lambda s, q, _: answers.years_without_calendar(s),
}  # fmt: skip


def asked() -> set[str]:
    """Names of the public answers that are asked of a source."""
    found = set()
    for name in answers.__all__:
        value = getattr(answers, name)
        if inspect.isfunction(value) and next(iter(inspect.signature(value).parameters), "") == "source":
            found.add(name)
    return found


def test_every_answer_has_a_case() -> None:
    assert asked() == set(CASES) | {"nominate"}


def test_the_suggestion_rules_are_not_for_units(views: Views) -> None:
    with pytest.raises(NotAllowedError):
        answers.nominate(views.within, read_rules())


@pytest.mark.parametrize("name", sorted(CASES))
def test_an_answer_within_reach_knows_nothing_of_the_others(views: Views, name: str) -> None:
    within = CASES[name](views.within, views.scope, views.tickets)
    assert_same(within, CASES[name](views.alone, views.scope, views.tickets), name)
    assert views.strangers.found(within) == set()


@pytest.mark.parametrize("name", ["by_dimension", "figures", "ticket_count"])
def test_filters_do_not_widen_the_reach(views: Views, name: str) -> None:
    district = views.everybody.dimension("districts")["district_code"].iloc[0]
    for more in ({"district_code": district, "basis": "assessed"}, {"unit_code": OTHER, "unit_codes": (OTHER,)}):
        scope = replace(views.scope, **more)
        within = CASES[name](views.within, scope, views.tickets)
        assert_same(within, CASES[name](views.alone, scope, views.tickets), name)
        assert views.strangers.found(within) == set()


def test_the_strangers_would_be_found(views: Views) -> None:
    scope = replace(views.scope, reach=None)
    seen = answers.by_dimension(views.everybody, scope, "received", "unit")
    assert len(views.strangers.found(seen)) > 100
    assert views.strangers.found(answers.ticket_list(views.everybody, scope, TicketQuery()))


def test_figures_within_reach_are_those_of_the_unit(views: Views) -> None:
    chosen = answers.for_unit(views.everybody, replace(views.scope, reach=None), UNIT)
    within = answers.figures(views.within, views.scope, BY_UNIT)
    for key, figure in answers.figures(views.everybody, chosen, BY_UNIT).items():
        own = within[key]
        assert (own.numerator, own.denominator, own.value) == (figure.numerator, figure.denominator, figure.value), key


def test_an_empty_reach_sees_nothing(views: Views) -> None:
    nothing = replace(views.within, access=Access(()))
    scope = replace(views.scope, reach=())
    assert answers.figures(nothing, scope, ("received",))["received"].value == 0
    assert answers.by_dimension(nothing, scope, "received", "unit").empty
    assert answers.ticket_count(nothing, scope, TicketQuery(number="2")) == 0
    assert answers.ticket_detail(nothing, *views.tickets["led"]) is None
    assert answers.newest_month(nothing).token == "2026-10"


def test_a_ticket_opens_for_those_whose_figures_count_it(views: Views) -> None:
    opens = {kind: answers.ticket_detail(views.within, *named) is not None for kind, named in views.tickets.items()}
    assert opens == {"led": True, "first dispatched": True, "repeated": True, "of others": False}
    detail = answers.ticket_detail(views.within, *views.tickets["first dispatched"])
    assert detail is not None
    assert detail.fields["主办单位"] == "其他单位"


def test_a_unit_that_returned_a_ticket_may_open_it(publish: Publish) -> None:
    led_by_another = create_ticket(unit_code="U2", first_unit_code="U3")
    source = publish([led_by_another, create_ticket()], returns=[create_return(led_by_another["ticket_id"])])
    named = ("test", led_by_another["ticket_no"])
    assert answers.ticket_detail(replace(source, access=Access(("U1",))), *named) is not None
    assert answers.ticket_detail(replace(source, access=Access(("U4",))), *named) is None


def crowd(others: int) -> list[dict[str, Any]]:
    """Forty tickets each of unit U1 and of so many others; every fourth of the others' unsolved in time."""
    return [
        create_ticket(
            unit_code=f"U{unit}", **({"is_closed": False, "closed_at": None} if unit > 1 and not n % 4 else {})
        )
        for unit in range(1, others + 2)
        for n in range(40)
    ]


@pytest.mark.parametrize(("others", "shown"), [(4, False), (5, True)])
def test_peers_are_shown_in_a_crowd_only(publish: Publish, others: int, shown: bool) -> None:
    source = replace(publish(crowd(others)), access=Access(("U1",)))
    scope = Scope(Period.month(2026, 10), reach=("U1",))
    funnel = answers.funnel(source, scope, "closure_rate", "市直部门")
    assert list(funnel["code"]) == ["U1"]
    profile = answers.unit_profile(source, scope, "U1").peers.set_index("metric_key")
    assert funnel["centre"].notna().all() == shown
    assert (funnel["verdict"].iloc[0] is not None) == shown
    assert profile["peer_value"].notna().any() == shown
    if shown:
        pooled = (40 + 30 * others) / (40 + 40 * others)
        assert funnel["centre"].iloc[0] == pytest.approx(pooled)


def test_who_sees_figures_only_gets_no_tickets(views: Views) -> None:
    source = replace(views.everybody, access=Access(None, tickets=False))
    scope = Scope(MONTH)
    assert answers.figures(source, scope, ("received",))["received"].numerator
    for question in (
        lambda: answers.ticket_list(source, scope, TicketQuery()),
        lambda: answers.ticket_count(source, scope, TicketQuery()),
        lambda: answers.ticket_detail(source, *views.tickets["led"]),
        lambda: answers.ticket_words(source, *views.tickets["led"]),
    ):
        with pytest.raises(NotAllowedError):
            question()


def test_words_are_read_with_the_right_to_them(publish: Publish) -> None:
    open_one = create_ticket(content="我叫张三丰，电话13812345678，身份证410502199001011234")
    secret = create_ticket(restricted_class="official", content="局长收礼，电话13812345678")
    source = publish([open_one, secret])
    named, hidden = ("test", open_one["ticket_no"]), ("test", secret["ticket_no"])
    assert "138****5678" in answers.ticket_words(source, *named)["诉求内容"]
    with pytest.raises(NotAllowedError):
        answers.ticket_words(source, *named, masked=False)
    with pytest.raises(NotAllowedError):
        answers.ticket_words(source, *hidden)
    trusted = replace(source, access=Access(None, restricted=True, unmask=True))
    raw = answers.ticket_words(trusted, *named, masked=False)["诉求内容"]
    assert "13812345678" in raw
    assert "410502199001011234" not in raw
    assert answers.ticket_words(trusted, *hidden)["诉求内容"] == "局长收礼，电话138****5678"
    assert answers.ticket_words(trusted, "test", "no such") is None
