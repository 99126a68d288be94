"""Drafts: what is typed into a form is kept within a second, and offered again after a crash.

Streamlit hears of text only when a field is left; a small component looks at the form itself and sends it to
`/drafts/<form>`. What a server that is away cannot take stays in the tab.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import streamlit as st

from lib import loaders
from lib.access.moments import city_time
from lib.access.shared import shared_assessment
from lib.commands.lists.drafts import FORM_KEY, Draft, DropDraft, draft_of, drafts_of, drop_draft
from lib.config import Settings
from lib.lists.cells import CellError, Names, value_of
from lib.lists.fields import FieldRule

FIELDS = "fields"
_STYLE = "span {font-size: .8rem; color: #55626E;} span.bad {color: #A03A00;}"
# st.components.v2 registers by name: once per process, not once per run.
_keeper = st.components.v2.component(
    "minsheng_drafts", html='<span role="status"></span>', css=_STYLE,
    js=Path(__file__).with_name("drafts.js").read_text("utf-8"),
)  # fmt: skip
_KEY = re.compile(r"[0-9a-f]{32}")
# In the address: key of the form, and how often it was drawn anew.
_ADDRESS = re.compile(r"([0-9a-f]{32})-(\d{1,4})")


def form_key(parameter: str = "form") -> str:
    """Key under which the form of this page is saved once. It stands in the address, so that a tab that comes back
    to a restarted server goes on with the same form.
    """
    return _of_address(parameter)[0]


def widgets_prefix(parameter: str = "form") -> str:
    """Beginning of the widget keys of this page's form. A draft that is restored is drawn with widgets of its own:
    those that stand in the page already would keep what they hold.
    """
    key, drawn = _of_address(parameter)
    return f"f{key[:12]}{drawn}"


def new_form(parameter: str = "form", key: str | None = None) -> None:
    """Let the page go on with another form: a new one, or that of `key`, drawn anew."""
    known, drawn = _of_address(parameter)
    again = drawn + 1 if key == known else 0
    st.query_params[parameter] = f"{key or uuid.uuid4().hex}-{again}"


def _of_address(parameter: str) -> tuple[str, int]:
    found = _ADDRESS.fullmatch(st.query_params.get(parameter, ""))
    if found is None:
        st.query_params[parameter] = f"{uuid.uuid4().hex}-0"
        return _of_address(parameter)
    return found[1], int(found[2])


def css_name(key: str) -> str:
    """How the page calls the element of a key, without its prefix."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", key.strip())


def offer(form: str, key: str) -> Draft | None:
    """The draft that waits for a decision of this person, or None: as asked once when the tab opened the form of that
    key. Whoever leaves the page and comes back has another form before him, and is asked again.
    """
    asked = _asked(form, key)
    if asked not in st.session_state:
        st.session_state[asked] = loaders.ask_records(draft_of, loaders.identity().account, form)
    found: Draft | None = st.session_state[asked]
    return found


def others(prefix: str) -> list[Draft]:
    """Drafts of this person for forms whose name begins so, newest first."""
    found = loaders.ask_records(drafts_of, loaders.identity().account)
    return [draft for draft in found if draft.form.startswith(prefix)]


def settle(form: str, key: str) -> None:
    """The offer was taken or refused: it is not made again for the form of that key."""
    st.session_state[_asked(form, key)] = None


def drop(form: str, key: str) -> None:
    """Throw the draft away."""
    drop_draft(shared_assessment(Settings.from_env()), loaders.identity(anew=True), DropDraft(form))
    settle(form, key)


def saved_at(draft: Draft) -> str:
    """When a draft was kept: 11月2日 17:05:33 on the city's clock."""
    local = city_time(draft.saved_at)
    return f"{local.month}月{local.day}日 {local:%H:%M:%S}"


def keep(
    form: str, widgets: Mapping[str, str], *, form_key: str, box: str, begin: Mapping[str, Any] | None = None,
    about: Mapping[str, str] | None = None, submit: str | None = None, focus: str | None = None,
) -> None:  # fmt: skip
    """Watch a form from now on; draws the quiet line 草稿已保存.

    form: as in SaveDraft. widgets: widget key → field key. form_key: under which the form is saved. box: key of the
    container that holds it. begin: field key → words that the form begins with (see `words`). about: what else must
    be known to open the form again. submit: key of the button that Ctrl+Enter presses. focus: widget key of the
    field that is ready to be typed into.
    """
    account = loaders.identity().account
    waiting = offer(form, form_key)
    result = _keeper(
        key=f"drafts_{css_name(form)}",
        data={
            "form": form, "form_key": form_key, "box": css_name(box), "offered": waiting is not None,
            "begin": dict(begin or {}), "about": dict(about or {}),
            "fields": {css_name(widget): field for widget, field in widgets.items()},
            "submit": css_name(submit) if submit else None, "focus": css_name(focus) if focus else None,
            # Two people may use one tab after the other; neither may find the other's rest.
            "person": hashlib.sha256(account.encode()).hexdigest()[:16],
            "sequence": waiting.sequence if waiting else _standing_sequence(account, form),
        },
        on_alive_change=lambda: settle(form, form_key),
        on_arrived_change=lambda: st.session_state.pop(_asked(form, form_key), None),
    )  # fmt: skip
    del result


def values(
    draft: Draft, rules: Mapping[str, FieldRule], names: Names, today: date
) -> tuple[dict[str, Any], dict[str, str]]:
    """What was typed, as values of the fields; and label-less words that are none (field key → words)."""
    found: dict[str, Any] = {}
    unread: dict[str, str] = {}
    for key, said in dict(draft.body.get(FIELDS) or {}).items():
        rule = rules.get(key)
        if rule is None:
            continue
        words = "、".join(said) if isinstance(said, list) else said
        if isinstance(words, bool):
            found[key] = words
            continue
        try:
            found[key] = value_of(rule, str(words), names, today)
        except CellError:
            unread[key] = str(words)
    return found, unread


def words(values: Mapping[str, Any], rules: Mapping[str, FieldRule], names: Names) -> dict[str, Any]:
    """Values as their widgets show them, for what the form begins with."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        if key in rules and value not in (None, "", (), False):
            rule = rules[key]
            is_list = rule.kind == "units"
            found[key] = [names.units.get(c, c) for c in value] if is_list else names.words(rule, value)
            if rule.kind == "flag":
                found[key] = True
    return found


def key_of(draft: Draft) -> str | None:
    """Key of the form that the draft was typed into."""
    given = draft.body.get(FORM_KEY)
    return given if isinstance(given, str) and _KEY.fullmatch(given) else None


def _asked(form: str, key: str) -> str:
    return f"_draft_{form}_{key}"


def _standing_sequence(account: str, form: str) -> int:
    """Sequence of the draft that is kept now; the next one goes on from there."""
    found = loaders.ask_records(draft_of, account, form)
    return found.sequence if found else 0


def next_sequence(form: str) -> int:
    """Sequence for a draft that the page itself keeps, where it hears of every change."""
    return _standing_sequence(loaders.identity().account, form) + 1
