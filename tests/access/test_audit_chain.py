"""The chain of entries: what is appended holds, whatever is changed is found and named."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as budget
from hypothesis import strategies as st
from sqlalchemy import delete, insert, text, update

from lib.access import audit
from lib.access.audit import Act
from lib.access.verify import Head, export_head, read_head, verify
from lib.assessment_store import AssessmentStore, open_assessment
from lib.config import ConfigError, Settings
from lib.schema import assessment as a
from tests.access.chains import ACTORS, Row, appended, entries, overwrite, rehashed, with_other_hash

SMALL = 6


@pytest.fixture
def chain(store: AssessmentStore) -> tuple[AssessmentStore, list[Row]]:
    """A small history and its rows as they were appended."""
    return store, appended(store, SMALL)


def test_chain_is_whole_and_holds_what_was_done(any_store: AssessmentStore) -> None:
    rows = appended(any_store, SMALL)
    report = verify(any_store)
    assert (report.is_whole, report.entries, report.covered) == (True, SMALL, 0)
    first = json.loads(rows[0]["text"])
    assert first == {
        "no": 1, "at": "2026-10-20T08:01:00.000000", "account": "li", "name": "李四光", "role": "discipline",
        "action": "account_changed", "subject": "账号 1", "before": {"n": 1}, "after": {"n": 2}, "reason": "调整分工",
    }  # fmt: skip
    assert [row["is_reserved"] for row in rows] == [True, False, False] * 2
    line = f"2\n{rows[0]['hash']}\n{rows[1]['text']}"
    assert rows[1]["hash"] == hashlib.sha256(line.encode()).hexdigest()


def test_empty_chain_is_whole(store: AssessmentStore) -> None:
    assert verify(store).is_whole


def test_both_algorithms_stand_in_one_chain(store: AssessmentStore) -> None:
    appended(store, 2)
    appended(with_other_hash(store, "sm3"), 2)
    rows = appended(store, 1)
    assert [row["algorithm"] for row in rows] == ["sha256", "sha256", "sm3", "sm3", "sha256"]
    assert rows[2]["hash"] == hashlib.new("sm3", f"3\n{rows[1]['hash']}\n{rows[2]['text']}".encode()).hexdigest()
    assert verify(store).is_whole


def test_setting_chooses_the_algorithm(settings: Settings) -> None:
    store = open_assessment(Settings(settings.data_dir, "anyang", None, audit_hash="sm3"), "city")
    assert appended(store, 1)[0]["algorithm"] == "sm3"
    store.dispose()


def test_entries_keep_no_personal_numbers_but_hashes_whole(store: AssessmentStore) -> None:
    digest = "a13812345678b" * 4
    with store.writing() as conn:
        after = {"note": ["电话13812345678"], "sha256": audit.Verbatim(digest)}
        audit.append(conn, ACTORS[0], Act("ticket_unmasked", "13812345678\0", None, after, "来电13812345678\ud800"))
    kept = entries(store)[0]
    assert kept["text"].replace(digest, "").count("13812345678") == 0
    assert kept["subject"] == "138****5678"
    assert json.loads(kept["text"])["after"]["sha256"] == digest
    assert verify(store).is_whole


def test_unknown_act_is_refused(store: AssessmentStore) -> None:
    with pytest.raises(ValueError, match="unknown action"), store.writing() as conn:
        audit.append(conn, audit.SYSTEM, Act("something"))


def test_lost_end_stops_writing(store: AssessmentStore) -> None:
    appended(store, 2)
    with store.writing() as conn:
        conn.execute(delete(a.audit_head))
    with pytest.raises(audit.BrokenChainError, match="暂停写入"):
        appended(store, 1)
    broken = verify(store).broken
    assert broken is not None
    assert "链末端记录丢失" in broken.why


def reason(row: Row) -> Row:
    return {"text": row["text"].replace("调整分工", "另有原因")}


def unlike(column: str, value: Any) -> Callable[[Row], Row]:
    return lambda row: {column: value}


CHANGES: dict[str, Callable[[Row], Row]] = {
    "text": reason,
    "at": lambda row: {"at": row["at"] + timedelta(microseconds=1)},
    "account": unlike("account", "nobody"),
    "role": unlike("role", "leader"),
    "action": unlike("action", "sign_in"),
    "subject": unlike("subject", "别的"),
    "visibility": lambda row: {"is_reserved": not row["is_reserved"]},
    "algorithm": unlike("algorithm", "sm3"),
    "unknown algorithm": unlike("algorithm", "md5"),
    "previous hash": unlike("previous_hash", "1" * 64),
    "hash": unlike("hash", "2" * 64),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_change_anywhere_is_named(store: AssessmentStore, change: Callable[[Row], Row]) -> None:
    rows = appended(store, SMALL)
    for position in range(SMALL):
        overwrite(store, [{**row, **change(row)} if i == position else row for i, row in enumerate(rows)])
        broken = verify(store).broken
        assert broken is not None
        assert broken.entry_no == position + 1
    overwrite(store, rows)
    assert verify(store).is_whole


def test_change_is_named_on_both_databases(any_store: AssessmentStore) -> None:
    rows = appended(any_store, 3)
    for change in CHANGES.values():
        overwrite(any_store, [rows[0], {**rows[1], **change(rows[1])}, rows[2]])
        broken = verify(any_store).broken
        assert broken is not None
        assert broken.entry_no == 2


def test_deleting_anywhere_is_named(store: AssessmentStore) -> None:
    rows = appended(store, SMALL)
    for position in range(SMALL):
        overwrite(store, rows[:position] + rows[position + 1 :])
        broken = verify(store).broken
        assert broken is not None
        assert broken.entry_no == position + 1


def test_closing_the_gap_is_named(store: AssessmentStore) -> None:
    rows = appended(store, SMALL)
    for position in range(SMALL - 1):
        closed = [{**row, "entry_no": i + 1} for i, row in enumerate(rows[:position] + rows[position + 1 :])]
        overwrite(store, closed)
        broken = verify(store).broken
        assert broken is not None
        assert broken.entry_no == position + 1


def test_swapping_any_two_is_named(store: AssessmentStore) -> None:
    rows = appended(store, SMALL)
    for first in range(SMALL):
        for second in range(first + 1, SMALL):
            swapped = list(rows)
            swapped[first] = {**rows[second], "entry_no": first + 1}
            swapped[second] = {**rows[first], "entry_no": second + 1}
            overwrite(store, swapped)
            broken = verify(store).broken
            assert broken is not None
            assert broken.entry_no == first + 1


def test_inserting_anywhere_is_named(store: AssessmentStore) -> None:
    rows = appended(store, SMALL)
    for position in range(SMALL + 1):
        like = rows[min(position, SMALL - 1)]
        wider = [*rows[:position], {**like, "text": reason(like)["text"]}, *rows[position:]]
        overwrite(store, [{**row, "entry_no": i + 1} for i, row in enumerate(wider)])
        broken = verify(store).broken
        assert broken is not None
        assert broken.entry_no == position + 1


def test_entries_before_the_first_are_named(store: AssessmentStore) -> None:
    rows = appended(store, 2)
    overwrite(store, [{**rows[0], "entry_no": 0}, *rows])
    broken = verify(store).broken
    assert broken is not None
    assert broken.entry_no == 1


@budget(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_difference_is_found(chain: tuple[AssessmentStore, list[Row]], data: st.DataObject) -> None:
    """Whatever rows stand there afterwards: other than the original ones means broken, at the first difference."""
    store, rows = chain
    kept = data.draw(st.lists(st.sampled_from(range(SMALL)), min_size=0, max_size=SMALL + 1))
    wanted = [{**rows[i], "entry_no": n + 1} for n, i in enumerate(kept)]
    if wanted and data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(wanted) - 1))
        change = CHANGES[data.draw(st.sampled_from(sorted(CHANGES)))]
        wanted[at] = {**wanted[at], **change(wanted[at])}
    overwrite(store, wanted)
    first = next((i for i, row in enumerate(rows) if i >= len(wanted) or wanted[i] != row), len(rows))
    broken = verify(store).broken
    if wanted == rows:
        assert broken is None
    else:
        assert broken is not None
        assert broken.entry_no == first + 1


def test_entry_that_cannot_be_read_is_named(store: AssessmentStore) -> None:
    rows = appended(store, SMALL)
    overwrite(store, rows)
    with store.writing() as conn:
        conn.execute(text("UPDATE audit_entries SET text = CAST(x'FF' AS TEXT) WHERE entry_no = 4"))
    broken = verify(store).broken
    assert broken is not None
    assert (broken.entry_no, "读不出来" in broken.why) == (4, True)


# --- exported heads --------------------------------------------------------------------------


def test_head_says_how_far_it_vouches(any_store: AssessmentStore, tmp_path: Path) -> None:
    appended(any_store, 4)
    written = export_head(any_store, tmp_path / "head.json")
    assert read_head(tmp_path / "head.json") == written
    assert (written.entry_no, written.pair, written.algorithm) == (4, "city", "sha256")
    last = json.loads(entries(any_store)[-1]["text"])
    assert (last["action"], last["after"]["entry_no"], last["after"]["hash"]) == ("chain_exported", 4, written.hash)
    appended(any_store, 2)
    report = verify(any_store, [written])
    assert (report.is_whole, report.entries, report.covered, report.covered_time) == (True, 7, 4, written.time)


def test_cut_tail_is_found_against_a_head(store: AssessmentStore, tmp_path: Path) -> None:
    appended(store, SMALL)
    head = export_head(store, tmp_path / "head.json")
    rows = entries(store)
    for left in range(SMALL):
        kept = rows[:left]
        overwrite(store, kept, head=(left, kept[-1]["hash"] if kept else audit.GENESIS))
        assert verify(store).is_whole, "nothing on this machine can tell"
        broken = verify(store, [head]).broken
        assert broken is not None
        assert (broken.entry_no, "末尾被截去" in broken.why) == (left + 1, True)


def test_recomputed_chain_is_found_against_heads(store: AssessmentStore, tmp_path: Path) -> None:
    appended(store, 3)
    early = export_head(store, tmp_path / "early.json")
    appended(store, 3)
    late = export_head(store, tmp_path / "late.json")
    rows = entries(store)
    rewritten = rehashed([{**row, **reason(row)} if row["entry_no"] == 5 else row for row in rows])
    overwrite(store, rewritten, head=(len(rows), rewritten[-1]["hash"]))
    assert verify(store).is_whole
    report = verify(store, [late, early])
    assert report.broken is not None
    assert (report.broken.entry_no, report.covered) == (late.entry_no, early.entry_no)
    assert "重新计算" in report.broken.why


def test_head_of_other_data_is_refused(store: AssessmentStore) -> None:
    with pytest.raises(ConfigError, match="另一套数据"):
        verify(store, [Head("demo", 1, "0" * 64, "sha256", "")])


@pytest.mark.parametrize("content", ["", "[]", '{"entry_no": "1"}', '{"entry_no": 1}'])
def test_head_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "head.json"
    path.write_text(content)
    with pytest.raises(ConfigError, match=r"不是导出时的样子：head\.json"):
        read_head(path)
    with pytest.raises(ConfigError, match="打不开"):
        read_head(tmp_path / "none.json")


# --- many writers, many entries --------------------------------------------------------------


def append_many(settings: Settings, count: int, done: Any) -> None:
    store = open_assessment(settings, "city")
    for number in range(count):
        with store.writing() as conn:
            audit.append(conn, ACTORS[number % 3], Act("sign_in", str(number)))
    store.dispose()
    done.put(count)


@pytest.mark.parametrize("kind", ["store", "postgres_store"])
def test_four_processes_append_without_gaps(kind: str, settings: Settings, request: pytest.FixtureRequest) -> None:
    store = request.getfixturevalue(kind)
    url = request.getfixturevalue("postgres_url") if kind == "postgres_store" else None
    context = multiprocessing.get_context("fork")
    done = context.Queue()
    placed = Settings(settings.data_dir, "anyang", None, assessment_url=url)
    workers = [context.Process(target=append_many, args=(placed, 25, done)) for _ in range(4)]
    for worker in workers:
        worker.start()
    assert [done.get(timeout=60) for _ in workers] == [25] * 4
    for worker in workers:
        worker.join()
    report = verify(store)
    assert (report.is_whole, report.entries) == (True, 100)


def test_many_entries_are_verified_quickly(store: AssessmentStore) -> None:
    """The budget is 60 seconds for a million; measured in processor time, because tests run side by side."""
    count, began = 20_000, datetime(2026, 1, 1)
    plain = [
        {
            "entry_no": number, "at": began + timedelta(seconds=number), "account": "zhang", "role": "hotline",
            "action": "sign_in", "subject": "", "is_reserved": False, "algorithm": "sha256",
            "text": audit.canonical({
                "no": number, "at": (began + timedelta(seconds=number)).isoformat(timespec="microseconds"),
                "account": "zhang", "name": "张三丰", "role": "hotline", "action": "sign_in", "subject": "",
                "before": None, "after": {"filler": "月度调度会材料" * 10}, "reason": "",
            }),
        }
        for number in range(1, count + 1)
    ]  # fmt: skip
    rows = rehashed(plain)
    with store.writing() as conn:
        conn.execute(insert(a.audit_entries), rows)
        conn.execute(update(a.audit_head).values(entry_no=count, hash=rows[-1]["hash"]))
    told: list[tuple[int, int]] = []
    start = time.process_time()
    report = verify(store, progress=lambda done, total, words: told.append((done, total)))
    assert time.process_time() - start < 60 * count / 1_000_000
    assert (report.is_whole, report.entries, told[-1]) == (True, count, (count, count))
