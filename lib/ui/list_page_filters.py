"""The filters of a list page: kept in the address, so that a link, a saved view and the way back open the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from lib import loaders
from lib.answers import ItemFilter, ListView, reach_of
from lib.lists.fields import OWN
from lib.lists.profile import OwnColumn
from lib.schema.list_terms import FLAGS, PROBLEM_TYPES, SOURCES
from lib.ui import address

MINE, OWN_PARAMETER = "mine", "own_"
_SINGLE = ("lead", "place", "source", "matter")
_TEXTS = ("words", "sponsor")
_DAYS = ("after", "before")
_RARER = ("matter", "sponsor", *_DAYS, MINE)
_NAMES = (*_SINGLE, *_TEXTS, *_DAYS, "mark", MINE)


@dataclass(frozen=True)
class Asked:
    """What the filters say. asked: what the database filters by; the rest is looked up in the frame."""

    asked: ItemFilter
    sponsor: str = ""
    mine: bool = False
    own: tuple[tuple[str, str], ...] = ()
    query: tuple[tuple[str, str], ...] = ()

    def narrowed(self, frame: pd.DataFrame, account: str) -> pd.DataFrame:
        """The frame of `list_items` with what the database did not filter by."""
        if self.sponsor:
            frame = frame[frame["sponsor"].str.contains(self.sponsor, case=False, regex=False)]
        if self.mine:
            frame = frame[frame["created_by"] == account]
        for key, text in self.own:
            frame = frame[frame[OWN + key].fillna("").str.contains(text, case=False, regex=False)]
        return frame


def parameters(list_kind: str, view: ListView) -> dict[str, str]:
    """Parameter of the address → key of its widget, for the widgets that this person has on that list."""
    own = [OWN_PARAMETER + column.key for column in view.profile.own_columns[list_kind]]
    is_one_unit = view.reach is not None and len(view.reach) < 2
    without = {"matter": list_kind != "problem", "lead": is_one_unit, MINE: view.reach is not None}
    return {name: f"{list_kind}_filter_{name}" for name in (*_NAMES, *own) if not without.get(name)}


def bar(list_kind: str, view: ListView) -> Asked:
    """Draw the filters and return what they ask for."""
    keys, memory = parameters(list_kind, view), f"_{list_kind}_filters_written"
    known = _choices(view)
    taken = address.taken(keys, keys.values(), memory)
    if taken is not None:
        _take_over(taken, keys, known)
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.text_input("关键词", key=keys["words"], placeholder="编号或事项中的词", width=190, max_chars=60,
                      label_visibility="collapsed", autocomplete="off")  # fmt: skip
        if "lead" in keys:
            _choose("承办单位", "lead", keys, known, "全部承办单位", 220)
        _choose("所属县区", "place", keys, known, "全部县区", 130)
        _choose("立项来源", "source", keys, known, "全部来源", 150)
        st.multiselect("标识", list(FLAGS), key=keys["mark"], format_func=FLAGS.__getitem__, width=210,
                       placeholder="标识，如“跨部门”", label_visibility="collapsed", filter_mode="contains",
                       select_all=False)  # fmt: skip
        rarer = [key for name, key in keys.items() if name in _RARER or name.startswith(OWN_PARAMETER)]
        used = sum(bool(st.session_state.get(key)) for key in rarer)
        with st.popover(f"更多条件（{used}）" if used else "更多条件", icon=":material/tune:"):
            _rarer(list_kind, view, keys, known)
        st.button("清除", key=f"{list_kind}_filter_clear", on_click=apply, args=(list_kind, view, {}),
                  type="tertiary", help="清除全部筛选条件")  # fmt: skip
    query = {name: text for name, key in keys.items() if (text := _text(st.session_state.get(key)))}
    address.write(query, keys, memory)
    return _asked(query)


def apply(list_kind: str, view: ListView, query: Mapping[str, str]) -> None:
    """Let the filters be exactly these (for callbacks): those of a saved view, or none."""
    _take_over(query, parameters(list_kind, view), _choices(view))


def _choices(view: ListView) -> dict[str, dict[str, str]]:
    """Parameter → its codes with their names."""
    desk_units, places = loaders.list_names(view)
    return {"lead": desk_units, "place": places, "source": SOURCES, "matter": PROBLEM_TYPES}


def _choose(
    label: str, name: str, keys: Mapping[str, str], known: Mapping[str, Mapping[str, str]], empty: str,
    width: int | None = None,
) -> None:  # fmt: skip
    options = known[name]
    st.selectbox(label, list(options), index=None, key=keys[name], format_func=lambda code: options.get(code, code),
                 placeholder=empty, label_visibility="collapsed", width=width or "stretch",
                 filter_mode="contains")  # fmt: skip


def _rarer(list_kind: str, view: ListView, keys: Mapping[str, str], known: Mapping[str, Mapping[str, str]]) -> None:
    if "matter" in keys:
        _choose("问题类型", "matter", keys, known, "全部问题类型")
    st.text_input("包案领导", key=keys["sponsor"], max_chars=32, autocomplete="off")
    with st.container(horizontal=True, gap="small"):
        st.date_input("时限从", None, key=keys["after"], format="YYYY-MM-DD")
        st.date_input("时限至", None, key=keys["before"], format="YYYY-MM-DD")
    for column in view.profile.own_columns[list_kind]:
        _own(column, keys[OWN_PARAMETER + column.key])
    if MINE in keys:
        st.toggle("只看我录入的", key=keys[MINE])


def _own(column: OwnColumn, key: str) -> None:
    if column.choices:
        st.selectbox(column.label, list(column.choices), index=None, key=key, placeholder="全部",
                     filter_mode="contains")  # fmt: skip
    else:
        st.text_input(column.label, key=key, max_chars=60, autocomplete="off")


def _take_over(given: Mapping[str, str], keys: Mapping[str, str], known: Mapping[str, Mapping[str, str]]) -> None:
    """Set the widgets to what the address says; what does not exist is left out."""
    for name, key in keys.items():
        text = given.get(name, "")
        value: Any = text
        if name in _SINGLE:
            value = text if text in known[name] else None
        elif name in _DAYS:
            value = _day(text)
        elif name == "mark":
            value = [flag for flag in text.split(",") if flag in FLAGS]
        elif name == MINE:
            value = text == "1"
        elif name.startswith(OWN_PARAMETER):
            value = text or None
        st.session_state[key] = value


def _text(value: Any) -> str:
    """A widget's value as it stands in the address."""
    if isinstance(value, list):
        return ",".join(value)
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, date):
        return value.isoformat()
    return str(value or "").strip()


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _asked(query: Mapping[str, str]) -> Asked:
    unit = query.get("lead")
    flags = tuple(flag for flag in query.get("mark", "").split(",") if flag)
    asked = ItemFilter(
        units=loaders.ask(reach_of, unit) if unit else (),
        districts=_one(query, "place"),
        sources=_one(query, "source"),
        problem_types=_one(query, "matter"),
        flags=flags,
        words=query.get("words", ""),
        due_from=_day(query.get("after")),
        due_to=_day(query.get("before")),
    )
    own = tuple((name.removeprefix(OWN_PARAMETER), text) for name, text in query.items()
                if name.startswith(OWN_PARAMETER))  # fmt: skip
    return Asked(asked, query.get("sponsor", ""), MINE in query, own, tuple(query.items()))


def _one(query: Mapping[str, str], name: str) -> tuple[str, ...]:
    return (query[name],) if name in query else ()
