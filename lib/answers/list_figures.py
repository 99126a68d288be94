"""How well are the dual lists worked off? Asked for leaders, of the assessment database as it stands now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlalchemy import Connection

from lib.access.roles import NotAllowedError
from lib.analysis.survival import at_risk_after, kaplan_meier
from lib.answers.list_items import ListView, city_times, require_look
from lib.lists.definitions import ASKING_LETTERS, FEW, FEW_AT_RISK, OVERDUE_BANDS
from lib.metrics.arithmetic import divide, wilson
from lib.queries import list_figures as queries
from lib.schema.list_terms import RECEIVERS, STATES

WATCHED_DAYS = 90
# States in which a limit that has passed does not make an item late.
_NOT_LATE = ("closed", "suspended")


@dataclass(frozen=True)
class ListFigure:
    """One figure. key: of lists.definitions. value: share 0–1, count or working days; None where it cannot be formed.
    numerator, denominator: counts behind a share. low, high: 95 % interval. beside: what stands beside it, in words.
    """

    key: str
    value: float | None
    numerator: int | None = None
    denominator: int | None = None
    low: float | None = None
    high: float | None = None
    beside: str = ""


@dataclass(frozen=True)
class ListFigures:
    """The figures of one list since a day, as of a day.

    behind: figure → the items it is counted from. overdue: one row per unit (unit, total, a column per band).
    curve: Kaplan–Meier of relapse (day, relapsed, low, high, at_risk), from day 0; empty where there are too few.
    at_risk: day → how many were watched that long. hand_overs: one row per receiver. asked: one row per unit and
    month (unit, month, urgings, letters, total).
    """

    list_kind: str
    since: date | None
    today: date
    figures: Mapping[str, ListFigure]
    behind: Mapping[str, pd.DataFrame]
    overdue: pd.DataFrame
    curve: pd.DataFrame
    at_risk: Mapping[int, int]
    closings: int
    relapses: int
    hand_overs: pd.DataFrame
    asked: pd.DataFrame


def list_figures(conn: Connection, view: ListView, list_kind: str, since: date | None = None) -> ListFigures:
    """The figures of the list; since: first day of the period that ends today, None for everything on record.

    Raises NotAllowedError for who may not read the whole list: a unit sees its own items, not everybody's.
    """
    require_all(view, list_kind)
    items = queries.item_frame(conn, list_kind)
    items["unit"] = [view.names.get(code, code) if isinstance(code, str) else "未定单位"
                     for code in items["lead_unit_code"]]  # fmt: skip
    items["state_label"] = items["state"].map(STATES)
    first = since or date.min
    due, on_time = _on_time(items, first, view)
    late, overdue = _overdue(items, view)
    closed, median = _durations(items, first, view)
    watched, curve, relapse = _relapse(conn, list_kind, items, first, view)
    handed, by_receiver, receipt = _hand_overs(conn, first, view)
    asked_rows, asked = _asked(conn, list_kind, first, view)
    figures = (
        on_time, ListFigure("overdue", float(len(late)), beside=_oldest(late)), median, relapse, receipt,
        ListFigure("asked", float(len(asked_rows)), beside=f"涉及{asked['unit'].nunique()}个单位"),
    )  # fmt: skip
    moments = [m for m in (0, 30, 60, WATCHED_DAYS) if not watched.empty]
    return ListFigures(
        list_kind=list_kind, since=since, today=view.today, figures={f.key: f for f in figures},
        behind={"on_time": due, "overdue": late, "median_days": closed, "relapse": watched, "hand_over": handed,
                "asked": asked_rows},
        overdue=overdue, curve=curve,
        at_risk=dict(zip(moments, at_risk_after(watched["days"].tolist(), moments), strict=True)),
        closings=len(watched), relapses=int(watched["relapsed"].sum()), hand_overs=by_receiver, asked=asked,
    )  # fmt: skip


def require_all(view: ListView, list_kind: str) -> None:
    """Raises NotAllowedError for who may not read the list as a whole."""
    require_look(view.person, list_kind)
    if view.reach is not None:
        # Its own figures would look like those of the city.
        raise NotAllowedError("承办单位只查看本单位的事项，不查看全市办理成效")


def _on_time(items: pd.DataFrame, first: date, view: ListView) -> tuple[pd.DataFrame, ListFigure]:
    rows = items[items["state"] != "suspended"]
    by_first = _closed_by(rows, "first_due_on", first, view.today)
    rows = _closed_by(rows, "due_on", first, view.today)
    done, total = int(rows["on_time"].sum()), len(rows)
    low, high = wilson(done, total)
    before = divide(int(by_first["on_time"].sum()), len(by_first))
    beside = "" if before is None else f"按首次时限{before:.1%}"
    return rows, ListFigure("on_time", divide(done, total), done, total, low, high, beside)


def _closed_by(items: pd.DataFrame, limit: str, first: date, today: date) -> pd.DataFrame:
    """Items whose limit passed in the period, with `on_time`."""
    rows = _only(items, [isinstance(day, date) and first <= day < today for day in items[limit]])
    kept = [isinstance(c, date) and c <= d for c, d in zip(rows["closed_on"], rows[limit], strict=True)]
    return rows.assign(on_time=pd.Series(kept, index=rows.index, dtype=bool))


def _overdue(items: pd.DataFrame, view: ListView) -> tuple[pd.DataFrame, pd.DataFrame]:
    open_items = items[~items["state"].isin(_NOT_LATE)]
    late = _only(open_items, [isinstance(day, date) and day < view.today for day in open_items["due_on"]])
    days = pd.Series([view.profile.days.between(d, view.today) for d in late["due_on"]], late.index, dtype="int64")
    late = late.assign(days_late=days, band=[_band(d) for d in days]).sort_values("days_late", ascending=False)
    table = pd.crosstab(late["unit"], late["band"]).reindex(columns=list(OVERDUE_BANDS), fill_value=0)
    table.insert(0, "total", table.sum(axis=1))
    table = table.sort_values(["total", "30天以上"], ascending=False, kind="stable").rename_axis(None, axis=1)
    return late, table.rename_axis("unit").reset_index()


def _only(rows: pd.DataFrame, wanted: list[bool]) -> pd.DataFrame:
    """The rows that are wanted; of no rows none, with every column."""
    return rows[pd.Series(wanted, index=rows.index, dtype=bool)]


def _band(days: int) -> str:
    """Name of the band; a limit that passed on a weekend is late by no working day yet, and stands in the first."""
    return next(name for name, (_, last) in OVERDUE_BANDS.items() if last is None or days <= last)


def _oldest(late: pd.DataFrame) -> str:
    return "" if late.empty else f"最久逾期{int(late['days_late'].max())}个工作日"


def _durations(items: pd.DataFrame, first: date, view: ListView) -> tuple[pd.DataFrame, ListFigure]:
    dates = zip(items["closed_on"], items["assigned_on"], strict=True)
    rows = _only(items, [isinstance(c, date) and isinstance(a, date) and first <= c <= view.today for c, a in dates])
    taken = [view.profile.days.between(a, c) for a, c in zip(rows["assigned_on"], rows["closed_on"], strict=True)]
    rows = rows.assign(working_days=pd.Series(taken, index=rows.index, dtype="int64"))
    if rows.empty:
        return rows, ListFigure("median_days", None, denominator=0)
    p90 = float(rows["working_days"].quantile(0.9))
    median = float(rows["working_days"].median())
    return rows, ListFigure("median_days", median, denominator=len(rows), beside=f"P90 {p90:.0f}天")


def _relapse(
    conn: Connection, list_kind: str, items: pd.DataFrame, first: date, view: ListView
) -> tuple[pd.DataFrame, pd.DataFrame, ListFigure]:
    """Items watched from their first close-out in the period (days, relapsed), the curve, and the share at 90 days."""
    closings = queries.closing_frame(conn, list_kind)
    closings["on"] = city_times(closings["at"]).dt.date
    found = queries.relapse_frame(conn, list_kind)
    found["on"] = city_times(found["at"]).dt.date
    closed = closings[(closings["step"] == "verify_close_out") & (closings["on"] >= first)]
    closed = closed.drop_duplicates("item_id")[["item_id", "at", "on"]]
    signs = pd.concat([closings.loc[closings["step"] == "reopen", ["item_id", "at", "on"]], found])
    later = closed.merge(signs, on="item_id", suffixes=("", "_sign"))
    later = later[later["at_sign"] >= later["at"]].sort_values("at_sign").drop_duplicates("item_id")
    ended = dict(zip(later["item_id"], later["on_sign"], strict=True))
    days = [((ended.get(i) or view.today) - on).days for i, on in zip(closed["item_id"], closed["on"], strict=True)]
    watched = closed[["item_id", "on"]].rename(columns={"on": "first_closed_on"}).assign(
        days=pd.Series(days, index=closed.index, dtype="int64"),
        relapsed=pd.Series([i in ended for i in closed["item_id"]], index=closed.index, dtype=bool),
    )  # fmt: skip
    watched = watched.merge(items[["item_id", "item_no", "title", "unit", "state_label"]], on="item_id")
    curve = _curve(watched)
    relapses = int(watched["relapsed"].sum())
    words = f"已登记反弹{relapses}件，销号{len(watched)}件"
    if curve.empty:
        return watched, curve, ListFigure("relapse", None, relapses, len(watched), beside=words)
    # A curve that ends earlier says nothing of the days after.
    if float(curve["day"].max()) < WATCHED_DAYS:
        words += f"，观察满{int(curve['day'].max())}日的还不到90日"
        return watched, curve, ListFigure("relapse", None, relapses, len(watched), beside=words)
    last = curve[curve["day"] <= WATCHED_DAYS].iloc[-1]
    low, high = (None, None) if pd.isna(last["low"]) else (float(last["low"]), float(last["high"]))
    return watched, curve, ListFigure("relapse", float(last["relapsed"]), relapses, len(watched), low, high, words)


def _curve(watched: pd.DataFrame) -> pd.DataFrame:
    """Share that relapsed by each day, while at least FEW_AT_RISK are watched; empty with fewer than FEW items."""
    columns = ["day", "relapsed", "low", "high", "at_risk"]
    if len(watched) < FEW:
        return pd.DataFrame(columns=columns)
    kept = kaplan_meier(watched["days"].tolist(), watched["relapsed"].tolist())
    kept = kept[kept["at_risk"] >= FEW_AT_RISK]
    curve = pd.DataFrame({"day": kept["day"], "relapsed": 1 - kept["survival"], "low": 1 - kept["high"],
                          "high": 1 - kept["low"], "at_risk": kept["at_risk"]})  # fmt: skip
    start = pd.DataFrame([(0.0, 0.0, float("nan"), float("nan"), len(watched))], columns=columns)
    # Up to the last day on which enough are still watched nothing more was found.
    last_day = float(watched["days"].nlargest(FEW_AT_RISK).min())
    whole = start if curve.empty else curve if curve["day"].iloc[0] == 0 else pd.concat([start, curve])
    if last_day > float(whole["day"].max()):
        end = whole.iloc[-1].to_dict() | {"day": last_day, "at_risk": int((watched["days"] >= last_day).sum())}
        whole = pd.concat([whole, pd.DataFrame([end])])
    return whole.reset_index(drop=True)


def _hand_overs(conn: Connection, first: date, view: ListView) -> tuple[pd.DataFrame, pd.DataFrame, ListFigure]:
    rows = queries.hand_over_frame(conn)
    rows["handed_on"], rows["received_on"] = (city_times(rows[c]).dt.date for c in ("handed_at", "received_at"))
    rows = rows[rows["handed_on"] >= first].reset_index(drop=True)
    answered = rows["received_at"].notna()
    verdicts = zip(answered, rows["is_accepted"], strict=True)
    rows["accepted"] = [bool(was_answered) and bool(verdict) for was_answered, verdict in verdicts]
    outcomes = zip(rows["accepted"], answered, strict=True)
    rows["outcome"] = ["已签收" if accepted else "已退回" if a else "待签收" for accepted, a in outcomes]
    moments = zip(rows["handed_on"], rows["received_on"], answered, strict=True)
    taken = [view.profile.days.between(handed, received) if a else None for handed, received, a in moments]
    rows["days"] = pd.array(taken, dtype="Int64")
    rows["receiver"] = rows["receiver"].map(RECEIVERS)
    table = [{
        "receiver": receiver, "handed": len(group), **{word: int((group["outcome"] == word).sum())
                                                       for word in ("已签收", "已退回", "待签收")},
        "median_days": float(group["days"].median()) if group["days"].notna().any() else None,
    } for receiver, group in rows.groupby("receiver", sort=True)]  # fmt: skip
    columns = ["receiver", "handed", "已签收", "已退回", "待签收", "median_days"]
    done, total = int(rows["accepted"].sum()), len(rows)
    low, high = wilson(done, total)
    waiting = int((~answered).sum())
    figure = ListFigure("hand_over", divide(done, total), done, total, low, high,
                        f"待签收{waiting}件，退回{total - done - waiting}件")  # fmt: skip
    shown = ["item_no", "title", "receiver", "handed_on", "received_on", "outcome", "days"]
    return rows[shown], pd.DataFrame(table, columns=columns), figure


def _asked(conn: Connection, list_kind: str, first: date, view: ListView) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = queries.asked_frame(conn, list_kind, ASKING_LETTERS)
    rows["on"] = city_times(rows["at"]).dt.date
    rows = rows[rows["on"] >= first].reset_index(drop=True)
    rows["unit"] = [view.names.get(code, code) for code in rows["unit_code"]]
    rows["month"] = [f"{day:%Y-%m}" for day in rows["on"]]
    rows["is_urging"] = rows["what"] == "urging"
    counted = rows.groupby(["unit", "month"], as_index=False).agg(
        urgings=("is_urging", "sum"), total=("is_urging", "size")
    )  # fmt: skip
    counted["letters"] = counted["total"] - counted["urgings"]
    counted = counted.sort_values(["month", "total"], ascending=[False, False], kind="stable").reset_index(drop=True)
    rows["way"] = ["催办" if urging else "文书" for urging in rows["is_urging"]]
    return rows[["unit", "month", "on", "way", "item_no"]], counted[["unit", "month", "urgings", "letters", "total"]]
