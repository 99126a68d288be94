"""Ten thousand texts with known identifiers: no phone and no identity number can be read from anything that leaves.

Names are found only where a word or a number beside them gives them away; how many is measured, not promised.
"""

from __future__ import annotations

import io
import json
import logging
import random
import time

import openpyxl
import pandas as pd
import pytest
from sqlalchemy import select

from lib import logs
from lib.access import audit
from lib.access.masking import mask_address, mask_identity, mask_text
from lib.assessment_store import open_assessment
from lib.documents.xlsx import Field, workbook
from lib.ingest.mapping import MappingError
from lib.schema import assessment as a
from tests.access.ticket_texts import MATTERS, Text, leaks, read_back, texts

# Takes long: `make prove` and CI run it, `make test` does not.
pytestmark = pytest.mark.proof

COUNT = 10_000


@pytest.fixture(scope="module")
def known() -> list[Text]:
    return texts(COUNT)


@pytest.fixture(scope="module")
def shown(known: list[Text]) -> list[str]:
    return [mask_text(each.text) for each in known]


def test_no_phone_and_no_identity_number_leaves(known, shown):
    assert sum(len(each.phones) for each in known) > 10_000
    assert sum(len(each.identities) for each in known) > 5_000
    found = [(each.text, text, which) for each, text in zip(known, shown, strict=True) if (which := leaks(each, text))]
    assert found == []


def test_the_generator_would_notice(known):
    """Without masking nearly everything is read: the search itself works."""
    seen = [which for each in known[:500] if (which := leaks(each, each.text))]
    assert len(seen) > 450


def test_masking_twice_changes_nothing_that_matters(known, shown):
    again = [mask_text(text) for text in shown[:2000]]
    assert [leaks(each, text) for each, text in zip(known, again, strict=False) if leaks(each, text)] == []


def test_identity_numbers_go_where_everything_else_may_stay(known):
    for each in known[:2000]:
        only = Text(each.text, identities=each.identities)
        assert leaks(only, mask_identity(each.text)) == []


@pytest.mark.parametrize(
    ("kind", "floor"),
    # Measured: 1.0, 0.03, 1.0, 1.0, 0.999. Without a word that gives a name away it stays: such words also begin
    # many ordinary sentences.
    [("names", 0.99), ("bare_names", 0.02), ("plates", 0.99), ("cards", 0.99), ("doors", 0.99)],
)
def test_how_much_of_the_rest_is_found(known, shown, kind, floor, record_property):
    total = kept = 0
    for each, text in zip(known, shown, strict=True):
        # What the text says besides may hold the same characters: it is taken out first.
        rest = text.replace(each.matter, "")
        for identifier in getattr(each, kind):
            total += 1
            kept += (identifier in read_back(rest)) if kind == "cards" else (identifier.lower() in rest.lower())
    rate = 1 - kept / total
    record_property("rate", rate)
    assert total > 500
    assert rate >= floor, f"{kind}: {rate:.4f} of {total}"


def test_what_the_texts_are_about_stays_readable(known, shown):
    changed = [(each.matter, text) for each, text in zip(known, shown, strict=True) if each.matter not in text]
    assert changed == []


