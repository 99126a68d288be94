"""Tickets behind a figure or a search, and one ticket in full: masked, never more than a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement

from lib.access.masking import mask_address, mask_identity, mask_text
from lib.access.roles import NotAllowedError
from lib.answers.labels import category_paths, label_of, names_of, unit_label
from lib.answers.source import Source
from lib.metrics.catalogue import metric
from lib.queries import ticket_detail as detail_queries
from lib.queries import ticket_list as list_queries
from lib.queries.ticket_filter import Behind, TicketQuery, conditions_of
from lib.queries.ticket_list import Key
from lib.schema import tickets as t
from lib.scope import Scope

PAGE = 50
RESTRICTED_TITLE, NO_TITLE = "（限制件，内容不显示）", "（无标题）"
# Column of the texts → what it is called, in reading order.
TEXTS = {"content": "诉求内容", "address": "地点", "reply": "办理答复", "answer_comment": "回访意见"}
OUTCOME_LABELS = t.CALLBACK_OUTCOMES
RELATION_LABELS = {"earlier": "前次反映", "repeat": "重复反映", "urging": "催办"}


@dataclass(frozen=True)
class TicketDetail:
    """One ticket as it may be shown.

    fields: label → text, in reading order. texts: label → masked text (empty when restricted).
    timeline: DataFrame[happened_at, kind, label, unit, verdict, note]. rounds: DataFrame[round_no, unit,
    started_at, closed_at]. callbacks: DataFrame[attempt_no, round_no, called_at, outcome, satisfaction,
    resolution]. returns, exclusions, related: likewise with labels.
    """

    source_code: str
    ticket_no: str
    title: str
    is_restricted: bool
    fields: dict[str, str]
    texts: dict[str, str]
    timeline: pd.DataFrame
    rounds: pd.DataFrame
    callbacks: pd.DataFrame
    returns: pd.DataFrame
    exclusions: pd.DataFrame
    related: pd.DataFrame


def known_tickets(source: Source, keys: tuple[tuple[str, str], ...]) -> frozenset[tuple[str, str]]:
    """Those of the keys (source_code, ticket_no) that are tickets within reach. For whom the matrix shows no single
    tickets there are none.
    """
    if not source.access.tickets:
        return frozenset()
    return frozenset(detail_queries.known_keys(source.conn, keys, reach=source.access.reach))


def _conditions(source: Source, scope: Scope, query: TicketQuery) -> list[ColumnElement[bool]]:
    _may_see_tickets(source)
    return conditions_of(scope, query, _behind(source, query), source.as_of)


def _may_see_tickets(source: Source) -> None:
    """Raises NotAllowedError for those who see figures only."""
    if not source.access.tickets:
        raise NotAllowedError("没有查看工单的权限，只能查看统计数字")


def _behind(source: Source, query: TicketQuery) -> Behind | None:
    if query.metric_key is None:
        return None
    m = metric(query.metric_key)
    if m.kind == "calls":
        raise ValueError("话务量没有对应的工单")
    denominator = m.denominator if m.kind == "ratio" else ()
    return Behind(m.numerator_keys(source.city.rules), denominator, is_stock=m.kind == "stock")


def ticket_list(
    source: Source, scope: Scope, query: TicketQuery, after: Key | None = None, limit: int = PAGE
) -> pd.DataFrame:
    """One row per ticket, newest first, at most `limit`, beginning behind the key `after`.

    Columns: ticket_id, source_code, ticket_no, title (masked), received_at, handling_type, request_type,
    district, category, channel, unit, due_at, status, closed_at, handling_hours, round_count, satisfaction,
    resolution, is_repeat, is_group_event, is_overdue. The key of the next page is next_key(frame).
    Raises NotAllowedError for those who see figures only.
    """
    raw = list_queries.ticket_page(source.conn, _conditions(source, scope, query), after, limit)
    names = {by: names_of(source, by) for by in ("district", "unit", "channel", "category3")}
    restricted = raw["restricted_class"].notna()
    closed = raw["is_closed"].fillna(False).astype(bool)
    frame = raw[["ticket_id", "source_code", "ticket_no"]].copy()
    frame["title"] = [RESTRICTED_TITLE if hide else mask_text(text if isinstance(text, str) else None)
                      for hide, text in zip(restricted, raw["title"], strict=True)]  # fmt: skip
    frame["received_at"] = pd.to_datetime(raw["received_at"])
    frame["handling_type"] = raw["handling_type"].map(t.HANDLING_TYPES)
    frame["request_type"] = raw["request_type"]
    frame["district"] = _named(raw, "district_code", names["district"], "district_raw")
    frame["category"] = _named(raw, "category_code", names["category3"], "category_raw")
    frame["channel"] = _named(raw, "channel_code", names["channel"])
    frame["unit"] = _lead_units(source, raw, names["unit"])
    frame["due_at"] = pd.to_datetime(raw["due_at"])
    frame["closed_at"] = pd.to_datetime(raw["closed_at"])
    late_by = frame["closed_at"].where(closed, source.as_of)
    referred = raw["handling_type"] == t.REFERRED
    frame["is_overdue"] = referred & frame["due_at"].notna() & (late_by > frame["due_at"])
    frame["status"] = _statuses(closed, frame["is_overdue"])
    frame["handling_hours"] = pd.to_numeric(raw["handling_hours"])
    frame["round_count"] = raw["round_count"]
    # What a citizen thinks of another unit's work is not said.
    own = pd.Series([_leads(source, code) for code in raw["unit_code"]], index=raw.index, dtype=bool)
    frame["satisfaction"] = raw["satisfaction"].map(t.SATISFACTIONS).where(own, None)
    frame["resolution"] = raw["resolution"].map(t.RESOLUTIONS).where(own, None)
    for name in ("is_repeat", "is_group_event", "is_excluded"):
        frame[name] = raw[name].fillna(False).astype(bool)
    return frame


def _statuses(closed: pd.Series, overdue: pd.Series) -> list[str]:
    words = {(True, False): "已办结", (True, True): "超期办结", (False, False): "办理中", (False, True): "逾期未结"}
    return [words[bool(c), bool(o)] for c, o in zip(closed, overdue, strict=True)]


def _named(raw: pd.DataFrame, code: str, names: dict[object, str], word: str | None = None) -> list[str]:
    """Labels of codes; what is unmapped shows the source's own word in brackets."""
    labels = []
    for index, value in raw[code].items():
        label = label_of(value, names)
        own = raw.at[index, word] if word and value == t.UNMAPPED else None
        labels.append(f"{label}（{mask_text(own)}）" if isinstance(own, str) and own else label)
    return labels


