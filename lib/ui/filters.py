"""The filters: one bar in the entry file, kept across pages and written into the address.

The address is the memory that people share: `?period=2026-10&district=410502`. Parameters are codes and
the period's token, always with the period, so that a link opens the same view later. Whoever arrives with
parameters gets them; whoever moves on by the navigation (which clears them) keeps what was chosen.
Streamlit's own `bind="query-params"` reads the address at the first load only, not when a link of ours is
followed inside a session, hence the few lines here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

import pandas as pd
import streamlit as st

from lib import answers, loaders
from lib.period import Period, cut_day
from lib.schema.tickets import REQUEST_TYPES
from lib.scope import Basis, Scope
from lib.ui import address, periods
from lib.ui.periods import CUSTOM

PICKED_LEVELS = 2
BASES: dict[Basis, str] = {"all": "全口径", "assessed": "考核口径"}
ENTERPRISE = {"1": "企业诉求", "0": "群众诉求"}
OWN, OWN_ONLY = "本单位", "只能查看本单位及下级单位的数据，已改为显示本单位。"

# Name in the address → key of the widget.
KEYS = {
    "period": "f_period",
    "district": "f_district",
    "category": "f_category",
    "unit": "f_unit",
    "channel": "f_channel",
    "type": "f_type",
    "enterprise": "f_enterprise",
    "basis": "f_basis",
}
_RANGE = "f_range"
_WRITTEN = "_filters_written"
_SCOPE = "_scope"


def current_scope() -> Scope:
    """The question this run asks: what the bar shows. Raises RuntimeError before the bar was drawn."""
    if _SCOPE not in st.session_state:
        raise RuntimeError("filters.bar() has not run: pages are opened through navigation.py")
    scope: Scope = st.session_state[_SCOPE]
    return scope


def parameters(scope: Scope) -> dict[str, str]:
    """The scope as parameters of an address; what is not restricted is left out."""
    enterprise = None if scope.is_enterprise is None else str(int(scope.is_enterprise))
    named = {
        "period": scope.period.token,
        "district": scope.district_code,
        "category": scope.category_code,
        "unit": scope.unit_code,
        "channel": scope.channel_code,
        "type": scope.request_type,
        "enterprise": enterprise,
        "basis": None if scope.basis == "all" else scope.basis,
    }
    return {name: value for name, value in named.items() if value is not None}


def describe(scope: Scope) -> str:
    """The scope in words, period excepted: 西河县 · 供热 · 考核口径; where no place is chosen 全市, or 本单位 for
    somebody who sees one unit and those below it.
    """
    known = names()
    parts = [known.districts.get(scope.district_code or "", "全市" if scope.reach is None else OWN)]
    if scope.category_code:
        parts.append(known.categories.get(scope.category_code, scope.category_code))
    if scope.unit_code:
        parts.append(known.units.get(scope.unit_code, scope.unit_code))
    elif scope.reach is not None and scope.district_code:
        parts.append(OWN)
    if scope.channel_code:
        parts.append(known.channels.get(scope.channel_code, scope.channel_code))
    if scope.request_type:
        parts.append(scope.request_type)
    if scope.is_enterprise is not None:
        parts.append(ENTERPRISE[str(int(scope.is_enterprise))])
    return " · ".join([*parts, BASES[scope.basis]])


def with_district(scope: Scope, code: str | None) -> Scope:
    """The same question about one district."""
    return replace(scope, district_code=code)


def with_category(scope: Scope, code: str | None) -> Scope:
    """The same question about one category of the first two levels."""
    level = None if code is None else names().levels.get(code)
    return replace(scope, category_code=code, category_level=level)


def with_unit(scope: Scope, code: str | None) -> Scope:
    """The same question about one unit and those below it."""
    if code is None:
        return replace(scope, unit_code=None, unit_codes=())
    return loaders.ask(answers.for_unit, scope, code)


@dataclass(frozen=True)
class Names:
    """Labels of every choice of one version, in the order of the lists, and the levels of categories."""

    districts: dict[str, str]
    categories: dict[str, str]
    levels: dict[str, int]
    units: dict[str, str]
    channels: dict[str, str]


def names() -> Names:
    """The labels of this run's version."""
    return loaders.ask(_names)


def _names(source: answers.Source) -> Names:
    districts = answers.dimension(source, "districts").sort_values("sort_no")
    channels = answers.dimension(source, "channels").sort_values("sort_no")
    categories = answers.dimension(source, "categories").sort_values("category_code")
    categories = categories[categories["level"] <= PICKED_LEVELS]
    units = answers.dimension(source, "units").sort_values(["level", "unit_code"])
    return Names(
        districts=_labels(districts, "district_code", "name"),
        categories=_labels(categories, "category_code", "full_name"),
        levels={c: int(v) for c, v in zip(categories["category_code"], categories["level"], strict=True)},
        units=_labels(units, "unit_code", "name"),
        channels=_labels(channels, "channel_code", "name"),
    )


def _labels(frame: pd.DataFrame, code: str, name: str) -> dict[str, str]:
    """Code → label; equal names carry their code, because a picker must show which is which."""
    unique = frame.drop_duplicates(code, keep="last")
    twice = unique[name].duplicated(keep=False)
    labels = unique[name].where(~twice, unique[name] + "（" + unique[code] + "）")
    return dict(zip(unique[code], labels, strict=True))


