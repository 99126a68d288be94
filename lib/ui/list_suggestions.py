"""Parts of 拟列建议: running the rules, the rules with how often they were followed, and the list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from lib import answers, loaders
from lib.access.moments import city_time
from lib.access.roles import NotAllowedError
from lib.access.shared import shared_assessment
from lib.answers import ListView, SuggestionFilter
from lib.commands import CommandError
from lib.commands.lists.desk import Desk
from lib.commands.lists.suggestions import RunStored, StoreRun, store_run
from lib.config import Settings
from lib.documents import xlsx
from lib.lists.rules import read_rules
from lib.metrics.formats import show_count
from lib.schema.list_terms import SUGGESTION_STATES
from lib.ui import address, empty, jobs, list_suggestion, show
from lib.ui.words import as_of, moment, plain

NAME = "拟列建议"
# Parameter of the address → key of its widget.
_KEYS = {"rule": "suggestion_rule", "lead": "suggestion_unit", "place": "suggestion_place", "state": "suggestion_state"}
_MEMORY, _EVERY = "_suggestion_filters_written", "all"
_STATES = {**SUGGESTION_STATES, _EVERY: "全部状态"}
COLUMNS: show.Columns = {
    "rule_label": show.column("规则", width=20), "title": show.column("疑点提示", width=52),
    "unit": show.column("承办单位", width=28), "district": show.column("区县", width=16),
    "ticket_count": show.column("工单", "count"), "found_at": show.column("提出时间", "moment"),
    "state_label": show.column("状态", width=10),
}  # fmt: skip
EXPORTED: show.Columns = {
    **COLUMNS, "item_no": "清单编号", "decided_by": "研判人", "decided_at": show.column("研判时间", "moment"),
    "reason": "理由", "rules_version": "规则版本",
}  # fmt: skip
RULES: show.Columns = {
    "label": show.column("规则", width=22), "open": show.column("待研判", "count"),
    "followed_of": show.column("采纳或并入 / 已研判", width=20), "share": show.column("采纳率", "rate"),
    "definition": show.column("口径", width=110),
}  # fmt: skip


def run_bar(view: ListView, desk: Desk | None) -> None:
    """When the rules ran last, and for who keeps a list (desk) the button that runs them now."""
    last = loaders.ask_records(answers.last_run, view)
    key = f"nominate {loaders.store().pair}"
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        if last is None:
            said = "还没有研判过。"
        else:
            ran_on = f"数据截至 {as_of(last.as_of)}，规则版本 {plain(list_suggestion.said_version(last.rules_version))}"
            counted = f"疑点 {show_count(last.found)} 条，其中新增 {show_count(last.added)} 条。"
            said = f"最近研判 {moment(last.at)}（{ran_on}）：{counted}"
        st.markdown(f":gray[{said}]", width="content")
        job = jobs.find(key)
        running = job is not None and not job.is_done
        if desk is not None and st.button("立即研判", icon=":material/fact_check:", disabled=running):
            jobs.forget(key)
            job = jobs.start(key, _work(desk))
    list_suggestion.said()
    if job is None or desk is None:
        return
    if not job.is_done:
        jobs.watch(key)
        return
    jobs.forget(key)
    if isinstance(job.error, CommandError | NotAllowedError | ValueError):
        st.error(plain(job.error), icon=":material/block:")
    elif job.error is not None:
        raise job.error
    else:
        _tell(job.result)


def _work(desk: Desk) -> Callable[[jobs.Progress], RunStored]:
    """The run as work beside the script: asked with the access of now, stored as the person of now."""
    book, pointer, store = read_rules(), loaders.pointer(), shared_assessment(Settings.from_env())
    told: list[jobs.Progress] = []
    ask = loaders.later(answers.nominate, book, None, lambda done, total, words: told[0](done, total, words))

    def work(tell: jobs.Progress) -> RunStored:
        told.append(tell)
        found = ask()
        return store_run(store, desk, StoreRun(pointer.as_of, pointer.version, book.version, found.proposals))

    return work


def _tell(stored: RunStored) -> None:
    parts = [f"研判完成：疑点{show_count(stored.found)}条，新增建议{show_count(stored.added)}条"]
    if stored.renewed:
        parts.append(f"{show_count(stored.renewed)}条原有建议补充了新的工单")
    st.success("，".join(parts) + "。", icon=":material/check:")


def bar(view: ListView) -> SuggestionFilter:
    """Filters by rule, unit, district and state; they stand in the address."""
    state = st.session_state.get(_KEYS["state"]) or address.current(["state"]).get("state", "open")
    about = loaders.ask_records(answers.suggested_about, view, None if state == _EVERY else state)
    labels = read_rules().labels()
    known: dict[str, dict[str, str]] = {
        "rule": {key: labels.get(key, key) for key in [*labels, *about["rule"]] if key in set(about["rule"])},
        "lead": _named(about["unit_code"], view), "place": _named(about["district_code"], view), "state": _STATES,
    }  # fmt: skip
    taken = address.taken(_KEYS, _KEYS.values(), _MEMORY)
    if taken is not None:
        for name, key in _KEYS.items():
            st.session_state[key] = taken.get(name) if taken.get(name) in known[name] else None
    for name, key in _KEYS.items():
        if st.session_state.get(key) not in known[name]:
            st.session_state[key] = "open" if name == "state" else None
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        _choose("rule", "规则", known["rule"], "全部规则", 210)
        _choose("lead", "承办单位", known["lead"], "全部承办单位", 260)
        _choose("place", "区县", known["place"], "全部区县", 160)
        _choose("state", "状态", known["state"], "状态", 130)
    chosen = {name: str(st.session_state[key]) for name, key in _KEYS.items() if st.session_state.get(key)}
    written = {name: value for name, value in chosen.items() if (name, value) != ("state", "open")}
    address.write(written, _KEYS, _MEMORY)
    state = chosen.get("state", "open")
    return SuggestionFilter(
        None if state == _EVERY else state, chosen.get("rule"), chosen.get("lead"), chosen.get("place")
    )


def _choose(name: str, label: str, options: dict[str, str], empty_words: str, width: int) -> None:
    st.selectbox(label, list(options), index=None, key=_KEYS[name], format_func=lambda code: options.get(code, code),
                 placeholder=empty_words, label_visibility="collapsed", width=width,
                 filter_mode="contains")  # fmt: skip


def _named(codes: pd.Series, view: ListView) -> dict[str, str]:
    return {code: view.names.get(code, code) for code in sorted(set(codes.dropna()))}


def rules(view: ListView, asked: SuggestionFilter) -> None:
    """One line per rule: how many wait, how many were followed of those decided, and the 口径."""
    shares = loaders.ask_records(answers.rule_shares, view)
    known: dict[str, dict[str, Any]] = {str(row["rule"]): dict(row) for _, row in shares.iterrows()}
    book = read_rules()
    in_force = book.at(loaders.pointer().as_of)
    rows: list[dict[str, Any]] = []
    for key, label in book.labels().items():
        counts = known.get(key, {"open": 0, "followed": 0, "decided": 0, "share": None})
        rows.append({
            "label": label, "open": int(counts["open"]), "share": counts["share"],
            "followed_of": f"{counts['followed']} / {counts['decided']}" if counts["decided"] else "—",
            "definition": in_force[key].definition if key in in_force else "目前没有生效",
        })  # fmt: skip
    frame = pd.DataFrame(rows)
    frame["share"] = pd.to_numeric(frame["share"])
    waiting = int(frame["open"].sum())
    with st.expander(f"待研判 {show_count(waiting)} 条 · 各规则的口径和采纳率", expanded=asked.rule is None):
        show.grid(frame, RULES, "规则", height="content")
        st.caption("规则只作疑点提示，不是结论。采纳率＝采纳或并入的建议 ÷ 已研判的建议，偏低的规则应当调整口径。")


def listing(frame: pd.DataFrame, asked: SuggestionFilter, may_decide: bool) -> None:
    """The suggestions, a click opens one; those that wait may be declined together."""
    labels = read_rules().labels()
    frame = frame.assign(rule_label=[labels.get(rule, rule) for rule in frame["rule"]])
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"共 **{show_count(len(frame))}** 条　:gray[点击一行查看证据链]", width="content")
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            if may_decide and asked.state == "open" and len(frame):
                st.button("批量不采纳", icon=":material/playlist_remove:", on_click=list_suggestion.ask_for_many)
            _export(frame, asked)
    if frame.empty:
        empty.state("没有符合条件的拟列建议", "可以放宽筛选条件；如果还没有研判过，请由热线中心或督查局点“立即研判”。")
        return
    key = f"table_{NAME}_{list_suggestion.opened_before()}"

    def choose() -> None:
        for row in show.clicked(st.session_state[key]):
            list_suggestion.ask_for(int(frame["suggestion_id"].iloc[row]))

    show.grid(frame, COLUMNS, NAME, height=560 if len(frame) > 14 else "content", select=choose, key=key)
    if may_decide:
        list_suggestion.many(frame)


def _export(frame: pd.DataFrame, asked: SuggestionFilter) -> None:
    known = show.fields(frame, EXPORTED)
    exported = frame[list(known)]
    pointer = loaders.pointer()
    facts = [
        ("导出时间", moment(city_time(datetime.now(UTC)))), ("建议数", str(len(frame))),
        ("状态", _STATES[asked.state or _EVERY]), ("数据截至", as_of(pointer.as_of)), ("说明", "疑点提示，不是结论"),
    ]  # fmt: skip
    if pointer.is_demo:
        facts.append(("注意", "演示数据：由程序生成，不是任何城市的真实情况"))
    show.download(show.EXPORT, lambda: xlsx.workbook(exported, known, NAME, facts), f"{NAME}.xlsx", show.XLSX,
                  facts=facts, rows=len(frame))  # fmt: skip