def _lead_units(source: Source, raw: pd.DataFrame, units: dict[object, str]) -> list[str]:
    """Names of the lead units; within a reach no other unit is named, not even in the source's own words."""
    if source.access.reach is None:
        return _named(raw, "unit_code", units, "unit_raw")
    return [unit_label(source, code, units) for code in raw["unit_code"]]


def next_key(frame: pd.DataFrame) -> Key | None:
    """Where the page `frame` of ticket_list ended; None for an empty page."""
    if frame.empty:
        return None
    last = frame.iloc[-1]
    received = None if pd.isna(last["received_at"]) else last["received_at"].to_pydatetime()
    return received, int(last["ticket_id"])


def ticket_count(source: Source, scope: Scope, query: TicketQuery) -> int:
    """How many tickets ticket_list would go through in all. Raises NotAllowedError like it."""
    return list_queries.ticket_count(source.conn, _conditions(source, scope, query))


def ticket_detail(source: Source, source_code: str, ticket_no: str) -> TicketDetail | None:
    """One ticket with its whole course; None when there is none that the asker may open (a ticket opens where
    a unit within reach leads it, got it first or returned it; what another lead unit answered and how the citizen
    found that is left out). Texts are masked, those of restricted classes are left out: ticket_words reads them.
    Raises NotAllowedError for those who see figures only.
    """
    _may_see_tickets(source)
    conn, reach = source.conn, source.access.reach
    row = detail_queries.ticket_row(conn, source_code, ticket_no, reach=reach)
    if row is None:
        return None
    known = names_of(source, "unit")
    units = _Units(source, known)
    restricted = row["restricted_class"] is not None
    row, raw = _own_part(source, row, {} if restricted else detail_queries.ticket_text(conn, row))
    callbacks = detail_queries.ticket_callbacks(conn, row)
    return TicketDetail(
        source_code=source_code,
        ticket_no=ticket_no,
        title=RESTRICTED_TITLE if restricted else mask_text(raw["title"]) or NO_TITLE,
        is_restricted=restricted,
        fields=_fields(source, row, units),
        texts=_masked(raw),
        timeline=_timeline(detail_queries.ticket_events(conn, row), units, restricted),
        rounds=_rounds(detail_queries.ticket_rounds(conn, row), units),
        callbacks=_callbacks(callbacks if _leads(source, row["unit_code"]) else callbacks.iloc[:0]),
        returns=_returns(detail_queries.ticket_returns(conn, row), units),
        exclusions=_exclusions(detail_queries.ticket_exclusions(conn, row)),
        related=_related(detail_queries.related_tickets(conn, row, reach=reach), units),
    )


