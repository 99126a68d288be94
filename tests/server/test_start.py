"""Before the server answers: where it will listen, who sits in front of it, and whether it has what it needs."""

from __future__ import annotations

import pytest

from lib.access.secrets_file import make_secrets, production_secrets
from lib.config import ConfigError
from lib.server import prepare
from lib.server.binding import comes_from_here, is_loopback, uvicorn_address
from lib.server.secret import server_secret
from lib.store import choose_pair


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.1", "localhost", "::1", "[::1]", "::ffff:127.0.0.1"])
def test_loopback_is_recognised(address):
    assert is_loopback(address)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "", None, "192.168.1.2", "127.0.0.1.evil.example", "host"])
def test_what_others_can_reach_is_no_loopback(address):
    assert not is_loopback(address)


@pytest.mark.parametrize(
    ("words", "address"),
    [
        (["/x/uvicorn", "app:app"], "127.0.0.1"),
        (["/x/uvicorn/__main__.py", "app:app", "--host", "0.0.0.0"], "0.0.0.0"),
        (["uvicorn", "--host=::", "app:app"], "::"), (["uvicorn", "app:app", "--fd", "3"], None),
        (["uvicorn", "app:app", "--uds=/run/x"], None), (["gunicorn", "app:app"], None), ([], None),
        (["serve.py", "--host", "127.0.0.1"], None),
    ],
)  # fmt: skip
def test_the_address_of_uvicorn_is_known_or_counts_as_open(words, address):
    assert uvicorn_address(words, {}) == address


def test_the_environment_of_uvicorn_counts():
    assert uvicorn_address(["uvicorn", "app:app"], {"UVICORN_HOST": "0.0.0.0"}) == "0.0.0.0"
    assert uvicorn_address(["uvicorn", "app:app"], {"UVICORN_FD": "3"}) is None


def scope(client="127.0.0.1", **headers):
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "client": (client, 1) if client else None, "headers": named}


def test_only_this_machine_without_a_proxy_is_here():
    assert comes_from_here(scope())
    assert not comes_from_here(scope("10.0.0.8"))
    assert not comes_from_here(scope(None))


@pytest.mark.parametrize(
    "header", ["forwarded", "x_forwarded_for", "x_forwarded_proto", "x_forwarded_host", "x_real_ip", "via"]
)
def test_behind_a_proxy_nobody_is_here(header):
    assert not comes_from_here(scope(**{header: "127.0.0.1"}))


@pytest.mark.parametrize(("pair", "only_here"), [("demo", False), ("city", True), ("city", False)])
def test_a_production_start_needs_secrets(settings, monkeypatch, pair, only_here):
    monkeypatch.delenv("MINSHENG_COOKIE_SECRET", raising=False)
    choose_pair(settings, pair)
    with pytest.raises(ConfigError, match="python -m lib init"):
        server_secret(settings, bound_to_loopback=only_here)
    make_secrets(settings)
    assert server_secret(settings, bound_to_loopback=only_here) == production_secrets(settings).cookie


def test_the_demo_makes_its_own_each_time(settings, monkeypatch):
    monkeypatch.delenv("MINSHENG_COOKIE_SECRET", raising=False)
    made = {server_secret(settings, bound_to_loopback=True) for _ in range(3)}
    assert len(made) == 3
    assert min(map(len, made)) >= 32


def test_make_run_is_refused_before_it_makes_the_demo(settings, monkeypatch, capsys):
    monkeypatch.setenv("MINSHENG_DATA_DIR", str(settings.data_dir))
    monkeypatch.delenv("MINSHENG_COOKIE_SECRET", raising=False)
    assert prepare.main("0.0.0.0") == prepare.WRONG_SETTINGS
    assert "python -m lib init" in capsys.readouterr().err
    assert prepare.main("127.0.0.1") == prepare.NEEDS_DEMO
    monkeypatch.setenv("MINSHENG_COOKIE_SECRET", "x" * 40)
    assert prepare.main("0.0.0.0") == prepare.NEEDS_DEMO
