"""Reports, urgings, sponsors, whistles and linked tickets."""

from datetime import date, timedelta

import pytest

from lib.access.roles import NotAllowedError
from lib.commands import CommandError
from lib.commands.lists import links, reports
from lib.commands.lists.links import LinkTickets, UnlinkTicket
from lib.commands.lists.reports import Arrive, Report, Sponsor, Urge, Whistle
from lib.schema import lists as t
from tests.access.stores import rows
from tests.commands.lists.desks import NOW, TODAY, desk, item_in, keeper, row

OWN = keeper("supervision")


def test_a_report_keeps_what_the_sheet_says(store):
    no = item_in(store, "handling")
    sheet = Report(no, "已派人\r\n处理", "缺材料", "周五到位", "U2", "李四", TODAY - timedelta(days=1), "sheet")
    reports.report(store, OWN, sheet)
    reports.report(store, desk("unit"), Report(no, "已处理", origin="sheet"))
    first, second = rows(store, t.list_reports)
    assert (first.progress, first.unit_code, first.reporter, first.reported_on, first.origin) == (
        "已派人\n处理", "U2", "李四", date(2026, 11, 1), "sheet",
    )  # fmt: skip
    assert (second.unit_code, second.origin, second.reported_on) == ("U1", "unit", TODAY)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"progress": " "}, "请填写进展情况"),
        ({"progress": "长" * 5001}, "最多5000字，现在有5001字"),
        ({"progress": "x", "reported_on": date(2026, 11, 3)}, "填报日期不能晚于今天"),
        ({"progress": "x", "origin": "guessed"}, "填报方式请从列表中选择"),
        ({"progress": "x", "origin": "unit"}, "由承办单位账号填报"),
        ({"progress": "x", "unit_code": "U9"}, "不在单位表中"),
    ],
)
def test_a_report_that_cannot_be_is_refused(store, given, words):
    no = item_in(store, "handling")
    with pytest.raises(CommandError, match=words):
        reports.report(store, OWN, Report(no, **given))
    assert rows(store, t.list_reports) == []


def test_each_urging_is_a_level_higher_and_asks_for_a_reply_in_working_days(store):
    no = item_in(store, "handling")
    # Friday 6 November: three working days end on Wednesday.
    friday = keeper("supervision", now=NOW + timedelta(days=4))
    for _ in range(4):
        reports.urge(store, friday, Urge(no))
    reports.urge(store, friday, Urge(no, "请配合", "U2"))
    said = [(u.unit_code, u.level, u.reply_by_on) for u in rows(store, t.list_urgings)]
    assert said == [
        ("U1", 1, date(2026, 11, 11)), ("U1", 2, date(2026, 11, 10)), ("U1", 3, date(2026, 11, 9)),
        ("U1", 3, date(2026, 11, 9)), ("U2", 1, date(2026, 11, 11)),
    ]  # fmt: skip
    assert row(store, no).urged_count == 5
    assert rows(store, t.list_urgings)[0].text == "请于2026年11月11日前报告办理进展。"
    with pytest.raises(CommandError, match="只能催办该事项的责任单位或配合单位"):
        reports.urge(store, friday, Urge(no, unit_code="U3"))


def test_a_new_sponsor_relieves_the_one_before(store):
    no = item_in(store, "handling")
    with pytest.raises(CommandError, match="清零时限不能早于今天"):
        reports.sponsor(store, OWN, Sponsor(no, 4, "赵一凡", "副市长", TODAY - timedelta(days=1)))
    reports.sponsor(store, OWN, Sponsor(no, 4, "赵一凡", "副市长", date(2026, 12, 1)))
    reports.sponsor(store, OWN, Sponsor(no, 5, "钱二木", "市长"))
    assert [(s.name, s.ended_at is None) for s in rows(store, t.list_sponsors)] == [("赵一凡", False), ("钱二木", True)]


def test_a_department_that_is_called_comes_once(store):
    no, township = item_in(store, "handling", lead_unit_code="T1"), desk("unit", reach=("T1",))
    reports.whistle(store, township, Whistle(no, "T1", "U3", "查管网"))
    with pytest.raises(CommandError, match="水务局已被吹哨、尚未报到"):
        reports.whistle(store, township, Whistle(no, "T1", "U3", "查管网"))
    with pytest.raises(CommandError, match="不能是同一个单位"):
        reports.whistle(store, township, Whistle(no, "T1", "T1", "查管网"))
    with pytest.raises(NotAllowedError, match="只能以本单位"):
        reports.whistle(store, township, Whistle(no, "U2", "U3", "查管网"))
    other = item_in(store, "handling")
    with pytest.raises(CommandError, match="没有这次吹哨"):
        reports.arrive(store, OWN, Arrive(other, 1))
    reports.arrive(store, township, Arrive(no, 1, "已到场"))
    with pytest.raises(CommandError, match="已经报到"):
        reports.arrive(store, OWN, Arrive(no, 1))
    assert reports.whistle(store, OWN, Whistle(no, "T1", "U3", "再来一次")) == 7


def test_tickets_are_linked_once_and_a_link_is_ended_not_deleted(any_store):
    no = item_in(any_store, "handling")
    assert links.link(any_store, OWN, LinkTickets(no, [("A", "T1"), ("A", "T2"), ("A", "T2")])) == 5
    with pytest.raises(CommandError, match="都已关联"):
        links.link(any_store, OWN, LinkTickets(no, [("A", "T1")]))
    with pytest.raises(CommandError, match="没有这些工单：X7、X8，请核对"):
        links.link(any_store, OWN, LinkTickets(no, [("A", "X7"), ("A", "T3"), ("A", "X8")]))
    with pytest.raises(CommandError, match="请填写取消关联的原因"):
        links.unlink(any_store, OWN, UnlinkTicket(no, "A", "T2", ""))
    assert links.unlink(any_store, OWN, UnlinkTicket(no, "A", "T2", "关联有误")) == 6
    with pytest.raises(CommandError, match="T2 没有关联到该事项"):
        links.unlink(any_store, OWN, UnlinkTicket(no, "A", "T2", "关联有误"))
    assert links.link(any_store, OWN, LinkTickets(no, [("A", "T2")])) == 7
    kept = [(k.ticket_no, k.unlinked_at is None) for k in rows(any_store, t.list_tickets)]
    assert kept == [("T1", True), ("T2", False), ("T2", True)]
