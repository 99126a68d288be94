"""What do the rules suggest, on what evidence, and how often were they followed? Asked of the assessment database."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from lib.access.moments import city_time
from lib.access.roles import require
from lib.answers.list_items import ListView
from lib.lists.process import OPEN, RESOURCES
from lib.metrics.arithmetic import divide
from lib.queries import suggestion_list as queries
from lib.queries.suggestion_list import SuggestionFilter
from lib.schema.list_terms import LIST_KINDS, STATES, SUGGESTION_STATES

COLUMNS = (
    "suggestion_id", "rule", "rules_version", "title", "unit_code", "unit", "district_code", "district",
    "category_code", "ticket_count", "state", "state_label", "found_at", "decided_at", "decided_by", "reason",
    "item_no", "version",
)  # fmt: skip
TICKET_COLUMNS = (
    "source", "no", "received_at", "due_at", "closed_at", "unit", "remark", "title", "reply",
)  # fmt: skip


@dataclass(frozen=True)
class LastRun:
    """The newest run of the rules. at: the city's clock."""

    at: datetime
    as_of: datetime
    rules_version: str
    found: int
    added: int


@dataclass(frozen=True)
class SuggestionDetail:
    """One suggestion with its evidence chain.

    row: as in `suggestions`. words, definition: what it is and by which 口径. figures: DataFrame[label, value,
    meaning]. tickets: DataFrame[TICKET_COLUMNS], texts masked, empty where they are restricted or not kept.
    restricted: tickets of a restricted class among them. standing: items that its tickets are linked to already, as
    sentences.
    """

    row: Mapping[str, Any]
    words: str
    definition: str
    as_of: datetime
    figures: pd.DataFrame
    tickets: pd.DataFrame
    restricted: int
    standing: tuple[str, ...]


def suggestions(conn: Connection, view: ListView, wanted: SuggestionFilter) -> pd.DataFrame:
    """One row per suggestion, those with most tickets first: COLUMNS, moments on the city's clock.

    Raises NotAllowedError for whom the matrix shows no suggestions.
    """
    require(view.person, "suggestions")
    frame = queries.suggestion_rows(conn, wanted)
    rows = [_named(row, view) for row in frame.to_dict("records")]
    result = pd.DataFrame(rows, columns=list(COLUMNS))
    for column in ("found_at", "decided_at"):
        result[column] = pd.to_datetime(result[column])
    return result


def suggestion(conn: Connection, view: ListView, suggestion_id: int) -> SuggestionDetail | None:
    """One suggestion in full; None where there is none. Raises NotAllowedError as `suggestions`."""
    require(view.person, "suggestions")
    row = queries.suggestion_row(conn, suggestion_id)
    if row is None:
        return None
    chain = json.loads(row.chain)
    tickets = pd.DataFrame(chain["tickets"], columns=list(TICKET_COLUMNS)).fillna("")
    keys = list(zip(tickets["source"], tickets["no"], strict=True))
    standing = tuple(
        f"{item_no}（{STATES[state]}）{title}" for item_no, state, title in queries.items_of_tickets(conn, keys)
    )
    figures = pd.DataFrame(chain["figures"], columns=["label", "value", "meaning"])
    return SuggestionDetail(
        _named(row._mapping, view), chain["words"], chain["definition"], row.as_of, figures, tickets,
        chain["restricted"], standing,
    )  # fmt: skip


def rule_shares(conn: Connection, view: ListView) -> pd.DataFrame:
    """One row per rule that ever suggested something: rule, open, accepted, merged, declined, followed (accepted or
    merged), decided, share (followed ÷ decided; None where nothing was decided). Raises NotAllowedError.
    """
    require(view.person, "suggestions")
    counts = queries.rule_counts(conn).pivot_table(
        index="rule", columns="state", values="suggestions", aggfunc="sum", fill_value=0
    )
    counts = counts.reindex(columns=list(SUGGESTION_STATES), fill_value=0).astype(int).rename_axis(None, axis=1)
    counts["followed"] = counts["accepted"] + counts["merged"]
    counts["decided"] = counts["followed"] + counts["declined"]
    counts["share"] = [divide(a, b) for a, b in zip(counts["followed"], counts["decided"], strict=True)]
    return counts.reset_index()


def suggested_about(conn: Connection, view: ListView, state: str | None) -> pd.DataFrame:
    """One row per rule, unit and district that suggestions of that state are about (None: of any state)."""
    require(view.person, "suggestions")
    return queries.suggested_codes(conn, state)


def last_run(conn: Connection, view: ListView) -> LastRun | None:
    """The newest run of the rules; None before the first."""
    require(view.person, "suggestions")
    row = queries.last_run(conn)
    return None if row is None else LastRun(city_time(row.at), row.as_of, row.rules_version, row.found, row.added)


def merge_targets(conn: Connection, view: ListView) -> dict[str, str]:
    """Number → number and title of the open items that the person may link tickets to, the newest first."""
    kinds = tuple(kind for kind in LIST_KINDS if view.person.may(RESOURCES[kind], "write"))
    return {item_no: f"{item_no}　{title}" for item_no, title in queries.item_choices(conn, OPEN, kinds)}


def _named(row: Mapping[Any, Any], view: ListView) -> dict[str, Any]:
    """A row with names for its codes, and moments on the city's clock."""
    said = {str(name): None if _missing(value) else value for name, value in row.items() if name in COLUMNS}
    for name in ("found_at", "decided_at"):
        moment: Any = said[name]
        said[name] = None if moment is None else city_time(pd.Timestamp(moment).to_pydatetime())
    return said | {
        "state_label": SUGGESTION_STATES[str(said["state"])],
        "unit": view.names.get(str(said["unit_code"]), "") if said["unit_code"] else "",
        "district": view.names.get(str(said["district_code"]), "") if said["district_code"] else "",
    }


def _missing(value: Any) -> bool:
    return value is None or bool(pd.isna(value))
