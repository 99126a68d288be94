"""One item of the dual lists in full, and the hand-overs between the offices."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from lib.access.roles import ROLES
from lib.answers.list_items import ListView, city_times, items_of, may_look, require_look
from lib.lists.process import STEPS
from lib.lists.profile import ListProfile
from lib.queries import list_detail as queries
from lib.queries.list_items import ItemFilter, hand_over_rows
from lib.schema.list_terms import (
    PURPOSES,
    RECEIVERS,
    REINSPECTION_KINDS,
    REINSPECTION_VERDICTS,
    REPORT_ORIGINS,
    REQUEST_KINDS,
    STATES,
    VERDICTS,
)

_UNIT_OF_SIZE = 1024


@dataclass(frozen=True)
class ItemDetail:
    """One item in full. row: the item as in `list_items`, missing values None. The frames hold the columns of their
    tables; beside keys stand labels (`<column>_label`), beside units names (`unit`), moments are the city's clock.
    """

    row: dict[str, Any]
    steps: pd.DataFrame
    tickets: pd.DataFrame
    responsibilities: pd.DataFrame
    sponsors: pd.DataFrame
    reports: pd.DataFrame
    requests: pd.DataFrame
    hand_overs: pd.DataFrame
    urgings: pd.DataFrame
    whistles: pd.DataFrame
    evidence: pd.DataFrame
    documents: pd.DataFrame
    reinspections: pd.DataFrame


def list_item(conn: Connection, view: ListView, item_no: str) -> ItemDetail | None:
    """The item of that number; None where there is none within reach, on a list that the person may see."""
    kinds = [kind for kind in ("problem", "supervision") if may_look(view.person, kind)]
    found = items_of(conn, view, kinds, ItemFilter(item_nos=(item_no,))) if kinds else pd.DataFrame()
    if found.empty:
        return None
    row: dict[str, Any] = {str(k): None if _is_none(v) else v for k, v in found.to_dict("records")[0].items()}
    number, reach = row["item_id"], view.reach
    return ItemDetail(
        row=row,
        steps=_steps(queries.step_frame(conn, number, reach)),
        tickets=_timed(queries.ticket_frame(conn, number), "linked_at"),
        responsibilities=_responsibilities(queries.responsibility_frame(conn, number, reach), view),
        sponsors=_timed(queries.sponsor_frame(conn, number), "added_at", "ended_at"),
        reports=_reports(queries.report_frame(conn, number, reach), view),
        requests=_requests(queries.request_frame(conn, number, reach), view),
        hand_overs=_hand_overs(queries.hand_over_frame(conn, number, reach)),
        urgings=_urgings(queries.urging_frame(conn, number, reach), view),
        whistles=_whistles(queries.whistle_frame(conn, number, reach), view),
        evidence=_evidence(queries.evidence_frame(conn, number, reach)),
        documents=_documents(queries.document_frame(conn, number, reach), view),
        reinspections=_reinspections(queries.reinspection_frame(conn, number, reach)),
    )


def hand_overs(conn: Connection, view: ListView) -> pd.DataFrame:
    """One row per hand-over of the 问题清单, newest first: item_no, title, state_label, receiver, receiver_label,
    reason, approver, handed_at, received_at, verdict, receipt, new_item_no. Raises NotAllowedError for who sees
    neither the whole 问题清单.
    """
    require_look(view.person, "problem")
    rows = hand_over_rows(conn) if view.reach is None else []
    columns = (
        "hand_over_id", "item_no", "title", "state", "receiver", "reason", "approver", "handed_at", "handed_by",
        "received_at", "received_by", "is_accepted", "receipt", "new_item_no",
    )  # fmt: skip
    frame = pd.DataFrame([{name: row._mapping[name] for name in columns} for row in rows], columns=list(columns))
    frame["state_label"] = frame["state"].map(STATES)
    return _hand_overs(frame)


def _is_none(value: Any) -> bool:
    return not isinstance(value, tuple) and bool(pd.isna(value))


def _timed(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """With these moments on the city's clock."""
    for column in columns:
        frame[column] = city_times(frame[column])
    return frame


def _mapped(frame: pd.DataFrame, column: str, words: Mapping[str, str]) -> list[str]:
    return ["" if pd.isna(key) else words.get(key, str(key)) for key in frame[column]]


def _worded(frame: pd.DataFrame, words: Callable[[Any], str]) -> list[str]:
    return [words(row) for row in frame.itertuples()]


