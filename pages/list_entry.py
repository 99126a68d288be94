"""清单录入：新的事项怎样最快、不重、不漏地列入？"""

from __future__ import annotations

import streamlit as st

from lib import loaders
from lib.lists.process import RESOURCES
from lib.schema.list_terms import LIST_KINDS
from lib.ui import choices, layout, list_entry
from lib.ui.words import plain

PAGE = "list_entry"
ONE, MANY, TRIP, OLD = "录入一件", "批量录入", "台账往返", "旧表导入"

layout.header("清单录入", "新的事项怎样最快、不重、不漏地列入？", scoped=False)
desk = loaders.desk()
own = [kind for kind, resource in RESOURCES.items() if desk.person.may(resource, "write")]
asked = st.query_params.get("list")
list_kind = asked if asked in own else own[0]
if asked in RESOURCES and asked != list_kind:
    st.info(plain(f"本账号维护{LIST_KINDS[list_kind]}，以下内容录入到{LIST_KINDS[list_kind]}。"))
with st.container(horizontal=True, vertical_alignment="center", gap="small"):
    st.markdown(f"**{LIST_KINDS[list_kind]}**", width="content")
    way = choices.option(PAGE, "way", "录入方式", [ONE, MANY, TRIP, OLD])
if way == ONE:
    with layout.card("entry"):
        list_entry.form(desk, list_kind)
