"""Accounts, sessions, sign-ins, projection devices; the history and its end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lib.schema.migrations.append_only import protect

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From an empty database."""
    op.create_table(
        "accounts",
        sa.Column(
            "account_id", NUMBER, autoincrement=True, nullable=False, comment="Number of the account, never reused"
        ),
        sa.Column("name", sa.String(length=64), nullable=False, comment="Sign-in name, lower case"),
        sa.Column("display_name", sa.String(length=64), nullable=False, comment="Name of the person as shown"),
        sa.Column("role", sa.String(length=32), nullable=False, comment="Key of access.roles.ROLES"),
        sa.Column(
            "unit_code",
            sa.String(length=64),
            nullable=True,
            comment="Handling unit the account speaks for; role unit only",
        ),
        sa.Column(
            "origin", sa.String(length=16), nullable=False, comment="Key of ACCOUNT_ORIGINS: who vouches for the person"
        ),
        sa.Column(
            "subject",
            sa.String(length=255),
            nullable=True,
            comment="Issuer and subject at the identity provider; oidc only",
        ),
        sa.Column(
            "password_hash",
            sa.String(length=255),
            nullable=True,
            comment="Argon2id in its own text form; NULL without a password",
        ),
        sa.Column("password_changed_at", sa.DateTime(), nullable=True, comment="When the password was set last"),
        sa.Column(
            "must_change_password",
            sa.Boolean(),
            nullable=False,
            comment="The next sign-in must begin with a new password",
        ),
        sa.Column("failed_count", sa.Integer(), nullable=False, comment="Wrong passwords since the last right one"),
        sa.Column("locked_until", sa.DateTime(), nullable=True, comment="No sign-in before this moment"),
        sa.Column(
            "disabled_at",
            sa.DateTime(),
            nullable=True,
            comment="Since when the account is closed; NULL while it is open",
        ),
        sa.Column("created_at", sa.DateTime(), nullable=False, comment="When the account was made"),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Counts changes; a command must name the one it saw"
        ),
        sa.PrimaryKeyConstraint("account_id", name="pk_accounts"),
        sa.UniqueConstraint("name", name="uq_accounts_name"),
        sa.UniqueConstraint("subject", name="uq_accounts_subject"),
        comment="One row per account of a person, or of a projection device.",
    )
    op.create_table(
        "audit_entries",
        sa.Column("entry_no", NUMBER, autoincrement=False, nullable=False, comment="1, 2, 3 … without gaps"),
        sa.Column("at", sa.DateTime(), nullable=False, comment="When; also inside the text"),
        sa.Column(
            "account",
            sa.String(length=64),
            nullable=False,
            comment="Sign-in name, or system / command-line; also inside the text",
        ),
        sa.Column("role", sa.String(length=32), nullable=False, comment="Role at that moment; also inside the text"),
        sa.Column(
            "action", sa.String(length=64), nullable=False, comment="Key of access.audit.ACTIONS; also inside the text"
        ),
        sa.Column("subject", sa.String(length=255), nullable=False, comment="What was acted on; also inside the text"),
        sa.Column("is_reserved", sa.Boolean(), nullable=False, comment="Visible to 纪委监委 and 审计管理员 only"),
        sa.Column(
            "text", sa.Text(), nullable=False, comment="The entry as canonical JSON: what is hashed, byte for byte"
        ),
        sa.Column("algorithm", sa.String(length=8), nullable=False, comment="sha256 or sm3"),
        sa.Column(
            "previous_hash",
            sa.String(length=64),
            nullable=False,
            comment="Hash of the entry before; 64 zeros for the first",
        ),
        sa.Column("hash", sa.String(length=64), nullable=False, comment="Hash of entry_no, previous_hash and text"),
        sa.PrimaryKeyConstraint("entry_no", name="pk_audit_entries"),
        comment="One row per act, chained by hash: the history. Only ever appended.",
    )
    op.create_index("ix_audit_entries_account_at", "audit_entries", ["account", "at"], unique=False)
    op.create_index("ix_audit_entries_action_at", "audit_entries", ["action", "at"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("head_no", sa.Integer(), autoincrement=False, nullable=False, comment="Always 1"),
        sa.Column("entry_no", NUMBER, nullable=False, comment="Number of the last entry; 0 before the first"),
        sa.Column("hash", sa.String(length=64), nullable=False, comment="Its hash"),
        sa.PrimaryKeyConstraint("head_no", name="pk_audit_head"),
        comment="One row: the end of the chain, locked by whoever appends.",
    )
    op.create_table(
        "kiosk_devices",
        sa.Column("device_ref", sa.String(length=32), nullable=False, comment="Public name of the device"),
        sa.Column("label", sa.String(length=64), nullable=False, comment="Where it stands, e.g. 市委一号会议室"),
        sa.Column("account_id", NUMBER, nullable=False, comment="Its account, role kiosk"),
        sa.Column(
            "pairing_hash",
            sa.String(length=64),
            nullable=True,
            comment="SHA-256 of the one-time code that binds a browser; NULL once used",
        ),
        sa.Column("pairing_until", sa.DateTime(), nullable=True, comment="The code is void after this moment"),
        sa.Column(
            "token_hash",
            sa.String(length=64),
            nullable=True,
            comment="SHA-256 of the device's token; NULL before it is bound",
        ),
        sa.Column("bound_at", sa.DateTime(), nullable=True, comment="When a browser was bound"),
        sa.Column("revoked_at", sa.DateTime(), nullable=True, comment="When the device was shut out"),
        sa.Column("created_at", sa.DateTime(), nullable=False, comment="When it was registered"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name="fk_kiosk_devices_account_id_accounts"),
        sa.PrimaryKeyConstraint("device_ref", name="pk_kiosk_devices"),
        sa.UniqueConstraint("token_hash", name="uq_kiosk_devices_token_hash"),
        comment="One row per projection device that opens the meeting pages without a person signing in.",
    )
    op.create_table(
        "sessions",
        sa.Column(
            "session_ref", sa.String(length=32), nullable=False, comment="Public name of the session; opens nothing"
        ),
        sa.Column("token_hash", sa.String(length=64), nullable=False, comment="SHA-256 of the cookie's token, in hex"),
        sa.Column("account_id", NUMBER, nullable=False, comment="Whose session"),
        sa.Column("started_at", sa.DateTime(), nullable=False, comment="Sign-in"),
        sa.Column(
            "last_seen_at", sa.DateTime(), nullable=False, comment="Last act of the person; idle time counts from here"
        ),
        sa.Column("expires_at", sa.DateTime(), nullable=False, comment="Absolute end"),
        sa.Column("ended_at", sa.DateTime(), nullable=True, comment="When it ended; NULL while it is open"),
        sa.Column("end_reason", sa.String(length=32), nullable=True, comment="Key of SESSION_ENDS"),
        sa.Column("peer", sa.String(length=64), nullable=False, comment="Network address the sign-in came from"),
        sa.Column("user_agent", sa.String(length=255), nullable=False, comment="Browser as it names itself, cut"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name="fk_sessions_account_id_accounts"),
        sa.PrimaryKeyConstraint("session_ref", name="pk_sessions"),
        sa.UniqueConstraint("token_hash", name="uq_sessions_token_hash"),
        comment="One row per sign-in that succeeded: the server's side of a cookie.",
    )
    op.create_index("ix_sessions_account_id", "sessions", ["account_id"], unique=False)
    op.create_table(
        "sign_ins",
        sa.Column("sign_in_no", NUMBER, autoincrement=True, nullable=False, comment="Counts up"),
        sa.Column("at", sa.DateTime(), nullable=False, comment="When"),
        sa.Column("name", sa.String(length=64), nullable=False, comment="Sign-in name as given, cut"),
        sa.Column("account_id", NUMBER, nullable=True, comment="The account, if there is one"),
        sa.Column("outcome", sa.String(length=32), nullable=False, comment="Key of SIGN_IN_OUTCOMES"),
        sa.Column("peer", sa.String(length=64), nullable=False, comment="Network address"),
        sa.Column("user_agent", sa.String(length=255), nullable=False, comment="Browser as it names itself, cut"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name="fk_sign_ins_account_id_accounts"),
        sa.PrimaryKeyConstraint("sign_in_no", name="pk_sign_ins"),
        comment="One row per attempt to sign in.",
    )
    op.create_index("ix_sign_ins_account_id", "sign_ins", ["account_id"], unique=False)

    # Whoever appends locks this row, so it is there from the beginning.
    op.execute(f"INSERT INTO audit_head (head_no, entry_no, hash) VALUES (1, 0, '{'0' * 64}')")
    protect("audit_entries")
    protect("sign_ins")
