"""Keys of forms on a page: what is sent twice under one key is carried out once."""

from __future__ import annotations

import uuid

import streamlit as st


def form_key(name: str) -> str:
    """Key of the form of that name that is being filled in; it stays until `next_form`."""
    return str(st.session_state.setdefault(_place(name), uuid.uuid4().hex))


def next_form(name: str) -> None:
    """The form was stored: the next one is empty and has a key of its own."""
    st.session_state.pop(_place(name), None)


def _place(name: str) -> str:
    return f"_form_{name}"
