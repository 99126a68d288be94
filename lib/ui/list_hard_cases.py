"""Parts of 疑难包案: the count down to zero, hard items, whistles, hard tickets that stand on no list yet."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from lib import answers, loaders
from lib.answers import HardCases
from lib.metrics.formats import show_count
from lib.queries.ticket_filter import HARD_DAYS, HARD_REPEATS, HARD_ROUNDS, HARD_TRANSFERS
from lib.scope import Scope
from lib.ui import empty, list_page_table, list_rows, show, sitemap
from lib.ui.words import plain

ITEMS, WHISTLES, TICKETS = "疑难事项", "吹哨报到", "疑难工单"
ITEM_COLUMNS: show.Columns = {
    "light_words": show.column("亮灯", width=11), "item_no": show.column("编号", width=12),
    "title": show.column("事项", width=36), "reasons": show.column("疑难原因", width=30),
    "lead_unit": show.column("牵头单位", width=20), "sponsor_words": show.column("包案领导", width=20),
    "sponsor_zero_by_on": show.column("清零期限", "date"), "zero_words": show.column("清零倒计时", width=12),
    "state_label": show.column("状态", width=8), "due_on": show.column("办结时限", "date"),
}  # fmt: skip
WHISTLE_COLUMNS: show.Columns = {
    "item_no": show.column("编号", width=12), "title": show.column("事项", width=36),
    "unit": show.column("吹哨单位", width=22), "called": show.column("报到部门", width=22),
    "whistled_at": "吹哨时间", "arrived_at": "报到时间", "hours": show.column("用时（小时）", "hours"),
    "reason": show.column("吹哨事由", width=30), "note": show.column("报到情况", width=30),
}  # fmt: skip
TICKET_COLUMNS: show.Columns = {
    "ticket_no": show.column("工单编号", width=18), "title": show.column("标题", width=40),
    "reasons": show.column("疑难原因", width=28), "district": show.column("区县", width=12),
    "unit": show.column("主办单位", width=24), "received_at": "受理时间",
    "days_open": show.column("已历天数", "count"), "status": show.column("状态", width=10),
}  # fmt: skip


def summary(cases: HardCases) -> None:
    """How many are open, sponsored, cleared; whistles and how fast departments came."""
    came = cases.whistles["arrived_at"].notna()
    median = cases.whistles.loc[came, "hours"].median() if came.any() else None
    with st.grid(4, min_column_width=200, gap="small"):
        _figure("在办疑难事项", f"{len(cases.items)}件", "疑难标识、提级、反弹、吹哨或包案")
        _figure("动态清零", f"{cases.cleared}／{cases.sponsored}件", "已销号／有包案领导的全部事项")
        _figure("超过清零期限", f"{cases.past_zero}件", "有包案领导、期限已过、尚未销号")
        _figure("报到", f"{int(came.sum())}／{len(cases.whistles)}次",
                f"已报到／吹哨，报到用时中位{median:.1f}小时" if median is not None else "已报到／吹哨")  # fmt: skip


def _figure(label: str, value: str, beneath: str) -> None:
    with st.container(border=True, key=f"figure_{label}", gap=None):
        st.metric(label, value)
        st.caption(beneath)


def items(cases: HardCases) -> None:
    """Open hard items, those nearest to their day first; a click opens the item."""
    frame = cases.items
    if frame.empty:
        empty.state("没有在办的疑难事项", "事项标注四跨、职责不清、历史遗留，或提级、吹哨、包案后，会列在这里。")
        return
    frame = frame.assign(
        light_words=[list_page_table.light_words(*row) for row in
                     zip(frame["light"], frame["light_label"], frame["days_left"], strict=True)],
        sponsor_words=[f"{name}　{post}".strip("　") for name, post in
                       zip(frame["sponsor"], frame["sponsor_post"], strict=True)],
        zero_words=[list_rows.countdown(days) for days in frame["days_to_zero"]],
    )  # fmt: skip
    for row in show.table(frame, ITEM_COLUMNS, ITEMS, title="在办疑难事项（点击一行打开）", select=True,
                          height=420 if len(frame) > 10 else "content"):  # fmt: skip
        _open(str(frame.iloc[row]["item_no"]))


def whistles(cases: HardCases) -> None:
    """Departments that were called and when they came, those still awaited first."""
    if cases.whistles.empty:
        empty.state("还没有吹哨记录", "乡镇街道在事项中“吹哨”后，部门的报到时间会列在这里。")
        return
    frame = cases.whistles.assign(awaited=cases.whistles["arrived_at"].isna())
    frame = frame.sort_values(["awaited", "whistled_at"], ascending=False, kind="stable").reset_index(drop=True)
    for row in show.table(frame, WHISTLE_COLUMNS, WHISTLES, title="吹哨与报到（点击一行打开事项）", select=True,
                          height=420 if len(frame) > 10 else "content"):  # fmt: skip
        _open(str(frame.iloc[row]["item_no"]))


def _open(item_no: str) -> None:
    if sitemap.may_open(loaders.identity(), "list_item"):
        list_page_table.open_item(item_no)


def tickets(scope: Scope) -> None:
    """Open hard tickets of the scope that stand on no list yet; a click shows what may be done."""
    listed = loaders.ask_records(answers.listed_tickets, loaders.list_view())
    total = loaders.ask(answers.hard_count, scope)
    found = loaders.ask(answers.hard_tickets, scope)
    keys = zip(found["source_code"], found["ticket_no"], strict=True)
    frame = found[pd.Series([key not in listed for key in keys], index=found.index, dtype=bool)]
    st.caption(
        f"未办结的疑难工单{show_count(total)}件（办理{HARD_ROUNDS}轮以上、转派{HARD_TRANSFERS}次以上、"
        f"受理满{HARD_DAYS}日，或同一事项{HARD_REPEATS}件以上），与统计期无关；下面是"
        + (f"最新{show_count(len(found))}件中" if total > len(found) else "")
        + f"尚未列入清单的{show_count(len(frame))}件。点击一行查看或列入清单。"
    )
    if frame.empty:
        empty.state("没有尚未列入清单的疑难工单", "可以放宽筛选条件查看。", icon=":material/task_alt:")
        return
    list_rows.table(frame, TICKET_COLUMNS, TICKETS, height=560)
    opened = list_rows.opened(TICKETS)
    if opened is not None:
        st.dialog("疑难工单", on_dismiss=lambda: list_rows.close(TICKETS))(_ticket)(opened)


def _ticket(ticket: dict[str, Any]) -> None:
    st.markdown(f"**{plain(ticket['title'])}**")
    st.caption(plain(f"{ticket['ticket_no']}　{ticket['unit']}　{ticket['reasons']}"))
    list_rows.ticket_link(ticket["source_code"], ticket["ticket_no"])
    if sitemap.may_open(loaders.identity(), "list_entry"):
        st.page_link("pages/list_entry.py", label="列入清单（自动带出工单内容）", icon=":material/playlist_add:",
                     query_params={"tickets": f"{ticket['source_code']}~{ticket['ticket_no']}"})  # fmt: skip
