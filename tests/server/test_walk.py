"""The walk: every role × every page × every action, over raw HTTP and websocket, against a served demo city.

What each role may open is written down here once more, by hand, from the table of the safety page: the code's
own matrix is what is being tested.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from websockets.exceptions import ConnectionClosed, InvalidStatus

from lib.access.audit import COMMAND_LINE
from lib.access.roles import ROLES
from lib.assessment_store import open_assessment
from lib.commands.accounts import AddAccount, handle
from lib.commands.devices import RegisterDevice, register
from lib.config import Settings
from lib.schema import tickets as t
from lib.store import open_store
from tests.browser.serving import start_server
from tests.server.walking import Opened, Tab, Visitor

# Takes long: `make prove` and CI run it, `make test` does not.
pytestmark = pytest.mark.proof

# Slug → the roles that may open it.
SEES = frozenset({"leader", "supervision", "discipline", "organisation", "hotline", "unit"})
PAGES: dict[str, frozenset[str]] = {
    "overview": SEES, "trends": SEES, "districts": SEES, "units": SEES, "definitions": SEES,
    "tickets": SEES - {"organisation"},
    **dict.fromkeys(("problem_list", "supervision_list", "list_item", "letters"), SEES - {"organisation"}),
    **dict.fromkeys(("reinspection", "hard_cases", "visits", "warnings", "suggestions", "results", "mechanisms"),
                    SEES - {"organisation", "unit"}),
    "scheduling": SEES - {"organisation"},
    "list_entry": frozenset({"supervision", "hotline"}),
    "imports": frozenset({"hotline"}),
    "accounts": frozenset({"system_admin", "security_admin"}),
    "audit": frozenset({"supervision", "discipline", "hotline", "unit", "audit_admin"}),
    "my_account": frozenset(ROLES) - {"kiosk"},
    "kiosk": frozenset({"kiosk"}),
}  # fmt: skip
BY_CLICK = ("leader", "supervision", "discipline", "organisation", "hotline", "system_admin")
BY_PASSWORD = ("security_admin", "audit_admin", "unit")
TEMPORARY, CHOSEN = "Yun-Shan7-first", "Qing-He9-second"
# What a page says when something went wrong in it.
FAULTS = ("故障编号", "没有权限", "数据暂时不能使用", "请重新登录")
PLAIN_PATHS = (
    "/", "/overview", "/trends", "/tickets", "/accounts", "/audit", "/index.html", "/static/js/index.js",
    "/_stcore/health", "/_stcore/host-config", "/_stcore/metrics", "/_stcore/upload_file/a/b", "/media/abc.xlsx",
    "/component/a/b", "/exports/abc", "/password", "/favicon.png", "/%2e%2e/overview", "//overview", "/sign-in/x",
    "/oidc/start", "/kiosk/x", "/static/../overview",
)  # fmt: skip
TICKET_NUMBER = re.compile(r"(?=(20\d{14}))")
CODE = re.compile(r"(?<![A-Za-z0-9_])[GSA-Z]\d{1,6}(?![A-Za-z0-9_])")


@dataclass(frozen=True)
class Secrets:
    """What the unit of the walk must never be sent: names, codes and ticket numbers of others."""

    unit: str
    names: frozenset[str]
    codes: frozenset[str]
    numbers: frozenset[str]
    districts: tuple[str, ...]


@pytest.fixture(scope="module")
def city(demo_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A copy of the demo city: signing in writes."""
    folder = tmp_path_factory.mktemp("walk") / "var"
    shutil.copytree(demo_settings.data_dir, folder, ignore=shutil.ignore_patterns("assessment.db*", "logs"))
    return Settings(data_dir=folder, city="anyang", tickets_url=None)


@pytest.fixture(scope="module")
def others(city: Settings) -> Secrets:
    """A county unit with units below it, and everything that is somebody else's."""
    store = open_store(city, "demo")
    with store.engine.connect() as conn:
        units = conn.execute(select(t.units)).all()
        tickets = conn.execute(select(t.tickets.c.ticket_no, t.tickets.c.unit_code)).all()
        districts = conn.execute(
            select(t.districts.c.district_code, t.districts.c.name, t.districts.c.short_name)
        ).all()
    store.dispose()
    parents = {u.parent_code for u in units}
    unit = next(u.unit_code for u in units if u.level == 2 and u.parent_code == "G2" and u.unit_code in parents)
    own = {unit}
    while more := {u.unit_code for u in units if u.parent_code in own} - own:
        own |= more
    # A name that is part of an own one, or of a place's, tells nothing.
    said = "\n".join([u.name for u in units if u.unit_code in own] + [u.short_name for u in units if u.unit_code in own]
                     + [d.name for d in districts])  # fmt: skip
    foreign = [u for u in units if u.unit_code not in own and u.level > 1]
    names = {name for u in foreign for name in (u.name, u.short_name) if name not in said}
    numbers = {row.ticket_no for row in tickets if row.unit_code not in own}
    codes = {u.unit_code for u in foreign}
    return Secrets(unit, frozenset(names), frozenset(codes), frozenset(numbers), tuple(d[0] for d in districts))


