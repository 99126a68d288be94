"""One import after another: what is inserted, updated, kept, refused and left alone."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pandas as pd
import pytest

from lib.ingest import rollups, versions
from lib.ingest.publish import publish
from lib.schema import tickets as t
from lib.schema.rollups import ROLLUPS, rollup_place
from lib.store import pair_dir, read_pointer
from tests.ingest.staging import AS_OF, joined, staged, ticket

FULL = ticket(
    district="北关区",
    category1="城乡建设",
    category2="供热",
    unit="市城管局",
    channel="热线",
    requester_phone="13800001234",
    address="人民大道与迎宾路交叉口东200米",
    title="暖气不热",
    content="家里暖气不热",
    dispatched_at=datetime(2026, 10, 8, 10),
    due_at=datetime(2026, 10, 15, 18),
    is_closed=True,
    closed_at=datetime(2026, 10, 9, 11),
    called_at=datetime(2026, 10, 10, 11),
    satisfaction="satisfied",
    resolution="resolved",
)


def test_first_import_makes_a_version(both) -> None:
    result = both.publish(staged(FULL, ticket("A2")))
    assert (result.inserted, result.updated, result.unchanged) == (2, 0, 0)
    assert result.version == read_pointer(both.settings, "city").version
    row = both.ticket()
    assert row["is_closed"] is True
    assert row["answered_at"] == datetime(2026, 10, 10, 11)
    assert (row["satisfaction"], row["round_count"], row["first_closed_at"]) == (
        "satisfied",
        1,
        datetime(2026, 10, 9, 11),
    )
    assert both.total(rollup_place.c.received) == 2
    assert [e["kind"] for e in both.rows(t.ticket_events, ticket_id=row["ticket_id"])] == [
        "receive",
        "dispatch",
        "closure",
        "callback",
    ]


def test_the_same_import_again_changes_nothing(both) -> None:
    first = both.publish(staged(FULL, ticket("A2", requester_phone="13900000000")))
    before = {x.name: both.rows(x) for x in (*t.FACTS, *t.SEGMENT_TABLES, *t.DIMENSIONS, *ROLLUPS, *t.LOGS)}
    second = both.publish(staged(FULL, ticket("A2", requester_phone="13900000000")))
    assert (second.inserted, second.updated, second.unchanged) == (0, 0, 2)
    assert not second.is_new_version
    assert second.version == first.version
    assert {x.name: both.rows(x) for x in (*t.FACTS, *t.SEGMENT_TABLES, *t.DIMENSIONS, *ROLLUPS, *t.LOGS)} == before


def test_a_field_the_file_lacks_keeps_its_value(both) -> None:
    both.publish(staged(FULL))
    result = both.publish(staged(ticket(source_updated_at=datetime(2026, 10, 11))))
    assert (result.updated, result.unchanged) == (1, 0)
    row = both.ticket()
    for name, value in (
        ("satisfaction", "satisfied"),
        ("closed_at", datetime(2026, 10, 9, 11)),
        ("is_closed", True),
        ("due_at", datetime(2026, 10, 15, 18)),
    ):
        assert row[name] == value
    assert row["requester_hash"]
    assert row["unit_code"] != t.UNMAPPED
    assert both.rows(t.ticket_texts)[0]["content"] == "家里暖气不热"
    assert len(both.rows(t.callbacks)) == 1


def test_an_empty_cell_empties_the_value(both) -> None:
    both.publish(staged(FULL))
    both.publish(staged(ticket(due_at=None, content=None)))
    assert both.ticket()["due_at"] is None
    assert both.rows(t.ticket_texts)[0]["content"] is None
    assert both.rows(t.ticket_texts)[0]["title"] == "暖气不热"
    assert both.total(rollup_place.c.due) is None or both.total(rollup_place.c.due) == 0


def test_only_changed_tickets_move_to_the_new_segment(pair) -> None:
    pair.publish(staged(FULL, ticket("A2", content="旧")))
    pair.publish(staged(FULL, ticket("A2", content="新")))
    assert (pair.ticket("A1")["segment_no"], pair.ticket("A2")["segment_no"]) == (1, 2)
    assert [r["content"] for r in pair.rows(t.ticket_texts)] == ["家里暖气不热", "新"]


def test_every_refused_row_is_counted_and_logged(both) -> None:
    refused = pd.DataFrame(
        [
            {
                "file_name": "a.xlsx",
                "line_no": 3,
                "column_name": "受理时间",
                "value": "x" * 500,
                "reason": "不是时间",
                "cells": {"工单编号": "1"},
            }
        ]
    )
    result = both.publish(staged(ticket(), rejected=refused))
    assert (result.read, result.inserted, result.rejected) == (2, 1, 1)
    logged = both.rows(t.rejected_rows)
    assert (logged[0]["reason"], len(logged[0]["value"])) == ("不是时间", 200)
    assert both.rows(t.import_runs)[0]["rejected_rows"] == 1


def test_dry_run_counts_and_keeps_nothing(both) -> None:
    both.publish(staged(FULL))
    version = read_pointer(both.settings, "city").version
    result = both.publish(staged(ticket(content="另一件"), ticket("A2")), dry_run=True)
    assert (result.inserted, result.updated, result.is_new_version) == (1, 1, False)
    assert read_pointer(both.settings, "city").version == version
    assert len(both.rows(t.tickets)) == 1


def test_a_later_extraction_alone_brings_limits_that_came(both) -> None:
    row = ticket(due_at=datetime(2026, 10, 22, 18), dispatched_at=datetime(2026, 10, 8, 10), is_closed=False)
    both.publish(staged(row))
    assert both.total(rollup_place.c.due) == 0
    result = both.publish(staged(row, as_of=AS_OF + timedelta(days=5)))
    assert (result.unchanged, result.is_new_version) == (1, True)
    assert both.total(rollup_place.c.due) == 1
    assert both.total(rollup_place.c.overdue_entered) == 1


def test_an_older_extraction_never_turns_the_clock_back(pair) -> None:
    pair.publish(staged(ticket()))
    pair.publish(staged(ticket("A2"), as_of=AS_OF - timedelta(days=30)))
    assert read_pointer(pair.settings, "city").as_of == AS_OF


@pytest.mark.proof
@pytest.mark.parametrize("seed", [1, 2])
def test_rollups_after_imports_equal_a_full_build(both, seed: int) -> None:
    import random

    r = random.Random(seed)

    def some(count: int, start: int) -> list[dict]:
        return [
            ticket(
                f"A{start + k}",
                received_at=datetime(2026, 8, 1) + timedelta(hours=r.randrange(1900)),
                district=r.choice(["甲区", "乙区", None]),
                category1=r.choice(["一", "二"]),
                category2=r.choice(["三", "四", None]),
                unit=r.choice(["甲局", "乙局", "丙局"]),
                channel=r.choice(["热线", "网站"]),
                handling_type=r.choice(["desk", "referred", "referred", "urging"]),
                parent_ticket_no=r.choice([None, "A1"]),
                requester_phone=r.choice(["13800000001", "13800000002", None]),
                dispatched_at=datetime(2026, 8, 2) + timedelta(hours=r.randrange(1900)),
                due_at=datetime(2026, 8, 9) + timedelta(hours=r.randrange(1900)),
                is_closed=(closed := r.random() < 0.7),
                closed_at=datetime(2026, 8, 20) + timedelta(hours=r.randrange(1300)) if closed else None,
                called_at=datetime(2026, 9, 1) + timedelta(hours=r.randrange(1100)) if closed else None,
                satisfaction=r.choice(["satisfied", "unsatisfied", None]) if closed else None,
                return_count=r.choice([0, 0, 1]),
                reworked_at=datetime(2026, 9, 9) if r.random() < 0.2 else None,
            )
            for k in range(count)
        ]

    both.publish(staged(*some(60, 0)))
    excluded = joined(
        {"ticket_no": "A3", "exclusion_code": "refused", "approved_by": "甲", "approved_on": None, "evidence": "x"}
    )
    both.publish(staged(*some(30, 40), as_of=AS_OF + timedelta(days=4), exclusions=excluded))
    both.publish(staged(*some(20, 0), as_of=AS_OF + timedelta(days=9)))
    added = {x.name: _sorted(both.rows(x)) for x in ROLLUPS}
    store = both.open()
    if both.settings.tickets_url:
        from lib.store import postgres_engine

        store.dispose()
        engine = postgres_engine(both.settings, "city")
        with engine.begin() as conn:
            rollups.build(conn, AS_OF + timedelta(days=9))
        engine.dispose()
    else:
        store.dispose()
        root, engine = versions.open_writer(pair_dir(both.settings, "city") / store.pointer.file)
        with engine.connect() as conn:
            rollups.build(conn, AS_OF + timedelta(days=9))
        root.close()
    for rollup in ROLLUPS:
        whole = _sorted(both.rows(rollup))
        assert len(whole) == len(added[rollup.name])
        for one, other in zip(added[rollup.name], whole, strict=True):
            assert one == pytest.approx(other)


def _sorted(rows: list[dict]) -> list[dict]:
    return sorted(rows, key=lambda r: [str(v) for v in list(r.values())[:6]])


def test_ids_are_kept_and_never_given_twice(pair) -> None:
    pair.publish(staged(ticket("A1"), ticket("A2")))
    ids = {r["ticket_no"]: r["ticket_id"] for r in pair.rows(t.tickets)}
    pair.publish(staged(ticket("A2", title="改"), ticket("A3")))
    now = {r["ticket_no"]: r["ticket_id"] for r in pair.rows(t.tickets)}
    assert now["A1"] == ids["A1"]
    assert now["A2"] == ids["A2"]
    assert now["A3"] not in ids.values()


def test_one_number_from_two_sources_is_two_tickets(pair) -> None:
    pair.publish(staged(ticket(), ticket(source_code="other")))
    assert len(pair.rows(t.tickets)) == 2


def test_import_history_names_files_and_sums(both) -> None:
    both.publish(staged(FULL))
    run = both.rows(t.import_runs)[0]
    assert (run["file_names"], run["read_rows"], run["inserted_rows"]) == ("工单.xlsx", 1, 1)
    assert run["version"] == read_pointer(both.settings, "city").version


def test_segments_are_merged_when_there_are_many(pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lib.ingest.compaction.MOST_SEGMENTS", 3)
    for number in range(6):
        pair.publish(staged(ticket(f"A{number}", content=f"内容{number}"), ticket("B", content=str(number))))
    pointer = read_pointer(pair.settings, "city")
    assert len(pointer.segments) <= 3
    texts = {r["content"] for r in pair.rows(t.ticket_texts)}
    assert texts == {f"内容{k}" for k in range(6)} | {"5"}
    files = {p.relative_to(pair_dir(pair.settings, "city")).as_posix() for p in _segments(pair)}
    assert set(pointer.segments.values()) <= files


def _segments(pair):
    return list((pair_dir(pair.settings, "city") / "segments").iterdir())


def test_old_versions_are_swept_but_for_the_last_and_frozen_ones(pair) -> None:
    folder = pair_dir(pair.settings, "city")
    pair.publish(staged(ticket("A0")))
    first = read_pointer(pair.settings, "city")
    frozen = {first.version: {"file": first.file, "segments": first.segments}}
    (folder / "frozen.json").write_text(json.dumps(frozen), "utf-8")
    for number in range(1, 5):
        pair.publish(staged(ticket(f"A{number}")))
    mains = {p.name for p in folder.glob("tickets-*.duckdb")}
    assert len(mains) == 3
    assert first.file in mains
    assert read_pointer(pair.settings, "city").file in mains


def test_a_reader_of_the_old_version_keeps_its_figures(pair) -> None:
    pair.publish(staged(ticket("A1")))
    store = pair.open()
    for number in range(2, 6):
        pair.publish(staged(ticket(f"A{number}")))
    with store.engine.connect() as conn:
        assert len(conn.execute(t.tickets.select()).all()) == 1
        assert len(conn.execute(t.ticket_texts.select()).all()) == 1
    store.dispose()


def test_progress_tells_counts_in_chinese(pair) -> None:
    told = []
    publish(pair.settings, "city", staged(ticket()), progress=lambda *step: told.append(step))
    assert (1, 1, "正在比对并写入工单") in told
    assert told[-1][2] == "正在发布"
