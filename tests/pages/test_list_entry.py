"""清单录入: the form, many rows, the ledger's way back and old sheets, as a clerk meets them."""

from __future__ import annotations

import io
import shutil
from datetime import UTC, date, datetime, timedelta

import openpyxl
import pytest
from sqlalchemy import select

from lib.access.roles import Identity
from lib.access.shared import shared_assessment
from lib.answers import ListView, list_items
from lib.commands.lists import drafts, items
from lib.commands.lists.desk import Desk
from lib.config import Settings
from lib.documents.ledger import workbook
from lib.lists.profile import load_lists
from lib.schema import lists as t
from lib.schema.tickets import tickets
from lib.store import open_store
from lib.ui import list_entry
from tests.access.stores import rows
from tests.pages.conftest import raw_page, words
from tests.people import signed_in

SOON = date.today() + timedelta(days=40)
ONE, MANY, TRIP, OLD = list_entry.WAYS


@pytest.fixture
def store(demo_settings, tmp_path, monkeypatch):
    """The demo city's tickets with lists of its own."""
    folder = tmp_path / "var"
    shutil.copytree(demo_settings.data_dir, folder, symlinks=True,
                    ignore=shutil.ignore_patterns("assessment*", "*.lock", "logs"))  # fmt: skip
    monkeypatch.setenv("MINSHENG_DATA_DIR", str(folder))
    for name in ("TICKETS_URL", "ASSESSMENT_URL", "CITY"):
        monkeypatch.delenv(name, raising=False)
    return shared_assessment(Settings.from_env())


def opened(way=ONE, role="supervision", **parameters):
    test = raw_page("list_entry", user=signed_in(role), way=way, **parameters)
    assert not test.exception
    assert "本页暂时打不开" not in words(test), words(test)
    return test


def labelled(test, label):
    fields = (*test.text_input, *test.text_area, *test.selectbox)
    return next(field for field in fields if field.label.startswith(label))


def press(test, label):
    next(button for button in test.button if button.label == label).click()
    return test.run()


def listed(store):
    return [(i.item_no, i.title, i.state) for i in rows(store, t.list_items)]


def said(test):
    return "\n".join(e.value for e in (*test.success, *test.warning, *test.error)).replace("\\", "")


def test_an_item_is_entered_and_the_next_form_is_empty(store):
    test = opened()
    labelled(test, "督办事项").set_value("东风路路灯不亮")
    labelled(test, "立项来源").set_value("media")
    test = press(test, "保存（拟列）")
    assert "督2026-0001" in said(test)
    assert listed(store)[0][1:] == ("东风路路灯不亮", "proposed")
    # What the browser sends again after a lost answer is the same form.
    assert "督2026-0001" in said(test.run())
    test = press(test, "再录一件")
    assert labelled(test, "督办事项").value == ""
    assert len(listed(store)) == 1


def test_what_is_missing_is_said_and_what_was_typed_stays(store):
    test = opened()
    labelled(test, "主要内容").set_value("<b>粗</b> =1+1")
    test = press(test, "保存（拟列）")
    assert "请填写督办事项" in said(test)
    assert labelled(test, "主要内容").value == "<b>粗</b> =1+1"
    labelled(test, "督办事项").set_value("修路")
    labelled(test, "立项来源").set_value("other")
    labelled(test, "责任人").set_value("张三")
    assert "请同时选择牵头单位" in said(press(test, "保存（拟列）"))
    assert listed(store) == []


def test_a_ticket_fills_the_form_and_a_second_item_of_it_is_warned_of(store):
    c = t.list_tickets.c
    test = opened()
    unit = next(iter(labelled(test, "牵头单位").options))
    assert unit
    number = ticket_number()
    labelled(test, "从工单带出").set_value(f"{number} 没有的号")
    test = press(test, "带出")
    assert "没有的号" in said(test)
    assert labelled(test, "督办事项").value
    assert labelled(test, "立项来源").value == "tickets"
    test = press(test, "保存（拟列）")
    assert [link.ticket_no for link in rows(store, t.list_tickets)] == [number]
    test = opened(tickets=f"{rows(store, t.list_tickets)[0].source_code}~{number}")
    test = press(test, "保存（拟列）")
    assert "可能与已有的1个事项重复" in words(test)
    assert len(listed(store)) == 1
    press(test, "不是同一件事，仍要保存")
    with store.reading() as conn:
        assert len(conn.execute(select(c.item_id).distinct()).all()) == 2


