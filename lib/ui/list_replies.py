"""Returned reply sheets: several at once, what each says and whether it can be taken in, then taken in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from lib import answers, loaders
from lib.access.roles import NotAllowedError
from lib.answers import ItemFilter, ListView
from lib.commands import CommandError
from lib.commands.lists.replies import TakeReply, take_reply, taken_before
from lib.documents import reply_sheet
from lib.lists.process import RESOURCES, refusal
from lib.lists.reply import TITLE, Reply, ReplyError, read
from lib.schema.list_terms import LIST_KINDS
from lib.ui import empty, list_actions, show
from lib.ui.words import plain

AT_ONCE = 50
_ROUND, _RESULTS = "_reply_round", "_reply_results"
_COLUMNS: show.Columns = {
    "file": show.column("文件", width=26),
    "item_no": show.column("编号", width=12), "title": show.column("事项", width=30),
    "unit": show.column("单位", width=20), "progress": show.column("办理进展", width=36),
    "problems": show.column("存在问题", width=24), "next_steps": show.column("下步措施", width=24),
    "reporter": show.column("填报人", width=10), "reported_on": show.column("填报日期", "date"),
}  # fmt: skip
_REFUSED: show.Columns = {"file": show.column("文件", width=30), "why": show.column("不能导入的原因", width=110)}
_DONE: show.Columns = {"file": show.column("文件", width=30), "outcome": show.column("结果", width=70)}


@dataclass(frozen=True)
class Checked:
    """One file. reply: None where it cannot be read; why: why it cannot be taken in, None where it can."""

    file_name: str
    content: bytes
    reply: Reply | None
    why: str | None
    title: str = ""


def panel(view: ListView) -> None:
    """Upload, preview, take in."""
    if not any(view.person.may(RESOURCES[kind], right) for kind in LIST_KINDS for right in ("write", "reply")):
        empty.not_shown(TITLE, "由督办人员或承办单位导入")
        return
    _results()
    st.caption(f"单位报回的《{TITLE}》（DOCX 或 XLSX）可以一次选多份，按回复编号自动对应事项。")
    files = st.file_uploader("回复表", type=["docx", "xlsx"], accept_multiple_files=True, max_upload_size=5,
                             key=f"reply_files_{st.session_state.get(_ROUND, 0)}",
                             label_visibility="collapsed")  # fmt: skip
    if not files:
        return
    if len(files) > AT_ONCE:
        st.error(f"一次最多导入{AT_ONCE}份，现在选了{len(files)}份，请分次导入", icon=":material/block:")
        return
    found = check([(file.name, file.getvalue()) for file in files], view)
    ready = [one for one in found if one.why is None]
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown(f"共 **{len(found)}** 份，可以导入 **{len(ready)}** 份", width="content")
        st.button(f"导入 {len(ready)} 份", type="primary", disabled=not ready, on_click=_take, args=(ready,),
                  key=f"reply_take_{st.session_state.get(_ROUND, 0)}")  # fmt: skip
    refused = [{"file": one.file_name, "why": f"✗ {one.why}"} for one in found if one.why is not None]
    if refused:
        show.grid(pd.DataFrame(refused), _REFUSED, "不能导入的回复表", height="content")
    if ready:
        show.grid(pd.DataFrame([_shown(one, view) for one in ready]), _COLUMNS, "可以导入的回复表", height="content")
    wanting = [one for one in ready if one.reply is not None and one.reply.asks_close_out]
    if wanting:
        numbers = "、".join(one.reply.item_no for one in wanting if one.reply)
        st.info(f"{plain(numbers)} 的单位申请销号：导入后请到事项页补传佐证材料，再办理“申请销号”。",
                icon=":material/info:")  # fmt: skip


def check(files: list[tuple[str, bytes]], view: ListView) -> list[Checked]:
    """What each file says, and whether it can be taken in by the person of the view. files: name and content."""
    known = loaders.ask_records(taken_before, [content for _, content in files])
    seen: set[bytes] = set()
    found = []
    for (name, content), is_known in zip(files, known, strict=True):
        try:
            reply = read(reply_sheet.cells_of(content), view.profile.city, view.profile.offices)
        except ReplyError as error:
            found.append(Checked(name, content, None, str(error)))
            continue
        row = _item(reply.item_no, view)
        why = (
            "这份回复表已经导入过"
            if is_known
            else "与前面的文件内容相同"
            if content in seen
            else _why_not(reply, row, view)
        )
        seen.add(content)
        found.append(Checked(name, content, reply, why, str(row["title"]) if row else ""))
    return found


def _item(item_no: str, view: ListView) -> dict[str, Any] | None:
    """The item of that number within reach."""
    for kind in LIST_KINDS:
        if answers.may_look(view.person, kind):
            frame = loaders.ask_records(answers.list_items, view, kind, ItemFilter(item_nos=(item_no,)))
            if not frame.empty:
                return {str(k): v for k, v in frame.to_dict("records")[0].items()}
    return None


def _why_not(reply: Reply, row: dict[str, Any] | None, view: ListView) -> str | None:
    if row is None:
        return f"没有编号为 {reply.item_no} 的事项，或不在您的办理范围内，请核对回复编号"
    if reply.unit_code not in (row["lead_unit_code"], *row["supporting_unit_codes"]):
        unit = view.names.get(reply.unit_code, reply.unit_code)
        return f"{unit}现在不是 {reply.item_no} 的责任单位（可能已改派），请在事项页录入"
    if reply.reported_on is not None and reply.reported_on > view.today:
        return f"填报日期 {reply.reported_on} 晚于今天，请与单位核对"
    return refusal("report", view.person, row["list_kind"], row["state"])


def _shown(one: Checked, view: ListView) -> dict[str, Any]:
    said = one.reply
    return {
        "file": one.file_name, "title": one.title,
        "item_no": said.item_no if said else "", "unit": view.names.get(said.unit_code, "") if said else "",
        **{key: getattr(said, key) if said else "" for key in ("progress", "problems", "next_steps", "reporter")},
        "reported_on": said.reported_on if said else None,
    }  # fmt: skip


def _take(ready: list[Checked]) -> None:
    """Take in what can be (for callbacks); each file by itself, so that one refusal stops none of the others."""
    results = []
    for one in ready:
        assert one.reply is not None
        try:
            list_actions.carry_out(take_reply, TakeReply(one.reply, one.file_name, one.content))
            outcome = f"已导入 {one.reply.item_no}：进展已登记，原表存入佐证材料"
        except (CommandError, NotAllowedError) as error:
            outcome = f"✗ {error}"
        results.append({"file": one.file_name, "outcome": outcome})
    st.session_state[_RESULTS] = results
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1


def _results() -> None:
    """What became of the files that were just taken in."""
    results = st.session_state.pop(_RESULTS, None)
    if results:
        refused = sum(r["outcome"].startswith("✗") for r in results)
        said = f"已导入 {len(results) - refused} 份" + (f"，{refused} 份没有导入" if refused else "")
        (st.warning if refused else st.success)(said, icon=":material/check:")
        show.grid(pd.DataFrame(results), _DONE, "导入结果", height="content")
