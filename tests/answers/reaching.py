"""A city and the same city without what is none of one unit's business, and what can be compared of answers."""

from __future__ import annotations

import dataclasses
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import delete, select

from lib.answers import Source
from lib.config import Settings
from lib.ingest import rollups, versions
from lib.queries.extent import may_open
from lib.schema import tickets as t
from lib.store import pair_dir, read_pointer

T = t.tickets.c
# What a unit may learn of its peers, and only in the crowd; tested by itself.
OF_PEERS = {"centre", "low95", "high95", "low998", "high998", "verdict", "verdict_label", "peer_value", "text"}


def without_others(whole: Settings, folder: Path, reach: tuple[str, ...]) -> Settings:
    """A copy of the demo pair that holds only the tickets that may be opened within reach."""
    settings = dataclasses.replace(whole, data_dir=folder)
    shutil.copytree(pair_dir(whole, "demo"), pair_dir(settings, "demo"))
    pointer = read_pointer(settings, "demo")
    root, engine = versions.open_writer(pair_dir(settings, "demo") / pointer.file)
    with engine.connect() as conn:
        kept = select(T.ticket_id).where(may_open(reach))
        names = select(T.source_code, T.ticket_no).where(may_open(reach)).subquery()
        for table in (t.callbacks, t.tickets):
            conn.execute(delete(table).where(table.c.ticket_id.not_in(kept)))
        conn.execute(delete(t.ticket_returns).where(t.ticket_returns.c.ticket_id.not_in(select(T.ticket_id))))
        x = t.ticket_exclusions.c
        known = select(names.c.ticket_no).where(names.c.source_code == x.source_code, names.c.ticket_no == x.ticket_no)
        conn.execute(delete(t.ticket_exclusions).where(~known.exists()))
        rollups.build(conn, pointer.as_of)
        conn.commit()
    engine.dispose()
    root.close()
    return settings


def texts(value: Any) -> Iterator[str]:
    """Every text in an answer: names of columns and keys, cells, fields, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, pd.DataFrame):
        for column in value.columns:
            yield str(column)
            if value[column].dtype == object or pd.api.types.is_string_dtype(value[column]):
                for cell in value[column].drop_duplicates():
                    yield from texts(cell)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from texts(getattr(value, field.name))
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from texts(key)
            yield from texts(part)
    elif isinstance(value, list | tuple | set | frozenset):
        for part in value:
            yield from texts(part)


def assert_same(one: Any, other: Any, path: str) -> None:
    """Two answers say the same, peers excepted."""
    assert type(one) is type(other), path
    if isinstance(one, pd.DataFrame):
        drop = [c for c in one.columns if c in OF_PEERS]
        pd.testing.assert_frame_equal(one.drop(columns=drop), other.drop(columns=drop), obj=path)
        assert one.attrs == other.attrs, path
    elif dataclasses.is_dataclass(one) and not isinstance(one, type):
        for field in dataclasses.fields(one):
            assert_same(getattr(one, field.name), getattr(other, field.name), f"{path}.{field.name}")
    elif isinstance(one, dict):
        assert list(one) == list(other), path
        for key in one:
            assert_same(one[key], other[key], f"{path}[{key}]")
    elif isinstance(one, list | tuple):
        assert len(one) == len(other), path
        for number, (a, b) in enumerate(zip(one, other, strict=True)):
            assert_same(a, b, f"{path}[{number}]")
    else:
        assert one == other or (pd.isna(one) and pd.isna(other)), f"{path}: {one} ≠ {other}"


class Strangers:
    """Names, codes and tickets that no answer within the reach may hold."""

    def __init__(self, everybody: Source, reach: tuple[str, ...]) -> None:
        units = everybody.dimension("units")
        own, others = units[units["unit_code"].isin(reach)], units[~units["unit_code"].isin(reach)]
        self.codes = set(others["unit_code"])
        # The units of townships and the groups bear the names of places and of peer groups, which anybody may say.
        others = others[(others["level"] > 1) & (others["peer_group"] != "乡镇街道")]
        names = {name for column in ("name", "short_name") for name in others[column].dropna()}
        known = " ".join(own["name"]) + " ".join(own["short_name"].dropna())
        # Acts of the hotline centre say so in every timeline.
        self.names = re.compile("|".join(re.escape(name) for name in names - {"热线中心"} if name not in known))
        hidden = select(T.ticket_no).where(~may_open(reach))
        self.numbers = {row[0] for row in everybody.conn.execute(hidden)}

    def found(self, value: Any) -> set[str]:
        """What of them the answer holds."""
        said = set(texts(value))
        return (said & self.codes) | (said & self.numbers) | {text for text in said if self.names.search(text)}
