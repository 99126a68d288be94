"""办理成效: how well a list is worked off, for leaders. Drawn only once it is opened."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import streamlit as st

from lib import answers, loaders
from lib.answers import ListFigure, ListFigures, ListView
from lib.charts import style, survival
from lib.lists.definitions import DEFINITIONS, FEW, OVERDUE_BANDS, ListDefinition
from lib.lists.process import RESOURCES
from lib.lists.rules import read_rules
from lib.metrics.arithmetic import wilson
from lib.metrics.formats import NONE, show_count, show_interval, show_rate
from lib.schema.list_terms import LIST_KINDS
from lib.ui import empty, list_rows, show
from lib.ui.words import plain

PERIODS = ("今年以来", "近12个月", "全部")
_ITEM = {"item_no": show.column("编号", width=12), "title": show.column("事项", width=40),
         "unit": show.column("责任单位", width=24), "state_label": show.column("状态", width=9)}  # fmt: skip
# Figure → columns of the items it is counted from.
BEHIND: dict[str, show.Columns] = {
    "on_time": {**_ITEM, "first_due_on": show.column("首次时限", "date"), "due_on": show.column("办结时限", "date"),
                "closed_on": show.column("销号日期", "date"), "on_time": show.column("按期", width=8)},
    "overdue": {**_ITEM, "due_on": show.column("办结时限", "date"), "days_late": show.column("逾期工作日", "count")},
    "median_days": {**_ITEM, "assigned_on": show.column("交办日期", "date"),
                    "closed_on": show.column("销号日期", "date"), "working_days": show.column("工作日", "count")},
    "relapse": {**_ITEM, "first_closed_on": show.column("首次销号", "date"), "days": show.column("观察天数", "count"),
                "relapsed": show.column("反弹", width=8)},
    "hand_over": {"item_no": show.column("编号", width=12), "title": show.column("事项", width=40),
                  "receiver": show.column("接收单位", width=12), "handed_on": show.column("移交日期", "date"),
                  "received_on": show.column("签收日期", "date"), "outcome": show.column("结果", width=9),
                  "days": show.column("用时（工作日）", "count")},
    "asked": {"unit": show.column("单位", width=26), "month": show.column("月份", width=10),
              "on": show.column("日期", "date"), "way": show.column("方式", width=9),
              "item_no": show.column("编号", width=12)},
}  # fmt: skip
OVERDUE: show.Columns = {"unit": show.column("责任单位", width=26), "total": show.column("合计", "count"),
                         **{band: show.column(band, "count") for band in OVERDUE_BANDS}}  # fmt: skip
ASKED: show.Columns = {"unit": show.column("单位", width=26), "month": show.column("月份", width=10),
                       "urgings": show.column("催办", "count"), "letters": show.column("督办文书", "count"),
                       "total": show.column("要求回复次数", "count")}  # fmt: skip
HANDED: show.Columns = {"receiver": show.column("接收单位", width=14), "handed": show.column("移交", "count"),
                        "已签收": show.column("签收", "count"), "已退回": show.column("退回", "count"),
                        "待签收": show.column("待签收", "count"),
                        "median_days": show.column("签收用时中位（工作日）", "number")}  # fmt: skip

SUGGESTED: show.Columns = {"label": show.column("规则", width=20), "followed": show.column("采纳或并入", "count"),
                           "decided": show.column("已决定", "count"), "open": show.column("待研判", "count"),
                           "share": show.column("采纳率", "rate"),
                           "interval": show.column("95%区间", width=18)}  # fmt: skip


def panel(list_kind: str) -> None:
    """The figures of the list, folded for clerks and open for leaders; nothing for who sees only a unit's part."""
    person = loaders.identity()
    if not person.may(RESOURCES[list_kind]):
        return
    box = st.expander(f"{LIST_KINDS[list_kind]}办理成效", expanded=person.role == "leader",
                      icon=":material/monitoring:", key=f"leaders_{list_kind}", on_change="rerun")  # fmt: skip
    if box.open:
        with box:
            _panel(list_kind)


def _panel(list_kind: str) -> None:
    view = loaders.list_view()
    period = st.segmented_control("统计期", PERIODS, default=PERIODS[0], required=True, label_visibility="collapsed",
                                  key=f"leaders_{list_kind}_since")  # fmt: skip
    found = loaders.ask_records(answers.list_figures, view, list_kind, _since(period, view.today))
    said = f"{period}，截至{view.today:%Y年%-m月%-d日}"
    shown = [key for key in DEFINITIONS if key in found.figures and (key != "hand_over" or not found.hand_overs.empty)]
    with st.grid(len(shown), min_column_width=170, gap="xsmall"):
        for key in shown:
            _card(found, DEFINITIONS[key], said)
    left, right = st.columns(2, gap="medium")
    with left:
        _overdue(found, said)
    with right:
        _relapse(found, said)
    left, right = st.columns(2, gap="medium")
    with left:
        _asked(found, said)
    with right:
        _hand_overs(found, said)
        if list_kind == "problem":
            _suggestions(view)


def _since(period: str, today: date) -> date | None:
    if period == PERIODS[2]:
        return None
    return today.replace(month=1, day=1) if period == PERIODS[0] else today - timedelta(days=365)