def ticket_words(source: Source, source_code: str, ticket_no: str, masked: bool = True) -> dict[str, str] | None:
    """Title and texts of one ticket, label → text, restricted classes included; None as in ticket_detail.

    masked: False gives them as they were written, identity numbers excepted, which nobody sees. Whoever asks has
    recorded it before (commands.tickets) and keeps nothing of the answer. Raises NotAllowedError where the access
    holds no such right.
    """
    _may_see_tickets(source)
    access = source.access
    row = detail_queries.ticket_row(source.conn, source_code, ticket_no, reach=access.reach)
    if row is None:
        return None
    if row["restricted_class"] is not None and not access.restricted:
        raise NotAllowedError("限制件内容只由热线中心和纪委监委查看")
    if not masked and not access.unmask:
        raise NotAllowedError("没有查看未脱敏内容的权限")
    _, raw = _own_part(source, row, detail_queries.ticket_text(source.conn, row))
    if masked:
        return {"标题": mask_text(raw["title"]) or NO_TITLE, **_masked(raw)}
    written = {"标题": raw["title"], **{label: raw.get(name) for name, label in TEXTS.items()}}
    return {label: mask_identity(text) for label, text in written.items() if text}


def _leads(source: Source, unit_code: object) -> bool:
    """The lead unit of a ticket lies within the asker's reach."""
    return source.access.reach is None or unit_code in source.access.reach


