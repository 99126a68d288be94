"""清单录入：新的事项怎样最快、不重、不漏地列入？"""

from __future__ import annotations

from typing import Any

import streamlit as st

from lib import loaders
from lib.ingest.list_sheets import read_list_file
from lib.ingest.readers import ReadError
from lib.lists.process import RESOURCES
from lib.lists.round_trip import HIDDEN_SHEET
from lib.schema.list_terms import LIST_KINDS
from lib.ui import choices, layout, list_entry, list_entry_grid, list_entry_old, list_entry_trip
from lib.ui.words import plain

PAGE = "list_entry"
ONE, MANY, TRIP, OLD = list_entry.WAYS


def read(name: str, content: bytes) -> dict[str, Any]:
    """A file's sheets, read in a limited process. Raises ReadError."""
    return read_list_file(name, content, HIDDEN_SHEET)


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
with layout.card("entry"):
    if way == ONE:
        list_entry.form(desk, list_kind)
    elif way == MANY:
        list_entry_grid.grid(desk, list_kind)
    elif way == TRIP:
        list_entry_trip.out(desk, list_kind)
        list_entry_trip.back(desk, list_kind, read, ReadError)
    else:
        list_entry_old.old_sheet(desk, list_kind, read, ReadError)