def ticket_number() -> str:
    found = open_store(Settings.from_env(), "demo")
    with found.engine.connect() as conn:
        statement = select(tickets.c.ticket_no).where(tickets.c.restricted_class.is_(None)).limit(1)
        number = str(conn.execute(statement).scalar_one())
    found.dispose()
    return number


def test_a_draft_is_offered_again(store):
    user = signed_in("supervision")
    account = "supervision-all"
    person = shared_identity(account)
    fields = {"title": "修桥", "due_on": SOON.isoformat(), "lead_unit_code": "没选完", "is_legacy": True}
    body = {"form_key": "a" * 32, "fields": fields}
    drafts.save_draft(store, person, drafts.SaveDraft("add:supervision", body, 4), now=datetime.now(UTC))
    test = raw_page("list_entry", user=user, way=ONE)
    assert "修桥" in words(test)
    test = press(test, "恢复草稿")
    assert (labelled(test, "督办事项").value, test.date_input[0].value) == ("修桥", SOON)
    assert next(c for c in test.checkbox if c.label == "历史遗留").value
    assert "没选完" in said(test)
    labelled(test, "立项来源").set_value("other")
    test = press(test, "保存（拟列）")
    assert [title for _, title, _ in listed(store)] == ["修桥"]
    with store.reading() as conn:
        assert drafts.drafts_of(conn, account) == []


def shared_identity(account):
    return Identity(account, "测试", "supervision")


def test_rows_are_pasted_checked_and_saved_and_refused_ones_stay(store):
    test = opened(MANY)
    test.text_area(key="grid_paste").set_value(f"督办事项\t办结时限\n修路\t{SOON}\n修灯\t2001-01-01\n修桥\t\n")
    test = press(test, "读入表格")
    assert "已读入3行" in said(test)
    test = press(test, "保存全部")
    assert "已保存2行（拟列）：督2026-0001 至 督2026-0002" in said(test)
    assert "1行未通过" in said(test)
    assert [title for _, title, _ in listed(store)] == ["修路", "修桥"]
    test = press(test, "保存全部")
    assert len(listed(store)) == 2
    assert "1行未通过" in said(test)


def test_the_same_row_twice_is_held_back_until_somebody_says_that_it_is_none(store):
    test = opened(MANY)
    test.text_area(key="grid_paste").set_value("修路\n修 路\n修桥")
    test = press(press(test, "读入表格"), "保存全部")
    assert "2行未通过" in said(test)
    assert [title for _, title, _ in listed(store)] == ["修桥"]
    state = test.session_state["_grid_supervision"]
    assert ["事项和单位相同" in row.get("_why", "") for row in state["base"][:2]] == [True, True]
    for row in state["base"][:2]:
        row["_sure"] = True
    press(test, "保存全部")
    assert [title for _, title, _ in listed(store)] == ["修桥", "修路", "修 路"]


def test_a_paste_beyond_the_limit_is_answered_with_it(store):
    test = opened(MANY)
    test.text_area(key="grid_paste").set_value("修路\t\n" * 6000)
    assert "一次最多500行" in said(press(test, "读入表格"))
    assert listed(store) == []


def test_a_draft_of_a_form_from_tickets_leads_back_to_them(store):
    user = signed_in("supervision")
    body = {"form_key": "b" * 32, "fields": {"title": "修桥"}, "tickets": f"demo~{ticket_number()}"}
    person = shared_identity("supervision-all")
    drafts.save_draft(store, person, drafts.SaveDraft("add:supervision:abc", body, 1), now=datetime.now(UTC))
    test = raw_page("list_entry", user=user, way=ONE)
    assert "另有1份从工单带出的草稿" in words(test)
    test = press(test, "打开最近一份")
    assert ticket_number() in words(test)
    assert labelled(test, "立项来源").value == "tickets"


