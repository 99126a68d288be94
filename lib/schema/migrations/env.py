"""What Alembic runs: the revisions, on the connection that lib/assessment_store hands over."""

from __future__ import annotations

from alembic import context

from lib.schema import assessment, lists, scheduling  # noqa: F401 - register their tables

context.configure(connection=context.config.attributes["connection"], target_metadata=assessment.metadata)
with context.begin_transaction():
    context.run_migrations()
