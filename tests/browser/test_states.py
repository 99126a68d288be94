"""What people see when there is nothing to show, or when what there is must not be shown."""

import shutil

import pytest

from lib.store import pair_dir, read_pointer
from tests.browser.reading import COMMANDS_OF_A_FIRST_IMPORT, english_words, open_page, texts
from tests.browser.serving import start_server

FIGURES = ("overview", "trends", "districts", "units", "tickets")


@pytest.fixture(scope="module")
def copy(demo_settings, tmp_path_factory):
    """A folder with a copy of the demo city, to be damaged."""
    folder = tmp_path_factory.mktemp("damaged") / "var"
    shutil.copytree(demo_settings.data_dir, folder)
    return folder


@pytest.fixture(scope="module")
def empty_server(tmp_path_factory):
    yield from start_server(tmp_path_factory.mktemp("empty") / "var", tmp_path_factory.mktemp("log") / "server.log")


@pytest.fixture(scope="module")
def plain_server(copy, tmp_path_factory):
    """Served by uvicorn itself, the other way to start."""
    command = ("uvicorn", "streamlit_app:app", "--host", "127.0.0.1", "--port", "{port}")
    yield from start_server(copy, tmp_path_factory.mktemp("log") / "server.log", command)


@pytest.mark.parametrize("slug", FIGURES)
def test_without_data_a_page_says_what_to_do(page, empty_server, slug):
    open_page(page, f"{empty_server.url}/{slug}")
    said = page.inner_text("body")
    assert "导入" in said
    assert page.get_by_test_id("stMetricValue").count() == 0
    # The command that makes the demo city is the one thing that must be typed as it is.
    assert set(english_words(texts(page))) <= {"python", "lib", "demo", "make", "run"}


def test_without_data_the_import_page_opens(page, empty_server):
    open_page(page, f"{empty_server.url}/imports")
    assert page.get_by_test_id("stFileUploaderDropzone").first.is_visible()
    assert set(english_words(texts(page))) <= COMMANDS_OF_A_FIRST_IMPORT


def test_without_data_health_is_503(empty_server):
    status, body = empty_server.get("/healthz")
    assert status == 503
    assert "尚无数据" in body.decode()


def test_uvicorn_serves_the_same_application(page, plain_server):
    assert plain_server.get("/healthz")[0] == 200
    assert plain_server.get("/_stcore/metrics")[0] == 404
    open_page(page, plain_server.url)
    assert page.get_by_test_id("stMetricValue").count() == 6


def test_damaged_data_shows_no_figure_and_says_so(page, plain_server, copy, demo_settings):
    """The newest version cannot be read: no older figure may stand in for it."""
    folder = copy / "demo"
    pointer = read_pointer(demo_settings, "demo")
    original = (pair_dir(demo_settings, "demo") / "current.json").read_text("utf-8")
    broken = pointer.version + "-broken"
    (folder / f"tickets-{broken}.duckdb").write_bytes(bytes(100_000))
    renamed = original.replace(pointer.file, f"tickets-{broken}.duckdb").replace(
        f'"version": "{pointer.version}"', f'"version": "{broken}"'
    )
    (folder / "current.json").write_text(renamed, "utf-8")
    status, body = plain_server.get("/healthz")
    assert status == 503
    assert "损坏" in body.decode()
    for slug in FIGURES:
        open_page(page, f"{plain_server.url}/{slug}")
        assert page.get_by_test_id("stMetricValue").count() == 0, slug
        assert "损坏" in page.inner_text("body"), slug
        assert english_words(texts(page)) == {}, slug
    (folder / "current.json").write_text(original, "utf-8")
    assert plain_server.get("/healthz")[0] == 200
    open_page(page, plain_server.url)
    assert page.get_by_test_id("stMetricValue").count() == 6
