"""Where the server listens and who sits in front of it: what the demo's one click and the need of secrets rest on."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from pathlib import PurePath

from starlette.datastructures import Headers
from starlette.types import Scope

# A proxy in front makes every client look like this machine; it tells so in one of these.
FORWARDING_HEADERS = ("forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip")
FORWARDING_PREFIX = "x-forwarded-"
_UVICORN_DEFAULT = "127.0.0.1"


def is_loopback(address: str | None) -> bool:
    """Whether an address (or `localhost`) is this machine's own loopback; False for anything unclear."""
    if not address:
        return False
    if address == "localhost":
        return True
    try:
        parsed = ip_address(address.strip("[]"))
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_loopback


def uvicorn_address(arguments: Sequence[str] | None = None, environ: Mapping[str, str] | None = None) -> str | None:
    """The address that the `uvicorn` command will bind, read before it does; None when that is not clear (another
    server, a socket handed over), which counts as open to others.
    """
    given = list(sys.argv if arguments is None else arguments)
    env = os.environ if environ is None else environ
    program = PurePath(given[0]) if given else PurePath()
    if program.name != "uvicorn" and program.parent.name != "uvicorn":
        return None
    if (
        any(word.split("=")[0] in ("--fd", "--uds") for word in given)
        or env.get("UVICORN_FD")
        or env.get("UVICORN_UDS")
    ):
        return None
    address = env.get("UVICORN_HOST") or _UVICORN_DEFAULT
    for word, following in zip(given, [*given[1:], ""], strict=True):
        if word == "--host":
            address = following
        elif word.startswith("--host="):
            address = word.removeprefix("--host=")
    return address


def comes_from_here(scope: Scope) -> bool:
    """Whether the visitor sits at this very machine: a loopback peer, and no proxy between."""
    client = scope.get("client")
    names = Headers(scope=scope).keys()
    forwarded = any(name in FORWARDING_HEADERS or name.startswith(FORWARDING_PREFIX) for name in names)
    return client is not None and is_loopback(client[0]) and not forwarded
