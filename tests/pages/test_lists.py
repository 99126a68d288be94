"""问题清单, 督办清单 and the page of an item: who finds what, and that every step is taken once and by whom it may."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from streamlit.testing.v1 import AppTest

from lib.access import offers
from lib.access.roles import ROLES, Identity, Role
from lib.access.shared import shared_assessment
from lib.assessment_store import AssessmentStore
from lib.city import load_city
from lib.commands.lists import drafts, items, reports, steps
from lib.commands.lists.desk import Desk
from lib.commands.lists.evidence import AddEvidence, add_evidence
from lib.commands.lists.views import views_of
from lib.config import Settings
from lib.lists.profile import load_lists
from lib.schema import assessment as a
from lib.schema import lists as t
from lib.ui import list_page_batch
from tests.access.stores import rows
from tests.factories import create_ticket, publish_rows
from tests.lists.office_files import PDF
from tests.pages.conftest import address, dialog, run_page, words
from tests.people import signed_in

UNIT, OTHER = "S02", "S03"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Two tickets in the demo city's places."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("lists"), city="anyang", tickets_url=None)
    tickets = [create_ticket(ticket_no="T1", unit_code=UNIT), create_ticket(ticket_no="T2", unit_code=UNIT)]
    publish_rows(settings, tickets, [], pair="demo", city=load_city("demo")).dispose()
    return settings


@pytest.fixture
def store(published: Settings, monkeypatch: pytest.MonkeyPatch) -> AssessmentStore:
    """The lists of that city, empty again."""
    monkeypatch.setenv("MINSHENG_DATA_DIR", str(published.data_dir))
    for name in ("TICKETS_URL", "ASSESSMENT_URL", "CITY"):
        monkeypatch.delenv(name, raising=False)
    store = shared_assessment(Settings.from_env(), "demo")
    return store


def office(role: Role = "supervision", number: int = 1) -> Desk:
    """Somebody of that office who is not the person of the page."""
    units = {UNIT: "甲单位", OTHER: "乙单位"}
    person = Identity(f"{role}-{number}", f"{ROLES[role]}·{number}", role)
    return Desk(person, None, load_lists("demo"), units, set, datetime.now(UTC))


def made(store: AssessmentStore, state: str = "handling", kind: str = "supervision", **values: object) -> str:
    """An item in that state, made by somebody else."""
    keeper = office("hotline" if kind == "problem" else "supervision")
    said = {"title": "向阳小区供暖不热", "source": "tickets", "lead_unit_code": UNIT, **values}
    number = items.add(store, keeper, items.AddItem(kind, said))
    way = {"proposed": 0, "listed": 1, "assigned": 2, "handling": 3}[state]
    for version, step in enumerate((steps.enlist, steps.assign, steps.sign)[:way], start=1):
        command = {steps.enlist: steps.Enlist, steps.assign: steps.Assign, steps.sign: steps.Sign}[step]
        step(store, keeper, command(number, version))  # type: ignore[operator]
    return number


def state_of(store: AssessmentStore, number: str) -> tuple[str, int]:
    found = next(row for row in rows(store, t.list_items) if row.item_no == number)
    return found.state, found.version


def press(test: AppTest, label: str) -> AppTest:
    next(button for button in test.button if button.label == label).click()
    return test.run()


def buttons(test: AppTest) -> set[str]:
    return {button.label for button in test.button if not button.disabled}


def listed(test: AppTest) -> list[str]:
    """Numbers in the table of items, the last on the page."""
    return list(test.dataframe[-1].value["item_no"]) if len(test.dataframe) else []


def fill(test: AppTest, **given: object) -> AppTest:
    """Fields of the open dialog by the end of their keys."""
    for name, value in given.items():
        fields = (*test.text_area, *test.text_input, *test.selectbox, *test.radio, *test.date_input, *test.multiselect)
        next(field for field in fields if field.key and field.key.endswith(f"_{name}")).set_value(value)
    return test


@pytest.mark.parametrize(("role", "unit"), [("unit", UNIT), ("unit", OTHER), ("leader", None), ("discipline", None)])
def test_who_only_reads_or_answers_sees_the_items_within_reach(store: AssessmentStore, role: Role, unit: str) -> None:
    number = made(store)
    test = run_page("supervision_list", user=signed_in(role, unit))
    assert (number in listed(test)) == (unit != OTHER)
    if unit == OTHER:
        assert "没有交办给本单位的事项" in words(test)


def test_the_filters_stand_in_the_address_and_open_again(store: AssessmentStore) -> None:
    wanted, other = made(store, title="路灯不亮", is_legacy=True), made(store, title="井盖缺失")
    test = run_page("supervision_list", user=signed_in("supervision"))
    assert {wanted, other} <= set(listed(test))
    test.text_input(key="supervision_filter_words").set_value("路灯").run()
    test.multiselect(key="supervision_filter_mark").set_value(["is_legacy"]).run()
    assert {"words": "路灯", "mark": "is_legacy"}.items() <= address(test).items()
    assert wanted in listed(test)
    assert other not in listed(test)
    again = run_page("supervision_list", user=signed_in("supervision"), words="井盖", lead=UNIT, part="normal")
    assert other in listed(again)
    assert wanted not in listed(again)
    nothing = run_page("supervision_list", user=signed_in("supervision"), words="没有这样的事项")
    assert "没有符合条件的事项" in words(nothing)


def test_a_view_is_saved_opened_and_thrown_away(store: AssessmentStore) -> None:
    number = made(store, title="热力管网改造")
    test = run_page("supervision_list", user=signed_in("supervision"), words="热力管网")
    name = next(field for field in test.text_input if field.label == "视图名称")
    name.set_value("供热")
    test = press(test, "另存为视图")
    with store.reading() as conn:
        assert views_of(conn, "supervision-all", "supervision") == {"供热": {"words": "热力管网"}}
        assert views_of(conn, "supervision-all", "problem") == {}
    test = press(test, "清除")
    assert "words" not in address(test)
    test = press(test, "供热")
    assert address(test)["words"] == "热力管网"
    assert number in listed(test)
    press(test, "删除")
    with store.reading() as conn:
        assert views_of(conn, "supervision-all", "supervision") == {}


def test_what_waits_stands_on_top(store: AssessmentStore) -> None:
    number = made(store, "proposed")
    test = run_page("supervision_list", user=signed_in("supervision"))
    assert "待我办理" in words(test)
    assert ("待审核列入", number) in set(zip(*(test.dataframe[0].value[c] for c in ("what", "item_no")), strict=True))
    assert "待我办理" not in words(run_page("supervision_list", user=signed_in("leader")))


def batch(test: AppTest, step: str, numbers: list[str], key: str = "b") -> AppTest:
    """The batch as after ticking these rows and pressing its button."""
    frame = test.dataframe[-1].value
    assert set(numbers) <= set(frame["item_no"])
    kept = run_rows(numbers)
    test.session_state[list_page_batch._OPEN] = {
        "step": step, "list": "supervision", "rows": kept, "key": key * 32, "result": None,
    }  # fmt: skip
    return test.run()


def run_rows(numbers: list[str]) -> list[dict[str, object]]:
    """The rows as the page has them."""
    store = shared_assessment(Settings.from_env(), "demo")
    found = {row.item_no: row for row in rows(store, t.list_items)}
    leads = {row.item_id: row.unit_code for row in rows(store, t.list_responsibilities) if row.ended_at is None}
    lead = {"supporting_unit_codes": (), "level_label": "", "evidence_count": 0}
    return [
        {**found[number]._mapping, **lead, "lead_unit_code": leads.get(found[number].item_id)} for number in numbers
    ]


def loaded_units() -> list[str]:
    """Names of the units of the city."""
    return list(load_city("demo").units["name"])


def test_a_batch_says_before_and_after_what_it_does(store: AssessmentStore) -> None:
    first, second, not_yet = made(store), made(store), made(store, "listed")
    test = batch(run_page("supervision_list", user=signed_in("supervision")), "urge", [first, second, not_yet])
    said = dialog(test)
    assert "将为 **2** 件事项办理“催办”" in said
    assert "另有 1 件不能办理" in said
    assert "待交办" in said
    test = press(test, "确认办理 2 件")
    assert [message.value for message in test.success] == ["已办理 2 件：催办"]
    urged = [row.item_id for row in rows(store, t.list_urgings)]
    assert len(set(urged)) == len(urged) >= 2
    # Sent again, as by a second click: nothing happens twice.
    assert len([row for row in rows(store, t.list_steps) if row.form_key and row.form_key.startswith("b" * 32)]) == 2


def test_a_batch_is_assigned_with_a_common_limit_and_a_unit_for_those_without(store: AssessmentStore) -> None:
    led, lone = made(store, "listed"), made(store, "listed", lead_unit_code=None)
    proposed = made(store, "proposed")
    test = batch(run_page("supervision_list", user=signed_in("supervision")), "assign", [led, lone, proposed], "c")
    said = dialog(test)
    assert "将为 **2** 件事项办理“立项交办”" in said
    assert "不填时按每件原定的时限" in said
    day = load_lists("demo").days.after(office().today, 9)
    test = press(fill(test, lead_unit_code=OTHER, due_on=day), "确认办理 2 件")
    assert [message.value for message in test.success] == ["已办理 2 件：立项交办"]
    items_now = {row.item_no: row for row in rows(store, t.list_items)}
    leads = {row.item_id: row.unit_code for row in rows(store, t.list_responsibilities) if row.ended_at is None}
    assert [(items_now[n].state, items_now[n].due_on, leads[items_now[n].item_id]) for n in (led, lone)] == [
        ("assigned", day, UNIT), ("assigned", day, OTHER),
    ]  # fmt: skip
    # Nothing common given: each keeps its own limit, and what has no unit is said by its number.
    alone = made(store, "listed", lead_unit_code=None)
    test = batch(run_page("supervision_list", user=signed_in("supervision")), "assign", [alone], "d")
    offered = next(box for box in test.selectbox if str(box.key).endswith("_lead_unit_code")).options
    assert set(offered) <= set(loaded_units())
    test = press(test, "确认办理 1 件")
    assert "请先选择牵头单位" in dialog(test)
    assert state_of(store, alone)[0] == "listed"


def test_an_item_is_found_by_its_address_only_within_reach(store: AssessmentStore) -> None:
    number = made(store)
    assert number in dialog(run_page("list_item", user=signed_in("unit", UNIT), no=number)).replace("\\", "")
    assert "没有这件事项" in words(run_page("list_item", user=signed_in("unit", OTHER), no=number))
    assert "没有这件事项" in words(run_page("list_item", user=signed_in("leader"), no="督2026-9999"))


@pytest.mark.parametrize(
    ("role", "state", "expected", "never"),
    [
        ("supervision", "proposed", {"审核列入", "不予列入", "修改内容"}, {"立项交办", "签收"}),
        ("supervision", "listed", {"立项交办", "修改内容"}, {"催办", "移交"}),
        ("supervision", "handling", {"填报进展", "催办", "申请延期", "提级督办", "包案"}, {"签收", "审批延期"}),
        ("unit", "assigned", {"签收", "申请延期", "职责异议", "上传佐证材料"}, {"催办", "修改内容", "作废"}),
        ("unit", "handling", {"填报进展", "申请销号", "申请延期", "上传佐证材料"}, {"催办", "提级督办"}),
        ("leader", "handling", set(), {"填报进展", "催办"}),
        ("hotline", "handling", set(), {"填报进展", "催办"}),
    ],
)
def test_the_buttons_are_those_of_the_table_of_steps(
    store: AssessmentStore, role: Role, state: str, expected: set[str], never: set[str]
) -> None:
    number = made(store, state)
    test = run_page("list_item", user=signed_in(role, UNIT if role == "unit" else None), no=number)
    assert expected <= buttons(test)
    assert not never & buttons(test)


def test_a_step_is_taken_by_its_form(store: AssessmentStore) -> None:
    number = made(store, "listed")
    test = press(run_page("list_item", user=signed_in("supervision"), no=number), "立项交办")
    test = fill(test, due_on=None)
    test = press(test, "确认立项交办")
    assert "请填写办结时限" in test.error[0].value
    assert state_of(store, number)[0] == "listed"
    test = press(fill(test, due_on=date(2099, 1, 4)), "确认立项交办")
    # Far too late is refused by the command; the form stays with what was typed.
    assert test.error
    assert state_of(store, number)[0] == "listed"
    test = fill(test, due_on=load_lists("demo").days.after(office().today, 9))
    test = press(test, "确认立项交办")
    assert state_of(store, number)[0] == "assigned"
    assert [message.value for message in test.success] == [f"{number} 已办理：立项交办".replace("-", "\\-")]


def test_the_unit_reports_for_itself(store: AssessmentStore) -> None:
    number = made(store)
    test = press(run_page("list_item", user=signed_in("unit", UNIT), no=number), "填报进展")
    assert not [box for box in test.selectbox if box.label.startswith("填报单位")]
    press(fill(test, progress="已更换换热器", next_steps="本周完工"), "确认填报进展")
    report = rows(store, t.list_reports)[-1]
    assert (report.progress, report.next_steps, report.unit_code, report.origin) == (
        "已更换换热器", "本周完工", UNIT, "unit",
    )  # fmt: skip


def test_who_asked_may_not_verify_and_is_told_so(store: AssessmentStore) -> None:
    number = made(store)
    test = run_page("list_item", user=signed_in("supervision"), no=number)
    test = press(test, "申请延期")
    day = load_lists("demo").days.after(office().today, 40)
    test = press(fill(test, reason="材料未到", wanted_on=day), "确认申请延期")
    assert "审批延期" not in buttons(test)
    assert "须由申请人以外的另一人办理" in words(test)
    reports.report(store, office(), reports.Report(number, "继续推进", unit_code=UNIT))
    assert "审批延期" not in buttons(run_page("list_item", user=signed_in("leader"), no=number))


def test_a_form_overtaken_by_somebody_else_keeps_what_was_typed(store: AssessmentStore) -> None:
    number = made(store)
    test = fill(press(run_page("list_item", user=signed_in("supervision"), no=number), "提级督办"), reason="久拖不决")
    test = fill(test, approver="王主任")
    version = state_of(store, number)[1]
    test.session_state["_list_action_open"]["version"] = version
    reports.sponsor(store, office(), reports.Sponsor(number, version, "赵书记", "副书记"))
    test = press(test, "确认提级督办")
    assert "刚被他人办理" in test.warning[0].value
    assert "包案" in test.warning[0].value
    assert next(area for area in test.text_area if area.label.startswith("提级理由")).value == "久拖不决"
    press(test, "确认提级督办")
    assert next(row.level for row in rows(store, t.list_items) if row.item_no == number) == 1


def test_two_people_edit_and_the_second_chooses_field_by_field(store: AssessmentStore) -> None:
    number = made(store, "listed", target="限期解决")
    test = press(run_page("list_item", user=signed_in("supervision"), no=number), "修改内容")
    version = state_of(store, number)[1]
    items.edit(store, office(), items.EditItem(number, version, {"title": "他人改的标题", "target": "他人的要求"}))
    for area in (*test.text_input, *test.text_area):
        changed = {"title": "我改的标题", "target": "我的要求", "manifestation": "我的内容"}
        if area.key and area.key.rsplit("__", 1)[-1] in changed:
            area.set_value(changed[area.key.rsplit("__", 1)[-1]])
    test = press(test, "保存")
    said = dialog(test)
    assert "他人改的标题" in said
    assert "我改的标题" in said
    assert "没有冲突、将一并保存：主要内容" in said
    next(radio for radio in test.radio if radio.key and radio.key.endswith("_title")).set_value("用我的")
    press(test, "按所选保存")
    now = next(row for row in rows(store, t.list_items) if row.item_no == number)
    assert (now.title, now.target, now.manifestation) == ("我改的标题", "他人的要求", "我的内容")


def test_evidence_is_offered_to_this_session_only(store: AssessmentStore, monkeypatch: pytest.MonkeyPatch) -> None:
    number = made(store)
    add_evidence(store, office(), AddEvidence(number, "整改报告.pdf", PDF, "close_out"))
    offered: list[offers.Offer] = []
    register = offers.OFFERS.register
    monkeypatch.setattr(
        offers.OFFERS, "register", lambda offer, name=None: offered.append(offer) or register(offer, name)
    )
    user = signed_in("leader")
    test = run_page("list_item", user=user, no=number)
    assert "整改报告.pdf" in words(test)
    own = next(offer for offer in offered if offer.file_name.endswith("整改报告.pdf"))
    assert own.make() == PDF
    # Nothing is shown that the history does not hold.
    assert rows(store, a.audit_entries)[-1].action == "evidence_read"
    assert own.owner == user["session"]


def test_the_browsers_way_back_from_an_item_finds_the_filters_again(store: AssessmentStore) -> None:
    made(store)
    test = run_page("supervision_list", user=signed_in("supervision"), words="供暖", part="normal")
    test.query_params.clear()
    test.query_params["no"] = "督2026-0001"
    test.run()
    assert address(test) == {"words": "供暖", "part": "normal"}


def test_words_of_a_report_that_was_not_sent_are_offered_again(store: AssessmentStore) -> None:
    number, user = made(store), signed_in("supervision")
    person = Identity("supervision-all", "某人", "supervision")
    key = "e" * 32
    unit = load_city("demo").units.set_index("unit_code")["name"][UNIT]
    fields = {"progress": "已更换<b>阀门</b>", "unit_code": unit, "reported_on": "2026-11-2", "next_steps": ""}
    kept = drafts.SaveDraft(f"report:{number}", {"fields": fields, "form_key": key}, 3)
    drafts.save_draft(store, person, kept, now=datetime.now(UTC))
    test = press(run_page("list_item", user=user, no=number), "填报进展")
    assert "有一份没有保存的草稿" in dialog(test)
    test = press(test, "恢复草稿")
    assert "有一份没有保存的草稿" not in dialog(test)
    assert test.text_area(key=f"report_{key}_progress").value == "已更换<b>阀门</b>"
    assert test.date_input(key=f"report_{key}_reported_on").value == date(2026, 11, 2)
    press(test, "确认填报进展")
    report = rows(store, t.list_reports)[-1]
    assert (report.progress, report.unit_code, report.reported_on) == ("已更换<b>阀门</b>", UNIT, date(2026, 11, 2))
    assert [row.form for row in rows(store, t.list_drafts)] == []
    # Thrown away, it is not offered again either.
    other = drafts.SaveDraft(f"report:{number}", {"fields": fields, "form_key": "f" * 32}, 9)
    drafts.save_draft(store, person, other, now=datetime.now(UTC))
    test = press(press(run_page("list_item", user=user, no=number), "填报进展"), "放弃")
    assert "有一份没有保存的草稿" not in dialog(test)
    assert rows(store, t.list_drafts) == []
