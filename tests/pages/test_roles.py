"""Which role finds which page and what on it: the matrix, as people meet it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from lib import loaders
from lib.access.roles import MATRIX, ROLES, Identity
from lib.access.shared import shared_assessment
from lib.city import load_city
from lib.config import ROOT, Settings
from lib.schema import assessment as a
from lib.scope import Scope
from lib.store import open_store
from lib.ui import sitemap
from tests.factories import create_callback, create_ticket, publish_rows
from tests.pages.conftest import DENIED, address, dialog, raw_page, words
from tests.people import signed_in

Acts = Callable[[], list[tuple[str, str]]]
UNIT, OTHER = "S02", "S03"
PHONE, RAW = "138****5678", "13812345678"
DASHBOARDS = ("overview", "trends", "districts", "units", "definitions")
LISTS = ("problem_list", "supervision_list", "list_item", "letters")
REGISTERS = ("reinspection", "hard_cases", "visits", "warnings", "scheduling", "results", "mechanisms")
OWN = {
    "leader": (*DASHBOARDS, *LISTS, *REGISTERS, "tickets", "suggestions"),
    "supervision": (*DASHBOARDS, *LISTS, *REGISTERS, "tickets", "list_entry", "suggestions", "audit"),
    "discipline": (*DASHBOARDS, *LISTS, *REGISTERS, "tickets", "suggestions", "audit"),
    "organisation": DASHBOARDS,
    "hotline": (*DASHBOARDS, *LISTS, *REGISTERS, "tickets", "list_entry", "suggestions", "imports", "audit"),
    "unit": (*DASHBOARDS, *LISTS, "scheduling", "tickets", "audit"),
    "kiosk": ("kiosk",),
    "system_admin": ("accounts",),
    "security_admin": ("accounts",),
    "audit_admin": ("audit",),
}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A ticket of each of two units and one of a restricted class, in the demo city's places."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("roles"), city="anyang", tickets_url=None)
    rows = [
        create_ticket(ticket_no="OWN", unit_code=UNIT, content=f"路灯不亮，电话{RAW}"),
        create_ticket(ticket_no="FOREIGN", unit_code=OTHER),
        create_ticket(ticket_no="SECRET", unit_code=UNIT, restricted_class="official", content=f"局长收礼，电话{RAW}"),
    ]
    calls = [create_callback(row["ticket_id"]) for row in rows]
    publish_rows(settings, rows, calls, pair="demo", city=load_city("demo")).dispose()
    return settings


@pytest.fixture
def city(published: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The environment that points to it."""
    monkeypatch.setenv("MINSHENG_DATA_DIR", str(published.data_dir))
    for name in ("TICKETS_URL", "ASSESSMENT_URL", "CITY"):
        monkeypatch.delenv(name, raising=False)
    return published


def person(role: str) -> dict[str, str]:
    return signed_in(role, UNIT if role == "unit" else None)  # type: ignore[arg-type]


def opened(slug: str, role: str, **parameters: str) -> AppTest:
    test = raw_page(slug, user=person(role), **parameters)
    assert not test.exception
    assert not [text for text in DENIED if text in words(test)], words(test)
    return test


@pytest.fixture
def acts(city: Settings) -> Callable[[], list[tuple[str, str]]]:
    """What the history says since the test began about readings of tickets."""
    columns = a.audit_entries.c
    statement = select(columns.action, columns.subject).order_by(columns.entry_no)
    statement = statement.where(columns.action.in_(("ticket_unmasked", "restricted_read")))

    def read() -> list[tuple[str, str]]:
        with shared_assessment(city, "demo").reading() as conn:
            return [tuple(row) for row in conn.execute(statement)]

    before = len(read())
    return lambda: read()[before:]


@pytest.mark.parametrize("role", ROLES)
def test_each_role_has_the_pages_of_the_matrix(role: str) -> None:
    everybody = () if role == "kiosk" else ("my_account",)
    found = sitemap.places_of(Identity("x", "某人", role, UNIT))  # type: ignore[arg-type]
    assert set(found) == {*OWN[role], *everybody}


def test_every_page_stands_in_the_table_and_every_place_is_a_page() -> None:
    assert {path.stem for path in (ROOT / "pages").glob("*.py")} == set(sitemap.PLACES)
    named = [place.resource for place in sitemap.PLACES.values() if place.resource is not None]
    assert {r for one in named for r in ((one,) if isinstance(one, str) else one)} <= set(MATRIX)


@pytest.mark.usefixtures("city")
@pytest.mark.parametrize("role", ["unit", "organisation", "discipline"])
def test_every_own_page_opens(role: str) -> None:
    for slug in OWN[role]:
        test = opened(slug, role)
        assert sitemap.PLACES[slug].title in words(test), slug


@pytest.mark.usefixtures("city")
@pytest.mark.parametrize(
    ("role", "slug"),
    [
        ("organisation", "tickets"), ("unit", "imports"), ("leader", "audit"), ("supervision", "accounts"),
        ("system_admin", "tickets"), ("audit_admin", "accounts"), ("kiosk", "units"),
    ],
)  # fmt: skip
def test_a_page_of_others_is_not_registered(role: str, slug: str) -> None:
    with pytest.raises(ValueError, match="Could not find a navigation page"):
        raw_page(slug, user=person(role))


@pytest.mark.usefixtures("city")
@pytest.mark.parametrize(
    ("role", "words_there"), [("system_admin", "账号"), ("audit_admin", "审计"), ("kiosk", "投影终端已就绪")]
)
def test_the_root_leads_to_the_first_page_of_the_role(role: str, words_there: str) -> None:
    said = words(raw_page("overview", user=person(role)))
    assert words_there in said
    assert "总体情况" not in said