def _card(found: ListFigures, definition: ListDefinition, said: str) -> None:
    figure = found.figures[definition.key]
    with st.container(border=True, gap=None, key=f"figure_{found.list_kind}_{definition.key}"):
        st.metric(definition.label, _value(figure, definition))
        st.caption(_beneath(figure, definition))
        box = st.popover("口径", type="tertiary", key=f"open_{found.list_kind}_{definition.key}", on_change="rerun",
                         width="content")  # fmt: skip
        if box.open:
            with box:
                _opened(found, figure, definition, said)


def _value(figure: ListFigure, definition: ListDefinition) -> str:
    if figure.value is None:
        return "不足以判断" if definition.key == "relapse" and figure.denominator else NONE
    if definition.unit == "rate":
        return show_rate(figure.value)
    return f"{figure.value:g}天" if definition.unit == "days" else show_count(figure.value)


def _beneath(figure: ListFigure, definition: ListDefinition) -> str:
    if definition.key == "relapse":
        return figure.beside
    if definition.unit == "rate":
        counts = f"{figure.numerator}／{figure.denominator}"
        # There is room for one remark, and the rest stands under 口径.
        few = f"不足{FEW}件" if figure.denominator and figure.denominator < FEW else figure.beside
        return f"{counts} · {few}" if few else counts
    if definition.unit == "days":
        return f"{figure.denominator}件" + (f" · {figure.beside}" if figure.beside else "")
    return figure.beside or "—"


def _opened(found: ListFigures, figure: ListFigure, definition: ListDefinition, said: str) -> None:
    """Definition, worked example, interval, and the items it is counted from."""
    st.markdown(f"**{plain(definition.text)}**", width=560)
    st.caption(plain(f"{said}　版本 {definition.version}"))
    if definition.unit == "rate" and figure.denominator:
        example = f"分子{figure.numerator}，分母{figure.denominator}"
        interval = show_interval(figure.low, figure.high)
        st.markdown(plain(f"{example}；95%置信区间 {interval}"))
    if figure.beside:
        st.markdown(plain(figure.beside))
    frame = _said_yes(found.behind[definition.key])
    name = f"{LIST_KINDS[found.list_kind]}{definition.label}明细"
    list_rows.export(frame, BEHIND[definition.key], name, f"{said}；{definition.text}")
    show.grid(frame.head(200), BEHIND[definition.key], name, height=240 if len(frame) > 5 else "content")


def _said_yes(frame: pd.DataFrame) -> pd.DataFrame:
    """Yes and no in words."""
    truth = [column for column in ("on_time", "relapsed") if column in frame]
    return frame.assign(**{column: ["是" if value else "否" for value in frame[column]] for column in truth})


def _overdue(found: ListFigures, said: str) -> None:
    _titled("逾期未销号：单位和逾期时间（工作日）", found.overdue, OVERDUE,
            f"{LIST_KINDS[found.list_kind]}逾期分单位", said, "没有逾期未销号的事项")  # fmt: skip


def _asked(found: ListFigures, said: str) -> None:
    _titled("基层减负：各单位每月被要求回复次数", found.asked, ASKED,
            f"{LIST_KINDS[found.list_kind]}要求回复次数", said, "没有催办，也没有要求回复的文书")  # fmt: skip


def _hand_overs(found: ListFigures, said: str) -> None:
    _titled("移交与签收", found.hand_overs, HANDED, f"{LIST_KINDS[found.list_kind]}移交签收", said, "没有移交")


def _titled(title: str, frame: pd.DataFrame, columns: show.Columns, name: str, said: str, nothing: str) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"):
        st.markdown(f"**{plain(title)}**", width="content")
        if not frame.empty:
            list_rows.export(frame, columns, name, said)
    if frame.empty:
        empty.not_shown(title, nothing)
        return
    show.grid(frame, columns, name, height=260 if len(frame) > 6 else "content")


def _relapse(found: ListFigures, said: str) -> None:
    title = "销号后反弹"
    if found.curve.empty:
        st.markdown(f"**{title}**")
        words = f"不足以判断：首次销号{found.closings}件，不足{FEW}件；已登记反弹{found.relapses}件"
        empty.not_shown("反弹曲线", words)
        return
    subtitle = f"累计反弹率及95%区间 · {said} · 首次销号{found.closings}件，反弹{found.relapses}件"
    show.chart(survival.relapse_curve(found.curve, found.at_risk, style.fit("销号后反弹了多少"), subtitle),
               f"{LIST_KINDS[found.list_kind]}销号后反弹", 280, records=said)  # fmt: skip


def _suggestions(view: ListView) -> None:
    """Share of the suggestions that were followed, per rule."""
    if not view.person.may("suggestions"):
        return
    frame = loaders.ask_records(answers.rule_shares, view)
    labels = read_rules().labels()
    bounds = [wilson(a, n) for a, n in zip(frame["followed"], frame["decided"], strict=True)]
    frame = frame.assign(
        label=[labels.get(rule, rule) for rule in frame["rule"]], share=pd.to_numeric(frame["share"]),
        interval=[show_interval(low, high) for low, high in bounds],
    )  # fmt: skip
    title = "拟列建议采纳率（采纳或并入÷已决定，全部时间）"
    _titled(title, frame, SUGGESTED, "拟列建议采纳率", DEFINITIONS["accepted"].text, "还没有拟列建议")
