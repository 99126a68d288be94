"""批量录入: rows pasted from Excel or typed into a grid; valid ones are saved, the others stay with their reason."""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from lib import loaders
from lib.access.shared import shared_assessment
from lib.commands import CommandError
from lib.commands.lists.desk import Desk
from lib.commands.lists.drafts import SaveDraft, save_draft
from lib.commands.lists.ledger import ReadLedger
from lib.config import Settings
from lib.lists.ledger import enterable
from lib.lists.paste import MOST_ROWS, PasteError, rows_of
from lib.lists.rows import is_empty
from lib.ui import drafts
from lib.ui.list_entry_form import names
from lib.ui.list_entry_rows import Candidate, prepare, said_numbers, save
from lib.ui.words import plain

BLANK_ROWS = 6
WHY, SURE, ID = "_why", "_sure", "_id"
_SAID = "_grid_said"
# The grid itself stands in the session: its draft is offered once in a session.
_OPEN = "session"


def grid(desk: Desk, list_kind: str) -> None:
    """Everything of 批量录入."""
    state = _state(list_kind)
    if state["last"] and _editor(state) not in st.session_state:
        # Somebody was on another page meanwhile: what was typed in the grid is forgotten there, but not here.
        _begin(list_kind, state["last"], keep_id=state["id"])
        state = _state(list_kind)
    _offer(list_kind)
    _paste(desk, list_kind)
    for kind, text in st.session_state.pop(_SAID, []):
        (st.success if kind == "ok" else st.warning)(plain(text))
    rows = _edited(desk, list_kind, state)
    filled = [row for row in rows if not is_empty(_cells(row))]
    state["last"] = filled
    _keep(list_kind, state, filled)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        sent = st.button("保存全部", type="primary", key="grid_save", icon=":material/save:", disabled=not filled)
        checked = st.button("只核对", key="grid_check", disabled=not filled)
        if st.button("清空表格", type="tertiary", key="grid_clear", disabled=not filled):
            drafts.drop(_form(list_kind), _OPEN)
            _begin(list_kind, [])
            st.rerun()
        st.caption(f"已填{len(filled)}行；有误的行留在表中并写明原因，其余照常保存", width="content")
    if sent or checked:
        _check(desk, list_kind, state, filled, is_saving=sent)


def _check(desk: Desk, list_kind: str, state: dict[str, Any], filled: list[dict[str, Any]], *, is_saving: bool) -> None:
    candidates = [
        Candidate(row[ID], f"第{n}行", _cells(row), bool(row.get(SURE))) for n, row in enumerate(filled, start=1)
    ]
    found = prepare(desk, list_kind, candidates, names())
    said = []
    done: set[str] = set()
    if is_saving and found.ready:
        outcomes = save(desk, ReadLedger(list_kind, found.ready, state["id"], "批量录入"))
        if outcomes is None:
            return
        done = {o.key for o in outcomes if o.why is None}
        found.refused |= {o.key: o.why for o in outcomes if o.why is not None}
        if done:
            said.append(("ok", f"已保存{len(done)}行（拟列）：{said_numbers(outcomes)}"))
    left = [{**row, WHY: found.refused.get(row[ID], "")} for row in filled if row[ID] not in done]
    if found.refused:
        said.append(("wrong", f"{len(found.refused)}行未通过，原因见表中“退回原因”，改好后再保存"))
    elif not is_saving:
        said.append(("ok", f"{len(filled)}行全部通过核对，可以保存"))
    st.session_state[_SAID] = said
    if not left:
        drafts.drop(_form(list_kind), _OPEN)
    _begin(list_kind, left, keep_id=state["id"] if left else None)
    st.rerun()


def _paste(desk: Desk, list_kind: str) -> None:
    """A box for rows from the clipboard, above the grid."""
    with st.form("paste", border=False, clear_on_submit=True, enter_to_submit=False):
        text = st.text_area(
            "从表格软件粘贴（带不带表头都可以）", key="grid_paste", height=90,
            placeholder="在表格软件中选中若干行复制，粘贴到这里，再点“读入表格”",
        )  # fmt: skip
        if not st.form_submit_button("读入表格", icon=":material/content_paste:", key="grid_take"):
            return
    try:
        pasted = rows_of(text, list_kind, desk.profile, names())
    except PasteError as error:
        st.error(plain(error), icon=":material/block:")
        return
    state = _state(list_kind)
    standing = [row for row in _merged(list_kind, state) if not is_empty(_cells(row))]
    if len(standing) + len(pasted.rows) > MOST_ROWS:
        st.error(f"表格一次最多{MOST_ROWS}行，请先保存已有的{len(standing)}行", icon=":material/block:")
        return
    new = [{**row, ID: f"p{state['round']}-{n}"} for n, row in enumerate(pasted.rows)]
    said = [
        ("ok", f"已读入{len(new)}行{'（按表头对应栏目）' if pasted.headed else '（按表格的栏目顺序）'}，请核对后保存")
    ]
    if pasted.unused:
        said.append(("wrong", "表格中没有的栏目：" + "，".join(f"{h}→{to}" for h, to in pasted.unused.items())))
    st.session_state[_SAID] = said
    _begin(list_kind, [*standing, *new], keep_id=state["id"])
    st.rerun()