@pytest.fixture(scope="module")
def url(city: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    for server in start_server(city.data_dir, tmp_path_factory.mktemp("walk-log") / "server.log"):
        yield server.url


@pytest.fixture(scope="module")
def people(city: Settings, url: str, others: Secrets) -> dict[str, Visitor]:
    """One visitor per role, each signed in the way the role is."""
    found = {role: Visitor(url) for role in ROLES}
    store = open_assessment(city, "demo")
    for role in BY_PASSWORD:
        unit = others.unit if role == "unit" else None
        name = f"walker-{role.replace('_', '-')}"
        handle(store, AddAccount(name, ROLES[role], role, unit, TEMPORARY), COMMAND_LINE)
        assert found[role].sign_in(name=name, password=TEMPORARY).status_code == 303
        chosen = {"old": TEMPORARY, "new": CHOSEN, "again": CHOSEN}
        assert found[role].ask("POST", "/password", data=chosen).headers["location"] == "/"
    for role in BY_CLICK:
        assert found[role].sign_in(demo=role).headers["location"] == "/"
    code = register(store, COMMAND_LINE, RegisterDevice("一号会议室"), now=datetime.now(UTC)).code
    assert found["kiosk"].ask("POST", "/kiosk", data={"code": code}).status_code == 303
    store.dispose()
    return found


@pytest.fixture(scope="module")
def walked(people: dict[str, Visitor]) -> dict[str, dict[str, Opened]]:
    """Role → slug → what came when it was asked for by its name; every role asks for every page."""
    found: dict[str, dict[str, Opened]] = {}
    for role, person in people.items():
        with person.tab() as tab:
            found[role] = {slug: tab.open("" if slug == "overview" else slug) for slug in PAGES}
    return found


def own_pages(role: str) -> set[str]:
    return {slug for slug, roles in PAGES.items() if role in roles}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_offered_exactly_its_pages(role, walked):
    # The page at the root has the empty name; for who has no overview it is one that leads on.
    expected = own_pages(role) - {"overview"} | {""}
    for opened in walked[role].values():
        assert set(opened.pages) == expected


@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_its_pages_and_no_other_by_name(role, walked):
    for slug, opened in walked[role].items():
        if slug in own_pages(role):
            assert opened.slug == ("" if slug == "overview" else slug), slug
            assert "page_not_found" not in opened.kinds
            assert [word for word in FAULTS if word in opened.text] == [], slug
        else:
            # Streamlit says that there is no such page, and shows the first one of the role.
            assert opened.ran in opened.pages.values(), slug
            assert opened.slug != slug


@pytest.mark.parametrize("role", ROLES)
def test_nobody_opens_a_page_by_its_hash(role, walked, people):
    hashes = {slug: page_hash for pages in walked.values() for slug, page_hash in pages["overview"].pages.items()}
    own = set(walked[role]["overview"].pages.values())
    with people[role].tab() as tab:
        for slug, page_hash in hashes.items():
            if page_hash not in own:
                assert tab.open("", page_hash=page_hash).ran in own, slug


def test_no_file_of_one_session_is_served_to_another(walked, people):
    offered = {role: set().union(*(opened.exports for opened in pages.values())) for role, pages in walked.items()}
    for role, pages in walked.items():
        assert {opened.slug or "overview" for opened in pages.values() if opened.exports} <= own_pages(role), role
    assert offered["kiosk"] == set()
    assert all(offered[role] for role in SEES)
    stranger = Visitor(people["leader"].url)
    for owner, refs in offered.items():
        for ref in refs:
            for role in ROLES:
                if role != owner:
                    answer = people[role].ask("GET", f"/exports/{ref}")
                    assert answer.status_code == 404, (owner, role)
        for ref in list(refs)[:2]:
            assert stranger.ask("GET", f"/exports/{ref}").status_code == 401


def test_each_role_fetches_what_it_was_offered(walked, people):
    for role in sorted(SEES):
        ref = sorted(walked[role]["trends"].exports)[0]
        answer = people[role].ask("GET", f"/exports/{ref}")
        assert answer.status_code == 200, role
        assert answer.headers["cache-control"] == "no-store"


def test_what_the_walk_looks_for_is_there_for_others(walked, people, others):
    """The next test would find it: who sees the whole city is sent foreign names, codes and numbers."""
    said = "\n".join(opened.text for opened in walked["hotline"].values())
    assert len([name for name in others.names if name in said]) > 20
    assert len(foreign_numbers(said, others)) > 20
    code = sorted(others.codes)[-1]
    with people["hotline"].tab() as tab:
        assert code in foreign_codes(tab.open("units", f"unit={code}").text, others)


def test_a_unit_is_never_sent_what_is_another_units(people, others):
    foreign = sorted(others.numbers)[-1]
    asked = [("", ""), *((slug, "") for slug in ("trends", "districts", "units", "tickets", "definitions", "audit"))]
    asked += [(slug, f"unit={code}") for slug in ("", "units", "tickets") for code in sorted(others.codes)[:2]]
    asked += [("tickets", f"no={foreign[:8]}"), ("tickets", "flag=overdue"), ("trends", "period=2026")]
    asked += [("units", "period=2026-Q3"), ("tickets", f"district={others.districts[0]}")]
    with people["unit"].tab() as tab:
        for slug, query in asked:
            assert_own_only(tab.open(slug, query), others, f"{slug}?{query}")
        # The number that was typed comes back, and nothing else does.
        sent = tab.open("tickets", f"ticket=demo~{foreign}")
        assert_own_only(sent, others, "a foreign ticket", but=foreign)


def assert_own_only(opened: Opened, others: Secrets, where: str, but: str = "") -> None:
    said = opened.text
    assert [name for name in others.names if name in said] == [], where
    assert foreign_numbers(said, others) - {but} == set(), where
    assert foreign_codes(said, others) == set(), where


def foreign_numbers(said: str, others: Secrets) -> set[str]:
    return set(TICKET_NUMBER.findall(said)) & others.numbers


def foreign_codes(said: str, others: Secrets) -> set[str]:
    return set(CODE.findall(said)) & others.codes


@pytest.mark.parametrize("path", PLAIN_PATHS)
def test_strangers_get_nothing(url, path):
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"):
        answer = Visitor(url).ask(method, path)
        assert answer.status_code in (303, 401, 403, 404, 405), (method, path)
        if answer.status_code == 303:
            assert answer.headers["location"].startswith("/sign-in"), (method, path)
        assert len(answer.content) < 4000


def test_strangers_open_no_websocket(url, people):
    token = people["leader"].http.cookies["minsheng_session"]
    forged = ({}, {"x_ms_session": "0" * 32, "x_ms_gate": "0" * 64}, {"Cookie": f"minsheng_session={token[:-2]}aa"})
    for headers in forged:
        with pytest.raises(InvalidStatus) as refused, Visitor(url).tab(**headers):
            pytest.fail("the websocket opened")
        assert refused.value.response.status_code == 403


def test_no_act_is_taken_from_another_site(people):
    for role, person in people.items():
        for path in ("/sign-in", "/sign-out", "/password", "/kiosk"):
            answer = person.ask("POST", path, headers={"Origin": "https://elsewhere.example"}, data={"demo": role})
            assert answer.status_code == 403, (role, path)


def test_a_session_that_ended_closes_its_tabs_and_opens_nothing(people):
    person = Visitor(people["leader"].url)
    person.sign_in(demo="leader")
    kept = dict(person.http.cookies)
    with person.tab() as tab:
        assert tab.open("").slug == ""
        person.ask("POST", "/sign-out")
        assert is_closed(tab)
    person.http.cookies.update(kept)
    assert person.ask("GET", "/").headers["location"].startswith("/sign-in")
    with pytest.raises(InvalidStatus), person.tab():
        pytest.fail("the websocket opened")


def is_closed(tab: Tab) -> bool:
    """Whether the server closes the websocket within five seconds."""
    try:
        while True:
            tab.channel.recv(timeout=5)
    except ConnectionClosed:
        return True
    except TimeoutError:
        return False
