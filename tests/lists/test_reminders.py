"""Who is reminded of what, and that nothing personal goes to a chat group."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from lib.lists.due import time_left
from lib.lists.profile import load_lists
from lib.lists.reminders import Reminder, by_unit

TODAY = date(2026, 11, 2)
PROFILE = load_lists("demo")


def row(number: int, **given: Any) -> dict[str, Any]:
    return {
        "item_no": f"督2026-{number:04d}", "title": "供水改造", "state": "handling", "light": "near",
        "lead_unit_code": "U1", "lead_unit": "住建局", "leader": "沈岚", "person": "周衡", "phone": "0372-0000001",
        "due_on": date(2026, 11, 4), **given,
    }  # fmt: skip


def reminders(*rows: dict[str, Any]) -> list[Reminder]:
    return by_unit(rows, "supervision", PROFILE, TODAY)


def test_one_text_per_unit_with_number_matter_limit_and_days_left() -> None:
    (found,) = reminders(row(2), row(1, light="overdue", due_on=date(2026, 10, 28)))
    assert found.text.splitlines() == [
        "【督办提醒】住建局：截至11月2日，你单位有2件事项需要抓紧办理。（演示数据）",
        "1．督2026-0001 供水改造，时限10月28日，已逾期3个工作日",
        "2．督2026-0002 供水改造，时限11月4日，还有2个工作日",
        "请按时限办结并报告进展。中共示例市委督查局",
    ]
    assert (found.overdue, found.near, found.item_nos) == (1, 1, ("督2026-0001", "督2026-0002"))


def test_the_most_overdue_unit_comes_first_and_what_is_not_due_is_left_out() -> None:
    found = reminders(
        row(1), row(2, lead_unit_code="U2", lead_unit="城管局", light="overdue", due_on=date(2026, 10, 30)),
        row(3, lead_unit_code="U3", light="normal"), row(4, lead_unit_code="U4", state="closing", light="overdue"),
        row(5, lead_unit_code=None), row(6, lead_unit_code="U5", state="suspended", light="suspended"),
    )  # fmt: skip
    assert [r.unit for r in found] == ["城管局", "住建局"]


def test_the_text_holds_no_personal_data_the_phone_list_does() -> None:
    (found,) = reminders(row(1, title="王建国先生反映13812345678一直停水，身份证410502199001011234"))
    for personal in ("13812345678", "410502199001011234", "王建国", "沈岚", "周衡", "0372-0000001"):
        assert personal not in found.text
    assert (found.leader, found.person, found.phone) == ("沈岚", "周衡", "0372-0000001")


def test_a_long_title_is_cut_and_lines_stay_lines() -> None:
    (found,) = reminders(row(1, title="长" * 60 + "\n第二行"))
    assert len(found.text.splitlines()) == 3
    assert "长" * 39 + "…，时限" in found.text


@pytest.mark.parametrize(
    ("due_on", "said"),
    [
        (date(2026, 11, 2), "今天到期"),
        (date(2026, 11, 5), "还有3个工作日"),
        (date(2026, 10, 30), "已逾期1个工作日"),
        (None, ""),
    ],
)
def test_time_left_in_words(due_on: date | None, said: str) -> None:
    assert time_left(due_on, TODAY, PROFILE.days) == said


def test_over_a_weekend_the_day_of_the_limit_decides() -> None:
    saturday, sunday, friday = date(2026, 11, 7), date(2026, 11, 8), date(2026, 11, 6)
    assert time_left(friday, sunday, PROFILE.days) == "已逾期"
    assert time_left(sunday, saturday, PROFILE.days) == "还有1天，均为休息日"
