"""`/kiosk` over HTTP: the form, the binding, the session, and that a revoked device is shut out."""

from datetime import UTC, datetime

import pytest
import requests
from sqlalchemy import func, select
from starlette.applications import Starlette

from lib.access import sessions
from lib.access.audit import COMMAND_LINE
from lib.access.shared import shared_assessment
from lib.commands.devices import RegisterDevice, RevokeDevice, register, revoke
from lib.schema import assessment as a
from lib.server import cookies, kiosk
from tests.server.identity_provider import served


@pytest.fixture
def store(demo_accounts, settings):
    return shared_assessment(settings)


@pytest.fixture
def site(settings, store):
    with served(Starlette(routes=kiosk.routes(lambda: settings))) as url:
        yield url


@pytest.fixture
def device(store):
    return register(store, COMMAND_LINE, RegisterDevice("市委一号会议室"), now=datetime.now(UTC))


def pair(site, code, **headers):
    answer = requests.post(
        f"{site}/kiosk", data={"code": code}, headers={"Origin": site, **headers}, timeout=10, allow_redirects=False
    )
    return answer, answer.cookies.get_dict()


def role_of(store, token):
    with store.reading() as conn:
        session = sessions.by_token(conn, token, now=datetime.now(UTC))
    return session.identity.role if session else None


def sessions_of(store):
    with store.reading() as conn:
        return conn.execute(select(func.count()).select_from(a.sessions)).scalar_one()


def test_a_browser_is_bound_and_comes_back_by_itself(site, store, device):
    assert "配对码" in requests.get(f"{site}/kiosk", timeout=10).text
    answer, given = pair(site, device.code)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    assert role_of(store, given[cookies.SESSION]) == "kiosk"
    bound = next(c for c in answer.raw.headers.getlist("set-cookie") if c.startswith(cookies.DEVICE))
    for part in ("HttpOnly", "SameSite=strict", "Path=/kiosk", "Max-Age="):
        assert part in bound
    later = requests.get(
        f"{site}/kiosk", cookies={cookies.DEVICE: given[cookies.DEVICE]}, timeout=10, allow_redirects=False
    )
    assert later.status_code == 303
    assert role_of(store, later.cookies[cookies.SESSION]) == "kiosk"
    assert role_of(store, given[cookies.SESSION]) is None


@pytest.mark.parametrize("code", ["", "AAAA-AAAA-AAAA", "<script>", "x" * 5000])
def test_a_wrong_code_binds_nothing(site, store, device, code):
    answer, given = pair(site, code)
    assert answer.status_code == 403
    assert given == {}
    assert "配对码不正确" in answer.text
    assert "<script>" not in answer.text
    assert sessions_of(store) == 0


def test_another_site_cannot_bind_a_browser(site, store, device):
    answer, given = pair(site, device.code, Origin="https://elsewhere.example")
    assert (answer.status_code, given) == (403, {})
    assert sessions_of(store) == 0
    assert pair(site, device.code)[0].status_code == 303


def test_a_revoked_device_is_shut_out(site, store, device):
    _answer, given = pair(site, device.code)
    revoke(store, COMMAND_LINE, RevokeDevice(device.device_ref), now=datetime.now(UTC))
    assert role_of(store, given[cookies.SESSION]) is None
    answer = requests.get(
        f"{site}/kiosk", cookies={cookies.DEVICE: given[cookies.DEVICE]}, timeout=10, allow_redirects=False
    )
    assert answer.status_code == 403
    assert "已被停用" in answer.text
    assert cookies.SESSION not in answer.cookies


def test_a_made_up_token_opens_nothing(site, store, device):
    answer = requests.get(f"{site}/kiosk", cookies={cookies.DEVICE: "made-up"}, timeout=10, allow_redirects=False)
    assert answer.status_code == 403
    assert sessions_of(store) == 0
