"""What the history says at a start of the server."""

from __future__ import annotations

from typing import get_args

from lib.access import audit
from lib.access.audit import Act
from lib.access.expiry import sweep_rejected
from lib.access.reconcile import reconcile
from lib.access.rule_files import record_rule_files
from lib.access.shared import shared_assessment
from lib.assessment_store import has_assessment
from lib.config import Settings
from lib.store import PairName, active_pair


def at_start(settings: Settings) -> None:
    """Remove expired files, close open intents, record changed rule files and the start itself, in the history of
    every pair there is.

    Call it once before the server answers anybody. Raises ConfigError, BrokenChainError, SQLAlchemyError: a server
    that cannot keep its history must not start.
    """
    sweep_rejected(settings)
    active = active_pair(settings)
    for pair in get_args(PairName):
        if pair != active and not has_assessment(settings, pair):
            continue
        store = shared_assessment(settings, pair)
        left_open = reconcile(settings, store)
        with store.writing() as conn:
            changed = record_rule_files(conn)
            after = {"left_open": left_open, "rule_files_changed": len(changed), "audit_hash": settings.audit_hash}
            audit.append(conn, audit.SYSTEM, Act("started", after=after))