def _edited(desk: Desk, list_kind: str, state: dict[str, Any]) -> list[dict[str, Any]]:
    """Draw the grid on its stable base and return its rows as they are now."""
    columns = enterable(list_kind, desk.profile)
    shown = [c for c in (WHY, SURE) if any(row.get(WHY) for row in state["base"])]
    keys = [*shown, *(column.key for column in columns)]
    frame = pd.DataFrame([{k: row.get(k, False if k == SURE else "") for k in keys} for row in state["base"]],
                         columns=keys)  # fmt: skip
    for key in keys:
        frame[key] = frame[key].astype(bool if key == SURE else "str")
    config: dict[str, Any] = {
        column.key: st.column_config.TextColumn(column.label, width=max(90, column.width * 7)) for column in columns
    }
    config[WHY] = st.column_config.TextColumn("退回原因", disabled=True, width=320)
    config[SURE] = st.column_config.CheckboxColumn("确认不重复", width=120)
    st.data_editor(
        frame, key=_editor(state), column_config=config, hide_index=True, num_rows="dynamic",
        height=min(max(len(frame) + 2, 8), 16) * 35 + 3,
    )  # fmt: skip
    return _merged(list_kind, state)


def _merged(list_kind: str, state: dict[str, Any]) -> list[dict[str, Any]]:
    """The base with what was changed in the grid. Rows that were added there get a number that follows from what they
    say, so that the same row sent twice is the same row.
    """
    edited = st.session_state.get(_editor(state)) or {}
    gone = set(edited.get("deleted_rows", ()))
    changes = {int(k): v for k, v in edited.get("edited_rows", {}).items()}
    rows = [
        {**row, **{k: v if v is not None else "" for k, v in changes.get(n, {}).items()}}
        for n, row in enumerate(state["base"]) if n not in gone
    ]  # fmt: skip
    for n, row in enumerate(edited.get("added_rows", ())):
        said = {k: v for k, v in row.items() if v is not None and k != "_index"}
        digest = hashlib.sha256(repr(sorted(said.items())).encode()).hexdigest()[:8]
        rows.append({**said, ID: f"a{state['round']}-{n}-{digest}"})
    return rows


def _cells(row: dict[str, Any]) -> dict[str, str]:
    return {k: str(v) for k, v in row.items() if k not in (WHY, SURE, ID) and v not in (None, "")}


def _form(list_kind: str) -> str:
    return f"grid:{list_kind}"


def _editor(state: dict[str, Any]) -> str:
    return f"grid_{state['id']}_{state['round']}"


def _state(list_kind: str) -> dict[str, Any]:
    key = f"_grid_{list_kind}"
    if key not in st.session_state:
        _begin(list_kind, [])
    found: dict[str, Any] = st.session_state[key]
    return found


def _begin(list_kind: str, rows: list[dict[str, Any]], keep_id: str | None = None) -> None:
    """Another base for the grid. keep_id: the same form goes on, so that a row saved before is not saved again."""
    before = st.session_state.get(f"_grid_{list_kind}")
    number = before["round"] + 1 if before else 0
    # Blank rows get numbers of their own round: a row typed there later is another row.
    blanks = [{ID: f"b{number}-{n}"} for n in range(max(BLANK_ROWS - len(rows), 1))]
    st.session_state[f"_grid_{list_kind}"] = {
        "id": keep_id or uuid.uuid4().hex[:24], "round": number, "base": [*rows, *blanks],
        "kept": before["kept"] if before and keep_id else None, "last": [],
    }  # fmt: skip


def _keep(list_kind: str, state: dict[str, Any], filled: list[dict[str, Any]]) -> None:
    """Keep the grid as a draft whenever it changed: the server hears of every cell at once."""
    said = repr(filled)
    if not filled or said == state["kept"] or drafts.offer(_form(list_kind), _OPEN) is not None:
        return
    sequence = drafts.next_sequence(_form(list_kind))
    body = {"id": state["id"], "rows": filled, "round": state["round"]}
    try:
        save_draft(shared_assessment(Settings.from_env()), loaders.identity(anew=True),
                   SaveDraft(_form(list_kind), body, sequence), now=datetime.now(UTC))  # fmt: skip
    except CommandError as error:
        st.caption(f":orange[{plain(error)}]")
        return
    state["kept"] = said


def _offer(list_kind: str) -> None:
    waiting = drafts.offer(_form(list_kind), _OPEN)
    if waiting is None:
        return
    rows = [row for row in waiting.body.get("rows", ()) if isinstance(row, dict) and row.get(ID)]
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="grid_offer", gap="small"):
        st.markdown(f"有一份没有保存的表格：{len(rows)}行　:gray[保存于 {drafts.saved_at(waiting)}]", width="content")
        if st.button("恢复草稿", type="primary", key="grid_restore"):
            _begin(list_kind, rows, keep_id=str(waiting.body.get("id") or "")[:24] or None)
            st.session_state[f"_grid_{list_kind}"]["round"] = int(waiting.body.get("round") or 0) + 1
            drafts.settle(_form(list_kind), _OPEN)
            st.rerun()
        if st.button("放弃", key="grid_drop"):
            drafts.drop(_form(list_kind), _OPEN)
            st.rerun()
