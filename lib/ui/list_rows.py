"""Tables of the lists' registers whose rows open: a click shows one row in a dialog, once per click."""

from __future__ import annotations

import uuid
from typing import Any

import pandas as pd
import streamlit as st

from lib import loaders
from lib.documents import xlsx
from lib.ui import filters, show, sitemap
from lib.ui.words import plain

FORM = "_form"


def table(
    frame: pd.DataFrame,
    columns: show.Columns,
    name: str,
    *,
    height: int = 420,
    title: str | None = None,
    is_scoped: bool = True,
    ticks: bool = False,
) -> None:
    """The frame with its export; a clicked row is `opened(name)` until it is closed.

    is_scoped: False on pages about the system's own records, on which period and filters have no effect. ticks: rows
    may also be ticked, several at once (see `ticked`).
    """
    shown = frame.reset_index(drop=True)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"):
        st.markdown(f"**{plain(title)}**" if title else f"共 **{len(shown)}** 件", width="content")
        if is_scoped:
            show.export(shown, columns, name)
        else:
            export(shown, columns, name)
    # A grid of its own after each dialog: a second click on the same cell would only take its mark away.
    key = _grid(name)

    def choose() -> None:
        for row in show.clicked(st.session_state[key]):
            begin(name, {str(k): v for k, v in shown.iloc[row].items()})

    show.grid(shown, columns, name, height=height if len(shown) > 10 else "content", select=choose, key=key,
              ticks=ticks)  # fmt: skip


def ticked(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Rows of the frame that are ticked in its table; to be asked before or after the table is drawn."""
    return frame.iloc[[row for row in show.ticked(_grid(name)) if row < len(frame)]]


def untick(name: str) -> None:
    """Begin the table anew: nothing is ticked in it."""
    st.session_state[_round(name)] = st.session_state.get(_round(name), 0) + 1


def export(frame: pd.DataFrame, columns: show.Columns, name: str, said: str = "全部") -> None:
    """A button that writes records to Excel: what they are restricted to, when, and of which city."""
    known = show.fields(frame, columns)
    facts = show.record_facts(said, len(frame))
    show.download(show.EXPORT, lambda: xlsx.workbook(frame[list(known)], known, name, facts), f"{name}.xlsx",
                  show.XLSX, facts=facts, rows=len(frame))  # fmt: skip


def begin(name: str, record: dict[str, Any]) -> None:
    """Open a record; every opening is a form of its own. What is missing in it becomes None."""
    known = {k: None if not isinstance(v, list | tuple) and pd.isna(v) else v for k, v in record.items()}
    st.session_state[_opened(name)] = {**known, FORM: uuid.uuid4().hex}


def opened(name: str) -> dict[str, Any] | None:
    """The record that was clicked, with the key of its form under FORM."""
    found: dict[str, Any] | None = st.session_state.get(_opened(name))
    return found


def close(name: str) -> None:
    """Close the record."""
    if st.session_state.pop(_opened(name), None) is not None:
        untick(name)


def countdown(days: Any) -> str:
    """剩3天, 今天到期, ▲ 超2天: calendar days."""
    if pd.isna(days):
        return ""
    return f"剩{int(days)}天" if days > 0 else "今天到期" if days == 0 else f"▲ 超{-int(days)}天"


def ticket_link(source_code: str, ticket_no: str) -> None:
    """A link to the whole course of a ticket, for whom single tickets are open."""
    show.link("查看工单办理全过程", "tickets", filters.current_scope(), icon=":material/open_in_new:",
              ticket=f"{source_code}~{ticket_no}")  # fmt: skip


def item_link(item_no: str, label: str | None = None, icon: str = ":material/open_in_new:") -> None:
    """A link to an item, or its words alone for whom the page is not open. label: Markdown, what comes from data
    escaped by the caller.
    """
    words = label or f"查看事项 {plain(item_no)}"
    if not sitemap.may_open(loaders.identity(), "list_item"):
        st.markdown(words)
        return
    st.page_link("pages/list_item.py", label=words, icon=icon, query_params={"no": item_no})


def _opened(name: str) -> str:
    return f"_row_{name}"


def _grid(name: str) -> str:
    return f"table_{name}_{st.session_state.get(_round(name), 0)}"


def _round(name: str) -> str:
    return f"_row_round_{name}"
