"""Where somebody stands on the import page: which uploader is shown, and the job whose result stands there."""

from __future__ import annotations

import streamlit as st

_ROUND, _PUBLISHING = "_import_round", "_import_publishing"


def number() -> int:
    """Number of the round: its uploader is a new one, and a new one is empty."""
    return int(st.session_state.get(_ROUND, 0))


def publishing() -> str | None:
    """Key of the job that publishes in this round; None before."""
    key: str | None = st.session_state.get(_PUBLISHING)
    return key


def publish(key: str) -> None:
    """The job of that key publishes; its result stands until another round begins."""
    st.session_state[_PUBLISHING] = key


def begin_another() -> None:
    """Forget the result and show an empty uploader."""
    del st.session_state[_PUBLISHING]
    st.session_state[_ROUND] = number() + 1
