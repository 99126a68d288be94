"""民情日记 and 预警: what was noted, and what came of it."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Connection

from lib.access.roles import ROLES, NotAllowedError
from lib.answers.list_items import ListView, city_times
from lib.queries import list_registers as queries
from lib.schema.list_terms import WARNING_KINDS, WARNING_STATES


def visits(conn: Connection, view: ListView) -> pd.DataFrame:
    """One row per note of a visit, newest first: note_id, visited_on, visitor, district_code, district, place, text,
    item_no ("" without), created_by, created_at (the city's clock), version. Raises NotAllowedError.
    """
    _require(view, "民情日记")
    return _named(queries.visit_frame(conn), view)


def warnings(conn: Connection, view: ListView) -> pd.DataFrame:
    """One row per warning, newest first: warning_id, noticed_on, kind_label, source_department, title, text, unit,
    district, shared_with, state, state_label, outcome, item_no ("" without), created_by, created_at, version, and the
    codes. Raises NotAllowedError.
    """
    _require(view, "预警")
    frame = _named(queries.warning_frame(conn), view)
    frame["unit"] = [view.names.get(code, code) if isinstance(code, str) else "" for code in frame["unit_code"]]
    return frame.assign(kind_label=frame["kind"].map(WARNING_KINDS), state_label=frame["state"].map(WARNING_STATES))


def _named(frame: pd.DataFrame, view: ListView) -> pd.DataFrame:
    district = [view.names.get(code, code) if isinstance(code, str) else "" for code in frame["district_code"]]
    item_no = [number if isinstance(number, str) else "" for number in frame["item_no"]]
    return frame.assign(district=district, item_no=item_no, created_at=city_times(frame["created_at"]))


def _require(view: ListView, what: str) -> None:
    if not view.person.may("registers"):
        raise NotAllowedError(f"{ROLES[view.person.role]}不能查看{what}，如工作需要请联系系统管理员")
