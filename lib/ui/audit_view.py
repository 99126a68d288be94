"""Parts of 审计: the search, the list page by page, one entry opened, the state of the chain."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from lib import answers, loaders
from lib.access.audit import ACTIONS
from lib.access.moments import city_time
from lib.access.roles import Identity
from lib.access.shared import shared_assessment
from lib.access.verify import Report, verify
from lib.answers import HistoryQuery
from lib.config import Settings
from lib.documents import xlsx
from lib.metrics.formats import show_count
from lib.store import active_pair
from lib.ui import empty, jobs, show
from lib.ui.words import moment, plain

NAME = "审计记录"
COLUMNS: show.Columns = {
    "entry_no": show.column("记录号", "count"), "at": show.column("时间", "moment"),
    "account": show.column("账号", width=16), "name": show.column("姓名", width=12),
    "role": show.column("角色", width=12), "action": show.column("事项", width=18),
    "subject": show.column("对象", width=36), "reason": show.column("理由", width=36),
}  # fmt: skip
EXPORTED: show.Columns = {**COLUMNS, "changed": show.column("变更内容", width=80)}
CHANGES: show.Columns = {
    "label": show.column("项目", width=20), "before": show.column("变更前", width=32),
    "after": show.column("变更后", width=32),
}  # fmt: skip
EXPORT_MAX = 10_000
DAYS_SHOWN = 30
# Session keys: the pages turned so far, with the question they belong to; the entry that is open.
_PLACE, _OPEN = "_audit_place", "_audit_open"


def form(person: Identity) -> HistoryQuery:
    """Draw the search and return what is asked: the last days until somebody chooses others."""
    today = city_time(datetime.now(UTC)).date()
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        chosen = st.date_input("时间", (today - timedelta(days=DAYS_SHOWN - 1), today), key="audit_days", width=240,
                               format="YYYY-MM-DD", label_visibility="collapsed")  # fmt: skip
        account = ""
        if not person.may("audit", "own"):
            account = st.text_input("账号", key="audit_account", placeholder="账号（完整）", width=160, max_chars=64,
                                    label_visibility="collapsed", autocomplete="off")  # fmt: skip
        actions = st.multiselect("事项", list(ACTIONS), key="audit_actions", format_func=ACTIONS.__getitem__, width=360,
                                 placeholder="全部事项", label_visibility="collapsed", filter_mode="contains",
                                 select_all=False)  # fmt: skip
        subject = st.text_input("对象", key="audit_subject", placeholder="对象，如账号、文件、工单编号", width=260,
                                max_chars=100, label_visibility="collapsed", autocomplete="off")  # fmt: skip
    first, last = _days(chosen)
    return HistoryQuery(first, last, (account or "").strip().lower(), tuple(actions), (subject or "").strip())


def _days(chosen: Any) -> tuple[date | None, date | None]:
    """While the second day of a period is being chosen, only the first stands."""
    days = chosen if isinstance(chosen, tuple) else (chosen,)
    return (days[0] if days else None, days[1] if len(days) > 1 else None)


def entry_list(person: Identity, query: HistoryQuery) -> None:
    """The entries of the page that is turned to; a click opens one."""
    place = _place(query)
    count = loaders.ask_records(answers.history_count, person, query)
    if count == 0:
        empty.state(
            "没有符合条件的记录", "可以放宽时间范围，或换一个账号、事项、对象。", icon=":material/filter_alt_off:"
        )
        return
    frame = loaders.ask_records(answers.history, person, query, place[-1])
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        more = count > answers.COUNTED
        words = f"超过 **{show_count(answers.COUNTED)}** 条" if more else f"共 **{show_count(count)}** 条"
        st.markdown(words, width="content")
        _export(person, query, min(count, EXPORT_MAX))

    def choose() -> None:
        for row in show.clicked(st.session_state[f"table_{NAME}"]):
            st.session_state[_OPEN] = frame.iloc[row].to_dict()

    show.grid(frame, COLUMNS, NAME, height=560 if len(frame) > 10 else "content", select=choose)
    _turn(place, count, frame)
    note = "点击一行查看变更前后。记录只增不改，时间为本市时间。"
    if count > EXPORT_MAX:
        note += f"导出Excel最多{show_count(EXPORT_MAX)}条（从新到旧），请缩小范围后分次导出。"
    st.caption(note)
    opened = st.session_state.pop(_OPEN, None)
    if opened is not None:
        _entry(opened)


def _place(query: HistoryQuery) -> list[int | None]:
    """Keys of the pages turned so far, the last is the one shown; begins anew with another question."""
    held = st.session_state.get(_PLACE)
    if held is not None and held[0] == query:
        turned: list[int | None] = held[1]
        return turned
    first: list[int | None] = [None]
    st.session_state[_PLACE] = (query, first)
    return first


def _turn(place: list[int | None], count: int, frame: pd.DataFrame) -> None:
    is_last = len(frame) < answers.HISTORY_PAGE or len(place) * answers.HISTORY_PAGE == count
    if len(place) == 1 and is_last:
        return
    with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center", gap="small"):
        st.button("上一页", on_click=_back, args=(place,), disabled=len(place) == 1, type="tertiary")
        st.caption(f"第 {len(place):,} 页", width="content")
        st.button("下一页", on_click=place.append, args=(int(frame["entry_no"].iloc[-1]),), disabled=is_last,
                  type="tertiary")  # fmt: skip


def _back(place: list[int | None]) -> None:
    place.pop()


@st.dialog("审计记录", width="large")
def _entry(entry: dict[str, Any]) -> None:
    st.markdown(f"**{plain(entry['action'])}**　:gray[第 {entry['entry_no']:,} 条　{moment(entry['at'])}]")
    who = plain(f"{entry['name']}（{entry['account']}，{entry['role']}）")
    st.markdown(f":gray[何人]　{who}")
    if entry["subject"]:
        st.markdown(f":gray[对象]　{plain(entry['subject'])}")
    st.markdown(f":gray[理由]　{plain(entry['reason']) if entry['reason'] else '—'}")
    changed = answers.changes(entry["before"], entry["after"])
    if changed.empty:
        empty.not_shown("变更前后", "这类事项没有变更内容")
    else:
        show.grid(changed, CHANGES, "变更前后", height="content")


def _export(person: Identity, query: HistoryQuery, rows: int) -> None:
    settings = Settings.from_env()
    pair = active_pair(settings)
    until = query.last.isoformat() if query.last else "今"
    facts = [("时间", f"{query.first.isoformat() if query.first else '最早'} 至 {until}"), ("记录数", f"{rows}条")]
    if pair == "demo":
        facts.append(("注意", "演示数据"))

    def make() -> bytes:
        # The offer belongs to this session, which ends when the role changes: the person is still who asked.
        with shared_assessment(settings, pair).reading() as conn:
            frame = answers.history(conn, person, query, None, EXPORT_MAX)
        frame["changed"] = [_one_line(old, new) for old, new in zip(frame["before"], frame["after"], strict=True)]
        return xlsx.workbook(frame[list(EXPORTED)], show.fields(frame, EXPORTED), NAME, facts)

    show.download(show.EXPORT, make, f"{NAME}.xlsx", show.XLSX, resource="audit", facts=facts, rows=rows)


def _one_line(before: Any, after: Any) -> str:
    parts = []
    for row in answers.changes(before, after).to_dict("records"):
        change = f"{row['before']} → {row['after']}" if row["before"] else row["after"]
        parts.append(f"{row['label']}：{change}")
    return "；".join(parts)


def chain(person: Identity) -> None:
    """How long the chain is and what the last verification found; for those who see all of it."""
    if not person.may("audit", "reserved"):
        return
    settings = Settings.from_env()
    pair = active_pair(settings)
    store = shared_assessment(settings, pair)
    key = f"verify:{settings.assessment_url or settings.data_dir}:{pair}"
    length = loaders.ask_records(answers.chain_length, person)
    job = jobs.find(key)
    if job is not None and not job.is_done:
        jobs.watch(key)
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"**审计链**　共 {show_count(length)} 条　:gray[{_verified(job)}]", width="content")
        if st.button("核验", key="verify_chain", icon=":material/verified:"):
            jobs.forget(key)
            jobs.start(key, lambda progress: verify(store, progress=progress))
            st.rerun()
    if job is not None and job.error is not None:
        raise job.error
    if job is not None and not job.result.is_whole:
        broken = job.result.broken
        what = f"第 {broken.entry_no:,} 条起有问题——{plain(broken.why)}"
        st.error(f"审计链不完整：{what}。请立即联系信息中心并保留现场。", icon=":material/gpp_bad:")


def _verified(job: jobs.Job | None) -> str:
    if job is None or job.result is None:
        return "本次启动后尚未核验"
    report: Report = job.result
    found = "完整，未发现改动、删除、调换或插入" if report.is_whole else "不完整"
    return f"{moment(city_time(report.verified_at))}核验 {report.entries:,} 条：{found}"