@pytest.mark.usefixtures("city")
def test_the_page_says_who_is_signed_in() -> None:
    said = words(opened("definitions", "leader"))
    assert "测试·领导（领导）" in said
    assert 'href="sign-out"' in said


@pytest.mark.usefixtures("city")
def test_figures_without_tickets_have_no_links_to_tickets() -> None:
    for role, linked in (("leader", True), ("organisation", False)):
        links = [str(link.proto) for link in opened("overview", role, period="2026-10").get("page_link")]
        links += [str(link.proto) for link in opened("districts", role, focus="410502").get("page_link")]
        assert any("tickets" in link for link in links) == linked, role


@pytest.mark.usefixtures("city")
def test_a_unit_sees_its_own_and_cannot_ask_for_another() -> None:
    test = opened("tickets", "unit", unit=OTHER)
    assert set(test.dataframe[0].value["ticket_no"]) == {"OWN", "SECRET"}
    assert "本单位" in words(test)
    assert "只能查看本单位及下级单位的数据" in words(test)
    assert "unit" not in address(test)
    assert OTHER not in str(test.selectbox(key="f_unit").options)
    assert "没有这件工单" in dialog(opened("tickets", "unit", ticket="test~FOREIGN"))
    said = words(opened("units", "unit"))
    assert "示例市城市管理局" in said
    assert "示例市公安局" not in said


def looked_at(role: str, number: str) -> AppTest:
    """The dialog of one ticket."""
    return opened("tickets", role, ticket=f"test~{number}")


def again(test: AppTest, number: str) -> AppTest:
    """The dialog runs again as a fragment does, which AppTest does only when the page opens it again."""
    test.query_params["ticket"] = f"test~{number}"
    return test.run()


def test_one_ticket_is_unmasked_with_a_reason_and_only_once(acts: Acts) -> None:
    test = looked_at("hotline", "OWN")
    assert PHONE in dialog(test)
    assert RAW not in dialog(test)
    button = next(b for b in test.button if b.label == "查看")
    test.text_input(key="reason_OWN").set_value("短")
    button.click()
    again(test, "OWN")
    assert RAW not in dialog(test)
    assert "至少5个字" in "".join(w.value for w in test.warning)
    assert acts() == []
    test.text_input(key="reason_OWN").set_value("核对诉求人联系方式")
    next(b for b in test.button if b.label == "查看").click()
    again(test, "OWN")
    assert RAW in dialog(test)
    assert acts() == [("ticket_unmasked", "test~OWN")]
    again(test, "OWN")
    assert RAW not in dialog(test)
    assert RAW not in str(test.session_state._state.filtered_state)


@pytest.mark.parametrize("role", ["leader", "supervision", "unit"])
def test_others_read_neither_unmasked_nor_restricted(acts: Acts, role: str) -> None:
    for number in ("OWN", "SECRET"):
        test = looked_at(role, number)
        assert not [b for b in test.button if b.label in ("查看", "阅读限制件内容")]
        assert RAW not in dialog(test)
        assert "局长" not in dialog(test)
    assert acts() == []


def test_a_restricted_ticket_is_read_masked_and_each_reading_recorded(acts: Acts) -> None:
    test = looked_at("discipline", "SECRET")
    assert "局长" not in dialog(test)
    test.button(key="restricted_SECRET").click()
    again(test, "SECRET")
    assert f"局长收礼，电话{PHONE}" in dialog(test)
    assert acts() == [("restricted_read", "test~SECRET")]
    again(test, "SECRET")
    assert "局长" not in dialog(test)


@pytest.mark.usefixtures("city")
def test_nothing_is_shown_that_could_not_be_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    from lib.access import audit

    test = looked_at("hotline", "SECRET")

    def broken(*_: object, **__: object) -> int:
        raise audit.BrokenChainError("审计链的末端记录丢失")

    monkeypatch.setattr(audit, "append", broken)
    test.button(key="restricted_SECRET").click()
    again(test, "SECRET")
    assert "局长" not in dialog(test)


@pytest.mark.usefixtures("city")
def test_numbers_cannot_be_guessed_by_searching() -> None:
    for role, found in (("leader", {"OWN", "FOREIGN", "SECRET"}), ("hotline", {"OWN"})):
        test = opened("tickets", role, q=RAW[:7])
        assert set(test.dataframe[0].value["ticket_no"]) == found


def test_a_scope_of_another_reach_is_refused(city: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that would forget the reach is a fault, and shows nothing."""
    from lib import answers
    from lib.period import Period

    store = open_store(city, "demo")
    monkeypatch.setattr(loaders, "store", lambda: store)
    monkeypatch.setattr(loaders, "identity", lambda: Identity("x", "某人", "unit", UNIT))
    reach = loaders.access().reach
    assert reach is not None
    assert UNIT in reach
    month = Period.month(2026, 10)
    with pytest.raises(ValueError, match="reach"):
        loaders.ask(answers.figures, Scope(month), ("received",))
    with pytest.raises(ValueError, match="reach"):
        loaders.later(answers.figures, Scope(month), ("received",))
    assert loaders.ask(answers.figures, Scope(month, reach=reach), ("received",))["received"].value == 2
    monkeypatch.setattr(loaders, "identity", lambda: Identity("x", "某人", "leader"))
    assert loaders.ask(answers.figures, Scope(month), ("received",))["received"].value == 3
    store.dispose()
