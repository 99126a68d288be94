import pytest

from lib.server.headers import SecurityHeaders, content_policy
from tests.server.asgi import get, hello, websocket_is_accepted

APP = SecurityHeaders(hello, content_policy("sha256-abc="))


@pytest.mark.parametrize("path", ["/", "/overview", "/media/x.xlsx", "/_stcore/health", "/_stcore/metrics"])
def test_every_answer_carries_the_content_policy(path):
    headers = get(APP, path).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "'sha256-abc='" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"


def test_policy_names_no_other_host():
    assert "//" not in content_policy("sha256-abc=")


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/agent/mcp", "/_stcore/agent/openapi.json"])
def test_addresses_nobody_needs_are_closed(path):
    answer = get(APP, path)
    assert answer.status == 404
    assert b"hello" not in answer.body


@pytest.mark.parametrize("path", ["/media/tickets.xlsx", "/healthz", "/_stcore/host-config"])
def test_answers_with_data_are_never_stored(path):
    assert get(APP, path).headers["cache-control"] == "no-store"


def test_other_files_keep_their_caching():
    assert get(APP, "/static/js/a.js").headers["cache-control"] == "public"


@pytest.mark.parametrize(
    ("origin", "host", "accepted"),
    [
        ("http://127.0.0.1:8501", "127.0.0.1:8501", True),
        ("https://MINSHENG.example", "minsheng.example", True),
        ("http://evil.example", "127.0.0.1:8501", False),
        ("http://127.0.0.1:8502", "127.0.0.1:8501", False),
        ("http://127.0.0.1:8501.evil.example", "127.0.0.1:8501", False),
        ("null", "127.0.0.1:8501", False),
    ],
)
def test_websocket_only_from_our_own_pages(origin, host, accepted):
    assert websocket_is_accepted(APP, origin=origin, host=host) is accepted


def test_websocket_without_origin_is_refused():
    assert not websocket_is_accepted(APP, host="127.0.0.1:8501")