def _own_part(source: Source, row: dict[str, Any], raw: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Row and texts without what belongs to a lead unit beyond the reach: its answer, and the citizen's verdict."""
    if _leads(source, row["unit_code"]):
        return row, raw
    said = {name: text for name, text in raw.items() if name not in ("reply", "answer_comment")}
    return {**row, "satisfaction": None, "resolution": None}, said


def _masked(raw: dict[str, Any]) -> dict[str, str]:
    """Label → masked text, in reading order; what is empty is left out."""
    shown = {label: (mask_address if name == "address" else mask_text)(raw.get(name)) for name, label in TEXTS.items()}
    return {label: text for label, text in shown.items() if text}


class _Units:
    """Names of units for one ticket: those beyond the asker's reach stay unnamed."""

    def __init__(self, source: Source, known: dict[object, str]) -> None:
        self.source, self.known = source, known

    def name(self, code: object) -> str:
        return unit_label(self.source, code, self.known)

    def of(self, frame: pd.DataFrame, otherwise: str = "") -> list[str]:
        return [otherwise if pd.isna(code) else self.name(code) for code in frame["unit_code"]]


def _fields(source: Source, row: dict[str, Any], units: _Units) -> dict[str, str]:
    """Label → text; what the source did not say is left out."""
    names = {by: names_of(source, by) for by in ("district", "township", "channel", "category3")}
    paths = category_paths(source)
    township = None if row["township_code"] == t.UNMAPPED else row["township_code"]
    values = {
        "工单编号": row["ticket_no"],
        "办理类型": t.HANDLING_TYPES.get(row["handling_type"]),
        "诉求类型": row["request_type"],
        "紧急程度": t.URGENCIES.get(row["urgency"]),
        "受理渠道": _word(row, "channel", names["channel"]),
        "事项": paths.get(row["category_code"]) or _word(row, "category", names["category3"]),
        "区县": _word(row, "district", names["district"]),
        "乡镇街道": None if township is None else label_of(township, names["township"]),
        "主办单位": _word(row, "unit", units.known) if source.access.reach is None else units.name(row["unit_code"]),
        "首派单位": units.name(row["first_unit_code"]) if row["first_unit_code"] != row["unit_code"] else None,
        "受理时间": _moment(row["received_at"]),
        "派单时间": _moment(row["dispatched_at"]),
        "签收时间": _moment(row["acknowledged_at"]),
        "首次联系": _moment(row["first_contacted_at"]),
        "办理时限": _moment(row["due_at"]),
        "办结时间": _moment(row["closed_at"]),
        "状态": row["status_raw"] or ("已办结" if row["is_closed"] else "办理中"),
        "办理时长": None if row["handling_hours"] is None else f"{row['handling_hours']:.1f}个工作小时",
        "办理轮次": _times(row["round_count"], 1),
        "转派次数": _times(row["transfer_count"]),
        "退单次数": _times(row["return_count"]),
        "延期次数": _times(row["extension_count"]),
        "催办次数": _times(row["urging_count"]),
        "满意度": t.SATISFACTIONS.get(row["satisfaction"]),
        "是否解决": t.RESOLUTIONS.get(row["resolution"]),
        "标识": "、".join(_marks(row)) or None,
    }  # fmt: skip
    return {label: str(value) for label, value in values.items() if value is not None}


def _word(row: dict[str, Any], name: str, names: dict[object, str]) -> str:
    label = label_of(row[f"{name}_code"], names)
    own = row.get(f"{name}_raw")
    return f"{label}（{mask_text(own)}）" if own and row[f"{name}_code"] == t.UNMAPPED else label


def _moment(value: Any) -> str | None:
    return None if value is None else f"{value:%Y-%m-%d %H:%M}"


def _times(value: int | None, unless: int = 0) -> str | None:
    return None if value is None or value <= unless else f"{value}"


def _marks(row: dict[str, Any]) -> list[str]:
    marks = {
        "企业诉求": row["is_enterprise"], "突发及群体性诉求": row["is_group_event"], "疑难件": row["is_hard_case"],
        "重复诉求": row["is_repeat"], "已剔除": row["is_excluded"],
    }  # fmt: skip
    found = [label for label, holds in marks.items() if holds]
    if row["restricted_class"]:
        found.append(t.RESTRICTED_CLASSES.get(row["restricted_class"], "限制件"))
    return found


def _timeline(events: pd.DataFrame, units: _Units, restricted: bool) -> pd.DataFrame:
    notes = ["" if restricted or not isinstance(n, str) else mask_text(n) for n in events["note"]]
    return pd.DataFrame({
        "happened_at": events["happened_at"], "kind": events["kind"],
        "label": events["kind"].map(lambda k: t.EVENT_KINDS.get(k, k)),
        "unit": units.of(events, "热线中心"),
        "verdict": events["verdict"].map(_verdict), "note": notes,
    })  # fmt: skip


def _verdict(code: Any) -> str:
    return {"agreed": "同意", "refused": "驳回", "pending": "待裁定"}.get(code, "") if isinstance(code, str) else ""


def _rounds(rounds: pd.DataFrame, units: _Units) -> pd.DataFrame:
    return rounds[["round_no"]].assign(
        unit=units.of(rounds), started_at=rounds["started_at"], closed_at=rounds["closed_at"]
    )


def _callbacks(calls: pd.DataFrame) -> pd.DataFrame:
    return calls[["attempt_no", "round_no", "called_at"]].assign(
        outcome=calls["outcome"].map(OUTCOME_LABELS),
        satisfaction=calls["satisfaction"].map(t.SATISFACTIONS),
        resolution=calls["resolution"].map(t.RESOLUTIONS),
    )


def _returns(returns: pd.DataFrame, units: _Units) -> pd.DataFrame:
    return returns[["return_no", "returned_at"]].assign(
        unit=units.of(returns), verdict=returns["verdict"].map(t.RETURN_VERDICTS)
    )


def _exclusions(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[["approved_by", "approved_on", "evidence"]].assign(
        label=frame["exclusion_code"].map(t.EXCLUSION_CODES), evidence=[mask_text(e) for e in frame["evidence"]]
    )


def _related(frame: pd.DataFrame, units: _Units) -> pd.DataFrame:
    return frame[["source_code", "ticket_no", "received_at"]].assign(
        relation=frame["relation"].map(RELATION_LABELS), unit=units.of(frame),
        status=["已办结" if c else "办理中" for c in frame["is_closed"]],
    )  # fmt: skip
