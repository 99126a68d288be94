"""The dual lists on 总体情况: what only a city leader can settle, what leaders instructed, one line on the lists."""

from __future__ import annotations

import streamlit as st

from lib import answers, loaders
from lib.answers import ListsAtAGlance
from lib.schema.list_terms import LIST_KINDS
from lib.ui import layout, list_rows, sitemap
from lib.ui.words import plain


def lists() -> None:
    """Two cards side by side; nothing for whom the lists are closed, and nothing while they are empty."""
    view = loaders.list_view()
    glance = loaders.ask_records(answers.lists_at_a_glance, view)
    if glance is None or not (any(map(sum, glance.counts.values())) or glance.instructions.total):
        return
    with st.grid(2, min_column_width=420, gap="small"):
        with layout.card("coordination"):
            _coordination(glance)
        with layout.card("lists"):
            _in_short(glance)


def _coordination(glance: ListsAtAGlance) -> None:
    more = f"　:gray[共{glance.waiting}件，列最急的{len(glance.coordination)}件]"
    st.markdown("**需市领导协调事项**" + (more if glance.waiting > len(glance.coordination) else ""))
    for item in glance.coordination:
        words = f"{plain(item.title)}　:gray[{plain(item.reason)}，{plain(item.unit or '未定牵头单位')}]"
        list_rows.item_link(item.item_no, words, icon=":material/chevron_right:")
    if not glance.coordination:
        st.caption("没有提级到最高一级、四跨或职责不清而逾期、吹哨后部门未报到的事项。")


def _in_short(glance: ListsAtAGlance) -> None:
    st.markdown("**双清单**　:gray[截至今天]")
    for kind, (under_way, near, overdue) in reversed(glance.counts.items()):
        words = f"{LIST_KINDS[kind]}　在办 **{under_way}** 件，临期{near}件，" + (
            f":red[逾期{overdue}件]" if overdue else "没有逾期"
        )
        if sitemap.may_open(loaders.identity(), f"{kind}_list"):
            st.page_link(f"pages/{kind}_list.py", label=words, icon=":material/chevron_right:")
        else:
            st.markdown(words)
    said = glance.instructions
    if said.total:
        late = f"，:red[超过报告时限{said.late}件]" if said.late else "，没有超过报告时限的"
        words = f"批示落实　**{said.settled}／{said.total}** 件已销号{late}"
        st.page_link("pages/supervision_list.py", label=words, icon=":material/chevron_right:",
                     query_params={"source": "instruction"})  # fmt: skip
    else:
        st.caption("没有领导批示事项。")
