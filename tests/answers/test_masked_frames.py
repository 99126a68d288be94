"""Imported texts with known identifiers: none can be read from a list, from one ticket in full, or from its export."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta

import openpyxl
import pytest

from lib import answers
from lib.access.roles import Access
from lib.answers import Source, TicketQuery
from lib.city import load_city
from lib.config import Settings
from lib.documents.xlsx import Field, workbook
from lib.ingest.pipeline import import_files
from lib.period import Period
from lib.scope import Scope
from lib.store import open_store
from tests.access.ticket_texts import leaks, texts

# Takes long: `make prove` and CI run it, `make test` does not.
pytestmark = pytest.mark.proof

# In full only some: each asks a dozen questions.
COUNT, OPENED = 300, 20
HEADINGS = (
    *("工单编号", "受理时间", "办理类型", "承办单位", "办件状态", "办结时间"),
    *("诉求标题", "诉求内容", "事发地址", "答复内容", "评价内容", "联系电话"),
)


@pytest.fixture(scope="module")
def known():
    return {f"P{number:05d}": text for number, text in enumerate(texts(COUNT, seed=11))}


@pytest.fixture(scope="module")
def source(known, tmp_path_factory):
    folder = tmp_path_factory.mktemp("masked")
    settings = Settings(data_dir=folder / "var", city="anyang", tickets_url=None)
    start = datetime(2026, 10, 1, 8)
    with open(folder / "a.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        for index, (number, each) in enumerate(known.items()):
            received = start + timedelta(minutes=index)
            said = [each.text] * 5
            phone = each.phones[0] if each.phones else ""
            writer.writerow(
                [number, received, "转办", "市城市管理局", "已办结", received + timedelta(days=1), *said, phone]
            )
    import_files([folder / "a.csv"], settings)
    store = open_store(settings, "city")
    with store.engine.connect() as conn:
        yield Source(conn, store.pointer, load_city("anyang"))
    store.dispose()


@pytest.fixture(scope="module")
def listed(source):
    return answers.ticket_list(source, Scope(Period.month(2026, 10)), TicketQuery(), None, COUNT)


def test_the_list_and_its_export_hold_none(known, listed):
    assert len(listed) == COUNT
    words = [name for name in listed if listed[name].dtype.kind != "M" and name not in ("ticket_id", "ticket_no")]
    sheet = openpyxl.load_workbook(
        io.BytesIO(workbook(listed, {name: Field(name) for name in listed}, "表", []))
    ).worksheets[0]
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    position = list(listed).index("title")
    for row, number in enumerate(listed["ticket_no"]):
        said = [str(listed[name].iloc[row]) for name in words]
        assert [leaks(known[number], text) for text in said] == [[]] * len(said)
        assert leaks(known[number], str(rows[row][position])) == []


def test_one_ticket_in_full_holds_none(known, source, listed):
    asked = Source(source.conn, source.pointer, source.city, Access(reach=None, restricted=True))
    for code, number in zip(listed["source_code"][:OPENED], listed["ticket_no"][:OPENED], strict=True):
        detail = answers.ticket_detail(asked, code, number)
        assert detail is not None
        said = [detail.title, *detail.texts.values(), *(v for k, v in detail.fields.items() if k != "工单编号")]
        assert len(detail.texts) >= 3
        assert [leaks(known[number], text) for text in said] == [[]] * len(said)
