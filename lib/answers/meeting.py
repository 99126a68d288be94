"""One meeting in full, and the figures that were frozen for it beside those of today."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from lib.answers import scheduling
from lib.answers.list_items import ListView, city_times
from lib.answers.scheduling import may_see_all, require_scheduling
from lib.answers.source import Source
from lib.answers.tickets import TicketDetail, ticket_detail
from lib.metrics.catalogue import metric
from lib.period import Period, add_months
from lib.queries import scheduling as queries
from lib.queries.counts import counts
from lib.queries.ticket_detail import keys_of_numbers
from lib.scope import Scope

# Measure → what it is called; what belongs to a topic in the month before its meeting.
VOLUME = {
    "received": "受理工单", "due": "到期工单", "due_closed": "到期已办结", "answers": "有效评价",
    "satisfied": "满意和基本满意", "repeats": "重复诉求",
}  # fmt: skip


@dataclass(frozen=True)
class MeetingDetail:
    """row: as in answers.meetings. DataFrames: topics (as answers.topics, those of the meeting in its order), agenda
    (sort_no, title, speaker, minutes), attendance (name, kind, outline, unit_code, district_code, is_on_site), cases
    (topic, title, text, dissection, source_code, ticket_no), tasks (as answers.tasks), outcomes, mechanisms, promises
    (tasks of the held meeting before that were promised), frozen (topic_id, topic, what, frozen_at, as_of,
    data_version, definition_version, figures). before: number of the meeting before, None without. A unit finds its
    own tasks and outlines alone.
    """

    row: dict[str, Any]
    topics: pd.DataFrame
    agenda: pd.DataFrame
    attendance: pd.DataFrame
    cases: pd.DataFrame
    tasks: pd.DataFrame
    outcomes: pd.DataFrame
    mechanisms: pd.DataFrame
    promises: pd.DataFrame
    frozen: pd.DataFrame
    before: int | None


@dataclass(frozen=True)
class Volume:
    """figures: key of VOLUME → count, in the period. definition_version: of the metrics they belong to."""

    figures: dict[str, int]
    period: Period
    definition_version: str


def meeting(conn: Connection, view: ListView, meeting_no: int) -> MeetingDetail | None:
    """The meeting of that number; None when there is none or none that the person may see. Raises NotAllowedError."""
    require_scheduling(view)
    every = scheduling.meetings(conn, view)
    found = every[every["meeting_no"] == meeting_no]
    if found.empty:
        return None
    row = {str(key): value for key, value in found.iloc[0].items()}
    number, whole = int(row["meeting_id"]), may_see_all(view)
    own = queries.meeting_topic_frame(conn)
    own = own[own["meeting_id"] == number]
    titles = dict(zip(own["topic_id"], own["title"], strict=True))
    tasks = scheduling.tasks(conn, view, number)
    topic = [titles.get(i, "") for i in tasks["topic_id"]]
    before = _before(every, row["held_on"])
    nothing = pd.DataFrame()
    earlier = nothing if before is None else scheduling.tasks(conn, view, int(before["meeting_id"]))
    cases = queries.case_frame(conn, number) if whole else nothing
    mechanisms = scheduling.mechanisms(conn, view) if whole else nothing
    return MeetingDetail(
        row=row, topics=_topics(conn, view, list(own["topic_id"])) if whole else nothing,
        agenda=queries.agenda_frame(conn, number), attendance=_attendance(conn, view, number),
        cases=cases.assign(topic=[titles.get(i, "") for i in cases["topic_id"]]) if whole else nothing,
        tasks=tasks.assign(topic=topic), outcomes=scheduling.outcomes(conn, view, number) if whole else nothing,
        mechanisms=mechanisms[mechanisms["topic_id"].isin(own["topic_id"])] if whole else nothing,
        promises=earlier[earlier["is_promise"]].reset_index(drop=True) if len(earlier) else nothing,
        frozen=_frozen(conn, number, titles) if whole else nothing,
        before=None if before is None else int(before["meeting_no"]),
    )  # fmt: skip


def topic_scopes(conn: Connection, view: ListView, topic_id: int) -> tuple[tuple[str | None, str | None], ...] | None:
    """Category and district of the topic, each once; None where it is bound to townships, which the counts of tickets
    do not tell apart. Raises NotAllowedError.
    """
    scheduling.require_all(view)
    frame = queries.scope_frame(conn)
    frame = frame[frame["topic_id"] == topic_id]
    if frame["township_code"].notna().any():
        return None
    plain = [(c if isinstance(c, str) else None, p if isinstance(p, str) else None)
             for c, p in zip(frame["category_code"], frame["district_code"], strict=True)]  # fmt: skip
    return tuple(dict.fromkeys(plain))


def topic_volume(source: Source, scopes: tuple[tuple[str | None, str | None], ...], held_on: date) -> Volume | None:
    """Tickets of the topic in the calendar month before the meeting, as known now: every ticket once, however many
    of the scopes hold it. None where scopes cross one another (a category in the whole city, and the one above it in
    one district): their sum would count tickets twice.
    """
    period = Period.of(add_months(held_on.replace(day=1), -1))
    categories = source.dimension("categories")
    above = dict(zip(categories["category_code"], categories["parent_code"], strict=True))
    levels = dict(zip(categories["category_code"], categories["level"], strict=True))
    figures = dict.fromkeys(VOLUME, 0)
    apart = _apart(scopes, above)
    if apart is None:
        return None
    for category, district in apart:
        level = None if category is None else int(levels.get(category, 0))
        if level == 0:
            continue  # A category that the city has no more: no ticket carries it.
        scope = Scope(period, district_code=district, category_code=category, category_level=level,
                      reach=source.access.reach)  # fmt: skip
        frame = counts(source.conn, scope, (), (*VOLUME, "basically_satisfied"), as_of=source.as_of)
        for key in VOLUME:
            figures[key] += int(frame[key].sum())
        figures["satisfied"] += int(frame["basically_satisfied"].sum())
    return Volume(figures, period, metric("closure_rate").version)


def frozen_beside_today(frozen: Mapping[str, Any], today: Volume, data_version: str) -> pd.DataFrame:
    """One row per figure: label, then (as frozen), now, difference, reason. frozen: a row of MeetingDetail.frozen;
    data_version: of the tickets of today.
    """
    is_same = frozen["data_version"] == data_version
    rows = []
    for key, label in VOLUME.items():
        if key not in frozen["figures"]:
            continue
        then, now = int(frozen["figures"][key]), today.figures[key]
        rows.append((label, then, now, now - then, _reason(key, now - then, is_same)))
    return pd.DataFrame(rows, columns=["label", "then", "now", "difference", "reason"])


_MORE = {
    "received": "会后补录或更正事项归类的工单", "due": "会后补录工单或更正时限", "due_closed": "会后才办结的到期工单",
    "answers": "会后回访的评价", "satisfied": "会后回访或重办后的评价", "repeats": "会后认定的重复诉求",
}  # fmt: skip
_FEWER = {
    "received": "会后更正事项归类或撤销的工单", "due": "会后延期或更正时限", "due_closed": "会后退回重办的工单",
    "answers": "会后更正的评价", "satisfied": "会后评价改为不满意", "repeats": "会后更正的重复认定",
}  # fmt: skip


def _reason(key: str, difference: int, is_same: bool) -> str:
    if difference == 0:
        return "无变化"
    if is_same:
        return "数据版本相同而数字不同，请核对选题的事项范围是否改动"
    return f"{_MORE[key] if difference > 0 else _FEWER[key]}（数据已更新）"


def _apart(scopes: tuple[tuple[str | None, str | None], ...], above: Mapping[Any, Any]) -> list[Any] | None:
    """Scopes that no other one holds, categories being a tree and districts a list; None where they still cross."""

    def below(code: str | None, ancestor: str | None) -> bool:
        while ancestor is not None and code is not None and code != ancestor:
            code = above.get(code) if isinstance(above.get(code), str) else None
        return ancestor is None or code == ancestor

    def holds(one: Any, other: Any) -> bool:
        return below(other[0], one[0]) and one[1] in (None, other[1])

    kept = [s for s in scopes if not any(other != s and holds(other, s) for other in scopes)]
    cross = any(below(one[0], other[0]) and one[1] is None and other[1] is not None for one in kept for other in kept)
    return None if cross else kept


def _before(every: pd.DataFrame, held_on: date) -> pd.Series | None:
    """The newest held meeting before that day."""
    held = every[(every["state"] == "held") & (every["held_on"] < held_on)]
    return None if held.empty else held.iloc[0]


def _topics(conn: Connection, view: ListView, numbers: list[int]) -> pd.DataFrame:
    frame = scheduling.topics(conn, view)
    order = {number: place for place, number in enumerate(numbers)}
    frame = frame[frame["topic_id"].isin(numbers)]
    return frame.sort_values("topic_id", key=lambda ids: ids.map(order)).reset_index(drop=True)


def _attendance(conn: Connection, view: ListView, number: int) -> pd.DataFrame:
    frame = queries.attendance_frame(conn, number)
    codes = frame["unit_code"].where(frame["unit_code"].notna(), frame["district_code"])
    frame = frame.assign(name=[view.names.get(code, code) for code in codes],
                         kind=["现场" if here else "视频" for here in frame["is_on_site"]])  # fmt: skip
    if not may_see_all(view):
        frame = frame[frame["unit_code"].isin(view.reach or ())]
    return frame.reset_index(drop=True)


def _frozen(conn: Connection, number: int, titles: Mapping[Any, str]) -> pd.DataFrame:
    frame = queries.frozen_frame(conn, number)
    return frame.assign(
        topic=[titles.get(i, "") for i in frame["topic_id"]], figures=[json.loads(text) for text in frame["figures"]],
        frozen_at=city_times(frame["frozen_at"]),
    )  # fmt: skip


def find_ticket(source: Source, ticket_no: str, source_code: str = "") -> TicketDetail | None:
    """The ticket of that number as it may be shown, for a typical case; None when there is none within reach, when
    several sources have one and none is named, or when its content is restricted. Raises NotAllowedError.
    """
    keys = keys_of_numbers(source.conn, [ticket_no], reach=source.access.reach)
    keys = [key for key in keys if source_code in ("", key[0])]
    if len(keys) != 1:
        return None
    found = ticket_detail(source, *keys[0])
    return None if found is None or found.is_restricted else found
