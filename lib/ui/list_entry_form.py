"""The fields of a list item as a form: at most eight to be seen, the rest folded. Also the dialog of 修改内容."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import streamlit as st

from lib import answers, loaders
from lib.lists.cells import Names
from lib.lists.fields import FieldRule

TO_CHOOSE = "请选择"
_LONG = ("text", "units")
# Parts of a form, in their order → fields side by side.
_PARTS = {"title": 1, "short": 3, "long": 2, "marks": 6}


def names() -> Names:
    """Names of all units, districts and categories of this run. Raises SignedOutError, NoDataError."""
    districts = loaders.ask(answers.dimension, "districts")
    categories = loaders.ask(answers.category_paths)
    return Names(
        units=loaders.desk().units,
        districts=dict(zip(districts["district_code"], districts["name"], strict=True)),
        categories={str(code): str(path) for code, path in categories.items()},
    )


def widget_key(key: str, field_key: str) -> str:
    """Key of the widget of one field in the form `key`; drafts find the field in the page by it."""
    return f"{key}__{field_key.replace(':', '_')}"


def fields_form(
    list_kind: str, values: Mapping[str, Any], rules: Mapping[str, FieldRule], key: str, hidden: Collection[str] = ()
) -> dict[str, Any]:
    """Draw the fields and return what they hold now, in the shape that AddItem and EditItem want.

    values: field key → what it begins with (a field without one begins empty). rules: of lists.fields.fields_of.
    key: unique on the page, without spaces; another key begins anew. hidden: field keys that are not drawn and not
    returned. Call it inside a st.form or a dialog; the first eight fields stand open, the others are folded.
    """
    known = names()
    shown = {k: rule for k, rule in rules.items() if k not in hidden}
    first = {k: rule for k, rule in shown.items() if rule.is_first}
    rest = {k: rule for k, rule in shown.items() if k not in first}
    found = _drawn(list_kind, values, first, key, known)
    if rest:
        with st.expander("更多栏目（配合单位、联系人、批示、标识、备注等）"):
            found |= _drawn(list_kind, values, rest, key, known)
    return {k: found[k] for k in shown}


def _drawn(
    list_kind: str, values: Mapping[str, Any], rules: Mapping[str, FieldRule], key: str, known: Names
) -> dict[str, Any]:
    """The title over the whole width, then short fields, long ones and marks, each kind side by side."""
    found: dict[str, Any] = {}
    for part, width in _PARTS.items():
        rows = [rule for rule in rules.values() if _part(rule) == part]
        if rows:
            with st.grid(4 if part == "short" and len(rows) == 4 else width, gap="small"):
                for rule in rows:
                    found[rule.key] = _widget(rule, list_kind, values.get(rule.key), key, known)
    return found


def _part(rule: FieldRule) -> str:
    if rule.key == "title":
        return "title"
    if rule.kind == "flag":
        return "marks"
    return "long" if rule.kind in _LONG else "short"


def _widget(rule: FieldRule, list_kind: str, value: Any, key: str, known: Names) -> Any:
    """One field. What it begins with goes through the session, so that a restored draft does the same."""
    own = widget_key(key, rule.key)
    label = rule.label(list_kind) + ("（必填）" if rule.required else "")
    options = _options(rule, known)
    if own not in st.session_state:
        st.session_state[own] = _begins_with(rule, value, options)
    if rule.kind in ("line", "number"):
        return st.text_input(label, key=own, max_chars=rule.longest, autocomplete="off").strip()
    if rule.kind == "text":
        return st.text_area(label, key=own, max_chars=rule.longest, height=96).strip()
    if rule.kind == "date":
        return st.date_input(label, None, key=own, format="YYYY-MM-DD")
    if rule.kind == "flag":
        return st.checkbox(label, key=own)
    assert options is not None
    said: Callable[[str], str] = lambda code: options.get(code, code)  # noqa: E731
    if rule.kind == "units":
        chosen = st.multiselect(label, list(options), key=own, format_func=said, placeholder="输入名称查找，可选多个",
                                filter_mode="contains", select_all=False)  # fmt: skip
        return tuple(chosen)
    placeholder = TO_CHOOSE if rule.kind == "choice" else "输入名称查找"
    return st.selectbox(label, list(options), None, key=own, format_func=said, placeholder=placeholder,
                        filter_mode="contains")  # fmt: skip


def _options(rule: FieldRule, known: Names) -> Mapping[str, str] | None:
    """Code → name of what may be chosen; None for fields that are typed."""
    return {"choice": rule.choices or {}, "unit": known.units, "units": known.units, "district": known.districts,
            "category": known.categories}.get(rule.kind)  # fmt: skip


def _begins_with(rule: FieldRule, value: Any, options: Mapping[str, str] | None) -> Any:
    """The value as its widget holds it; what may not be chosen any more begins empty."""
    if rule.kind in ("line", "text", "number"):
        return str(value or "")[: rule.longest]
    if rule.kind == "flag":
        return bool(value)
    if rule.kind == "units":
        return [code for code in value or () if options is not None and code in options]
    if options is not None:
        return value if value in options else None
    return value
