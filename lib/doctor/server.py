"""A database server: who it is, and whether it can do what the product asks of it.

Everything is tried in schemas of its own that are dropped again; nothing else is touched.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from statistics import median

from sqlalchemy import URL, Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from lib.doctor import dialects
from lib.doctor.findings import Finding, bad, ok, warn

CONNECT_SECONDS = 5
OLDEST_POSTGRES = 12
LATENCY_ADVISED_MS = 5.0
_ROUNDS = 20
UNSUPPORTED = {"dm": "达梦", "oracle": "Oracle", "mysql": "MySQL", "mssql": "SQL Server"}


def check(address: str) -> list[Finding]:
    """Look at the server of a database address; the password is never shown."""
    try:
        url = make_url(address)
    except ArgumentError:
        return [bad("数据库地址", "无法识别", "应形如 postgresql+psycopg://用户:密码@地址:端口/库名")]
    kind = url.drivername.split("+")[0]
    if kind in UNSUPPORTED:
        advice = "可用 PostgreSQL，或不设置地址使用内置数据库"
        return [bad("数据库", f"暂不支持{UNSUPPORTED[kind]}（{kind}://）作为本系统的库", advice)]
    if url.drivername not in dialects.DRIVERS:
        return [
            bad("数据库地址", f"{url.drivername}:// 不支持", f"可用：{'、'.join(f'{d}://' for d in dialects.DRIVERS)}")
        ]
    return _connected(url)


def _connected(url: URL) -> list[Finding]:
    options = {"connect_timeout": CONNECT_SECONDS, "application_name": "minsheng-doctor"}
    engine = create_engine(dialects.tolerant(url), connect_args=options)
    shown = f"{url.host or '本机'}:{url.port or 5432}/{url.database or ''}"
    try:
        with engine.connect() as conn:
            found = [ok("连接", shown), identity(str(conn.execute(text("SELECT version()")).scalar()))]
            found += [encoding(conn), time_zone(conn), latency(conn)]
        probes: tuple[Callable[[Engine], Finding], ...] = (rights, repeatable_read, statements)
        return found + [probe(engine) for probe in probes]
    except SQLAlchemyError as error:
        return [
            bad(
                "连接", f"{shown} 连不上：{_reason(error)}", "请检查地址、口令、防火墙和服务器的访问控制（pg_hba.conf）"
            )
        ]
    except AssertionError as error:
        return [bad("数据库", str(error), "可用 PostgreSQL 12 及以上")]
    finally:
        engine.dispose()


def identity(words: str) -> Finding:
    """Product and version, judged by what has been tried."""
    server = dialects.recognise(words)
    if server is None:
        return bad("数据库", words[:80], "无法识别，可用 PostgreSQL 12 及以上")
    name = f"{server.product} {server.version}"
    if server.product != "PostgreSQL":
        like = ".".join(str(part) for part in server.speaks_like)
        return warn(
            "数据库", f"{name}（按 PostgreSQL {like} 对待）", "本系统未在该产品上整体试运行，请先在测试库验证以下各项"
        )
    if server.speaks_like[0] < OLDEST_POSTGRES:
        return bad("数据库", name, f"需要 {OLDEST_POSTGRES} 及以上")
    return ok("数据库", name)


def encoding(conn: Connection) -> Finding:
    """UTF-8, or rare characters in names are lost."""
    name = str(conn.execute(text("SHOW server_encoding")).scalar())
    if name.upper().replace("-", "") == "UTF8":
        return ok("库编码", name)
    return bad("库编码", name, "请重建为 UTF8：CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0")


def time_zone(conn: Connection) -> Finding:
    """Times are stored without a zone, so that the server's matters only to people who look into the tables."""
    return ok("库时区", f"{conn.execute(text('SHOW timezone')).scalar()}（本系统存储的时间不依赖它）")


def latency(conn: Connection) -> Finding:
    """Median time of a statement that does nothing."""
    took = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        conn.execute(text("SELECT 1")).scalar()
        took.append((time.perf_counter() - begun) * 1000)
    found = f"{median(took):.1f} 毫秒"
    if median(took) > LATENCY_ADVISED_MS:
        return warn("往返时延", found, "数据库宜与服务器在同一机房，否则每页会慢")
    return ok("往返时延", found)


