"""The table of a list: its columns, lights in words and signs, the click on a row, the ticks, the export."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from lib.access.moments import city_time
from lib.answers import ListView
from lib.config import Settings
from lib.documents import ledger
from lib.lists.fields import OWN
from lib.schema.list_terms import LIST_KINDS
from lib.store import active_pair
from lib.ui import show
from lib.ui.words import moment

# Sign before the word: a light is told without its colour, on paper too.
SIGNS = {"overdue": "▲", "near": "△", "normal": "○", "suspended": "‖", "none": "·", "done": "✓"}
ROW, HEAD = 33, 37


def height(rows: int, most: int) -> Any:
    """Height of a table that shows all rows up to `most`, and scrolls beyond."""
    return "content" if rows <= most else ROW * most + HEAD


def light_words(light: str, label: str, days_left: Any, is_today: bool = False) -> str:
    """▲ 逾期3天, △ 剩2天, △ 今天到期: days are working days. Over days off the count may be nothing."""
    sign = SIGNS[light]
    if pd.isna(days_left) or light not in ("overdue", "near", "normal"):
        return f"{sign} {label}"
    if light == "overdue":
        return f"{sign} 逾期{-int(days_left)}天" if days_left else f"{sign} 刚逾期"
    if days_left:
        return f"{sign} 剩{int(days_left)}天"
    return f"{sign} 今天到期" if is_today else f"{sign} 即将到期"


def columns(list_kind: str, view: ListView) -> dict[str, show.Field]:
    """Columns of the table, the most telling first."""
    c = show.column
    problem = list_kind == "problem"
    first = {
        "light_words": c("亮灯", width=11), "item_no": c("编号", width=12),
        "title": c("问题" if problem else "督办事项", width=42), "state_label": c("状态", width=8),
        "lead_unit": c("责任单位" if problem else "牵头单位", width=20),
        "due_on": c("整改时限" if problem else "办结时限", "date"), "progress": c("最新进展", width=26),
    }  # fmt: skip
    kind = {"problem_type_label": c("问题类型", width=9)} if problem else {"source_label": c("来源", width=13)}
    rest = {
        "sponsor": c("包案领导", width=8), "urged_count": c("催办", "count"), "district": c("县区", width=9),
        "ticket_count": c("工单数", "count"), "level_label": c("督办层级", width=12),
    }  # fmt: skip
    own = {OWN + column.key: c(column.label, width=10) for column in view.profile.own_columns[list_kind]}
    return {**first, **kind, **rest, **own}


def table(frame: pd.DataFrame, list_kind: str, view: ListView, key: str, *, ticks: bool) -> pd.DataFrame:
    """Draw the items; a click opens the item's page. Returns the ticked rows."""
    shown = frame.reset_index(drop=True)
    facts = (shown["light"], shown["light_label"], shown["days_left"], shown["due_on"] == view.today)
    shown["light_words"] = [light_words(*row) for row in zip(*facts, strict=True)]
    name = LIST_KINDS[list_kind]
    clicked = show.grid(shown, columns(list_kind, view), name, select=True, key=key, ticks=ticks,
                        height=height(len(shown), 14))  # fmt: skip
    if clicked:
        open_item(str(shown.iloc[clicked[0]]["item_no"]))
    return shown.iloc[show.ticked(key)] if ticks else shown.iloc[:0]


def open_item(item_no: str) -> None:
    """Go to the page of an item."""
    st.switch_page("pages/list_item.py", query_params={"no": item_no})


def export(frame: pd.DataFrame, list_kind: str, view: ListView, filtered: str) -> None:
    """The items that are shown as the ledger that can come back: hidden numbers, versions and cells go with it."""
    name = f"{LIST_KINDS[list_kind]}台账"
    office, until = view.profile.offices[list_kind], moment(city_time(datetime.now(UTC)))
    facts = [("填报单位", office), ("截止时间", until), ("筛选", filtered or "全部在办事项"), ("件数", str(len(frame)))]
    if active_pair(Settings.from_env()) == "demo":
        facts.append(("注意", ledger.DEMO))
    show.download(show.EXPORT, lambda: ledger.workbook(frame, list_kind, view.profile, facts), f"{name}.xlsx",
                  show.XLSX, facts=facts, rows=len(frame))  # fmt: skip
