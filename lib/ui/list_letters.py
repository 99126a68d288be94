"""The page 文书与催办: reminders, returned reply sheets, letters about the list, the register of numbers."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from lib import answers, loaders
from lib.answers import ListView
from lib.lists.process import PROBLEM, RESOURCES, SUPERVISION
from lib.schema.list_terms import LIST_KINDS
from lib.ui import choices, layout, list_numbers, list_reminders, list_replies

PAGE = "letters"
REMIND, REPLIES, ISSUE, REGISTER = "每日催办", "导入回复表", "专报与通报", "文号登记"


def page() -> None:
    """The whole page; each role sees the parts that are its own."""
    view = loaders.list_view()
    kept = [kind for kind in (SUPERVISION, PROBLEM) if view.person.may(RESOURCES[kind], "write")]
    read = [kind for kind in (SUPERVISION, PROBLEM) if answers.may_look(view.person, kind)]
    # Part → lists it can be about, and what draws it.
    parts: dict[str, tuple[list[str], Callable[[str], None]]] = {
        REMIND: (kept, lambda kind: list_reminders.panel(kind, view)),
        REPLIES: (kept or _answered(view), lambda _: list_replies.panel(view)),
        ISSUE: ([kind for kind in kept if kind == SUPERVISION], lambda kind: list_numbers.about_list(kind, view)),
        REGISTER: ([*kept, *(kind for kind in read if kind not in kept)],
                   lambda kind: list_numbers.register(kind, view)),
    }  # fmt: skip
    offered = [part for part, (kinds, _) in parts.items() if kinds]
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        part = choices.option(PAGE, "part", "办理", offered)
        kinds, draw = parts[part]
        kind = kinds[0]
        if len(kinds) > 1 and part != REPLIES:
            labels = {LIST_KINDS[k]: k for k in kinds}
            kind = labels[choices.option(PAGE, "list", "清单", list(labels))]
    with layout.card(PAGE):
        draw(kind)


def _answered(view: ListView) -> list[str]:
    """Lists on which the person answers for a unit."""
    return [kind for kind in (SUPERVISION, PROBLEM) if view.person.may(RESOURCES[kind], "reply")]
