"""Every table says its grain and every column its meaning, in the schema and in the files."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import Table, inspect

from lib.config import Settings
from lib.ingest.versions import MAIN_TABLES
from lib.schema import tickets as t
from lib.schema.measures import COHORTS, MEASURES
from lib.schema.rollups import COUNT_ROLLUPS, MATURE
from tests.factories import create_ticket, publish_rows

TABLES = tuple(t.metadata.tables.values())


@pytest.mark.parametrize("table", TABLES, ids=lambda x: x.name)
def test_every_table_says_its_grain_and_every_column_its_meaning(table: Table) -> None:
    assert re.match(r"One row per ", table.comment or ""), table.name
    for column in table.c:
        assert column.comment, f"{table.name}.{column.name}"
        assert len(column.comment) >= 4, f"{table.name}.{column.name}"


def test_every_table_is_created_by_a_publish() -> None:
    made = {x.name for x in (*MAIN_TABLES, *t.SEGMENT_TABLES)}
    assert made == {x.name for x in TABLES}


def test_every_measure_has_its_column_and_a_known_cohort() -> None:
    for measure in MEASURES.values():
        assert measure.cohort in COHORTS
        for rollup in COUNT_ROLLUPS:
            assert measure.key in rollup.c
            assert (measure.key + MATURE in rollup.c) == (measure.mature is not None)


def test_a_published_file_carries_the_comments(settings: Settings) -> None:
    store = publish_rows(settings, [create_ticket()])
    found = inspect(store.engine)
    for table in MAIN_TABLES:
        assert found.get_table_comment(table.name)["text"] == table.comment
        comments = {c["name"]: c["comment"] for c in found.get_columns(table.name)}
        assert comments == {c.name: c.comment for c in table.c}
    store.dispose()
