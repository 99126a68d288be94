"""The server's secret: the installation's own, or one made for this start where nobody else can reach it."""

from __future__ import annotations

import secrets

from lib.access.secrets_file import find_secrets, production_secrets
from lib.config import Settings
from lib.store import active_pair


def server_secret(settings: Settings, *, bound_to_loopback: bool) -> str:
    """What signs the server's cookies. The demo on this machine makes its own, good until it ends; every other start
    needs the installation's. Raises ConfigError with a sentence that says what to set.
    """
    if active_pair(settings) == "demo" and bound_to_loopback:
        found = find_secrets(settings)
        return found.cookie if found else secrets.token_hex(32)
    return production_secrets(settings).cookie
