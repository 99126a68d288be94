"""The data folder: do the published versions open, can the assessment database be written, how does its chain end."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, String, Table, create_engine, func, select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from lib.access.secrets_file import find_secrets
from lib.assessment_store import database_file, has_assessment, postgres_schema
from lib.config import ConfigError, Settings
from lib.doctor.findings import Finding, bad, ok, warn
from lib.schema import assessment as a
from lib.schema import migrations
from lib.store import DamagedDataError, NoDataError, PairName, active_pair, open_store

PAIRS: dict[PairName, str] = {"demo": "示例市", "city": "本市"}
_STAMP = Table("alembic_version", MetaData(), Column("version_num", String))


def check(settings: Settings) -> list[Finding]:
    """Look at both pairs. Nothing is made, migrated or changed."""
    shown = active_pair(settings)
    found = [ok("当前显示", f"{PAIRS[shown]}数据"), secrets(settings, shown)]
    for pair in PAIRS:
        found += [tickets(settings, pair, pair == shown), assessment(settings, pair)]
    return found


def secrets(settings: Settings, shown: PairName) -> Finding:
    """Whether the installation's secrets are there, and nobody else can read them."""
    try:
        found = find_secrets(settings)
    except ConfigError as error:
        return bad("密钥", "不能使用", str(error))
    if found is not None:
        return ok("密钥", "已有，只有运行用户可读")
    advice = "正式使用前请运行 init 命令生成"
    return bad("密钥", "没有", advice) if shown == "city" else warn("密钥", "没有，只能在本机演示", advice)


def tickets(settings: Settings, pair: PairName, is_shown: bool) -> Finding:
    """Open the pair's current version and count its facts: a truncated file may open and not be readable."""
    topic = f"{PAIRS[pair]}工单库"
    try:
        store = open_store(settings, pair)
        try:
            count = store.count_tickets()
        finally:
            store.dispose()
    except NoDataError:
        # The other pair may be empty for good.
        return warn(topic, "尚无数据", "请导入工单，或生成示例市") if is_shown else ok(topic, "没有数据")
    except DamagedDataError as error:
        return bad(topic, "不能读取", str(error))
    except SQLAlchemyError as error:
        return bad(topic, f"不能读取（{type(error).__name__}）", "请检查数据库服务与 TICKETS_URL，或从备份恢复")
    return ok(topic, f"{count:,} 件，版本 {store.version}，数据截至 {store.pointer.as_of:%Y-%m-%d %H:%M}")


def assessment(settings: Settings, pair: PairName) -> Finding:
    """Take the write lock, compare the chain's head with its last entry, and give everything back unchanged."""
    topic = f"{PAIRS[pair]}考核库"
    try:
        if not has_assessment(settings, pair):
            return ok(topic, "尚未建立，首次启动时建立")
        engine = _engine(settings, pair)
        try:
            with engine.connect() as conn:
                return _chain_head(conn, topic)
        finally:
            engine.dispose()
    except SQLAlchemyError as error:
        return bad(topic, f"不能写入（{type(error).__name__}）", "请检查文件权限或数据库服务与 ASSESSMENT_URL")


def _engine(settings: Settings, pair: PairName) -> Engine:
    """An engine that does not migrate: looking must not change what an older release still uses."""
    if settings.assessment_url:
        options = {"options": f"-csearch_path={postgres_schema(pair)}", "connect_timeout": 5}
        return create_engine(settings.assessment_url, connect_args=options)
    path: Path = database_file(settings, pair)
    return create_engine(f"sqlite:///file:{path}?mode=rw&uri=true", connect_args={"isolation_level": None})


def _chain_head(conn: Connection, topic: str) -> Finding:
    revision = conn.execute(select(_STAMP.c.version_num)).scalar()
    if revision != migrations.HEAD:
        return warn(topic, f"表结构为 {revision}，本版本为 {migrations.HEAD}", "启动时自动升级，升级前请先备份")
    is_sqlite = conn.dialect.name == "sqlite"
    if is_sqlite:
        conn.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        head = conn.execute(select(a.audit_head).where(a.audit_head.c.head_no == 1).with_for_update()).first()
        newest = conn.execute(select(func.max(a.audit_entries.c.entry_no))).scalar()
        stored = conn.execute(select(a.audit_entries.c.hash).where(a.audit_entries.c.entry_no == newest)).scalar()
    finally:
        if is_sqlite:
            conn.exec_driver_sql("ROLLBACK")
        else:
            conn.rollback()
    if head is None or head.entry_no == 0:
        if newest is None:
            return ok(topic, "可以写入，审计链还没有记录")
        return bad(topic, f"审计链末端缺失，但有 {newest:,} 条记录", "请运行 python -m lib verify，并从备份核对")
    if (head.entry_no, head.hash) != (newest, stored):
        return bad(
            topic, f"审计链末端为第 {head.entry_no:,} 条，与记录不符", "请运行 python -m lib verify，并从备份核对"
        )
    return ok(topic, f"可以写入，审计链到第 {head.entry_no:,} 条，末端 {head.hash[:12]}…")
