"""台账往返: the ledger goes out to Excel and comes back; what differs is shown and chosen cell by cell."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from lib import answers, loaders
from lib.access.moments import city_time
from lib.commands.lists.desk import Desk
from lib.commands.lists.ledger import LedgerRow, ReadLedger, RowOutcome
from lib.documents import ledger as document
from lib.lists import round_trip
from lib.lists.fields import fields_of
from lib.lists.ledger import cells_of
from lib.lists.round_trip import CellChange, Difference, FileRow, LedgerError, Standing
from lib.schema.list_terms import LIST_KINDS
from lib.ui import show
from lib.ui.list_entry_form import names
from lib.ui.list_entry_rows import Candidate, Prepared, prepare, report, said_numbers, save
from lib.ui.words import moment, plain

# Reads a file in the limited child: (name, content) → sheets and hidden rows. Raises the error that it names.
Reader = Callable[[str, bytes], dict[str, Any]]
NOT_LISTED = ("voided", "declined")
_TAKE, _ROUND, _DEFAULT, _SAID, _SEEN = "_take", "_trip_round", "_trip_default", "_trip_said", "_trip_seen"
_REPORTED = ("progress", "problems", "next_steps")
DIFFERENCES: show.Columns = {
    "place": show.column("编号或行", width=16), "label": show.column("栏目", width=12),
    "text": show.column("文件中的内容", width=40), "why": show.column("为什么不采用", width=60),
}  # fmt: skip


def out(desk: Desk, list_kind: str) -> None:
    """Links to the ledger as it stands."""
    frame = listed(list_kind)
    # Named by the day, so that two files of a week are told apart on the desk.
    facts = [("截止时间", moment(city_time(desk.now)))]
    said = [("清单", LIST_KINDS[list_kind]), ("事项", f"{len(frame)}件"), *facts]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**导出台账**　:gray[{len(frame)}件，可打印，也可改好后读回]", width="content")
        for paper in ("A3", "A4"):
            show.download(
                f"导出台账（{paper}横向）",
                lambda paper=paper: document.workbook(frame, list_kind, desk.profile, facts, paper),  # type: ignore[misc]
                f"{LIST_KINDS[list_kind]}台账{desk.today:%Y%m%d}{'' if paper == 'A3' else '（A4）'}.xlsx",
                show.XLSX, icon="download", facts=said, rows=len(frame),
            )  # fmt: skip


def listed(list_kind: str) -> pd.DataFrame:
    """Items as the ledger lists them: all but what was voided or never listed, in the order of their numbers."""
    frame = loaders.ask_records(answers.list_items, loaders.list_view(), list_kind)
    return frame[~frame["state"].isin(NOT_LISTED)].sort_values("item_no", kind="stable").reset_index(drop=True)


def back(desk: Desk, list_kind: str, read: Reader, refusals: type[Exception]) -> None:
    """A file that comes back: what it would do, the choice, and the doing."""
    for kind, text in st.session_state.pop(_SAID, []):
        (st.success if kind == "ok" else st.warning)(plain(text))
    given = st.file_uploader("读回台账：选择改好的台账文件（XLSX）", key=f"trip_{st.session_state.get(_ROUND, 0)}")
    if given is None:
        st.caption("读回前会逐格列出：谁改了什么、哪些与系统中的新变化冲突；由您逐格选择，不会悄悄覆盖。")
        return
    content = given.getvalue()
    try:
        rows, went_out, unknown = _read(given.name, content, desk, list_kind, read)
    except (refusals, LedgerError) as error:
        st.error(f"没有读取，清单未改动。{plain(error)}", icon=":material/block:")
        return
    frame = listed(list_kind)
    found = round_trip.difference(
        rows, went_out, _standing(frame, list_kind, desk), list_kind, desk.profile,
        fields_of(list_kind, desk.profile), names(), desk.today,
    )  # fmt: skip
    _figures(found, went_out.at)
    if unknown:
        st.caption(plain(f"文件中这些栏目不是台账的栏目，不读取：{'、'.join(unknown)}"))
    seen = st.session_state.get(_SEEN)
    st.session_state[_SEEN] = _shown(found, content)
    chosen = _choice(found, content)
    new = _added(desk, list_kind, found)
    _not_taken(found)
    if not found.changes and not found.added:
        st.success("文件与系统现有内容没有可采用的差别。", icon=":material/check:")
        return
    if st.button("按所选保存", type="primary", key="trip_save", icon=":material/save:",
                 disabled=not chosen and not new.ready):  # fmt: skip
        if seen != _shown(found, content):
            st.warning("系统中的内容刚有变化，差别已重新列出，请再核对一次后保存。", icon=":material/sync:")
            return
        _apply(desk, list_kind, given.name, content, chosen, new, frame)


def _read(
    name: str, content: bytes, desk: Desk, list_kind: str, read: Reader
) -> tuple[list[FileRow], round_trip.Exported, list[str]]:
    key = f"_trip_{hashlib.sha256(content).hexdigest()[:24]}"
    if key not in st.session_state:
        with st.spinner("正在读取台账"):
            st.session_state[key] = read(name, content)
    held = st.session_state[key]
    went_out = round_trip.exported(held["hidden"])
    if went_out is None:
        raise LedgerError(
            "文件里没有台账的标识（不是本系统导出的台账，或另存时丢失），无法逐格比较；请改用“旧表导入”作为普通表格录入"
        )
    round_trip.require_own(went_out, list_kind, desk.profile)
    lines = [(line, cells) for line, cells in held["sheets"][0]["rows"]]
    rows, unknown = round_trip.file_rows(lines, list_kind, desk.profile)
    return rows, went_out, unknown


def _standing(frame: pd.DataFrame, list_kind: str, desk: Desk) -> dict[str, Standing]:
    records = [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]
    return {
        row["item_no"]: Standing(int(row["version"]), row["state"], cells_of(row, list_kind, desk.profile))
        for row in records
    }


def _figures(found: Difference, at: str) -> None:
    conflicts = sum(change.is_conflict for change in found.changes)
    parts = {
        "修改": f"{len(found.changes) - conflicts}格", "冲突": f"{conflicts}格", "新增": f"{len(found.added)}行",
        "不采用": f"{len(found.not_taken)}处", "未改动": f"{found.unchanged}件",
    }  # fmt: skip
    st.caption(plain(f"台账导出于 {at}") if at else "")
    with st.container(horizontal=True, gap="medium"):
        for label, value in parts.items():
            st.metric(label, value, width="content")
    if found.missing:
        st.caption(plain(
            f"文件中少了{len(found.missing)}件（{'、'.join(found.missing[:8])}）：台账不删除事项，它们保持不变；"
            "确需作废请在事项页办理。"
        ))  # fmt: skip


def _choice(found: Difference, content: bytes) -> list[CellChange]:
    """The cells of the file that were chosen. Conflicts begin as 保留系统, plain changes as 采用文件."""
    if not found.changes:
        return []
    changes = sorted(found.changes, key=lambda change: (not change.is_conflict, change.item_no))
    everything = st.session_state.get(_DEFAULT)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**逐格选择**　:gray[勾选为采用文件，不勾选为保留系统]", width="content")
        st.button("全部采用文件", key="trip_all", on_click=_decide, args=(True,))
        st.button("全部保留系统", key="trip_none", on_click=_decide, args=(False,))
    frame = pd.DataFrame(
        {
            _TAKE: [not c.is_conflict if everything is None else everything for c in changes],
            "kind": ["冲突：系统也改过" if c.is_conflict else "填报进展" if c.is_report else "修改" for c in changes],
            "item_no": [c.item_no for c in changes], "label": [c.label for c in changes],
            "exported": [c.exported or "（空）" for c in changes], "system": [c.system or "（空）" for c in changes],
            "file": [c.file or "（空）" for c in changes],
        }
    )  # fmt: skip
    labels = {"kind": "情形", "item_no": "编号", "label": "栏目", "exported": "导出时", "system": "系统现在",
              "file": "文件中"}  # fmt: skip
    widths = {"kind": 120, "item_no": 110, "label": 90, "exported": 220, "system": 220, "file": 220}
    config: dict[str, Any] = {
        key: st.column_config.TextColumn(label, disabled=True, width=widths[key]) for key, label in labels.items()
    }
    config[_TAKE] = st.column_config.CheckboxColumn("采用文件", width=80)
    digest = _shown(found, content)
    edited = st.data_editor(frame, key=f"trip_cells_{digest}_{everything}", column_config=config, hide_index=True,
                            height=min(len(frame) + 1, 12) * 35 + 3)  # fmt: skip
    return [change for change, is_taken in zip(changes, edited[_TAKE], strict=True) if is_taken]


def _shown(found: Difference, content: bytes) -> str:
    """What the person chooses from: file and system, in one text."""
    said = sorted((c.item_no, c.key, c.system) for c in found.changes)
    return hashlib.sha256(content + repr(said).encode()).hexdigest()[:16]


def _decide(take: bool) -> None:
    st.session_state[_DEFAULT] = take


def _added(desk: Desk, list_kind: str, found: Difference) -> Prepared:
    if not found.added:
        return Prepared()
    rows = [Candidate(f"new{row.line}", f"第{row.line}行", row.cells) for row in found.added]
    new = prepare(desk, list_kind, rows, names(), hold_doubles=False)
    st.markdown(f"**新增{len(rows)}行**　:gray[{len(new.ready)}行可以录入（拟列）]")
    shown = pd.DataFrame(
        {
            "place": [row.place for row in rows],
            "text": [row.cells.get("title") or row.cells.get("manifestation", "")[:60] for row in rows],
            "why": [new.said(row.key) for row in rows],
        }
    )
    columns: show.Columns = {"place": show.column("行", width=10), "text": show.column("事项", width=50),
                             "why": show.column("核对结果", width=60)}  # fmt: skip
    report(shown, columns, "台账新增")
    return new


def _not_taken(found: Difference) -> None:
    if not found.not_taken:
        return
    frame = pd.DataFrame([vars(n) for n in found.not_taken], columns=["place", "label", "text", "why"])
    report(frame, DIFFERENCES, "台账未采用", f"不采用的改动（{len(frame)}处）")


def _apply(
    desk: Desk, list_kind: str, name: str, content: bytes, chosen: list[CellChange], new: Prepared, frame: pd.DataFrame
) -> None:
    versions = dict(zip(frame["item_no"], frame["version"], strict=True))
    rows = [*_changed_rows(chosen, versions, frame), *new.ready]
    digest = hashlib.sha256(content).hexdigest()[:24]
    outcomes = save(desk, ReadLedger(list_kind, rows, digest, name))
    if outcomes is None:
        return
    st.session_state[_SAID] = _said(outcomes, {row.key for row in new.ready})
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    st.session_state.pop(_DEFAULT, None)
    st.rerun()


def _changed_rows(chosen: list[CellChange], versions: dict[str, int], frame: pd.DataFrame) -> list[LedgerRow]:
    """One row per item, its fields together; a report takes what the file does not change from the newest one."""
    now = frame.set_index("item_no")
    rows = []
    for number in dict.fromkeys(change.item_no for change in chosen):
        own = [change for change in chosen if change.item_no == number]
        values = {k: v for change in own if not change.is_report for k, v in change.values.items()}
        said = {k: str(v) for change in own if change.is_report for k, v in change.values.items()}
        now_said = {k: str(now.at[number, k] or "") for k in _REPORTED}
        told = now_said | said if said else {}
        marks = hashlib.sha256(repr(sorted(c.key for c in own)).encode()).hexdigest()[:6]
        version = int(versions[number])
        rows.append(LedgerRow(f"{number}-{version}-{marks}", number, values, number, version, told))
    return rows


def _said(outcomes: list[RowOutcome], new: set[str]) -> list[tuple[str, str]]:
    changed = [o for o in outcomes if o.why is None and o.key not in new]
    added = [o for o in outcomes if o.why is None and o.key in new]
    said = []
    if changed:
        said.append(("ok", f"已按台账修改{len(changed)}件"))
    if added:
        said.append(("ok", f"已新增{len(added)}件（拟列）：{said_numbers(added)}"))
    said += [("wrong", f"{o.place} 未保存：{o.why}") for o in outcomes if o.why is not None]
    return said
