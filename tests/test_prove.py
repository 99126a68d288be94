import ast
import re

import pytest

from lib.config import ROOT
from tests.prove import PROMISES


@pytest.mark.parametrize("name", sorted({name for promise in PROMISES for name in promise.shown_by}))
def test_what_shows_a_promise_exists(name):
    file, _, function = name.partition("::")
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    tests = {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}
    assert function in tests if function else tests


def test_a_promise_is_shown_or_said_to_be_open():
    assert [promise.text for promise in PROMISES if not promise.shown_by and not promise.open] == []


def test_what_make_test_leaves_out_is_run_by_make_prove():
    shown = {name.partition("::")[0] for promise in PROMISES for name in promise.shown_by}
    marked = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "tests").glob("**/test_*.py")
        if re.search(r"^pytestmark = .*pytest\.mark\.proof", path.read_text("utf-8"), re.MULTILINE)
    }
    assert marked
    assert marked <= shown
