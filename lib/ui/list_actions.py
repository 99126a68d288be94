"""Steps of a list item as dialogs: a form that is sent once, refusals in words, nothing typed is lost."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from lib import answers, loaders
from lib.access.roles import NotAllowedError
from lib.access.shared import shared_assessment
from lib.answers import ItemDetail, ListView
from lib.commands import CommandError, ConflictError
from lib.config import Settings
from lib.lists.process import STEPS
from lib.ui.form_drafts import FormDraft, Part
from lib.ui.list_actions_forms import FORMS, Ask, Context, Form
from lib.ui.words import plain

# Session keys: the form that is open (step, key, version it was opened with), what the last act did, and how many
# forms there were.
_OPEN, _SAID, _ROUND = "_list_action_open", "_list_action_said", "_list_action_round"
# Session key: the part of the item page that the last act was about.
_PART = "_list_item_part"
# Steps in whose forms much is written: what is typed there is kept as a draft.
DRAFTED = ("report", "ask_extension", "object_duty", "ask_close_out")
TO_CHOOSE, TO_FIND = "请选择", "输入名称查找"
_LONG = 96


def carry_out(handler: Callable[..., Any], command: Any) -> Any:
    """Carry out a command for the person of this run. Raises CommandError, ConflictError, NotAllowedError."""
    return handler(shared_assessment(Settings.from_env()), loaders.desk(), command)


def tried(handler: Callable[..., Any], command: Any) -> tuple[bool, Any]:
    """The same; a refusal is shown as its sentence. Whether it was carried out, and what the handler returned."""
    try:
        return True, carry_out(handler, command)
    except (CommandError, NotAllowedError) as error:
        st.error(plain(error), icon=":material/block:")
        return False, None


def say(text: str) -> None:
    """Let the next run say what was done."""
    st.session_state[_SAID] = text


def said() -> None:
    """Say what the last act did, once."""
    text = st.session_state.pop(_SAID, None)
    if text:
        st.success(plain(text), icon=":material/check:")


def look_at(part: str) -> None:
    """Let the item page show this part when it is drawn anew: its tabs begin again when their counts change."""
    st.session_state[_PART] = part


def looked_at() -> str | None:
    """The part that the last act was about."""
    part: str | None = st.session_state.get(_PART)
    return part


def begin(step: str, item_no: str) -> None:
    """Open the form of a step with this run or the next (for callbacks); every opening is a form of its own."""
    st.session_state[_OPEN] = {"step": step, "item_no": item_no, "key": uuid.uuid4().hex, "version": None}
    st.session_state[_ROUND] = opened_before() + 1


def opened_before() -> int:
    """How many forms were opened in this session: whatever stood open over the page belongs to one of them."""
    return int(st.session_state.get(_ROUND, 0))


def close() -> None:
    """Close the form that is open."""
    st.session_state.pop(_OPEN, None)


def is_open(step: str, item_no: str) -> bool:
    """Whether the form of that step is open."""
    opened: dict[str, Any] = st.session_state.get(_OPEN) or {}
    return bool(opened) and (opened["step"], opened["item_no"]) == (step, item_no)


def form_key() -> str:
    """Key of the form that is open."""
    opened: dict[str, Any] = st.session_state[_OPEN]
    return str(opened["key"])


def opened_step(item_no: str) -> str | None:
    """Step whose form is open for that item."""
    opened = st.session_state.get(_OPEN)
    return str(opened["step"]) if opened and opened["item_no"] == item_no else None


def dialog(detail: ItemDetail, view: ListView) -> None:
    """Draw the form that is open for the item, if there is one of FORMS."""
    step = opened_step(str(detail.row["item_no"]))
    if step is None or step not in FORMS:
        return
    width: Any = "medium" if len(FORMS[step].asks) > 2 else "small"
    st.dialog(STEPS[step].label, width=width, on_dismiss=close)(_draw)(step, detail, view)


def _draw(step: str, detail: ItemDetail, view: ListView) -> None:
    if opened_step(str(detail.row["item_no"])) != step:
        return
    opened = st.session_state[_OPEN]
    # The version that the person saw, not the one that stands when the button is pressed.
    row = {**detail.row, "version": opened["version"] or detail.row["version"]}
    opened["version"] = row["version"]
    context = Context(row, view, loaders.desk().units, opened["key"], detail)
    form = FORMS[step]
    st.caption(f"{row['item_no']}　{plain(row['title'])}")
    draft = _draft(step, context) if step in DRAFTED else None
    if draft is not None:
        draft.offer()
    with st.container(key=f"action_{opened['key']}"):
        entered = entry(form, context, f"{step}_{opened['key']}", f"确认{STEPS[step].label}")
    if draft is not None:
        draft.keep(f"action_{opened['key']}")
    if entered is None:
        return
    try:
        done = carry_out(form.handler, form.make(context, entered))
    except ConflictError as error:
        _overtaken(error, str(row["item_no"]))
    except (CommandError, NotAllowedError) as error:
        st.error(plain(error), icon=":material/block:")
    else:
        if draft is not None:
            draft.drop()
        close()
        made = f"，已生成 {done}" if step == "receive" and done else ""
        say(f"{row['item_no']} 已办理：{STEPS[step].label}{made}")
        st.rerun()


def _draft(step: str, context: Context) -> FormDraft:
    """The draft of a form of words; one per step and item."""

    def part(ask: Ask) -> Part:
        begins = ask.default(context)
        if ask.kind in ("text", "line"):
            return Part("text", begins or "")
        if ask.kind == "date":
            return Part("date", begins)
        return Part("choice", begins, ask.options(context) if ask.options else context.units)

    def go_on(key: str) -> None:
        st.session_state[_OPEN]["key"] = key

    parts = {ask.key: part(ask) for ask in FORMS[step].asks if ask.when(context)}
    return FormDraft(f"{step}:{context.row['item_no']}", context.form_key, parts,
                     lambda key, name: f"{step}_{key}_{name}", go_on)  # fmt: skip


def _overtaken(error: ConflictError, item_no: str) -> None:
    """Somebody else was faster: say what stands now; what was typed stays, and the next press is about that."""
    fresh = loaders.ask_records(answers.list_item, loaders.list_view(), item_no)
    if fresh is not None:
        st.session_state[_OPEN]["version"] = fresh.row["version"]
    st.warning(
        f"**{plain(item_no)} 刚被他人办理，您的操作还没有保存。**　现在是：{_words(error.current)}。"
        "您填写的内容仍在上面，请核对后再次确认，或关闭窗口。",
        icon=":material/sync_problem:",
    )


def _words(state: Mapping[str, str]) -> str:
    return "，".join(f"{plain(label)} {plain(text or '—')}" for label, text in state.items())


def entry(form: Form, context: Context, key: str, button: str) -> dict[str, Any] | None:
    """Draw the fields; what was entered once the button is pressed and nothing needed is missing, else None."""
    note = form.note(context)
    if note:
        st.caption(plain(note))
    asks = [ask for ask in form.asks if ask.when(context)]
    with st.form(f"form_{key}", border=False, enter_to_submit=False):
        entered = {ask.key: _field(ask, context, f"{key}_{ask.key}") for ask in asks}
        pressed = st.form_submit_button(button, type="primary")
    if not pressed:
        return None
    missing = [ask.label for ask in asks if ask.required and entered[ask.key] in (None, "", [])]
    if missing:
        st.error(f"请填写{'、'.join(plain(label) for label in missing)}", icon=":material/edit:")
        return None
    return {name: value for name, value in entered.items() if value is not None}


def _field(ask: Ask, context: Context, key: str) -> Any:
    """One field; what it begins with goes through the session, so that it begins once."""
    label = ask.label + ("（必填）" if ask.required and "必填" not in ask.label else "")
    if key not in st.session_state:
        begins = ask.default(context)
        st.session_state[key] = begins or "" if ask.kind in ("text", "line") else begins
    if ask.kind == "text":
        return st.text_area(label, key=key, height=_LONG, max_chars=5000, help=ask.help).strip()
    if ask.kind == "line":
        return st.text_input(label, key=key, max_chars=64, autocomplete="off", help=ask.help).strip()
    if ask.kind == "date":
        return st.date_input(label, None, key=key, format="YYYY-MM-DD")
    known = ask.options(context) if ask.options else context.units
    named: Callable[[str], str] = lambda code: known.get(code, code)  # noqa: E731
    if ask.kind in ("several", "units"):
        st.session_state[key] = [code for code in st.session_state[key] or () if code in known]
        return st.multiselect(label, list(known), key=key, format_func=named, placeholder=TO_FIND,
                              filter_mode="contains", select_all=False)  # fmt: skip
    if st.session_state[key] not in known:
        st.session_state[key] = None
    if ask.kind == "choice" and len(known) <= 3 and "unit" not in ask.key:
        return st.radio(label, list(known), index=None, key=key, format_func=named, horizontal=True)
    return st.selectbox(label, list(known), index=None, key=key, format_func=named,
                        placeholder=TO_FIND if ask.kind == "unit" else TO_CHOOSE, filter_mode="contains")  # fmt: skip


def for_row(context: Context, row: Mapping[str, Any], position: int) -> Context:
    """The context of one item of a batch: its own row, and a form key of its own under that of the form."""
    return replace(context, row=row, form_key=f"{context.form_key}-{position}")
