"""Triggers that refuse to change or delete rows, for revisions."""

from __future__ import annotations

from alembic import op

_REFUSED = "这张表只增不改"


def protect(table: str) -> None:
    """Refuse UPDATE and DELETE (on PostgreSQL TRUNCATE, too) on the table, on the database being upgraded."""
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}: {table}'); END"
            )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSED}: %', TG_TABLE_NAME; END $$"
    )
    # EXECUTE PROCEDURE is the older form, which databases descended from PostgreSQL 9 know as well.
    op.execute(
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE PROCEDURE refuse_change()"
    )