ORDINARY = [
    *MATTERS,
    "2026年10月31日24:00",
    "2023-2024年度采暖费",
    "电费从0.56元涨到0.6元",
    "价格13800元",
    "合同金额1350000元",
    "面积128.5平方米，单价8600.5元",
    "豫发改〔2025〕1038号",
    "国发〔2026〕7号文件",
    "12345热线",
    "拨打110、119、120",
    "96119投诉电话",
    "水表0012345吨",
    "电表读数 13578.2 度",
    "2026.10.31 15:30",
    "2026/10/31 08:00至2026/11/02 18:00",
    "工单编号202610310012345",
    "案件编号2026103100123456",
    "编号20261031001234567890",
    "公交13路、15路、17路、19路",
    "楼间距13.5米、15.8米、17.2米、19.6米",
    "2026年1月至2026年10月共306天",
    "K12+350处",
    "G107国道北侧",
    "500千伏安阳变",
    "PM2.5为75微克",
    "第13、14、15、16、17、18号井",
    "人口547.7万人",
    "比例为13.5%—15.8%",
    "1-3号井和5-8号井",
    "高温补贴",
    "业主要求退款12000元",
    "市民时常反映",
    "居民于昨日来电",
    "负责人是谁",
    "安全科科长未到场",
    "责任公司经理未回复",
    "温度反映不准",
    "联系电话无人接听",
    "户籍迁移需要3个工作日",
    "有300户居民",
    "一二三年级学生",
    "三五百元",
    "二〇二六年十月",
    "十一假期",
    "一层二层三层四层五层六层七层八层",
    "京东App和京东PLUS会员",
    "云南XYZ公司",
    "账号异常",
    "QQ群已解散",
    "5G信号差",
    "①供水②供电③供暖",
    "时间为9:00-11:30，14:30-17:00",
    "每人每月1000-1500元",
    "已缴纳2022、2023、2024年物业费",
]
# Which of these suffer all the same, so that it is known: a count of households looks like a room.
KNOWN_LOSSES = {"有300户居民"}


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_texts_stay(text):
    assert (mask_text(text) == text) is (text not in KNOWN_LOSSES), mask_text(text)


HOSTILE = {
    "one letter": "a",
    "digits": "1",
    "han digits": "一",
    "blanks": " ",
    "digit blank": "1 ",
    "digit dash": "13-",
    "at": "a@",
    "dots": "a.",
    "at dots": "a@a.",
    "leads": "电话",
    "lead digits": "电话2345",
    "unit": "一单元",
    "surnames": "王",
    "named": "姓名王",
    "brackets": "(1)",
    "plate": "豫A1",
    "zero": "0372 ",
    "eights": "86",
    "wide": "１",
    "room": "路1",
    "identity": "4105 ",
    "hex": "a1",
}


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE.keys())
def test_time_grows_with_the_text_only(piece):
    """Four times the text takes about four times the time, not sixteen: no pattern looks again and again."""

    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        best = float("inf")
        for _ in range(2):
            began = time.process_time()
            mask_text(text)
            mask_address(text[:size])
            best = min(best, time.process_time() - began)
        return best

    small, large = seconds(8_000), seconds(32_000)
    assert large < 9 * small + 0.02, f"{small:.4f} s, then {large:.4f} s"


def test_logs_errors_history_and_exports_hold_none(known, settings, capsys):
    some = random.Random(5).sample(known, 300)
    logged = logs.set_up(settings)
    store = open_assessment(settings, "demo")
    try:
        with store.writing() as conn:
            for each in some:
                act = audit.Act(
                    "export_started", each.text, before=each.text, after={"a": [each.text]}, reason=each.text
                )
                audit.append(conn, audit.SYSTEM, act)
        with store.reading() as conn:
            rows = conn.execute(
                select(a.audit_entries.c.subject, a.audit_entries.c.text).order_by(a.audit_entries.c.entry_no)
            )
            entries = [(row.subject, json.loads(row.text)) for row in rows]
    finally:
        store.dispose()
    for each in some:
        try:
            raise MappingError(f"无法识别：{each.text}")
        except MappingError:
            logging.getLogger("minsheng.t").exception("row %s", each.text, extra={"page": each.text})
    logs.close()
    lines = [json.loads(line) for line in logged.read_text("utf-8").splitlines()]
    console = capsys.readouterr().err.splitlines()
    assert len(lines) == len(console) == len(entries) == 300
    for each, line, short, (subject, entry) in zip(some, lines, console, entries, strict=True):
        said = [line["message"], line["exception"], line["page"], short, subject]
        said += [entry["before"], entry["after"]["a"][0], entry["reason"]]
        assert [leaks(each, text) for text in said] == [[]] * len(said)
    frame = pd.DataFrame({"t": [mask_text(each.text) for each in some]})
    sheet = openpyxl.load_workbook(io.BytesIO(workbook(frame, {"t": Field("诉求")}, "表", []))).worksheets[0]
    cells = [str(sheet.cell(row, 1).value) for row in range(2, 302)]
    assert [leaks(each, cell) for each, cell in zip(some, cells, strict=True)] == [[]] * 300
