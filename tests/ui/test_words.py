"""Words from data inside our sentences: shown as they are, whatever they contain."""

from __future__ import annotations

from datetime import datetime

import pytest
from streamlit.testing.v1 import AppTest

from lib.ui.words import as_of, plain

HOSTILE = [
    "![图](http://203.0.113.9/x.png)",
    "[点这里](http://203.0.113.9)",
    ":red[红字] **粗** `码` $x$ <b>b</b>",
    "# 标题\n- 列表",
    ":material/home: ~~删~~ | 表 |",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_sign_of_markdown_stays_unescaped(text: str) -> None:
    shown = plain(text)
    for place, sign in enumerate(shown):
        if sign in "`*_{}[]()#+!|<>~$:-":
            assert shown[place - 1] == "\\"
    assert "\n" not in shown


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_is_lost(text: str) -> None:
    assert plain(text).replace("\\", "") == " ".join(text.split())


def test_an_as_of_at_midnight_belongs_to_the_day_before() -> None:
    assert as_of(datetime(2026, 11, 1)) == "2026年10月31日 24:00"
    assert as_of(datetime(2026, 10, 31, 17, 5)) == "2026年10月31日 17:05"


def test_streamlit_accepts_escaped_text_as_a_label() -> None:
    def page() -> None:
        import streamlit as st

        from lib.ui.words import plain

        st.markdown(plain(":red[红字]"))

    assert AppTest.from_function(page).run().markdown[0].value == r"\:red\[红字\]"
