import io
import zipfile

import openpyxl
import pytest

from lib import answers
from lib.answers import Source
from lib.city import load_city
from lib.metrics.catalogue import CATALOGUE
from lib.metrics.formats import show_count, show_value
from lib.period import default_period
from lib.scope import Scope
from tests.browser.reading import PAGES, english_words, open_page, settle, texts, title

CITY = load_city("demo")


@pytest.fixture
def source(demo_store):
    with demo_store.engine.connect() as conn:
        yield Source(conn, demo_store.pointer, CITY)


@pytest.fixture
def scope(demo_store):
    return Scope(default_period(demo_store.pointer.as_of))


def download(page, button) -> bytes:
    """Click and read the file."""
    with page.expect_download() as waiting:
        button.click()
    return waiting.value.path().read_bytes()


def test_the_six_figures_are_those_of_the_answers(page, server, source, scope):
    open_page(page, server.url)
    shown = page.locator('[data-testid="stMetricValue"]').all_inner_texts()
    found = answers.overview(source, scope).figures
    expected = [("约" if f.is_approximate else "") + show_value(CATALOGUE[key], f.value) for key, f in found.items()]
    assert len(expected) == 6
    assert shown == expected


def test_a_figure_opens_with_numerator_denominator_and_ways_to_the_tickets(page, server, source, scope):
    open_page(page, server.url)
    page.locator(".st-key-open_satisfaction_rate").get_by_role("button").click()
    page.get_by_text("口径版本").wait_for()
    settle(page)
    seen = texts(page)
    figure = answers.figures(source, scope, ("satisfaction_rate",))["satisfaction_rate"]
    fraction = f"{show_count(figure.numerator)}÷{show_count(figure.denominator)}"
    assert any(fraction in text for text in seen)
    assert any("考核口径剔除" in text for text in seen)
    assert english_words(seen) == {}
    page.get_by_role("link", name="未计入分子的工单").click()
    title(page, PAGES["tickets"]).wait_for()
    settle(page)
    assert f"共 {show_count(figure.denominator - figure.numerator)} 件" in page.inner_text("body")


def test_a_table_goes_to_excel_without_formulas(page, server):
    open_page(page, f"{server.url}/districts")
    content = download(page, page.get_by_role("link", name="导出Excel").first)
    book = openpyxl.load_workbook(io.BytesIO(content))
    rows = [row for sheet in book for row in sheet.iter_rows()]
    values = [cell.value for row in rows for cell in row if cell.value is not None]
    assert {name for name in CITY.districts["name"] if name in values} == set(CITY.districts["name"])
    assert any("演示数据" in str(value) for value in values)
    assert not any(cell.data_type == "f" for row in rows for cell in row)


def test_a_chart_goes_to_a_picture(page, server):
    open_page(page, f"{server.url}/trends")
    content = download(page, page.get_by_role("link", name="存为图片").first)
    assert content.startswith(b"\x89PNG")
    assert len(content) > 10_000


def test_the_one_page_print_is_a_document(page, server):
    open_page(page, server.url)
    content = download(page, page.get_by_role("link", name="打印一页纸"))
    with zipfile.ZipFile(io.BytesIO(content)) as document:
        assert "满意率" in document.read("word/document.xml").decode()


def test_a_click_on_a_district_shows_what_is_in_it(page, server):
    open_page(page, f"{server.url}/districts")
    assert townships_named(page) == []
    # Over each bar lies a transparent one that takes the click.
    page.locator("path[aria-label*='名称: ']").nth(2).click(force=True)
    page.wait_for_url(lambda address: "focus=" in address)
    settle(page)
    assert len(townships_named(page)) == 1


def townships_named(page) -> list[str]:
    """Districts of which the page names at least three townships."""
    seen = "\n".join(texts(page))
    inside = CITY.townships.groupby("district_code")["name"].agg(list)
    return [code for code, names in inside.items() if sum(name in seen for name in names) >= 3]
