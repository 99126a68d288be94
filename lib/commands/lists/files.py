"""Contents of files: each kept once, under its hash."""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, insert, select

from lib.commands.lists.desk import lock_history
from lib.schema import lists as t


def keep_file(conn: Connection, content: bytes) -> str:
    """Keep the content in the caller's transaction, unless it is kept already; returns its SHA-256 in hex."""
    digest = hashlib.sha256(content).hexdigest()
    # Two writers of the same content must not both find it missing.
    lock_history(conn)
    f = t.list_files
    if conn.execute(select(f.c.size).where(f.c.sha256 == digest)).first() is None:
        conn.execute(insert(f).values(sha256=digest, size=len(content), content=content))
    return digest


def kept_file(conn: Connection, sha256: str) -> bytes:
    """The content under that hash. Raises LookupError for a hash that nothing is kept under."""
    content = conn.execute(select(t.list_files.c.content).where(t.list_files.c.sha256 == sha256)).scalar()
    if content is None:
        raise LookupError(f"no file {sha256}")
    return bytes(content)
