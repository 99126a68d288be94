"""The arrows of the architecture, walked in the syntax trees: who imports whom, who speaks SQL, who Streamlit."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from lib.config import ROOT
from lib.schema import rollups  # noqa: F401 - registers its tables
from lib.schema import tickets as t

MAX_LINES = 400

# Values and descriptions that everything may use.
VALUES = {"config", "period", "scope", "schema", "city", "calendar_cn", "store", "assessment_store"}
READING = VALUES | {"metrics", "queries", "analysis", "access", "lists"}
SHOWING = {"answers", "charts", "documents", "loaders", "ui"}

# Package of lib (or file at the top) → what it may import from lib, besides itself.
MAY_IMPORT: dict[str, set[str]] = {
    "config": set(),
    "period": set(),
    "scope": {"period"},
    "schema": set(),
    "city": {"config", "schema"},
    "calendar_cn": {"config", "schema"},
    "store": {"config", "schema"},
    "assessment_store": {"config", "schema", "store"},
    "access": {"config", "schema", "period", "scope", "store", "assessment_store"},
    "logs": {"config", "access"},
    "lists": VALUES | {"access"},
    "commands": VALUES | {"access", "lists"},
    "analysis": {"period", "metrics"},
    "metrics": {"period", "config"},
    "queries": {"schema", "period", "scope", "lists"},
    "answers": READING,
    "charts": {"metrics"},
    "documents": VALUES | {"metrics", "answers", "charts", "lists"},
    # The desk that every write of the lists asks for is a value made of what only loaders know.
    "loaders": READING | {"answers", "commands"},
    "ui": READING | SHOWING - {"ui"} | {"commands", "logs"},
    "ingest": VALUES | {"access"},
    "demo": VALUES | {"access", "ingest", "metrics", "lists", "commands"},
    "server": READING | {"answers", "documents", "commands", "logs"},
    "doctor": VALUES | {"access"},
    "cli": {"config", "logs"},
    "__main__": {"cli"},
    "metrics_command": READING | {"answers"},
    # A run of the suggestion rules is asked of the tickets and stored by a command.
    "nomination_command": READING | {"answers", "commands"},
    "bench": READING | {"answers", "ingest", "demo"},
    # Proofs run the analyses on generated cities.
    "prove": READING | {"answers", "ingest", "demo"},
    "pages": READING | SHOWING | {"ingest", "commands"},
    "navigation": READING | SHOWING | {"logs"},
    "streamlit_app": {"config", "server", "logs", "ui", "access"},
}

MAY_SPEAK_STREAMLIT = ("streamlit_app.py", "navigation.py", "pages/", "lib/ui/", "lib/loaders.py")
# bench drives the pages from outside, as the tests do.
MAY_DRIVE_STREAMLIT = ("lib/bench/",)

# bench writes the same questions by hand, to compare.
MAY_SPEAK_SQL = (
    "lib/queries/",
    "lib/commands/",
    "lib/access/",
    "lib/assessment_store.py",
    "lib/ingest/",
    "lib/demo/",
    "lib/schema/",
    "lib/store.py",
    "lib/doctor/",
    "lib/bench/",
)
STATEMENT_BUILDERS = {"select", "insert", "update", "delete", "text", "func", "case", "union_all", "literal_column"}
RAW_SQL = re.compile(r"^\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|ATTACH|WITH \w+ AS|COPY)\s", re.DOTALL)


def sources() -> list[Path]:
    """Every Python file of the product."""
    return sorted([*ROOT.glob("*.py"), *ROOT.glob("lib/**/*.py"), *ROOT.glob("pages/**/*.py")])


def names(paths: list[Path]) -> list[str]:
    """Paths from the root, for parameters that read well."""
    return [path.relative_to(ROOT).as_posix() for path in paths]


@cache
def tree(name: str) -> ast.Module:
    return ast.parse((ROOT / name).read_text("utf-8"), name)


def package(name: str) -> str:
    """`lib/queries/counts.py` → queries; `lib/store.py` → store; `pages/overview.py` → pages."""
    parts = name.removesuffix(".py").split("/")
    if parts[0] == "lib":
        return parts[1] if parts[1:] != ["__init__"] else "lib"
    return parts[0]


def imports(name: str) -> Iterator[tuple[str, int]]:
    """Dotted names that a file imports, with the line; `from lib import store` gives lib.store."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}:{node.lineno}: relative imports hide where an arrow points"
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node.lineno


