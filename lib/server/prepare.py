"""What `make run` asks before serving: may it, and is there data to show? `python -m lib.server.prepare [HOST]`.

Exit code 0: there is (or what is wrong must be seen by a person, which pages and health then say).
3: there is none and the demo city should be made. 2: the settings are wrong, or secrets are missing.
"""

from __future__ import annotations

import sys

from lib.config import ConfigError, Settings
from lib.server.binding import is_loopback
from lib.server.secret import server_secret
from lib.store import SCHEMA_REVISION, DamagedDataError, NoDataError, active_pair, read_pointer

READY, WRONG_SETTINGS, NEEDS_DEMO = 0, 2, 3


def state(settings: Settings) -> tuple[int, str]:
    """Exit code and the sentence to print."""
    pair = active_pair(settings)
    try:
        pointer = read_pointer(settings, pair)
    except NoDataError as error:
        # The city's own data is never replaced by the demo: its pages say what is missing.
        return (NEEDS_DEMO, "") if pair == "demo" else (READY, f"注意：{error}")
    except DamagedDataError as error:
        return READY, f"注意：{error}"
    if pair == "demo" and pointer.schema_revision != SCHEMA_REVISION:
        return NEEDS_DEMO, "演示数据由其他版本的软件生成，需要重新生成。"
    kind = "演示数据" if pointer.is_demo else "城市数据"
    return READY, f"{kind} {pointer.version}，数据截至 {pointer.as_of:%Y-%m-%d %H:%M}"


def main(host: str) -> int:
    """Print the sentence, return the exit code. host: the address that will be served."""
    try:
        settings = Settings.from_env()
        # Asked here, too: nobody should wait for the demo city only to be refused.
        server_secret(settings, bound_to_loopback=is_loopback(host))
        code, sentence = state(settings)
    except ConfigError as error:
        print(f"配置错误：{error}", file=sys.stderr)
        return WRONG_SETTINGS
    if sentence:
        print(sentence)
    return code


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:2] or ["127.0.0.1"]))
