"""Sign-in through a real identity provider on loopback: who comes in, and that every lie is refused."""

import dataclasses
import functools
import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from lib.access import sessions
from lib.assessment_store import AssessmentStore
from lib.config import ConfigError, Settings
from lib.schema import assessment as a
from lib.server import cookies, oidc
from lib.server.oidc_settings import OidcSettings
from tests.access.stores import NOW, put_account, rows
from tests.server.identity_provider import CLIENT, NEXT_KEY, SECRET, IdentityProvider, served

PERSON = {"sub": "u-1001", "preferred_username": "Zhang.San", "name": "张三", "groups": ["staff", "hotline-center"]}
ROLES = (("city-leaders", "leader"), ("hotline-center", "hotline"), ("handling-unit", "unit"))


class Stage:
    """A served place where each test puts an application of its own: starting servers takes longer than tests."""

    app: ASGIApp
    url: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


class Site:
    """Our own two routes, served for real; `changed` are settings other than the usual."""

    def __init__(self, stage: Stage, provider: IdentityProvider, settings: Settings, **changed: object) -> None:
        self.url = stage.url
        given = OidcSettings(
            issuer=provider.url, client_id=CLIENT, client_secret=SECRET, redirect_url=f"{self.url}/oidc/callback",
            roles=ROLES, unit_claim="unit", on_unknown="create",
        )  # fmt: skip
        self.oidc = oidc.Oidc(dataclasses.replace(given, **changed), "signing secret", lambda: settings)
        stage.app = Starlette(routes=self.oidc.routes())

    def sign_in(self, browser: requests.Session | None = None) -> requests.Response:
        return (browser or requests.Session()).get(f"{self.url}/oidc/start", timeout=10)

    def leave(self, browser: requests.Session) -> str:
        """Go to the provider, and stop at the address where it leads back to."""
        there = browser.get(f"{self.url}/oidc/start", timeout=10, allow_redirects=False).headers["location"]
        return browser.get(there, timeout=10, allow_redirects=False).headers["location"]


@pytest.fixture(scope="module")
def stages() -> Iterator[tuple[Stage, Stage]]:
    """One for the provider, one for us."""
    theirs, ours = Stage(), Stage()
    with served(theirs) as theirs.url, served(ours) as ours.url:
        yield theirs, ours


@pytest.fixture
def provider(stages: tuple[Stage, Stage]) -> IdentityProvider:
    found = IdentityProvider(person=dict(PERSON), url=stages[0].url)
    stages[0].app = found.app()
    return found


@pytest.fixture
def make_site(stages: tuple[Stage, Stage], provider: IdentityProvider, settings: Settings) -> Callable[..., Site]:
    """Our routes with settings other than the usual."""
    return functools.partial(Site, stages[1], provider, settings)


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site()


@pytest.fixture
def city(demo_accounts: AssessmentStore) -> AssessmentStore:
    """Accounts of the pair in use."""
    return demo_accounts


def outcomes(store: AssessmentStore) -> list[str]:
    return [row.outcome for row in rows(store, a.sign_ins)]


def actions(store: AssessmentStore) -> list[str]:
    return [row.action for row in rows(store, a.audit_entries)]


def assert_refused(answer: requests.Response, store: AssessmentStore) -> None:
    """No session, no cookie, a sentence, nothing secret in it."""
    assert answer.status_code in (400, 403, 502)
    assert cookies.SESSION not in answer.headers.get("set-cookie", "")
    assert [row for row in rows(store, a.sessions) if row.ended_at is None] == []
    assert "没有登录" in answer.text


