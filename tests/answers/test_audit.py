"""审计: what is found, page by page, and that nobody sees more than the matrix gives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

import pytest
from sqlalchemy import Connection

from lib import answers
from lib.access import audit
from lib.access.audit import Act
from lib.access.roles import MATRIX, ROLES, Identity, NotAllowedError, Role
from lib.answers import HistoryQuery
from lib.assessment_store import open_assessment
from lib.config import Settings

ALL = HistoryQuery()
MOVED = {"role": "unit", "unit_code": "U1"}
ENTRIES: tuple[tuple[str, Role, Act], ...] = (
    ("hot1", "hotline", Act("sign_in", "hot1")),
    ("hot2", "hotline", Act("export_finished", "工单_列表.xlsx", after={"rows": 12})),
    ("ji", "discipline", Act("ticket_unmasked", "anyang~A1", reason="核实来信")),
    (
        "du",
        "supervision",
        Act("role_changed", "hot1", {"role": "hotline"}, {"role": "unit", "unit_code": "U1"}, "轮岗"),
    ),
    ("u1", "unit", Act("sign_in", "u1")),
    # Went to another department: what was done for 纪委监委 stays with 纪委监委.
    ("du", "discipline", Act("restricted_read", "anyang~A2")),
)


def person(name: str, role: Role) -> Identity:
    return Identity(name, f"{name}某", role)


@pytest.fixture
def conn(settings: Settings) -> Iterator[Connection]:
    store = open_assessment(settings, "city")
    with store.writing() as conn:
        for number, (name, role, act) in enumerate(ENTRIES):
            audit.append(conn, person(name, role), act, at=datetime(2026, 10, 19 + number, 16, 30))
    with store.reading() as conn:
        yield conn
    store.dispose()


def numbers(conn: Connection, who: Identity, query: HistoryQuery = ALL) -> list[int]:
    found = list(answers.history(conn, who, query)["entry_no"])
    assert answers.history_count(conn, who, query) == len(found)
    return found


SEEN: dict[tuple[str, Role], list[int]] = {
    ("ji", "discipline"): [6, 5, 4, 3, 2, 1],
    ("shen", "audit_admin"): [6, 5, 4, 3, 2, 1],
    ("hot1", "hotline"): [1],
    ("hot2", "hotline"): [2],
    ("du", "supervision"): [4],
    ("u1", "unit"): [5],
    ("hot2", "unit"): [2],
    ("ji", "supervision"): [],
}


@pytest.mark.parametrize(("who", "expected"), SEEN.items(), ids=lambda v: "-".join(v) if isinstance(v, tuple) else "")
def test_everybody_sees_what_the_matrix_gives(conn: Connection, who: tuple[str, Role], expected: list[int]) -> None:
    assert numbers(conn, person(*who)) == expected


@pytest.mark.parametrize("role", [role for role in ROLES if role not in MATRIX["audit"]])
def test_other_roles_see_nothing(conn: Connection, role: Role) -> None:
    for ask in (answers.history, answers.history_count):
        with pytest.raises(NotAllowedError):
            ask(conn, person("hot1", role), ALL)


@pytest.mark.parametrize("role", [role for role in ROLES if role not in ("discipline", "audit_admin")])
def test_length_of_the_chain_is_told_to_those_who_see_all(conn: Connection, role: Role) -> None:
    assert answers.chain_length(conn, person("x", "audit_admin")) == len(ENTRIES)
    with pytest.raises(NotAllowedError):
        answers.chain_length(conn, person("x", role))


def test_no_filter_widens_what_is_seen(conn: Connection) -> None:
    own = person("hot1", "hotline")
    for query in (HistoryQuery(account="ji"), HistoryQuery(subject="anyang"), HistoryQuery(actions=("role_changed",))):
        assert numbers(conn, own, query) == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        # 16:30 UTC is half past midnight of the next day in the city.
        (HistoryQuery(first=date(2026, 10, 21)), [6, 5, 4, 3, 2]),
        (HistoryQuery(last=date(2026, 10, 20)), [1]),
        (HistoryQuery(date(2026, 10, 21), date(2026, 10, 22)), [3, 2]),
        (HistoryQuery(account="du"), [6, 4]),
        (HistoryQuery(account="d"), []),
        (HistoryQuery(actions=("sign_in", "role_changed")), [5, 4, 1]),
        (HistoryQuery(subject="anyang"), [6, 3]),
        (HistoryQuery(subject="_"), [2]),
        (HistoryQuery(account="hot1", actions=("sign_in",), subject="hot"), [1]),
    ],
)
def test_filters_narrow(conn: Connection, query: HistoryQuery, expected: list[int]) -> None:
    assert numbers(conn, person("shen", "audit_admin"), query) == expected


def test_pages_follow_one_another_without_gap(conn: Connection) -> None:
    who = person("shen", "audit_admin")
    first = answers.history(conn, who, ALL, None, 4)
    second = answers.history(conn, who, ALL, int(first["entry_no"].iloc[-1]), 4)
    assert [*first["entry_no"], *second["entry_no"]] == [6, 5, 4, 3, 2, 1]


def test_entry_tells_who_when_what_before_after_and_why(conn: Connection) -> None:
    found = answers.history(conn, person("shen", "audit_admin"), HistoryQuery(actions=("role_changed",))).iloc[0]
    assert found["at"] == datetime(2026, 10, 23, 0, 30)
    assert tuple(found[["account", "name", "role", "action", "subject", "reason"]]) == (
        "du", "du某", "督查局", "变更权限", "hot1", "轮岗",
    )  # fmt: skip
    assert answers.changes(found["before"], found["after"]).to_dict("split")["data"] == [
        ["角色", "热线中心", "承办单位"], ["单位代码", "", "U1"],
    ]  # fmt: skip


def test_values_of_every_kind_are_shown_as_words() -> None:
    before, after = "旧", {"is_new_version": True, "files": ["a.csv", "b.csv"], "facts": {"统计期": "2026"}, "x": None}
    assert answers.changes(before, after).to_dict("split")["data"] == [
        ["内容", "旧", ""], ["发布了新版本", "", "是"], ["文件", "", "a.csv、b.csv"],
        ["facts", "", '{"统计期": "2026"}'], ["x", "", ""],
    ]  # fmt: skip
    assert answers.changes(None, None).empty
