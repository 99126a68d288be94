"""The shipped nginx configuration, run for real: TLS, websockets, two processes, failing over."""

from __future__ import annotations

import http.client
import re
import secrets
import ssl

import pytest
import requests
from websockets.exceptions import InvalidStatus

from tests.deploy import site as sites

pytestmark = [pytest.mark.deploy, pytest.mark.xdist_group("deploy-nginx")]

FIRST, SECOND = "Erste-Anmeldung-2026", "Tongbu-Xianshi-2026"


@pytest.fixture(scope="module")
def site(tmp_path_factory, demo_settings):
    with sites.running(tmp_path_factory.mktemp("site"), demo_settings.data_dir) as running:
        for name, role in (("boss", "leader"), ("desk", "hotline")):
            sites.command(running.data_dir, "user", "add", name, "--role", role, "--password-file", "-", given=FIRST)
        yield running


def sign_in(site, name):
    """Sign in through the proxy; at the first time with the change of password that is asked for."""
    browser = site.browser()
    for password in (SECOND, FIRST):
        answer = browser.post(
            f"{site.address}/sign-in", data={"name": name, "password": password}, allow_redirects=False
        )
        if answer.status_code == 303:
            break
    assert answer.status_code == 303, answer.text
    if answer.headers["location"].startswith("/password"):
        form = {"old": FIRST, "new": SECOND, "again": SECOND}
        changed = browser.post(f"{site.address}/password", data=form, allow_redirects=False)
        assert changed.status_code == 303, changed.text
    return browser


def cookies(browser):
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies)


def test_the_sign_in_page_comes_with_headers_and_without_the_demo(site):
    answer = site.browser().get(f"{site.address}/sign-in")
    assert (answer.status_code, "演示账号" in answer.text) == (200, False)
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert not re.search(r"\d", answer.headers["Server"])
    # Asked without the proxy the same page offers it: the line above can fail.
    direct = requests.get(f"http://127.0.0.1:{site.app_ports[0]}/sign-in", timeout=30)
    assert "演示账号" in direct.text


def test_one_click_is_refused_behind_the_proxy(site):
    answer = site.browser().post(f"{site.address}/sign-in", data={"demo": "leader"}, allow_redirects=False)
    assert (answer.status_code, "minsheng_session" in answer.cookies) == (403, False)


def test_plain_http_is_led_to_tls(site):
    answer = requests.get(
        f"http://127.0.0.1:{site.plain_port}/trends?x=1", headers={"Host": sites.NAME}, allow_redirects=False, timeout=9
    )
    assert (answer.status_code, answer.headers["Location"]) == (301, f"https://{sites.NAME}/trends?x=1")


def test_pages_lead_to_the_sign_in(site):
    answer = site.browser().get(f"{site.address}/trends", allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?next=%2Ftrends")


def test_a_form_from_elsewhere_is_refused(site):
    foreign = {"Origin": "https://elsewhere.test"}
    answer = site.browser().post(f"{site.address}/sign-in", data={"name": "boss", "password": FIRST}, headers=foreign)
    assert answer.status_code == 403


def test_the_cookie_is_secure(site):
    browser = sign_in(site, "boss")
    found = next(cookie for cookie in browser.cookies if cookie.name == "minsheng_session")
    assert (found.secure, found.has_nonstandard_attr("HttpOnly")) == (True, True)
    assert found.get_nonstandard_attr("SameSite").lower() == "strict"


def test_a_page_loads_over_the_websocket_and_its_file_is_the_sessions_own(site):
    browser = sign_in(site, "boss")
    with site.channel(cookies(browser)) as channel:
        _, sent = sites.open_page(channel)
        text = sent.decode("utf-8", "ignore")
        assert "总体情况" in text
        offered = re.search(r'href="(exports/[A-Za-z0-9_-]+)"', text)
        assert offered is not None
        file = f"{site.address}/{offered[1]}"
        answer = browser.get(file)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store"), answer.text
        assert "attachment" in answer.headers["Content-Disposition"]
        assert sign_in(site, "desk").get(file).status_code == 404


def test_the_websocket_needs_a_session_and_our_own_page(site):
    good = cookies(sign_in(site, "boss"))
    for cookie, origin in (
        ("", None),
        (f"minsheng_session={secrets.token_urlsafe(32)}", None),
        (good, "https://x.test"),
    ):
        with pytest.raises(InvalidStatus) as refused, site.channel(cookie, origin):
            pass
        assert refused.value.response.status_code == 403


def test_a_large_file_is_taken_and_a_huge_one_refused_by_the_proxy(site):
    browser = sign_in(site, "desk")
    with site.channel(cookies(browser)) as channel:
        session_id, _ = sites.open_page(channel)
        page = browser.get(f"{site.address}/_stcore/health")
        address = f"{site.address}/_stcore/upload_file/{session_id}/{secrets.token_hex(8)}"
        mark = browser.cookies.get("_streamlit_xsrf", "")
        taken = browser.put(
            address, files={"file": ("tickets.csv", b"x" * 20_000_000)}, headers={"X-Xsrftoken": mark}, timeout=60
        )
        assert (page.status_code, taken.status_code) == (200, 204), taken.text
    context = ssl.create_default_context(cafile=str(site.certificate))
    raw = http.client.HTTPSConnection(sites.NAME, site.tls_port, context=context, timeout=20)
    raw.putrequest("PUT", "/_stcore/upload_file/a/b")
    raw.putheader("Content-Length", str(60_000_000))
    raw.endheaders()
    assert raw.getresponse().status == 413
    raw.close()


def test_a_session_stays_with_one_process_and_sessions_are_spread(site):
    for number in range(12):
        for _ in range(3):
            cookie = {"Cookie": f"minsheng_session=probe-{number}"}
            assert site.browser().get(f"{site.address}/healthz?probe={number}.", headers=cookie).status_code == 200
    served = [set(site.routed(f"probe={number}.")) for number in range(12)]
    assert [len(processes) for processes in served] == [1] * 12
    assert set.union(*served) == {f"127.0.0.1:{port}" for port in site.app_ports}


def test_when_a_process_dies_the_other_goes_on_without_a_new_sign_in(site):
    browser = sign_in(site, "boss")
    mark = secrets.token_hex(4)
    assert browser.get(f"{site.address}/trends?{mark}").status_code == 200
    port = int(site.routed(mark)[-1].rsplit(":", 1)[1])
    site.apps[port].kill()
    site.apps[port].wait(timeout=30)
    try:
        answer = browser.get(f"{site.address}/trends?{mark}again", allow_redirects=False)
        assert answer.status_code == 200
        assert site.routed(f"{mark}again")[-1] != f"127.0.0.1:{port}"
        with site.channel(cookies(browser)) as channel:
            assert "趋势研判" in sites.open_page(channel, "trends")[1].decode("utf-8", "ignore")
    finally:
        site.apps[port] = sites.start_app(site, port)
        sites.wait_for(site, port)