def test_a_mapped_person_comes_in(site, city):
    answer = site.sign_in(browser := requests.Session())
    assert answer.status_code == 200
    # A page of ours leads on: after a redirect the browser would keep the strict cookie back.
    assert 'content="0;url=/"' in answer.text
    assert answer.headers["cache-control"] == "no-store"
    cookie = next(part for part in answer.raw.headers.getlist("set-cookie") if part.startswith(cookies.SESSION))
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    with city.reading() as conn:
        started = rows(city, a.sessions)[0].started_at
        found = sessions.by_token(conn, browser.cookies[cookies.SESSION], now=started)
    assert found is not None
    assert (found.identity.account, found.identity.display_name, found.identity.role) == (
        "zhang.san",
        "张三",
        "hotline",
    )
    account = rows(city, a.accounts)[0]
    assert (account.origin, account.password_hash) == ("oidc", None)
    assert account.subject.endswith("|u-1001")
    assert actions(city) == ["account_added", "sign_in"]
    assert outcomes(city) == ["succeeded"]


def test_the_waiting_cookie_is_short_lived_and_bound_to_the_callback(site):
    answer = requests.get(f"{site.url}/oidc/start", timeout=10, allow_redirects=False)
    cookie = answer.headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=lax", "Max-Age=600", "Path=/oidc/callback"):
        assert part in cookie
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    assert asked["redirect_uri"] == [f"{site.url}/oidc/callback"]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80"])
def test_the_way_back_is_the_setting_whatever_host_is_named(site, host):
    answer = requests.get(f"{site.url}/oidc/start", headers={"Host": host}, timeout=10, allow_redirects=False)
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    assert asked["redirect_uri"] == [site.oidc.settings.redirect_url]


LIES = {
    "wrong nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "wrong audience": {"aud": "another-client"},
    "many audiences, meant for another": {"aud": [CLIENT, "another"], "azp": "another"},
    "no audience": {"aud": None},
    "expired": {"exp": 1_700_000_000},
    "no expiry": {"exp": None},
    "endless": {"exp": float("inf")},
    "issued in the future": {"iat": 4_000_000_000},
    "wrong issuer": {"iss": "https://elsewhere.example"},
    "no subject": {"sub": None},
    "empty subject": {"sub": ""},
    "subject of another kind": {"sub": 7},
    "subject too long": {"sub": "x" * 300},
}


@pytest.mark.parametrize("lie", LIES)
def test_an_untrue_token_leaves_no_session(site, provider, city, lie, caplog):
    provider.changed_claims = LIES[lie]
    answer = site.sign_in()
    assert_refused(answer, city)
    assert rows(city, a.accounts) == []
    number = re.search(r"故障编号 ([0-9a-f]{8})", answer.text)[1]
    assert number in caplog.text
    assert provider.last_id_token not in caplog.text
    assert SECRET not in caplog.text


def test_a_token_signed_by_another_key_leaves_no_session(site, provider, city):
    provider.signs_with_other_key = True
    assert_refused(site.sign_in(), city)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS512"])
def test_only_the_fixed_algorithms_count(site, provider, city, algorithm):
    provider.algorithm = algorithm
    assert_refused(site.sign_in(), city)


def test_a_changed_key_is_looked_up_again(site, provider, city, monkeypatch):
    monkeypatch.setattr("lib.server.oidc_client.KEYS_AGAIN_SECONDS", 0)
    assert site.sign_in().status_code == 200
    provider.key = NEXT_KEY
    assert site.sign_in().status_code == 200


def test_an_answer_counts_once(site, city):
    browser = requests.Session()
    back = site.leave(browser)
    waiting = browser.cookies.get_dict()
    assert browser.get(back, timeout=10).status_code == 200
    with city.writing() as conn:
        sessions.end(conn, rows(city, a.sessions)[0].session_ref, "signed_out", now=NOW)
    # With the very cookie that was taken away after the first time.
    assert_refused(requests.get(back, cookies=waiting, timeout=10), city)


def test_an_answer_without_the_cookie_of_the_browser_that_asked_is_refused(site, city):
    assert_refused(requests.get(site.leave(requests.Session()), timeout=10), city)


def test_an_answer_to_another_browser_is_refused(site, city):
    back, other = site.leave(requests.Session()), requests.Session()
    site.leave(other)
    assert_refused(other.get(back, timeout=10), city)


