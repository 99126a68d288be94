"""Choices that belong to one page: the metric it shows, the place or unit it looks into.

They stand in the address (`metric`, `focus`), so that a link opens the same view, and are kept while other
pages are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import streamlit as st

from lib.metrics.catalogue import CATALOGUE, Metric
from lib.ui import address

Reader = Callable[[Any], str | None]
METRIC, FOCUS = "metric", "focus"


def metric(page: str, offered: Sequence[str], default: str) -> Metric:
    """The metric this page shows, chosen in a list of `offered` keys."""
    key = _prepared(page, METRIC, offered, default)
    chosen = st.selectbox(
        "指标", list(offered), key=key, format_func=lambda k: CATALOGUE[k].label, filter_mode="contains",
        label_visibility="collapsed", width=200,
    )  # fmt: skip
    _settle(key, METRIC, chosen)
    return CATALOGUE[chosen]


def option(page: str, parameter: str, label: str, offered: Sequence[str]) -> str:
    """One of a few options side by side; the first one until another is chosen."""
    key = _prepared(page, parameter, offered, offered[0])
    chosen = st.segmented_control(label, list(offered), key=key, required=True, label_visibility="collapsed")
    _settle(key, parameter, chosen)
    return str(chosen)


def focus(page: str, known: Collection[str]) -> str | None:
    """Code of what the reader has chosen on this page; None when nothing, or nothing that exists here."""
    key = f"{page}_{FOCUS}"
    _take_over(key, FOCUS, known)
    chosen = st.session_state.get(key)
    chosen = chosen if chosen in known else None
    _settle(key, FOCUS, chosen)
    return chosen


def set_focus(page: str, code: str | None) -> None:
    """Choose; takes effect where `focus` is asked next (call it from a callback)."""
    st.session_state[f"{page}_{FOCUS}"] = code


def follow_clicks(page: str, sources: Mapping[str, Reader]) -> None:
    """Make the newest click on any of the sources the page's focus; a second click on the same clears it.

    sources: key of a chart, map or table → what its state says is chosen. Call it before anything of the
    page is drawn: a selection stays in the state of its part, so only what changed since the last run counts.
    """
    seen: dict[str, str | None] = st.session_state.get(f"_{page}_clicks", {})
    chosen = {key: read(st.session_state[key]) if key in st.session_state else None for key, read in sources.items()}
    st.session_state[f"_{page}_clicks"] = chosen
    for key, now in chosen.items():
        before, focused = seen.get(key), st.session_state.get(f"{page}_{FOCUS}")
        if now == before:
            continue
        if now is not None:
            set_focus(page, None if now == focused else now)
        elif focused == before:
            set_focus(page, None)


def picked(event: Any) -> str | None:
    """Code that a click on a chart of lib.charts reports; None when nothing is selected."""
    points = (event or {}).get("selection", {}).get("chosen") or []
    return str(points[0]["code"]) if points and points[0].get("code") is not None else None


def picked_row(codes_key: str) -> Reader:
    """Reader for a table whose rows' codes were written down under `codes_key` by `list_codes`."""

    def read(state: Any) -> str | None:
        rows = state.get("selection", {}).get("rows") or []
        codes = st.session_state.get(codes_key, ())
        return codes[rows[0]] if rows and rows[0] < len(codes) else None

    return read


def list_codes(codes_key: str, codes: Sequence[str]) -> None:
    """Write down which code each row of a table stands for, for the run after a click."""
    st.session_state[codes_key] = tuple(codes)


def _prepared(page: str, parameter: str, offered: Sequence[str], default: str) -> str:
    """Key of the widget, its state set: what the address asks, what was chosen before, else the default."""
    key = f"{page}_{parameter}"
    _take_over(key, parameter, offered)
    if st.session_state.get(key) not in offered:
        kept = st.session_state.get(_kept(key))
        st.session_state[key] = kept if kept in offered else default
    return key


def _take_over(key: str, parameter: str, offered: Collection[str]) -> None:
    asked = address.taken((parameter,), (key,), _memory(key))
    if asked and asked[parameter] in offered:
        st.session_state[key] = asked[parameter]


def _settle(key: str, parameter: str, value: str | None) -> None:
    st.session_state[_kept(key)] = value
    address.write({} if value is None else {parameter: value}, (parameter,), _memory(key))


def _memory(key: str) -> str:
    return f"_{key}_written"


def _kept(key: str) -> str:
    return f"_{key}_kept"
