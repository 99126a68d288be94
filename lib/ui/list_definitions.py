"""The figures of the dual lists on 指标口径."""

from __future__ import annotations

import streamlit as st

from lib.lists.definitions import DEFINITIONS
from lib.ui import layout
from lib.ui.words import plain


def cards() -> None:
    """One card per figure: what it means, what is divided by what. Their values stand on the lists themselves."""
    st.markdown("**双清单指标**　:gray[数值见问题清单、督办清单的“办理成效”]")
    for definition in DEFINITIONS.values():
        with layout.card(f"list_definition_{definition.key}"):
            left, right = st.columns([1, 4], gap="medium")
            left.markdown(f"**{definition.label}**")
            right.markdown(plain(definition.text))
            parts = {"分子": definition.numerator, "分母": definition.denominator or "无", "归期": definition.cohort,
                     "不计入": definition.exclusions or "无"}  # fmt: skip
            right.caption("　".join(f"{word}：{plain(text)}" for word, text in parts.items()))
            right.caption(plain(f"版本 {definition.version}"))