def test_a_forged_or_old_cookie_is_refused(site, city, monkeypatch):
    browser = requests.Session()
    back = site.leave(browser)
    assert_refused(requests.get(back, cookies={oidc.COOKIE: "made.up.value"}, timeout=10), city)
    monkeypatch.setattr(oidc, "WAITING_SECONDS", -1)
    assert_refused(browser.get(back, timeout=10), city)


def test_a_cancelled_sign_in_says_so(site, provider, city):
    provider.refuses = "access_denied"
    answer = site.sign_in()
    assert_refused(answer, city)
    assert "取消" in answer.text


def test_a_provider_that_is_away_gives_a_sentence_and_a_number(make_site, city, caplog):
    site = make_site(issuer="http://127.0.0.1:9")
    answer = site.sign_in()
    assert_refused(answer, city)
    assert "暂时无法连接" in answer.text
    assert re.search(r"故障编号 [0-9a-f]{8}", answer.text)[0].split()[1] in caplog.text


def test_an_unknown_person_is_refused_where_the_setting_says_so(make_site, city):
    site = make_site(on_unknown="refuse")
    answer = site.sign_in()
    assert_refused(answer, city)
    assert "系统管理员登记" in answer.text
    assert outcomes(city) == ["not_allowed"]
    assert actions(city) == ["sign_in_failed"]
    assert rows(city, a.accounts) == []


def test_a_registered_person_keeps_the_role_of_the_account_where_nothing_is_mapped(make_site, provider, city):
    put_account(city, "zhang", role="supervision", origin="oidc", subject=f"{provider.url}|u-1001")
    site = make_site(on_unknown="refuse", roles=())
    assert site.sign_in().status_code == 200
    assert [row.role for row in rows(city, a.accounts)] == ["supervision"]


def test_a_person_without_a_mapped_role_is_refused(site, provider, city):
    provider.person["groups"] = ["staff", "system_admin"]
    assert_refused(site.sign_in(), city)
    assert rows(city, a.accounts) == []


def test_a_unit_needs_its_code(site, provider, city):
    provider.person["groups"] = "handling-unit"
    assert_refused(site.sign_in(), city)
    provider.person["unit"] = "U03"
    assert site.sign_in().status_code == 200
    assert [(row.role, row.unit_code) for row in rows(city, a.accounts)] == [("unit", "U03")]


def test_a_disabled_account_stays_out(site, provider, city):
    put_account(city, "zhang", origin="oidc", subject=f"{provider.url}|u-1001", disabled_at=NOW.replace(tzinfo=None))
    assert_refused(site.sign_in(), city)
    assert outcomes(city) == ["disabled"]


def test_a_role_that_changed_at_the_provider_counts_from_the_next_sign_in(site, provider, city):
    browser = requests.Session()
    site.sign_in(browser)
    provider.person["groups"] = ["city-leaders", "hotline-center"]
    assert site.sign_in().status_code == 200
    assert [row.role for row in rows(city, a.accounts)] == ["leader"]
    assert actions(city) == ["account_added", "sign_in", "role_changed", "sign_in"]
    ended = [row.end_reason for row in rows(city, a.sessions) if row.ended_at is not None]
    assert ended == ["role_changed"]


def test_a_role_that_was_withdrawn_ends_the_sessions(site, provider, city):
    site.sign_in()
    provider.person["groups"] = []
    assert_refused(site.sign_in(), city)


def test_a_namesake_gets_no_hold_of_a_local_account(site, city):
    put_account(city, "zhang.san", role="leader")
    assert site.sign_in().status_code == 200
    local, made = sorted(rows(city, a.accounts), key=lambda row: row.account_id)
    assert (local.role, local.subject) == ("leader", None)
    assert made.name.startswith("zhang.san-")
    assert [row.account_id for row in rows(city, a.sessions)] == [made.account_id]


