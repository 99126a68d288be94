"""随机抽查: how large a sample must be, drawing it, and what it found."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from lib import answers, loaders
from lib.answers import POPULATIONS
from lib.commands.lists.reinspections import SAMPLE_MOST, DrawSample, draw_sample
from lib.lists.definitions import FEW
from lib.metrics.formats import show_count
from lib.metrics.sampling import margin, size_for
from lib.scope import Scope
from lib.ui import empty, filters, list_actions, list_register, list_reinspection, list_rows, show
from lib.ui.form_keys import form_key, next_form
from lib.ui.words import plain

PART, NAME, TICKETS = "随机抽查", "抽查样本", "抽查工单"
PRECISIONS = (3, 5, 8, 10)
COLUMNS: show.Columns = {
    "sample_id": show.column("样本号", "count"), "at": "抽取时间", "label": show.column("抽样范围", width=44),
    "population": show.column("总体", "count"), "size": show.column("样本量", "count"),
    "margin_words": show.column("设计精度", width=18), "seed": show.column("随机种子", width=12),
    "due_on": show.column("完成期限", "date"), "open": show.column("待核查", "count"),
    "held": show.column("已解决", "count"), "relapsed": show.column("未解决", "count"),
    "unreachable": show.column("无法核实", "count"), "found": show.column("解决率（95%区间）", width=30),
}  # fmt: skip
TICKET_COLUMNS: show.Columns = {
    "ticket_no": show.column("工单编号", width=20), "due_on": show.column("完成期限", "date"),
    "verdict_label": show.column("结果", width=14), "note": show.column("情况", width=50), "done_at": "登记时间",
    "done_by": show.column("登记人", width=14),
}  # fmt: skip


def drawing(scope: Scope) -> None:
    """Choose population and precision, see size and margin, draw."""
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        population = st.selectbox("抽样范围", list(POPULATIONS), format_func=POPULATIONS.__getitem__, width=320,
                                  key="sample_population")  # fmt: skip
        total = loaders.ask(answers.population_count, scope, population)
        points = st.selectbox("希望的精度", PRECISIONS, index=1, format_func=lambda p: f"±{p}个百分点", width=160,
                              key="sample_precision")  # fmt: skip
        wanted = min(size_for(points / 100, total), SAMPLE_MOST) if total else 0
        size = st.number_input("抽取数量", 1, max(1, min(total, SAMPLE_MOST)), max(1, wanted), width=140,
                               key=f"sample_size_{population}_{points}_{total}")  # fmt: skip
        view = loaders.list_view()
        seed = st.number_input("随机种子", 0, 2**31 - 1, int(f"{view.today:%Y%m%d}"), width=170, key="sample_seed",
                               help="同一范围、同一种子，任何人都能重新抽出同样的样本")  # fmt: skip
        due_on = st.date_input("完成期限", view.profile.days.after(view.today, 10), format="YYYY-MM-DD", width=150,
                               key="sample_due")  # fmt: skip
        pressed = list_register.may_write() and st.button("抽取样本", type="primary", disabled=not total)
    label = f"{scope.period.label}，{filters.describe(scope)}，{POPULATIONS[population]}"
    if not total:
        st.caption(f"{plain(scope.period.label)}{POPULATIONS[population]}：没有，请换一个统计期或放宽筛选条件。")
        return
    st.caption(f"总体{show_count(total)}件，抽取{size}件：比率的误差不超过{_points(margin(size, total))}"
               "（95%置信，按最不利的50%计算，已作有限总体校正）。")  # fmt: skip
    if pressed and isinstance(due_on, date):
        _draw(scope, population, label, size, seed, due_on)


def _draw(scope: Scope, population: str, label: str, size: int, seed: int, due_on: date) -> None:
    keys = loaders.ask(answers.population, scope, population)
    form = form_key(NAME)
    done, sample_id = list_actions.tried(draw_sample, DrawSample(label, keys, size, seed, due_on, form))
    if done:
        next_form(NAME)
        list_actions.say(f"已抽取样本{sample_id}：{show_count(len(keys))}件中抽取{size}件")
        list_rows.begin(NAME, {"sample_id": sample_id})
        st.rerun()


def _points(half: float | None) -> str:
    return "—" if half is None else f"±{half * 100:.1f}个百分点"


def results() -> None:
    """The samples with what they found; a click shows the tickets of one."""
    frame = loaders.ask_records(answers.samples, loaders.list_view())
    if frame.empty:
        empty.state("还没有抽取过样本", "选择抽样范围和精度后抽取；抽中的工单逐件核查，结果自动汇总。")
        return
    frame["margin_words"] = [_points(half) for half in frame["margin"]]
    frame["found"] = [_found(row) for row in frame.itertuples()]
    frame["seed"] = frame["seed"].astype(str)
    list_rows.table(frame, COLUMNS, NAME, title="已抽取的样本", height=300)
    opened = list_rows.opened(NAME)
    chosen = frame[frame["sample_id"] == opened["sample_id"]] if opened else frame.head(1)
    if not chosen.empty:
        _tickets(chosen.iloc[0])


def _found(row: Any) -> str:
    verified = row.held + row.relapsed
    if not verified:
        return "尚未核查"
    words = f"{row.rate:.1%}（{row.low:.1%}—{row.high:.1%}），{row.held}／{verified}"
    return words if verified >= FEW else f"{words}，不足{FEW}件"


def _tickets(sample: pd.Series) -> None:
    number = int(sample["sample_id"])
    frame = loaders.ask_records(answers.ticket_reviews, loaders.list_view(), "sample", number)
    if sample["unreachable"]:
        st.caption("无法核实的不计入解决率的分母，件数并列显示。")
    name = f"{TICKETS}{number}"
    list_rows.table(frame, TICKET_COLUMNS, name, title=f"样本{number}的工单（点击一行登记结果）", height=420)
    opened = list_rows.opened(name)
    if opened is not None:
        st.dialog("登记抽查结果", width="medium", on_dismiss=lambda: list_rows.close(name))(list_reinspection.check)(
            opened, name
        )
