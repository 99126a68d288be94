"""Revisions of the assessment database, run by lib/assessment_store.migrate.

A change of lib/schema/assessment.py comes with a new file in versions/, never with an edit of a released one,
and with its name at the end of REVISIONS. There is no way back: a database is restored from a backup instead.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

if TYPE_CHECKING:
    from alembic.config import Config

# Oldest first. Stands here too, so that looking whether a database is up to date reads no files.
REVISIONS = ("0001", "0002", "0003", "0004", "0005")
HEAD = REVISIONS[-1]


def configuration() -> Config:
    """Alembic's configuration, without a file of its own."""
    # Costs a fifth of a second: not for everybody who asks for HEAD.
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    return config


def upgrade(conn: Connection) -> None:
    """Bring the database of the connection to HEAD, inside the transaction of the caller."""
    from alembic import command

    config = configuration()
    config.attributes["connection"] = conn
    command.upgrade(config, "head")
