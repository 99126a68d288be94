"""Views that a person saves on a list page: open one, save the filters as one, throw one away."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from lib import loaders
from lib.answers import ListView
from lib.commands.lists.views import LONGEST_NAME, DropView, SaveView, drop_view, save_view, views_of
from lib.ui import list_actions, list_page_filters
from lib.ui.words import plain

_ROUND = "_list_views_round"


def menu(list_kind: str, view: ListView, query: Mapping[str, str], parts_key: str) -> None:
    """The popover with the person's views. query: the filters as they stand now, with the chosen part."""
    saved = loaders.ask_records(views_of, view.person.account, list_kind)
    # Another key after each choice: the menu closes, and the field begins empty again.
    place = f"{list_kind}_{st.session_state.get(_ROUND, 0)}"
    with st.popover(f"视图（{len(saved)}）" if saved else "视图", icon=":material/bookmark:", key=f"views_{place}"):
        for name, kept in saved.items():
            with st.container(horizontal=True, horizontal_alignment="distribute"):
                st.button(plain(name), key=f"view_{list_kind}_{name}", type="tertiary", on_click=_open,
                          args=(list_kind, view, kept, parts_key))  # fmt: skip
                st.button("删除", key=f"view_drop_{list_kind}_{name}", type="tertiary", on_click=_drop,
                          args=(list_kind, name))  # fmt: skip
        if not saved:
            st.caption("把常用的筛选条件存为视图，下次一点就开。")
        name = st.text_input(
            "视图名称", key=f"view_name_{place}", max_chars=LONGEST_NAME, placeholder="如：我科逾期", autocomplete="off"
        )
        if st.button("另存为视图", key=f"view_save_{list_kind}", disabled=not query,
                     help=None if query else "先选择筛选条件"):  # fmt: skip
            done, _ = list_actions.tried(save_view, SaveView(list_kind, name or "", dict(query)))
            if done:
                st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
                st.rerun()


def _open(list_kind: str, view: ListView, kept: Mapping[str, str], parts_key: str) -> None:
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    list_page_filters.apply(list_kind, view, kept)
    st.session_state[parts_key] = [part for part in kept.get("part", "").split(",") if part]


def _drop(list_kind: str, name: str) -> None:
    list_actions.carry_out(drop_view, DropView(list_kind, name))
