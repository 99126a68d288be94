"""People who are signed in, for runs of pages without a browser."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import insert, select, update

from lib.access import runs, sessions
from lib.access.roles import ROLES, Role
from lib.access.shared import shared_assessment
from lib.config import Settings
from lib.schema import assessment as a
from lib.store import PairName

# Whoever opens a page without saying who: the role that sees most.
USUAL_ROLE: Role = "hotline"


def signed_in(role: Role = USUAL_ROLE, unit_code: str | None = None) -> dict[str, str]:
    """What the gate tells a run about a person of that role: a session of the data folder in use, in both pairs
    (a first import changes from the one to the other). For `AppTest.user`.
    """
    settings = Settings.from_env()
    session_ref = ""
    pairs: tuple[PairName, ...] = ("demo", "city")
    for pair in pairs:
        with shared_assessment(settings, pair).writing() as conn:
            name = f"{role}-{unit_code or 'all'}"
            known = conn.execute(select(a.accounts.c.account_id).where(a.accounts.c.name == name)).scalar()
            number = known or conn.execute(
                insert(a.accounts)
                .values(
                    name=name, display_name=f"测试·{ROLES[role]}", role=role, unit_code=unit_code, origin="local",
                    must_change_password=False, failed_count=0, created_at=datetime(2026, 1, 1), version=1,
                )
                .returning(a.accounts.c.account_id)
            ).scalar_one()  # fmt: skip
            now = datetime.now(UTC)
            token = sessions.start(conn, number, peer="127.0.0.1", user_agent="AppTest", now=now)
            session = sessions.by_token(conn, token, now=now)
            assert session is not None
            own = a.sessions.c.session_ref == session.identity.session_ref
            session_ref = session_ref or session.identity.session_ref
            conn.execute(update(a.sessions).where(own).values(session_ref=session_ref))
    return {"session": session_ref, "gate": runs.open_gate()}
