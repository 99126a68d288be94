"""Views that people save for themselves: their own, by list, replaced by name, a few of them."""

import pytest

from lib.access.roles import NotAllowedError
from lib.commands import CommandError
from lib.commands.lists.views import MOST_VIEWS, DropView, SaveView, drop_view, save_view, views_of
from tests.commands.lists.desks import desk

QUERY = {"part": "overdue", "lead": "U1"}
MINE, OTHERS = desk("supervision", "a"), desk("supervision", "b")


def views(store, account="a", kind="supervision"):
    with store.reading() as conn:
        return views_of(conn, account, kind)


def test_a_view_is_ones_own_and_replaced_by_its_name(any_store):
    save_view(any_store, MINE, SaveView("supervision", " 逾期 ", QUERY))
    save_view(any_store, MINE, SaveView("supervision", "逾期", {"part": "near"}))
    save_view(any_store, MINE, SaveView("problem", "逾期", QUERY))
    save_view(any_store, OTHERS, SaveView("supervision", "逾期", {"words": "供暖"}))
    assert views(any_store) == {"逾期": {"part": "near"}}
    drop_view(any_store, MINE, DropView("supervision", "逾期"))
    assert views(any_store) == {}
    assert views(any_store, kind="problem") == {"逾期": QUERY}
    assert views(any_store, "b") == {"逾期": {"words": "供暖"}}


@pytest.mark.parametrize(
    ("name", "query", "said"),
    [("  ", QUERY, "请填写视图名称"), ("长" * 21, QUERY, "最多20字"), ("空", {}, "还没有筛选条件"),
     ("太长", {"words": "长" * 2000}, "筛选条件太长")],
)  # fmt: skip
def test_what_cannot_be_saved_says_why(store, name, query, said):
    with pytest.raises(CommandError, match=said):
        save_view(store, MINE, SaveView("supervision", name, query))
    assert views(store) == {}


def test_there_are_not_too_many(store):
    for number in range(MOST_VIEWS):
        save_view(store, MINE, SaveView("supervision", f"视图{number}", QUERY))
    with pytest.raises(CommandError, match="最多保存"):
        save_view(store, MINE, SaveView("supervision", "再一个", QUERY))
    save_view(store, MINE, SaveView("supervision", "视图3", {"part": "near"}))
    assert views(store)["视图3"] == {"part": "near"}


@pytest.mark.parametrize("role", ["organisation", "kiosk", "system_admin"])
def test_who_sees_no_list_saves_no_view(store, role):
    with pytest.raises(NotAllowedError):
        save_view(store, desk(role), SaveView("supervision", "逾期", QUERY))


def test_a_unit_saves_views_of_its_own_items(store):
    save_view(store, desk("unit", "u"), SaveView("problem", "逾期", QUERY))
    assert views(store, "u", "problem") == {"逾期": QUERY}
