"""Parts of 数据导入与质量: what a check found, what an import did, the history, the quality of the data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from lib import answers, loaders
from lib.answers import Quality
from lib.metrics.formats import show_count
from lib.ui import empty, filters, layout, show
from lib.ui.words import moment, plain

HISTORY, EMPTY, DOUBTS, UNMAPPED, TIMES = "导入记录", "空缺与未归类", "疑点", "未归类的词", "各类时间"
_SHOWN_ROWS = 20
_UNSCROLLED_ROWS = 5


def counts(read: int, inserted: int, updated: int, unchanged: int, rejected: int) -> None:
    """Every row read is accounted for: one line of five figures."""
    parts = {"读取": read, "新增": inserted, "更新": updated, "未变": unchanged, "退回": rejected}
    with st.container(horizontal=True, gap="medium"):
        for label, value in parts.items():
            st.metric(label, f"{value:,}", width="content")


def preview_table(place: str, headings: list[str], rows: list[list[str]]) -> None:
    """First rows of a sheet as the file has them."""
    st.caption(plain(f"{place}：前 {min(len(rows), _SHOWN_ROWS)} 行"))
    frame = pd.DataFrame(rows[:_SHOWN_ROWS], columns=headings)
    st.dataframe(frame, hide_index=True, height=220, key=f"preview_{place}", alt=place)


def _height(frame: pd.DataFrame) -> show.Height:
    """Short tables as they are, long ones scroll."""
    return "content" if len(frame) <= _UNSCROLLED_ROWS else 230


def warnings(frame: pd.DataFrame, labels: Mapping[str, str], name: str) -> None:
    """What was kept or emptied with a warning. frame: field, value, reason, row_count; labels: field → Chinese."""
    if frame.empty:
        return
    shown = frame.assign(field=[labels.get(str(f), str(f)) for f in frame["field"]]).sort_values(
        "row_count", ascending=False, kind="stable"
    )
    columns: show.Columns = {
        "field": show.column("字段", width=14), "value": show.column("原值", width=24),
        "reason": show.column("说明", width=60), "row_count": show.column("行数", "count"),
    }  # fmt: skip
    st.markdown(f"**提示（{len(shown)}项，值已保留或置空，不影响其余字段）**")
    show.grid(shown, columns, name, height=_height(shown))


def rejected(frame: pd.DataFrame, name: str) -> None:
    """Refused rows with line, column, value and reason."""
    if frame.empty:
        return
    columns: show.Columns = {
        "line_no": show.column("行号", "count"),
        "column_name": "列",
        "reason": "退回原因",
        "value": "原值",
        "file_name": "文件",
    }
    st.markdown(f"**退回的行（{show_count(len(frame))}行）**")
    show.grid(frame, columns, name, height=_height(frame))


def file_button(path: Path, label: str = "下载退回行（可更正后重新导入）") -> None:
    """Download of a file of rejected rows: unmasked, for those who import."""
    show.download(label, path.read_bytes, path.name, show.XLSX, icon="download", resource="imports")


def timeliness() -> None:
    """How far the data of the chosen period reach."""
    scope = filters.current_scope()
    found = loaders.ask(answers.quality, scope)
    with layout.card("timeliness"):
        st.markdown(f"**数据到几号**　:gray[{plain(scope.period.label)}受理的{show_count(found.received)}件]")
        times: show.Columns = {"label": "时间", "newest": show.column("最新一条", "moment"),
                               "hours_behind": show.column("距数据截止（小时）", "hours")}  # fmt: skip
        known = found.timeliness[found.timeliness["newest"].notna()]
        show.grid(known, times, TIMES, height="content")
        _remarks(found)


def doubtful() -> None:
    """What is doubtful in the chosen period, and how the figures treat it."""
    scope = filters.current_scope()
    found = loaders.ask(answers.quality, scope)
    if found.received == 0:
        empty.no_tickets(scope)
        return
    with layout.card("doubts"):
        doubts: show.Columns = {"label": show.column("情形", width=40), "tickets": show.column("件数", "count"),
                                "share": show.column("占比", "rate")}  # fmt: skip
        show.table(found.doubtful, doubts, DOUBTS, title="数据疑点：口径怎样处理", height="content")


def _remarks(found: Quality) -> None:
    if found.phones_masked:
        st.caption("来源的电话已脱敏：重复诉求只按地点识别，相关数字会注明。")
    if found.unknown_years:
        years = "、".join(f"{year}年" for year in found.unknown_years)
        st.caption(f"{years}的工作日安排尚未录入，暂按周一至周五推算。")


def missing_fields() -> None:
    """Empty and unmapped fields, and the words nobody knows, side by side."""
    scope = filters.current_scope()
    found = loaders.ask(answers.quality, scope)
    if found.received == 0:
        return
    left, right = st.columns(2, gap="small")
    with left, layout.card("empty_fields"):
        columns: show.Columns = {
            "label": "字段", "expected": show.column("应有", "count"), "empty": show.column("空缺", "count"),
            "empty_share": show.column("空缺率", "rate"), "unmapped": show.column("未归类", "count"),
            "unmapped_share": show.column("未归类率", "rate"),
        }  # fmt: skip
        show.table(found.empty_fields, columns, EMPTY, title="哪些字段空缺、未归类", height=320)
    with right, layout.card("unmapped"):
        if found.unmapped.empty:
            st.markdown("**未归类的词**")
            empty.not_shown("未归类", "统计期内来源的区县、单位、分类、渠道都能在城市配置中找到")
        else:
            words: show.Columns = {"label": "字段", "word": show.column("来源里的词", width=40),
                                   "tickets": show.column("件数", "count")}  # fmt: skip
            title = "来源里有、城市配置里没有的词（补进城市配置后重新导入即归类）"
            show.table(found.unmapped, words, UNMAPPED, title=title, height=320)


def history() -> dict[str, Any] | None:
    """The import runs, newest first; returns the one that was clicked."""
    runs = loaders.ask(answers.import_history)
    if runs.empty:
        empty.not_shown(HISTORY, "还没有导入过文件")
        return None
    columns: show.Columns = {
        "finished_at": show.column("发布时间", "moment"),
        "read_rows": show.column("读取", "count"), "inserted_rows": show.column("新增", "count"),
        "updated_rows": show.column("更新", "count"), "unchanged_rows": show.column("未变", "count"),
        "rejected_rows": show.column("退回", "count"), "warning_count": show.column("提示", "count"),
        "file_names": show.column("文件", width=36), "as_of": show.column("数据截至", "moment"), "version": "版本",
    }  # fmt: skip
    picked = show.table(
        runs, columns, HISTORY, title="导入记录（点一行看提示和退回的行）", height=_height(runs), select=True
    )
    return None if not picked else {str(k): v for k, v in runs.iloc[picked[0]].to_dict().items()}


def run_details(run: Mapping[str, Any], labels: Mapping[str, str], file: Path | None) -> None:
    """Warnings and rejected rows of one import run; its file of rejected rows while it is kept."""
    number = int(run["import_no"])
    with layout.card("run_details"):
        st.markdown(f"**第{number}次导入**　:gray[{plain(run['file_names'])}]")
        known, refused = (loaders.ask(a, number) for a in (answers.import_warnings, answers.rejected_rows))
        if known.empty and refused.empty:
            st.caption("这次导入没有提示，也没有退回的行。")
        warnings(known, labels, f"提示_{number}")
        rejected(refused, f"退回_{number}")
        if file is not None:
            file_button(file)
        elif len(refused):
            st.caption("退回行的文件含个人信息，只保留30天。")


def standing() -> None:
    """One line on what is loaded."""
    pointer = loaders.pointer()
    runs = loaders.ask(answers.import_history)
    last = (
        f"最近一次导入 {moment(pd.Timestamp(runs['finished_at'].iloc[0]).to_pydatetime())}"
        if len(runs)
        else "未导入过文件"
    )
    st.caption(plain(f"版本 {pointer.version}　{last}"))