@pytest.mark.parametrize("name", ["system", "command-line", "demo-leader", "张三", "", "a b"])
def test_nobody_is_called_like_the_system_itself(site, provider, city, name):
    provider.person["preferred_username"] = name
    assert site.sign_in().status_code == 200
    assert rows(city, a.accounts)[0].name.startswith("oidc-" if name else "u-1001")


def test_a_database_that_is_away_gives_a_sentence_and_a_number(site, city, monkeypatch):
    def away(_settings: Settings) -> AssessmentStore:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(oidc, "shared_assessment", away)
    answer = site.sign_in()
    assert answer.status_code == 503
    assert re.search(r"故障编号 [0-9a-f]{8}", answer.text)
    assert rows(city, a.sessions) == []


def test_a_sign_in_leaves_no_token_in_the_database(site, provider, city):
    browser = requests.Session()
    site.sign_in(browser)
    with city.reading() as conn:
        kept = " ".join(str(tuple(row)) for table in a.metadata.sorted_tables for row in conn.execute(select(table)))
    assert browser.cookies[cookies.SESSION] not in kept
    assert provider.last_id_token not in kept


ENVIRONMENT = {
    "OIDC_ISSUER": "https://id.example.gov.cn/",
    "OIDC_CLIENT_ID": "minsheng",
    "OIDC_CLIENT_SECRET": "s",
    "OIDC_REDIRECT_URL": "https://minsheng.example.gov.cn/oidc/callback",
    "OIDC_ROLES": "hotline-center:hotline, urn:x:leaders:leader",
}


def test_settings_are_read(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("from a file\n", "utf-8")
    given = ENVIRONMENT | {"OIDC_CLIENT_SECRET": "", "OIDC_CLIENT_SECRET_FILE": str(secret), "OIDC_UNKNOWN": "create"}
    found = OidcSettings.from_env(given)
    assert found.issuer == "https://id.example.gov.cn"
    assert found.roles == (("hotline-center", "hotline"), ("urn:x:leaders", "leader"))
    assert (found.label, found.on_unknown, found.client_secret) == ("统一身份认证", "create", "from a file")
    assert "from a file" not in repr(found)
    assert OidcSettings.from_env({}) is None
    assert oidc.button(None) is None
    assert oidc.button(found).label == "使用统一身份认证登录"


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"OIDC_CLIENT_ID": ""}, "OIDC_CLIENT_ID"),
        ({"OIDC_CLIENT_SECRET": ""}, "OIDC_CLIENT_SECRET"),
        ({"OIDC_CLIENT_SECRET_FILE": "nowhere"}, "只能设置一个"),
        ({"OIDC_CLIENT_SECRET": "", "OIDC_CLIENT_SECRET_FILE": "nowhere"}, "无法读取"),
        ({"OIDC_ISSUER": "http://id.example.gov.cn"}, "https://"),
        ({"OIDC_REDIRECT_URL": "https://minsheng.example.gov.cn/other"}, "/oidc/callback"),
        ({"OIDC_ROLES": "staff:boss"}, "staff:boss"),
        ({"OIDC_ROLES": "staff"}, "staff"),
        ({"OIDC_ROLES": "screens:kiosk"}, "kiosk"),
        ({"OIDC_ROLES": "a:leader,a:hotline"}, "两次"),
        ({"OIDC_ROLES": "a:unit"}, "OIDC_UNIT_CLAIM"),
        ({"OIDC_ROLES": "", "OIDC_UNKNOWN": "create"}, "OIDC_ROLES"),
        ({"OIDC_UNKNOWN": "maybe"}, "OIDC_UNKNOWN"),
        ({"OIDC_CA_FILE": "nowhere.pem"}, "OIDC_CA_FILE"),
    ],
)
def test_wrong_settings_give_a_sentence(changed, named):
    with pytest.raises(ConfigError, match=named):
        OidcSettings.from_env(ENVIRONMENT | changed)
