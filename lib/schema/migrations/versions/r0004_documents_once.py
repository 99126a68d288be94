"""Numbered documents remember the form they were issued by: the same form sent twice takes one number."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """From revision 0003."""
    op.add_column(
        "list_documents",
        sa.Column("form_key", sa.String(length=64), nullable=True, comment="Key of the form, as in list_steps"),
    )
    op.create_index(op.f("ix_list_documents_form_key"), "list_documents", ["form_key"], unique=True)
