"""Chinese servers that speak PostgreSQL's protocol and name themselves otherwise.

SQLAlchemy's dialect reads PostgreSQL's version from the server's words and gives up on others. These dialects,
registered as `opengauss+psycopg://` and `kingbase+psycopg://`, answer with the PostgreSQL release that the server
descends from, which is what decides the SQL it understands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import URL, Connection
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg


@dataclass(frozen=True)
class Server:
    """Who answered: product as people call it, its own version, and the PostgreSQL release it descends from."""

    product: str
    version: str
    speaks_like: tuple[int, ...]


# What the words begin with or hold → product and ancestor. openGauss also says PostgreSQL 9.2.4, so it comes first.
_KNOWN = (
    (re.compile(r"\(openGauss(?:-lite)? ([^\s)]+)"), "openGauss", (9, 2, 4)),
    (re.compile(r"GaussDB Kernel ([^\s)]+)"), "GaussDB", (9, 2, 4)),
    (re.compile(r"KingbaseES (V\d+R\d+[A-Z0-9]*|[\d.]+)"), "KingbaseES", (12, 1)),
)
_POSTGRES = re.compile(r"PostgreSQL (\d+)(?:\.(\d+))?(?:\.(\d+))?")

VERSION = "SELECT pg_catalog.version()"
DRIVERS = ("postgresql+psycopg", "opengauss+psycopg", "kingbase+psycopg")


def recognise(words: str) -> Server | None:
    """Read the answer to `SELECT version()`; None for a server that is none of these."""
    for pattern, product, ancestor in _KNOWN:
        if match := pattern.search(words):
            return Server(product, match[1], ancestor)
    if match := _POSTGRES.search(words):
        parts = tuple(int(part) for part in match.groups() if part is not None)
        return Server("PostgreSQL", ".".join(str(part) for part in parts), parts)
    return None


class DescendantDialect(PGDialect_psycopg):
    """PostgreSQL's dialect for servers that descend from it."""

    supports_statement_cache = True

    def _get_server_version_info(self, connection: Connection) -> Any:
        """The PostgreSQL release to be compatible with. Raises AssertionError for an unknown server."""
        words = str(connection.exec_driver_sql(VERSION).scalar())
        server = recognise(words)
        if server is None:
            raise AssertionError(f"无法识别数据库服务器：{words[:120]}")
        return server.speaks_like


def register() -> None:
    """Make the addresses known to SQLAlchemy; may be called again."""
    for name in ("opengauss", "kingbase"):
        registry.register(f"{name}.psycopg", __name__, DescendantDialect.__name__)


def tolerant(url: URL) -> URL:
    """The same address with a dialect that also accepts the descendants, whatever it was written as."""
    register()
    return url.set(drivername="opengauss+psycopg")
