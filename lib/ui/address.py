"""Parameters of the address that stand for widgets: read when somebody arrives, written when they choose.

A page owns names of parameters; those of others are left as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import streamlit as st


def taken(names: Collection[str], widgets: Collection[str], memory: str) -> dict[str, str] | None:
    """Parameters to take over; None where the address says nothing new.

    names: parameters; widgets: keys of their widgets; memory: key under which `write` remembers what
    it wrote itself. They are taken over when somebody followed a link, went back in the browser, or the
    widgets were forgotten because another page was shown meanwhile.
    """
    asked = current(names)
    if not asked:
        return None
    forgotten = any(key not in st.session_state for key in widgets)
    return asked if forgotten or asked != st.session_state.get(memory) else None


def write(new: Mapping[str, str], names: Collection[str], memory: str) -> None:
    """Make the parameters `names` say exactly `new`."""
    if current(names) != dict(new):
        others = {name: st.query_params.get_all(name) for name in st.query_params if name not in names}
        st.query_params.from_dict({**new, **others})
    st.session_state[memory] = dict(new)


def current(names: Collection[str]) -> dict[str, str]:
    """What the address says now for these parameters."""
    return {name: st.query_params[name] for name in names if name in st.query_params}
