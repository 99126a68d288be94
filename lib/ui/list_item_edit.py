"""修改内容 of a list item; when two people edit, the second sees both versions and chooses field by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from lib import answers, loaders
from lib.access.roles import NotAllowedError
from lib.answers import ItemDetail, ListView
from lib.commands import CommandError, ConflictError
from lib.commands.lists.items import EditItem, edit
from lib.lists.fields import FieldRule, fields_of, in_words
from lib.lists.process import OPEN, STEPS
from lib.ui import list_actions
from lib.ui.list_entry_form import fields_form
from lib.ui.words import plain

# Session key: form key, item as it was opened, and after a conflict what was wanted and what stands now.
_EDIT = "_list_item_edit"
NOW, MINE = "保留现在的", "用我的"


def dialog(detail: ItemDetail, view: ListView) -> None:
    """Draw the form where it is open for the item."""
    number = str(detail.row["item_no"])
    if not list_actions.is_open("change", number):
        return
    key = list_actions.form_key()
    held = st.session_state.get(_EDIT)
    if held is None or held["key"] != key:
        st.session_state[_EDIT] = {"key": key, "opened": detail.row, "now": None, "wanted": {}, "tries": 0}
    st.dialog(STEPS["change"].label, width="large", on_dismiss=_close)(_draw)(number, view)


def _close() -> None:
    st.session_state.pop(_EDIT, None)
    list_actions.close()


def _rules(row: Mapping[str, Any], view: ListView) -> dict[str, FieldRule]:
    """The fields that may be edited in the state of the item."""
    place = OPEN.index(row["state"])
    rules = fields_of(row["list_kind"], view.profile)
    return {k: rule for k, rule in rules.items() if rule.until is None or place <= OPEN.index(rule.until)}


def _draw(number: str, view: ListView) -> None:
    held = st.session_state.get(_EDIT)
    if held is None:
        return
    if held["now"] is not None:
        _choose(number, view, held)
        return
    opened, rules = held["opened"], _rules(held["opened"], view)
    if len(rules) < len(fields_of(opened["list_kind"], view.profile)):
        st.caption("交办之后，承办单位和时限不在这里修改：时限走延期审批，承办单位走职责异议。")
    with st.form(f"edit_{held['key']}", border=False, enter_to_submit=False):
        entered = fields_form(opened["list_kind"], opened, rules, f"edit_{held['key']}")
        pressed = st.form_submit_button("保存", type="primary")
    if pressed:
        wanted = {k: v for k, v in entered.items() if _different(v, opened.get(k))}
        _save(number, view, held, wanted, int(opened["version"]))


def _different(new: Any, old: Any) -> bool:
    """An empty text and nothing are the same."""
    new = tuple(new) if isinstance(new, list | tuple) else new
    return (new or None) != (old or None)


def _save(number: str, view: ListView, held: dict[str, Any], wanted: dict[str, Any], version: int) -> None:
    if not wanted:
        st.info("没有改动，无须保存。", icon=":material/edit_off:")
        return
    key = f"{held['key']}-{held['tries']}" if held["tries"] else held["key"]
    try:
        list_actions.carry_out(edit, EditItem(number, version, wanted, key))
    except ConflictError:
        fresh = loaders.ask_records(answers.list_item, view, number)
        if fresh is None:
            st.error("该事项已不在您的查看范围内。", icon=":material/block:")
            return
        held.update(now=fresh.row, wanted=wanted, tries=held["tries"] + 1)
        st.rerun()
    except (CommandError, NotAllowedError) as error:
        st.error(plain(error), icon=":material/block:")
    else:
        _close()
        list_actions.say(f"{number} 已保存：{'、'.join(_labels(held['opened'], view, wanted))}")
        st.rerun()


def _labels(row: Mapping[str, Any], view: ListView, keys: Mapping[str, Any]) -> list[str]:
    rules = fields_of(row["list_kind"], view.profile)
    return [rules[key].label(row["list_kind"]) for key in keys]


def _choose(number: str, view: ListView, held: dict[str, Any]) -> None:
    """Both versions, field by field; what only one of the two changed needs no choice."""
    opened, now, wanted = held["opened"], held["now"], held["wanted"]
    kind = now["list_kind"]
    rules = fields_of(kind, view.profile)
    both = [
        key for key in wanted if _different(now.get(key), opened.get(key)) and _different(now.get(key), wanted[key])
    ]
    st.warning(f"**{plain(number)} 刚被他人修改，您的修改还没有保存，也没有丢失。**", icon=":material/sync_problem:")
    mine = dict(wanted)
    with st.form(f"choose_{held['key']}_{held['tries']}", border=False):
        for key in both:
            st.markdown(f"**{rules[key].label(kind)}**")
            first, second = st.columns(2)
            for place, label, value in ((first, "现在是", now.get(key)), (second, "您要改成", wanted[key])):
                with place:
                    st.caption(label)
                    st.text(in_words(rules[key], value, view.names) or "—")
            taken = st.radio(rules[key].label(kind), (NOW, MINE), horizontal=True, label_visibility="collapsed",
                             key=f"choose_{held['key']}_{held['tries']}_{key}")  # fmt: skip
            if taken == NOW:
                del mine[key]
        only = [key for key in wanted if key not in both]
        if only:
            st.caption(f"没有冲突、将一并保存：{plain('、'.join(_labels(now, view, dict.fromkeys(only))))}")
        pressed = st.form_submit_button("按所选保存", type="primary")
    if not pressed:
        return
    mine = {key: value for key, value in mine.items() if _different(value, now.get(key))}
    if mine:
        _save(number, view, held, mine, int(now["version"]))
        return
    _close()
    list_actions.say(f"{number} 保留了现在的内容，没有改动")
    st.rerun()
