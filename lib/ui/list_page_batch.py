"""One step for several ticked items: what will happen is counted before, what was refused is said after."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from lib import loaders
from lib.access.roles import NotAllowedError
from lib.answers import ListView
from lib.commands import CommandError
from lib.lists.process import RESOURCES, STEPS, refusal
from lib.ui import list_actions
from lib.ui.list_actions_forms import FORMS, Context
from lib.ui.words import plain

# Session keys: how many batches there were (the ticks go with each), and the batch that is open.
ROUND = "_list_batch_round"
_OPEN = "_list_batch_open"
_LABELS = {"sponsor": "关联包案"}
# In the order of the buttons; others of FORMS that are for many stay on the item's page.
_STEPS = ("urge", "enlist", "assign", "sign", "sponsor", "ask_extension")


def label(step: str) -> str:
    """What a batch of the step is called."""
    return _LABELS.get(step, STEPS[step].label)


def offered(list_kind: str, view: ListView) -> list[str]:
    """Steps that the person's role may take for many items of the list."""
    person, resource = view.person, RESOURCES[list_kind]
    return [step for step in _STEPS if FORMS[step].for_many
            and any(person.may(resource, right) for right in STEPS[step].rights.get(list_kind, ()))]  # fmt: skip


def buttons(ticked: pd.DataFrame, list_kind: str, view: ListView) -> None:
    """What may be done with the ticked items."""
    if ticked.empty:
        return
    st.caption(f"已选 {len(ticked)} 件", width="content")
    for step in offered(list_kind, view):
        st.button(label(step), key=f"batch_{list_kind}_{step}", on_click=_begin, args=(step, list_kind, ticked))


def _begin(step: str, list_kind: str, ticked: pd.DataFrame) -> None:
    rows = [{str(k): _plain_value(v) for k, v in row.items()} for row in ticked.to_dict("records")]
    st.session_state[_OPEN] = {"step": step, "list": list_kind, "rows": rows, "key": uuid.uuid4().hex, "result": None}


def _plain_value(value: Any) -> Any:
    return value if isinstance(value, tuple) or not pd.isna(value) else None


def _close() -> None:
    st.session_state.pop(_OPEN, None)
    st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1


def dialog(list_kind: str, view: ListView) -> None:
    """The batch that is open on this list."""
    opened = st.session_state.get(_OPEN)
    if opened is not None and opened["list"] == list_kind:
        st.dialog(f"批量办理：{label(opened['step'])}", width="medium", on_dismiss=_close)(_draw)(opened, view)


def _draw(opened: dict[str, Any], view: ListView) -> None:
    if opened["result"] is not None:
        _result(opened["result"], opened["step"])
        return
    step, rows = opened["step"], opened["rows"]
    why = {row["item_no"]: _refused(step, row, view) for row in rows}
    possible = [row for row in rows if why[row["item_no"]] is None]
    st.markdown(f"将为 **{len(possible)}** 件事项办理“{label(step)}”。"
                + (f"另有 {len(rows) - len(possible)} 件不能办理：" if len(possible) < len(rows) else ""))  # fmt: skip
    _refusals({no: reason for no, reason in why.items() if reason})
    if not possible:
        if st.button("关闭"):
            _close()
            st.rerun()
        return
    context = Context(possible[0], view, loaders.desk().units, opened["key"])
    entered = list_actions.entry(FORMS[step], context, f"batch_{step}_{opened['key']}", f"确认办理 {len(possible)} 件")
    if entered is not None:
        # Kept in the session: pressed twice, the second press finds the result.
        opened["result"] = _carried_out(step, possible, context, entered)
        st.rerun()


def _refused(step: str, row: Mapping[str, Any], view: ListView) -> str | None:
    asked_by = row["created_by"] if step == "enlist" else None
    return refusal(step, view.person, row["list_kind"], row["state"], asked_by=asked_by,
                   second_persons=view.profile.second_persons)  # fmt: skip


def _carried_out(
    step: str, rows: list[dict[str, Any]], context: Context, entered: Mapping[str, Any]
) -> tuple[int, dict[str, str]]:
    """Each item in a transaction of its own; how many were done, and number → why it was refused."""
    form, done = FORMS[step], 0
    refused: dict[str, str] = {}
    progress = st.progress(0.0, f"正在办理 0 / {len(rows)}")
    for position, row in enumerate(rows):
        own = list_actions.for_row(context, row, position)
        # Who has to be named for one item is, for many, the lead unit of each.
        given = {k: row["lead_unit_code"] if k == "unit_code" else v for k, v in entered.items()}
        try:
            list_actions.carry_out(form.handler, form.make(own, given))
            done += 1
        except (CommandError, NotAllowedError) as error:
            refused[row["item_no"]] = str(error)
        progress.progress((position + 1) / len(rows), f"正在办理 {position + 1} / {len(rows)}")
    return done, refused


def _result(result: tuple[int, dict[str, str]], step: str) -> None:
    done, refused = result
    if done:
        st.success(f"已办理 {done} 件：{label(step)}", icon=":material/check:")
    if refused:
        st.warning(f"{len(refused)} 件没有办理，原因如下：", icon=":material/block:")
        _refusals(refused)
    if st.button("完成", type="primary"):
        _close()
        st.rerun()


def _refusals(reasons: Mapping[str, str]) -> None:
    for number, reason in reasons.items():
        st.caption(f"{plain(number)}　{plain(reason)}")