def test_a_ledger_comes_back_with_a_conflict_to_choose(store):
    test = opened(TRIP)
    desk = desk_of()
    for title in ("修路", "修灯"):
        items.add(store, desk, items.AddItem("supervision", {"title": title, "source": "other"}))
    frame = frame_of(store, desk)
    book = openpyxl.load_workbook(io.BytesIO(workbook(frame, "supervision", desk.profile, [])))
    sheet = book.worksheets[0]
    at = {sheet.cell(3, n).value: n for n in range(1, sheet.max_column + 1)}
    sheet.cell(4, at["目标要求"]).value = "文件改的"
    sheet.cell(5, at["目标要求"]).value = "文件也改的"
    sheet.cell(6, at["督办事项"]).value = "修桥"
    sheet.cell(5, at["催办次数"]).value = 9
    items.edit(store, desk, items.EditItem(frame["item_no"][1], 1, {"target": "系统改的"}))
    buffer = io.BytesIO()
    book.save(buffer)
    test = opened(TRIP)
    test.file_uploader[0].set_value(("台账.xlsx", buffer.getvalue(), ""))
    test = test.run()
    assert {m.label: m.value for m in test.metric} == {
        "修改": "1格", "冲突": "1格", "新增": "1行", "不采用": "1处", "未改动": "0件",
    }  # fmt: skip
    test = press(test, "按所选保存")
    assert "已按台账修改1件" in said(test)
    with store.reading() as conn:
        targets = dict(conn.execute(select(t.list_items.c.title, t.list_items.c.target)).all())
    assert targets == {"修路": "文件改的", "修灯": "系统改的", "修桥": ""}
    # The conflict once more, decided for the file.
    test.file_uploader[0].set_value(("台账.xlsx", buffer.getvalue(), ""))
    test = press(press(test.run(), "全部采用文件"), "按所选保存")
    with store.reading() as conn:
        targets = dict(conn.execute(select(t.list_items.c.title, t.list_items.c.target)).all())
    assert targets == {"修路": "文件改的", "修灯": "文件也改的", "修桥": ""}


def desk_of():
    return Desk(shared_identity("supervision-all"), None, load_lists("demo"), {}, lambda keys: set(), datetime.now(UTC))


def frame_of(store, desk):
    with store.reading() as conn:
        found = list_items(conn, ListView(desk.person, None, desk.today, desk.profile, {}), "supervision")
    return found.sort_values("item_no").reset_index(drop=True)


def test_other_files_are_refused_with_a_sentence(store):
    test = opened(TRIP)
    test.file_uploader[0].set_value(("x.xlsx", b"%PDF-1.4", ""))
    assert "PDF 文件" in said(test.run())
    plain = openpyxl.Workbook()
    plain.active.append(["督办事项"])
    buffer = io.BytesIO()
    plain.save(buffer)
    test.file_uploader[0].set_value(("x.xlsx", buffer.getvalue(), ""))
    assert "旧表导入" in said(test.run())
    assert listed(store) == []


def test_last_years_sheet_is_taken_with_limits_in_the_past(store):
    sheet = openpyxl.Workbook()
    headings = ["序号", "督办事项", "完成时限", "催办次数"]
    for line in (["2025年台账"], headings, [1, "修路", "2025-03-01", 4], [2, "", "x", ""]):
        sheet.active.append(line)
    buffer = io.BytesIO()
    sheet.save(buffer)
    test = opened(OLD)
    test.file_uploader[0].set_value(("2025.xlsx", buffer.getvalue(), ""))
    test = test.run()
    assert "共2行，可录入1行，退回1行" in words(test).replace("\\", "")
    press(test, "录入1行（拟列）")
    item = rows(store, t.list_items)[0]
    assert (item.title, item.due_on, item.remarks) == ("修路", date(2025, 3, 1), "催办次数：4")


def test_the_hotline_keeps_the_other_list(store):
    test = opened(role="hotline", list="supervision")
    assert "问题清单" in words(test)
    assert labelled(test, "问题（必填）").value == ""


def test_people_without_their_unit_are_refused_in_the_row(store):
    test = opened(MANY)
    test.text_area(key="grid_paste").set_value("督办事项\t责任人\n路灯不亮\t李科长\n井盖缺失\t")
    test = press(press(test, "读入表格"), "保存全部")
    assert [title for _, title, _ in listed(store)] == ["井盖缺失"]
    why = test.session_state["_grid_supervision"]["base"][0]["_why"]
    assert why == "填写了责任人，请同时选择牵头单位，否则这些内容无处可存"
