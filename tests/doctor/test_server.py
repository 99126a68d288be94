"""Database servers: who they say they are, and what they can do."""

import pytest
from sqlalchemy import create_engine, make_url, text

from lib import cli
from lib.doctor import dialects, server

WORDS = {
    "PostgreSQL 15.6 (Debian 15.6-0+deb12u1) on x86_64-pc-linux-gnu, compiled by gcc": ("PostgreSQL", "15.6", (15, 6)),
    "PostgreSQL 16beta1 on aarch64": ("PostgreSQL", "16", (16,)),
    "(openGauss 5.0.1 build 33b035fd) compiled at 2023-12-15 20:28:19 commit 0 last mr  on aarch64-unknown-linux-gnu":
        ("openGauss", "5.0.1", (9, 2, 4)),
    "PostgreSQL 9.2.4 (openGauss 1.0.0 build 0bd0ce80) compiled at 2020-06-30 18:19:27 commit 0 last mr":
        ("openGauss", "1.0.0", (9, 2, 4)),
    "(openGauss-lite 3.1.0 build 4e931f9a) compiled at 2022-09-29": ("openGauss", "3.1.0", (9, 2, 4)),
    "gaussdb (GaussDB Kernel V500R002C10 build 12ab34cd) compiled at 2022": ("GaussDB", "V500R002C10", (9, 2, 4)),
    "KingbaseES V008R006C008B0014 on x86_64-pc-linux-gnu, compiled by gcc (GCC) 4.1.2, 64-bit":
        ("KingbaseES", "V008R006C008B0014", (12, 1)),
    "KingbaseES V009R001C001B0024 on aarch64-unknown-linux-gnu": ("KingbaseES", "V009R001C001B0024", (12, 1)),
}  # fmt: skip


@pytest.mark.parametrize(("words", "expected"), WORDS.items())
def test_servers_are_known_by_their_words(words, expected):
    known = dialects.recognise(words)
    assert (known.product, known.version, known.speaks_like) == expected


def test_a_stranger_is_not_taken_for_anybody():
    assert dialects.recognise("DM Database Server 64 V8") is None
    assert server.identity("DM Database Server 64 V8").level == "bad"


@pytest.mark.parametrize(
    ("words", "level"), [("PostgreSQL 15.6", "ok"), ("PostgreSQL 11.2", "bad"), ("(openGauss 5.0.1 build", "warn")]
)
def test_what_was_never_tried_is_said(words, level):
    assert server.identity(words).level == level


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("dm://u:p@host/db", "达梦"),
        ("mysql+pymysql://u:p@h/d", "MySQL"),
        ("sqlite:///x", "不支持"),
        ("???", "无法识别"),
    ],
)
def test_other_databases_are_refused_by_name(address, says):
    found = server.check(address)
    assert ([f.level for f in found], says in found[0].line()) == (["bad"], True)


def test_a_server_that_does_not_answer_is_a_fault_without_the_password():
    found = server.check("postgresql+psycopg://user:hidden@127.0.0.1:9/x")
    assert [f.level for f in found] == ["bad"]
    assert "hidden" not in found[0].line()


@pytest.mark.xdist_group("doctor-postgres")
def test_postgres_can_do_everything_and_keeps_nothing(postgres_url):
    found = server.check(postgres_url)
    assert [f.line() for f in found if f.level == "bad"] == []
    assert len(found) == 8
    engine = create_engine(postgres_url)
    with engine.connect() as conn:
        left = conn.execute(text("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'minsheng_doctor%'")).scalar()
    engine.dispose()
    assert left == 0


@pytest.mark.xdist_group("doctor-postgres")
def test_who_may_not_make_a_schema_is_told(postgres_url):
    owner = create_engine(postgres_url)
    with owner.begin() as conn:
        conn.execute(text("CREATE ROLE doctor_guest LOGIN PASSWORD 'guest'"))
    try:
        guest = make_url(postgres_url).set(username="doctor_guest", password="guest")
        found = {f.topic: f for f in server.check(guest.render_as_string(hide_password=False))}
        assert found["建立模式的权限"].level == "bad"
        assert "GRANT CREATE" in found["建立模式的权限"].advice
    finally:
        with owner.begin() as conn:
            conn.execute(text("DROP ROLE doctor_guest"))
        owner.dispose()


@pytest.mark.xdist_group("doctor-postgres")
@pytest.mark.parametrize("scheme", ["opengauss", "kingbase"])
def test_a_descendant_works_through_its_dialect(postgres_url, scheme, monkeypatch):
    """A server that answers as they do: the plain dialect gives up, the registered one does not."""
    words = next(w for w in WORDS if w.startswith(("(openGauss 5", "KingbaseES V008")[scheme == "kingbase"]))
    dialects.register()
    plain = create_engine(make_url(postgres_url))
    engine = create_engine(make_url(postgres_url).set(drivername=f"{scheme}+psycopg"))
    with plain.begin() as conn:
        conn.execute(text("CREATE SCHEMA descendant"))
        conn.execute(text(f"CREATE FUNCTION descendant.version() RETURNS text LANGUAGE sql AS $$ SELECT '{words}' $$"))
    try:
        monkeypatch.setattr(dialects, "VERSION", "SELECT descendant.version()")
        with engine.connect() as conn:
            assert conn.execute(text("SELECT 1")).scalar() == 1
            assert conn.dialect.server_version_info == dialects.recognise(words).speaks_like
            assert conn.dialect.name == "postgresql"
    finally:
        with plain.begin() as conn:
            conn.execute(text("DROP SCHEMA descendant CASCADE"))
        engine.dispose()
        plain.dispose()


def test_the_command_says_dm_is_unsupported(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("MINSHENG_DATA_DIR", str(tmp_path))
    assert cli.main(["doctor", "--db", "dm://u:p@host/db"]) == 2
    assert "暂不支持达梦" in capsys.readouterr().out
