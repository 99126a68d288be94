"""Drafts of small forms with fields of their own: offered above the form, kept beneath it, dropped once it is saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import streamlit as st

from lib.commands.lists.drafts import Draft
from lib.ui import drafts


@dataclass(frozen=True)
class Part:
    """A field of the form. begins: what it holds before anybody types. options: code → name of what may be chosen."""

    kind: Literal["text", "date", "choice"] = "text"
    begins: Any = None
    options: Mapping[str, str] = field(default_factory=dict)

    def words(self) -> str:
        """What the field shows before anybody types."""
        if self.begins in (None, ""):
            return ""
        return self.options.get(self.begins, "") if self.kind == "choice" else str(self.begins)

    def value(self, said: str) -> Any:
        """What was typed, as the widget holds it; None for what may not be chosen any more, and for no day."""
        if self.kind == "text":
            return said
        if self.kind == "choice":
            return next((code for code, name in self.options.items() if name == said), None)
        try:
            return datetime.strptime(said, "%Y-%m-%d").date()
        except ValueError:
            return None


@dataclass(frozen=True)
class FormDraft:
    """The draft of one form. form: as in SaveDraft. key: under which the form is saved. parts: field → what it is.
    widget: key of a form and field → key of the widget. go_on: lets the page go on with the form of another key.
    """

    form: str
    key: str
    parts: Mapping[str, Part]
    widget: Callable[[str, str], str]
    go_on: Callable[[str], None]

    def offer(self) -> None:
        """The draft that waits, with the choice; to be drawn before the fields are."""
        waiting = drafts.offer(self.form, self.key)
        if waiting is None:
            return
        with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small",
                          key=f"draft_offer_{self.key}"):  # fmt: skip
            st.markdown(f"有一份没有保存的草稿　:gray[保存于 {drafts.saved_at(waiting)}]", width="content")
            st.button("恢复草稿", type="primary", key=f"draft_restore_{self.key}", on_click=self._restore,
                      args=(waiting,))  # fmt: skip
            st.button("放弃", key=f"draft_drop_{self.key}", on_click=drafts.drop, args=(self.form, self.key))

    def keep(self, box: str) -> None:
        """Keep what stands in the form from now on. box: key of the container that holds it."""
        drafts.keep(
            self.form, {self.widget(self.key, name): name for name in self.parts}, form_key=self.key, box=box,
            begin={name: part.words() for name, part in self.parts.items()},
        )  # fmt: skip

    def drop(self) -> None:
        """The form was saved: there is nothing to offer any more."""
        drafts.drop(self.form, self.key)

    def _restore(self, waiting: Draft) -> None:
        key = drafts.key_of(waiting) or self.key
        self.go_on(key)
        for name, said in dict(waiting.body.get(drafts.FIELDS) or {}).items():
            if name in self.parts:
                st.session_state[self.widget(key, name)] = self.parts[name].value(str(said))
        drafts.settle(self.form, key)