def rights(engine: Engine) -> Finding:
    """Making and dropping a schema: each pair has its own."""
    schema = _schema_name()
    try:
        with engine.begin() as conn:
            conn.execute(text(f"CREATE SCHEMA {schema}"))
            conn.execute(text(f"DROP SCHEMA {schema}"))
    except SQLAlchemyError as error:
        advice = "请授权：GRANT CREATE ON DATABASE 库名 TO 用户；或由管理员先建好四个模式，见 docs/deploy.md"
        return bad("建立模式的权限", _reason(error), advice)
    return ok("建立模式的权限", "有")


def repeatable_read(engine: Engine) -> Finding:
    """One page sees one state of the data while an import commits."""
    schema = _schema_name()
    try:
        with engine.begin() as conn:
            conn.execute(text(f"CREATE SCHEMA {schema}"))
            conn.execute(text(f"CREATE TABLE {schema}.probe (n integer)"))
        try:
            with engine.connect().execution_options(isolation_level="REPEATABLE READ") as reader:
                before = reader.execute(text(f"SELECT count(*) FROM {schema}.probe")).scalar()
                with engine.begin() as writer:
                    writer.execute(text(f"INSERT INTO {schema}.probe VALUES (1)"))
                after = reader.execute(text(f"SELECT count(*) FROM {schema}.probe")).scalar()
        finally:
            _drop(engine, schema)
    except SQLAlchemyError as error:
        return bad("可重复读", _reason(error), "请检查上面的权限")
    if before != after:
        return bad("可重复读", "读取中看到了别人的提交", "该服务器不能用作共享库")
    return ok("可重复读", "有效")


def statements(engine: Engine) -> Finding:
    """The forms of SQL that not every descendant knows: exact quantiles, filtered counts, row locks, triggers."""
    schema = _schema_name()
    asked = {
        "分位数": "SELECT percentile_cont(0.9) WITHIN GROUP (ORDER BY n) FROM {0}.probe",
        "条件计数": "SELECT count(*) FILTER (WHERE n > 0) FROM {0}.probe",
        "窗口函数": "SELECT row_number() OVER (PARTITION BY n ORDER BY n) FROM {0}.probe",
        "行锁": "SELECT n FROM {0}.probe FOR UPDATE",
        "事务锁": "SELECT pg_advisory_xact_lock(770412999)",
        "触发器函数": "CREATE FUNCTION {0}.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
    }
    failed = []
    try:
        with engine.begin() as conn:
            conn.execute(text(f"CREATE SCHEMA {schema}"))
            conn.execute(text(f"CREATE TABLE {schema}.probe (n integer)"))
        try:
            for name, form in asked.items():
                if not _runs(engine, form.format(schema)):
                    failed.append(name)
        finally:
            _drop(engine, schema)
    except SQLAlchemyError as error:
        return bad("所需语句", _reason(error), "请检查上面的权限")
    if failed:
        return bad("所需语句", f"不支持：{'、'.join(failed)}", "该服务器不能用作共享库，请用 PostgreSQL 或内置数据库")
    return ok("所需语句", f"{len(asked)} 类都支持")


def _runs(engine: Engine, statement: str) -> bool:
    try:
        with engine.connect() as conn:
            conn.exec_driver_sql(statement)
            conn.rollback()
    except SQLAlchemyError:
        return False
    return True


def _drop(engine: Engine, schema: str) -> None:
    with engine.begin() as conn:
        conn.execute(text(f"DROP SCHEMA {schema} CASCADE"))


def _schema_name() -> str:
    return f"minsheng_doctor_{secrets.token_hex(6)}"


def _reason(error: SQLAlchemyError) -> str:
    """The first line of the driver's words; they hold no password."""
    words = str(getattr(error, "orig", None) or error).strip()
    return words.splitlines()[0][:160] if words else type(error).__name__
