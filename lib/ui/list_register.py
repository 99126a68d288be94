"""What the forms of 民情日记 and 预警 share: a key per form, places and units, becoming an item of a list."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

import streamlit as st

from lib import loaders
from lib.lists.process import RESOURCES
from lib.schema.list_terms import LIST_KINDS


def may_write() -> bool:
    """Whether the person keeps the registers."""
    return loaders.identity().may("registers", "write")


def form_key(name: str, widget: Callable[[str], str]) -> str:
    """Key of the form that is being filled in: stored twice, it is one entry. widget: key of the form → key of one of
    its widgets. Whoever left the page and comes back finds an empty form, which is another one.
    """
    known = st.session_state.get(_form(name))
    if known is None or widget(known) not in st.session_state:
        go_on(name, uuid.uuid4().hex)
    return str(st.session_state[_form(name)])


def go_on(name: str, key: str) -> None:
    """Let the register go on with the form of that key."""
    st.session_state[_form(name)] = key


def districts() -> dict[str, str]:
    """Code → name of the districts of the city."""
    return loaders.list_names(loaders.list_view())[1]


def units() -> dict[str, str]:
    """Code → name of the units that may be named."""
    return loaders.list_names(loaders.list_view())[0]


def next_form(name: str) -> None:
    """The form was stored: the next one is empty."""
    st.session_state.pop(_form(name), None)


def day(value: Any) -> date | None:
    """What a date field holds; None while it is empty."""
    return value if isinstance(value, date) else None


def district(key: str) -> str | None:
    """Choose a district of the city, or none."""
    known = districts()
    return st.selectbox("所属县区", list(known), index=None, format_func=known.__getitem__, key=key,
                        placeholder="可不选", filter_mode="contains")  # fmt: skip


def unit(key: str, label: str) -> str | None:
    """Choose a unit by its name, or none."""
    known = units()
    return st.selectbox(label, list(known), index=None, format_func=known.__getitem__, key=key,
                        placeholder="输入名称查找，可不选", filter_mode="contains")  # fmt: skip


def to_item(form: str, title: str) -> tuple[str, dict[str, Any]] | None:
    """Ask for list and title of the item; what was entered once it is sent. Nothing for whoever keeps no list."""
    person = loaders.identity()
    kinds = [kind for kind, resource in RESOURCES.items() if person.may(resource, "write")]
    if not kinds:
        return None
    with (
        st.expander("转为清单事项", icon=":material/playlist_add:", key=f"to_item_{form}"),
        st.form(f"to_item_form_{form}", border=False, enter_to_submit=False),
    ):
        kind = kinds[0]
        if len(kinds) > 1:
            kind = st.segmented_control("清单", kinds, default=kinds[0], required=True, key=f"to_item_kind_{form}",
                                        format_func=LIST_KINDS.__getitem__)  # fmt: skip
        words = st.text_input("事项", " ".join(title.split()), max_chars=200, key=f"to_item_title_{form}",
                              autocomplete="off")  # fmt: skip
        sent = st.form_submit_button(f"列入{LIST_KINDS[kind]}（拟列）", type="primary")
    return (kind, {"title": words}) if sent else None


def _form(name: str) -> str:
    return f"_register_form_{name}"