def bar() -> None:
    """Draw the filters, write them into the address and fix the scope of this run."""
    as_of = loaders.pointer().as_of
    known = names()
    choices: dict[str, list[str]] = {
        "period": list(loaders.ask(periods.with_data)),
        "district": list(known.districts),
        "category": list(known.categories),
        "unit": list(known.units),
        "channel": list(known.channels),
        "type": list(REQUEST_TYPES),
        "enterprise": list(ENTERPRISE),
        "basis": list(get_args(Basis)),
    }
    _read_address(as_of)
    asked = st.session_state.get(KEYS["period"])
    if asked and asked not in choices["period"]:  # followed from a link: a period without data says so itself
        choices["period"].append(asked)
    reach = loaders.access().reach
    strange = reach is not None and st.session_state.get(KEYS["unit"]) not in (None, *known.units)
    _forget_unknown(choices, as_of)
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="filter_bar"):
        _choose("统计期", "period", choices, _period_label, width=150)
        if st.session_state[KEYS["period"]] == CUSTOM:
            st.date_input(
                "起止日期",
                key=_RANGE,
                max_value=cut_day(as_of) - timedelta(days=1),
                format="YYYY-MM-DD",
                label_visibility="collapsed",
                width=240,
            )
        _choose("区县", "district", choices, known.districts.__getitem__, empty="全市", width=140)
        _choose("事项", "category", choices, known.categories.__getitem__, empty="全部事项", width=190)
        everything = "全部承办单位" if reach is None else OWN
        _choose("承办单位", "unit", choices, known.units.__getitem__, empty=everything, width=220)
        _rarer(choices, known)
        st.button("重置", key="f_reset", on_click=reset, type="tertiary", help="清除全部筛选，回到最新一个月")
    if strange:
        st.caption(OWN_ONLY)
    scope = _scope(reach)
    st.session_state[_SCOPE] = scope
    address.write(parameters(scope), KEYS, _WRITTEN)


def reset() -> None:
    """Back to the whole city and the newest month."""
    for key in (*KEYS.values(), _RANGE):
        st.session_state[key] = None


def _rarer(choices: dict[str, list[str]], known: Names) -> None:
    """The filters that are needed less often, behind one button that counts what is set there."""
    state = st.session_state
    chosen = sum(state[KEYS[n]] is not None for n in ("channel", "type", "enterprise"))
    chosen += state[KEYS["basis"]] == "assessed"
    label = f"更多筛选（{chosen}）" if chosen else "更多筛选"
    with st.popover(label, key="f_more"):
        _choose("受理渠道", "channel", choices, known.channels.__getitem__, empty="全部渠道", visible=True)
        _choose("诉求类型", "type", choices, str, empty="全部类型", visible=True)
        _choose("诉求主体", "enterprise", choices, ENTERPRISE.__getitem__, empty="企业和群众", visible=True)
        st.segmented_control(
            "统计口径",
            choices["basis"],
            key=KEYS["basis"],
            required=True,
            format_func=lambda b: BASES[b],
            help="考核口径＝全口径减去已批准的剔除工单",
        )


def _choose(
    label: str, name: str, choices: dict[str, list[str]], show: Callable[[str], str], *, empty: str | None = None,
    width: int | Literal["stretch"] = "stretch", visible: bool = False,
) -> None:  # fmt: skip
    """One picker; `empty` is what it says while nothing is chosen, and None where something always is."""
    options: dict[str, Any] = {"index": None, "placeholder": empty} if empty else {"placeholder": label}
    st.selectbox(
        label, choices[name], key=KEYS[name], format_func=show, filter_mode="contains",
        label_visibility="visible" if visible else "collapsed", width=width, **options,
    )  # fmt: skip


def _period_label(token: str) -> str:
    return "自定义日期" if token == CUSTOM else Period.parse(token).label


def _read_address(as_of: datetime) -> None:
    """Take over what the address says, when it is not what this session wrote there itself."""
    asked = address.taken(KEYS, KEYS.values(), _WRITTEN)
    if asked is None:
        return
    state = st.session_state
    for name, key in KEYS.items():
        state[key] = asked.get(name)
    state[KEYS["period"]], state[_RANGE] = periods.shown(asked.get("period"), as_of, _start())


def _start() -> Period:
    """Where somebody begins who asks for no period."""
    return loaders.ask(answers.newest_month)


def _forget_unknown(choices: dict[str, list[str]], as_of: datetime) -> None:
    """Drop choices that this version does not know, and give every widget its starting value."""
    state = st.session_state
    for name, key in KEYS.items():
        if state.get(key) not in choices[name]:
            state[key] = None
    state[KEYS["basis"]] = state[KEYS["basis"]] or "all"
    state[KEYS["period"]] = state[KEYS["period"]] or _start().token
    if state.get(_RANGE) is None:
        month = _start().cut(as_of)
        state[_RANGE] = (month.start, month.end - timedelta(days=1))


def _scope(reach: tuple[str, ...] | None) -> Scope:
    state = st.session_state
    token = state[KEYS["period"]]
    if token == CUSTOM:
        first, *rest = state[_RANGE] or (_start().start,)
        last = rest[0] if rest else first  # while the second day is being chosen
        period = Period(first, last + timedelta(days=1))
    else:
        period = Period.parse(token)
    enterprise = state[KEYS["enterprise"]]
    scope = Scope(
        period=period,
        district_code=state[KEYS["district"]],
        channel_code=state[KEYS["channel"]],
        request_type=state[KEYS["type"]],
        is_enterprise=None if enterprise is None else enterprise == "1",
        basis=state[KEYS["basis"]] or "all",
        reach=reach,
    )
    return with_category(with_unit(scope, state[KEYS["unit"]]), state[KEYS["category"]])
