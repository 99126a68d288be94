import re
from importlib.metadata import version
from pathlib import Path

import pytest
import streamlit

from lib.config import ROOT
from lib.server import front_end
from tests.server.asgi import get, hello

STATIC = Path(streamlit.__file__).parent / "static"
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def built():
    return front_end.build(STATIC)


@pytest.fixture(scope="module")
def app(built):
    return front_end.ChineseFrontEnd(hello, built, frozenset({"/healthz"}))


def test_the_installed_streamlit_is_the_pinned_one():
    assert f"streamlit=={version('streamlit')}\n" in (ROOT / "requirements.txt").read_text("utf-8")


@pytest.mark.parametrize("stem", front_end.load_table())
def test_each_literal_stands_in_the_pinned_front_end(stem):
    texts = [path.read_text("utf-8") for path in front_end.script_files(STATIC, stem)]
    missing = [old for old in front_end.load_table()[stem] if not any(old in text for text in texts)]
    assert missing == []


def test_no_replaced_literal_is_left(built):
    left = []
    for stem, literals in front_end.load_table().items():
        served = [a.body.decode() for p, a in built.scripts.items() if p.startswith(f"/static/js/{stem}.")]
        left += [f"{stem}: {old}" for old in literals if any(old in text for text in served)]
    assert left == []


def test_replacements_keep_placeholders_and_quotes():
    for literals in front_end.load_table().values():
        for old, new in literals.items():
            assert old.count("`") % 2 == new.count("`") % 2, old
            assert old.count("{") - old.count("}") == new.count("{") - new.count("}"), old
            assert old.count("(") - old.count(")") == new.count("(") - new.count(")"), old


def test_the_page_is_chinese(app):
    answer = get(app, "/overview")
    assert answer.status == 200
    page = answer.body.decode()
    assert '<html lang="zh-CN">' in page
    assert "<title>民声看板</title>" in page
    assert "You need to enable JavaScript" not in page


def test_inline_script_hash_is_that_of_the_served_page(app, built):
    import base64
    import hashlib

    (script,) = re.findall(r"<script>(.*?)</script>", get(app, "/").body.decode(), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert built.inline_script_hash == f"sha256-{digest}"


def test_rewritten_scripts_are_revalidated_not_kept_for_a_year(app, built):
    path = next(p for p in built.scripts if "FileUploader" in p)
    first = get(app, path)
    assert HAN.search(first.body.decode())
    assert first.headers["cache-control"] == "no-cache"
    again = get(app, path, if_none_match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize("path", ["/healthz", "/favicon.png", "/_stcore/health", "/static/js/nothing.js", "/a/b"])
def test_everything_else_is_passed_on(app, path):
    assert get(app, path).body == b"hello"


def test_another_release_is_refused_with_the_missing_words(tmp_path):
    (tmp_path / "static" / "js").mkdir(parents=True)
    (tmp_path / "index.html").write_text("<html></html>")
    with pytest.raises(front_end.FrontEndError, match="Selectbox"):
        front_end.build(tmp_path)
