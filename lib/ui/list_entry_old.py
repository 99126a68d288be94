"""旧表导入: last year's sheet, or the template filled in, through a mapping that says what becomes of every column."""

from __future__ import annotations

import hashlib
from typing import Any

import pandas as pd
import streamlit as st

from lib.commands.lists.desk import Desk
from lib.commands.lists.ledger import ReadLedger
from lib.documents import ledger as document
from lib.lists import round_trip
from lib.lists.headings import Suggestion, header_row, suggest, targets
from lib.lists.paste import cells_by
from lib.schema.list_terms import LIST_KINDS
from lib.ui import show
from lib.ui.list_entry_form import names
from lib.ui.list_entry_rows import Candidate, Prepared, prepare, report, said_numbers, save
from lib.ui.list_entry_trip import Reader, listed
from lib.ui.words import plain

SHOWN = 200
_ROUND, _SAID = "_old_round", "_old_said"
_RESULT: show.Columns = {"place": show.column("行", width=10), "title": show.column("事项", width=44),
                         "unit": show.column("单位", width=22), "due": show.column("时限", width=12),
                         "why": show.column("核对结果", width=60)}  # fmt: skip


def old_sheet(desk: Desk, list_kind: str, read: Reader, refusals: type[Exception]) -> None:
    """Everything of 旧表导入."""
    for kind, text in st.session_state.pop(_SAID, []):
        (st.success if kind == "ok" else st.warning)(plain(text))
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(
            "旧台账、标准模板都可以：先按栏目名和内容给出对应关系，核对后再录入；时限可以早于今天。", width="content"
        )
        empty = listed(list_kind).iloc[:0]
        show.download("下载标准模板", lambda: document.workbook(empty, list_kind, desk.profile, []),
                      f"{LIST_KINDS[list_kind]}模板.xlsx", show.XLSX, icon="download", rows=0)  # fmt: skip
    given = st.file_uploader("选择文件（XLSX、XLS、CSV）", key=f"old_{st.session_state.get(_ROUND, 0)}")
    if given is None:
        return
    content = given.getvalue()
    digest = hashlib.sha256(content).hexdigest()[:24]
    try:
        held = _read(given.name, content, digest, read)
    except refusals as error:
        st.error(f"没有读取，清单未改动。{plain(error)}", icon=":material/block:")
        return
    sheet = _sheet(held["sheets"], digest)
    lines: list[tuple[int, list[str]]] = [(line, cells) for line, cells in sheet["rows"]]
    at = header_row([cells for _, cells in lines], list_kind, desk.profile)
    if at is None:
        st.error(
            "没有认出表头行。请确认表中有“督办事项”“责任单位”“办结时限”之类的栏目名后再选择文件。",
            icon=":material/block:",
        )
        return
    headings, rows = lines[at][1], lines[at + 1 :]
    chosen = _mapping(desk, list_kind, headings, [cells for _, cells in rows], digest)
    taken = [target for target in chosen if target not in ("remarks+", "-")]
    if len(set(taken)) < len(taken):
        st.error("有两个栏目对应到同一项，请改其中一个（可以写入备注）。", icon=":material/block:")
        return
    candidates = [Candidate(f"r{line}", f"第{line}行", cells_by(chosen, headings, cells)) for line, cells in rows]
    candidates = [row for row in candidates if row.cells]
    found = prepare(desk, list_kind, candidates, names(), past=True, hold_doubles=False)
    _preview(candidates, found)
    if st.button(f"录入{len(found.ready)}行（拟列）", type="primary", key="old_save", icon=":material/save:",
                 disabled=not found.ready):  # fmt: skip
        outcomes = save(desk, ReadLedger(list_kind, found.ready, digest, given.name, is_backlog=True))
        if outcomes is None:
            return
        done = [o for o in outcomes if o.why is None]
        said = [("ok", f"已录入{len(done)}行（拟列）：{said_numbers(outcomes)}")] if done else []
        left = [f"{o.place}：{o.why}" for o in outcomes if o.why is not None]
        left += [f"{row.place}：{found.refused[row.key]}" for row in candidates if row.key in found.refused]
        if left:
            said.append(("wrong", f"{len(left)}行未录入。" + "　".join(left[:20]) + ("　……" if len(left) > 20 else "")))
        st.session_state[_SAID] = said
        st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
        st.rerun()


def _read(name: str, content: bytes, digest: str, read: Reader) -> dict[str, Any]:
    key = f"_old_{digest}"
    if key not in st.session_state:
        with st.spinner("正在读取文件"):
            st.session_state[key] = read(name, content)
    held: dict[str, Any] = st.session_state[key]
    if round_trip.exported(held["hidden"]) is not None and held["hidden"][2:]:
        st.info("这是本系统导出的台账。要把改动读回原来的事项，请用“台账往返”；在这里录入会成为新的事项。")
    return held


def _sheet(sheets: list[dict[str, Any]], digest: str) -> dict[str, Any]:
    if len(sheets) == 1:
        return sheets[0]
    named = {n: f"{sheet['name']}（{len(sheet['rows'])}行）" for n, sheet in enumerate(sheets)}
    return sheets[st.selectbox("工作表", list(named), format_func=lambda n: named[n], key=f"old_sheet_{digest}")]


def _mapping(desk: Desk, list_kind: str, headings: list[str], rows: list[list[str]], digest: str) -> list[str]:
    """What each column becomes, suggested and to be changed; columns without heading and content are left out."""
    offered = targets(list_kind, desk.profile)
    suggested: list[Suggestion] = suggest(headings, rows[:SHOWN], list_kind, desk.profile, names())
    st.markdown("**每个栏目的去向**　:gray[没有对应栏目的写入备注，不会丢失]")
    chosen = []
    with st.grid(4, gap="small"):
        for n, suggestion in enumerate(suggested):
            has_content = any(n < len(row) and row[n].strip() for row in rows)
            if not suggestion.heading.strip() and not has_content:
                chosen.append("-")
                continue
            chosen.append(
                st.selectbox(
                    plain(f"{suggestion.heading or '（无栏目名）'}　{suggestion.why}"), list(offered),
                    list(offered).index(suggestion.target), key=f"old_{digest}_{n}",
                    format_func=lambda key: offered[key], filter_mode="contains",
                )
            )  # fmt: skip
    return chosen


def _preview(rows: list[Candidate], found: Prepared) -> None:
    st.markdown(f"**核对结果**　:gray[共{len(rows)}行，可录入{len(found.ready)}行，退回{len(found.refused)}行]")
    frame = pd.DataFrame(
        {
            "place": [row.place for row in rows],
            "title": [row.cells.get("title") or row.cells.get("manifestation", "")[:60] for row in rows],
            "unit": [row.cells.get("lead_unit_code", "") for row in rows],
            "due": [row.cells.get("due_on", "") for row in rows],
            "why": [found.said(row.key) for row in rows],
        }
    )
    report(frame, _RESULT, "旧表核对")