def _units(frame: pd.DataFrame, view: ListView, column: str = "unit_code") -> list[str]:
    return _mapped(frame, column, view.names)


def _steps(frame: pd.DataFrame) -> pd.DataFrame:
    frame = _timed(frame, "at")
    frame["label"] = [STEPS[step].label for step in frame["step"]]
    frame["role_label"] = _mapped(frame, "role", {str(role): name for role, name in ROLES.items()})
    frame["to_state_label"] = _mapped(frame, "to_state", STATES)
    frame["said"] = ["；".join(f"{k}：{v}" for k, v in json.loads(text).items()) for text in frame["facts"]]
    return frame


def _responsibilities(frame: pd.DataFrame, view: ListView) -> pd.DataFrame:
    frame = _timed(frame, "added_at", "ended_at")
    frame["part"] = ["牵头单位" if lead else "配合单位" for lead in frame["is_lead"]]
    frame["unit"] = _units(frame, view)
    return frame


def _reports(frame: pd.DataFrame, view: ListView) -> pd.DataFrame:
    frame = _timed(frame, "at")
    frame["unit"] = _units(frame, view)
    frame["origin_label"] = _mapped(frame, "origin", REPORT_ORIGINS)
    return frame


def _requests(frame: pd.DataFrame, view: ListView) -> pd.DataFrame:
    frame = _timed(frame, "asked_at", "decided_at")
    frame["kind_label"] = _mapped(frame, "kind", REQUEST_KINDS)
    frame["unit"] = _units(frame, view)
    frame["wanted_unit"] = _units(frame, view, "wanted_unit_code")
    frame["verdict_label"] = [words or "待审批" for words in _mapped(frame, "verdict", VERDICTS)]
    return frame


def _hand_overs(frame: pd.DataFrame) -> pd.DataFrame:
    frame = _timed(frame, "handed_at", "received_at")
    frame["receiver_label"] = _mapped(frame, "receiver", RECEIVERS)
    verdicts = {True: "已签收", False: "已退回"}
    frame["verdict"] = ["待签收" if pd.isna(said) else verdicts[bool(said)] for said in frame["is_accepted"]]
    return frame


def urging_words(profile: ListProfile, level: int) -> str:
    """Name of a level of 催办, 1 for the first."""
    return profile.urging_levels[min(level, len(profile.urging_levels)) - 1]


def _urgings(frame: pd.DataFrame, view: ListView) -> pd.DataFrame:
    frame = _timed(frame, "at")
    frame["unit"] = _units(frame, view)
    frame["level_label"] = [urging_words(view.profile, int(level)) for level in frame["level"]]
    return frame


def _whistles(frame: pd.DataFrame, view: ListView) -> pd.DataFrame:
    frame = _timed(frame, "whistled_at", "arrived_at")
    frame["unit"] = _units(frame, view)
    frame["called_unit"] = _units(frame, view, "called_unit_code")
    frame["verdict"] = ["待报到" if pd.isna(at) else "已报到" for at in frame["arrived_at"]]
    return frame


def _evidence(frame: pd.DataFrame) -> pd.DataFrame:
    frame = _timed(frame, "added_at", "withdrawn_at")
    frame["purpose_label"] = _mapped(frame, "purpose", PURPOSES)
    frame["size_label"] = [_size(int(size)) for size in frame["size"]]
    return frame


def _documents(frame: pd.DataFrame, view: ListView) -> pd.DataFrame:
    frame = _timed(frame, "made_at", "voided_at")
    frame["unit"] = _units(frame, view)
    frame["standing"] = ["有效" if pd.isna(at) else "已作废" for at in frame["voided_at"]]
    return frame


def _reinspections(frame: pd.DataFrame) -> pd.DataFrame:
    frame = _timed(frame, "done_at", "cancelled_at")
    frame["kind_label"] = _mapped(frame, "kind", REINSPECTION_KINDS)
    frame["verdict_label"] = _worded(
        frame,
        lambda row: REINSPECTION_VERDICTS[row.verdict] if not pd.isna(row.verdict)
        else "待回头看" if pd.isna(row.cancelled_at) else "已取消",
    )  # fmt: skip
    return frame


def _size(size: int) -> str:
    """1.2 MB, 30 KB."""
    return f"{size / _UNIT_OF_SIZE**2:.1f} MB" if size >= _UNIT_OF_SIZE**2 else f"{max(1, size // _UNIT_OF_SIZE)} KB"