@pytest.mark.parametrize("name", names(sources()))
def test_imports_point_one_way(name):
    own = package(name)
    if own == "lib":
        return
    allowed = MAY_IMPORT[own] | {own}
    wrong = [
        f"{name}:{line} imports {target}"
        for target, line in imports(name)
        if target.startswith(("lib.", "pages"))
        and target.split(".")[1 if target.startswith("lib.") else 0] not in allowed
    ]
    assert wrong == []


def test_the_rule_itself_has_no_circle():
    def reach(start: str, seen: frozenset[str]) -> None:
        assert start not in seen, f"{start} reaches itself"
        for target in MAY_IMPORT.get(start, set()):
            reach(target, seen | {start})

    for start in MAY_IMPORT:
        reach(start, frozenset())


@pytest.mark.parametrize("name", names(sources()))
def test_streamlit_stays_where_it_belongs(name):
    if name.startswith(MAY_SPEAK_STREAMLIT + MAY_DRIVE_STREAMLIT):
        return
    assert [line for target, line in imports(name) if target.split(".")[0] == "streamlit"] == []


# Streamlit serves what these are given at addresses that answer anybody and outlive the session.
OPEN_MEDIA = {"download_button", "image", "audio", "video", "pdf", "logo", "pyplot", "graphviz_chart"}


@pytest.mark.parametrize("name", [n for n in names(sources()) if n.startswith(MAY_SPEAK_STREAMLIT)])
def test_no_data_goes_through_open_media_addresses(name):
    used = [
        f"{name}:{node.lineno} {node.attr}"
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Attribute) and node.attr in OPEN_MEDIA
    ]
    assert used == []


@pytest.mark.parametrize("name", names(sources()))
def test_sql_stays_where_it_belongs(name):
    if name.startswith(MAY_SPEAK_SQL):
        return
    built = [
        f"{name}:{line} {target}"
        for target, line in imports(name)
        if target.split(".")[0] == "duckdb"
        or (target.split(".")[0] == "sqlalchemy" and target.split(".")[-1] in STATEMENT_BUILDERS)
    ]
    written = [
        f"{name}:{node.lineno}"
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and RAW_SQL.match(node.value)
    ]
    assert built + written == []


def test_sql_is_recognised():
    assert RAW_SQL.match("SELECT 1 FROM tickets")
    assert RAW_SQL.match("\n  INSERT INTO x VALUES (1)")
    assert not RAW_SQL.match("Select a district")


@pytest.mark.parametrize("name", names([*sources(), *sorted((ROOT / "tests").glob("**/*.py"))]))
def test_no_file_is_longer_than_a_person_reads(name):
    assert len((ROOT / name).read_text("utf-8").splitlines()) <= MAX_LINES


@pytest.mark.parametrize("name", names(sources()))
def test_every_public_function_says_what_it_does(name):
    silent = [
        f"{name}:{node.lineno} {node.name}"
        for node in ast.walk(tree(name))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
        and is_public(name, node)
    ]
    assert silent == []


def is_public(name: str, node: ast.AST) -> bool:
    """Defined at the top of a module or of a public class: inner functions are private to their function."""
    tops: list[ast.AST] = [tree(name)]
    tops += [n for n in tree(name).body if isinstance(n, ast.ClassDef) and not n.name.startswith("_")]
    return any(node in getattr(top, "body", []) for top in tops)


@pytest.mark.parametrize("table", t.metadata.sorted_tables, ids=lambda table: table.name)
def test_every_table_says_its_grain_and_every_column_its_meaning(table):
    assert table.comment, table.name
    assert re.match(r"One row per|Rows? |Counts? ", table.comment), f"{table.name}: {table.comment}"
    assert [column.name for column in table.columns if not column.comment] == []


def test_packages_of_the_product_are_not_ignored_by_git():
    ignored = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert not {"lib", "lib/", "/lib", "data", "data/", "pages/"} & set(ignored)
